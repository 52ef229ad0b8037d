//! What handlers share.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::Notify;

use crate::auth::{Passwords, TokenKeys};
use crate::clock::Clock;
use crate::db::Database;
use crate::mail::Mailer;
use crate::rate_limits::RateLimits;
use crate::streams::Streams;
use crate::telemetry::Telemetry;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub(crate) struct AppState(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) database: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) token_keys: Arc<TokenKeys>,
    /// Absent where no mail is sent.
    pub(crate) mailer: Option<Mailer>,
    /// Told when there is a mail to send.
    pub(crate) mail_written: Notify,
    /// Where people reach this server, without a slash at its end.
    pub(crate) public_url: String,
    pub(crate) streams: Streams,
    pub(crate) rate_limits: RateLimits,
    pub(crate) trusted_proxies: u8,
    /// How long a device may do without the server, in seconds.
    pub(crate) lease_s: u32,
    pub(crate) telemetry: Telemetry,
    pub(crate) is_tls: bool,
}

impl AppState {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
