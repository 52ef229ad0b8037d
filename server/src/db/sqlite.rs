//! The embedded driver: rusqlite under the portable SQL.
//!
//! Owns connections, pragmas, transactions and how `$1` reaches SQLite. Knows no table.

use std::path::Path;
use std::time::Duration;

use rusqlite::{CachedStatement, OpenFlags, TransactionBehavior};

use super::DbError;
use super::sql::{self, Row, Value};

/// How long a writer of another process (an operator's command) is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

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
pub(super) enum Mode {
    /// Creates the file where there is none.
    Write,
    /// Can change nothing.
    Read,
}

/// One connection to one file.
pub(super) struct Connection {
    inner: rusqlite::Connection,
    /// What [`Connection::has_others_written`] has seen.
    version: i64,
}

impl Connection {
    /// Opens `file`.
    ///
    /// # Errors
    /// When the file can't be opened or is no database.
    pub(super) fn open(file: &Path, mode: Mode) -> Result<Self, DbError> {
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
    pub(super) fn migrate(&mut self, runner: &refinery::Runner) -> Result<(), DbError> {
        runner.run(&mut self.inner).map_err(|e| DbError::Migration(Box::new(e)))?;
        self.inner.pragma_update(None, MIGRATED, fingerprint(runner))?;
        Ok(())
    }

    /// Whether the file bears the mark of exactly these migrations: then nothing is left to do, and to find that out
    /// migration by migration would take longer than most requests do.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn is_migrated(&self, runner: &refinery::Runner) -> Result<bool, DbError> {
        let mark: i32 = self.inner.pragma_query_value(None, MIGRATED, |row| row.get(0))?;
        Ok(mark == fingerprint(runner))
    }

    /// The same connection, which may change something from now on.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn into_writer(self) -> Result<Self, DbError> {
        self.inner.execute_batch("PRAGMA query_only = OFF;")?;
        Ok(self)
    }

    /// Runs `work` on one consistent state of the database.
    ///
    /// # Errors
    /// Those of `work` and of the database.
    pub(super) fn read<T, E: From<DbError>>(
        &mut self,
        work: impl FnOnce(&sql::Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self.inner.transaction_with_behavior(TransactionBehavior::Deferred).map_err(DbError::from)?;
        // Dropping rolls back, which for a reader only ends the snapshot.
        work(&sql::Tx::Sqlite(Tx(&tx)))
    }

    /// Runs `work` in a writing transaction: committed when it succeeds, undone when it fails.
    ///
    /// # Errors
    /// Those of `work` and of the database.
    pub(super) fn write<T, E: From<DbError>>(
        &mut self,
        work: impl FnOnce(&sql::Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self.inner.transaction_with_behavior(TransactionBehavior::Immediate).map_err(DbError::from)?;
        let value = work(&sql::Tx::Sqlite(Tx(&tx)))?;
        tx.commit().map_err(DbError::from)?;
        Ok(value)
    }

    /// Whether another connection has committed since this was asked last, or since this one was opened.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn has_others_written(&mut self) -> Result<bool, DbError> {
        let version = data_version(&self.inner)?;
        Ok(std::mem::replace(&mut self.version, version) != version)
    }

    /// Lets the write-ahead log shrink to nothing again after a large import.
    ///
    /// # Errors
    /// When the database fails; a reader in the way is no failure.
    pub(super) fn truncate_log(&mut self) -> Result<(), DbError> {
        self.inner.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// Lets the query planner know what it has.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn optimize(&mut self) -> Result<(), DbError> {
        self.inner.execute_batch("PRAGMA analysis_limit = 1000; PRAGMA optimize = 0x10002;")?;
        Ok(())
    }
}

/// Free for the application: here it tells which migrations a file has been through.
const MIGRATED: &str = "user_version";

/// Of a set of migrations: of their numbers and their contents. Never that of a new file, zero.
fn fingerprint(runner: &refinery::Runner) -> i32 {
    let fold = |sum: u64, part: u64| sum.rotate_left(7).wrapping_mul(0x0000_0100_0000_01b3) ^ part;
    let parts =
        runner.get_migrations().iter().flat_map(|one| [i64::from(one.version()).cast_unsigned(), one.checksum()]);
    let sum = parts.fold(0xcbf2_9ce4_8422_2325, fold);
    i32::try_from((sum ^ (sum >> 32)) & 0x7fff_ffff).unwrap_or(i32::MAX).max(1)
}

/// A number that commits of other connections change, and those of this one do not.
fn data_version(connection: &rusqlite::Connection) -> Result<i64, DbError> {
    Ok(connection.query_row("PRAGMA data_version", [], |row| row.get(0))?)
}

/// A transaction that is under way: [`sql::Tx`] says what its functions do.
pub(crate) struct Tx<'c>(&'c rusqlite::Connection);

impl Tx<'_> {
    pub(super) fn execute(&self, sql: &'static str, parameters: &[Value<'_>]) -> Result<usize, DbError> {
        Ok(self.bound(sql, parameters)?.raw_execute()?)
    }

    pub(super) fn query_while<E: From<DbError>>(
        &self,
        sql: &'static str,
        parameters: &[Value<'_>],
        mut each: impl FnMut(&Row<'_>) -> Result<bool, E>,
    ) -> Result<(), E> {
        let mut statement = self.bound(sql, parameters)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(DbError::from)? {
            if !each(&Row::Sqlite(row))? {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn find<T>(
        &self,
        sql: &'static str,
        parameters: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let mut statement = self.bound(sql, parameters)?;
        let mut rows = statement.raw_query();
        rows.next()?.map(|row| read(&Row::Sqlite(row))).transpose()
    }

    /// How the database would go about `sql`, step by step.
    #[cfg(test)]
    pub(super) fn plan(&self, sql: &str) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_noticed_once_and_what_oneself_wrote_is_not() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let open = || Connection::open(&dir.path().join("t.db"), Mode::Write).expect("opens");
        let write = |connection: &mut Connection, sql| {
            let written: Result<usize, DbError> = connection.write(|tx| tx.execute(sql, &[]));
            written.expect("written");
        };
        let mut here = open();
        write(&mut here, "CREATE TABLE t (x INTEGER)");
        let mut there = open();
        assert!(!here.has_others_written().expect("asked"), "opening is no writing");
        write(&mut there, "INSERT INTO t (x) VALUES (1)");
        assert!(here.has_others_written().expect("asked"));
        assert!(!here.has_others_written().expect("asked"));
        write(&mut here, "INSERT INTO t (x) VALUES (2)");
        assert!(!here.has_others_written().expect("asked"));
        assert!(there.has_others_written().expect("asked"));
    }
    #[test]
    fn a_file_that_went_through_other_migrations_is_not_taken_for_migrated() {
        let runner = |sql| {
            let one = refinery::Migration::unapplied("V1__initial", sql).expect("a migration");
            refinery::Runner::new(&[one])
        };
        let (ours, other) = (runner("CREATE TABLE t (x INTEGER)"), runner("CREATE TABLE t (y INTEGER)"));
        let dir = tempfile::tempdir().expect("temporary directory");
        let mut file = Connection::open(&dir.path().join("t.db"), Mode::Write).expect("opens");
        assert!(!file.is_migrated(&ours).expect("asked"), "a new one");
        file.migrate(&ours).expect("migrated");
        assert!(file.is_migrated(&ours).expect("asked"));
        assert!(!file.is_migrated(&other).expect("asked"));
        assert!(file.migrate(&other).is_err(), "and migrating says so");
    }
}
