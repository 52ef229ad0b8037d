//! The event stream (SSE, WHATWG HTML section 9.2): hints that there is something to pull, and who looks at which lead.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use sse_stream::SseByteStream;
use wire::presence::Presence;

use crate::classify::classify;
use crate::http::Answer;
use crate::{ApiFailure, FailureKind};

/// Name of the event that is a hint.
const HINT: &str = "hint";
/// Name of the event that tells who looks at a lead.
const PRESENCE: &str = "presence";
/// The longest event; a hint has no content to speak of, a presence some ids.
const MAX_EVENT_BYTES: usize = 16 * 1024;

/// What the server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerEvent {
    /// There may be something to pull.
    Hint,
    /// Who looks at a lead now.
    Presence(Presence),
}

type WatchedBytes = Pin<Box<dyn Stream<Item = Result<Bytes, ApiFailure>> + Send>>;

/// The events of one connection. Dropping it ends the request.
pub struct EventStream {
    events: SseByteStream<WatchedBytes>,
    request_id: String,
    /// How it ended, to be told again.
    ended: Option<Result<(), ApiFailure>>,
}

/// Written by hand: the parts have nothing to show.
impl std::fmt::Debug for EventStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventStream").field("request_id", &self.request_id).finish_non_exhaustive()
    }
}

impl EventStream {
    pub(crate) fn new(answer: Answer, idle: Duration) -> Result<Self, ApiFailure> {
        if !answer.is_of_type(&["text/event-stream"]) {
            return Err(answer.failure(FailureKind::BadResponse));
        }
        let request_id = answer.request_id.clone();
        Ok(Self { events: SseByteStream::new(watched(answer, idle).boxed()), request_id, ended: None })
    }

    /// The id of the request.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The next event; `None` when the server ended the stream. May be dropped and called again.
    ///
    /// # Errors
    /// [`FailureKind::Unreachable`] when it was cut, [`FailureKind::Timeout`] when not even a sign of life came for
    /// too long, [`FailureKind::BadResponse`] when it is no event stream; the same again from then on.
    pub async fn next(&mut self) -> Result<Option<ServerEvent>, ApiFailure> {
        if let Some(ended) = &self.ended {
            return ended.clone().map(|()| None);
        }
        let end = loop {
            match self.events.next().await {
                // Signs of life, and events of a newer server, are none.
                Some(Ok(event)) => {
                    if let Some(event) = understand(event.event.as_deref(), event.data.as_deref()) {
                        return Ok(Some(event));
                    }
                }
                Some(Err(sse_stream::Error::Body(error))) => {
                    break Err(error.downcast::<ApiFailure>().map_or_else(
                        |_| ApiFailure::of(FailureKind::BadResponse, &self.request_id),
                        |failure| *failure,
                    ));
                }
                Some(Err(_)) => break Err(ApiFailure::of(FailureKind::BadResponse, &self.request_id)),
                None => break Ok(()),
            }
        };
        self.ended.insert(end).clone().map(|()| None)
    }
}

fn understand(name: Option<&str>, data: Option<&str>) -> Option<ServerEvent> {
    match name {
        Some(HINT) => Some(ServerEvent::Hint),
        Some(PRESENCE) => serde_json::from_str(data?).ok().map(ServerEvent::Presence),
        _ => None,
    }
}

/// The bytes of the answer, until they stay away for too long or an event grows too large. Watched before they are
/// parsed, because a sign of life is a comment, of which the parser tells nothing.
fn watched(answer: Answer, idle: Duration) -> impl Stream<Item = Result<Bytes, ApiFailure>> + Send {
    stream::unfold(Some((answer, EventSize::default())), move |state| async move {
        let (mut answer, mut size) = state?;
        match tokio::time::timeout(idle, answer.response.chunk()).await {
            Ok(Ok(Some(chunk))) if size.grow(&chunk) <= MAX_EVENT_BYTES => Some((Ok(chunk), Some((answer, size)))),
            Ok(Ok(Some(_))) => Some((Err(answer.failure(FailureKind::BadResponse)), None)),
            Ok(Ok(None)) => None,
            Ok(Err(error)) => Some((Err(answer.failure(classify(&error))), None)),
            Err(_) => Some((Err(answer.failure(FailureKind::Timeout)), None)),
        }
    })
}

/// Counts the bytes since the last blank line, which ends an event.
#[derive(Default)]
struct EventSize {
    size_bytes: usize,
    is_line_empty: bool,
}

impl EventSize {
    /// Takes in a chunk; returns the size of the largest event in it, with what came of it before.
    fn grow(&mut self, chunk: &[u8]) -> usize {
        let mut largest = 0;
        for &byte in chunk {
            self.size_bytes += 1;
            largest = largest.max(self.size_bytes);
            match byte {
                b'\n' | b'\r' => {
                    if self.is_line_empty {
                        self.size_bytes = 0;
                    }
                    self.is_line_empty = true;
                }
                _ => self.is_line_empty = false,
            }
        }
        largest
    }
}
