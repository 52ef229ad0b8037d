//! The account on this computer: one small file that says which cache is whose key's, and the order of steps by which
//! an account comes and goes.
//!
//! ```text
//! data_dir/account.json              which account this is, and how far it has come or gone
//! data_dir/in-use.lock               held by the window that syncs it, or that signs in
//! data_dir/accounts/<id>/cache.db    its cache          (+ -wal, -shm, -seal)
//! data_dir/accounts/<id>/vault.json  its envelope, where there is no keyring
//! ```
//! The account file is the journal too. It is written before anything else of a sign-in and removed after everything
//! else of a sign-out, so whatever is cut is known for what it is at the next start:
//!
//! ```text
//! (no file) -> signing_in -> signed_in -> erasing -> (no file)
//! ```
//! An account whose cache can't be read is never erased but set aside: its account file moves into its folder, which
//! stays as it is. Moving the file back brings the account back.
//!
//! Holds no name, e-mail or key. Never writes over an account file it can't read.

mod erase;
mod file;
mod home;

use std::io::{self, ErrorKind};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::view::KeyStore;

pub(crate) use home::Home;

/// The account of this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    version: u32,
    pub(crate) id: Uuid,
    pub(crate) server_url: String,
    pub(crate) key_store: KeyStore,
    pub(crate) state: AccountState,
}

/// How far an account has come, or gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccountState {
    /// A sign-in has begun and nothing was synced yet: cut here, the next start takes it back.
    SigningIn,
    /// The cache may hold rows.
    SignedIn,
    /// A sign-out has begun: key and cache are to be erased, and nothing opens them any more.
    Erasing,
}

/// The only version there is.
const VERSION: u32 = 1;

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

impl Account {
    /// An account whose sign-in begins.
    pub(crate) fn new(id: Uuid, server_url: String, key_store: KeyStore) -> Self {
        Self { version: VERSION, id, server_url, key_store, state: AccountState::SigningIn }
    }

    pub(crate) fn is_signed_in(&self) -> bool {
        self.state == AccountState::SignedIn
    }

    fn in_state(&self, state: AccountState) -> Self {
        Self { state, ..self.clone() }
    }

    fn parse(bytes: &[u8]) -> Result<Self, AccountError> {
        let any: AnyAccount = serde_json::from_slice(bytes).map_err(|_| AccountError::Unreadable)?;
        match any.version {
            VERSION => serde_json::from_slice(bytes).map_err(|_| AccountError::Unreadable),
            0 => Err(AccountError::Unreadable),
            version => Err(AccountError::TooNew { version }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_account_file_of_this_version_is_read() {
        let account = Account::new(Uuid::now_v7(), "https://desk.example".to_owned(), KeyStore::Keyring);
        let written = serde_json::to_vec(&account).expect("an account is made of strings");
        assert_eq!(Account::parse(&written), Ok(account));
        for (content, error) in [
            ("", AccountError::Unreadable),
            ("{}", AccountError::Unreadable),
            (r#"{"version":1,"id":"x"}"#, AccountError::Unreadable),
            ("\u{0}\u{0}", AccountError::Unreadable),
            (r#"{"version":2,"something":"new"}"#, AccountError::TooNew { version: 2 }),
        ] {
            assert_eq!(Account::parse(content.as_bytes()), Err(error), "{content:?}");
        }
    }
}
