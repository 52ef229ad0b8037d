//! Export (E1) as the window asks for it and follows it.

use domain::LeadId;
use serde::{Deserialize, Serialize};
use store::read::LeadQuery;
use ts_rs::TS;
use uuid::Uuid;

use crate::ErrorView;

/// File format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ExportFormat {
    Csv,
    Json,
    Xlsx,
}

/// Which leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ExportScope {
    All,
    View(LeadQuery),
    Selection(Vec<LeadId>),
}

/// An export to start. The path comes from the native dialog, which the shell opens itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ExportRequest {
    pub format: ExportFormat,
    pub scope: ExportScope,
}

/// How an export ended, or that it did not yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ExportState {
    Running,
    Done,
    Cancelled,
    Failed(ErrorView),
}

/// Progress of one export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ExportProgress {
    #[ts(type = "string")]
    pub export_id: Uuid,
    pub state: ExportState,
    pub rows_done: u64,
    pub rows_total: u64,
    pub size_bytes: u64,
    /// Name of the file, without its folder.
    pub file_name: String,
}
