//! Storage: who may sign in (the directory), and each studio's own rows.
//!
//! [`Tenant`] is the only way to a studio's rows, and has exactly one studio. It and the directory speak portable SQL
//! to a `store`, of which there are two: files of SQLite, one a studio, and one PostgreSQL database. A statement never
//! names the studio: there it is the file, here the transaction says it and row-level security holds it to it.

mod blocking;
mod directory;
mod file;
mod files;
mod postgres;
mod rows;
mod shared;
mod sql;
mod sqlite;
mod store;
mod tenant;
mod url;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use domain::StudioId;

use crate::hints::{Hint, Hints, LocalHints};
use crate::secret_file::make_private_dir;
use file::File;
use files::Files;
use postgres::{Postgres, PostgresHints};
use shared::Shared;
use store::Store;

pub(crate) use directory::{Directory, NewDevice, NewMembership, Rotate, Rotation};
pub use postgres::{InvalidPostgresUrl, Outage, PostgresUrl, SetupFault, migrate};
pub(crate) use tenant::{Epoch, Key, Opening, Page, Sight, Tenant, WriteError};
pub use tenant::{ImportError, ImportReport};
pub use url::{DatabaseUrl, InvalidDatabaseUrl};

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
    pub(crate) async fn connect(url: &DatabaseUrl) -> Result<Self, DbError> {
        let hints: Arc<dyn Hints> = match url {
            DatabaseUrl::Sqlite(_) => Arc::new(LocalHints::default()),
            DatabaseUrl::Postgres(url) => Arc::new(PostgresHints::start(url)?),
        };
        Self::open(url, hints).await
    }

    /// Opens the database: files are made and migrated where need be, PostgreSQL has to be as it should already.
    ///
    /// # Errors
    /// When the place can't be made or opened; [`DbError::Setup`].
    pub(crate) async fn open(url: &DatabaseUrl, hints: Arc<dyn Hints>) -> Result<Self, DbError> {
        let (directory, studios) = match url {
            DatabaseUrl::Sqlite(dir) => {
                let studios_dir = dir.join("studios");
                for dir in [dir, &studios_dir] {
                    make_private_dir(dir).map_err(|source| DbError::Io { path: dir.clone(), source })?;
                }
                let path = dir.join("directory.db");
                let file = File::open(path, embedded::directory::migrations::runner).await?;
                (Store::File(Arc::new(file)), Studios::Files(Files::new(studios_dir)))
            }
            DatabaseUrl::Postgres(url) => {
                let postgres = Postgres::open(url).await?;
                (Store::Postgres(postgres.directory()), Studios::Shared(Shared::new(postgres)))
            }
        };
        Ok(Self { inner: Arc::new(Inner { directory: Directory::new(directory), studios, hints }) })
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
