//! Sends a feed, page after page, as fast as the client reads.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use wire::changes::{Begin, Cursor, FeedKind, Line, StreamFailure, Totals};
use wire::operation::ChainHead;

use super::cursor::{Phase, Place, Scope, SnapshotPlace};
use crate::auth::Caller;
use crate::db::{Billing, DbError, Key, Opening, Page, Tenant};
use crate::error::ApiError;
use crate::state::AppState;
use crate::streams::{StreamKind, StreamPlace};
use crate::telemetry::{Use, Who};

/// Leads that fill the first screen and some.
const NEWEST_LEADS: usize = 300;
/// Messages that fill the first conversations somebody opens.
const NEWEST_MESSAGES: usize = 1_500;
/// Pages are what a client that is cut off keeps: small enough that a poor connection gets on, large enough that what
/// each costs beside its rows (a session's check, a commit at the client) does not show.
const LEADS_A_PAGE: usize = 1_000;
const MESSAGES_A_PAGE: usize = 4_000;

/// Pages leave in pieces of this size, so that compressing one holds no thread for long.
const CHUNK_BYTES: usize = 64 << 10;
/// Pieces in flight: about one page, so that the next is read while this one leaves.
const CHUNKS_IN_FLIGHT: usize = 64;
/// A client that takes nothing for so long is gone; it resumes where it stopped.
const STALL: Duration = Duration::from_secs(120);

/// A feed that can be sent: what can be refused has been.
pub(crate) struct Feed {
    state: AppState,
    tenant: Tenant,
    caller: Caller,
    scope: Scope,
    /// What the client was told of what the studio pays, up to its cursor; from now on it is as the caller's role says.
    held: Billing,
    stream: StreamPlace,
    request_id: String,
    place: Place,
    totals: Totals,
    /// What the device told last of the chain of its acts.
    head: Option<ChainHead>,
}

/// Why a feed broke off.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("a line can't be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the session is over, or its member's role is another")]
    NoLongerLetIn,
    #[error("the sequence of changes went backwards")]
    SequenceWentBackwards,
    #[error("the client went away")]
    ClientGone,
}

/// Finds where `cursor` stands, or where a snapshot begins.
///
/// # Errors
/// [`ApiError::CursorInvalid`] for one that is not ours, or of before the studio was put back to an older copy.
pub(crate) async fn open(
    state: AppState,
    caller: Caller,
    request_id: String,
    cursor: Option<&str>,
) -> Result<Feed, ApiError> {
    let (tenant, sight) = (state.database.tenant(caller.studio_id).await?, caller.sight());
    let Opening { epoch, seq, totals } = tenant.open_feed(sight).await?;
    let scope = Scope { studio: caller.studio_id, epoch, sight };
    let (place, held) = match cursor {
        Some(cursor) => {
            let keys = state.token_keys.knowing(cursor).await?;
            let opened = keys.cursor_seal_of(cursor).and_then(|seal| seal.open(&scope, cursor).ok());
            opened.ok_or(ApiError::CursorInvalid)?
        }
        None => {
            let place = SnapshotPlace {
                base_seq: seq,
                phase: Phase::NewestLeads,
                leads_below: Key::newest(),
                messages_below: Key::newest(),
                leads_moved_after: seq,
                rows_before: 0,
            };
            // A snapshot tells it with the studio.
            (Place::Snapshot(place), caller.billing())
        }
    };
    if place.seq() > seq {
        // We gave this number out, and have not come so far: the studio was put back to an older copy. What any client
        // holds may be of a time that never was, and soon no number will tell any more.
        tracing::warn!(studio_id = %caller.studio_id, "the studio was put back: all of its clients start over");
        tenant.end_epoch(scope.epoch).await?;
        return Err(ApiError::CursorInvalid);
    }
    let head = tenant.find_device_head(caller.device_id).await?;
    let stream = state.streams.enter(caller.device_id, StreamKind::Changes);
    Ok(Feed { head, state, tenant, caller, scope, held, stream, request_id, place, totals })
}

impl Feed {
    /// Starts sending. Dropping the receiver ends it.
    pub(crate) fn send(self) -> mpsc::Receiver<Bytes> {
        let (sender, receiver) = mpsc::channel(CHUNKS_IN_FLIGHT);
        let ended = self.stream.ended().clone();
        let request_id = self.request_id.clone();
        let out = Out { sender, lines: Vec::new() };
        let task = async move {
            tokio::select! {
                () = ended.cancelled() => {}
                () = self.run(out) => {}
            }
        };
        let span = tracing::info_span!("feed", request_id);
        tokio::spawn(tracing::Instrument::instrument(task, span));
        receiver
    }

    async fn run(self, mut out: Out) {
        let request_id = self.request_id.clone();
        match self.tell(&mut out).await {
            Ok(()) => {}
            Err(Broken::ClientGone) => tracing::debug!("the client left the feed"),
            Err(broken) => {
                tracing::warn!(error = %broken, "the feed broke off");
                if out.line(&Line::Failed(StreamFailure { request_id })).is_ok() {
                    // It may be the client that is gone; then nobody is left to tell.
                    let _ = out.flush().await;
                }
            }
        }
    }

    async fn tell(self, out: &mut Out) -> Result<(), Broken> {
        let now = self.state.clock.now();
        let epoch = self.scope.epoch.as_str().to_owned();
        let head = self.head;
        let lease_s = Some(self.state.lease_s);
        match self.place.clone() {
            Place::Snapshot(place) => {
                let (totals, rows_before) = (self.totals, place.rows_before);
                out.line(&Line::Begin(Begin {
                    kind: FeedKind::Snapshot,
                    totals,
                    rows_before,
                    epoch,
                    now,
                    lease_s,
                    head,
                }))?;
                self.tell_billing(out).await?;
                self.tell_snapshot(place, out).await?;
                self.state.telemetry.note_use(Use::FullSyncFinished, Who::Studio(self.caller.studio_id));
                Ok(())
            }
            Place::Delta { after } => {
                let totals = Totals::default();
                out.line(&Line::Begin(Begin {
                    kind: FeedKind::Delta,
                    totals,
                    rows_before: 0,
                    epoch,
                    now,
                    lease_s,
                    head,
                }))?;
                self.tell_billing(out).await?;
                self.tell_delta(after, out).await
            }
        }
    }

    /// Where the role has changed what the client may hold of what the studio pays: tells all of it, or has it
    /// forgotten. The changes that follow tell only of what is new.
    async fn tell_billing(&self, out: &mut Out) -> Result<(), Broken> {
        if self.held == self.caller.billing() {
            return Ok(());
        }
        self.require_still_let_in().await?;
        out.append(self.tenant.billing_lines(self.caller.billing()).await?);
        out.line(&Line::Page(self.cursor(self.place.clone())?))?;
        out.flush().await
    }

    async fn tell_snapshot(&self, mut place: SnapshotPlace, out: &mut Out) -> Result<(), Broken> {
        if place.rows_before == 0 && place.phase == Phase::NewestLeads {
            out.lines.append(&mut self.tenant.snapshot_frame(self.caller.billing()).await?);
        }
        loop {
            self.require_still_let_in().await?;
            let (page, next) = self.snapshot_page(&mut place).await?;
            place.rows_before += page.rows;
            out.append(page.lines);
            let Some(phase) = next else {
                let cursor = self.cursor(Place::Delta { after: place.base_seq })?;
                out.line(&Line::Page(cursor.clone()))?;
                out.line(&Line::End(cursor))?;
                return out.flush().await;
            };
            place.phase = phase;
            // Also where nothing was in sight: what has been looked through need not be again.
            if page.rows > 0 || page.more || phase == Phase::NewestMessages {
                out.line(&Line::Page(self.cursor(Place::Snapshot(place.clone()))?))?;
                out.flush().await?;
            }
        }
    }

    /// The page at `place`, which moves on by it, and what comes after.
    async fn snapshot_page(&self, place: &mut SnapshotPlace) -> Result<(Page, Option<Phase>), DbError> {
        let (tenant, sight) = (&self.tenant, self.scope.sight);
        let (leads, messages) = (place.leads_below.clone(), place.messages_below.clone());
        let (page, next) = match place.phase {
            Phase::NewestLeads => {
                let page = tenant.lead_page(sight, leads, NEWEST_LEADS).await?;
                place.leads_below = page.next.clone();
                (page, Some(Phase::NewestMessages))
            }
            Phase::NewestMessages => {
                let page = tenant.message_page(sight, messages, NEWEST_MESSAGES).await?;
                place.messages_below = page.next.clone();
                (page, Some(Phase::OtherLeads))
            }
            Phase::OtherLeads => {
                let page = tenant.lead_page(sight, leads, LEADS_A_PAGE).await?;
                place.leads_below = page.next.clone();
                let next = if page.more { Phase::OtherLeads } else { Phase::MovedLeads };
                (page, Some(next))
            }
            Phase::MovedLeads => {
                let (page, upto) = tenant.moved_lead_page(sight, place.leads_moved_after, LEADS_A_PAGE).await?;
                place.leads_moved_after = upto;
                let next = if page.more { Phase::MovedLeads } else { Phase::OtherMessages };
                (page, Some(next))
            }
            Phase::OtherMessages => {
                let page = tenant.message_page(sight, messages, MESSAGES_A_PAGE).await?;
                place.messages_below = page.next.clone();
                let next = page.more.then_some(Phase::OtherMessages);
                (page, next)
            }
        };
        Ok((page, next))
    }

    async fn tell_delta(&self, mut after: i64, out: &mut Out) -> Result<(), Broken> {
        loop {
            self.require_still_let_in().await?;
            let page = self.tenant.delta_page(self.scope.sight, self.caller.billing(), after).await?;
            let page = page.ok_or(Broken::SequenceWentBackwards)?;
            after = page.upto;
            let cursor = self.cursor(Place::Delta { after })?;
            if !page.lines.is_empty() {
                out.append(page.lines);
                out.line(&Line::Page(cursor.clone()))?;
            }
            if !page.more {
                out.line(&Line::End(cursor))?;
                return out.flush().await;
            }
            out.flush().await?;
        }
    }

    fn cursor(&self, place: Place) -> Result<Cursor, Broken> {
        let keys = self.state.token_keys.known();
        Ok(keys.cursor_seal(self.state.clock.now()).seal(&self.scope, self.caller.billing(), place)?)
    }

    /// A session that ends while the feed runs gets no further page; nor does one whose member now sees other leads.
    async fn require_still_let_in(&self) -> Result<(), Broken> {
        if self.caller.is_still_let_in(&self.state).await? { Ok(()) } else { Err(Broken::NoLongerLetIn) }
    }
}

/// Lines on their way out.
struct Out {
    sender: mpsc::Sender<Bytes>,
    lines: Vec<u8>,
}

impl Out {
    fn line(&mut self, line: &Line) -> Result<(), serde_json::Error> {
        line.write(&mut self.lines)
    }

    fn append(&mut self, mut lines: Vec<u8>) {
        if self.lines.is_empty() {
            self.lines = lines;
        } else {
            self.lines.append(&mut lines);
        }
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        let mut lines = Bytes::from(std::mem::take(&mut self.lines));
        while !lines.is_empty() {
            let chunk = lines.split_to(lines.len().min(CHUNK_BYTES));
            match tokio::time::timeout(STALL, self.sender.send(chunk)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Err(Broken::ClientGone),
            }
        }
        Ok(())
    }
}
