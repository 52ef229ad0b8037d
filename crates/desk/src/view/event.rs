//! What the desk tells the window. Events never carry data of the studio, only what to ask again.

use serde::Serialize;
use store::Applied;
use ts_rs::TS;

use super::{ExportProgress, Healed, ImportProgress, SignOutEnd, SyncStatus};

/// What changed in the cache since the last event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Changed {
    pub leads: bool,
    pub conversations: bool,
    pub messages: bool,
    /// Studio, members, stages or tags: ask for the session again.
    pub studio: bool,
    /// Subscription or invoices.
    pub billing: bool,
    /// What waits to be sent, or what somebody has to decide.
    pub outbox: bool,
}

impl From<Applied> for Changed {
    fn from(applied: Applied) -> Self {
        let Applied { leads, conversations, messages, studio, billing, outbox, rows: _ } = applied;
        Self { leads, conversations, messages, studio, billing, outbox }
    }
}

/// Something happened at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DeskEvent {
    Changed(Changed),
    StatusChanged(SyncStatus),
    ExportProgressed(ExportProgress),
    ImportProgressed(ImportProgress),
    /// The cache was not as it was left, and was made good.
    Healed(Healed),
    /// Other colleagues look at leads than did: ask again of the one that is shown.
    PresenceChanged,
    /// The cache is not as it was left, and is closed for it: the next unlocking makes it good.
    Altered,
    /// The cache was closed and its key wiped.
    Locked,
    /// The session ended, in this way: by the user, or because the server revoked it.
    SignedOut(SignOutEnd),
}
