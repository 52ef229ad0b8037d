//! Storage: who may sign in (the directory), and one database for each studio.
//!
//! [`Tenant`] is the only way to a studio's rows, and has exactly one studio. Everything above `sqlite` is portable:
//! SQL with `$1` parameters, text ids, integer times, JSON as text. A studio's tables do not name the studio: here it
//! is the file; where studios share tables, row-level security adds it.

mod directory;
mod file;
mod rows;
mod sqlite;
mod tenant;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use domain::StudioId;
use tokio::sync::Mutex;

use crate::hints::{Hint, Hints};
use crate::secret_file::make_private_dir;

pub(crate) use directory::{Directory, NewDevice, NewMembership, Rotate, Rotation};
pub(crate) use tenant::{Epoch, Key, Opening, Page, Sight, Tenant, WriteError};
pub use tenant::{ImportError, ImportReport};

/// Studios kept open at most; the one used longest ago is closed first.
const MAX_OPEN_STUDIOS: usize = 64;

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
}

/// Where the data is kept: `sqlite:DIRECTORY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// One file for the directory and one for each studio, in this directory.
    Sqlite(PathBuf),
}

/// The text names no database this version can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    #[error("expected sqlite:DIRECTORY")]
    NotAUrl,
    #[error("this version stores in SQLite only: sqlite:DIRECTORY")]
    UnsupportedScheme,
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        match text.split_once(':') {
            Some(("sqlite", dir)) if !dir.is_empty() => Ok(Self::Sqlite(dir.into())),
            Some(("sqlite", _)) | None => Err(InvalidDatabaseUrl::NotAUrl),
            Some(_) => Err(InvalidDatabaseUrl::UnsupportedScheme),
        }
    }
}

/// The directory and the studios that are open.
#[derive(Clone)]
pub(crate) struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    studios_dir: PathBuf,
    directory: Directory,
    hints: Arc<dyn Hints>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    files: HashMap<StudioId, (Arc<file::File>, u64)>,
    uses: u64,
}

impl Database {
    /// Opens the directory, making and migrating what is missing.
    ///
    /// # Errors
    /// When the place can't be made or opened.
    pub(crate) async fn open(url: &DatabaseUrl, hints: Arc<dyn Hints>) -> Result<Self, DbError> {
        let DatabaseUrl::Sqlite(dir) = url;
        let studios_dir = dir.join("studios");
        for dir in [dir, &studios_dir] {
            make_private_dir(dir).map_err(|source| DbError::Io { path: dir.clone(), source })?;
        }
        let path = dir.join("directory.db");
        let file = file::File::open(path, embedded::directory::migrations::runner()).await?;
        let directory = Directory::new(Arc::new(file));
        Ok(Self { inner: Arc::new(Inner { studios_dir, directory, hints, open: Mutex::default() }) })
    }

    /// Accounts, memberships, devices.
    pub(crate) fn directory(&self) -> &Directory {
        &self.inner.directory
    }

    /// Where changes are announced.
    pub(crate) fn hints(&self) -> &Arc<dyn Hints> {
        &self.inner.hints
    }

    /// The studio's own database.
    ///
    /// # Errors
    /// [`DbError::NoSuchStudio`], or when its file can't be opened.
    pub(crate) async fn tenant(&self, studio_id: StudioId) -> Result<Tenant, DbError> {
        let path = self.studio_path(studio_id);
        let mut open = self.inner.open.lock().await;
        open.uses += 1;
        let now = open.uses;
        if let Some((file, used)) = open.files.get_mut(&studio_id) {
            *used = now;
            return Ok(Tenant::new(studio_id, Arc::clone(file), Arc::clone(&self.inner.hints)));
        }
        // Opening would make the file: only `create_studio` may.
        if !path.exists() {
            return Err(DbError::NoSuchStudio);
        }
        self.open_studio(&mut open, studio_id, &path).await
    }

    /// Makes the database of a new studio, empty.
    ///
    /// # Errors
    /// When its file can't be made.
    pub(crate) async fn create_tenant(&self, studio_id: StudioId) -> Result<Tenant, DbError> {
        let mut open = self.inner.open.lock().await;
        self.open_studio(&mut open, studio_id, &self.studio_path(studio_id)).await
    }

    /// Looks at the studios that are open and listened at, and announces what other programs wrote to them. One that
    /// was closed to make room is looked at again when it is open again.
    pub(crate) async fn announce_writes_of_others(&self) {
        let listened = self.inner.hints.list_listened();
        if listened.is_empty() {
            return;
        }
        let files: Vec<_> = {
            let open = self.inner.open.lock().await;
            let find = |id: StudioId| open.files.get(&id).map(|(file, _)| (id, Arc::clone(file)));
            listened.into_iter().filter_map(find).collect()
        };
        for (studio_id, file) in files {
            match file.have_others_written().await {
                Ok(true) => self.inner.hints.announce(studio_id, Hint::Changed),
                Ok(false) => {}
                // Whoever needs the file is told by their own request.
                Err(error) => tracing::debug!(%error, %studio_id, "a studio could not be looked at"),
            }
        }
    }

    fn studio_path(&self, studio_id: StudioId) -> PathBuf {
        self.inner.studios_dir.join(format!("{studio_id}.db"))
    }

    async fn open_studio(&self, open: &mut Open, studio_id: StudioId, path: &Path) -> Result<Tenant, DbError> {
        if open.files.len() >= MAX_OPEN_STUDIOS {
            let idle = open.files.iter().filter(|(_, (file, _))| Arc::strong_count(file) == 1);
            if let Some(longest) = idle.min_by_key(|(_, (_, used))| *used).map(|(id, _)| *id) {
                open.files.remove(&longest);
            }
        }
        let file = Arc::new(file::File::open(path.to_owned(), embedded::studio::migrations::runner()).await?);
        let tenant = Tenant::new(studio_id, Arc::clone(&file), Arc::clone(&self.inner.hints));
        tenant.begin_epochs().await?;
        open.files.insert(studio_id, (file, open.uses));
        Ok(tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_url_says_what_is_wrong_with_it() {
        assert_eq!("sqlite:/srv/desk".parse(), Ok(DatabaseUrl::Sqlite("/srv/desk".into())));
        assert_eq!("sqlite:".parse::<DatabaseUrl>(), Err(InvalidDatabaseUrl::NotAUrl));
        assert_eq!("/srv/desk".parse::<DatabaseUrl>(), Err(InvalidDatabaseUrl::NotAUrl));
        assert_eq!("postgres://h/d".parse::<DatabaseUrl>(), Err(InvalidDatabaseUrl::UnsupportedScheme));
    }

    #[tokio::test]
    async fn listeners_hear_what_others_write_to_an_open_studio_and_of_nothing_else() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let url = DatabaseUrl::Sqlite(dir.path().join("data"));
        let hints = Arc::new(crate::hints::LocalHints::default());
        let here = Database::open(&url, Arc::<crate::hints::LocalHints>::clone(&hints)).await.expect("opens");
        let id = StudioId::from_uuid(uuid::Uuid::now_v7());
        let studio = domain::Studio {
            id,
            name: "Lumen".to_owned(),
            brand_colour: "#3f6b5c".to_owned(),
            time_zone: "UTC".to_owned(),
            currency: "EUR".to_owned(),
        };
        here.create_tenant(id).await.expect("made").put_studio(studio.clone()).await.expect("written");

        let other = Database::open(&url, Arc::new(crate::hints::LocalHints::default())).await.expect("opens");
        let elsewhere = other.tenant(id).await.expect("opens");
        let mut listener = hints.listen(id);
        here.announce_writes_of_others().await;
        assert!(listener.try_recv().is_err(), "opening is no writing");
        elsewhere.put_studio(domain::Studio { name: "Lumen Dance".to_owned(), ..studio }).await.expect("written");
        here.announce_writes_of_others().await;
        assert_eq!(listener.try_recv(), Ok(Hint::Changed));
        here.announce_writes_of_others().await;
        assert!(listener.try_recv().is_err(), "once");
    }

    #[tokio::test]
    async fn asking_for_an_unknown_studio_makes_no_file() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let url = DatabaseUrl::Sqlite(dir.path().join("data"));
        let database = Database::open(&url, Arc::new(crate::hints::LocalHints::default())).await.expect("opens");
        let id = StudioId::from_uuid(uuid::Uuid::now_v7());
        assert!(matches!(database.tenant(id).await, Err(DbError::NoSuchStudio)));
        let files = std::fs::read_dir(dir.path().join("data/studios")).expect("listing").count();
        assert_eq!(files, 0);
    }
}
