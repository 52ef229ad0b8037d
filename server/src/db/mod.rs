//! Storage: who may sign in (the directory), and each studio's own rows.
//!
//! [`Tenant`] is the only way to a studio's rows, and has exactly one studio. It and the directory speak portable SQL
//! to a `store`, of which there are two: files of SQLite, one a studio, and one PostgreSQL database. A statement never
//! names the studio: there it is the file, here the transaction says it and row-level security holds it to it.

mod blocking;
mod cipher;
mod directory;
mod file;
mod files;
mod in_use;
mod keys;
mod postgres;
mod rotation;
mod rows;
mod shared;
mod sql;
mod sqlite;
mod store;
mod tenant;
mod url;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use domain::StudioId;

use crate::hints::{Hint, Hints, LocalHints};
use crate::secret_file::make_private_dir;
use crate::secrets::{FileName, KeyRing, SecretError, SecretSource};
use file::File;
use files::Files;
use in_use::InUse;
use postgres::{Postgres, PostgresHints};
use shared::Shared;
use store::Store;

pub(crate) use directory::{
    Accept, AcceptAs, Acceptance, Actor, Attempt, Directory, DueMail, Effect, FoundInvitation, InvitationState,
    LiveSession, MemberError, NewDevice, NewInvitation, NewLink, NewMembership, Rotate, Rotation, SessionState,
    StoredTokenKey,
};
pub use postgres::{InvalidPostgresUrl, Outage, PostgresUrl, SetupFault, migrate};
pub use rotation::{Rotated, RotationStep, finish_rotation, rotate};
pub(crate) use tenant::{Billing, Editor, Epoch, Key, Opening, Page, Sight, Tenant, WriteError};
pub use tenant::{ImportError, ImportReport};
pub use url::{DatabaseUrl, InvalidDatabaseUrl};

/// Who may sign in.
const DIRECTORY_FILE: &str = "directory.db";
/// A file for each studio.
const STUDIOS_DIR: &str = "studios";

mod embedded {
    pub(super) mod directory {
        refinery::embed_migrations!("migrations/directory");
    }
    pub(super) mod studio {
        refinery::embed_migrations!("migrations/studio");
    }
}

/// What the database refused or could not do. Never holds a row's content.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("migration: {0}")]
    Migration(Box<refinery::Error>),
    #[error("column {column} holds what it can't")]
    Corrupt { column: usize },
    #[error("parameter {parameter} of a statement was not given")]
    Unbound { parameter: usize },
    #[error("a stored row can't be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("there is no such studio")]
    NoSuchStudio,
    #[error("a text holds the character U+0000, which can't be stored")]
    NulCharacter,
    /// PostgreSQL said no; by its SQLSTATE and, where it is safe to tell, what about.
    #[error("PostgreSQL refused (SQLSTATE {sqlstate}){about}")]
    Refused { sqlstate: String, about: String },
    /// Nothing happened, and it may be tried again.
    #[error("the database is not available: {0}")]
    Unavailable(Outage),
    #[error("a statement failed and the work went on, or asked in the middle of an answer: all of it was undone")]
    Undone,
    #[error("migration: {0}")]
    MigrationFailed(String),
    #[error("there are no certificates to verify the database's with")]
    NoCertificates,
    #[error(transparent)]
    Setup(Box<SetupFault>),
    #[error(
        "{} is not encrypted: it is of a version before this one, or was put there by something else. Move the data \
         away and make it anew; nothing was changed", path.display()
    )]
    NotEncrypted { path: PathBuf },
    #[error(
        "no key of this database opens {}: it is another studio's or another server's file, or of a backup that is \
         older than its keys.json. Nothing was changed", path.display()
    )]
    WrongKey { path: PathBuf },
    #[error("{} is damaged: put it back from a backup. Nothing was changed", path.display())]
    Damaged { path: PathBuf },
    #[error("SQLCipher is not what this program was linked with")]
    CipherMissing,
    #[error(transparent)]
    Secret(Box<SecretError>),
    #[error("a server or another command uses these files: stop it, then try again. Nothing was changed")]
    InUse,
    #[error("the keys of these files are being replaced: wait until rotate-key has ended")]
    KeysAreChanging,
}

impl From<SecretError> for DbError {
    fn from(error: SecretError) -> Self {
        Self::Secret(Box::new(error))
    }
}

/// The directory and the studios.
#[derive(Clone)]
pub(crate) struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    directory: Directory,
    studios: Studios,
    hints: Arc<dyn Hints>,
    /// Asked again for the data keys that another server has added.
    secret: SecretSource,
    ring: RwLock<Arc<KeyRing>>,
    /// Of files: nobody encrypts them anew meanwhile.
    _in_use: Option<InUse>,
}

impl Inner {
    fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn put_ring(&self, ring: KeyRing) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }
}

enum Studios {
    Files(Files),
    Shared(Shared),
}

impl Database {
    /// Opens the database, with hints that reach as far as it does: this process, or every server on it.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub(crate) async fn connect(url: &DatabaseUrl, secret: &SecretSource) -> Result<Self, DbError> {
        let hints: Arc<dyn Hints> = match url {
            DatabaseUrl::Sqlite(_) => Arc::new(LocalHints::default()),
            DatabaseUrl::Postgres(url) => Arc::new(PostgresHints::start(url)?),
        };
        Self::open(url, secret, hints).await
    }

    /// Opens the database: files are made and migrated where need be, PostgreSQL has to be as it should already.
    ///
    /// # Errors
    /// When the place can't be made or opened; [`DbError::Setup`]; [`DbError::Secret`] when what is there was made with
    /// another secret, or with one that is missing.
    pub(crate) async fn open(url: &DatabaseUrl, secret: &SecretSource, hints: Arc<dyn Hints>) -> Result<Self, DbError> {
        let (directory, studios, ring, in_use) = match url {
            DatabaseUrl::Sqlite(dir) => {
                let studios_dir = dir.join(STUDIOS_DIR);
                for dir in [dir, &studios_dir] {
                    make_private_dir(dir).map_err(|source| DbError::Io { path: dir.clone(), source })?;
                }
                let in_use = in_use::share(dir)?;
                let ring = Arc::new(keys::open_beside_files(dir, secret)?);
                let path = dir.join(DIRECTORY_FILE);
                let migrations = embedded::directory::migrations::runner();
                let file = File::open(path, FileName::Directory, Arc::clone(&ring), migrations).await?;
                let studios = Studios::Files(Files::new(studios_dir, Arc::clone(&ring)));
                (Directory::new(Store::File(Arc::new(file))), studios, ring, Some(in_use))
            }
            DatabaseUrl::Postgres(url) => {
                let postgres = Postgres::open(url).await?;
                let directory = Directory::new(Store::Postgres(postgres.directory()));
                let ring = Arc::new(keys::open_in_table(&directory, secret).await?);
                keys::remind(&directory.read_data_keys().await?);
                (directory, Studios::Shared(Shared::new(postgres)), ring, None)
            }
        };
        let (secret, ring) = (secret.clone(), RwLock::new(ring));
        Ok(Self { inner: Arc::new(Inner { directory, studios, hints, secret, ring, _in_use: in_use }) })
    }

    /// Accounts, memberships, devices.
    pub(crate) fn directory(&self) -> &Directory {
        &self.inner.directory
    }

    /// Where changes are announced.
    pub(crate) fn hints(&self) -> &Arc<dyn Hints> {
        &self.inner.hints
    }

    /// The studio's rows.
    ///
    /// # Errors
    /// [`DbError::NoSuchStudio`], or when the database fails.
    pub(crate) async fn tenant(&self, studio_id: StudioId) -> Result<Tenant, DbError> {
        let store = match &self.inner.studios {
            Studios::Files(files) => Store::File(files.find(studio_id).await?),
            Studios::Shared(shared) => Store::Postgres(shared.find(studio_id).await?),
        };
        Ok(Tenant::new(studio_id, store, Arc::clone(self.hints())))
    }

    /// Looks at the files of studios that are open and listened at, and announces what other programs wrote to them. One
    /// that was closed to make room is looked at again when it is open again. On PostgreSQL others announce it.
    pub(crate) async fn announce_writes_of_others(&self) {
        let Studios::Files(files) = &self.inner.studios else { return };
        for studio_id in files.list_changed_by_others(self.hints().list_listened()).await {
            self.hints().announce(studio_id, Hint::Changed);
        }
    }

    /// Makes room for the rows of a new studio; for one that exists, finds them.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn create_tenant(&self, studio_id: StudioId) -> Result<Tenant, DbError> {
        let store = match &self.inner.studios {
            Studios::Files(files) => Store::File(files.make(studio_id).await?),
            Studios::Shared(shared) => Store::Postgres(shared.make(studio_id).await?),
        };
        Ok(Tenant::new(studio_id, store, Arc::clone(self.hints())))
    }
}

#[cfg(test)]
mod contract;
