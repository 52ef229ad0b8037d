//! The envelope on the disk: mode 0600, always whole, replaced by renaming. Never writes over a file it did not read.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::format::MAX_FILE_BYTES;
use crate::VaultError;

const UNFINISHED: &str = ".unfinished";

/// Reads the whole file, unless it is too large to be an envelope.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, VaultError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => VaultError::EnvelopeMissing,
        kind => VaultError::Io(kind),
    })?;
    if !file.metadata()?.is_file() {
        return Err(VaultError::EnvelopeDamaged);
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_FILE_BYTES { Err(VaultError::EnvelopeDamaged) } else { Ok(bytes) }
}

/// Puts a new file in place; one that is there already stays.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    written(path, bytes)?.persist_noclobber(path).map_err(|refused| match refused.error.kind() {
        io::ErrorKind::AlreadyExists => VaultError::EnvelopeExists,
        kind => VaultError::Io(kind),
    })?;
    sync_directory(path)
}

/// Puts a new file in the place of the old one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    written(path, bytes)?.persist(path).map_err(|refused| VaultError::Io(refused.error.kind()))?;
    sync_directory(path)
}

/// Removes the file, and what a crash may have left of an unfinished one: it holds the same keys. A disk may keep
/// removed bytes for long; what they hold is sealed.
pub(super) fn erase(path: &Path) -> Result<(), VaultError> {
    let prefix = unfinished_prefix(path);
    for entry in fs::read_dir(directory(path))? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&prefix) && name.ends_with(UNFINISHED) {
            remove(&entry.path())?;
        }
    }
    remove(path)?;
    sync_directory(path)
}

/// Keeps other programs (and threads) from changing the file until it is dropped. The folder is locked, because
/// the file is replaced, and a file beside it would have to stay for ever.
#[cfg(unix)]
pub(super) fn lock(path: &Path) -> Result<File, VaultError> {
    let folder = File::open(directory(path))?;
    folder.lock()?;
    Ok(folder)
}

/// A folder can't be locked here; the last writer wins.
#[cfg(not(unix))]
pub(super) fn lock(_path: &Path) -> Result<(), VaultError> {
    Ok(())
}

/// A file in the same folder with these bytes, on the disk.
fn written(path: &Path, bytes: &[u8]) -> Result<NamedTempFile, VaultError> {
    // It would be written, and never read again.
    if bytes.len() > MAX_FILE_BYTES {
        return Err(VaultError::Io(io::ErrorKind::FileTooLarge));
    }
    // Made with mode 0600.
    let mut file =
        tempfile::Builder::new().prefix(&unfinished_prefix(path)).suffix(UNFINISHED).tempfile_in(directory(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn unfinished_prefix(path: &Path) -> String {
    format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy())
}

fn remove(path: &Path) -> Result<(), VaultError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A rename is on the disk only when its folder is.
fn sync_directory(path: &Path) -> Result<(), VaultError> {
    #[cfg(unix)]
    File::open(directory(path))?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
