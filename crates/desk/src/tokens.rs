//! Keeps the session's tokens in the vault, for the API client.

use std::sync::{Arc, Mutex, PoisonError};

use api_client::{TokenStore, TokenStoreFailed, Tokens};
use vault::{Anchor, StoredTokens, Vault, VaultError};

use crate::DeskError;

/// The vault, as the API client wants it, until it is forgotten.
pub(crate) struct VaultTokens(Mutex<Option<Arc<Vault>>>);

impl VaultTokens {
    pub(crate) fn new(vault: Arc<Vault>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(vault))))
    }

    /// Lets go of the vault, and with it of the keys in its memory, although a call of the client may still be under way.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Notes how far the cache has come.
    pub(crate) fn put_anchor(&self, anchor: &Anchor) -> Result<(), DeskError> {
        // Forgotten: the desk was closed, and noted it then.
        let Ok(vault) = self.vault() else { return Ok(()) };
        Ok(vault.put_anchor(anchor)?)
    }

    fn vault(&self) -> Result<Arc<Vault>, TokenStoreFailed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(TokenStoreFailed)
    }
}

impl TokenStore for VaultTokens {
    fn load(&self) -> Result<Option<Tokens>, TokenStoreFailed> {
        let stored = self.vault()?.find_tokens().map_err(failed)?;
        Ok(stored.map(|StoredTokens { access_token, refresh_token, idempotency_key }| Tokens {
            access_token,
            refresh_token,
            idempotency_key,
        }))
    }

    fn save(&self, tokens: &Tokens) -> Result<(), TokenStoreFailed> {
        self.vault()?.put_tokens(&to_store(tokens.clone())).map_err(failed)
    }
}

/// The form in which the vault keeps them.
pub(crate) fn to_store(Tokens { access_token, refresh_token, idempotency_key }: Tokens) -> StoredTokens {
    StoredTokens { access_token, refresh_token, idempotency_key }
}

fn failed(error: VaultError) -> TokenStoreFailed {
    tracing::error!(%error, "the tokens could not be read or written");
    TokenStoreFailed
}
