//! The pipeline (B3): configurable stages, and every move as an event.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{LeadId, MemberId, StageEventId, StageId, UnixMs};

/// What it means for a lead to stand in a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum StageOutcome {
    Open,
    Won,
    Lost,
}

/// One column of the pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Stage {
    pub id: StageId,
    pub name: String,
    /// Order in the pipeline, lowest first.
    pub position: i64,
    /// `#rrggbb` of the stage's dot.
    pub colour: String,
    pub outcome: StageOutcome,
}

/// A lead moved from one stage to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct StageEvent {
    pub id: StageEventId,
    pub lead_id: LeadId,
    /// Absent when the lead was created in `to_stage_id`.
    #[schema(required)]
    pub from_stage_id: Option<StageId>,
    pub to_stage_id: StageId,
    /// Absent when the system moved it.
    #[schema(required)]
    pub member_id: Option<MemberId>,
    pub at: UnixMs,
}
