//! Where the window begins.

use secrecy::ExposeSecret;
use vault::{Vault, VaultError};

use crate::account::Account;
use crate::state::run_blocking;
use crate::view::{KeyStore, Phase, StartView};
use crate::{Desk, DeskError};

/// Name under which the keyring is tried before there is an account.
const PROBE: &str = "probe";

impl Desk {
    /// Where the key of the account on this computer is, for a program without a window; `None` when nobody is signed
    /// in. Opens nothing.
    ///
    /// # Errors
    /// The account file can't be read.
    pub async fn find_key_store(&self) -> Result<Option<KeyStore>, DeskError> {
        self.finish_interrupted().await?;
        Ok(self.find_signed_in().await?.map(|account| account.key_store))
    }

    /// What the window shows first. The first call opens an account whose key is in the keyring, and calls that come
    /// meanwhile wait for it; when that fails the account stays locked, and unlocking tells why. Never waits for the
    /// network.
    ///
    /// # Errors
    /// The account file can't be read.
    pub async fn start(&self) -> Result<StartView, DeskError> {
        self.finish_interrupted().await?;
        let account = self.find_signed_in().await?;
        self.inner.opening_at_start.get_or_init(|| self.open_at_start(account.as_ref())).await;
        let phase = match (&account, self.open()) {
            (None, _) => Phase::SignedOut,
            (Some(_), Ok(_)) => Phase::Open,
            (Some(_), Err(_)) => Phase::Locked,
        };
        let key_store = match &account {
            Some(account) => account.key_store,
            None => run_blocking(|| Ok::<_, DeskError>(usable_key_store())).await?,
        };
        let config = &self.inner.config;
        Ok(StartView {
            phase,
            key_store,
            server_url: account.map_or_else(|| config.server_url.clone(), |account| account.server_url),
            prefill_email: config.prefill.email.clone(),
            prefill_password: config.prefill.password.as_ref().map(|password| password.expose_secret().to_owned()),
            app_version: config.app_version.clone(),
        })
    }
}

impl Desk {
    async fn open_at_start(&self, account: Option<&Account>) {
        if account.is_some_and(|account| account.key_store == KeyStore::Keyring)
            && let Err(error) = self.open_with(None, true).await
        {
            tracing::warn!(%error, "the account was not opened at the start");
        }
    }
}

/// A keyring that is merely locked is still the place: signing in then says how to unlock it.
fn usable_key_store() -> KeyStore {
    match Vault::keyring(PROBE) {
        Err(VaultError::KeyringUnavailable) => KeyStore::Passphrase,
        _ => KeyStore::Keyring,
    }
}
