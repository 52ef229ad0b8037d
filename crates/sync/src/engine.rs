//! The loop that keeps the cache up to date: listens for hints, pulls, and tries again when it can't.
//!
//! The hint stream is opened before the pull, so that nothing can change between the two unnoticed. The cursor in the
//! cache is the truth; a hint only says that there may be something to pull.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api_client::{ApiClient, FailureKind, ServerEvent};
use backon::{BackoffBuilder, ExponentialBuilder};
use domain::{DEFAULT_LEASE_MS, LeadId, Lease, MemberId, UnixMs};
use store::{Applied, Cache, PageProgress};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wire::changes::FeedKind;

use crate::lease::keep_lease;
use crate::presence::Lookers;
use crate::pull::{PullTurn, Told, pull, run_blocking};
use crate::push::{Pushed, push};
use crate::rate::RateMeter;
use crate::status::{Connection, EngineStatus, FirstSync, Problem};
use crate::{Clock, SyncError, outgoing};

/// First wait after a failure.
const MIN_WAIT: Duration = Duration::from_secs(1);
/// Longest wait between tries that the server has not asked for; a click, a focus or a network's return cuts it short.
const MAX_WAIT: Duration = Duration::from_secs(15);

/// What the engine tells whoever started it.
#[derive(Debug, Clone)]
pub enum EngineEvent {
    /// Rows of the cache changed.
    Applied(Applied),
    /// The status is now this.
    Status(EngineStatus),
    /// The cache was found to be an older copy, which is being brought up to date: so many acts of this device are not in it.
    OlderCopy { missing: u64 },
    /// Other colleagues look at leads than did.
    LookersChanged,
    /// Somebody ended the session: the account must leave this computer.
    SessionEnded,
}

/// A running engine. It stops when told to, or when it is dropped.
pub struct Engine {
    shared: Arc<Shared>,
    tasks: TaskTracker,
}

struct Shared {
    client: ApiClient,
    cache: Cache,
    clock: Arc<dyn Clock>,
    events: mpsc::UnboundedSender<EngineEvent>,
    status: Mutex<EngineStatus>,
    lookers: Lookers,
    wake: Notify,
    hint: Notify,
    turn: PullTurn,
    /// How long the server last said that a device may do without it, in ms.
    lease_ms: AtomicI64,
    stop: CancellationToken,
}

/// Why a round ended.
enum RoundEnd {
    /// The connection broke after it had worked: try again soon.
    Broken(SyncError),
    /// It never came up.
    Failed(SyncError),
}

impl Engine {
    /// Starts to sync `cache` through `client`, telling `events`.
    ///
    /// # Errors
    /// The cache can't be read.
    pub async fn start(
        client: ApiClient,
        cache: Cache,
        clock: Arc<dyn Clock>,
        events: mpsc::UnboundedSender<EngineEvent>,
    ) -> Result<Self, SyncError> {
        let status = {
            let cache = cache.clone();
            let now = clock.now();
            run_blocking(move || initial_status(&cache, now)).await?
        };
        let shared = Arc::new(Shared {
            client,
            cache,
            clock,
            events,
            status: Mutex::new(status),
            lookers: Lookers::default(),
            wake: Notify::new(),
            hint: Notify::new(),
            turn: PullTurn::default(),
            lease_ms: AtomicI64::new(DEFAULT_LEASE_MS),
            stop: CancellationToken::new(),
        });
        let tasks = TaskTracker::new();
        let running = Arc::clone(&shared);
        tasks.spawn(async move {
            let stop = running.stop.clone();
            stop.run_until_cancelled(run(&running)).await;
        });
        tasks.close();
        Ok(Self { shared, tasks })
    }

    /// Where the sync stands now.
    pub fn status(&self) -> EngineStatus {
        self.shared.status().clone()
    }

    /// Tries now instead of waiting on.
    pub fn wake(&self) {
        self.shared.wake.notify_one();
    }

    /// The member is on this lead's page, or on none: colleagues hear of it while the server can be reached.
    pub fn look_at(&self, lead_id: Option<LeadId>) {
        self.shared.lookers.look_at(lead_id);
    }

    /// Colleagues who are on a lead's page, as far as is known.
    pub fn colleagues_on(&self, lead_id: LeadId) -> Vec<MemberId> {
        self.shared.lookers.colleagues_on(lead_id)
    }

    /// Tells the server that nobody is here any more, if that can be done at once. To be called when it has stopped.
    pub async fn leave(&self) {
        self.shared.lookers.leave(&self.shared.client).await;
    }

    /// Stops, and returns once nothing of it runs any more.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

/// What is known before the first try.
fn initial_status(cache: &Cache, now: UnixMs) -> Result<EngineStatus, store::StoreError> {
    let state = cache.sync_state()?;
    let first_sync = (!state.complete).then(|| {
        let progress = state.snapshot;
        FirstSync {
            rows_done: progress.map_or(0, |progress| progress.rows_done),
            rows_total: progress.map_or(0, |progress| progress.totals.rows()),
            rows_per_s: 0,
            remaining_s: None,
        }
    });
    Ok(EngineStatus {
        connection: Connection::Connecting,
        since: now,
        up_to_date_at: state.up_to_date_at,
        first_sync,
        unreadable_changes: state.unreadable,
        clock_skew_ms: None,
        problem: None,
    })
}

async fn run(shared: &Arc<Shared>) {
    let waits = ExponentialBuilder::default()
        .with_min_delay(MIN_WAIT)
        .with_max_delay(MAX_WAIT)
        .without_max_times()
        .with_jitter();
    let mut wait = waits.build();
    loop {
        let end = round(shared).await;
        let (error, had_worked) = match end {
            RoundEnd::Broken(error) => (error, true),
            RoundEnd::Failed(error) => (error, false),
        };
        if had_worked {
            wait = waits.build();
        }
        tracing::info!(%error, "sync interrupted");
        if error.ends_session() {
            shared.update(|status, now| {
                status.connect(Connection::Stopped, now);
                status.problem = Some(Problem::new(error));
            });
            shared.tell(EngineEvent::SessionEnded);
            return;
        }
        if error.wants_sign_in() {
            shared.update(|status, now| {
                status.connect(Connection::Stopped, now);
                status.problem = Some(Problem::new(error));
            });
            // Time does not help, but somebody who signs in again. Whoever asks for a try gets one all the same: the
            // server may have got back what it knew.
            shared.wake.notified().await;
            continue;
        }
        if error.is_cursor_refused() && matches!(restart_snapshot(&shared.cache).await, Ok(true)) {
            // Not at once: a server that refuses each of its own cursors must not be asked without end.
            tokio::time::sleep(wait.next().unwrap_or(MAX_WAIT)).await;
            continue;
        }
        let asked_for = retry_after(&error);
        shared.update(|status, now| {
            status.connect(if is_offline(&error) { Connection::Offline } else { Connection::Stopped }, now);
            if let Some(first) = &mut status.first_sync {
                first.rows_per_s = 0;
                first.remaining_s = None;
            }
            status.problem = Some(Problem::new(error));
        });
        let own = wait.next().unwrap_or(MAX_WAIT);
        let pause = pause(asked_for, own);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shared.wake.notified() => {}
        }
    }
}

/// Gives up a cursor, or the run of changes it is of, that the server refused. `false` when there was none to refuse: then
/// it is the server that is wrong.
async fn restart_snapshot(cache: &Cache) -> Result<bool, SyncError> {
    let cache = cache.clone();
    run_blocking(move || {
        let state = cache.sync_state()?;
        let had_cursor = state.cursor.is_some() || state.epoch.is_some();
        if had_cursor {
            cache.restart_snapshot()?;
        }
        Ok(had_cursor)
    })
    .await
}

/// Listens, pulls, and pulls again on every hint, until something breaks.
async fn round(shared: &Arc<Shared>) -> RoundEnd {
    let mut hints = match shared.client.events().await {
        Ok(hints) => hints,
        Err(failure) => return RoundEnd::Failed(failure.into()),
    };
    let listen = async {
        loop {
            match hints.next().await {
                Ok(Some(ServerEvent::Hint)) => shared.hint.notify_one(),
                Ok(Some(ServerEvent::Presence(presence))) => {
                    shared.lookers.note(presence);
                    shared.tell(EngineEvent::LookersChanged);
                }
                Ok(None) => return SyncError::Feed(crate::FeedError::Cut),
                Err(failure) => return failure.into(),
            }
        }
    };
    let mut worked = false;
    let work = async {
        loop {
            catch_up(shared).await?;
            worked = true;
            tokio::select! {
                () = shared.hint.notified() => {}
                () = shared.wake.notified() => {}
                failed = tidy_while_idle(&shared.cache) => return failed,
            }
        }
    };
    let error = tokio::select! {
        error = listen => error,
        Ok(error) | Err(error) = work => error,
        never = shared.lookers.announce(&shared.client) => match never {},
    };
    if shared.lookers.forget() {
        shared.tell(EngineEvent::LookersChanged);
    }
    if worked { RoundEnd::Broken(error) } else { RoundEnd::Failed(error) }
}

/// Puts the cache's indexes in order in small steps; then waits to be dropped. Returns only to fail.
async fn tidy_while_idle(cache: &Cache) -> Result<SyncError, SyncError> {
    loop {
        let cache = cache.clone();
        if !run_blocking(move || cache.tidy()).await? {
            return std::future::pending().await;
        }
    }
}

/// Sends what waits to be sent and pulls to the end. What is done while it runs wakes it for another round.
async fn catch_up(shared: &Arc<Shared>) -> Result<(), SyncError> {
    let pushed = push(&shared.client, &shared.cache, |Pushed { applied, missing }| {
        shared.tell(EngineEvent::Applied(applied));
        shared.note_older_copy(missing);
    });
    let pushed = pushed.await;
    if let Err(error) = pushed {
        // A server that fails on what was done here must not keep anybody from seeing what others do.
        if !error.is_of_server() {
            return Err(error);
        }
        pull_all(shared).await?;
        return Err(error);
    }
    pull_all(shared).await?;
    outgoing::send_audit(&shared.client, &shared.cache).await
}

async fn pull_all(shared: &Arc<Shared>) -> Result<(), SyncError> {
    let (told, mut tellings) = mpsc::unbounded_channel();
    let pulling = async {
        let outcome = pull(&shared.client, &shared.cache, &shared.turn, &told).await;
        drop(told);
        outcome
    };
    let telling = async {
        let mut meter = RateMeter::default();
        while let Some(message) = tellings.recv().await {
            shared.note(message, &mut meter);
        }
    };
    let (outcome, ()) = tokio::join!(pulling, telling);
    let is_whole = outcome?;
    let now = shared.clock.now();
    let cache = shared.cache.clone();
    let lease = Lease::granted(now, shared.lease_ms.load(Ordering::Relaxed));
    let (state, settled) = run_blocking(move || {
        let settled = if is_whole { cache.end_pull(now)? } else { Applied::default() };
        cache.set_up_to_date(now)?;
        keep_lease(&cache, lease)?;
        Ok((cache.sync_state()?, settled))
    })
    .await?;
    if settled != Applied::default() {
        shared.tell(EngineEvent::Applied(settled));
    }
    shared.update(|status, now| {
        status.connect(Connection::Online, now);
        status.up_to_date_at = Some(now);
        status.first_sync = None;
        status.unreadable_changes = state.unreadable;
        status.problem = None;
    });
    Ok(())
}

impl Shared {
    fn status(&self) -> MutexGuard<'_, EngineStatus> {
        // The status is a plain value: one half-written by a panic elsewhere is still one.
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: EngineEvent) {
        // Nobody listens only while the desk is being closed.
        drop(self.events.send(event));
    }

    fn update(&self, change: impl FnOnce(&mut EngineStatus, UnixMs)) {
        let status = {
            let mut status = self.status();
            change(&mut status, self.clock.now());
            status.clone()
        };
        self.tell(EngineEvent::Status(status));
    }

    fn note_older_copy(&self, missing: Option<u64>) {
        if let Some(missing) = missing {
            self.tell(EngineEvent::OlderCopy { missing });
            // What was done lately is to be sent again.
            self.wake.notify_one();
        }
    }

    fn note(&self, told: Told, meter: &mut RateMeter) {
        match told {
            Told::Begin(begin) => self.update(|status, now| {
                if let Some(seconds) = begin.lease_s {
                    self.lease_ms.store(i64::from(seconds) * 1_000, Ordering::Relaxed);
                }
                status.connect(Connection::Online, now);
                status.note_server_clock(now, begin.now);
                status.problem = None;
                if begin.kind == FeedKind::Snapshot {
                    meter.record(now.0, begin.rows_before);
                    status.first_sync = Some(FirstSync {
                        rows_done: begin.rows_before,
                        rows_total: begin.totals.rows(),
                        rows_per_s: 0,
                        remaining_s: None,
                    });
                }
            }),
            Told::OlderCopy { missing } => self.note_older_copy(Some(missing)),
            Told::Applied { applied, progress } => {
                self.tell(EngineEvent::Applied(applied));
                if let PageProgress::Snapshot { totals, rows_done } = progress {
                    self.update(|status, now| {
                        meter.record(now.0, rows_done);
                        let rows_total = totals.rows().max(rows_done);
                        status.first_sync = Some(FirstSync {
                            rows_done,
                            rows_total,
                            rows_per_s: meter.rows_per_s(),
                            remaining_s: meter.remaining_s(rows_total - rows_done),
                        });
                    });
                }
            }
        }
    }
}

/// Offline is what a cable or a restart explains; everything else is a problem to show.
fn is_offline(error: &SyncError) -> bool {
    match error {
        SyncError::Api(failure) => {
            matches!(failure.kind, FailureKind::UnknownHost | FailureKind::Unreachable | FailureKind::Timeout)
        }
        SyncError::Feed(error) => *error == crate::FeedError::Cut,
        SyncError::Store(_) | SyncError::Interrupted(_) => false,
    }
}

/// How long to wait before the next try. A server that says when is asked no sooner, however long that is; one that says
/// at once is not asked without end.
fn pause(asked_for: Option<Duration>, own: Duration) -> Duration {
    asked_for.map_or(own, |asked| asked.max(MIN_WAIT))
}

fn retry_after(error: &SyncError) -> Option<Duration> {
    error.api_failure().and_then(|failure| failure.retry_after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_says_when_is_asked_no_sooner() {
        let own = Duration::from_secs(4);
        for (asked_for, waited) in
            [(None, own), (Some(600), Duration::from_secs(600)), (Some(2), Duration::from_secs(2))]
        {
            assert_eq!(pause(asked_for.map(Duration::from_secs), own), waited);
        }
        assert_eq!(pause(Some(Duration::ZERO), own), MIN_WAIT);
    }
}
