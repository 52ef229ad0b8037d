//! Locking: closes the cache and forgets its key.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::state::{OpenDesk, run_blocking};
use crate::view::DeskEvent;
use crate::{Desk, DeskError};

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

    /// Ends exports, sync and cache, in this order.
    pub(crate) async fn close_cache(&self, open: &Arc<OpenDesk>) -> Result<(), DeskError> {
        open.tasks.cancel();
        for cancelled in self.exports().values() {
            cancelled.store(true, Ordering::Relaxed);
        }
        if let Some(engine) = &open.engine {
            engine.stop().await;
        }
        let cache = open.cache.clone();
        run_blocking(move || cache.close()).await
    }
}
