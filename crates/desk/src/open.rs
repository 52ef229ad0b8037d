//! Opening the account's cache, with or without a network.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use api_client::ServerUrl;
use secrecy::SecretString;
use store::Cache;
use sync::{Engine, EngineEvent};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use vault::Vault;

use crate::account::Account;
use crate::session::{DEFAULT_LOCK_MINUTES, LOCK_SETTING};
use crate::state::{OpenDesk, Profile, run_blocking};
use crate::tokens::VaultTokens;
use crate::view::{Changed, DeskEvent, KeyStore, SessionView, SyncStatus};
use crate::{Desk, DeskError};

/// Setting of the cache in which the profile of the sign-in is kept.
pub(crate) const PROFILE_SETTING: &str = "profile";

impl Desk {
    /// Opens the locked cache; the passphrase only where the key is in an envelope. Never touches the network.
    ///
    /// # Errors
    /// No account, no key beside an existing cache, a wrong passphrase, a locked keyring, a cache that can't be read.
    /// None of them changes anything.
    pub async fn unlock(&self, passphrase: Option<String>) -> Result<SessionView, DeskError> {
        self.open_with(passphrase, true).await?;
        self.session().await
    }

    /// As [`Desk::unlock`], for one act without a window: nothing is synced.
    ///
    /// # Errors
    /// As [`Desk::unlock`].
    pub async fn open_offline(&self, passphrase: Option<String>) -> Result<(), DeskError> {
        self.open_with(passphrase, false).await
    }

    async fn open_with(&self, passphrase: Option<String>, syncs: bool) -> Result<(), DeskError> {
        let _transition = self.inner.transition.lock().await;
        if self.open().is_ok() {
            return Ok(());
        }
        let account = self.inner.home.find()?.filter(|account| !account.is_erasing).ok_or(DeskError::SignedOut)?;
        let vault = self.open_vault(&account, passphrase.map(SecretString::from)).await?;
        self.open_account(account, vault, syncs).await
    }

    pub(crate) async fn open_vault(
        &self,
        account: &Account,
        passphrase: Option<SecretString>,
    ) -> Result<Arc<Vault>, DeskError> {
        let id = account.id;
        let key_store = account.key_store;
        let envelope = self.inner.home.envelope_path(id);
        run_blocking(move || {
            let vault = match (key_store, passphrase) {
                (KeyStore::Keyring, _) => Vault::keyring(&id.to_string())?,
                (KeyStore::Passphrase, Some(passphrase)) => Vault::open_envelope(&envelope, &passphrase)?,
                (KeyStore::Passphrase, None) => return Err(DeskError::PassphraseMissing),
            };
            Ok(Arc::new(vault))
        })
        .await
    }

    /// Opens cache and, unless it is for one offline act, the sync. The caller holds the transition.
    pub(crate) async fn open_account(
        &self,
        account: Account,
        vault: Arc<Vault>,
        syncs: bool,
    ) -> Result<(), DeskError> {
        let server = ServerUrl::parse(&account.server_url)?;
        let path = self.inner.home.cache_path(account.id);
        let key_vault = Arc::clone(&vault);
        let (cache, profile, lock_after_minutes) = run_blocking(move || {
            // A cache without its key is to be explained, never to be started anew.
            let key = key_vault.find_cache_key()?.ok_or(DeskError::KeyMissing)?;
            let cache = Cache::open(&path, &key)?;
            let profile = cache.find_setting(PROFILE_SETTING)?.and_then(|text| serde_json::from_str::<Profile>(&text).ok());
            match profile {
                Some(profile) => {
                    let minutes = cache.find_setting(LOCK_SETTING)?.and_then(|text| text.parse().ok());
                    Ok((cache, profile, minutes.unwrap_or(DEFAULT_LOCK_MINUTES)))
                }
                None => {
                    cache.close()?;
                    Err(DeskError::CacheWithoutProfile)
                }
            }
        })
        .await?;
        let client = self.client(server, Arc::new(VaultTokens(vault)))?;
        let tasks = CancellationToken::new();
        let engine = if syncs {
            let (told, events) = mpsc::unbounded_channel();
            let engine =
                Engine::start(client.clone(), cache.clone(), Arc::clone(&self.inner.clock), told).await?;
            tokio::spawn(tasks.clone().run_until_cancelled_owned(forward(self.clone(), events)));
            Some(engine)
        } else {
            None
        };
        self.inner.lock_after_minutes.store(lock_after_minutes, Ordering::Relaxed);
        self.user_active();
        self.set_open(Some(Arc::new(OpenDesk { account, profile, cache, client, engine, tasks: tasks.clone() })));
        if syncs {
            tokio::spawn(tasks.run_until_cancelled_owned(self.clone().lock_when_idle()));
        }
        Ok(())
    }
}

/// Tells the window what the sync tells the desk.
async fn forward(desk: Desk, mut events: mpsc::UnboundedReceiver<EngineEvent>) {
    while let Some(event) = events.recv().await {
        match event {
            EngineEvent::Applied(applied) => desk.tell(DeskEvent::Changed(Changed {
                leads: applied.leads,
                conversations: applied.conversations,
                messages: applied.messages,
                studio: applied.studio,
            })),
            EngineEvent::Status(status) => desk.tell(DeskEvent::StatusChanged(SyncStatus::from(&status))),
            EngineEvent::SessionEnded => {
                // In a task of its own: ending the session ends this one.
                let desk = desk.clone();
                tokio::spawn(async move { desk.session_ended().await });
                return;
            }
        }
    }
}
