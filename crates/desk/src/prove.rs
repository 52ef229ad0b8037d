//! Looks through the whole file of the cache while people work, for pages that are not the newest.

use store::StoreError;

use crate::state::run_blocking;
use crate::view::DeskEvent;
use crate::{Desk, DeskError};

impl Desk {
    /// Once for each opening. A cache that is not as it was left is locked, and that is told: opening it again
    /// makes it anew.
    pub(crate) async fn prove(self) {
        let Ok(open) = self.open() else { return };
        let cache = open.cache.clone();
        drop(open);
        match run_blocking(move || cache.prove()).await {
            Err(DeskError::Store(StoreError::Altered)) => {
                tracing::error!("the cache is not as it was left: it is locked, and made anew when it is opened");
                // In a task of its own: locking ends this one.
                tokio::spawn(async move { self.condemn().await });
            }
            Err(DeskError::Store(StoreError::Closed)) | Ok(()) => {}
            Err(error) => tracing::warn!(%error, "the cache could not be looked through"),
        }
    }

    async fn condemn(&self) {
        let _transition = self.inner.transition.lock().await;
        let Some(open) = self.set_open(None) else { return };
        open.end_tasks().await;
        let cache = open.cache.clone();
        if let Err(error) = run_blocking(move || cache.condemn()).await {
            tracing::error!(%error, "the altered cache could not be put out of use");
        }
        if let Err(error) = self.close_cache(&open).await {
            tracing::warn!(%error, "locked, but the cache was not closed cleanly");
        }
        self.tell(DeskEvent::Altered);
        self.tell(DeskEvent::Locked);
    }
}
