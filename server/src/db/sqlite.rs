//! The embedded driver: rusqlite, with SQLCipher in the place of SQLite, under the portable SQL.
//!
//! Owns connections, their encryption, pragmas, transactions and how `$1` reaches SQLite. Knows no table.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{CachedStatement, ErrorCode, OpenFlags, TransactionBehavior};
use zeroize::Zeroizing;

use super::DbError;
use super::sql::{self, Row, Value};
use crate::secrets::Key;

/// Oldest SQLCipher whose file format and defaults were tried.
const CIPHER_MAJOR: u32 = 4;

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
    /// Opens `file`, which was written with `key` or is empty.
    ///
    /// # Errors
    /// When the file can't be opened; [`DbError::Damaged`], [`DbError::CipherMissing`].
    pub(super) fn open(file: &Path, key: &Key, mode: Mode) -> Result<Self, DbError> {
        let flags = match mode {
            Mode::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            Mode::Read => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let connection = rusqlite::Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(64);
        unlock(&connection, key)?;
        // The first read of a page. The key is known to be this file's, so what can't be read is damaged.
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(())).map_err(|error| {
            match error.sqlite_error_code() {
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                    DbError::Damaged { path: file.to_owned() }
                }
                _ => error.into(),
            }
        })?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        // `ATTACH … KEY ''` would write plain text.
        connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        // FULL: with NORMAL a power cut loses acknowledged writes. Encrypted pages can't be mapped into memory, so the
        // cache is what makes the feed's lookups by index cheap; it is only as large as what was read.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA temp_store = MEMORY;
             PRAGMA trusted_schema = OFF;
             PRAGMA cell_size_check = ON;
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
        Ok(())
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

    /// Pages of the database.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn page_count(&mut self) -> Result<i64, DbError> {
        Ok(self.inner.query_row("PRAGMA page_count", [], |row| row.get(0))?)
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

/// Encrypts a file anew that nobody else uses: one that may be lost, since an interruption leaves it half done.
///
/// # Errors
/// When it can't be read or written.
pub(super) fn change_key(file: &Path, old: &Key, new: &Key) -> Result<(), DbError> {
    let connection = rusqlite::Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    unlock(&connection, old)?;
    // With no log beside it, all there is of the file is the file; the next opening sets it as all are.
    for mode in ["DELETE", "OFF"] {
        let set: String = connection.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |row| row.get(0))?;
        if !set.eq_ignore_ascii_case(mode) {
            return Err(DbError::InUse);
        }
    }
    // An error would quote the statement, key and all.
    connection.execute_batch(&key_pragma("rekey", new)).map_err(|_| DbError::Damaged { path: file.to_owned() })?;
    connection.close().map_err(|(_, error)| error.into())
}

/// Reads a whole file, and gives the number of its pages.
///
/// # Errors
/// [`DbError::Damaged`] when anything in it is not as it was written.
pub(super) fn check_whole(file: &Path, key: &Key) -> Result<i64, DbError> {
    let connection = rusqlite::Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    unlock(&connection, key)?;
    let damaged = || DbError::Damaged { path: file.to_owned() };
    // Says nothing where every page proves itself.
    let mut faults = connection.prepare("PRAGMA cipher_integrity_check")?;
    if faults.query([])?.next()?.is_some() {
        return Err(damaged());
    }
    let says: String = connection.query_row("PRAGMA quick_check", [], |row| row.get(0)).map_err(|_| damaged())?;
    if says != "ok" {
        return Err(damaged());
    }
    Ok(connection.query_row("PRAGMA page_count", [], |row| row.get(0))?)
}

/// Gives the connection its key, and makes sure that it is used.
fn unlock(connection: &rusqlite::Connection, key: &Key) -> Result<(), DbError> {
    // An error of these would quote the statement, key and all.
    let quietly = |sql: &str| connection.execute_batch(sql).map_err(|_| DbError::CipherMissing);
    // SQLCipher's own log would name pages and paths. `cipher_memory_security` stays off: `docs/adr/0007`.
    quietly("PRAGMA cipher_log_level = NONE")?;
    quietly(&key_pragma("key", key))?;
    // A variable of the environment at build time can swap SQLCipher for plain SQLite, which ignores keys: ask.
    let version: Option<String> = match connection.query_row("PRAGMA cipher_version", [], |row| row.get(0)) {
        Err(rusqlite::Error::QueryReturnedNoRows) => None,
        answer => Some(answer?),
    };
    let major = version.as_deref().and_then(|v| v.split('.').next()).and_then(|v| v.parse::<u32>().ok());
    if major.is_none_or(|major| major < CIPHER_MAJOR) {
        return Err(DbError::CipherMissing);
    }
    // Reading a page is mostly proving it: `docs/adr/0007`.
    quietly("PRAGMA cipher_hmac_algorithm = HMAC_SHA256")
}

/// `PRAGMA … = "x'…'"`, in memory that is wiped. Raw, so that nothing is derived from it.
fn key_pragma(name: &str, key: &Key) -> Zeroizing<String> {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    // Large enough from the start: growing would leave a copy behind.
    let mut pragma = Zeroizing::new(String::with_capacity(96));
    pragma.push_str("PRAGMA ");
    pragma.push_str(name);
    pragma.push_str(" = \"x'");
    for byte in key.iter() {
        pragma.push(char::from(HEX[usize::from(byte >> 4)]));
        pragma.push(char::from(HEX[usize::from(byte & 15)]));
    }
    pragma.push_str("'\"");
    pragma
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
    fn nothing_is_written_in_the_clear_by_any_setting() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let (path, key) = (dir.path().join("t.db"), Key::new([7; 32]));
        for mode in [Mode::Write, Mode::Read] {
            let connection = Connection::open(&path, &key, mode).expect("opens");
            let ask = |pragma: &str| -> String {
                let said = connection.inner.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0));
                match said.expect("an answer") {
                    rusqlite::types::Value::Integer(number) => number.to_string(),
                    rusqlite::types::Value::Text(text) => text,
                    other => panic!("{other:?}"),
                }
            };
            for (pragma, value) in [
                ("journal_mode", "wal"),
                ("synchronous", "2"),
                ("temp_store", "2"),
                ("foreign_keys", "1"),
                ("trusted_schema", "0"),
                ("cipher_hmac_algorithm", "HMAC_SHA256"),
                ("cipher_use_hmac", "1"),
            ] {
                assert_eq!(ask(pragma), value, "{pragma}");
            }
            let plain = dir.path().join("plain.db");
            let attach = format!("ATTACH '{}' AS plain KEY ''", plain.display());
            assert!(connection.inner.execute_batch(&attach).is_err() && !plain.exists());
        }
        assert!(!std::fs::read(&path).expect("read").starts_with(b"SQLite format 3"));
        let wrong = Connection::open(&path, &Key::new([8; 32]), Mode::Write).err();
        assert!(matches!(wrong, Some(DbError::Damaged { .. })), "{wrong:?}");
        let plain = rusqlite::Connection::open(&path).expect("opens");
        assert!(plain.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(())).is_err(), "nor without a key");
    }

    #[test]
    fn what_others_wrote_is_noticed_once_and_what_oneself_wrote_is_not() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let key = Key::new([7; 32]);
        let open = || Connection::open(&dir.path().join("t.db"), &key, Mode::Write).expect("opens");
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
}
