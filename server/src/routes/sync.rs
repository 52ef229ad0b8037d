//! The change feed and the hints that there is something in it.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::Permission;
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;
use tokio::sync::broadcast::{self, error::RecvError, error::TryRecvError};
use tokio_stream::wrappers::ReceiverStream;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::feed;
use crate::hints::Hint;
use crate::request::RequestContext;
use crate::state::AppState;
use crate::streams::{StreamKind, StreamPlace};

/// A comment is sent after so much silence, so that both sides notice a dead connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A listener's session is asked for at least this often.
const SESSION_CHECK: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
pub(crate) struct ChangesQuery {
    cursor: Option<String>,
}

/// `GET /v1/sync/changes[?cursor=…]`
pub(crate) async fn changes(
    State(state): State<AppState>,
    caller: Caller,
    Extension(context): Extension<RequestContext>,
    Query(query): Query<ChangesQuery>,
) -> Result<Response, ApiError> {
    caller.require(Permission::ReviewLeads)?;
    let feed = feed::open(state, caller, context.id.to_string(), query.cursor.as_deref()).await?;
    let body = Body::from_stream(ReceiverStream::new(feed.send()).map(Ok::<_, Infallible>));
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

/// `GET /v1/sync/events`: a `hint` at once, since something may have changed before anybody listened, and whenever
/// something does. Ends with the session, when its member's role becomes another, and when the server stops.
pub(crate) async fn events(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    caller.require(Permission::ReviewLeads)?;
    let listener = state.database.hints().listen(caller.studio_id);
    // Asked again now that we listen: it may have ended after the caller was let in, unheard.
    if !caller.is_still_let_in(&state).await? {
        return Err(ApiError::SessionRevoked);
    }
    let place = state.streams.enter(caller.device_id, StreamKind::Hints);
    let ended = place.ended().clone();
    let hints = stream::unfold(Listening { state, caller, listener, _place: place }, Listening::next);
    let hints = stream::once(async {}).chain(hints).map(|()| Ok(Event::default().event("hint").data("changed")));
    let hints = hints.take_until(ended.cancelled_owned());
    Ok(Sse::new(hints).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

struct Listening {
    state: AppState,
    caller: Caller,
    listener: broadcast::Receiver<Hint>,
    _place: StreamPlace,
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
    async fn next(mut self) -> Option<((), Self)> {
        loop {
            let heard = match tokio::time::timeout(SESSION_CHECK, self.listener.recv()).await {
                Ok(Ok(hint)) => self.understand(Ok(hint)),
                Ok(Err(RecvError::Lagged(missed))) => self.understand(Err(TryRecvError::Lagged(missed))),
                Ok(Err(RecvError::Closed)) => Heard::End,
                Err(_) => Heard::Nothing,
            };
            // Asked even where nothing was heard: a session that nobody refreshes ends without a word.
            if heard == Heard::End || !matches!(self.caller.is_still_let_in(&self.state).await, Ok(true)) {
                return None;
            }
            if heard == Heard::Change {
                return Some(((), self));
            }
        }
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
                Ok(Hint::SessionEnded(_)) => {}
                Err(TryRecvError::Empty) => return heard,
                Err(TryRecvError::Closed) => return Heard::End,
            }
            next = self.listener.try_recv();
        }
    }
}
