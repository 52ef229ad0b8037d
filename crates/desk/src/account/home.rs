//! The folder of the desk: where things are in it, and who may work on them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::AccountError;

const ACCOUNT_FILE: &str = "account.json";
const LOCK_FILE: &str = "in-use.lock";

/// The folder of the desk.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    data_dir: PathBuf,
}

impl Home {
    pub(crate) fn new(data_dir: PathBuf) -> Self {
        Self { data_dir }
    }

    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub(crate) fn cache_path(&self, id: Uuid) -> PathBuf {
        self.account_dir(id).join("cache.db")
    }

    pub(crate) fn envelope_path(&self, id: Uuid) -> PathBuf {
        self.account_dir(id).join("vault.json")
    }

    pub(super) fn account_dir(&self, id: Uuid) -> PathBuf {
        self.data_dir.join("accounts").join(id.to_string())
    }

    pub(super) fn account_file(&self) -> PathBuf {
        self.data_dir.join(ACCOUNT_FILE)
    }

    /// Where the account file of an account is once it is set aside.
    pub(super) fn account_file_aside(&self, id: Uuid) -> PathBuf {
        self.account_dir(id).join(ACCOUNT_FILE)
    }

    pub(super) fn lock_file(&self) -> PathBuf {
        self.data_dir.join(LOCK_FILE)
    }

    /// Whether a path is among the desk's own files, where nobody may write but the desk.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match (folder.canonicalize(), self.data_dir.canonicalize()) {
            (Ok(folder), Ok(own)) => folder.starts_with(own),
            // A folder that is not there can't be written to either.
            _ => false,
        }
    }

    /// Makes the folder of a new account, readable by its user alone.
    pub(crate) fn create_account_dir(&self, id: Uuid) -> Result<(), AccountError> {
        create_private_dir(&self.account_dir(id))
    }

    /// Makes the folder of the desk, if it is not there, readable by its user alone.
    pub(super) fn create_data_dir(&self) -> Result<(), AccountError> {
        create_private_dir(&self.data_dir)
    }

    /// Claims what is here for this program until the file is dropped. Two that sync an account would use each other's
    /// tokens, and the server would end the session.
    ///
    /// # Errors
    /// [`AccountError::InUse`], or there is no folder to put the file in.
    pub(crate) fn claim(&self) -> Result<File, AccountError> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        loop {
            let file = options.open(self.lock_file())?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(AccountError::InUse),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
            // Whoever held it may have removed it meanwhile: then it keeps nobody out.
            if is_at(&file, &self.lock_file())? {
                return Ok(file);
            }
        }
    }
}

fn create_private_dir(path: &Path) -> Result<(), AccountError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(path)?)
}

/// Whether an open file is the one that is found at `path`.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let held = file.metadata()?;
        match path.metadata() {
            Ok(found) => Ok((found.dev(), found.ino()) == (held.dev(), held.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
    // A file that is open stays in its place here.
    #[cfg(not(unix))]
    {
        let _ = (file, path);
        Ok(true)
    }
}

#[cfg(test)]
pub(super) fn temporary() -> (tempfile::TempDir, Home) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let home = Home::new(dir.path().to_owned());
    (dir, home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_claimed_by_one_at_a_time() {
        let (_dir, home) = temporary();
        let held = home.claim().expect("nobody else");
        assert!(matches!(home.claim(), Err(AccountError::InUse)));
        drop(held);
        home.claim().expect("free again");
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_file_that_was_removed_or_replaced_is_not_the_one_that_was_opened() {
        let (_dir, home) = temporary();
        let held = home.claim().expect("nobody else");
        assert!(is_at(&held, &home.lock_file()).expect("it can be looked at"));
        fs::remove_file(home.lock_file()).expect("removed");
        assert!(!is_at(&held, &home.lock_file()).expect("it can be looked at"));
        let _other = home.claim().expect("a new file");
        assert!(!is_at(&held, &home.lock_file()).expect("it can be looked at"));
    }

    #[test]
    fn the_desk_knows_its_own_files() {
        let (dir, home) = temporary();
        let id = Uuid::now_v7();
        home.create_account_dir(id).expect("a folder");
        assert!(home.holds(&home.cache_path(id)));
        assert!(home.holds(&dir.path().join("accounts/../account.json")));
        assert!(!home.holds(&dir.path().with_file_name("leads.csv")));
        assert!(!home.holds(Path::new("leads.csv")));
    }
}
