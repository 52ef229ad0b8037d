//! Signing in (A1, A3): a session on the server, a key in the vault, an empty cache.
//!
//! The account file comes first, and says that a sign-in has begun; last of all it says that it counts. So one that is
//! cut is known for what it is at the next start, and taken back.

use std::fs::File;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use api_client::{ApiClient, HeldTokens, ServerUrl, SignedIn, TokenStore};
use domain::StudioId;
use secrecy::SecretString;
use store::{Cache, CacheIdentity};
use uuid::Uuid;
use vault::{MIN_PASSPHRASE_CHARS, Vault, VaultError};
use wire::auth::{SessionForm, SignIn};
use wire::device::DeviceInfo;
use zeroize::Zeroize;

use crate::account::{Account, AccountError};
use crate::open::{PROFILE_SETTING, Purpose, secret};
use crate::state::{Profile, run_blocking};
use crate::tokens::to_store;
use crate::view::{KeyStore, SessionView, SignInRequest};
use crate::{Desk, DeskError};

/// How long the server may take to hear that a session it opened is not wanted.
pub(crate) const TELL_SERVER: Duration = Duration::from_secs(5);

impl Desk {
    /// Signs in and opens the desk. A failure leaves nothing behind: no key, no file and no session.
    ///
    /// # Errors
    /// Every way in which an address, a network, a server, a keyring or a disk can fail, each its own.
    pub async fn sign_in(&self, mut request: SignInRequest) -> Result<SessionView, DeskError> {
        let _transition = self.inner.transition.lock().await;
        self.finish_interrupted_here().await?;
        if self.find_account().await?.is_some() {
            return Err(DeskError::AlreadySignedIn);
        }
        let server = ServerUrl::parse(&request.server_url)?;
        let held = Arc::new(HeldTokens::default());
        let client = self.client(server.clone(), Arc::clone(&held) as Arc<dyn TokenStore>)?;
        let account_id = Uuid::now_v7();
        let passphrase = request.passphrase.take().map(secret);
        let key_store = if passphrase.is_some() { KeyStore::Passphrase } else { KeyStore::Keyring };
        let account = Account::new(account_id, server.to_string(), key_store);
        let claim = self.begin(&account).await?;

        let signed_in = self.attempt(account, claim, passphrase, &request, &client, &held).await;
        if signed_in.is_err() {
            self.take_back(account_id, key_store, &client).await;
        }
        signed_in
    }

    async fn begin(&self, account: &Account) -> Result<File, DeskError> {
        let home = self.inner.home.clone();
        let account = account.clone();
        run_blocking(move || match home.begin(&account) {
            // Another window was faster.
            Err(AccountError::Io(ErrorKind::AlreadyExists)) => Err(DeskError::AlreadySignedIn),
            begun => Ok(begun?),
        })
        .await
    }

    async fn attempt(
        &self,
        account: Account,
        claim: File,
        passphrase: Option<SecretString>,
        request: &SignInRequest,
        client: &ApiClient,
        held: &Arc<HeldTokens>,
    ) -> Result<SessionView, DeskError> {
        // The place for the key comes first: without one there is no point in asking the server.
        let vault = self.prepare_vault(account.id, passphrase).await?;
        let signed_in = self.ask_to_sign_in(client, &request.email, request.password.clone(), None).await?;
        let account = self.keep(account, &vault, signed_in, Arc::clone(held)).await?;
        self.open_account(account, vault, Purpose::Window(Some(claim))).await?;
        self.inner.is_unreadable.store(false, Ordering::Relaxed);
        self.session().await
    }

    /// Asks the server for a session on this device; the password is wiped, whatever it answers.
    pub(crate) async fn ask_to_sign_in(
        &self,
        client: &ApiClient,
        email: &str,
        password: String,
        studio_id: Option<StudioId>,
    ) -> Result<SignedIn, DeskError> {
        let mut sign_in = SignIn {
            email: email.trim().to_owned(),
            password,
            studio_id,
            device: this_device(&self.inner.config.app_version),
            session: SessionForm::Bearer,
        };
        let answer = client.sign_in(&sign_in).await;
        sign_in.password.zeroize();
        Ok(answer?)
    }

    async fn prepare_vault(&self, account_id: Uuid, passphrase: Option<SecretString>) -> Result<Arc<Vault>, DeskError> {
        let home = self.inner.home.clone();
        run_blocking(move || match passphrase {
            Some(passphrase) => {
                home.create_account_dir(account_id)?;
                let vault = Vault::create_envelope(&home.envelope_path(account_id), &passphrase)?;
                Ok::<_, DeskError>(Arc::new(vault))
            }
            None => match Vault::keyring(&account_id.to_string()) {
                Ok(vault) => Ok(Arc::new(vault)),
                Err(VaultError::KeyringUnavailable) => {
                    Err(DeskError::PassphraseNeeded { min_chars: MIN_PASSPHRASE_CHARS })
                }
                Err(error) => Err(error.into()),
            },
        })
        .await
    }

    /// Keeps the session: key, cache, tokens; last of all the account file says that it counts.
    async fn keep(
        &self,
        account: Account,
        vault: &Arc<Vault>,
        signed_in: SignedIn,
        held: Arc<HeldTokens>,
    ) -> Result<Account, DeskError> {
        let home = self.inner.home.clone();
        let vault = Arc::clone(vault);
        run_blocking(move || {
            home.create_account_dir(account.id)?;
            let key = vault.create_cache_key()?;
            let identity = CacheIdentity {
                studio_id: signed_in.studio.id,
                member_id: signed_in.member.id,
                device_id: signed_in.device_id,
            };
            let cache = Cache::create(&home.cache_path(account.id), &key, &identity)?;
            let SignedIn { studio, member, device_id } = signed_in;
            let profile = Profile { studio, member, device_id };
            let profile = serde_json::to_string(&profile).expect("a profile is made of strings");
            cache.set_setting(PROFILE_SETTING, &profile)?;
            cache.close()?;
            // Left with the client too: should a later step fail, it ends the session with them.
            let tokens = held.load().ok().flatten().ok_or(DeskError::SignedOut)?;
            vault.put_tokens(&to_store(tokens))?;
            Ok::<_, DeskError>(home.commit(&account)?)
        })
        .await
    }

    /// Takes back the steps of a sign-in that failed, each whether or not the others can be: what is erased was made by
    /// it and holds nothing yet. Best effort: the error to tell is the one of the sign-in.
    async fn take_back(&self, account_id: Uuid, key_store: KeyStore, client: &ApiClient) {
        if let Some(open) = self.set_open(None)
            && let Err(error) = self.close_cache(&open).await
        {
            tracing::warn!(%error, "the cache of a failed sign-in was not closed cleanly");
        }
        let _ = tokio::time::timeout(TELL_SERVER, client.sign_out()).await;
        let home = self.inner.home.clone();
        let erased = run_blocking(move || {
            // The envelope is a file, and goes with the others.
            let key = match key_store {
                KeyStore::Keyring => Vault::keyring(&account_id.to_string()).and_then(|vault| vault.erase_all()),
                KeyStore::Passphrase => Ok(()),
            };
            home.remove(account_id)?;
            Ok::<_, DeskError>(key?)
        })
        .await;
        if let Err(error) = erased {
            tracing::warn!(%error, "a failed sign-in left something behind");
        }
    }
}

/// What the server's list of devices will show.
fn this_device(app_version: &str) -> DeviceInfo {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let name = read("/etc/hostname").map(|text| text.trim().to_owned()).filter(|name| !name.is_empty());
    let os = read("/etc/os-release").and_then(|text| {
        text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).map(|value| value.trim_matches('"').to_owned())
    });
    let at_most_100 = |text: String| text.chars().take(100).collect();
    DeviceInfo {
        name: at_most_100(name.unwrap_or_else(|| "This computer".to_owned())),
        os: at_most_100(os.unwrap_or_else(|| std::env::consts::OS.to_owned())),
        app_version: app_version.to_owned(),
    }
}
