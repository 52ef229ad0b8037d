//! Edits as the window asks for them, and what it hears back.

use domain::{FieldChange, LeadId, LeadState, MemberId, MergeProblem, MessageId, OperationId, StageId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

/// Something was done, and is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Acted {
    /// Leads that are other than before.
    #[ts(type = "number")]
    pub changed: u64,
    /// For [`crate::Desk::undo`]; absent when there is nothing to take back.
    #[ts(type = "string | null")]
    pub undo: Option<Uuid>,
}

/// A lead was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct LeadCreated {
    pub lead_id: LeadId,
    #[ts(type = "string | null")]
    pub undo: Option<Uuid>,
}

/// A lead was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Replied {
    pub message_id: MessageId,
    /// For [`crate::Desk::take_back_reply`].
    pub operation_id: OperationId,
}

/// The same change to many leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum BulkChange {
    Stage(StageId),
    /// Nobody: back to the pool.
    Owner(Option<MemberId>),
    AddTags(Vec<String>),
    RemoveTags(Vec<String>),
    /// Archived, deleted, restored.
    State(LeadState),
}

/// What a merge would do, before it is done.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct MergePreview {
    pub lead_id: LeadId,
    pub lead_name: String,
    pub duplicate_id: LeadId,
    pub duplicate_name: String,
    /// What becomes of the lead's fields.
    pub changes: Vec<FieldChange>,
    /// Conversations that come to the lead.
    #[ts(type = "number")]
    pub conversations: u64,
    /// Why it can't be done.
    pub problem: Option<MergeProblem>,
}

/// Which of two values a field is to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ConflictChoice {
    Yours,
    Theirs,
    /// Only of notes: theirs, and yours below.
    Both,
}
