//! How long a device may be used without its server: a device that is lost, or whose member left, must not show for ever
//! what is on it because nobody lets it hear so.

use serde::{Deserialize, Serialize};

use crate::UnixMs;

/// Where the server says nothing else: seven days, in ms.
pub const DEFAULT_LEASE_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// How far a clock may go back and be taken for one that was set right, in ms.
const CLOCK_GOES_BACK_MS: i64 = 10 * 60 * 1_000;

/// What the server granted when it was last reached. Times are by the device's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub granted_at: UnixMs,
    /// The latest time that the device has seen since.
    pub seen_at: UnixMs,
    pub lasts_ms: i64,
}

impl Lease {
    /// A new one.
    pub const fn granted(at: UnixMs, lasts_ms: i64) -> Self {
        Self { granted_at: at, seen_at: at, lasts_ms }
    }

    /// Whether the device has to reach its server before it is used on. It has to, too, when its clock was set back: how much
    /// time went by nobody knows then.
    pub const fn is_over(&self, now: UnixMs) -> bool {
        now.since_ms(self.granted_at) >= self.lasts_ms || self.seen_at.since_ms(now) > CLOCK_GOES_BACK_MS
    }

    /// The same, after it has come to this time.
    #[must_use]
    pub fn seen(self, now: UnixMs) -> Self {
        Self { seen_at: self.seen_at.max(now), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_over_in_its_time_and_no_clock_makes_it_longer() {
        let day = 24 * 60 * 60 * 1_000;
        let granted = Lease::granted(UnixMs(100 * day), 7 * day);
        // (seen at, now, is over)
        for (seen, now, is_over) in [
            (100 * day, 100 * day, false),
            (106 * day, 107 * day - 1, false),
            (106 * day, 107 * day, true),
            (100 * day, 1_000 * day, true),
            // Set right by some minutes.
            (103 * day, 103 * day - CLOCK_GOES_BACK_MS, false),
            // Set back, to any time.
            (103 * day, 103 * day - CLOCK_GOES_BACK_MS - 1, true),
            (106 * day, 101 * day, true),
            (106 * day, 0, true),
            (100 * day, i64::MIN, true),
        ] {
            assert_eq!(granted.seen(UnixMs(seen)).is_over(UnixMs(now)), is_over, "seen {seen}, now {now}");
        }
    }

    #[test]
    fn what_was_seen_is_not_unseen() {
        let lease = Lease::granted(UnixMs(10), 100).seen(UnixMs(50));
        assert_eq!(lease.seen(UnixMs(20)), lease);
    }
}
