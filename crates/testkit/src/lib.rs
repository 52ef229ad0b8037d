//! Support for tests: real servers, real desks, and faults that can be seen to have fired.

mod desk;
mod proxy;
mod server;

pub use desk::{PASSPHRASE, TestDesk};
pub use proxy::Proxy;
pub use server::{Colleague, Size, TestServer};

/// How long a test waits for something that must happen, before it fails. Long, because machines are shared.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
