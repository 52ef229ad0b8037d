//! The clock, passed in.

use domain::UnixMs;

/// Tells the time of this computer.
pub trait Clock: Send + Sync {
    fn now(&self) -> UnixMs;
}

/// The computer's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMs {
        UnixMs(chrono::Utc::now().timestamp_millis())
    }
}

/// Any function is a clock.
impl<F: Fn() -> UnixMs + Send + Sync> Clock for F {
    fn now(&self) -> UnixMs {
        self()
    }
}
