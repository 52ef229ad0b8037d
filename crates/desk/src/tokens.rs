//! Keeps the session's tokens in the vault, for the API client.

use std::sync::Arc;

use api_client::{TokenStore, TokenStoreFailed, Tokens};
use vault::{StoredTokens, Vault, VaultError};

/// The vault, as the API client wants it.
pub(crate) struct VaultTokens(pub(crate) Arc<Vault>);

impl TokenStore for VaultTokens {
    fn load(&self) -> Result<Option<Tokens>, TokenStoreFailed> {
        let stored = self.0.find_tokens().map_err(failed)?;
        Ok(stored.map(|StoredTokens { access_token, refresh_token }| Tokens { access_token, refresh_token }))
    }

    fn save(&self, tokens: &Tokens) -> Result<(), TokenStoreFailed> {
        self.0.put_tokens(&to_store(tokens.clone())).map_err(failed)
    }
}

/// The form in which the vault keeps them.
pub(crate) fn to_store(Tokens { access_token, refresh_token }: Tokens) -> StoredTokens {
    StoredTokens { access_token, refresh_token }
}

fn failed(error: VaultError) -> TokenStoreFailed {
    tracing::error!(%error, "the tokens could not be read or written");
    TokenStoreFailed
}
