//! A queue of bounded length and the task that empties it into a service. Whoever puts something in never waits: what
//! finds no room is dropped, and so is what can't be sent. What is lost is counted, and the log says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::UnixMs;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::http::PostError;

/// Events that wait for one service; one more is dropped.
pub(super) const QUEUE: usize = 256;
/// A service that asks to be left alone is, but no longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// The log tells of losses at most so often.
const REPORT_EVERY: Duration = Duration::from_secs(60);

/// Where events of one sort go.
pub(super) trait Service: Send + Sync + 'static {
    type Event: Send + Sync + 'static;
    /// For the log.
    const NAME: &'static str;
    /// Events that are sent together.
    const BATCH: usize;
    /// The first of them waits so long for others.
    const LINGER: Duration;
    /// When something could not be sent, the service is left alone for so long, if it does not say for how long.
    const PAUSE: Duration = Duration::from_secs(60);

    /// Sends them, once.
    fn send(&self, events: &[(UnixMs, Self::Event)]) -> impl Future<Output = Result<(), PostError>> + Send;
}

/// The way into a queue.
pub(super) struct Outbox<E> {
    sender: mpsc::Sender<(UnixMs, E)>,
    tally: Arc<Tally>,
}

/// What became of the events of one service.
#[derive(Debug)]
pub(super) struct Tally {
    service: &'static str,
    /// Neither sent nor lost.
    waiting: AtomicU64,
    /// Lost, and not in the log yet.
    lost: AtomicU64,
}

/// Empties a queue.
pub(super) struct Courier<S: Service> {
    service: S,
    queue: mpsc::Receiver<(UnixMs, S::Event)>,
    tally: Arc<Tally>,
    reported: Option<Instant>,
}

impl<E> Outbox<E> {
    pub(super) fn put(&self, at: UnixMs, event: E) {
        self.tally.waiting.fetch_add(1, Ordering::Relaxed);
        if self.sender.try_send((at, event)).is_err() {
            self.tally.settle(1, false);
        }
    }
}

impl Tally {
    fn settle(&self, events: usize, is_sent: bool) {
        let events = events as u64;
        self.waiting.fetch_sub(events, Ordering::Relaxed);
        if !is_sent {
            self.lost.fetch_add(events, Ordering::Relaxed);
        }
    }

    /// Once nothing more is sent: what still waits is lost as well.
    pub(super) fn close(&self) {
        let lost = self.lost.swap(0, Ordering::Relaxed) + self.waiting.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(service = self.service, lost, "telemetry is lost: the server stopped");
        }
    }
}

/// A queue, and who empties it into `service`.
pub(super) fn queue<S: Service>(service: S) -> (Outbox<S::Event>, Courier<S>, Arc<Tally>) {
    let (sender, queue) = mpsc::channel(QUEUE);
    let tally = Arc::new(Tally { service: S::NAME, waiting: AtomicU64::new(0), lost: AtomicU64::new(0) });
    let outbox = Outbox { sender, tally: Arc::clone(&tally) };
    let courier = Courier { service, queue, tally: Arc::clone(&tally), reported: None };
    (outbox, courier, tally)
}

impl<S: Service> Courier<S> {
    /// Until `closing`, and then until the queue is empty or the service fails.
    pub(super) async fn run(mut self, closing: CancellationToken) {
        let mut batch = Vec::with_capacity(S::BATCH);
        loop {
            self.gather(&mut batch, &closing).await;
            if batch.is_empty() {
                return;
            }
            let sent = self.service.send(&batch).await;
            self.tally.settle(batch.len(), sent.is_ok());
            batch.clear();
            self.report(sent.as_ref().err());
            if let Err(error) = sent
                && closing.run_until_cancelled(tokio::time::sleep(pause::<S>(&error))).await.is_none()
            {
                return;
            }
        }
    }

    /// Waits for an event, and a little for those that come with it. None when it is over.
    async fn gather(&mut self, batch: &mut Vec<(UnixMs, S::Event)>, closing: &CancellationToken) {
        tokio::select! {
            taken = self.queue.recv_many(batch, S::BATCH) => if taken == 0 { return },
            () = closing.cancelled() => {}
        }
        let lingered = Instant::now() + S::LINGER;
        while batch.len() < S::BATCH && !closing.is_cancelled() {
            let room = S::BATCH - batch.len();
            tokio::select! {
                taken = self.queue.recv_many(batch, room) => if taken == 0 { return },
                () = tokio::time::sleep_until(lingered) => return,
                () = closing.cancelled() => {}
            }
        }
        while batch.len() < S::BATCH
            && let Ok(event) = self.queue.try_recv()
        {
            batch.push(event);
        }
    }

    fn report(&mut self, error: Option<&PostError>) {
        let told_lately = self.reported.is_some_and(|at| at.elapsed() < REPORT_EVERY);
        if told_lately || self.tally.lost.load(Ordering::Relaxed) == 0 {
            return;
        }
        self.reported = Some(Instant::now());
        let lost = self.tally.lost.swap(0, Ordering::Relaxed);
        match error {
            Some(error) => tracing::warn!(service = S::NAME, lost, %error, "telemetry is lost: it was not taken"),
            None => tracing::warn!(service = S::NAME, lost, "telemetry is lost: there was too much at a time"),
        }
    }
}

fn pause<S: Service>(error: &PostError) -> Duration {
    match error {
        PostError::Refused { retry_after: Some(asked), .. } => (*asked).min(LONGEST_PAUSE),
        _ => S::PAUSE,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// What must happen happens well within it.
    const LONG: Duration = Duration::from_secs(60);

    /// What was sent, and whether that failed.
    type Sent = (Vec<u32>, bool);

    /// Fails its first so many times.
    struct Scripted {
        failures: Mutex<u64>,
        sent: mpsc::UnboundedSender<Sent>,
    }

    impl Service for Scripted {
        type Event = u32;
        const NAME: &'static str = "scripted";
        const BATCH: usize = 10;
        const LINGER: Duration = Duration::from_millis(20);
        const PAUSE: Duration = Duration::from_millis(20);

        async fn send(&self, events: &[(UnixMs, u32)]) -> Result<(), PostError> {
            let mut failures = self.failures.lock().expect("lock");
            let fails = *failures > 0;
            *failures = failures.saturating_sub(1);
            self.sent.send((events.iter().map(|(_, event)| *event).collect(), fails)).expect("somebody looks");
            if fails { Err(PostError::Timeout) } else { Ok(()) }
        }
    }

    fn scripted(failures: u64) -> (Outbox<u32>, Courier<Scripted>, Arc<Tally>, mpsc::UnboundedReceiver<Sent>) {
        let (sender, sent) = mpsc::unbounded_channel();
        let (outbox, courier, tally) = queue(Scripted { failures: Mutex::new(failures), sent: sender });
        (outbox, courier, tally, sent)
    }

    fn counted(tally: &Tally) -> (u64, u64) {
        (tally.waiting.load(Ordering::Relaxed), tally.lost.load(Ordering::Relaxed))
    }

    #[test]
    fn what_finds_no_room_is_lost_and_nobody_waits() {
        let (outbox, _courier, tally, _sent) = scripted(0);
        for event in 0..300 {
            outbox.put(UnixMs(1), event);
        }
        assert_eq!(counted(&tally), (QUEUE as u64, 44));
    }

    #[tokio::test]
    async fn what_fails_is_not_sent_again_and_what_comes_after_is_sent_later() {
        let (outbox, courier, tally, mut sent) = scripted(1);
        (0..25).for_each(|event| outbox.put(UnixMs(1), event));
        let closing = CancellationToken::new();
        let running = tokio::spawn(courier.run(closing.clone()));
        let mut next = async || tokio::time::timeout(LONG, sent.recv()).await.expect("in time").expect("it runs");
        assert_eq!(next().await, ((0..10).collect(), true), "the fault");
        assert_eq!(next().await, ((10..20).collect(), false));
        assert_eq!(next().await, ((20..25).collect(), false), "after waiting for more");
        closing.cancel();
        running.await.expect("it ends");
        assert_eq!(counted(&tally), (0, 0), "the log has been told of those lost");
    }

    #[tokio::test]
    async fn at_the_end_what_waits_is_sent_unless_the_service_fails() {
        for (failures, batches) in [(0, 3), (1, 1)] {
            let (outbox, courier, tally, mut sent) = scripted(failures);
            (0..25).for_each(|event| outbox.put(UnixMs(1), event));
            let closing = CancellationToken::new();
            closing.cancel();
            courier.run(closing).await;
            let mut tried = 0;
            while sent.try_recv().is_ok() {
                tried += 1;
            }
            assert_eq!(tried, batches);
            assert_eq!(counted(&tally).0, if failures == 0 { 0 } else { 15 });
        }
    }

    #[test]
    fn a_service_is_left_alone_as_long_as_it_asks_within_reason() {
        let refused = |retry_after| PostError::Refused { status: 429, retry_after };
        for (error, expected) in [
            (refused(Some(Duration::from_secs(5))), Duration::from_secs(5)),
            (refused(Some(Duration::from_secs(1_000_000))), LONGEST_PAUSE),
            (refused(None), Scripted::PAUSE),
            (PostError::Timeout, Scripted::PAUSE),
        ] {
            assert_eq!(pause::<Scripted>(&error), expected);
        }
    }
}
