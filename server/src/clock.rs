//! The server's clock, passed in so that tests can set it.

use domain::UnixMs;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// What time it is.
    fn now(&self) -> UnixMs;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMs {
        UnixMs(chrono::Utc::now().timestamp_millis())
    }
}

/// Any function is a clock.
impl<F: Fn() -> UnixMs + Send + Sync + 'static> Clock for F {
    fn now(&self) -> UnixMs {
        self()
    }
}
