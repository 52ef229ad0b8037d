//! Opening the account's cache, with or without a network.

use std::fs::File;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use api_client::{ServerUrl, TokenStore};
use secrecy::SecretString;
use store::{Cache, StoreError};
use sync::{Engine, EngineEvent};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use vault::Vault;
use zeroize::Zeroize;

use crate::account::Account;
use crate::anchor;
use crate::session::Locking;
use crate::state::{OpenDesk, Profile, run_blocking};
use crate::tokens::VaultTokens;
use crate::view::{DeskEvent, HealedBy, KeyStore, SessionView, SyncStatus};
use crate::{Desk, DeskError};

/// Setting of the cache in which the profile of the sign-in is kept.
pub(crate) const PROFILE_SETTING: &str = "profile";

/// What an account is opened for.
pub(crate) enum Purpose {
    /// A window, which syncs; with the claim, where it is held already.
    Window(Option<File>),
    /// One act without the network.
    OneAct,
}

impl Desk {
    /// Opens the locked cache; the passphrase only where the key is in an envelope. Never touches the network.
    ///
    /// # Errors
    /// No account, no key beside an existing cache, a wrong passphrase, a locked keyring, a cache that can't be read.
    /// None of them changes anything.
    pub async fn unlock(&self, passphrase: Option<String>) -> Result<SessionView, DeskError> {
        self.open_with(passphrase.map(secret), true).await?;
        self.session().await
    }

    /// As [`Desk::unlock`], for one act without a window: nothing is synced. Beside an open window it must not be:
    /// two programs that exchange the same tokens lose the session.
    ///
    /// # Errors
    /// As [`Desk::unlock`].
    pub async fn open_offline(&self, passphrase: Option<String>) -> Result<(), DeskError> {
        self.open_with(passphrase.map(secret), false).await
    }

    pub(crate) async fn open_with(&self, passphrase: Option<SecretString>, syncs: bool) -> Result<(), DeskError> {
        let _transition = self.inner.transition.lock().await;
        if self.open().is_ok() {
            return Ok(());
        }
        let account = self.find_signed_in().await?.ok_or(DeskError::SignedOut)?;
        let purpose = if syncs { Purpose::Window(None) } else { Purpose::OneAct };
        let opened = match self.open_vault(&account, passphrase).await {
            Ok(vault) => self.open_account(account, vault, purpose).await,
            Err(error) => Err(error),
        };
        let is_unreadable = opened.as_ref().is_err_and(DeskError::is_unreadable);
        self.inner.is_unreadable.store(is_unreadable, Ordering::Relaxed);
        opened
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
        purpose: Purpose,
    ) -> Result<(), DeskError> {
        let syncs = matches!(purpose, Purpose::Window(_));
        let server = ServerUrl::parse(&account.server_url)?;
        let home = self.inner.home.clone();
        let id = account.id;
        let key_vault = Arc::clone(&vault);
        let (cache, profile, locking, claim, healed) = run_blocking(move || {
            // A cache without its key is to be explained, never to be started anew.
            let key = key_vault.find_cache_key()?.ok_or(DeskError::KeyMissing)?;
            let path = home.cache_path(id);
            let mut healed = None;
            let cache = match Cache::open(&path, &key) {
                Err(StoreError::NotFound) => return Err(DeskError::CacheMissing),
                Err(StoreError::Altered) => {
                    store::rebuild(&path, &key)?;
                    healed = Some(HealedBy::Rebuilding);
                    Cache::open(&path, &key)?
                }
                opened => opened?,
            };
            let missing = if healed.is_none() { anchor::hold_against(&cache, &key_vault)? } else { None };
            let healed = healed.or(missing.map(|_| HealedBy::CatchingUp)).map(|by| (by, missing.unwrap_or(0)));
            // After the key is known to be right: who can't open the cache hears why, whoever else works on it.
            let claim = match purpose {
                Purpose::Window(Some(held)) => Some(held),
                Purpose::Window(None) => Some(home.claim()?),
                Purpose::OneAct => None,
            };
            let profile =
                cache.find_setting(PROFILE_SETTING)?.and_then(|text| serde_json::from_str::<Profile>(&text).ok());
            match profile {
                Some(profile) => {
                    let locking = Locking::read(&cache)?;
                    Ok((cache, profile, locking, claim, healed))
                }
                None => {
                    cache.close()?;
                    Err(DeskError::CacheWithoutProfile)
                }
            }
        })
        .await?;
        let tokens = VaultTokens::new(vault);
        let client = self.client(server, Arc::clone(&tokens) as Arc<dyn TokenStore>)?;
        let tasks = CancellationToken::new();
        let engine = if syncs {
            let (told, events) = mpsc::unbounded_channel();
            let engine = Engine::start(client.clone(), cache.clone(), Arc::clone(&self.inner.clock), told).await?;
            tokio::spawn(tasks.clone().run_until_cancelled_owned(forward(self.clone(), account.id, events)));
            Some(engine)
        } else {
            None
        };
        let open = OpenDesk {
            account,
            profile,
            cache,
            client,
            tokens,
            engine,
            claim: Mutex::new(claim),
            acted: Notify::new(),
            undo: Mutex::default(),
            tasks: tasks.clone(),
            exports: TaskTracker::new(),
            import: Mutex::default(),
        };
        let open = Arc::new(open);
        if let Err(error) = self.check_lease(&open).await {
            if let Err(error) = self.close_cache(&open).await {
                tracing::warn!(%error, "the cache was not closed cleanly; it recovers by itself when opened");
            }
            return Err(error);
        }
        self.apply_locking(locking);
        self.user_active();
        self.set_open(Some(open));
        if let Some((by, missing)) = healed {
            self.note_healed(by, missing).await;
        }
        if syncs {
            tokio::spawn(tasks.clone().run_until_cancelled_owned(self.clone().keep_anchor()));
            tokio::spawn(tasks.clone().run_until_cancelled_owned(self.clone().prove()));
            tokio::spawn(tasks.clone().run_until_cancelled_owned(self.clone().lock_when_lease_ends()));
            tokio::spawn(tasks.clone().run_until_cancelled_owned(self.clone().lock_when_idle()));
            tokio::spawn(tasks.run_until_cancelled_owned(self.clone().lock_with_screen()));
        }
        Ok(())
    }
}

/// Tells the window what the sync tells the desk.
async fn forward(desk: Desk, account_id: Uuid, mut events: mpsc::UnboundedReceiver<EngineEvent>) {
    let mut logged = None;
    while let Some(event) = events.recv().await {
        match event {
            EngineEvent::Applied(applied) => desk.tell(DeskEvent::Changed(applied.into())),
            EngineEvent::Status(status) => {
                if let Some(problem) = status.problem.as_deref().filter(|problem| logged != Some(problem.id)) {
                    logged = Some(problem.id);
                    desk.note_problem(problem);
                }
                desk.tell(DeskEvent::StatusChanged(SyncStatus::from(&status)));
            }
            EngineEvent::OlderCopy { missing } => desk.note_healed(HealedBy::CatchingUp, missing).await,
            EngineEvent::LookersChanged => desk.tell(DeskEvent::PresenceChanged),
            EngineEvent::SessionEnded => {
                // In a task of its own: ending the session ends this one.
                let desk = desk.clone();
                tokio::spawn(async move { desk.session_ended(account_id).await });
                return;
            }
        }
    }
}

/// A secret a person typed, in memory that is wiped; what it came in is wiped at once.
pub(crate) fn secret(mut typed: String) -> SecretString {
    let secret = SecretString::from(typed.as_str());
    typed.zeroize();
    secret
}
