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
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_stream::wrappers::ReceiverStream;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::feed;
use crate::hints::Hint;
use crate::request::RequestContext;
use crate::state::AppState;

/// A comment is sent after so much silence, so that both sides notice a dead connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

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
/// something does. Ends with the session, and when the server stops.
pub(crate) async fn events(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    caller.require(Permission::ReviewLeads)?;
    let listener = state.database.hints().listen(caller.studio_id);
    // Asked again now that we listen: it may have ended after the caller was let in, unheard.
    let live = state.database.directory().find_live(caller.device_id, state.clock.now()).await?;
    live.ok_or(ApiError::SessionRevoked)?;
    let closing = state.closing.clone();
    let hints = stream::unfold(Listening { state, caller, listener }, Listening::next);
    let hints = stream::once(async {}).chain(hints).map(|()| Ok(Event::default().event("hint").data("changed")));
    let hints = hints.take_until(closing.cancelled_owned());
    Ok(Sse::new(hints).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

struct Listening {
    state: AppState,
    caller: Caller,
    listener: broadcast::Receiver<Hint>,
}

impl Listening {
    /// Waits for a change; nothing when the session is over.
    async fn next(mut self) -> Option<((), Self)> {
        loop {
            match self.listener.recv().await {
                Ok(Hint::Changed) => return Some(((), self)),
                Ok(Hint::SessionEnded(device_id)) if device_id == self.caller.device_id => return None,
                Ok(Hint::SessionEnded(_)) => {}
                // One of those missed may have been the session's end.
                Err(RecvError::Lagged(_)) => {
                    let directory = self.state.database.directory();
                    let live = directory.find_live(self.caller.device_id, self.state.clock.now()).await;
                    return matches!(live, Ok(Some(_))).then_some(((), self));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
