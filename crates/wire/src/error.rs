//! The one shape of every refusal.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why the API refused. A code exists only where a client acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApiErrorCode {
    /// E-mail or password is wrong; which of them is not told.
    InvalidCredentials,
    /// The access token is past its time: refresh and try again.
    TokenExpired,
    /// Somebody ended the session: revoked or signed out, its member removed, one of its tokens used twice. A client
    /// that keeps a copy of the data erases it.
    SessionRevoked,
    /// There is no such session, and nobody is known to have ended it: it ran out, or is of before the server's data was
    /// put back from a backup, or the token is none of this server's. Sign in again; whatever is kept stays.
    SessionExpired,
    /// Signed in, but this role may not.
    Forbidden,
    /// The studio's last owner can't be removed, or given another role.
    LastOwner,
    /// The e-mail address is a member of this studio already.
    AlreadyMember,
    /// The e-mail address has an open invitation already: send that one again.
    AlreadyInvited,
    /// This server sends no mail, so nobody can be invited.
    MailNotConfigured,
    /// Does not exist, or not in this member's sight: the two are not told apart.
    NotFound,
    /// The request is malformed; `field` names what.
    InvalidInput,
    /// The cursor is not one this server issued, or of before its data was put back from a backup: start over with
    /// none.
    CursorInvalid,
    /// Slow down; `retry_after_s` says for how long.
    TooManyRequests,
    /// The body is larger than this route takes.
    TooLarge,
    /// The server failed; the request may be tried again.
    Internal,
    /// A code from a newer server.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// Body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiErrorBody {
    pub code: ApiErrorCode,
    /// For developers, in English, without personal data. People see the client's own wording.
    pub message: String,
    /// The offending field of an [`ApiErrorCode::InvalidInput`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    pub request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::ApiErrorCode;

    #[test]
    fn a_code_from_a_newer_server_is_unknown_and_not_an_error() {
        let code: ApiErrorCode = serde_json::from_str("\"quota_exceeded\"").expect("any code parses");
        assert_eq!(code, ApiErrorCode::Unknown);
    }
}
