//! JSON bodies: what is wrong with one is told by field, never by content.

use axum::extract::{FromRequest, Path, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::documented::AsDocumented;
use crate::error::ApiError;

/// A body read from JSON.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::invalid("content-type", "is not application/json"));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if axum::response::IntoResponse::into_response(rejection).status() == StatusCode::PAYLOAD_TOO_LARGE {
                ApiError::TooLarge
            } else {
                ApiError::InvalidInput { field: None, problem: "the body did not arrive" }
            }
        })?;
        parse(&bytes).map(Self)
    }
}

/// Whether the body says that it is JSON: what a form of another site can send unasked says something else.
fn is_json(headers: &HeaderMap) -> bool {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = said.and_then(|said| said.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// The deserialiser's own words are not passed on: they may quote what was sent.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // A list would pass for a structure: its items for the fields, in order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(ApiError::InvalidInput { field: None, problem: "the body is no JSON object" });
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(AsDocumented(&mut json)).map_err(|error| {
        let path = error.path().to_string();
        ApiError::InvalidInput { field: (path != ".").then_some(path), problem: "is not what it has to be" }
    })?;
    json.end().map_err(|_| ApiError::InvalidInput { field: None, problem: "something follows the body" })?;
    Ok(value)
}

/// An id in the path; what is none names nothing.
pub(crate) fn id<T: std::str::FromStr>(Path(text): Path<String>) -> Result<T, ApiError> {
    text.parse().map_err(|_| ApiError::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(json: &str) -> Option<String> {
        match parse::<domain::LeadPatch>(json.as_bytes()) {
            Err(ApiError::InvalidInput { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_wrong_field_is_named() {
        assert_eq!(field(r#"{"phone":"call me"}"#).as_deref(), Some("phone"));
        assert_eq!(field(r#"{"tags":["a",7]}"#).as_deref(), Some("tags[1]"));
        assert_eq!(field("not json"), None);
        assert_eq!(field("{} {}"), None);
        assert_eq!(field("[]"), None);
        assert_eq!(field("[null]"), None);
    }

    #[test]
    fn what_was_sent_is_not_quoted() {
        let error = parse::<domain::LeadPatch>(br#"{"value_minor":"Nora's secret"}"#).expect_err("no number");
        assert!(!format!("{error} {error:?}").contains("Nora"));
    }
}
