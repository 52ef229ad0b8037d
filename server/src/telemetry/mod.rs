//! What the operator's own Sentry and PostHog, or services like them, are told of this server (A10): that something
//! failed, and what is used. Only when the environment names them; otherwise there is no task and no connection.
//!
//! Nothing that a person wrote can get in, by type: what is told is made of closed enums, numbers, patterns of routes,
//! places in our source, ids of requests that are UUIDs, and keyed pseudonyms of studios. No text, no error, no header,
//! no address of a client has a way into it (`docs/adr/0014`).
//!
//! Never in a request's way: what finds no room in the queue is dropped, and so is what can't be sent.

mod config;
mod courier;
mod event;
mod http;
mod log_layer;
mod payload;
mod pseudonym;
mod services;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use config::{InvalidPosthogHost, InvalidPosthogKey, InvalidSentryDsn, PosthogHost, PosthogKey, SentryDsn};
pub(crate) use event::{Answered, Failure, Fault, FaultKind, Place, Use};
pub(crate) use log_layer::{LogLayer, log_panic, take_panic};
pub(crate) use pseudonym::{PseudonymKey, Who};

use crate::auth::TokenKeys;
use crate::clock::Clock;
use crate::tls::AuthoritiesError;
use courier::{Outbox, Service, Tally};
use pseudonym::Pseudonym;
use services::{Posthog, Sentry};

/// What still waits when the server stops is sent in so long, or not at all.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Where telemetry goes; nowhere by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TelemetryConfig {
    pub sentry: Option<SentryDsn>,
    pub posthog: Option<(PosthogHost, PosthogKey)>,
    /// PEM file of the authorities to trust for both, in place of the system's.
    pub root_certificates: Option<PathBuf>,
}

/// Why telemetry that is asked for can't be had.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("{}: {source}", path.display())]
    Certificates { path: PathBuf, source: std::io::Error },
    #[error("there are no certificates to verify where telemetry goes with: give some in FRONTDESK_TELEMETRY_CA")]
    NoCertificates,
}

impl From<AuthoritiesError> for TelemetryError {
    fn from(error: AuthoritiesError) -> Self {
        match error {
            AuthoritiesError::Unreadable { path, source } => Self::Certificates { path, source },
            AuthoritiesError::Nobody => Self::NoCertificates,
        }
    }
}

impl TelemetryConfig {
    /// The services that are named. Connects to none.
    fn services(&self) -> Result<(Option<Sentry>, Option<Posthog>), TelemetryError> {
        let roots = self.root_certificates.as_deref();
        let sentry = self.sentry.as_ref().map(|dsn| Sentry::new(dsn, roots));
        let posthog = self.posthog.as_ref().map(|(host, key)| Posthog::new(host, key, roots));
        Ok((sentry.transpose()?, posthog.transpose()?))
    }

    /// Whether a server could start with it.
    ///
    /// # Errors
    /// [`TelemetryError`].
    pub(crate) fn check(&self) -> Result<(), TelemetryError> {
        self.services().map(drop)
    }
}

/// Takes what is told. A clone leads to the same queues; without any, it takes nothing.
#[derive(Clone)]
pub(crate) struct Telemetry(Option<Arc<On>>);

struct On {
    failures: Option<Outbox<Failure>>,
    uses: Option<Outbox<(Use, Pseudonym)>>,
    token_keys: Arc<TokenKeys>,
    clock: Arc<dyn Clock>,
}

/// The tasks that send. Dropping it ends them, and what waits is lost.
#[derive(Default)]
pub(crate) struct TelemetryTask {
    closing: CancellationToken,
    couriers: Vec<(JoinHandle<()>, Arc<Tally>)>,
}

impl Telemetry {
    /// Starts what is asked for.
    ///
    /// # Errors
    /// [`TelemetryError`].
    pub(crate) fn start(
        config: &TelemetryConfig,
        token_keys: Arc<TokenKeys>,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, TelemetryTask), TelemetryError> {
        let mut task = TelemetryTask::default();
        let (sentry, posthog) = config.services()?;
        if sentry.is_none() && posthog.is_none() {
            return Ok((Self(None), task));
        }
        let failures = sentry.map(|sentry| task.spawn(sentry));
        let uses = posthog.map(|posthog| task.spawn(posthog));
        Ok((Self(Some(Arc::new(On { failures, uses, token_keys, clock }))), task))
    }

    /// A request was answered: a failure if it was the server's.
    pub(crate) fn note_answer(&self, answered: &Answered<'_>) {
        if self.0.is_some()
            && let Some(failure) = Failure::of_answer(answered)
        {
            self.note_failure(failure);
        }
    }

    /// Something failed.
    fn note_failure(&self, failure: Failure) {
        if let Some(on) = &self.0
            && let Some(failures) = &on.failures
        {
            failures.put(on.clock.now(), failure);
        }
    }

    /// Something was used.
    pub(crate) fn note_use(&self, used: Use, who: Who) {
        if let Some(on) = &self.0
            && let Some(uses) = &on.uses
        {
            let now = on.clock.now();
            uses.put(now, (used, on.token_keys.known().pseudonym_key(now).of(who)));
        }
    }
}

impl TelemetryTask {
    fn spawn<S: Service>(&mut self, service: S) -> Outbox<S::Event> {
        let (outbox, courier, tally) = courier::queue(service);
        self.couriers.push((tokio::spawn(courier.run(self.closing.clone())), tally));
        outbox
    }

    /// Ends it, once what waits is sent; or soon, if that takes too long.
    pub(crate) async fn end(mut self) {
        self.closing.cancel();
        let deadline = tokio::time::Instant::now() + LAST_WORDS;
        for (courier, tally) in &mut self.couriers {
            if tokio::time::timeout_at(deadline, &mut *courier).await.is_err() {
                courier.abort();
                // Only that it has ended matters here.
                let _ = courier.await;
            }
            tally.close();
        }
    }
}

impl Drop for TelemetryTask {
    fn drop(&mut self) {
        self.couriers.iter().for_each(|(courier, _)| courier.abort());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_place_to_go_there_is_nothing_that_sends_and_no_certificate_is_looked_for() {
        let missing = Some(PathBuf::from("/nowhere/authorities.pem"));
        let off = TelemetryConfig { root_certificates: missing.clone(), ..TelemetryConfig::default() };
        let (sentry, posthog) = off.services().expect("nothing to fail");
        assert!(sentry.is_none() && posthog.is_none());
        let dsn = |text: &str| Some(text.parse().expect("a DSN"));
        let plain = TelemetryConfig { sentry: dsn("http://0af3@localhost:9000/42"), ..off.clone() };
        plain.check().expect("there is no TLS to do");
        let tls = TelemetryConfig { sentry: dsn("https://0af3@sentry.example.org/42"), ..off };
        let error = tls.check().expect_err("the control: it is looked for").to_string();
        assert!(error.starts_with("/nowhere/authorities.pem: ") && !error.contains("0af3"), "{error}");
    }
}
