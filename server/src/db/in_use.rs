//! Who uses the files of a directory: any number of programs that serve or write, or the one that encrypts them anew.
//!
//! An advisory lock on a file beside them. The kernel gives it up with the program, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::DbError;

/// Its name in the directory.
const FILE_NAME: &str = "in-use.lock";

/// Held as long as the files are used.
pub(super) struct InUse {
    _file: File,
}

/// Uses the files, beside others who do.
///
/// # Errors
/// [`DbError::KeysAreChanging`].
pub(super) fn share(dir: &Path) -> Result<InUse, DbError> {
    let file = open(dir)?;
    locked(dir, file.try_lock_shared(), DbError::KeysAreChanging).map(|()| InUse { _file: file })
}

/// Uses the files alone.
///
/// # Errors
/// [`DbError::InUse`].
pub(super) fn claim(dir: &Path) -> Result<InUse, DbError> {
    let file = open(dir)?;
    locked(dir, file.try_lock(), DbError::InUse).map(|()| InUse { _file: file })
}

fn open(dir: &Path) -> Result<File, DbError> {
    let path = dir.join(FILE_NAME);
    let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    opened.map_err(|source| DbError::Io { path, source })
}

fn locked(dir: &Path, tried: Result<(), TryLockError>, held: DbError) -> Result<(), DbError> {
    tried.map_err(|error| match error {
        TryLockError::WouldBlock => held,
        TryLockError::Error(source) => DbError::Io { path: dir.join(FILE_NAME), source },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_share_and_one_claims() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let shared = [share(dir.path()).expect("shared"), share(dir.path()).expect("shared")];
        assert!(matches!(claim(dir.path()), Err(DbError::InUse)));
        drop(shared);
        let claimed = claim(dir.path()).expect("claimed");
        assert!(matches!(share(dir.path()), Err(DbError::KeysAreChanging)));
        assert!(matches!(claim(dir.path()), Err(DbError::InUse)));
        drop(claimed);
        share(dir.path()).expect("shared again");
    }
}
