//! What the operator's own Sentry and PostHog, or services like them, are told of this server (A10): that something
//! failed, and what is used. Only when the environment names them; otherwise there is no task and no connection.
//!
//! Nothing that a person wrote can get in, by type: an [`Event`] is made of closed enums, numbers, patterns of routes,
//! places in our source, ids of requests that are UUIDs, and keyed hashes of studios. No text, no error, no header, no
//! address of a client has a way into it (`docs/adr/0013`).
//!
//! Never in a request's way: what finds no room in the queue is dropped, and so is what can't be sent.

mod config;
mod event;
mod http;
mod log_layer;
mod payload;
mod sender;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::StudioId;
use ring::hmac;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use config::{InvalidPosthogHost, InvalidPosthogKey, InvalidSentryDsn, PosthogHost, PosthogKey, SentryDsn};
pub(crate) use event::{Answered, Failure, Place, Product, StudioHash};
pub(crate) use log_layer::{LogLayer, PANIC_TARGET};

use crate::clock::Clock;
use event::Event;
use sender::Sender;

/// Events that wait; one more is dropped.
const QUEUE: usize = 256;
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
    #[error("{path}: {source}")]
    Certificates { path: PathBuf, source: std::io::Error },
    #[error("there are no certificates to verify where telemetry goes with")]
    NoCertificates,
}

/// Takes events. A clone leads to the same queue; without one, it takes nothing.
#[derive(Clone)]
pub(crate) struct Telemetry(Option<Arc<Queue>>);

struct Queue {
    sender: mpsc::Sender<Event>,
    dropped: Arc<AtomicU64>,
    clock: Arc<dyn Clock>,
    hashing: hmac::Key,
}

/// The task that sends. Dropping it ends it, and what waits is lost.
pub(crate) struct TelemetryTask {
    closing: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Telemetry {
    /// Starts what is asked for. `key` makes the hashes of studios unlike any other server's.
    ///
    /// # Errors
    /// [`TelemetryError`].
    pub(crate) fn start(
        config: &TelemetryConfig,
        key: &[u8; 32],
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, TelemetryTask), TelemetryError> {
        let closing = CancellationToken::new();
        let Some(sending) = Sender::find(config)? else {
            return Ok((Self(None), TelemetryTask { closing, task: None }));
        };
        let (sender, receiver) = mpsc::channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let task = tokio::spawn(sending.run(receiver, Arc::clone(&dropped), closing.clone()));
        let hashing = hmac::Key::new(hmac::HMAC_SHA256, key);
        let telemetry = Self(Some(Arc::new(Queue { sender, dropped, clock, hashing })));
        Ok((telemetry, TelemetryTask { closing, task: Some(task) }))
    }

    /// A request was answered: a failure if it was the server's, a use if it is one that counts.
    pub(crate) fn note_answer(&self, answered: &Answered<'_>, studio_id: Option<StudioId>) {
        let Some(queue) = &self.0 else { return };
        if let Some(failure) = Failure::of_answer(answered) {
            queue.put(Event::Failure(queue.clock.now(), failure));
        }
        if let (Some(product), Some(studio_id)) = (Product::of_answer(answered), studio_id) {
            let studio = StudioHash::new(&queue.hashing, studio_id);
            queue.put(Event::Product(queue.clock.now(), product, studio));
        }
    }

    /// Something failed that no request is told of.
    pub(crate) fn note_failure(&self, failure: Failure) {
        if let Some(queue) = &self.0 {
            queue.put(Event::Failure(queue.clock.now(), failure));
        }
    }
}

impl Queue {
    fn put(&self, event: Event) {
        if self.sender.try_send(event).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl TelemetryTask {
    /// Ends it, once what waits is sent; or soon, if that takes too long.
    pub(crate) async fn end(mut self) {
        self.closing.cancel();
        if let Some(task) = self.task.as_mut()
            && tokio::time::timeout(LAST_WORDS, task).await.is_err()
        {
            tracing::warn!("telemetry that still waited is lost");
        }
    }
}

impl Drop for TelemetryTask {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::layer::{Layer, SubscriberExt};

    use super::*;
    use crate::clock::SystemClock;

    fn listening() -> (Telemetry, mpsc::Receiver<Event>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let hashing = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
        let queue = Queue { sender, dropped: Arc::default(), clock: Arc::new(SystemClock), hashing };
        (Telemetry(Some(Arc::new(queue))), receiver)
    }

    /// What would be sent of what waits.
    fn envelopes(receiver: &mut mpsc::Receiver<Event>) -> Vec<String> {
        let mut envelopes = Vec::new();
        while let Ok(Event::Failure(at, failure)) = receiver.try_recv() {
            envelopes.push(String::from_utf8(payload::envelope(at, &failure)).expect("JSON"));
        }
        envelopes
    }

    #[test]
    fn errors_outside_of_requests_and_panics_are_told_by_their_place_alone() {
        let (telemetry, mut told) = listening();
        let layer = LogLayer::default();
        let errors = Targets::new().with_target("frontdesk_server", tracing::Level::INFO);
        let log = tracing_subscriber::registry().with(layer.clone().with_filter(errors));
        tracing::subscriber::with_default(log, || {
            tracing::error!("too early for Nora");
            layer.tell(telemetry);
            tracing::error!(name = "Nora", "Nora's job failed");
            tracing::info_span!("feed", who = "Nora").in_scope(|| tracing::error!("Nora's feed"));
            // None of these is ours to tell.
            tracing::info_span!("request").in_scope(|| tracing::error!("its answer tells"));
            tracing::warn!("no error");
            tracing::error!(target: "hyper", "of a library");
            tracing::error!(target: PANIC_TARGET, "the hook tells");
        });
        layer.note_panic(Some(Place::of_panic(std::panic::Location::caller())));
        let told = envelopes(&mut told);
        let kinds = ["an error outside of requests", "an error outside of requests", "a panic"];
        assert_eq!(told.len(), kinds.len(), "{told:?}");
        for (envelope, kind) in told.iter().zip(kinds) {
            assert!(envelope.contains(kind) && envelope.contains("src/telemetry/mod.rs:"), "{envelope}");
            assert!(!envelope.contains("Nora"), "{envelope}");
        }
    }

    #[test]
    fn what_finds_no_room_is_dropped_and_nobody_waits() {
        let (telemetry, mut told) = listening();
        for _ in 0..QUEUE + 44 {
            telemetry.note_failure(Failure::Panic { place: None });
        }
        let queue = telemetry.0.as_ref().expect("it listens");
        assert_eq!(queue.dropped.load(Ordering::Relaxed), 44);
        assert_eq!(envelopes(&mut told).len(), QUEUE);
    }

    #[tokio::test]
    async fn without_a_place_to_go_there_is_no_task_and_no_queue() {
        let off =
            Telemetry::start(&TelemetryConfig::default(), &[7; 32], Arc::new(SystemClock)).expect("nothing to fail");
        assert!(off.0.0.is_none() && off.1.task.is_none());
        off.0.note_failure(Failure::Panic { place: None });
        off.1.end().await;
    }
}
