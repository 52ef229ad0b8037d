//! What every request goes through: its id, its line in the log, security headers (A6, A9), and the body of refusals.
//!
//! The log names the route and never the path, the studio and never a person, and no header.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::StudioId;
use tracing::Instrument;
use wire::REQUEST_ID_HEADER;

use crate::error::Refusal;
use crate::ids::new_uuid;
use crate::limits;
use crate::state::AppState;
use crate::telemetry::{Answered, Fault};

/// Of an answer that is a page for people: its body is left as it is, whatever its status.
#[derive(Clone, Copy)]
pub(crate) struct IsPage;

/// Of a request in progress. Handlers fill in what they learn.
#[derive(Clone)]
pub(crate) struct RequestContext {
    pub(crate) id: Arc<str>,
    studio_id: Arc<OnceLock<StudioId>>,
}

impl RequestContext {
    /// Says whose request it is, for the log.
    pub(crate) fn belongs_to(&self, studio_id: StudioId) {
        // A request has one caller; a second telling would be the same.
        let _ = self.studio_id.set(studio_id);
    }
}

/// The outermost layer.
pub(crate) async fn accompany(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id: Arc<str> = match well_formed_id(request.headers()) {
        Some(id) => id.into(),
        None => new_uuid(state.clock.now()).to_string().into(),
    };
    let context = RequestContext { id: Arc::clone(&id), studio_id: Arc::default() };
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(context.clone());

    let span = tracing::info_span!("request", request_id = %id);
    let route_name = route.as_ref().map_or("-", MatchedPath::as_str);
    span.in_scope(|| tracing::debug!(method = known_method(&method), route = route_name, "asked"));
    let mut response = match oversized(&request) {
        Some(status) => status.into_response(),
        None => next.run(request).instrument(span.clone()).await,
    };

    let mut status = response.status();
    let is_page = response.extensions_mut().remove::<IsPage>().is_some();
    let fault = response.extensions_mut().remove::<Fault>();
    if !is_page && (status.is_client_error() || status.is_server_error()) {
        // axum's own word for a parameter that is not what it has to be; ours is another.
        if status == StatusCode::BAD_REQUEST && response.extensions().get::<Refusal>().is_none() {
            status = StatusCode::UNPROCESSABLE_ENTITY;
            *response.status_mut() = status;
        }
        let refusal: Refusal = response.extensions_mut().remove().unwrap_or_else(|| Refusal::of_status(status));
        let (mut parts, _) = response.into_parts();
        // They describe the body that is being replaced.
        for name in [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::CONTENT_ENCODING] {
            parts.headers.remove(name);
        }
        response = (parts, Json(refusal.body(&id))).into_response();
    }
    state.telemetry.note_answer(&Answered { route: route.as_ref(), status, fault, request_id: &id });
    add_headers(response.headers_mut(), &id, state.is_tls);
    span.in_scope(|| {
        tracing::info!(
            method = known_method(&method),
            route = route_name,
            status = status.as_u16(),
            duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            studio_id = context.studio_id.get().map(tracing::field::display),
            "answered"
        );
    });
    response
}

/// The method, for the log: one that nobody defined is text from outside.
fn known_method(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "CONNECT", "TRACE"];
    KNOWN.into_iter().find(|known| method.as_str() == *known).unwrap_or("-")
}

/// What of a request's head is larger than any of ours, if anything is.
fn oversized(request: &Request) -> Option<StatusCode> {
    let path = request.uri().path_and_query().map_or(0, |text| text.as_str().len());
    let headers = request.headers();
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if path > limits::PATH_BYTES {
        Some(StatusCode::URI_TOO_LONG)
    } else if headers.len() > limits::HEADERS || bytes > limits::HEADER_BYTES {
        Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
    } else {
        None
    }
}

/// The id the client gave, if it can stand in a log without harm: 8 to 64 letters, digits, `-` and `_`.
fn well_formed_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(REQUEST_ID_HEADER)?.to_str().ok()?;
    let fits = (8..=64).contains(&id.len());
    (fits && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')).then_some(id)
}

/// The policy of what is no page.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

fn add_headers(headers: &mut HeaderMap, id: &str, is_tls: bool) {
    const ALWAYS: [(HeaderName, &str); 5] = [
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // The pages we serve allow their own style.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NOTHING));
    if is_tls {
        let value = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    let id = HeaderValue::from_str(id).expect("an id is letters, digits, - and _");
    headers.insert(HeaderName::from_static(REQUEST_ID_HEADER), id);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_ids_are_taken_over() {
        for (id, taken) in [
            ("3f2c-AB_9", true),
            (&*"a".repeat(64), true),
            ("short", false),
            (&*"a".repeat(65), false),
            ("new\tline1", false),
            ("<script>1", false),
            ("ünïcode-id", false),
        ] {
            let mut headers = HeaderMap::new();
            let value = HeaderValue::from_bytes(id.as_bytes()).expect("header value");
            headers.insert(REQUEST_ID_HEADER, value);
            assert_eq!(well_formed_id(&headers), taken.then_some(id), "{id}");
        }
    }
}
