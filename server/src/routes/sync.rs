//! The change feed and the hints that there is something in it.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::{LeadId, MemberId, Permission};
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;
use tokio::sync::broadcast::{self, error::RecvError, error::TryRecvError};
use tokio_stream::wrappers::ReceiverStream;
use utoipa::{IntoParams, ToSchema};
use wire::changes::Line;
use wire::presence::Presence;

use super::query::QueryParams;
use crate::auth::Caller;
use crate::db::{DbError, Tenant};
use crate::error::ApiError;
use crate::feed;
use crate::hints::Hint;
use crate::openapi;
use crate::request::RequestContext;
use crate::state::AppState;
use crate::streams::{StreamKind, StreamPlace};

/// A comment is sent after so much silence, so that both sides notice a dead connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Between two looks at who is still there.
const LEAST_PATIENCE: Duration = Duration::from_millis(100);

/// A listener's session is asked for at least this often.
const SESSION_CHECK: Duration = Duration::from_secs(60);

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangesQuery {
    /// From where to go on; absent for all there is.
    cursor: Option<String>,
}

/// What changed since a cursor, or all there is
///
/// The answer is a stream, a JSON value on each line: `begin`, then changes interrupted by `page`, then `end`; or it stops
/// with `failed`, or is cut. Whatever stands before a `page` belongs together: keep it and the page's cursor in one
/// transaction, and come back with that cursor at any later time. A line that is longer than 1 MiB is an error.
///
/// With no cursor it is a snapshot: studio, members and stages, then leads (with their conversations and stage events) and
/// messages, newest activity first. With the cursor of a finished snapshot it is what changed since, in the order of the
/// studio's sequence.
#[utoipa::path(get, path = "/v1/sync/changes", tag = "sync", params(ChangesQuery),
    responses(
        (status = 200, description = "Lines, each a JSON value; the schema is of all of them as a list",
            body = Vec<Line>, content_type = "application/x-ndjson"),
        openapi::Forbidden, openapi::CursorInvalid))]
pub(crate) async fn changes(
    State(state): State<AppState>,
    caller: Caller,
    Extension(context): Extension<RequestContext>,
    QueryParams(query): QueryParams<ChangesQuery>,
) -> Result<Response, ApiError> {
    caller.require(Permission::ReviewLeads)?;
    let feed = feed::open(state, caller, context.id.to_string(), query.cursor.as_deref()).await?;
    let body = Body::from_stream(ReceiverStream::new(feed.send()).map(Ok::<_, Infallible>));
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

/// Hints that there may be something to pull, and who looks at which lead
///
/// Server-sent events: a `hint` at once, since something may have changed before anybody listened, and whenever something
/// does; a `presence` whenever the colleagues on a lead in sight are others than they were, with
/// `{"lead_id": …, "member_ids": […]}`, of which the member is none. A comment is sent every 15 s without one. It ends with the session, when its member's role becomes another, and
/// when the server stops. The cursor is the truth, not the hint.
#[utoipa::path(get, path = "/v1/sync/events", tag = "sync",
    responses(
        (status = 200, description = "Server-sent events without end; the schema is of each",
            body = HintEvent, content_type = "text/event-stream"),
        openapi::Forbidden))]
pub(crate) async fn events(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    caller.require(Permission::ReviewLeads)?;
    let listener = state.database.hints().listen(caller.studio_id);
    // Asked again now that we listen: it may have ended after the caller was let in, unheard.
    caller.require_still_let_in(&state).await?;
    let place = state.streams.enter(caller.device_id, StreamKind::Hints);
    let ended = place.ended().clone();
    let tenant = state.database.tenant(caller.studio_id).await?;
    let mut listening = Listening { state, tenant, caller, listener, presence: PresenceTold::default(), _place: place };
    listening.look().await?;
    let told = stream::once(async { Told::Change }).chain(stream::unfold(listening, Listening::next));
    let told = told.map(|told| {
        Ok(match told {
            Told::Change => Event::default().event("hint").data("changed"),
            Told::Presence(presence) => Event::default().event("presence").data(presence),
        })
    });
    let told = told.take_until(ended.cancelled_owned());
    Ok(Sse::new(told).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// One server-sent event.
#[derive(ToSchema)]
#[allow(dead_code, reason = "says what `events` sends; never made, since axum writes events by itself")]
struct HintEvent {
    #[schema(pattern = "^(hint|presence)$")]
    event: String,
    /// `changed`, or of a presence its JSON.
    data: String,
}

struct Listening {
    state: AppState,
    tenant: Tenant,
    caller: Caller,
    listener: broadcast::Receiver<Hint>,
    presence: PresenceTold,
    _place: StreamPlace,
}

/// What a listener was told of who looks at what.
#[derive(Default)]
struct PresenceTold {
    last: BTreeMap<LeadId, Vec<MemberId>>,
    /// To be told next.
    waiting: VecDeque<Presence>,
    /// When some of it is over if nobody says it again.
    until: Option<Instant>,
}

impl PresenceTold {
    /// Colleagues are here now: what is not as it was last told waits.
    fn tell(&mut self, now: BTreeMap<LeadId, Vec<MemberId>>) {
        let left = self.last.keys().filter(|lead_id| !now.contains_key(lead_id));
        self.waiting.extend(left.map(|lead_id| Presence { lead_id: *lead_id, member_ids: Vec::new() }));
        let news = now.iter().filter(|(lead_id, members)| self.last.get(lead_id) != Some(members));
        let news = news.map(|(lead_id, members)| Presence { lead_id: *lead_id, member_ids: members.clone() });
        self.waiting.extend(news);
        self.last = now;
    }
}

/// What is sent to a listener.
enum Told {
    Change,
    /// As JSON.
    Presence(String),
}

/// What a listener has heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Nothing,
    Change,
    End,
}

impl Listening {
    /// Waits for changes, of which many at once are one; nothing when the session is over.
    async fn next(mut self) -> Option<(Told, Self)> {
        loop {
            if let Some(presence) = self.presence.waiting.pop_front() {
                let json = serde_json::to_string(&presence).expect("ids serialise");
                return Some((Told::Presence(json), self));
            }
            let heard = match tokio::time::timeout(self.patience(), self.listener.recv()).await {
                Ok(Ok(hint)) => self.understand(Ok(hint)),
                Ok(Err(RecvError::Lagged(missed))) => self.understand(Err(TryRecvError::Lagged(missed))),
                Ok(Err(RecvError::Closed)) => Heard::End,
                Err(_) => Heard::Nothing,
            };
            // Asked even where nothing was heard: a session that nobody refreshes ends without a word.
            if heard == Heard::End || !matches!(self.caller.is_still_let_in(&self.state).await, Ok(true)) {
                return None;
            }
            self.look().await.ok()?;
            if heard == Heard::Change {
                return Some((Told::Change, self));
            }
        }
    }

    /// How long to wait for a hint before looking what has ended without one.
    fn patience(&self) -> Duration {
        let until_over = |until: Instant| until.saturating_duration_since(Instant::now()).max(LEAST_PATIENCE);
        self.presence.until.map_or(SESSION_CHECK, |until| until_over(until).min(SESSION_CHECK))
    }

    /// Finds out what to tell of who looks at which lead.
    async fn look(&mut self) -> Result<(), DbError> {
        let (lookers, until) = self.state.database.hints().lookers(self.caller.studio_id);
        self.presence.until = until;
        let colleagues = lookers.into_iter().map(|(lead_id, members)| {
            (lead_id, members.into_iter().filter(|id| *id != self.caller.member_id).collect::<Vec<_>>())
        });
        let mut now: BTreeMap<_, _> = colleagues.filter(|(_, members)| !members.is_empty()).collect();
        if !now.is_empty() {
            let seen = self.tenant.list_in_sight(now.keys().copied().collect(), self.caller.sight()).await?;
            now.retain(|lead_id, _| seen.contains(lead_id));
        }
        self.presence.tell(now);
        Ok(())
    }

    /// What the first of possibly many hints, and those that wait behind it, come to.
    fn understand(&mut self, first: Result<Hint, TryRecvError>) -> Heard {
        let mut heard = Heard::Nothing;
        let mut next = first;
        loop {
            match next {
                // One of those missed may have been anything; the session is asked for anyway.
                Ok(Hint::Changed) | Err(TryRecvError::Lagged(_)) => heard = Heard::Change,
                Ok(Hint::SessionEnded(device_id)) if device_id == self.caller.device_id => return Heard::End,
                // Looked for after each hint.
                Ok(Hint::SessionEnded(_) | Hint::Looking(_)) => {}
                Err(TryRecvError::Empty) => return heard,
                Err(TryRecvError::Closed) => return Heard::End,
            }
            next = self.listener.try_recv();
        }
    }
}
