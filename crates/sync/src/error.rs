//! Why a sync stopped.

use api_client::{ApiFailure, FailureKind};
use store::StoreError;
use wire::ApiErrorCode;
use wire::changes::LineError;

use crate::Interrupted;

/// Why a pull failed. Whatever it was, the cursor stands where its rows are: nothing is lost, and the next try goes
/// on from there.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error("the server can't be reached or refused")]
    Api(#[from] ApiFailure),
    #[error("the server's change feed is malformed")]
    Feed(#[from] FeedError),
    #[error("the cache can't be read or written")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl SyncError {
    /// What the API said, where it is that.
    pub(crate) const fn api_failure(&self) -> Option<&ApiFailure> {
        match self {
            Self::Api(failure) => Some(failure),
            Self::Feed(_) | Self::Store(_) | Self::Interrupted(_) => None,
        }
    }

    fn is_refusal(&self, code: ApiErrorCode) -> bool {
        self.api_failure().is_some_and(|failure| failure.kind == FailureKind::Api(code))
    }

    /// Somebody ended the session: the account must leave this computer.
    pub fn ends_session(&self) -> bool {
        self.is_refusal(ApiErrorCode::SessionRevoked)
    }

    /// The session is over, and nobody is known to have ended it: what is here stays, and somebody has to sign in again.
    pub fn wants_sign_in(&self) -> bool {
        self.is_refusal(ApiErrorCode::SessionExpired)
    }

    /// The server was reached, and failed on this request.
    pub(crate) fn is_of_server(&self) -> bool {
        let failed = |failure: &ApiFailure| {
            matches!(failure.kind, FailureKind::ServerFailed | FailureKind::BadResponse)
                || failure.kind == FailureKind::Api(ApiErrorCode::Internal)
        };
        self.api_failure().is_some_and(failed) || matches!(self, Self::Feed(FeedError::OtherResults))
    }

    pub(crate) fn is_cursor_refused(&self) -> bool {
        self.is_refusal(ApiErrorCode::CursorInvalid)
    }
}

/// How a change feed broke its rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("a line came out of its order")]
    OutOfOrder,
    #[error("a page has more than {0} rows")]
    PageTooLarge(usize),
    #[error("a page has more than {0} bytes")]
    PageTooHeavy(usize),
    #[error("the results are not those of the acts that were sent")]
    OtherResults,
    #[error("the stream was cut before its end")]
    Cut,
    /// The id only if it is one: whatever else a server sends there is not shown or logged.
    #[error("the server failed in mid-stream")]
    ServerFailed { request_id: Option<String> },
}
