//! What was done on this device and is not on the server yet, and what came of it that somebody has to decide.

use domain::{ConversationId, FieldChange, FieldValue, LeadField, LeadId, OperationId, UnixMs};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// An act of this device.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct OutboxRow {
    pub id: OperationId,
    /// When it was done, by this computer's clock.
    pub at: UnixMs,
    pub state: OutboxState,
    pub act: OutboxAct,
}

/// Where an act stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum OutboxState {
    /// It is sent as soon as the server can be reached.
    Waiting,
    /// It waits for one before it, on the same lead, that was refused.
    Held,
    /// It stays until somebody tries it again or discards it.
    Refused(OutboxRefusal),
}

/// Why the server did not do an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum OutboxRefusal {
    /// The lead is gone, or out of this member's sight.
    NotFound,
    /// What it asks for can't be; the field, where one is to blame.
    Invalid(Option<String>),
    /// The member's role may not.
    Forbidden,
    /// The lead was deleted.
    LeadDeleted,
    /// For another reason: the server's code.
    Other(String),
}

/// What was done.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum OutboxAct {
    LeadEdited {
        lead_id: LeadId,
        /// Absent when the lead is not here any more.
        lead_name: Option<String>,
        changes: Vec<FieldChange>,
    },
    LeadCreated {
        lead_id: LeadId,
        name: String,
    },
    LeadsMerged {
        lead_id: LeadId,
        lead_name: Option<String>,
        duplicate_name: Option<String>,
    },
    Replied {
        conversation_id: ConversationId,
        lead_name: Option<String>,
        body: String,
    },
}

/// How much there is to look after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct OutboxCounts {
    /// Acts that are sent as soon as the server can be reached, with those that wait for a refused one.
    pub waiting: u64,
    /// Acts that the server refused.
    pub refused: u64,
    /// Fields that somebody else changed, too, and that were not decided yet.
    pub conflicts: u64,
}

/// A conflict in the list of all.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ConflictRow {
    pub lead_name: String,
    pub conflict: FieldConflict,
}

/// A field that this device and somebody else changed to different things. Theirs stands until somebody decides.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct FieldConflict {
    /// The edit that met another.
    pub operation_id: OperationId,
    pub lead_id: LeadId,
    pub field: LeadField,
    /// What it was when this device edited it.
    pub seen: FieldValue,
    pub yours: FieldValue,
    /// What the lead holds now.
    pub theirs: FieldValue,
    /// When this device edited it.
    pub at: UnixMs,
}
