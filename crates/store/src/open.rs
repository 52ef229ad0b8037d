//! From a path and a key to connections that can be trusted, or a precise reason why not.
//!
//! Never makes a file at `open`, never replaces one at `create`, never deletes what it can't read.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};
use secrecy::{ExposeSecret, SecretBox};
use zeroize::Zeroizing;

use crate::cipher::{PAGE_BYTES, any_page_verifies};
use crate::seal::{self, Seal};
use crate::table::contact_key;
use crate::{CacheIdentity, StoreError, migrations};

/// Oldest SQLCipher whose file format and defaults we wrote and tested with.
const CIPHER_MAJOR: u32 = 4;
/// How long to wait for a second process (a command-line export) to finish its turn.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Statements kept prepared, per connection.
const STATEMENTS: usize = 160;
/// Page cache of the writer: holds the upper levels of every index during a first sync.
const WRITER_CACHE_KIB: i64 = 98_304;
const READER_CACHE_KIB: i64 = 24_576;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Write,
    Read,
}

/// Makes the file, with its folder, and fills in the schema. The work is done under another name: at `path` there is
/// either nothing or a whole cache.
pub(crate) fn create(path: &Path, key: &SecretBox<[u8; 32]>, identity: &CacheIdentity) -> Result<(), StoreError> {
    if [path.to_path_buf(), beside(path, "-wal"), beside(path, "-shm")].iter().any(|p| p.symlink_metadata().is_ok()) {
        return Err(StoreError::AlreadyExists);
    }
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    let unfinished = beside(path, ".creating");
    let made_with = ["", "-wal", "-shm", seal::SUFFIX].map(|suffix| beside(&unfinished, suffix));
    // Of a creation that was cut: it never held a row. A seal without a cache is one's, too.
    for leftover in made_with.iter().chain([&beside(path, seal::SUFFIX)]) {
        match std::fs::remove_file(leftover) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    let made = fill(&unfinished, key, identity)
        // Hard links, because unlike a rename they never replace a file that came meanwhile. The cache's name last.
        .and_then(|()| Ok(std::fs::hard_link(beside(&unfinished, seal::SUFFIX), beside(path, seal::SUFFIX))?))
        // Or a power cut could leave the second name without the first.
        .and_then(|()| sync_folder(path))
        .and_then(|()| Ok(std::fs::hard_link(&unfinished, path)?));
    for leftover in &made_with {
        let _ = std::fs::remove_file(leftover);
    }
    made?;
    sync_folder(path)
}

/// Which names there are beside a file is on the disk when this returns.
pub(crate) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => Ok(File::open(folder)?.sync_all()?),
        None => Ok(()),
    }
}

fn fill(path: &Path, key: &SecretBox<[u8; 32]>, identity: &CacheIdentity) -> Result<(), StoreError> {
    let mut connection = connect(path, key, Use::Write)?;
    migrations::run(&mut connection)?;
    connection.execute(
        "INSERT INTO identity (one, studio_id, member_id, device_id) VALUES (1, ?1, ?2, ?3)",
        (identity.studio_id.as_bytes(), identity.member_id.as_bytes(), identity.device_id.as_bytes()),
    )?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error)?;
    Seal::make(path, key)
}

/// The writer of an existing cache, its schema brought up to date, `readers` readers, and the seal beside it.
pub(crate) fn open(
    path: &Path,
    key: &SecretBox<[u8; 32]>,
    readers: usize,
) -> Result<(Connection, Vec<Connection>, Seal), StoreError> {
    check_file(path)?;
    let mut writer = connect(path, key, Use::Write)?;
    let seal = Seal::open(path, key)?;
    {
        let mut turn = seal.take_turn()?;
        migrations::run(&mut writer)?;
        contact_key::fill(&mut writer)?;
        turn.note_commit()?;
    }
    forbid(&mut writer)?;
    let readers = (0..readers)
        .map(|_| {
            let mut reader = connect(path, key, Use::Read)?;
            forbid(&mut reader)?;
            Ok(reader)
        })
        .collect::<Result<_, StoreError>>()?;
    Ok((writer, readers, seal))
}

/// What can be said of the file without the key.
fn check_file(path: &Path) -> Result<(), StoreError> {
    let metadata = path.metadata()?;
    if !metadata.is_file() {
        return Err(StoreError::Damaged);
    }
    let mut header = [0; 16];
    let mut file = File::open(path)?;
    match file.read_exact(&mut header) {
        Ok(()) if header == *b"SQLite format 3\0" => return Err(StoreError::NotEncrypted),
        Ok(()) if metadata.len() >= PAGE_BYTES as u64 => {}
        Ok(()) => return Err(StoreError::Damaged),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Err(StoreError::Damaged),
        Err(error) => return Err(error.into()),
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    }
    Ok(())
}

pub(crate) fn connect(path: &Path, key: &SecretBox<[u8; 32]>, purpose: Use) -> Result<Connection, StoreError> {
    // No SQLITE_OPEN_CREATE, and no URI: a path is a path.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // Before anything that can fail: closing would move the log, and the seal would not know of it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // The log would name pages and paths. `cipher_memory_security` stays off: ADR 7.
    connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
    connection.execute_batch(&key_pragma(key))?;
    check_cipher(&connection)?;
    // Reading a page is mostly proving it: ADR 7.
    connection.execute_batch("PRAGMA cipher_hmac_algorithm = HMAC_SHA256")?;

    // The first read of a page: only here does a wrong key show.
    if let Err(error) = connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(())) {
        return Err(match StoreError::from(error) {
            StoreError::Damaged => why_unreadable(path, key)?,
            other => other,
        });
    }

    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    // Rows come in any order, so SQLite's foreign keys can't hold; `table::erase` cascades instead.
    connection.execute_batch(
        "PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON;",
    )?;
    match purpose {
        Use::Write => {
            let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
            if mode != "wal" {
                return Err(StoreError::Io(ErrorKind::Unsupported));
            }
            connection.execute_batch("PRAGMA auto_vacuum = NONE; PRAGMA synchronous = FULL;")?;
            connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
            // The log is moved when the seal knows of it.
            connection.query_row("PRAGMA wal_autocheckpoint = 0", [], |_| Ok(()))?;
        }
        Use::Read => {
            connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
            connection.execute_batch("PRAGMA query_only = ON")?;
        }
    }
    Ok(connection)
}

/// `PRAGMA key = "x'…'"`, in memory that is wiped. Raw, so that nothing is derived and nothing a user typed is in it.
fn key_pragma(key: &SecretBox<[u8; 32]>) -> Zeroizing<String> {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    // Large enough from the start: growing would leave a copy behind.
    let mut pragma = Zeroizing::new(String::with_capacity(96));
    pragma.push_str("PRAGMA key = \"x'");
    for byte in key.expose_secret() {
        pragma.push(char::from(HEX[usize::from(byte >> 4)]));
        pragma.push(char::from(HEX[usize::from(byte & 15)]));
    }
    pragma.push_str("'\"");
    pragma
}

/// An environment variable at build time can swap SQLCipher for plain SQLite, which ignores the key: ask.
fn check_cipher(connection: &Connection) -> Result<(), StoreError> {
    let version: Option<String> = match connection.query_row("PRAGMA cipher_version", [], |row| row.get(0)) {
        Err(rusqlite::Error::QueryReturnedNoRows) => None,
        answer => Some(answer?),
    };
    let major = version.as_deref().and_then(|v| v.split('.').next()).and_then(|v| v.parse::<u32>().ok());
    if major.is_some_and(|major| major >= CIPHER_MAJOR) { Ok(()) } else { Err(StoreError::CipherMissing) }
}

/// Whether every page that this connection ever read was proved. SQLCipher gives one that is not as zeros and without an
/// error; SQLite notices where the page is a tree's, and takes zeros for text where it holds the rest of a long row.
pub(crate) fn check_pages(connection: &Connection) -> Result<(), StoreError> {
    // Answered while it is being prepared: a statement that was kept would answer as it did then.
    let status: String = connection.query_row("PRAGMA cipher_status", [], |row| row.get(0))?;
    if status == "1" { Ok(()) } else { Err(StoreError::Damaged) }
}

/// A first page that does not verify: where any other page does, the key is right and the file damaged.
fn why_unreadable(path: &Path, key: &SecretBox<[u8; 32]>) -> Result<StoreError, StoreError> {
    let whole_pages = path.metadata()?.len().is_multiple_of(PAGE_BYTES as u64);
    Ok(if !whole_pages || any_page_verifies(path, key)? { StoreError::Damaged } else { StoreError::KeyWrong })
}

/// From here on: no other files (`ATTACH … KEY ''` would write plain text), no new key, no weaker settings.
fn forbid(connection: &mut Connection) -> Result<(), StoreError> {
    connection.authorizer(Some(authorize))?;
    Ok(())
}

fn authorize(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => Authorization::Deny,
        AuthAction::Pragma { pragma_name, .. } => match pragma_name.to_ascii_lowercase().as_str() {
            // FTS5 asks for the first; the others move the log, give memory back, and tell whether pages were proved.
            "data_version" | "wal_checkpoint" | "shrink_memory" | "cipher_status" => Authorization::Allow,
            #[cfg(test)]
            "max_page_count" if TEST_PAGES.with(std::cell::Cell::get) => Authorization::Allow,
            _ => Authorization::Deny,
        },
        AuthAction::Function { function_name }
            if ["load_extension", "sqlcipher_export"].contains(&function_name.to_ascii_lowercase().as_str()) =>
        {
            Authorization::Deny
        }
        _ => Authorization::Allow,
    }
}

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes the disk as good as full, past the authorizer.
#[cfg(test)]
pub(crate) fn limit_pages(connection: &Connection, pages: i64) {
    TEST_PAGES.with(|allowed| allowed.set(true));
    connection
        .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
        .expect("the limit is a valid one");
    TEST_PAGES.with(|allowed| allowed.set(false));
}

#[cfg(test)]
thread_local! {
    static TEST_PAGES: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}
