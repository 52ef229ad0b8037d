//! Floor 3: brings the server's changes into the cache, and tells where that stands.
//!
//! Owns the order of things: what is fetched when, what is one transaction, when to try again. What a line of the
//! feed means is decided in `plan` without I/O; `pull` executes; `push` sends what was done here; `presence` knows
//! who looks at what; `engine` keeps it going.

mod blocking;
mod clock;
mod engine;
mod error;
mod feed_reader;
mod lease;
mod lines;
mod outgoing;
mod plan;
mod presence;
mod pull;
mod push;
mod rate;
mod status;

pub use blocking::{Interrupted, unblock};
pub use clock::{Clock, SystemClock};
pub use engine::{Engine, EngineEvent};
pub use error::{FeedError, SyncError};
pub use feed_reader::{FeedReader, Read};
pub use lease::{find_lease, keep_lease};
pub use outgoing::send_audit;
pub use push::{push_all, verdicts};
pub use status::{Connection, EngineStatus, FirstSync, MAX_CLOCK_SKEW_MS, Problem};
