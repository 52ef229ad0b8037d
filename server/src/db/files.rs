//! A database file for each studio, in one directory, of which some are open.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use domain::StudioId;
use tokio::sync::Mutex;

use super::file::File;
use super::store::Store;
use super::tenant::begin_epochs;
use super::{DbError, embedded};
use crate::secrets::{FileName, KeyRing};

/// Studios kept open at most; the one used longest ago is closed first.
const MAX_OPEN_STUDIOS: usize = 64;

pub(super) struct Files {
    dir: PathBuf,
    ring: Arc<KeyRing>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    files: HashMap<StudioId, (Arc<File>, u64)>,
    uses: u64,
}

impl Files {
    pub(super) fn new(dir: PathBuf, ring: Arc<KeyRing>) -> Self {
        Self { dir, ring, open: Mutex::default() }
    }

    /// The studio's own file.
    ///
    /// # Errors
    /// [`DbError::NoSuchStudio`], or when its file can't be opened.
    pub(super) async fn find(&self, studio_id: StudioId) -> Result<Arc<File>, DbError> {
        self.get(studio_id, false).await
    }

    /// The same, made when it is not there.
    ///
    /// # Errors
    /// When its file can't be made.
    pub(super) async fn make(&self, studio_id: StudioId) -> Result<Arc<File>, DbError> {
        self.get(studio_id, true).await
    }

    async fn get(&self, studio_id: StudioId, make: bool) -> Result<Arc<File>, DbError> {
        let path = self.dir.join(format!("{studio_id}.db"));
        let mut open = self.open.lock().await;
        open.uses += 1;
        let now = open.uses;
        if let Some((file, used)) = open.files.get_mut(&studio_id) {
            *used = now;
            return Ok(Arc::clone(file));
        }
        // Opening would make the file: only who means to may.
        if !make && !path.exists() {
            return Err(DbError::NoSuchStudio);
        }
        if open.files.len() >= MAX_OPEN_STUDIOS {
            let idle = open.files.iter().filter(|(_, (file, _))| Arc::strong_count(file) == 1);
            if let Some(longest) = idle.min_by_key(|(_, (_, used))| *used).map(|(id, _)| *id) {
                open.files.remove(&longest);
            }
        }
        let (name, ring) = (FileName::Studio(studio_id), Arc::clone(&self.ring));
        let file = Arc::new(File::open(path, name, ring, embedded::studio::migrations::runner()).await?);
        begin_epochs(&Store::File(Arc::clone(&file))).await?;
        open.files.insert(studio_id, (Arc::clone(&file), now));
        Ok(file)
    }

    /// Those among `studios` that are open and to which other programs wrote since this was asked last.
    pub(super) async fn list_changed_by_others(&self, studios: Vec<StudioId>) -> Vec<StudioId> {
        if studios.is_empty() {
            return studios;
        }
        let files: Vec<_> = {
            let open = self.open.lock().await;
            let find = |id: StudioId| open.files.get(&id).map(|(file, _)| (id, Arc::clone(file)));
            studios.into_iter().filter_map(find).collect()
        };
        let mut changed = Vec::new();
        for (studio_id, file) in files {
            match file.have_others_written().await {
                Ok(true) => changed.push(studio_id),
                Ok(false) => {}
                // Whoever needs the file is told by their own request.
                Err(error) => tracing::debug!(%error, %studio_id, "a studio could not be looked at"),
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::contract::{TestDatabase, studio, studio_id, test_secret};
    use crate::db::{Database, DbError};
    use crate::hints::{Hint, Hints, LocalHints};

    #[tokio::test]
    async fn listeners_hear_what_others_write_to_an_open_studio_and_of_nothing_else() {
        let db = TestDatabase::sqlite().await;
        db.studio(1).await;
        let other = Database::open(&db.url, &test_secret(), Arc::new(LocalHints::default())).await.expect("opens");
        let elsewhere = other.tenant(studio_id(1)).await.expect("opens");
        let mut listener = db.hints.listen(studio_id(1));
        db.database.announce_writes_of_others().await;
        assert!(listener.try_recv().is_err(), "opening is no writing");
        let renamed = domain::Studio { name: "Lumen Dance".to_owned(), ..studio(studio_id(1)) };
        elsewhere.put_studio(renamed).await.expect("written");
        db.database.announce_writes_of_others().await;
        assert_eq!(listener.try_recv(), Ok(Hint::Changed));
        db.database.announce_writes_of_others().await;
        assert!(listener.try_recv().is_err(), "once");
    }

    #[tokio::test]
    async fn asking_for_an_unknown_studio_makes_no_file() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let files = Files::new(dir.path().to_owned(), Arc::new(KeyRing::draw().expect("randomness")));
        assert!(matches!(files.find(studio_id(1)).await, Err(DbError::NoSuchStudio)));
        assert_eq!(std::fs::read_dir(dir.path()).expect("listing").count(), 0);
    }
}
