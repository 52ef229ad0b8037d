//! Signing out: ends the session on the server where it can be reached, and erases key and cache here.
//!
//! The account file is marked first, while everything is still there; a sign-out that is cut anywhere after it is
//! finished at the next start. The key goes before the files: from then on the cache is noise, even to a copy made
//! earlier.
//!
//! A cache that can't be read is not erased, whatever is asked: it is set aside with its key, untouched, and the way is
//! free to sign in again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use api_client::ServerUrl;
use uuid::Uuid;
use vault::{Vault, VaultError};

use crate::account::{Account, AccountError};
use crate::state::run_blocking;
use crate::tokens::VaultTokens;
use crate::view::{DeskEvent, KeyStore, SignOutEnd};
use crate::{Desk, DeskError};

/// How long the server may take to hear of it; the device's session can still be revoked from another.
const TELL_SERVER: Duration = Duration::from_secs(5);

impl Desk {
    /// Signs out. Works offline and while locked.
    ///
    /// # Errors
    /// The keyring is locked, or another window works on the account: then nothing was changed. Key or files could not be
    /// erased: what remains is erased at the next start, and nothing opens it any more.
    pub async fn sign_out(&self) -> Result<SignOutEnd, DeskError> {
        let _transition = self.inner.transition.lock().await;
        let end = self.leave().await?;
        self.inner.is_unreadable.store(false, Ordering::Relaxed);
        self.tell(DeskEvent::SignedOut);
        Ok(end)
    }

    async fn leave(&self) -> Result<SignOutEnd, DeskError> {
        let account = match self.open() {
            Ok(open) => Some(open.account.clone()),
            Err(_) => match self.find_account().await {
                Err(DeskError::Account(AccountError::Unreadable | AccountError::TooNew { .. })) => {
                    let home = self.inner.home.clone();
                    run_blocking(move || home.set_aside_unreadable()).await?;
                    return Ok(SignOutEnd::SetAside);
                }
                found => found?,
            },
        };
        let Some(account) = account else { return Ok(SignOutEnd::Erased) };
        // Before anything is changed: a keyring that is locked can be unlocked, and then all of it can be erased.
        let keyring = find_keyring(&account).await?;
        let is_unreadable = self.inner.is_unreadable.load(Ordering::Relaxed)
            || (self.open().is_err() && account.key_store == KeyStore::Keyring && keyring.is_none());
        if is_unreadable && !account.is_erasing {
            self.set_aside(&account, keyring).await?;
            return Ok(SignOutEnd::SetAside);
        }
        self.mark_and_erase(account, keyring).await?;
        Ok(SignOutEnd::Erased)
    }

    /// The server ended the session of this account: a revoked device loses its cache (A3), readable or not.
    pub(crate) async fn session_ended(&self, account_id: Uuid) {
        let _transition = self.inner.transition.lock().await;
        let account = match self.open() {
            Ok(open) => Ok(Some(open.account.clone())),
            Err(_) => self.find_account().await,
        };
        let erased = match account {
            // While this waited its turn somebody may have signed out, and in again.
            Ok(Some(account)) if account.id == account_id => self.mark_and_erase(account, None).await,
            Ok(_) => return,
            Err(error) => Err(error),
        };
        match erased {
            Ok(()) => self.tell(DeskEvent::SignedOut),
            Err(error) => tracing::error!(%error, "the session ended, but not everything could be erased"),
        }
    }

    pub(crate) async fn finish_interrupted_sign_out(&self) -> Result<(), DeskError> {
        let _transition = self.inner.transition.lock().await;
        match self.find_account().await? {
            Some(account) if account.is_erasing => self.erase(&account).await,
            _ => Ok(()),
        }
    }

    async fn mark_and_erase(&self, account: Account, keyring: Option<Arc<Vault>>) -> Result<(), DeskError> {
        self.mark(&account).await?;
        self.end_session(&account, keyring).await;
        let erased = self.erase(&account).await;
        if erased.is_err() {
            // What is on the screen is closed already, whatever is left on the disk.
            self.tell(DeskEvent::Locked);
        }
        erased
    }

    async fn mark(&self, account: &Account) -> Result<(), DeskError> {
        let home = self.inner.home.clone();
        let marked = account.clone();
        // Held only for the question: whoever has it works on what is to be erased.
        let claim = self.open().is_err();
        let outcome = run_blocking(move || {
            if claim && home.account_dir(marked.id).exists() {
                drop(home.claim(marked.id)?);
            }
            home.mark_erasing(&marked)
        })
        .await;
        match outcome {
            // Erasing makes room. Cut half-way, the next start finds a cache without its key, and says so.
            Err(DeskError::Account(AccountError::Io(kind))) => {
                tracing::warn!(%kind, "the sign-out could not be marked");
                Ok(())
            }
            other => other,
        }
    }

    /// Closes what is open and tells the server, where there are tokens to tell it with.
    async fn end_session(&self, account: &Account, keyring: Option<Arc<Vault>>) {
        let open = self.set_open(None);
        let client = match (&open, keyring) {
            (Some(open), _) => {
                if let Some(engine) = &open.engine {
                    engine.stop().await;
                }
                Some(open.client.clone())
            }
            (None, Some(vault)) => ServerUrl::parse(&account.server_url)
                .map_err(DeskError::from)
                .and_then(|server| self.client(server, VaultTokens::new(vault)))
                .ok(),
            (None, None) => None,
        };
        let told = match client {
            Some(client) => matches!(tokio::time::timeout(TELL_SERVER, client.sign_out()).await, Ok(Ok(()))),
            None => false,
        };
        if !told {
            tracing::info!("the server was not told of the sign-out");
        }
        if let Some(open) = open
            && let Err(error) = self.close_cache(&open).await
        {
            tracing::warn!(%error, "the cache was not closed cleanly before it was left");
        }
    }

    async fn set_aside(&self, account: &Account, keyring: Option<Arc<Vault>>) -> Result<(), DeskError> {
        self.end_session(account, keyring).await;
        let home = self.inner.home.clone();
        let id = account.id;
        run_blocking(move || home.set_aside(id)).await
    }

    async fn erase(&self, account: &Account) -> Result<(), DeskError> {
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
async fn find_keyring(account: &Account) -> Result<Option<Arc<Vault>>, DeskError> {
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
