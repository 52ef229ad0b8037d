//! A database file for each studio, in one directory, of which some are open.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::StudioId;
use tokio::sync::OnceCell;

use super::blocking::blocking;
use super::file::File;
use super::store::Store;
use super::tenant::begin_epochs;
use super::{DbError, embedded};
use crate::secrets::{FileName, KeyRing};

/// Studios kept open at most; the one used longest ago is closed first.
const MAX_OPEN_STUDIOS: usize = 64;

/// Opened by whoever comes first, while only those who want the same studio wait.
type Slot = Arc<OnceCell<Arc<File>>>;

pub(super) struct Files {
    dir: PathBuf,
    ring: Arc<KeyRing>,
    open: Mutex<Open>,
    max_open: usize,
}

#[derive(Default)]
struct Open {
    files: HashMap<StudioId, (Slot, u64)>,
    uses: u64,
}

impl Files {
    pub(super) fn new(dir: PathBuf, ring: Arc<KeyRing>) -> Self {
        Self { dir, ring, open: Mutex::default(), max_open: MAX_OPEN_STUDIOS }
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
        let (slot, longest_unused) = self.open().slot(studio_id, self.max_open);
        if let Some(file) = longest_unused {
            // Closing writes what is in the log to the file. Waited for, so that no more are open than there may be.
            blocking(move || drop(file)).await;
        }
        let opened = slot.get_or_try_init(|| self.open_file(studio_id, make)).await.cloned();
        if opened.is_err() {
            self.open().forget_unopened(studio_id, &slot);
        }
        opened
    }

    async fn open_file(&self, studio_id: StudioId, make: bool) -> Result<Arc<File>, DbError> {
        let path = self.dir.join(format!("{studio_id}.db"));
        // Opening would make the file: only who means to may.
        if !make && !path.exists() {
            return Err(DbError::NoSuchStudio);
        }
        let (name, ring) = (FileName::Studio(studio_id), Arc::clone(&self.ring));
        let file = Arc::new(File::open(path, name, ring, embedded::studio::migrations::runner()).await?);
        begin_epochs(&Store::File(Arc::clone(&file))).await?;
        Ok(file)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those among `studios` that are open and to which other programs wrote since this was asked last.
    pub(super) async fn list_changed_by_others(&self, studios: Vec<StudioId>) -> Vec<StudioId> {
        if studios.is_empty() {
            return studios;
        }
        let files: Vec<_> = {
            let open = self.open();
            let find = |id: StudioId| Some((id, Arc::clone(open.files.get(&id)?.0.get()?)));
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

impl Open {
    /// The studio's place, and the file that has to be closed to make room for it, if any.
    fn slot(&mut self, studio_id: StudioId, max_open: usize) -> (Slot, Option<Slot>) {
        self.uses += 1;
        let now = self.uses;
        if let Some((slot, used)) = self.files.get_mut(&studio_id) {
            *used = now;
            return (Arc::clone(slot), None);
        }
        let longest_unused = if self.files.len() >= max_open { self.take_longest_unused() } else { None };
        let slot = Slot::default();
        self.files.insert(studio_id, (Arc::clone(&slot), now));
        (slot, longest_unused)
    }

    /// Of those that nobody has in hand, or is about to. One that is empty is what somebody left who gave up waiting.
    fn take_longest_unused(&mut self) -> Option<Slot> {
        let is_idle =
            |slot: &Slot| Arc::strong_count(slot) == 1 && slot.get().is_none_or(|file| Arc::strong_count(file) == 1);
        let idle = self.files.iter().filter(|(_, (slot, _))| is_idle(slot));
        let longest = *idle.min_by_key(|(_, (_, used))| *used)?.0;
        Some(self.files.remove(&longest)?.0)
    }

    /// Gives up a place at which nothing could be opened, unless somebody else is trying.
    fn forget_unopened(&mut self, studio_id: StudioId, slot: &Slot) {
        let is_this = self.files.get(&studio_id).is_some_and(|(other, _)| Arc::ptr_eq(other, slot));
        // The map's and the caller's.
        if is_this && slot.get().is_none() && Arc::strong_count(slot) == 2 {
            self.files.remove(&studio_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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
        let files = files_in(dir.path());
        assert!(matches!(files.find(studio_id(1)).await, Err(DbError::NoSuchStudio)));
        assert_eq!(std::fs::read_dir(dir.path()).expect("listing").count(), 0);
    }

    fn files_in(dir: &Path) -> Files {
        Files::new(dir.to_owned(), Arc::new(KeyRing::draw().expect("randomness")))
    }

    #[tokio::test]
    async fn no_more_studios_are_open_than_there_may_be_and_those_in_hand_stay() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let files = Files { max_open: 3, ..files_in(dir.path()) };
        let in_hand = files.make(studio_id(1)).await.expect("made");
        for n in 2..10 {
            files.make(studio_id(n)).await.expect("made");
            assert!(files.open().files.len() <= 3);
        }
        let again = files.find(studio_id(1)).await.expect("found");
        assert!(Arc::ptr_eq(&in_hand, &again), "one file has one writer");
        files.find(studio_id(2)).await.expect("opened again");
        assert!(files.find(studio_id(10)).await.is_err());
        assert!(files.open().files.len() <= 3, "what could not be opened takes no place");
        drop(files.open().slot(studio_id(10), 3));
        for n in 2..6 {
            files.find(studio_id(n)).await.expect("opened");
        }
        assert!(!files.open().files.contains_key(&studio_id(10)), "nor what somebody gave up waiting for");
    }

    #[tokio::test]
    async fn a_studio_is_opened_once_however_many_want_it() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let files = Arc::new(files_in(dir.path()));
        let open = |_| {
            let files = Arc::clone(&files);
            tokio::spawn(async move { files.make(studio_id(1)).await.expect("made") })
        };
        let wanted: Vec<_> = (0..8).map(open).collect();
        let mut opened = Vec::new();
        for one in wanted {
            opened.push(one.await.expect("ends"));
        }
        assert!(opened.iter().all(|file| Arc::ptr_eq(file, &opened[0])));
    }

    #[tokio::test]
    async fn a_studio_that_takes_long_to_open_holds_up_no_other() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let files = files_in(dir.path());
        let (slot, _) = files.open().slot(studio_id(1), 2);
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let slow = tokio::spawn(async move {
            let opening = slot.get_or_try_init(|| async {
                // Until the test lets go.
                let _ = wait.await;
                Err(DbError::NoSuchStudio)
            });
            opening.await.err().is_some()
        });
        files.make(studio_id(2)).await.expect("made beside it");
        assert!(!slow.is_finished(), "the other is still being opened");
        go.send(()).expect("it waits");
        assert!(slow.await.expect("ends"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn studios_that_push_each_other_out_lose_nothing() {
        const TASKS: u64 = 6;
        const STUDIOS: u64 = 4;
        const ROUNDS: u64 = 20;
        let dir = tempfile::tempdir().expect("temporary directory");
        let files = Arc::new(Files { max_open: 1, ..files_in(dir.path()) });
        for n in 1..=STUDIOS {
            files.make(studio_id(n)).await.expect("made");
        }
        let one = |task: u64| {
            let files = Arc::clone(&files);
            tokio::spawn(async move {
                for round in 0..ROUNDS {
                    let store = files.find(studio_id((task + round) % STUDIOS + 1)).await.expect("opened");
                    let sql = "UPDATE change_counter SET seq = seq + 1 WHERE only_row = 1";
                    Store::File(store).write(move |tx| tx.execute(sql, &[])).await.expect("written");
                }
            })
        };
        let running: Vec<_> = (0..TASKS).map(one).collect();
        for task in running {
            task.await.expect("ends");
        }
        let mut sum = 0_i64;
        for n in 1..=STUDIOS {
            let store = Store::File(files.find(studio_id(n)).await.expect("opened"));
            let sql = "SELECT seq FROM change_counter";
            sum += store.read(move |tx| tx.find(sql, &[], |row| row.int(0))).await.expect("read").expect("a row");
        }
        assert_eq!(sum.cast_unsigned(), TASKS * ROUNDS);
    }
}
