//! The embedded driver: rusqlite under the portable SQL.
//!
//! Owns connections, pragmas, transactions and how `$1` reaches SQLite. Knows no table; nothing above it knows
//! rusqlite. A second driver offers the same few functions.

use std::path::Path;
use std::time::Duration;

use rusqlite::{CachedStatement, OpenFlags, TransactionBehavior};

use super::DbError;

/// How long a writer of another process (an operator's command) is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// A parameter: the only types portable SQL is given.
#[derive(Clone, Copy)]
pub(crate) enum Value<'v> {
    Null,
    Int(i64),
    Text(&'v str),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(value: &'v str) -> Self {
        Self::Text(value)
    }
}

impl<'v> From<&'v String> for Value<'v> {
    fn from(value: &'v String) -> Self {
        Self::Text(value)
    }
}

impl<'v, T: Into<Value<'v>>> From<Option<T>> for Value<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
        }))
    }
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Creates the file where there is none.
    Write,
    /// Can change nothing.
    Read,
}

/// One connection to one file.
pub(crate) struct Connection {
    inner: rusqlite::Connection,
    /// What [`Connection::has_others_written`] has seen.
    version: i64,
}

impl Connection {
    /// Opens `file`.
    ///
    /// # Errors
    /// When the file can't be opened or is no database.
    pub(crate) fn open(file: &Path, mode: Mode) -> Result<Self, DbError> {
        let flags = match mode {
            Mode::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            Mode::Read => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let connection = rusqlite::Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(64);
        // FULL: with NORMAL a power cut loses acknowledged writes. The memory map makes the feed's lookups by
        // index cheap; the cache only holds what a transaction has changed.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA temp_store = MEMORY;
             PRAGMA trusted_schema = OFF;
             PRAGMA mmap_size = 1073741824;
             PRAGMA cache_size = -16384;",
        )?;
        if mode == Mode::Read {
            connection.execute_batch("PRAGMA query_only = ON;")?;
        }
        let version = data_version(&connection)?;
        Ok(Self { inner: connection, version })
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// When a migration fails, or the file comes from a newer version.
    pub(crate) fn migrate(&mut self, runner: &refinery::Runner) -> Result<(), DbError> {
        runner.run(&mut self.inner).map_err(|e| DbError::Migration(Box::new(e)))?;
        Ok(())
    }

    /// Runs `work` on one consistent state of the database.
    ///
    /// # Errors
    /// Those of `work` and of the database.
    pub(crate) fn read<T, E: From<DbError>>(&mut self, work: impl FnOnce(&Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        let tx = self.inner.transaction_with_behavior(TransactionBehavior::Deferred).map_err(DbError::from)?;
        // Dropping rolls back, which for a reader only ends the snapshot.
        work(&Tx(&tx))
    }

    /// Runs `work` in a writing transaction: committed when it succeeds, undone when it fails.
    ///
    /// # Errors
    /// Those of `work` and of the database.
    pub(crate) fn write<T, E: From<DbError>>(&mut self, work: impl FnOnce(&Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        let tx = self.inner.transaction_with_behavior(TransactionBehavior::Immediate).map_err(DbError::from)?;
        let value = work(&Tx(&tx))?;
        tx.commit().map_err(DbError::from)?;
        Ok(value)
    }

    /// Whether another connection has committed since this was asked last, or since this one was opened.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn has_others_written(&mut self) -> Result<bool, DbError> {
        let version = data_version(&self.inner)?;
        Ok(std::mem::replace(&mut self.version, version) != version)
    }

    /// Lets the write-ahead log shrink to nothing again after a large import.
    ///
    /// # Errors
    /// When the database fails; a reader in the way is no failure.
    pub(crate) fn truncate_log(&mut self) -> Result<(), DbError> {
        self.inner.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// Lets the query planner know what it has.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn optimize(&mut self) -> Result<(), DbError> {
        self.inner.execute_batch("PRAGMA analysis_limit = 1000; PRAGMA optimize = 0x10002;")?;
        Ok(())
    }
}

/// A number that commits of other connections change, and those of this one do not.
fn data_version(connection: &rusqlite::Connection) -> Result<i64, DbError> {
    Ok(connection.query_row("PRAGMA data_version", [], |row| row.get(0))?)
}

/// A transaction that is under way.
pub(crate) struct Tx<'c>(&'c rusqlite::Connection);

impl Tx<'_> {
    /// Runs a statement and says how many rows it changed.
    ///
    /// # Errors
    /// When the database fails or a constraint refuses.
    pub(crate) fn execute(&self, sql: &'static str, parameters: &[Value<'_>]) -> Result<usize, DbError> {
        Ok(self.bound(sql, parameters)?.raw_execute()?)
    }

    /// Calls `each` for every row until it says `false`.
    ///
    /// # Errors
    /// Those of `each` and of the database.
    pub(crate) fn query_while<E: From<DbError>>(
        &self,
        sql: &'static str,
        parameters: &[Value<'_>],
        mut each: impl FnMut(&Row<'_>) -> Result<bool, E>,
    ) -> Result<(), E> {
        let mut statement = self.bound(sql, parameters)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(DbError::from)? {
            if !each(&Row(row))? {
                break;
            }
        }
        Ok(())
    }

    /// Every row, read by `read`.
    ///
    /// # Errors
    /// Those of `read` and of the database.
    pub(crate) fn query_all<T>(
        &self,
        sql: &'static str,
        parameters: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut all = Vec::new();
        self.query_while(sql, parameters, |row| -> Result<bool, DbError> {
            all.push(read(row)?);
            Ok(true)
        })?;
        Ok(all)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// Those of `read` and of the database.
    pub(crate) fn find<T>(
        &self,
        sql: &'static str,
        parameters: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let mut statement = self.bound(sql, parameters)?;
        let mut rows = statement.raw_query();
        rows.next()?.map(|row| read(&Row(row))).transpose()
    }

    /// How the database would go about `sql`, step by step.
    #[cfg(test)]
    pub(crate) fn plan(&self, sql: &str) -> Vec<String> {
        let mut statement = self.0.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("a statement that is used");
        let mut steps = Vec::new();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().expect("a plan") {
            steps.push(row.get::<_, String>(3).expect("a plan is text"));
        }
        steps
    }

    /// SQLite takes `$2` for a name and numbers names by where they first stand, so parameters are bound by
    /// name and a statement may use them in any order, as in PostgreSQL.
    fn bound(&self, sql: &'static str, parameters: &[Value<'_>]) -> Result<CachedStatement<'_>, DbError> {
        let mut statement = self.0.prepare_cached(sql)?;
        for index in 1..=statement.parameter_count() {
            let position = statement
                .parameter_name(index)
                .and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok())
                .and_then(|number| number.checked_sub(1));
            let value =
                position.and_then(|p| parameters.get(p).copied()).ok_or(DbError::Unbound { parameter: index })?;
            statement.raw_bind_parameter(index, value)?;
        }
        Ok(statement)
    }
}

/// One row of an answer, columns counted from 0.
pub(crate) struct Row<'r>(&'r rusqlite::Row<'r>);

impl Row<'_> {
    pub(crate) fn int(&self, column: usize) -> Result<i64, DbError> {
        self.0.get_ref(column)?.as_i64().map_err(|_| DbError::Corrupt { column })
    }

    pub(crate) fn opt_int(&self, column: usize) -> Result<Option<i64>, DbError> {
        self.0.get_ref(column)?.as_i64_or_null().map_err(|_| DbError::Corrupt { column })
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str, DbError> {
        self.0.get_ref(column)?.as_str().map_err(|_| DbError::Corrupt { column })
    }

    pub(crate) fn opt_text(&self, column: usize) -> Result<Option<&str>, DbError> {
        self.0.get_ref(column)?.as_str_or_null().map_err(|_| DbError::Corrupt { column })
    }

    /// Reads what was stored as its text: an id, an enum's name.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, column: usize) -> Result<T, DbError> {
        self.text(column)?.parse().map_err(|_| DbError::Corrupt { column })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> (tempfile::TempDir, Connection) {
        let dir = tempfile::tempdir().expect("temporary directory");
        let connection = Connection::open(&dir.path().join("t.db"), Mode::Write).expect("opens");
        (dir, connection)
    }

    #[test]
    fn parameters_are_bound_by_number_wherever_they_stand() {
        let (_dir, mut connection) = connection();
        let found = connection
            .read(|tx| {
                tx.find(
                    "SELECT $2 || '-' || $1 || '-' || $2, $3",
                    &["one".into(), "two".into(), Value::Int(3)],
                    |row| Ok((row.text(0)?.to_owned(), row.int(1)?)),
                )
            })
            .expect("query");
        assert_eq!(found, Some(("two-one-two".to_owned(), 3)));
    }

    #[test]
    fn a_parameter_that_was_not_given_is_an_error_and_not_null() {
        let (_dir, mut connection) = connection();
        let result = connection.read(|tx| tx.find("SELECT $1, $2", &[Value::Int(1)], |_| Ok(())));
        assert!(matches!(result, Err(DbError::Unbound { parameter: 2 })));
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let (_dir, mut connection) = connection();
        let create: Result<usize, DbError> = connection.write(|tx| tx.execute("CREATE TABLE t (x INTEGER)", &[]));
        create.expect("create");
        let failed: Result<(), DbError> = connection.write(|tx| {
            tx.execute("INSERT INTO t (x) VALUES ($1)", &[Value::Int(1)])?;
            Err(DbError::Corrupt { column: 0 })
        });
        assert!(failed.is_err());
        let count = connection.read(|tx| tx.find("SELECT count(*) FROM t", &[], |row| row.int(0))).expect("count");
        assert_eq!(count, Some(0));
    }

    #[test]
    fn what_others_wrote_is_noticed_once_and_what_oneself_wrote_is_not() {
        let (dir, mut here) = connection();
        let write = |connection: &mut Connection, sql| {
            let written: Result<usize, DbError> = connection.write(|tx| tx.execute(sql, &[]));
            written.expect("written");
        };
        write(&mut here, "CREATE TABLE t (x INTEGER)");
        let mut there = Connection::open(&dir.path().join("t.db"), Mode::Write).expect("opens");
        assert!(!here.has_others_written().expect("asked"), "opening is no writing");
        write(&mut there, "INSERT INTO t (x) VALUES (1)");
        assert!(here.has_others_written().expect("asked"));
        assert!(!here.has_others_written().expect("asked"));
        write(&mut here, "INSERT INTO t (x) VALUES (2)");
        assert!(!here.has_others_written().expect("asked"));
        assert!(there.has_others_written().expect("asked"));
    }

    #[test]
    fn a_reader_can_change_nothing() {
        let (dir, mut writer) = connection();
        let create: Result<usize, DbError> = writer.write(|tx| tx.execute("CREATE TABLE t (x INTEGER)", &[]));
        create.expect("create");
        let mut reader = Connection::open(&dir.path().join("t.db"), Mode::Read).expect("opens");
        let written: Result<usize, DbError> = reader.write(|tx| tx.execute("INSERT INTO t (x) VALUES (1)", &[]));
        assert!(written.is_err());
    }
}
