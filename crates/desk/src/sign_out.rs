//! Signing out: ends the session on the server where it can be reached, and erases key and cache here.
//!
//! What the server has not been told yet is sent first; if that can't be done, the person is asked before anything is
//! lost. Then the account file is marked, while everything is still there; a sign-out that is cut anywhere after it is
//! finished at the next start.
//!
//! A cache that can't be read is not erased, whatever is asked: it is set aside with its key, untouched, and the way is
//! free to sign in again.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use api_client::ServerUrl;
use uuid::Uuid;
use vault::Vault;

use crate::account::{Account, AccountError};
use crate::erase::find_keyring;
use crate::state::run_blocking;
use crate::tokens::VaultTokens;
use crate::unsent::{self, Unsent};
use crate::view::{DeskEvent, KeyStore, SignOutEnd, UnsentAudit, UnsentCounts};
use crate::{Desk, DeskError};

/// How long the server may take to hear of it; the device's session can still be revoked from another.
const TELL_SERVER: Duration = Duration::from_secs(5);

impl Desk {
    /// Signs out. Works offline and while locked. Exports that run are cancelled.
    ///
    /// With [`UnsentAudit::Keep`] it ends as [`SignOutEnd::Unsent`], and nothing is erased, when edits or audit
    /// entries could not be sent.
    ///
    /// # Errors
    /// The keyring is locked, or another window works on the account: then nothing was changed. Key or files could not
    /// be erased: what remains is erased at the next start, and nothing opens it any more.
    pub async fn sign_out(&self, unsent: UnsentAudit) -> Result<SignOutEnd, DeskError> {
        let _transition = self.inner.transition.lock().await;
        let end = self.leave(unsent).await?;
        if !matches!(end, SignOutEnd::Unsent { .. }) {
            self.inner.is_unreadable.store(false, Ordering::Relaxed);
            self.tell(DeskEvent::SignedOut(end.clone()));
        }
        Ok(end)
    }

    async fn leave(&self, wish: UnsentAudit) -> Result<SignOutEnd, DeskError> {
        let account = match self.leaving_account().await {
            Err(DeskError::Account(AccountError::Unreadable | AccountError::TooNew { .. })) => {
                let home = self.inner.home.clone();
                let folder = run_blocking(move || home.set_aside_unreadable()).await?;
                return Ok(SignOutEnd::set_aside(&folder));
            }
            found => found?,
        };
        let Some(account) = account else { return Ok(SignOutEnd::Erased { lost: Some(UnsentCounts::default()) }) };
        let _claim = self.claim_if_closed().await?;
        // Before anything is changed: a keyring that is locked can be unlocked, and then all of it can be erased.
        let keyring = find_keyring(&account).await?;
        let mut unsent = Unsent::Known(UnsentCounts::default());
        if account.is_signed_in() {
            unsent = if self.is_unreadable(&account, keyring.as_ref()) {
                Unsent::Unreadable
            } else {
                self.deliver_unsent(&account, keyring.as_ref()).await?
            };
        }
        if unsent.holds_back(wish) {
            return Ok(SignOutEnd::Unsent { left: unsent.counts() });
        }
        if unsent == Unsent::Unreadable {
            return self.set_aside(&account, keyring).await;
        }
        let lost = self.mark_and_erase(&account, keyring, unsent).await?;
        Ok(SignOutEnd::Erased { lost: lost.counts() })
    }

    /// The server ended the session of this account: a revoked device loses its cache (A3), readable or not. What was
    /// not sent can't be any more.
    pub(crate) async fn session_ended(&self, account_id: Uuid) {
        let _transition = self.inner.transition.lock().await;
        let ended = match self.leaving_account().await {
            // While this waited its turn somebody may have signed out, and in again.
            Ok(Some(account)) if account.id == account_id => self.erase_revoked(&account).await,
            Ok(_) => return,
            Err(error) => Err(error),
        };
        match ended {
            Ok(lost) => self.tell(DeskEvent::SignedOut(SignOutEnd::Erased { lost: lost.counts() })),
            Err(error) => tracing::error!(%error, "the session ended, but not everything could be erased"),
        }
    }

    async fn erase_revoked(&self, account: &Account) -> Result<Unsent, DeskError> {
        let _claim = self.claim_if_closed().await?;
        self.mark_and_erase(account, None, Unsent::Unknown).await
    }

    /// The account that is open, or else the one of this computer.
    async fn leaving_account(&self) -> Result<Option<Account>, DeskError> {
        match self.open() {
            Ok(open) => Ok(Some(open.account.clone())),
            Err(_) => self.find_account().await,
        }
    }

    /// An open desk holds its claim already; beside another window nothing may be sent or erased.
    async fn claim_if_closed(&self) -> Result<Option<File>, DeskError> {
        if self.open().is_ok() {
            return Ok(None);
        }
        let home = self.inner.home.clone();
        match run_blocking(move || home.claim()).await {
            // A full disk must not keep anybody from erasing.
            Err(DeskError::Account(AccountError::Io(kind))) => {
                tracing::warn!(%kind, "the account could not be claimed for the sign-out");
                Ok(None)
            }
            claimed => claimed.map(Some),
        }
    }

    fn is_unreadable(&self, account: &Account, keyring: Option<&Arc<Vault>>) -> bool {
        self.inner.is_unreadable.load(Ordering::Relaxed)
            || (self.open().is_err() && account.key_store == KeyStore::Keyring && keyring.is_none())
    }

    /// Gives what is lost, which is `unsent` unless the open cache says otherwise at the last moment.
    async fn mark_and_erase(
        &self,
        account: &Account,
        keyring: Option<Arc<Vault>>,
        unsent: Unsent,
    ) -> Result<Unsent, DeskError> {
        self.mark(account).await?;
        let lost = self.end_session(account, keyring).await.unwrap_or(unsent);
        let erased = self.erase(account).await;
        if erased.is_err() {
            // What is on the screen is closed already, whatever is left on the disk.
            self.tell(DeskEvent::Locked);
        }
        erased.map(|()| lost)
    }

    async fn mark(&self, account: &Account) -> Result<(), DeskError> {
        let home = self.inner.home.clone();
        let marked = account.clone();
        match run_blocking(move || home.mark_erasing(&marked)).await {
            // Erasing makes room. Cut half-way, the next start finds a cache without its key, and says so.
            Err(DeskError::Account(AccountError::Io(kind))) => {
                tracing::warn!(%kind, "the sign-out could not be marked");
                Ok(())
            }
            marked => marked.map(drop),
        }
    }

    /// Closes what is open and tells the server, where there are tokens to tell it with. Gives what the open cache had
    /// not sent when nothing could be added to it any more.
    async fn end_session(&self, account: &Account, keyring: Option<Arc<Vault>>) -> Option<Unsent> {
        let open = self.set_open(None);
        let mut unsent = None;
        let client = match (&open, keyring) {
            (Some(open), _) => {
                open.end_tasks().await;
                unsent = Some(unsent::count(&open.cache).await);
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
        unsent
    }

    async fn set_aside(&self, account: &Account, keyring: Option<Arc<Vault>>) -> Result<SignOutEnd, DeskError> {
        self.end_session(account, keyring).await;
        let home = self.inner.home.clone();
        let id = account.id;
        let folder = run_blocking(move || home.set_aside(id)).await?;
        Ok(SignOutEnd::set_aside(&folder))
    }
}
