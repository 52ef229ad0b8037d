//! Where a set of tables is, and how work gets a transaction there.

use std::sync::Arc;

use super::DbError;
use super::blocking::blocking;
use super::file::File;
use super::postgres;
use super::sql::Tx;
use super::sqlite;

/// The directory's tables, or those of one studio.
#[derive(Clone)]
pub(super) enum Store {
    File(Arc<File>),
    Postgres(postgres::Scoped),
}

/// A connection that writes, for several transactions in a row.
pub(super) enum Writer<'c> {
    Sqlite(&'c mut sqlite::Connection),
    Postgres(&'c mut postgres::Connection),
}

impl Store {
    /// Runs `work` on one consistent state of the tables.
    ///
    /// # Errors
    /// Those of `work` and of the database.
    pub(super) async fn read<T, E>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        match self {
            Self::File(file) => file.read(work).await,
            Self::Postgres(scoped) => {
                let mut connection = scoped.connection().await?;
                blocking(move || connection.read(work)).await
            }
        }
    }

    /// Runs `work` in a writing transaction: committed when it succeeds, undone when it fails. It is run to its end
    /// even where nobody waits for it any more.
    ///
    /// # Errors
    /// Those of `work` and of the database.
    pub(super) async fn write<T, E>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.with_writer(move |writer| writer.write(work)).await
    }

    /// Gives `work` a connection that writes.
    ///
    /// # Errors
    /// Those of `work`, or when no connection can be had.
    pub(super) async fn with_writer<T, E>(
        &self,
        work: impl FnOnce(&mut Writer<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        match self {
            Self::File(file) => file.with_writer(|connection| work(&mut Writer::Sqlite(connection))).await,
            Self::Postgres(scoped) => {
                let mut connection = scoped.connection().await?;
                blocking(move || work(&mut Writer::Postgres(&mut connection))).await
            }
        }
    }
}

impl Writer<'_> {
    /// Runs `work` in a writing transaction: committed when it succeeds, undone when it fails.
    ///
    /// # Errors
    /// Those of `work` and of the database.
    pub(super) fn write<T, E: From<DbError>>(&mut self, work: impl FnOnce(&Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        match self {
            Self::Sqlite(connection) => connection.write(work),
            Self::Postgres(connection) => connection.write(work),
        }
    }

    /// Tidies up after a large import. PostgreSQL does so by itself.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn tidy(&mut self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(connection) => {
                connection.truncate_log()?;
                connection.optimize()
            }
            Self::Postgres(_) => Ok(()),
        }
    }
}
