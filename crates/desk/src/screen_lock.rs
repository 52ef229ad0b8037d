//! Locking together with the computer: when its screen is locked, and before it goes to sleep.

use crate::Desk;

#[cfg(target_os = "linux")]
mod dbus;
#[cfg(target_os = "linux")]
use dbus::until_locked;

/// Elsewhere nothing tells us yet.
#[cfg(not(target_os = "linux"))]
async fn until_locked() {
    std::future::pending().await
}

impl Desk {
    /// Runs until the desk is locked, by it or otherwise.
    pub(crate) async fn lock_with_screen(self) {
        let mut is_wanted = self.inner.locks_with_screen.subscribe();
        loop {
            // The sender is ours: it does not go before us.
            let _ = is_wanted.wait_for(|wanted| *wanted).await;
            tokio::select! {
                awake = until_locked() => {
                    // In a task of its own: locking ends this one.
                    tokio::spawn(async move {
                        if let Err(error) = self.lock().await {
                            tracing::warn!(%error, "locked, but the cache was not closed cleanly");
                        }
                        drop(awake);
                    });
                    return;
                }
                _ = is_wanted.wait_for(|wanted| !*wanted) => {}
            }
        }
    }
}
