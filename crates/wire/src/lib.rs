//! Floor 1: what travels between the client and the hosted API.
//!
//! Owns the shapes of requests, answers, errors and of the change feed, and how a line of the feed is
//! read. Never sends anything.

pub mod auth;
pub mod changes;
pub mod custom_field;
pub mod device;
pub mod error;
pub mod invitation;
pub mod member;
pub mod operation;
pub mod presence;
pub mod write;

pub use error::{ApiErrorBody, ApiErrorCode};

/// Header that carries the id of a request, in both directions and in every log line.
pub const REQUEST_ID_HEADER: &str = "x-request-id";

/// Header, with the value `1`, of requests that change something for a session in cookies: only a page of the server
/// itself can send it. See [`auth::SessionForm::Cookie`].
pub const CSRF_HEADER: &str = "x-frontdesk-csrf";

/// Longest request id that is one.
const MAX_REQUEST_ID_CHARS: usize = 64;

/// Whether a text from the other side is a request id, and so may be shown and logged: letters, digits, `-` and `_`.
pub fn is_request_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_REQUEST_ID_CHARS
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::is_request_id;

    #[test]
    fn a_request_id_can_not_carry_text() {
        assert!(is_request_id("0198c7a1-0000-7000-8000-000000000001"));
        for other in ["", "a b", "line\nfeed", "Alice <a@example.com>", &"x".repeat(65)] {
            assert!(!is_request_id(other), "{other:?}");
        }
    }
}
