//! Locking by itself after a time without anybody.

use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::UnixMs;

use crate::Desk;

/// How often the idle time is looked at. By the wall clock, so that a computer that slept counts its sleep.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Whether nobody has been there for `after_minutes`; 0 never locks.
pub(crate) fn is_idle(now: UnixMs, last_active: UnixMs, after_minutes: u32) -> bool {
    after_minutes > 0 && now.since_ms(last_active) >= i64::from(after_minutes) * 60_000
}

impl Desk {
    /// Looks at the clock. One that was set back is counted on from there: otherwise nothing would lock until it has
    /// caught up with the last act.
    fn is_idle_now(&self) -> bool {
        let now = self.inner.clock.now();
        let last_active = UnixMs(self.inner.last_active.fetch_min(now.0, Ordering::Relaxed)).min(now);
        is_idle(now, last_active, self.lock_after_minutes())
    }

    /// Runs until the desk is locked, by it or otherwise.
    pub(crate) async fn lock_when_idle(self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if self.is_idle_now() {
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
    use std::sync::Arc;
    use std::sync::atomic::AtomicI64;

    use super::*;
    use crate::{DeskConfig, Prefill};

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

    #[test]
    fn a_clock_that_is_set_back_does_not_keep_the_desk_open() {
        let minute = 60_000;
        let time = Arc::new(AtomicI64::new(10_000 * minute));
        let told = Arc::clone(&time);
        let config = DeskConfig {
            data_dir: "nowhere".into(),
            server_url: String::new(),
            extra_ca_pem: None,
            prefill: Prefill::default(),
            app_version: String::new(),
        };
        let (desk, _events) = Desk::with_clock(config, Arc::new(move || UnixMs(told.load(Ordering::SeqCst))));
        let limit = i64::from(desk.lock_after_minutes()) * minute;
        assert!(!desk.is_idle_now());
        time.fetch_sub(1_440 * minute, Ordering::SeqCst);
        assert!(!desk.is_idle_now(), "it is not known how long nobody was there");
        time.fetch_add(limit - 1, Ordering::SeqCst);
        assert!(!desk.is_idle_now());
        time.fetch_add(1, Ordering::SeqCst);
        assert!(desk.is_idle_now());
    }
}
