//! Signing in (A1, A3): a session on the server, a key in the vault, an empty cache; then the account file, which makes
//! it all count.

use std::sync::Arc;

use api_client::{HeldTokens, ServerUrl, SignedIn, TokenStore};
use secrecy::SecretString;
use store::{Cache, CacheIdentity};
use uuid::Uuid;
use vault::{MIN_PASSPHRASE_CHARS, Vault};
use wire::auth::SignIn;
use wire::device::DeviceInfo;

use crate::account::Account;
use crate::open::PROFILE_SETTING;
use crate::state::{Profile, run_blocking};
use crate::view::{KeyStore, SessionView, SignInRequest};
use crate::tokens::to_store;
use crate::{Desk, DeskError};

impl Desk {
    /// Signs in and opens the desk. A failure leaves nothing behind: no key, no file and no session.
    ///
    /// # Errors
    /// Every way in which an address, a network, a server, a keyring or a disk can fail, each its own.
    pub async fn sign_in(&self, request: SignInRequest) -> Result<SessionView, DeskError> {
        let _transition = self.inner.transition.lock().await;
        if self.inner.home.find()?.is_some() {
            return Err(DeskError::AlreadySignedIn);
        }
        let server = ServerUrl::parse(&request.server_url)?;
        let account_id = Uuid::now_v7();
        // The place for the key comes first: without one there is no point in asking the server.
        let (vault, key_store) = self.prepare_vault(account_id, request.passphrase.map(SecretString::from)).await?;

        let held = Arc::new(HeldTokens::default());
        let client = self.client(server.clone(), Arc::clone(&held) as Arc<dyn TokenStore>)?;
        let sign_in = SignIn {
            email: request.email.trim().to_owned(),
            password: request.password,
            studio_id: None,
            device: this_device(&self.inner.config.app_version),
        };
        let outcome = match client.sign_in(&sign_in).await {
            Ok(signed_in) => {
                let kept = self.keep(account_id, &server, key_store, &vault, signed_in, held).await;
                if kept.is_err() {
                    // Best effort: the error to tell is the one above.
                    drop(client.sign_out().await);
                }
                kept
            }
            Err(failure) => Err(failure.into()),
        };
        if let Err(error) = outcome {
            self.discard(account_id, vault).await;
            return Err(error);
        }
        let account = self.inner.home.find()?.ok_or(DeskError::SignedOut)?;
        self.open_account(account, vault, true).await?;
        self.session().await
    }

    async fn prepare_vault(
        &self,
        account_id: Uuid,
        passphrase: Option<SecretString>,
    ) -> Result<(Arc<Vault>, KeyStore), DeskError> {
        let home = self.inner.home.clone();
        run_blocking(move || match passphrase {
            Some(passphrase) => {
                home.create_account_dir(account_id)?;
                let vault = Vault::create_envelope(&home.envelope_path(account_id), &passphrase)?;
                Ok::<_, DeskError>((Arc::new(vault), KeyStore::Passphrase))
            }
            None => match Vault::keyring(&account_id.to_string()) {
                Ok(vault) => Ok((Arc::new(vault), KeyStore::Keyring)),
                Err(vault::VaultError::KeyringUnavailable) => {
                    Err(DeskError::PassphraseNeeded { min_chars: MIN_PASSPHRASE_CHARS })
                }
                Err(error) => Err(error.into()),
            },
        })
        .await
    }

    /// Keeps the session: key, cache, tokens, and last of all the account file.
    async fn keep(
        &self,
        account_id: Uuid,
        server: &ServerUrl,
        key_store: KeyStore,
        vault: &Arc<Vault>,
        signed_in: SignedIn,
        held: Arc<HeldTokens>,
    ) -> Result<(), DeskError> {
        let home = self.inner.home.clone();
        let vault = Arc::clone(vault);
        let server_url = server.to_string();
        run_blocking(move || {
            home.create_account_dir(account_id)?;
            let key = vault.create_cache_key()?;
            let identity = CacheIdentity {
                studio_id: signed_in.studio.id,
                member_id: signed_in.member.id,
                device_id: signed_in.device_id,
            };
            let cache = Cache::create(&home.cache_path(account_id), &key, &identity)?;
            let SignedIn { studio, member, device_id } = signed_in;
            let profile = Profile { studio, member, device_id };
            cache.set_setting(PROFILE_SETTING, &serde_json::to_string(&profile).map_err(|_| DeskError::Interrupted)?)?;
            cache.close()?;
            let tokens = held.load().ok().flatten().ok_or(DeskError::SignedOut)?;
            vault.put_tokens(&to_store(tokens))?;
            home.save(&Account::new(account_id, server_url, key_store))?;
            Ok::<_, DeskError>(())
        })
        .await
    }

    /// Takes back the steps of a sign-in that failed: what is erased was made by it and holds nothing yet.
    async fn discard(&self, account_id: Uuid, vault: Arc<Vault>) {
        let home = self.inner.home.clone();
        let discarded = run_blocking(move || {
            vault.erase_all()?;
            home.remove(account_id)?;
            Ok::<_, DeskError>(())
        })
        .await;
        if let Err(error) = discarded {
            tracing::warn!(%error, "a failed sign-in left files behind");
        }
    }
}

/// What the server's list of devices will show.
fn this_device(app_version: &str) -> DeviceInfo {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let name = read("/etc/hostname").map(|text| text.trim().to_owned()).filter(|name| !name.is_empty());
    let os = read("/etc/os-release").and_then(|text| {
        text.lines()
            .find_map(|line| line.strip_prefix("PRETTY_NAME="))
            .map(|value| value.trim_matches('"').to_owned())
    });
    let at_most_100 = |text: String| text.chars().take(100).collect();
    DeviceInfo {
        name: at_most_100(name.unwrap_or_else(|| "This computer".to_owned())),
        os: at_most_100(os.unwrap_or_else(|| std::env::consts::OS.to_owned())),
        app_version: app_version.to_owned(),
    }
}
