//! One database file: its one writer and its few readers, off the async threads.
//!
//! Writers queue here, in async land, and not on SQLite's lock: a queue of requests must not hold a queue of threads.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, Semaphore};

use super::DbError;
use super::blocking::blocking;
use super::sql::Tx;
use super::sqlite::{Connection, Mode};
use crate::secret_file::create_private_file;

/// Readers at work on one file at a time; more wait their turn.
const MAX_READERS: usize = 4;

pub(super) struct File {
    path: PathBuf,
    /// Absent until somebody writes: most who come only read.
    writer: Arc<AsyncMutex<Option<Connection>>>,
    idle_readers: Mutex<Vec<Connection>>,
    readers: Arc<Semaphore>,
}

impl File {
    /// Opens the file, making it when it is not there, and migrates it if it is not of this version.
    pub(super) async fn open(path: PathBuf, migrations: fn() -> refinery::Runner) -> Result<Self, DbError> {
        let (path, reader) = blocking(move || -> Result<_, DbError> {
            create_private_file(&path).map_err(|source| DbError::Io { path: path.clone(), source })?;
            let reader = Connection::open(&path, Mode::Read)?;
            if !reader.is_migrated(&migrations())? {
                Connection::open(&path, Mode::Write)?.migrate(&migrations())?;
            }
            Ok((path, reader))
        })
        .await?;
        Ok(Self {
            path,
            writer: Arc::default(),
            idle_readers: Mutex::new(vec![reader]),
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
            let mut connection = match file.idle_reader() {
                Some(connection) => connection,
                None => Connection::open(&file.path, Mode::Read)?,
            };
            let result = connection.read(work);
            file.idle_readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        })
        .await
    }

    fn idle_reader(&self) -> Option<Connection> {
        self.idle_readers.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Gives `work` the writer's connection, for several transactions in a row.
    ///
    /// # Errors
    /// Those of `work`, or when the file can't be opened.
    pub(super) async fn with_writer<T, E>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let mut writer = Arc::clone(&self.writer).lock_owned().await;
        let file = Arc::clone(self);
        blocking(move || work(file.writer(&mut writer)?)).await
    }

    /// The connection that writes: a reader that nobody needs just now, where there is none yet. Opening another would
    /// cost more than many a change does.
    fn writer<'w>(&self, writer: &'w mut Option<Connection>) -> Result<&'w mut Connection, DbError> {
        if writer.is_none() {
            *writer = Some(match self.idle_reader() {
                Some(reader) => reader.into_writer()?,
                None => Connection::open(&self.path, Mode::Write)?,
            });
        }
        Ok(writer.as_mut().expect("just put there"))
    }

    /// Whether somebody else, another program, has written since this was asked last, or since the file was opened.
    /// `false` also while the writer is at work: asked again, it tells.
    pub(super) async fn have_others_written(self: &Arc<Self>) -> Result<bool, DbError> {
        // The readers never write, so what the writer has not written is another program's.
        match Arc::clone(&self.writer).try_lock_owned() {
            Ok(mut writer) => {
                let file = Arc::clone(self);
                blocking(move || file.writer(&mut writer)?.has_others_written()).await
            }
            Err(_) => Ok(false),
        }
    }
}
