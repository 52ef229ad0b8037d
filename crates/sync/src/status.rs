//! Where the sync stands, as the status line shows it.

use std::sync::Arc;

use domain::UnixMs;
use serde::Serialize;
use ts_rs::TS;
use uuid::Uuid;

use crate::SyncError;

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
    /// The server can be reached, but a problem stops the sync.
    Stopped,
}

/// Where the sync stands.
#[derive(Debug, Clone)]
pub struct EngineStatus {
    pub connection: Connection,
    /// When this connection state began.
    pub since: UnixMs,
    /// When the cache last held everything the server had.
    pub up_to_date_at: Option<UnixMs>,
    /// Present while the first sync is not complete, also offline.
    pub first_sync: Option<FirstSync>,
    /// Lines from the server kept for a newer version.
    pub unreadable_changes: u64,
    /// This computer's clock minus the server's, when it is off by more than [`MAX_CLOCK_SKEW_MS`].
    pub clock_skew_ms: Option<i64>,
    /// Why the sync is stopped or the last try failed.
    pub problem: Option<Arc<Problem>>,
}

/// Why a try failed.
#[derive(Debug)]
pub struct Problem {
    pub error: SyncError,
    /// Names this failure, however often it is looked at: what is logged and what is shown are found by it.
    pub id: Uuid,
}

impl Problem {
    pub(crate) fn new(error: SyncError) -> Arc<Self> {
        Arc::new(Self { error, id: Uuid::new_v4() })
    }
}

/// How far the clocks may differ before people are told, in milliseconds.
pub const MAX_CLOCK_SKEW_MS: i64 = 120_000;

impl EngineStatus {
    /// The state changes, and with it the time since when; the same state again keeps its time.
    pub(crate) fn connect(&mut self, connection: Connection, now: UnixMs) {
        if self.connection != connection {
            self.connection = connection;
            self.since = now;
        }
    }

    /// Compares the clocks.
    pub(crate) fn note_server_clock(&mut self, here: UnixMs, there: UnixMs) {
        let skew = here.since_ms(there);
        self.clock_skew_ms = (skew.unsigned_abs() > MAX_CLOCK_SKEW_MS.unsigned_abs()).then_some(skew);
    }
}
