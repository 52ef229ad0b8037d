//! The handle: one writer, a few readers, and the end of both.
//!
//! The writer is a connection behind a lock and not a thread with a queue: every caller is a blocking one, so a thread
//! would only add a copy of each page and a second place for panics. Readers see the last committed state, each call
//! one state throughout.

mod acts;
mod questions;
mod sync;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use secrecy::SecretBox;

use crate::apply::Buckets;
use crate::leads::Lists;
use crate::rebuild::{self, Rebuilt};
use crate::seal::{Seal, Turn};
use crate::table::{chain, outbox as outbox_table};
use crate::{CacheIdentity, StoreError, open};

const READERS: usize = 4;
/// Log pages after which they move into the main file: large, because each move costs waits for the disk.
const LOG_PAGES: u32 = 8_192;

/// An open cache. Clones are the same cache; after [`Cache::close`] every one answers [`StoreError::Closed`].
#[derive(Clone)]
pub struct Cache {
    open: Arc<RwLock<Option<Open>>>,
    /// The place of the last act that was handed out to be sent: the server may know all up to it. Taken before the
    /// connection that it is compared by.
    sent_through: Arc<Mutex<i64>>,
}

/// Written by hand: says nothing of what is inside.
impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cache")
    }
}

struct Open {
    writer: Mutex<Writer>,
    readers: Mutex<Vec<Connection>>,
    reader_is_back: Condvar,
    lists: Lists,
    /// Whether the log may hold what was erased. It is emptied as soon as nobody reads: what was erased must not live
    /// on in it. True at first, because whoever wrote it may have ended before.
    log_is_due: AtomicBool,
    prover: Arc<Prover>,
}

pub(crate) struct Writer {
    pub(crate) connection: Connection,
    buckets: Buckets,
    seal: Seal,
}

/// Looks through the main file while others work.
struct Prover {
    /// One of its own: its turns are to be told from the writer's.
    seal: Mutex<Seal>,
    /// While it looks, the log is not moved.
    is_looking: AtomicBool,
    ends: AtomicBool,
}

/// What every call needs: the lock's content, whoever panicked while holding it. Transactions roll back when they
/// are dropped, so a panic leaves no half-done work behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A borrowed reader; goes back when dropped.
struct Reader<'o> {
    open: &'o Open,
    connection: Option<Connection>,
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        lock(&self.open.readers).extend(self.connection.take());
        self.open.reader_is_back.notify_one();
        // It may have been the one that held the log. Whoever writes now does it when they have written.
        if self.open.log_is_due.load(Ordering::Relaxed)
            && let Ok(writer) = self.open.writer.try_lock()
            && let Ok(mut turn) = writer.seal.take_turn()
        {
            self.open.move_log(&writer.connection, &mut turn);
        }
    }
}

impl Open {
    /// Empties the log if it is due and nobody reads it. Else, and when it fails (a full disk), it stays due: what is
    /// stored is stored, and the next write or read, the next opening or the close does it. A log that is long is moved,
    /// due or not.
    fn move_log(&self, writer: &Connection, turn: &mut Turn<'_>) {
        if self.prover.is_looking.load(Ordering::SeqCst) {
            return;
        }
        if self.log_is_due.load(Ordering::Relaxed) {
            let _ = writer.busy_timeout(Duration::ZERO);
            let is_emptied = empty_log(writer, turn).unwrap_or(false);
            let _ = writer.busy_timeout(open::BUSY_TIMEOUT);
            if is_emptied {
                self.log_is_due.store(false, Ordering::Relaxed);
            }
        } else if turn.unmoved() >= LOG_PAGES && turn.before_move().is_ok() {
            // Should it fail, the next write does it.
            let _ = writer.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        }
    }

    fn reader(&self) -> Reader<'_> {
        let mut readers = lock(&self.readers);
        loop {
            if let Some(connection) = readers.pop() {
                return Reader { open: self, connection: Some(connection) };
            }
            readers = self.reader_is_back.wait(readers).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Cache {
    /// Makes a cache, and its folder, readable by this user alone. The folder is the cache's own: its mode is set.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] when anything is at `path` or its log beside it: never replaces.
    pub fn create(path: &Path, key: &SecretBox<[u8; 32]>, identity: &CacheIdentity) -> Result<Self, StoreError> {
        open::create(path, key, identity)?;
        Self::open(path, key)
    }

    /// Opens an existing cache; never makes one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::KeyWrong`], [`StoreError::NotEncrypted`], [`StoreError::Damaged`],
    /// [`StoreError::TooNew`], [`StoreError::Altered`]: the file is as it was.
    pub fn open(path: &Path, key: &SecretBox<[u8; 32]>) -> Result<Self, StoreError> {
        rebuild::finish(path)?;
        let (writer, readers, seal) = open::open(path, key, READERS)?;
        let prover = Prover {
            seal: Mutex::new(Seal::open(path, key)?),
            is_looking: AtomicBool::new(false),
            ends: AtomicBool::new(false),
        };
        // Whoever had it open before may have sent all of them.
        let sent_through = outbox_table::last_place(&writer)?;
        let open = Open {
            writer: Mutex::new(Writer { connection: writer, buckets: Buckets::default(), seal }),
            readers: Mutex::new(readers),
            reader_is_back: Condvar::new(),
            lists: Lists::default(),
            log_is_due: AtomicBool::new(true),
            prover: Arc::new(prover),
        };
        {
            let writer = lock(&open.writer);
            let mut turn = writer.seal.take_turn()?;
            open.move_log(&writer.connection, &mut turn);
        }
        Ok(Self { open: Arc::new(RwLock::new(Some(open))), sent_through: Arc::new(Mutex::new(sent_through)) })
    }

    /// Looks through the acts and the whole file, for what is not the newest, while others read and write. Takes as long as
    /// reading the file does; a close ends it.
    ///
    /// # Errors
    /// [`StoreError::Altered`]: something but this program wrote to the file, or a disk kept an old page. What the cache
    /// tells may be of several times. [`StoreError::Closed`].
    pub fn prove(&self) -> Result<(), StoreError> {
        let prover = {
            let guard = self.open.read().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&guard.as_ref().ok_or(StoreError::Closed)?.prover)
        };
        self.read(|db, _| chain::check(db))?;
        let seal = lock(&prover.seal);
        prover.is_looking.store(true, Ordering::SeqCst);
        let proved = seal.prove(&prover.ends);
        prover.is_looking.store(false, Ordering::SeqCst);
        proved
    }

    /// Takes what only an older cache's file has into this one, which is new.
    pub(crate) fn bring_over(&self, old: &Connection) -> Result<Rebuilt, StoreError> {
        self.write(|tx, buckets| rebuild::bring_over(tx, buckets, old))
    }

    /// Takes the seal off a cache that was found altered, so that nothing opens it any more but a rebuilding. Closes it.
    pub fn condemn(&self) -> Result<(), StoreError> {
        let seal = {
            let guard = self.open.read().unwrap_or_else(PoisonError::into_inner);
            lock(&guard.as_ref().ok_or(StoreError::Closed)?.writer).seal.file_path()
        };
        self.close()?;
        Ok(std::fs::rename(&seal, seal.with_extension("db-seal.altered"))?)
    }

    /// The number of the newest seal of the files. It grows with every write; where it is smaller than it was, an older
    /// state of all the files was put back.
    pub fn seal_number(&self) -> Result<u64, StoreError> {
        let guard = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let writer = lock(&guard.as_ref().ok_or(StoreError::Closed)?.writer);
        Ok(writer.seal.take_turn()?.number())
    }

    /// Waits for the calls that run, moves the log into the main file and closes every connection, which wipes the
    /// key from SQLCipher's memory. Closing again does nothing.
    pub fn close(&self) -> Result<(), StoreError> {
        let Some(open) = self.open.write().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(());
        };
        open.prover.ends.store(true, Ordering::Relaxed);
        drop(lock(&open.prover.seal));
        drop(open.readers);
        let Writer { connection, seal, .. } = open.writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Should it fail (disk full), the log stays and is read at the next open: nothing is lost.
        let moved = seal.take_turn().and_then(|mut turn| empty_log(&connection, &mut turn).map(drop));
        connection.close().map_err(|(_, error)| error)?;
        moved
    }

    /// One consistent state for the whole of `ask`, which counts only if all of it was proved.
    fn read<T>(&self, ask: impl FnOnce(&Connection, &Lists) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let guard = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let open = guard.as_ref().ok_or(StoreError::Closed)?;
        let reader = open.reader();
        let connection = reader.connection.as_ref().expect("a borrowed reader holds its connection until dropped");
        let transaction = connection.unchecked_transaction()?;
        let answer = ask(&transaction, &open.lists)?;
        open::check_pages(connection)?;
        Ok(answer)
    }

    /// All of `act` or nothing of it.
    fn write<T>(
        &self,
        act: impl FnOnce(&Transaction<'_>, &mut Buckets) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write_erasing(|tx, buckets| Ok((act(tx, buckets)?, false)))
    }

    /// The same; `act` also says whether it erased something, which is not to stay in the log.
    fn write_erasing<T>(
        &self,
        act: impl FnOnce(&Transaction<'_>, &mut Buckets) -> Result<(T, bool), StoreError>,
    ) -> Result<T, StoreError> {
        let guard = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let open = guard.as_ref().ok_or(StoreError::Closed)?;
        let mut writer = lock(&open.writer);
        let Writer { connection, buckets, seal } = &mut *writer;
        let mut turn = seal.take_turn()?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = act(&transaction, buckets).and_then(|done| {
            open::check_pages(&transaction)?;
            transaction.commit()?;
            Ok(done)
        });
        if done.is_err() {
            // What it remembers of the rolled-back transaction may be wrong.
            *buckets = Buckets::default();
        }
        let (done, has_erased) = done?;
        open.log_is_due.fetch_or(has_erased, Ordering::Relaxed);
        // It is stored, sealed or not: the next write seals it.
        let _ = turn.note_commit();
        open.move_log(connection, &mut turn);
        Ok(done)
    }

    /// For tests that need what the public calls must not offer.
    #[cfg(test)]
    pub(crate) fn with_writer<T>(&self, act: impl FnOnce(&Connection) -> T) -> T {
        let guard = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let open = guard.as_ref().expect("open");
        act(&lock(&open.writer).connection)
    }

    /// The same for readers.
    #[cfg(test)]
    pub(crate) fn with_reader<T>(&self, act: impl FnOnce(&Connection) -> T) -> T {
        self.read(|db, _| Ok(act(db))).expect("open")
    }

    /// A cache whose lists take every path at a few rows already.
    #[cfg(test)]
    pub(crate) fn set_list_tuning(&self, tuning: crate::leads::Tuning) {
        let mut guard = self.open.write().unwrap_or_else(PoisonError::into_inner);
        guard.as_mut().expect("open").lists = Lists::with_tuning(tuning);
    }
}

/// Moves the log into the main file and empties it. `false` when it is in use and stays, which is no error.
fn empty_log(connection: &Connection, turn: &mut Turn<'_>) -> Result<bool, StoreError> {
    turn.before_move()?;
    let is_busy = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    match connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], is_busy).map_err(StoreError::from) {
        Ok(busy) => Ok(busy == 0),
        Err(StoreError::Busy) => Ok(false),
        Err(error) => Err(error),
    }
}
