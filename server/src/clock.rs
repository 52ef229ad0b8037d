//! The server's clock, passed in so that tests can set it.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use domain::UnixMs;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// What time it is.
    fn now(&self) -> UnixMs;

    /// Time since some moment, for measuring how much of it passes: setting the clock does not move it.
    fn steady(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.now().0).unwrap_or_default())
    }
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMs {
        UnixMs(chrono::Utc::now().timestamp_millis())
    }

    fn steady(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }
}

/// Any function is a clock.
impl<F: Fn() -> UnixMs + Send + Sync + 'static> Clock for F {
    fn now(&self) -> UnixMs {
        self()
    }
}
