//! The account file and its states. Each step is one rename, so that it can't be cut half-way, and is on the disk
//! before the next one begins.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::erase::remove_if_there;
use super::{Account, AccountError, AccountState, Home};

impl Home {
    /// The account of this computer, however far it has come or gone.
    pub(crate) fn find(&self) -> Result<Option<Account>, AccountError> {
        match fs::read(self.account_file()) {
            Ok(bytes) => Account::parse(&bytes).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The first step of a sign-in: claims this place and says what is about to be made in it. Never replaces an
    /// account.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] where there is an account file, [`AccountError::InUse`] while another program signs
    /// in. Nothing is left behind then.
    pub(crate) fn begin(&self, account: &Account) -> Result<File, AccountError> {
        self.create_data_dir()?;
        let claim = self.claim()?;
        let begun = self
            .written(account)
            .and_then(|file| {
                file.persist_noclobber(self.account_file()).map_err(|refused| AccountError::from(refused.error))
            })
            .and_then(|_| sync_folder(self.data_dir()));
        if begun.is_err() {
            remove_if_there(&self.lock_file())?;
        }
        begun.map(|()| claim)
    }

    /// The last step of a sign-in: from here on it counts, and the cache may be filled. Gives the account as it is now.
    ///
    /// # Errors
    /// The account file is not the one of this sign-in any more, or can't be written.
    pub(crate) fn commit(&self, account: &Account) -> Result<Account, AccountError> {
        if self.find()?.as_ref() != Some(account) {
            return Err(AccountError::InUse);
        }
        self.replace(&account.in_state(AccountState::SignedIn))
    }

    /// The first step of a sign-out: from here on nothing opens the account, and every start goes on erasing it.
    pub(crate) fn mark_erasing(&self, account: &Account) -> Result<Account, AccountError> {
        self.replace(&account.in_state(AccountState::Erasing))
    }

    /// Lets the account go without touching its files. Gives the folder they are in.
    pub(crate) fn set_aside(&self, id: Uuid) -> Result<PathBuf, AccountError> {
        self.create_account_dir(id)?;
        let dir = self.account_dir(id);
        fs::rename(self.account_file(), self.account_file_aside(id))?;
        sync_folder(&dir)?;
        sync_folder(self.data_dir())?;
        Ok(dir)
    }

    /// The same for an account file that does not tell whose it is: it gets another name, and all folders stay. Gives
    /// the folder above them.
    pub(crate) fn set_aside_unreadable(&self) -> Result<PathBuf, AccountError> {
        let name = format!("account.{}.unreadable", Uuid::now_v7());
        fs::rename(self.account_file(), self.data_dir().join(name))?;
        sync_folder(self.data_dir())?;
        Ok(self.data_dir().to_owned())
    }

    fn replace(&self, account: &Account) -> Result<Account, AccountError> {
        self.written(account)?.persist(self.account_file()).map_err(|refused| refused.error)?;
        sync_folder(self.data_dir())?;
        Ok(account.clone())
    }

    /// A file beside the account file with this content, on the disk.
    fn written(&self, account: &Account) -> Result<tempfile::NamedTempFile, AccountError> {
        let mut file = tempfile::Builder::new().prefix("account").tempfile_in(self.data_dir())?;
        file.write_all(&serde_json::to_vec_pretty(account).map_err(io::Error::from)?)?;
        file.as_file().sync_all()?;
        Ok(file)
    }
}

/// A rename is on the disk only when its folder is.
fn sync_folder(path: &Path) -> Result<(), AccountError> {
    #[cfg(unix)]
    File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::home::temporary;
    use super::*;
    use crate::view::KeyStore;

    fn account() -> Account {
        Account::new(Uuid::now_v7(), "https://desk.example".to_owned(), KeyStore::Keyring)
    }

    #[test]
    fn an_account_comes_and_goes_by_its_file() {
        let (_dir, home) = temporary();
        assert_eq!(home.find(), Ok(None));
        let begun = account();
        let _claim = home.begin(&begun).expect("begun");
        assert_eq!(home.find(), Ok(Some(begun.clone())));
        let signed_in = home.commit(&begun).expect("committed");
        assert!(!begun.is_signed_in() && signed_in.is_signed_in());
        assert_eq!(home.find(), Ok(Some(signed_in.clone())));
        let erasing = home.mark_erasing(&signed_in).expect("marked");
        assert_eq!(erasing.state, AccountState::Erasing);
        assert_eq!(home.find(), Ok(Some(erasing)));
    }

    #[test]
    fn an_unreadable_account_file_is_an_error_and_stays() {
        let (dir, home) = temporary();
        let file = dir.path().join("account.json");
        fs::write(&file, "torn").expect("written");
        assert_eq!(home.find(), Err(AccountError::Unreadable));
        assert_eq!(home.begin(&account()).map(drop), Err(AccountError::Io(ErrorKind::AlreadyExists)));
        assert_eq!(home.commit(&account()), Err(AccountError::Unreadable));
        assert_eq!(fs::read_to_string(&file).expect("still there"), "torn");
        assert!(!dir.path().join("in-use.lock").exists(), "a sign-in that did not begin leaves nothing");
    }

    #[test]
    fn an_account_that_is_there_is_never_replaced_by_another() {
        let (_dir, home) = temporary();
        let first = account();
        let claim = home.begin(&first).expect("begun");
        let second = account();
        assert_eq!(home.begin(&second).map(drop), Err(AccountError::InUse), "while the first signs in");
        drop(claim);
        assert_eq!(home.begin(&second).map(drop), Err(AccountError::Io(ErrorKind::AlreadyExists)));
        assert_eq!(home.commit(&second), Err(AccountError::InUse));
        assert_eq!(home.find(), Ok(Some(first)));
    }

    #[test]
    fn setting_aside_keeps_every_file_and_makes_room_for_another_account() {
        let (_dir, home) = temporary();
        let account = account();
        home.create_account_dir(account.id).expect("a folder");
        fs::write(home.cache_path(account.id), "can't be read").expect("written");
        drop(home.begin(&account).expect("begun"));
        let folder = home.set_aside(account.id).expect("set aside");
        assert_eq!(home.find(), Ok(None));
        assert_eq!(fs::read(folder.join("cache.db")).expect("kept"), b"can't be read");
        // And back.
        fs::rename(folder.join("account.json"), home.account_file()).expect("moved");
        assert_eq!(home.find(), Ok(Some(account)));
    }

    #[test]
    fn an_error_names_no_path() {
        let home = Home::new(PathBuf::from("/proc/nowhere/home/alice"));
        let error = home.begin(&account()).expect_err("no such folder");
        assert!(!format!("{error} {error:?}").contains("alice"), "{error:?}");
    }
}
