//! What the sync engine hands to the cache and reads back: pages of changes, and how far they got.

use domain::UnixMs;
use wire::changes::{Change, Cursor, Totals, UnreadableLine};

/// What the server told between two `page` lines: written in one transaction, with its cursor.
#[derive(Debug, Clone)]
pub struct PullPage {
    /// In the order they came.
    pub changes: Vec<Change>,
    /// Lines this version can't read; kept as they came.
    pub unreadable: Vec<UnreadableLine>,
    /// Where to continue once this page is written.
    pub cursor: Cursor,
    pub progress: PageProgress,
    /// The run of the server's changes that the page is of, where it is known.
    pub epoch: Option<String>,
}

/// Which part of the feed a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageProgress {
    /// Part of a snapshot. Tell the totals with each page; they may move.
    Snapshot {
        totals: Totals,
        /// Rows of the snapshot up to and with this page.
        rows_done: u64,
    },
    /// The last page of a snapshot (it may be empty). What a restarted snapshot did not bring goes now.
    SnapshotFinished,
    /// Part of what changed since.
    Delta,
}

/// How far a snapshot got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotProgress {
    pub totals: Totals,
    pub rows_done: u64,
}

/// Where the cache stands with the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncState {
    /// Where to continue; absent before the first page and after [`crate::Cache::restart_snapshot`].
    pub cursor: Option<Cursor>,
    /// Present while a snapshot is on its way.
    pub snapshot: Option<SnapshotProgress>,
    /// Whether a snapshot was brought to its end since the cache was made or the snapshot restarted.
    pub complete: bool,
    pub up_to_date_at: Option<UnixMs>,
    /// Lines kept because this version can't read them.
    pub unreadable: u64,
    /// The run of the server's changes that was told last.
    pub epoch: Option<String>,
}

/// What a page changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    pub leads: bool,
    pub conversations: bool,
    pub messages: bool,
    /// Studio, members, stages, custom fields or tags.
    pub studio: bool,
    /// Subscription or invoices.
    pub billing: bool,
    /// What waits to be sent, or what somebody has to decide.
    pub outbox: bool,
    /// Changes in the page.
    pub rows: u64,
}

impl Applied {
    /// What two writes changed.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self {
            leads: self.leads || other.leads,
            conversations: self.conversations || other.conversations,
            messages: self.messages || other.messages,
            studio: self.studio || other.studio,
            billing: self.billing || other.billing,
            outbox: self.outbox || other.outbox,
            rows: self.rows + other.rows,
        }
    }
}
