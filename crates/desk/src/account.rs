//! The account on this computer: one small file that says which cache is whose key's, and the order of steps by which
//! an account comes and goes.
//!
//! ```text
//! data_dir/account.json            which account is signed in; written last at sign-in, so that it is the commit
//! data_dir/accounts/<id>/cache.db  its cache          (+ -wal, -shm)
//! data_dir/accounts/<id>/vault.json  its envelope, where there is no keyring
//! data_dir/accounts/<id>/in-use.lock held by the window that syncs it
//! ```
//! An account whose cache can't be read is never erased but set aside: its account file moves into its folder, which
//! stays as it is. Moving the file back brings the account back.
//!
//! Holds no name, e-mail or key. Never writes over an account file it can't read.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
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

/// The only version there is.
const VERSION: u32 = 1;
const ACCOUNT_FILE: &str = "account.json";
const LOCK_FILE: &str = "in-use.lock";
/// The files an account consists of. The envelope first: without it the cache is noise.
const FILES: [&str; 8] = [
    "vault.json",
    "cache.db-wal",
    "cache.db-shm",
    "cache.db",
    "cache.db.creating-wal",
    "cache.db.creating-shm",
    "cache.db.creating",
    LOCK_FILE,
];

/// Why the account file can't be used. Only the kind of an I/O error: the rest may hold a path, and with it a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    #[error("the account file can't be read or written: {0}")]
    Io(ErrorKind),
    #[error("the account file is damaged")]
    Unreadable,
    #[error("the account file has the unknown version {version}")]
    TooNew { version: u32 },
    #[error("another Frontdesk works on the account")]
    InUse,
}

impl From<io::Error> for AccountError {
    fn from(error: io::Error) -> Self {
        Self::Io(error.kind())
    }
}

/// What every version of the account file has.
#[derive(Deserialize)]
struct AnyAccount {
    version: u32,
}

/// The folder of the desk.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    data_dir: PathBuf,
}

impl Account {
    pub(crate) fn new(id: Uuid, server_url: String, key_store: KeyStore) -> Self {
        Self { version: VERSION, id, server_url, key_store, is_erasing: false }
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
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        Ok(builder.create(self.account_dir(id))?)
    }

    pub(crate) fn find(&self) -> Result<Option<Account>, AccountError> {
        let bytes = match fs::read(self.account_file()) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let any: AnyAccount = serde_json::from_slice(&bytes).map_err(|_| AccountError::Unreadable)?;
        match any.version {
            VERSION => serde_json::from_slice(&bytes).map(Some).map_err(|_| AccountError::Unreadable),
            0 => Err(AccountError::Unreadable),
            version => Err(AccountError::TooNew { version }),
        }
    }

    /// Writes the file of a new account, whole or not at all, and on the disk before it returns. Never replaces one.
    pub(crate) fn create(&self, account: &Account) -> Result<(), AccountError> {
        let file = self.written(account)?;
        file.persist_noclobber(self.account_file()).map_err(|refused| refused.error)?;
        sync_folder(&self.data_dir)
    }

    /// Marks that the account is being erased: from here on nothing opens it, and every start goes on erasing it.
    pub(crate) fn mark_erasing(&self, account: &Account) -> Result<(), AccountError> {
        let file = self.written(&Account { is_erasing: true, ..account.clone() })?;
        file.persist(self.account_file()).map_err(|refused| refused.error)?;
        sync_folder(&self.data_dir)
    }

    /// The last step of a sign-out: everything of the account is gone, then the account file.
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
        match self.find() {
            Ok(Some(account)) if account.id == id => Ok(remove_if_there(&self.account_file())?),
            _ => Ok(()),
        }
    }

    /// Lets the account go without touching its files. One step, so that it can't be cut half-way.
    pub(crate) fn set_aside(&self, id: Uuid) -> Result<(), AccountError> {
        self.create_account_dir(id)?;
        let dir = self.account_dir(id);
        fs::rename(self.account_file(), dir.join(ACCOUNT_FILE))?;
        sync_folder(&dir)?;
        sync_folder(&self.data_dir)
    }

    /// The same for an account file that does not tell whose it is: it gets another name, and all folders stay.
    pub(crate) fn set_aside_unreadable(&self) -> Result<(), AccountError> {
        let name = format!("account.{}.unreadable", Uuid::now_v7());
        fs::rename(self.account_file(), self.data_dir.join(name))?;
        sync_folder(&self.data_dir)
    }

    /// Claims the account for this program until the file is dropped. Two that sync it would use each other's tokens,
    /// and the server would end the session.
    pub(crate) fn claim(&self, id: Uuid) -> Result<File, AccountError> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(self.account_dir(id).join(LOCK_FILE))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(AccountError::InUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    pub(crate) fn account_dir(&self, id: Uuid) -> PathBuf {
        self.data_dir.join("accounts").join(id.to_string())
    }

    fn account_file(&self) -> PathBuf {
        self.data_dir.join(ACCOUNT_FILE)
    }

    /// A file beside the account file with this content, on the disk.
    fn written(&self, account: &Account) -> Result<tempfile::NamedTempFile, AccountError> {
        let mut file = tempfile::Builder::new().prefix("account").tempfile_in(&self.data_dir)?;
        file.write_all(&serde_json::to_vec_pretty(account).map_err(io::Error::from)?)?;
        file.as_file().sync_all()?;
        Ok(file)
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
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
        home.create(&account).expect("saved");
        assert_eq!(home.find().expect("readable"), Some(account.clone()));
        home.remove(account.id).expect("removed");
        assert_eq!(home.find().expect("no file is no error"), None);
        assert!(!home.account_dir(account.id).exists());
    }

    #[test]
    fn an_unreadable_account_file_is_an_error_and_stays() {
        let (dir, home) = home();
        let file = dir.path().join("account.json");
        for (content, error) in [
            ("", AccountError::Unreadable),
            ("{}", AccountError::Unreadable),
            (r#"{"version":1,"id":"x"}"#, AccountError::Unreadable),
            ("\u{0}\u{0}", AccountError::Unreadable),
            (r#"{"version":2,"something":"new"}"#, AccountError::TooNew { version: 2 }),
        ] {
            fs::write(&file, content).expect("written");
            assert_eq!(home.find(), Err(error), "{content:?}");
            assert_eq!(fs::read_to_string(&file).expect("still there"), content);
        }
    }

    #[test]
    fn an_account_that_is_there_is_never_replaced_nor_removed_with_another() {
        let (_dir, home) = home();
        let first = Account::new(Uuid::now_v7(), "https://desk.example".to_owned(), KeyStore::Keyring);
        home.create(&first).expect("saved");
        let second = Account { id: Uuid::now_v7(), ..first.clone() };
        assert_eq!(home.create(&second), Err(AccountError::Io(ErrorKind::AlreadyExists)));
        home.remove(second.id).expect("removed");
        assert_eq!(home.find().expect("readable"), Some(first));
    }

    #[test]
    fn setting_aside_keeps_every_file_and_makes_room_for_another_account() {
        let (_dir, home) = home();
        let account = Account::new(Uuid::now_v7(), "https://desk.example".to_owned(), KeyStore::Keyring);
        home.create_account_dir(account.id).expect("a folder");
        fs::write(home.cache_path(account.id), "can't be read").expect("written");
        home.create(&account).expect("saved");
        home.set_aside(account.id).expect("set aside");
        assert_eq!(home.find().expect("no file is no error"), None);
        assert_eq!(fs::read(home.cache_path(account.id)).expect("kept"), b"can't be read");
        // And back.
        fs::rename(home.account_dir(account.id).join(ACCOUNT_FILE), home.account_file()).expect("moved");
        assert_eq!(home.find().expect("readable"), Some(account));
    }

    #[test]
    fn an_account_is_claimed_by_one_at_a_time() {
        let (_dir, home) = home();
        let id = Uuid::now_v7();
        home.create_account_dir(id).expect("a folder");
        let held = home.claim(id).expect("nobody else");
        assert!(matches!(home.claim(id), Err(AccountError::InUse)));
        drop(held);
        home.claim(id).expect("free again");
    }

    #[test]
    fn an_error_names_no_path() {
        let home = Home::new(PathBuf::from("/nowhere/home/alice"));
        let account = Account::new(Uuid::now_v7(), "https://desk.example".to_owned(), KeyStore::Keyring);
        let error = home.create(&account).expect_err("no such folder");
        assert!(!format!("{error} {error:?}").contains("alice"), "{error:?}");
    }

    #[test]
    fn the_desk_knows_its_own_files() {
        let (dir, home) = home();
        let id = Uuid::now_v7();
        home.create_account_dir(id).expect("a folder");
        assert!(home.holds(&home.cache_path(id)));
        assert!(home.holds(&dir.path().join("accounts/../account.json")));
        assert!(!home.holds(&dir.path().with_file_name("leads.csv")));
        assert!(!home.holds(Path::new("leads.csv")));
    }

    #[test]
    fn removing_an_account_leaves_files_that_are_not_its_own() {
        let (_dir, home) = home();
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
}
