//! Locking by itself after a time without anybody.

use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::UnixMs;

use crate::Desk;

/// How often the idle time is looked at. By the wall clock, so that a computer that slept counts its sleep.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Whether nobody has been there for `after_minutes`; 0 never locks. A clock that was set back does not lock.
pub(crate) fn is_idle(now: UnixMs, last_active: UnixMs, after_minutes: u32) -> bool {
    after_minutes > 0 && now.since_ms(last_active) >= i64::from(after_minutes) * 60_000
}

impl Desk {
    /// Runs until the desk is locked, by it or otherwise.
    pub(crate) async fn lock_when_idle(self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let last_active = UnixMs(self.inner.last_active.load(Ordering::Relaxed));
            if is_idle(self.inner.clock.now(), last_active, self.lock_after_minutes()) {
                // In a task of its own: locking ends this one.
                let desk = self.clone();
                tokio::spawn(async move {
                    if let Err(error) = desk.lock().await {
                        tracing::warn!(%error, "locked, but the cache was not closed cleanly");
                    }
                });
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_is_counted_from_the_last_act() {
        let minute = 60_000;
        // (now, last active, minutes, idle)
        for (now, last, minutes, idle) in [
            (5 * minute, 0, 5, true),
            (5 * minute - 1, 0, 5, false),
            (500 * minute, 0, 0, false),
            (0, 9 * minute, 5, false),
        ] {
            assert_eq!(is_idle(UnixMs(now), UnixMs(last), minutes), idle, "{now} {last} {minutes}");
        }
    }
}
