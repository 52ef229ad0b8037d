//! The keyring of the operating system: on Linux the Secret Service, over D-Bus.
//!
//! A keyring that is not unlocked answers "no such entry" to a read and refuses only a write. So "no such entry"
//! is believed only after a probe has been written, read and deleted; otherwise a locked keyring would look like
//! a first run, and a first run makes a new key.

use keyring::v1::{Entry, Error};
use zeroize::Zeroizing;

use crate::secret::{self, Bytes};
use crate::{SecretName, VaultError};

/// Name of the program in the keyring. Never changes: existing entries are found by it.
const SERVICE: &str = "app.frontdesk.desktop";
const PROBE: &str = "probe";
const MAX_ACCOUNT_CHARS: usize = 64;

/// The entries of one account in the keyring.
pub struct KeyringVault {
    account: String,
}

/// Written by hand: whose vault it is stays out of logs.
impl std::fmt::Debug for KeyringVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyringVault")
    }
}

impl KeyringVault {
    pub(crate) fn open(account: &str) -> Result<Self, VaultError> {
        let is_valid = !account.is_empty()
            && account.len() <= MAX_ACCOUNT_CHARS
            && account.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if !is_valid {
            return Err(VaultError::AccountInvalid);
        }
        let vault = Self { account: account.to_owned() };
        vault.probe()?;
        Ok(vault)
    }

    pub(crate) fn put(&self, name: SecretName, value: &[u8]) -> Result<(), VaultError> {
        self.entry(name.entry())?.set_secret(value).map_err(|error| refusal(&error, name))
    }

    pub(crate) fn find(&self, name: SecretName) -> Result<Option<Bytes>, VaultError> {
        match self.entry(name.entry())?.get_secret() {
            Ok(value) => Ok(Some(Zeroizing::new(value))),
            Err(Error::NoEntry) => self.probe().map(|()| None),
            Err(error) => Err(refusal(&error, name)),
        }
    }

    pub(crate) fn erase_all(&self) -> Result<(), VaultError> {
        for name in SecretName::ALL {
            match self.entry(name.entry())?.delete_credential() {
                Ok(()) => {}
                Err(Error::NoEntry) => self.probe()?,
                Err(error) => return Err(refusal(&error, name)),
            }
        }
        Ok(())
    }

    /// Writes, reads and deletes an entry that means nothing.
    fn probe(&self) -> Result<(), VaultError> {
        // A name of its own: two programs that probe at once must not read or delete each other's.
        let mut nonce = [0; 8];
        secret::fill_random(&mut nonce)?;
        let entry = self.entry(&format!("{PROBE}-{:016x}", u64::from_le_bytes(nonce)))?;
        entry.set_secret(&nonce).map_err(|error| failure(&error))?;
        let came_back = entry.get_secret().map_err(|error| failure(&error));
        let deleted = entry.delete_credential().map_err(|error| failure(&error));
        if came_back? != nonce {
            return Err(VaultError::KeyringFailed);
        }
        deleted
    }

    fn entry(&self, name: &str) -> Result<Entry, VaultError> {
        Entry::new(SERVICE, &format!("{}/{name}", self.account)).map_err(|error| failure(&error))
    }
}

/// What an answer about one secret means.
fn refusal(error: &Error, name: SecretName) -> VaultError {
    match error {
        Error::Ambiguous(_) => VaultError::KeyringAmbiguous(name),
        Error::BadDataFormat(..) | Error::BadEncoding(_) => VaultError::SecretDamaged(name),
        _ => failure(error),
    }
}

/// What an answer about the keyring as a whole means.
fn failure(error: &Error) -> VaultError {
    match error {
        Error::NoDefaultStore => VaultError::KeyringUnavailable,
        // The service is there, but nobody ever made a keyring in it: there is nothing to unlock.
        #[cfg(target_os = "linux")]
        Error::NoStorageAccess(cause)
            if matches!(cause.downcast_ref::<secret_service::Error>(), Some(secret_service::Error::NoResult)) =>
        {
            VaultError::KeyringUnavailable
        }
        Error::NoStorageAccess(_) => VaultError::KeyringLocked,
        // The library's enum is open: whatever else there is or will be is a failure.
        _ => VaultError::KeyringFailed,
    }
}
