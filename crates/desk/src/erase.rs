//! Erasing an account: its key, then its files, then the account file. And finishing at the next start what was cut.

use std::sync::Arc;

use vault::{Vault, VaultError};

use crate::account::{Account, AccountError, AccountState};
use crate::state::run_blocking;
use crate::view::KeyStore;
use crate::{Desk, DeskError};

impl Desk {
    /// Erases what a sign-out or a sign-in that was cut has left. Does nothing to an account that is signed in, nor to
    /// a sign-in that is under way in another window.
    ///
    /// # Errors
    /// The keyring is locked, or something can't be erased: what remains is erased at the next start.
    pub(crate) async fn finish_interrupted(&self) -> Result<(), DeskError> {
        let _transition = self.inner.transition.lock().await;
        self.finish_interrupted_here().await
    }

    /// As [`Desk::finish_interrupted`], for a caller who holds the transition.
    pub(crate) async fn finish_interrupted_here(&self) -> Result<(), DeskError> {
        let Some(account) = self.find_account().await? else { return Ok(()) };
        match account.state {
            AccountState::SignedIn => Ok(()),
            AccountState::Erasing => self.erase(&account).await,
            AccountState::SigningIn => self.take_back_cut_sign_in(&account).await,
        }
    }

    async fn take_back_cut_sign_in(&self, account: &Account) -> Result<(), DeskError> {
        let home = self.inner.home.clone();
        let cut = account.clone();
        let claimed = run_blocking(move || {
            let claim = match home.claim() {
                // Not cut: under way.
                Err(AccountError::InUse) => return Ok(None),
                claim => claim?,
            };
            // Between finding and claiming it may have come to its end.
            let is_cut = home.find()?.as_ref() == Some(&cut);
            Ok::<_, DeskError>(if is_cut { Some((claim, home.has_grown(cut.id)?)) } else { None })
        })
        .await?;
        match claimed {
            None => Ok(()),
            Some((_claim, true)) => {
                tracing::warn!("an unfinished sign-in lies beside a cache that is in use: set aside, not erased");
                let home = self.inner.home.clone();
                let id = account.id;
                run_blocking(move || home.set_aside(id)).await.map(drop)
            }
            Some((_claim, false)) => {
                tracing::info!("a sign-in was cut off: it is taken back");
                self.erase(account).await
            }
        }
    }

    /// The key goes before the files: from then on the cache is noise, even to a copy made earlier.
    pub(crate) async fn erase(&self, account: &Account) -> Result<(), DeskError> {
        let keyring = find_keyring(account).await?;
        let home = self.inner.home.clone();
        let id = account.id;
        run_blocking(move || {
            match keyring.map(|vault| vault.erase_all()) {
                Some(Err(VaultError::KeyringLocked)) => return Err(VaultError::KeyringLocked.into()),
                // A key that can't be reached opens nothing once the cache is gone.
                Some(Err(error)) => tracing::warn!(%error, "the keyring did not erase the key"),
                // Without a keyring the key is in the envelope: a file, which goes with the others.
                Some(Ok(())) | None => {}
            }
            Ok::<_, DeskError>(home.remove(id)?)
        })
        .await
    }
}

/// The account's keyring; `None` where it has none, or none that answers.
///
/// # Errors
/// It is locked.
pub(crate) async fn find_keyring(account: &Account) -> Result<Option<Arc<Vault>>, DeskError> {
    if account.key_store == KeyStore::Passphrase {
        return Ok(None);
    }
    let id = account.id.to_string();
    run_blocking(move || match Vault::keyring(&id) {
        Ok(vault) => Ok(Some(Arc::new(vault))),
        Err(VaultError::KeyringLocked) => Err(VaultError::KeyringLocked),
        Err(error) => {
            tracing::warn!(%error, "the keyring does not answer");
            Ok(None)
        }
    })
    .await
}
