//! Why a sync stopped.

use api_client::ApiFailure;
use store::StoreError;
use wire::changes::LineError;

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
    #[error("the stream was cut before its end")]
    Cut,
    #[error("the server failed in mid-stream (request {request_id})")]
    ServerFailed { request_id: String },
}
