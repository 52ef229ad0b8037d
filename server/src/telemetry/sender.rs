//! The task that sends: a few events at a time, each once. What can't be sent is dropped.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::config::{PosthogHost, PosthogKey, SentryDsn};
use super::event::Event;
use super::http::{PostError, post};
use super::payload::{self, CLIENT};
use super::{TelemetryConfig, TelemetryError};

/// Events sent together.
const BATCH: usize = 50;
/// The first of them waits so long for others.
const LINGER: Duration = Duration::from_secs(1);
/// A service that asks to be left alone is, for as long as it says, but no longer than this; and without a time, for a
/// minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
const PAUSE: Duration = Duration::from_secs(60);

/// Sends to whichever services there are.
pub(super) struct Sender {
    sentry: Option<Service<SentryDsn>>,
    posthog: Option<Service<(PosthogHost, PosthogKey)>>,
    tls: Arc<rustls::ClientConfig>,
}

struct Service<T> {
    place: T,
    paused_until: Option<Instant>,
}

impl<T> Service<T> {
    const fn new(place: T) -> Self {
        Self { place, paused_until: None }
    }

    fn is_paused(&self) -> bool {
        self.paused_until.is_some_and(|until| Instant::now() < until)
    }

    fn learn(&mut self, name: &'static str, posted: Result<(), PostError>) {
        let Err(error) = posted else { return };
        tracing::debug!(service = name, %error, "telemetry was not taken");
        if let PostError::Refused { status: 429 | 503, retry_after } = error {
            self.paused_until = Some(Instant::now() + retry_after.unwrap_or(PAUSE).min(LONGEST_PAUSE));
        }
    }
}

impl Sender {
    /// Nothing when nothing is asked for.
    pub(super) fn find(config: &TelemetryConfig) -> Result<Option<Self>, TelemetryError> {
        let TelemetryConfig { sentry, posthog, root_certificates } = config.clone();
        if sentry.is_none() && posthog.is_none() {
            return Ok(None);
        }
        let tls = tls(root_certificates.as_deref())?;
        Ok(Some(Self { sentry: sentry.map(Service::new), posthog: posthog.map(Service::new), tls }))
    }

    pub(super) async fn run(
        mut self,
        mut queue: mpsc::Receiver<Event>,
        dropped: Arc<AtomicU64>,
        closing: CancellationToken,
    ) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                taken = queue.recv_many(&mut batch, BATCH) => if taken == 0 { return },
                () = closing.cancelled() => {}
            }
            let lingered = Instant::now() + LINGER;
            while batch.len() < BATCH && !closing.is_cancelled() {
                let room = BATCH - batch.len();
                tokio::select! {
                    taken = queue.recv_many(&mut batch, room) => if taken == 0 { break },
                    () = tokio::time::sleep_until(lingered) => break,
                    () = closing.cancelled() => {}
                }
            }
            while batch.len() < BATCH
                && let Ok(event) = queue.try_recv()
            {
                batch.push(event);
            }
            let lost = dropped.swap(0, Ordering::Relaxed);
            if lost > 0 {
                tracing::warn!(lost, "there was too much telemetry, and some of it is dropped");
            }
            if batch.is_empty() {
                return;
            }
            self.send(std::mem::take(&mut batch)).await;
        }
    }

    async fn send(&mut self, events: Vec<Event>) {
        let mut products = Vec::new();
        for event in events {
            match event {
                Event::Product(at, product, studio) => products.push((at, product, studio)),
                Event::Failure(at, failure) => {
                    if let Some(service) = self.sentry.as_mut().filter(|service| !service.is_paused()) {
                        let headers = sentry_headers(&service.place.key);
                        let body = payload::envelope(at, &failure);
                        let posted = post(&self.tls, &service.place.endpoint, &headers, body).await;
                        service.learn("sentry", posted);
                    }
                }
            }
        }
        if let Some(service) = self.posthog.as_mut().filter(|service| !service.is_paused() && !products.is_empty()) {
            let (PosthogHost(endpoint), PosthogKey(key)) = &service.place;
            let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
            let posted = post(&self.tls, endpoint, &headers, payload::batch(key, &products)).await;
            service.learn("posthog", posted);
        }
    }
}

fn sentry_headers(key: &str) -> [(HeaderName, HeaderValue); 2] {
    let auth = format!("Sentry sentry_version=7, sentry_client={CLIENT}, sentry_key={key}");
    let auth = HeaderValue::try_from(auth).expect("a key is letters, digits, - and _");
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/x-sentry-envelope")),
        (HeaderName::from_static("x-sentry-auth"), auth),
    ]
}

fn tls(root_certificates: Option<&Path>) -> Result<Arc<rustls::ClientConfig>, TelemetryError> {
    let certificates: Vec<_> = match root_certificates {
        Some(path) => {
            let unreadable = |source| TelemetryError::Certificates { path: path.to_owned(), source };
            let pem = std::fs::read(path).map_err(unreadable)?;
            CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect()
        }
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    if roots.add_parsable_certificates(certificates).0 == 0 {
        return Err(TelemetryError::NoCertificates);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("ring has TLS 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
