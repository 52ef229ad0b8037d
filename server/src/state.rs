//! What handlers share.

use std::ops::Deref;
use std::sync::Arc;

use crate::auth::{AccessTokens, Passwords, RefreshTokens};
use crate::clock::Clock;
use crate::db::Database;
use crate::feed::CursorSeal;
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
    pub(crate) access_tokens: AccessTokens,
    pub(crate) refresh_tokens: RefreshTokens,
    pub(crate) cursor_seal: CursorSeal,
    pub(crate) streams: Streams,
    pub(crate) rate_limits: RateLimits,
    pub(crate) trusted_proxies: u8,
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
