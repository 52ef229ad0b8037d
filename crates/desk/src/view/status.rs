//! Where you stand: the status line.

use domain::UnixMs;
use serde::Serialize;
use sync::{Connection, EngineStatus, FirstSync};
use ts_rs::TS;

use crate::ErrorView;

/// The status line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct SyncStatus {
    pub connection: Connection,
    /// When this connection state began.
    pub since: UnixMs,
    /// When the cache last held everything the server had.
    pub up_to_date_at: Option<UnixMs>,
    /// Present while the first sync is not complete, also offline.
    pub first_sync: Option<FirstSync>,
    /// Changes from the server that this version can't read, kept for a newer one.
    pub unreadable_changes: u64,
    /// This computer's clock minus the server's, when it is off by more than two minutes.
    pub clock_skew_ms: Option<i64>,
    /// Why the sync is stopped or the last try failed.
    pub problem: Option<ErrorView>,
}

impl From<&EngineStatus> for SyncStatus {
    fn from(status: &EngineStatus) -> Self {
        Self {
            connection: status.connection,
            since: status.since,
            up_to_date_at: status.up_to_date_at,
            first_sync: status.first_sync,
            unreadable_changes: status.unreadable_changes,
            clock_skew_ms: status.clock_skew_ms,
            problem: status.problem.as_deref().map(ErrorView::from),
        }
    }
}
