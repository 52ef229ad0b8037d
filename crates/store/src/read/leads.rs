//! The lead list and the lead's page.

use chrono::NaiveDate;
use domain::{
    ChoiceOptionId, CustomFieldId, CustomValues, Lead, LeadEditRecord, LeadField, LeadId, LeadState, MemberId,
    OperationId, Source, StageEvent, StageId, UnixMs,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{ConversationRow, FieldConflict};

/// Whose leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum OwnerFilter {
    Unassigned,
    Member(MemberId),
}

/// Which leads: of one state (the active, unless told otherwise); within a list any may match, an empty list excludes
/// nothing, and all lists must agree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(export)]
pub struct LeadFilter {
    /// Those of one state.
    pub state: LeadState,
    pub stages: Vec<StageId>,
    pub owners: Vec<OwnerFilter>,
    pub sources: Vec<Source>,
    pub tags: Vec<String>,
    /// Created at or after.
    pub created_from: Option<UnixMs>,
    /// Created before.
    pub created_before: Option<UnixMs>,
    /// Last active at or after.
    pub active_from: Option<UnixMs>,
    /// Last active before.
    pub active_before: Option<UnixMs>,
    /// What the studio's own fields are to hold.
    pub custom: Vec<CustomFilter>,
}

/// What one of the studio's own fields is to hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct CustomFilter {
    pub field_id: CustomFieldId,
    pub test: CustomTest,
}

/// What a value passes by. A value of another kind passes no test.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[ts(export)]
pub enum CustomTest {
    /// There is one.
    Filled,
    /// There is none.
    Empty,
    /// A text that begins so, folded.
    StartsWith(String),
    /// A number within both ends, in thousandths; an absent end is open.
    Number {
        from: Option<i64>,
        to: Option<i64>,
    },
    /// A day within both ends; an absent end is open.
    Date {
        #[ts(type = "string | null")]
        from: Option<NaiveDate>,
        #[ts(type = "string | null")]
        to: Option<NaiveDate>,
    },
    YesNo(bool),
    /// Any of these options; none excludes nothing.
    Choice(Vec<ChoiceOptionId>),
}

/// Written by hand: what is looked for may be somebody's.
impl std::fmt::Debug for CustomTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Filled => "Filled",
            Self::Empty => "Empty",
            Self::StartsWith(_) => "StartsWith",
            Self::Number { .. } => "Number",
            Self::Date { .. } => "Date",
            Self::YesNo(_) => "YesNo",
            Self::Choice(_) => "Choice",
        })
    }
}

/// A column one can sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LeadColumn {
    Name,
    Stage,
    Owner,
    Source,
    Value,
    CreatedAt,
    LastActivityAt,
}

/// Order of the list. Equal rows are in the order of their ids, which `descending` turns round too. Stages are in the
/// order of the pipeline, owners by name after nobody, no value comes before every value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct LeadSort {
    pub column: LeadColumn,
    pub descending: bool,
}

/// A view of the lead list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct LeadQuery {
    pub filter: LeadFilter,
    pub sort: LeadSort,
}

/// One row of the list.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct LeadRow {
    pub id: LeadId,
    pub name: String,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub stage_id: StageId,
    pub owner_id: Option<MemberId>,
    pub source: Source,
    pub campaign: Option<String>,
    /// Hundredths of the studio's currency.
    pub value_minor: Option<i64>,
    pub state: LeadState,
    pub tags: Vec<String>,
    /// Values of the studio's own fields.
    pub custom: CustomValues,
    pub created_at: UnixMs,
    pub last_activity_at: UnixMs,
    /// It has edits of this device that are not on the server yet.
    pub is_unsent: bool,
}

/// A stretch of the list.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct LeadPage {
    /// Place of the first row in the whole list.
    pub offset: u64,
    pub rows: Vec<LeadRow>,
}

/// A merge of this device that has not come back from the server.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PendingMerge {
    pub operation_id: OperationId,
    /// Whether this lead is the one that was merged into the other.
    pub is_duplicate: bool,
    /// The server refused it: somebody has to decide.
    pub is_refused: bool,
    pub other_id: LeadId,
    /// Absent when the other is not here any more.
    pub other_name: Option<String>,
}

/// All of one lead that its page shows.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct LeadDetail {
    pub lead: Lead,
    /// Newest first.
    pub conversations: Vec<ConversationRow>,
    /// Newest first.
    pub stage_events: Vec<StageEvent>,
    /// Newest first.
    pub edits: Vec<LeadEditRecord>,
    /// Fields with edits of this device that are not on the server yet.
    pub unsent: Vec<LeadField>,
    /// Fields that somebody else changed, too.
    pub conflicts: Vec<FieldConflict>,
    /// What was merged here: what hung on a duplicate, but its conversations, comes when the server has done it.
    pub merges: Vec<PendingMerge>,
}

/// Somebody who has an address or a number already.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct KnownLead {
    pub lead_id: LeadId,
    pub name: String,
}

/// Written by hand: a name never reaches a log.
impl std::fmt::Debug for KnownLead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KnownLead").field("lead_id", &self.lead_id).finish_non_exhaustive()
    }
}
