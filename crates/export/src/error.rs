//! What can go wrong with a file. No path and no cell in it.

use std::io;

/// Why there is no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// No space, over quota, or over the size a file may have.
    #[error("there is no room for the file")]
    DiskFull,
    /// The folder, or the file system, takes no new file from this user.
    #[error("the folder is not writable")]
    NotWritable,
    #[error("the folder does not exist")]
    FolderMissing,
    /// A directory, a device, a pipe or a dangling link.
    #[error("the target is not a regular file")]
    TargetNotAFile,
    #[error("the time zone is not in the IANA database")]
    UnknownTimeZone,
    #[error("writing failed: {0}")]
    Io(io::ErrorKind),
}

impl From<io::ErrorKind> for ExportError {
    fn from(kind: io::ErrorKind) -> Self {
        match kind {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Self::DiskFull,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::NotWritable,
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::FolderMissing,
            other => Self::Io(other),
        }
    }
}

/// Keeps the kind only: the text of an error may hold the path.
impl From<io::Error> for ExportError {
    fn from(error: io::Error) -> Self {
        error.kind().into()
    }
}

impl From<::csv::Error> for ExportError {
    fn from(error: ::csv::Error) -> Self {
        match error.into_kind() {
            ::csv::ErrorKind::Io(error) => error.into(),
            _ => Self::Io(io::ErrorKind::InvalidData),
        }
    }
}

impl From<serde_json::Error> for ExportError {
    fn from(error: serde_json::Error) -> Self {
        error.io_error_kind().unwrap_or(io::ErrorKind::InvalidData).into()
    }
}

impl From<zip::result::ZipError> for ExportError {
    fn from(error: zip::result::ZipError) -> Self {
        match error {
            zip::result::ZipError::Io(error) => error.into(),
            _ => Self::Io(io::ErrorKind::InvalidData),
        }
    }
}
