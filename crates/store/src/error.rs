//! What can go wrong with the cache, without a word of what is in it.
//!
//! Even a database error can carry personal data (the SQL, a value, a path), so only codes go through.

use rusqlite::ErrorCode;

/// Why the cache did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such row, or at `open` no such file.
    #[error("not found")]
    NotFound,
    /// A cache, or what is left of one, is already there.
    #[error("a cache already exists")]
    AlreadyExists,
    /// The key does not open the cache. Nothing was changed.
    #[error("the key does not open the cache")]
    KeyWrong,
    /// The file is a plain SQLite database. Nothing was changed.
    #[error("the file is not encrypted")]
    NotEncrypted,
    /// The file can't be a whole cache. Nothing was changed.
    #[error("the cache is damaged")]
    Damaged,
    /// Every page is the cache's, but not all are of one time: something but this program wrote, or a disk lost writes.
    /// Nothing was changed.
    #[error("the cache is not as it was left")]
    Altered,
    /// A newer version of the program wrote the cache.
    #[error("the cache has schema {found}, this program knows {known}")]
    TooNew { found: i64, known: i64 },
    /// The disk is full; the transaction was rolled back, nothing before it was lost.
    #[error("the disk is full")]
    DiskFull,
    /// The file system refused.
    #[error("file access failed: {0}")]
    Io(std::io::ErrorKind),
    /// The cache was closed.
    #[error("the cache is closed")]
    Closed,
    /// Another process holds the cache.
    #[error("the cache is in use by another process")]
    Busy,
    /// SQLCipher is not what this program was linked with.
    #[error("the encryption library is missing or too old")]
    CipherMissing,
    /// The database refused for another reason: SQLite's extended result code.
    #[error("database error {0}")]
    Database(i32),
}

/// `SQLITE_IOERR_SHMSIZE`: the shared-memory file could not grow, which only a full disk causes.
const IOERR_SHMSIZE: i32 = 10 | (19 << 8);

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound,
            // A value that is not of its column's kind: only a damaged page can bring one.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..) => Self::Damaged,
            other => match other.sqlite_error() {
                Some(failure) => match failure.code {
                    ErrorCode::DiskFull => Self::DiskFull,
                    ErrorCode::SystemIoFailure if failure.extended_code == IOERR_SHMSIZE => Self::DiskFull,
                    ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged,
                    ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
                    ErrorCode::SystemIoFailure => Self::Io(std::io::ErrorKind::Other),
                    ErrorCode::PermissionDenied | ErrorCode::ReadOnly => Self::Io(std::io::ErrorKind::PermissionDenied),
                    _ => Self::Database(failure.extended_code),
                },
                None => Self::Database(rusqlite::ffi::SQLITE_MISUSE),
            },
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::NotFound,
            std::io::ErrorKind::AlreadyExists => Self::AlreadyExists,
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull,
            kind => Self::Io(kind),
        }
    }
}
