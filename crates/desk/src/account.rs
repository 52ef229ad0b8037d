//! The account on this computer: one small file that says which cache is whose key's, and the order of steps by which
//! an account comes and goes.
//!
//! ```text
//! data_dir/account.json            which account is signed in; written last at sign-in, so that it is the commit
//! data_dir/accounts/<id>/cache.db  its cache          (+ -wal, -shm)
//! data_dir/accounts/<id>/vault.json  its envelope, where there is no keyring
//! ```
//! Holds no name, e-mail or key. Never writes over an account file it can't read.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::view::KeyStore;

/// Which account is signed in on this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    version: u32,
    pub(crate) id: Uuid,
    pub(crate) server_url: String,
    pub(crate) key_store: KeyStore,
    /// Sign-out has begun: key and cache are to be erased, and nothing opens them any more.
    #[serde(default)]
    pub(crate) is_erasing: bool,
}

/// Why the account file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("the account file can't be read or written")]
    Io(#[source] io::Error),
    #[error("the account file is damaged or from a newer version")]
    Unreadable,
}

/// The folder of the desk.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    data_dir: PathBuf,
}

impl Account {
    pub(crate) fn new(id: Uuid, server_url: String, key_store: KeyStore) -> Self {
        Self { version: 1, id, server_url, key_store, is_erasing: false }
    }
}

impl Home {
    pub(crate) fn new(data_dir: PathBuf) -> Self {
        Self { data_dir }
    }

    pub(crate) fn cache_path(&self, id: Uuid) -> PathBuf {
        self.account_dir(id).join("cache.db")
    }

    pub(crate) fn envelope_path(&self, id: Uuid) -> PathBuf {
        self.account_dir(id).join("vault.json")
    }

    /// Makes the folder of a new account, readable by its user alone.
    pub(crate) fn create_account_dir(&self, id: Uuid) -> Result<(), AccountError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(self.account_dir(id)).map_err(AccountError::Io)
    }

    pub(crate) fn find(&self) -> Result<Option<Account>, AccountError> {
        let bytes = match fs::read(self.account_file()) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(AccountError::Io(error)),
        };
        let account: Account = serde_json::from_slice(&bytes).map_err(|_| AccountError::Unreadable)?;
        if account.version == 1 { Ok(Some(account)) } else { Err(AccountError::Unreadable) }
    }

    /// Writes the file whole or not at all, and on the disk before it returns.
    pub(crate) fn save(&self, account: &Account) -> Result<(), AccountError> {
        self.write_atomically(account).map_err(AccountError::Io)
    }

    /// The last step of a sign-out: everything of the account is gone, then the account file.
    ///
    /// The envelope goes first: without it the cache is noise. Removes only the files an account consists of; a folder that holds anything else stays.
    pub(crate) fn remove(&self, id: Uuid) -> Result<(), AccountError> {
        let dir = self.account_dir(id);
        for name in ["vault.json", "cache.db-wal", "cache.db-shm", "cache.db"] {
            remove_if_there(&dir.join(name)).map_err(AccountError::Io)?;
        }
        // Not empty: somebody keeps files of their own there. Theirs, not ours.
        let _ = fs::remove_dir(&dir);
        remove_if_there(&self.account_file()).map_err(AccountError::Io)
    }

    fn account_dir(&self, id: Uuid) -> PathBuf {
        self.data_dir.join("accounts").join(id.to_string())
    }

    fn account_file(&self) -> PathBuf {
        self.data_dir.join("account.json")
    }

    fn write_atomically(&self, account: &Account) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix("account").tempfile_in(&self.data_dir)?;
        file.write_all(&serde_json::to_vec_pretty(account)?)?;
        file.as_file().sync_all()?;
        file.persist(self.account_file())?;
        fs::File::open(&self.data_dir)?.sync_all()
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let home = Home::new(dir.path().to_owned());
        (dir, home)
    }

    #[test]
    fn an_account_is_found_as_it_was_saved_and_gone_once_removed() {
        let (_dir, home) = home();
        assert_eq!(home.find().expect("no file is no error"), None);
        let account = Account::new(Uuid::now_v7(), "https://desk.example".to_owned(), KeyStore::Keyring);
        home.create_account_dir(account.id).expect("a folder");
        home.save(&account).expect("saved");
        assert_eq!(home.find().expect("readable"), Some(account.clone()));
        home.remove(account.id).expect("removed");
        assert_eq!(home.find().expect("no file is no error"), None);
        assert!(!home.account_dir(account.id).exists());
    }

    #[test]
    fn an_unreadable_account_file_is_an_error_and_stays() {
        let (dir, home) = home();
        let file = dir.path().join("account.json");
        for content in ["", "{}", r#"{"version":2,"id":"x"}"#, "\u{0}\u{0}"] {
            fs::write(&file, content).expect("written");
            assert!(matches!(home.find(), Err(AccountError::Unreadable)), "{content:?}");
            assert_eq!(fs::read_to_string(&file).expect("still there"), content);
        }
    }

    #[test]
    fn removing_an_account_leaves_files_that_are_not_its_own() {
        let (_dir, home) = home();
        let id = Uuid::now_v7();
        home.create_account_dir(id).expect("a folder");
        let salvage = home.account_dir(id).join("cache.db.damaged");
        fs::write(&salvage, "kept").expect("written");
        home.remove(id).expect("removed");
        assert!(salvage.exists());
    }
}
