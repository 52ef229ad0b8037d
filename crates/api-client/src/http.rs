//! One request and its answer: ids, limits, and what a refusal means. Knows nothing of tokens.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use uuid::Uuid;
use wire::{ApiErrorBody, ApiErrorCode, REQUEST_ID_HEADER, is_request_id};
use zeroize::Zeroizing;

use crate::classify::classify;
use crate::{ApiFailure, ClientConfig, ClientSetupError, FailureKind, ServerUrl, Timeouts};

/// The largest answer in JSON that is read; the feed and the events have limits of their own.
const MAX_JSON_BYTES: usize = 1 << 20;
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// The connections to one server.
#[derive(Clone)]
pub(crate) struct Http {
    client: Client,
    server: ServerUrl,
    timeouts: Timeouts,
}

/// A success, its body not read yet.
pub(crate) struct Answer {
    pub(crate) response: Response,
    pub(crate) request_id: String,
}

impl Http {
    pub(crate) fn new(config: &ClientConfig) -> Result<Self, ClientSetupError> {
        Ok(Self { client: config.connect()?, server: config.server.clone(), timeouts: config.timeouts })
    }

    pub(crate) const fn server(&self) -> &ServerUrl {
        &self.server
    }

    pub(crate) const fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// A request whose whole answer has to be there in time.
    pub(crate) fn request(&self, method: Method, route: &[&str]) -> RequestBuilder {
        self.client
            .request(method, self.server.route(route))
            .timeout(self.timeouts.answer)
            .header(ACCEPT, "application/json")
    }

    /// A request whose answer may go on for ever.
    pub(crate) fn stream_request(&self, route: &[&str]) -> RequestBuilder {
        self.client.request(Method::GET, self.server.route(route))
    }

    /// Sends a request and waits for the first byte of its answer.
    pub(crate) async fn call(&self, request: RequestBuilder) -> Result<Answer, ApiFailure> {
        let own_id = Uuid::new_v4().to_string();
        let sending = request.header(REQUEST_ID_HEADER, own_id.as_str()).send();
        let response = match tokio::time::timeout(self.timeouts.answer, sending).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(ApiFailure::of(classify(&error), &own_id)),
            Err(_) => return Err(ApiFailure::of(FailureKind::Timeout, &own_id)),
        };
        let request_id = find_request_id(response.headers()).unwrap_or(own_id);
        let answer = Answer { response, request_id };
        if answer.response.status().is_success() { Ok(answer) } else { Err(answer.refusal(self.timeouts.answer).await) }
    }
}

impl Answer {
    /// The body, read as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(mut self) -> Result<T, ApiFailure> {
        if !self.is_of_type(&["application/json"]) {
            return Err(self.failure(FailureKind::BadResponse));
        }
        let body = self.read_body().await?;
        serde_json::from_slice(&body).map_err(|_| self.failure(FailureKind::BadResponse))
    }

    /// The answer of a call that tells nothing: `204 No Content`.
    pub(crate) fn nothing(self) -> Result<(), ApiFailure> {
        if self.response.status() == StatusCode::NO_CONTENT {
            Ok(())
        } else {
            Err(self.failure(FailureKind::BadResponse))
        }
    }

    /// Whether the body is said to be of one of these types. A portal that wants a log-in says `text/html`.
    pub(crate) fn is_of_type(&self, types: &[&str]) -> bool {
        self.response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|essence| types.iter().any(|wanted| essence.trim().eq_ignore_ascii_case(wanted)))
    }

    pub(crate) fn failure(&self, kind: FailureKind) -> ApiFailure {
        ApiFailure::of(kind, &self.request_id)
    }

    /// The body, as long as it is no larger than it may be. Wiped when dropped: it may hold tokens.
    async fn read_body(&mut self) -> Result<Zeroizing<Vec<u8>>, ApiFailure> {
        let mut body = Zeroizing::new(Vec::new());
        loop {
            match self.response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > MAX_JSON_BYTES => {
                    return Err(self.failure(FailureKind::BadResponse));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return Ok(body),
                Err(error) => return Err(self.failure(classify(&error))),
            }
        }
    }

    /// What an answer that is no success means. Waits for its body this long.
    async fn refusal(mut self, wait: Duration) -> ApiFailure {
        let status = self.response.status();
        let asked_by_header = find_retry_after(self.response.headers());
        // The status alone says enough when the rest of a refusal is lost.
        let body = match self.is_of_type(&["application/json"]) {
            true => tokio::time::timeout(wait, self.read_body()).await.ok().and_then(Result::ok),
            false => None,
        };
        let body = body.and_then(|body| serde_json::from_slice::<ApiErrorBody>(&body).ok());
        let kind = match (status, &body) {
            (status, _) if status.is_server_error() => FailureKind::ServerFailed,
            (status, Some(body)) if status.is_client_error() => FailureKind::Api(body.code),
            (StatusCode::TOO_MANY_REQUESTS, None) => FailureKind::Api(ApiErrorCode::TooManyRequests),
            (StatusCode::PAYLOAD_TOO_LARGE, None) => FailureKind::Api(ApiErrorCode::TooLarge),
            _ => FailureKind::BadResponse,
        };
        let asked_by_body = body.as_ref().and_then(|body| body.retry_after_s).map(Duration::from_secs);
        let request_id = body.map(|body| body.request_id).filter(|id| is_request_id(id)).unwrap_or(self.request_id);
        tracing::debug!(?kind, status = status.as_u16(), request_id, "the server refused");
        ApiFailure {
            kind,
            request_id: Some(request_id),
            retry_after: asked_by_body.or(asked_by_header).map(|wait| wait.min(MAX_RETRY_AFTER)),
        }
    }
}

/// The id the server gave the request, if it is one that may be shown and logged.
fn find_request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID_HEADER)?.to_str().ok()?;
    is_request_id(id).then(|| id.to_owned())
}

/// Seconds to wait, as our server sends them. The other form of the header is a date, which needs a clock that is
/// right on both sides.
fn find_retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
