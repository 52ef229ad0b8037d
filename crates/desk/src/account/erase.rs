//! Removing the files of an account, and only those.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::{AccountError, Home};

/// The files an account consists of. The envelope first: without it the cache is noise.
const FILES: [&str; 9] = [
    "vault.json",
    "cache.db-wal",
    "cache.db-shm",
    "cache.db-seal",
    "cache.db",
    "cache.db.creating-wal",
    "cache.db.creating-shm",
    "cache.db.creating-seal",
    "cache.db.creating",
];
/// No cache is larger before the first page is synced.
const NEW_CACHE_MAX_BYTES: u64 = 1 << 20;

impl Home {
    /// The last step of a sign-out, or of taking a sign-in back: everything of the account is gone, then the account
    /// file.
    ///
    /// Removes only the files an account consists of; a folder that holds anything else stays, and so does the file of
    /// another account.
    pub(crate) fn remove(&self, id: Uuid) -> Result<(), AccountError> {
        let dir = self.account_dir(id);
        for name in FILES {
            remove_if_there(&dir.join(name))?;
        }
        for leftover in unfinished_envelopes(&dir)? {
            remove_if_there(&leftover)?;
        }
        // Not empty: somebody keeps files of their own there. Theirs, not ours.
        let _ = fs::remove_dir(&dir);
        // Before the account file: whoever finds none may claim this place anew.
        remove_if_there(&self.lock_file())?;
        match self.find() {
            Ok(Some(account)) if account.id == id => Ok(remove_if_there(&self.account_file())?),
            _ => Ok(()),
        }
    }

    /// Whether the cache is larger than one nothing was ever synced into. Beside an account file that says so, it is
    /// another's: a backup that was restored in parts, for one.
    pub(crate) fn has_grown(&self, id: Uuid) -> Result<bool, AccountError> {
        let mut size_bytes = 0;
        for name in ["cache.db", "cache.db-wal"] {
            match self.account_dir(id).join(name).metadata() {
                Ok(found) => size_bytes += found.len(),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(size_bytes > NEW_CACHE_MAX_BYTES)
    }
}

pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What a crash left of an envelope that was being replaced: it holds the same keys as the envelope.
fn unfinished_envelopes(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(".vault.json.") && name.ends_with(".unfinished") {
            found.push(entry.path());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::home::temporary;
    use super::*;
    use crate::account::Account;
    use crate::view::KeyStore;

    #[test]
    fn removing_an_account_leaves_nothing_of_it() {
        let (dir, home) = temporary();
        let account = Account::new(Uuid::now_v7(), "https://desk.example".to_owned(), KeyStore::Passphrase);
        drop(home.begin(&account).expect("begun"));
        home.create_account_dir(account.id).expect("a folder");
        fs::write(home.envelope_path(account.id), "sealed keys").expect("written");
        home.remove(account.id).expect("removed");
        assert_eq!(home.find(), Ok(None));
        let left: Vec<_> = fs::read_dir(dir.path()).expect("a folder").flatten().map(|entry| entry.path()).collect();
        assert_eq!(left, [dir.path().join("accounts")]);
        assert!(!home.account_dir(account.id).exists());
    }

    #[test]
    fn removing_an_account_leaves_the_file_of_another() {
        let (_dir, home) = temporary();
        let account = Account::new(Uuid::now_v7(), "https://desk.example".to_owned(), KeyStore::Keyring);
        drop(home.begin(&account).expect("begun"));
        home.remove(Uuid::now_v7()).expect("removed");
        assert_eq!(home.find(), Ok(Some(account)));
    }

    #[test]
    fn removing_an_account_leaves_files_that_are_not_its_own() {
        let (_dir, home) = temporary();
        let id = Uuid::now_v7();
        home.create_account_dir(id).expect("a folder");
        let salvage = home.account_dir(id).join("cache.db.damaged");
        let leftover = home.account_dir(id).join(".vault.json.x1.unfinished");
        fs::write(&salvage, "kept").expect("written");
        fs::write(&leftover, "sealed keys").expect("written");
        home.remove(id).expect("removed");
        assert!(salvage.exists());
        assert!(!leftover.exists(), "a half-written envelope holds the same keys");
    }

    #[test]
    fn a_cache_has_grown_once_it_is_larger_than_an_empty_one() {
        let (_dir, home) = temporary();
        let id = Uuid::now_v7();
        assert_eq!(home.has_grown(id), Ok(false), "no file at all");
        home.create_account_dir(id).expect("a folder");
        let new = usize::try_from(NEW_CACHE_MAX_BYTES).expect("it fits");
        fs::write(home.cache_path(id), vec![1; new]).expect("written");
        assert_eq!(home.has_grown(id), Ok(false));
        fs::write(home.cache_path(id).with_file_name("cache.db-wal"), [1]).expect("written");
        assert_eq!(home.has_grown(id), Ok(true), "what is still in its log counts");
    }
}
