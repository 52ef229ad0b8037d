//! Whether the cache is the newest there is, and not an older copy of itself that somebody put back.
//!
//! How far it has come is kept with its key, where a copy of its folder does not reach, and on the server. Whatever an older
//! copy lacks is pulled again; acts that it lacks and that were not sent are gone, and their number is told.

use std::sync::Arc;
use std::time::Duration;

use store::{Cache, StoreError};
use vault::{Anchor, Vault};
use wire::operation::{ChainHead, ChainLink};

use crate::state::run_blocking;
use crate::view::{Healed, HealedBy};
use crate::{Desk, DeskError};

/// Acts that follow each other so closely are noted together: a keyring takes a while.
const TOGETHER: Duration = Duration::from_millis(300);
/// Without any act, for what was pulled meanwhile.
const AT_LEAST_EVERY: Duration = Duration::from_secs(600);

/// Holds an opened cache against what was noted of it. Gives the number of acts that are not in it, where it is an older
/// copy; it then goes on as that.
pub(crate) fn hold_against(cache: &Cache, vault: &Vault) -> Result<Option<u64>, DeskError> {
    let noted = match vault.find_anchor() {
        Ok(Some(noted)) => noted,
        Ok(None) => return Ok(None),
        Err(error) => {
            // It must not keep anybody from their work: the server knows, too.
            tracing::warn!(%error, "how far the cache had come could not be read");
            return Ok(None);
        }
    };
    let head = ChainHead { act: noted.act, link: ChainLink(noted.link) };
    if cache.seal_number()? >= noted.seal_number && cache.knows_chain_head(&head)? {
        return Ok(None);
    }
    let missing = cache.resume_chain(&head)?;
    Ok(Some(missing))
}

/// How far a cache has come.
pub(crate) fn take(cache: &Cache) -> Result<Anchor, StoreError> {
    let head = cache.find_chain_head()?;
    let (act, link) = head.map_or((0, [0; 32]), |head| (head.act, head.link.0));
    Ok(Anchor { seal_number: cache.seal_number()?, act, link })
}

impl Desk {
    /// Notes how far the cache has come, after acts and now and then. Runs until the desk is closed, which does it once more.
    pub(crate) async fn keep_anchor(self) {
        let mut noted = None;
        while let Ok(open) = self.open() {
            if tokio::time::timeout(AT_LEAST_EVERY, open.acted.notified()).await.is_ok() {
                tokio::time::sleep(TOGETHER).await;
            }
            let (cache, tokens, before) = (open.cache.clone(), Arc::clone(&open.tokens), noted);
            drop(open);
            let written = run_blocking(move || {
                let anchor = take(&cache)?;
                if before != Some(anchor) {
                    tokens.put_anchor(&anchor)?;
                }
                Ok::<_, DeskError>(anchor)
            });
            match written.await {
                Ok(anchor) => noted = Some(anchor),
                Err(error) => tracing::warn!(%error, "how far the cache has come could not be noted"),
            }
        }
    }

    /// The cache was found not to be as it was left, and goes on: for whoever works here.
    pub(crate) async fn note_healed(&self, by: HealedBy, missing: u64) {
        let healed = Healed { at: self.inner.clock.now(), by, missing };
        if let Err(error) = self.query(move |cache| healed.keep(cache)).await {
            tracing::warn!(%error, "what was found of the cache could not be kept");
        }
        self.tell(crate::view::DeskEvent::Healed(healed));
    }

    /// What was found of the cache, until somebody has taken note of it.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the cache can't be read.
    pub async fn find_healed(&self) -> Result<Option<Healed>, DeskError> {
        self.query(Healed::find).await
    }

    /// Somebody has taken note of it.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the cache can't be written.
    pub async fn dismiss_healed(&self) -> Result<(), DeskError> {
        self.query(Healed::forget).await
    }
}
