//! Edits and audit entries the server does not have yet, when their account is about to leave this computer: sent if that
//! can be done in time, and counted if not, so that nothing is lost silently.

use std::sync::Arc;
use std::time::Duration;

use api_client::{ApiClient, ServerUrl};
use store::{Cache, StoreError};
use vault::Vault;

use crate::account::Account;
use crate::state::run_blocking;
use crate::tokens::VaultTokens;
use crate::view::{UnsentAudit, UnsentCounts};
use crate::{Desk, DeskError};

/// How long sending may take.
const SEND: Duration = Duration::from_secs(5);

/// What an account that is about to leave still has to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// So much the server has not got.
    Known(UnsentCounts),
    /// The cache is closed and its key not at hand, or it does not answer.
    Unknown,
    /// The cache can't be read: it will not be erased, and so loses nothing.
    Unreadable,
}

impl Unsent {
    /// Whether leaving would lose something that the person has not accepted to lose.
    pub(crate) fn holds_back(self, wish: UnsentAudit) -> bool {
        match (self, wish) {
            (Self::Unreadable, _) | (_, UnsentAudit::Lose) => false,
            (Self::Known(counts), UnsentAudit::Keep) => counts != UnsentCounts::default(),
            (Self::Unknown, UnsentAudit::Keep) => true,
        }
    }

    /// How much, where that is known.
    pub(crate) const fn counts(self) -> Option<UnsentCounts> {
        match self {
            Self::Known(counts) => Some(counts),
            Self::Unknown | Self::Unreadable => None,
        }
    }
}

impl Desk {
    /// Sends what `account` has to tell and says what is left of it. The caller holds the transition and, while the
    /// desk is closed, the claim; `keyring` is the account's, if it has one.
    ///
    /// # Errors
    /// The keyring was locked meanwhile.
    pub(crate) async fn deliver_unsent(
        &self,
        account: &Account,
        keyring: Option<&Arc<Vault>>,
    ) -> Result<Unsent, DeskError> {
        if let Ok(open) = self.open() {
            // One that runs may still append an entry.
            self.end_exports(&open).await;
            return Ok(deliver(&open.client, &open.cache).await);
        }
        let home = self.inner.home.clone();
        let (id, vault) = (account.id, keyring.cloned());
        let opened = run_blocking(move || {
            if !home.cache_path(id).exists() {
                return Err(StoreError::NotFound.into());
            }
            let Some(vault) = vault else { return Ok(None) };
            let key = vault.find_cache_key()?.ok_or(DeskError::KeyMissing)?;
            Ok::<_, DeskError>(Some((Cache::open(&home.cache_path(id), &key)?, vault)))
        })
        .await;
        let (cache, vault) = match opened {
            Ok(Some(opened)) => opened,
            // Only the passphrase would open it.
            Ok(None) => return Ok(Unsent::Unknown),
            Err(DeskError::Store(StoreError::NotFound)) => return Ok(Unsent::Known(UnsentCounts::default())),
            Err(error @ DeskError::Vault(vault::VaultError::KeyringLocked)) => return Err(error),
            Err(error) => return Ok(unsent_of(&error)),
        };
        let tokens = VaultTokens::new(vault);
        let client = ServerUrl::parse(&account.server_url)
            .map_err(DeskError::from)
            .and_then(|server| self.client(server, Arc::clone(&tokens) as Arc<dyn api_client::TokenStore>));
        let unsent = match client {
            Ok(client) => {
                let unsent = deliver(&client, &cache).await;
                client.settle().await;
                unsent
            }
            Err(_) => count(&cache).await,
        };
        tokens.forget();
        if let Err(error) = run_blocking(move || cache.close()).await {
            tracing::warn!(%error, "the cache was not closed cleanly after a look into it");
        }
        Ok(unsent)
    }
}

async fn deliver(client: &ApiClient, cache: &Cache) -> Unsent {
    let sending = async {
        sync::push_all(client, cache).await?;
        sync::send_audit(client, cache).await
    };
    match tokio::time::timeout(SEND, sending).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::info!(%error, "not all could be sent before the sign-out"),
        Err(_) => tracing::info!("not all could be sent in time before the sign-out"),
    }
    count(cache).await
}

/// What of an open cache the server has not got.
pub(crate) async fn count(cache: &Cache) -> Unsent {
    let cache = cache.clone();
    let counting = run_blocking(move || {
        let outbox = cache.outbox_counts()?;
        Ok::<_, StoreError>((cache.count_unsent_audit()?, outbox.waiting + outbox.refused, cache.count_drafts()?))
    });
    let shown = |count| u32::try_from(count).unwrap_or(u32::MAX);
    match counting.await {
        Ok((audit, edits, drafts)) => {
            Unsent::Known(UnsentCounts { audit: shown(audit), edits: shown(edits), drafts: shown(drafts) })
        }
        Err(error) => unsent_of(&error),
    }
}

fn unsent_of(error: &DeskError) -> Unsent {
    tracing::warn!(%error, "it is not known what is unsent");
    if error.is_unreadable() { Unsent::Unreadable } else { Unsent::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_lost_holds_a_sign_out_back_until_that_is_accepted() {
        for (unsent, is_held_back) in [
            (Unsent::Known(UnsentCounts::default()), false),
            (Unsent::Known(UnsentCounts { audit: 1, ..UnsentCounts::default() }), true),
            (Unsent::Known(UnsentCounts { edits: 1, ..UnsentCounts::default() }), true),
            (Unsent::Known(UnsentCounts { drafts: 1, ..UnsentCounts::default() }), true),
            (Unsent::Unknown, true),
            (Unsent::Unreadable, false),
        ] {
            assert_eq!(unsent.holds_back(UnsentAudit::Keep), is_held_back, "{unsent:?}");
            assert!(!unsent.holds_back(UnsentAudit::Lose), "{unsent:?}");
        }
    }
}
