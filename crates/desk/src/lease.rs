//! How long the desk may be used without the server.

use std::time::Duration;

use domain::{Lease, UnixMs};
use store::{Cache, StoreError};
use sync::SyncError;

use crate::state::{OpenDesk, run_blocking};
use crate::{Desk, DeskError};

/// How often the clock is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often what it shows is kept, in ms: a write each.
const KEEP_EVERY_MS: i64 = 10 * 60 * 1_000;

impl Desk {
    /// Whether the open cache may be used. When its lease is over the server is asked, and any answer but that the session was
    /// ended grants another.
    ///
    /// # Errors
    /// [`DeskError::LeaseOver`] when it can't be reached; or what it answered.
    pub(crate) async fn check_lease(&self, open: &OpenDesk) -> Result<(), DeskError> {
        let cache = open.cache.clone();
        let now = self.inner.clock.now();
        let lease = run_blocking(move || sync::find_lease(&cache)).await?;
        let Some(over) = lease.filter(|lease| lease.is_over(now)) else { return Ok(()) };
        if open.engine.is_none() {
            return Err(DeskError::LeaseOver);
        }
        match open.client.devices().await.map_err(SyncError::from) {
            Ok(_) => {}
            Err(error) if error.wants_sign_in() => {}
            Err(error) if error.ends_session() => {
                // In a task of its own: it waits until this opening has failed.
                let (desk, account_id) = (self.clone(), open.account.id);
                tokio::spawn(async move { desk.session_ended(account_id).await });
                return Err(error.into());
            }
            Err(_) => return Err(DeskError::LeaseOver),
        }
        let cache = open.cache.clone();
        run_blocking(move || sync::keep_lease(&cache, Lease::granted(now, over.lasts_ms))).await
    }

    /// Locks when the lease ends. Runs until the desk is locked, by it or otherwise.
    pub(crate) async fn lock_when_lease_ends(self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = self.inner.clock.now();
            match self.query(move |cache| look(cache, now)).await {
                Ok(false) => {}
                Ok(true) => break,
                Err(DeskError::Locked) => return,
                Err(error) => tracing::warn!(%error, "the lease could not be looked at"),
            }
        }
        // In a task of its own: locking ends this one.
        tokio::spawn(async move {
            if let Err(error) = self.lock().await {
                tracing::warn!(%error, "locked, but the cache was not closed cleanly");
            }
        });
    }
}

/// Whether it is over. Keeps how late it was, now and then.
fn look(cache: &Cache, now: UnixMs) -> Result<bool, StoreError> {
    let Some(lease) = sync::find_lease(cache)? else { return Ok(false) };
    if lease.is_over(now) {
        return Ok(true);
    }
    if now.since_ms(lease.seen_at) >= KEEP_EVERY_MS {
        sync::keep_lease(cache, lease.seen(now))?;
    }
    Ok(false)
}

/// Keeps how late it was when the cache was closed.
pub(crate) fn note_closing(cache: &Cache, now: UnixMs) -> Result<(), StoreError> {
    match sync::find_lease(cache)? {
        Some(lease) if lease.seen(now) != lease => sync::keep_lease(cache, lease.seen(now)),
        _ => Ok(()),
    }
}
