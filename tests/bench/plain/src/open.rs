//! Opening a plain file with the settings that `crates/store/src/open.rs` gives an encrypted one: whoever changes
//! them there changes them here, or `make bench` compares settings instead of encryption.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};
use secrecy::SecretBox;

use crate::seal::Seal;
use crate::{CacheIdentity, StoreError};

pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const STATEMENTS: usize = 160;
const WRITER_CACHE_KIB: i64 = 98_304;
const READER_CACHE_KIB: i64 = 24_576;
/// As `cache::LOG_PAGES`.
const WAL_PAGES: i64 = 8_192;

/// Copies are made by [`crate::copy`], never anew.
pub(crate) fn create(_: &Path, _: &SecretBox<[u8; 32]>, _: &CacheIdentity) -> Result<(), StoreError> {
    Err(StoreError::NotEncrypted)
}

/// The writer of a copy, `readers` readers, and no seal. The key is not used.
pub(crate) fn open(
    path: &Path,
    key: &SecretBox<[u8; 32]>,
    readers: usize,
) -> Result<(Connection, Vec<Connection>, Seal), StoreError> {
    let writer = plain(path)?;
    writer.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    writer.execute_batch("PRAGMA auto_vacuum = NONE; PRAGMA synchronous = FULL;")?;
    writer.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    writer.query_row(&format!("PRAGMA wal_autocheckpoint = {WAL_PAGES}"), [], |_| Ok(()))?;
    let readers = (0..readers)
        .map(|_| {
            let reader = plain(path)?;
            reader.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
            reader.execute_batch("PRAGMA query_only = ON")?;
            Ok(reader)
        })
        .collect::<Result<_, StoreError>>()?;
    Ok((writer, readers, Seal::open(path, key)?))
}

/// Nothing proves pages here.
pub(crate) fn check_pages(_: &Connection) -> Result<(), StoreError> {
    Ok(())
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Read,
}

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

pub(crate) fn sync_folder(_: &Path) -> Result<(), StoreError> {
    Ok(())
}

pub(crate) fn connect(path: &Path, _: &SecretBox<[u8; 32]>, _: Use) -> Result<Connection, StoreError> {
    plain(path)
}

fn plain(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.execute_batch(
        "PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON;",
    )?;
    Ok(connection)
}
