//! Where the window begins.

use std::sync::atomic::Ordering;

use secrecy::ExposeSecret;
use vault::{Vault, VaultError};

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
        self.finish_interrupted_sign_out().await?;
        Ok(self.find_account().await?.map(|account| account.key_store))
    }

    /// What the window shows first. The first call opens an account whose key is in the keyring; when that fails
    /// the account stays locked, and unlocking tells why. Never touches the network.
    ///
    /// # Errors
    /// The account file can't be read.
    pub async fn start(&self) -> Result<StartView, DeskError> {
        self.finish_interrupted_sign_out().await?;
        let account = self.find_account().await?;
        let is_first = !self.inner.has_started.swap(true, Ordering::Relaxed);
        if is_first
            && let Some(account) = &account
            && account.key_store == KeyStore::Keyring
            && let Err(error) = self.unlock(None).await
        {
            tracing::warn!(%error, "the account was not opened at the start");
        }
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

/// A keyring that is merely locked is still the place: signing in then says how to unlock it.
fn usable_key_store() -> KeyStore {
    match Vault::keyring(PROBE) {
        Err(VaultError::KeyringUnavailable) => KeyStore::Passphrase,
        _ => KeyStore::Keyring,
    }
}
