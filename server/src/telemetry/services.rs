//! The two services: a Sentry for failures, a PostHog for uses.

use std::path::Path;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use domain::UnixMs;

use super::TelemetryError;
use super::config::{PosthogHost, PosthogKey, SentryDsn};
use super::courier::Service;
use super::event::{Failure, Use};
use super::http::{PostError, Poster};
use super::payload::{self, CLIENT};
use super::pseudonym::Pseudonym;

/// Is told of failures.
pub(super) struct Sentry {
    poster: Poster,
    headers: [(HeaderName, HeaderValue); 2],
}

/// Counts uses.
pub(super) struct Posthog {
    poster: Poster,
    key: PosthogKey,
}

impl Sentry {
    pub(super) fn new(dsn: &SentryDsn, root_certificates: Option<&Path>) -> Result<Self, TelemetryError> {
        let auth = format!("Sentry sentry_version=7, sentry_client={CLIENT}, sentry_key={}", dsn.key);
        let auth = HeaderValue::try_from(auth).expect("a key is letters, digits, - and _");
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/x-sentry-envelope")),
            (HeaderName::from_static("x-sentry-auth"), auth),
        ];
        Ok(Self { poster: Poster::new(dsn.endpoint.clone(), root_certificates)?, headers })
    }
}

impl Service for Sentry {
    type Event = Failure;
    const NAME: &'static str = "sentry";
    /// An envelope holds one.
    const BATCH: usize = 1;
    const LINGER: Duration = Duration::ZERO;

    async fn send(&self, failures: &[(UnixMs, Failure)]) -> Result<(), PostError> {
        for (at, failure) in failures {
            self.poster.post(&self.headers, payload::envelope(*at, failure)).await?;
        }
        Ok(())
    }
}

impl Posthog {
    pub(super) fn new(
        host: &PosthogHost,
        key: &PosthogKey,
        root_certificates: Option<&Path>,
    ) -> Result<Self, TelemetryError> {
        Ok(Self { poster: Poster::new(host.0.clone(), root_certificates)?, key: key.clone() })
    }
}

impl Service for Posthog {
    type Event = (Use, Pseudonym);
    const NAME: &'static str = "posthog";
    const BATCH: usize = 50;
    const LINGER: Duration = Duration::from_secs(1);

    async fn send(&self, uses: &[(UnixMs, (Use, Pseudonym))]) -> Result<(), PostError> {
        let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        self.poster.post(&headers, payload::batch(&self.key.0, uses)).await
    }
}
