//! One database file: its key, its one writer and its few readers, off the async threads.
//!
//! Writers queue here, in async land, and not on SQLite's lock: a queue of requests must not hold a queue of threads.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, Semaphore};

use super::DbError;
use super::blocking::blocking;
use super::cipher::find_key;
use super::sql::Tx;
use super::sqlite::{Connection, Mode};
use crate::secret_file::create_private_file;
use crate::secrets::{FileName, Key, KeyRing};

/// Readers at work on one file at a time; more wait their turn.
const MAX_READERS: usize = 4;

pub(super) struct File {
    path: PathBuf,
    key: Key,
    writer: Arc<AsyncMutex<Connection>>,
    idle_readers: Mutex<Vec<Connection>>,
    readers: Arc<Semaphore>,
}

impl File {
    /// Opens the file that was written as `name`, making it when it is not there, and migrates it.
    pub(super) async fn open(
        path: PathBuf,
        name: FileName,
        ring: Arc<KeyRing>,
        migrations: refinery::Runner,
    ) -> Result<Self, DbError> {
        let (path, key, writer) = blocking(move || -> Result<_, DbError> {
            create_private_file(&path).map_err(|source| DbError::Io { path: path.clone(), source })?;
            let key = find_key(&path, ring.file_keys(name))?;
            let mut writer = Connection::open(&path, &key, Mode::Write)?;
            writer.migrate(&migrations)?;
            Ok((path, key, writer))
        })
        .await?;
        Ok(Self {
            path,
            key,
            writer: Arc::new(AsyncMutex::new(writer)),
            idle_readers: Mutex::default(),
            readers: Arc::new(Semaphore::new(MAX_READERS)),
        })
    }

    /// Runs `work` on one consistent state of the file.
    pub(super) async fn read<T, E>(
        self: &Arc<Self>,
        work: impl FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let permit = Arc::clone(&self.readers).acquire_owned().await.expect("the semaphore is never closed");
        let file = Arc::clone(self);
        blocking(move || {
            let _permit = permit;
            let idle = file.idle_readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = match idle {
                Some(connection) => connection,
                None => Connection::open(&file.path, &file.key, Mode::Read)?,
            };
            let result = connection.read(work);
            file.idle_readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        })
        .await
    }

    /// Gives `work` the writer's connection, for several transactions in a row.
    pub(super) async fn with_writer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> T {
        let mut writer = Arc::clone(&self.writer).lock_owned().await;
        blocking(move || work(&mut writer)).await
    }

    /// Whether somebody else, another program, has written since this was asked last, or since the file was opened.
    /// `false` also while the writer is at work: asked again, it tells.
    pub(super) async fn have_others_written(&self) -> Result<bool, DbError> {
        // The readers never write, so what the writer has not written is another program's.
        match Arc::clone(&self.writer).try_lock_owned() {
            Ok(mut writer) => blocking(move || writer.has_others_written()).await,
            Err(_) => Ok(false),
        }
    }
}
