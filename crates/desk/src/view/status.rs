//! Where you stand: the status line.

use domain::UnixMs;
use serde::Serialize;
use ts_rs::TS;

use crate::ErrorView;

/// Progress of the first sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct FirstSync {
    pub rows_done: u64,
    pub rows_total: u64,
    /// Rows a second, over the last seconds.
    pub rows_per_s: u64,
    /// Absent until the rate is known.
    pub remaining_s: Option<u64>,
}

/// How the desk stands with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Connection {
    /// Trying for the first time since the cache was opened.
    Connecting,
    /// Pulling, or waiting for hints with nothing left to pull.
    Online,
    /// The server can't be reached.
    Offline,
    /// The server can be reached, but `SyncStatus::problem` stops the sync.
    Stopped,
}

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
