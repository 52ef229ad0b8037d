//! What a failed call means. Holds no address, no token and no text from the server.

use std::time::Duration;

use wire::ApiErrorCode;

/// Why a call failed, as far as somebody can act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The name of the server could not be looked up. It does not exist, or there is no network: the system's
    /// resolver does not tell the two apart.
    UnknownHost,
    /// No connection, or it was lost in the middle.
    Unreachable,
    /// No connection, or no answer, or no further bytes, within the time allowed.
    Timeout,
    /// The server's certificate is past its time.
    CertificateExpired,
    /// The server's certificate is not valid yet: as a rule this computer's clock is wrong.
    CertificateNotYetValid,
    /// The server's certificate is of an unknown issuer, for another name, revoked or otherwise bad.
    CertificateUntrusted,
    /// The server speaks no TLS 1.3.
    TlsTooOld,
    /// The API refused. [`ApiErrorCode::TokenExpired`] only when a token just received is refused as expired.
    Api(ApiErrorCode),
    /// The server failed (5xx), or what stands before it.
    ServerFailed,
    /// What answered is not our API, or its answer is malformed or too large.
    BadResponse,
    /// There are no tokens: nobody is signed in.
    SignedOut,
    /// The tokens could not be read from, or written to, where they are kept.
    TokensUnavailable,
}

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the call failed: {kind:?}")]
pub struct ApiFailure {
    pub kind: FailureKind,
    /// The id the server gave the request, or else the one we sent with it; the server's log has it. `None` when
    /// nothing was sent.
    pub request_id: Option<String>,
    /// How long the server asks to wait; an hour at most.
    pub retry_after: Option<Duration>,
}

impl FailureKind {
    /// Whether the same call may succeed later with nobody doing anything about it.
    pub const fn is_transient(self) -> bool {
        match self {
            Self::UnknownHost | Self::Unreachable | Self::Timeout | Self::ServerFailed | Self::TokensUnavailable => {
                true
            }
            Self::Api(code) => matches!(code, ApiErrorCode::TooManyRequests | ApiErrorCode::Internal),
            Self::CertificateExpired
            | Self::CertificateNotYetValid
            | Self::CertificateUntrusted
            | Self::TlsTooOld
            | Self::BadResponse
            | Self::SignedOut => false,
        }
    }
}

impl ApiFailure {
    /// A failure with nothing sent.
    pub(crate) const fn unsent(kind: FailureKind) -> Self {
        Self { kind, request_id: None, retry_after: None }
    }

    /// A failure of the request with this id.
    pub(crate) fn of(kind: FailureKind, request_id: &str) -> Self {
        Self { kind, request_id: Some(request_id.to_owned()), retry_after: None }
    }

    /// See [`FailureKind::is_transient`].
    pub const fn is_transient(&self) -> bool {
        self.kind.is_transient()
    }
}
