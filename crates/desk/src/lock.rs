//! Locking: closes the cache and forgets its key.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::state::{OpenDesk, run_blocking};
use crate::view::DeskEvent;
use crate::{Desk, DeskError};
use crate::{anchor, lease};

/// How long an exchange of tokens may take to end. As a rule none is under way.
const SETTLE: Duration = Duration::from_secs(5);

impl Desk {
    /// Locks the desk. Whatever runs on the cache is ended first; when this returns, no connection is open and no key
    /// is in memory. Locking twice is no error.
    ///
    /// # Errors
    /// The cache could not be closed cleanly; it is locked all the same.
    pub async fn lock(&self) -> Result<(), DeskError> {
        let _transition = self.inner.transition.lock().await;
        let Some(open) = self.set_open(None) else { return Ok(()) };
        let closed = self.close_cache(&open).await;
        drop(open);
        self.tell(DeskEvent::Locked);
        closed
    }

    /// The program ends: as [`Desk::lock`], but tells nobody.
    pub async fn close(&self) {
        let _transition = self.inner.transition.lock().await;
        if let Some(open) = self.set_open(None)
            && let Err(error) = self.close_cache(&open).await
        {
            tracing::warn!(%error, "the cache was not closed cleanly; it recovers by itself when opened");
        }
    }

    /// Ends exports, sync and cache, in this order, and forgets the vault.
    pub(crate) async fn close_cache(&self, open: &Arc<OpenDesk>) -> Result<(), DeskError> {
        open.end_tasks().await;
        let (cache, tokens) = (open.cache.clone(), Arc::clone(&open.tokens));
        let now = self.inner.clock.now();
        let closing = run_blocking(move || {
            if let Err(error) = lease::note_closing(&cache, now) {
                tracing::warn!(%error, "the lease could not be kept");
            }
            if let Err(error) = anchor::take(&cache).map_err(DeskError::from).and_then(|it| tokens.put_anchor(&it)) {
                tracing::warn!(%error, "how far the cache has come could not be noted");
            }
            cache.close()
        });
        let leaving = async {
            if let Some(engine) = &open.engine {
                engine.leave().await;
            }
        };
        let (closed, ()) = tokio::join!(closing, leaving);
        // New tokens the server has given out already must still be stored.
        if tokio::time::timeout(SETTLE, open.client.settle()).await.is_err() {
            tracing::warn!("an exchange of tokens did not end in time");
        }
        open.tokens.forget();
        // Not with the last clone: a question that is being answered may hold one a little longer.
        *open.claim.lock().unwrap_or_else(PoisonError::into_inner) = None;
        closed
    }
}

impl OpenDesk {
    /// Ends what runs beside. Nothing is added to the cache from here on.
    pub(crate) async fn end_tasks(&self) {
        self.tasks.cancel();
        // Each has removed its temporary file when this returns: what is in it is not encrypted.
        self.exports.close();
        self.exports.wait().await;
        if let Some(engine) = &self.engine {
            engine.stop().await;
        }
    }
}
