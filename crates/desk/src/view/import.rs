//! Import (B7) as the window asks for it and follows it.

use domain::{MemberId, NewLead, StageId};
use import::{Delimiter, Encoding, ImportTarget, Refusal};
use serde::{Deserialize, Serialize};
use store::read::KnownLead;
use ts_rs::TS;
use uuid::Uuid;

use crate::ErrorView;

/// A file that was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ImportFile {
    #[ts(type = "string")]
    pub import_id: Uuid,
    /// Without its folder.
    pub file_name: String,
    pub size_bytes: u64,
    pub encoding: Encoding,
    pub delimiter: Delimiter,
    pub has_headings: bool,
    /// Whether it is a file of our own export.
    pub is_ours: bool,
    pub columns: Vec<ImportColumn>,
}

/// A column of it.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ImportColumn {
    /// Empty where the file has no headings.
    pub heading: String,
    /// Some of what stands in it.
    pub samples: Vec<String>,
    pub guess: ImportTarget,
}

/// Written by hand: what stands in a file never reaches a log.
impl std::fmt::Debug for ImportColumn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImportColumn").field("guess", &self.guess).finish_non_exhaustive()
    }
}

/// What becomes of who is in the file twice, or here already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Duplicates {
    Skip,
    Import,
}

/// What is to become of the rows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ImportPlan {
    /// One for each column.
    pub targets: Vec<ImportTarget>,
    /// Of rows that name no stage.
    pub stage_id: StageId,
    /// Of rows that name no owner; absent: the pool.
    pub owner_id: Option<MemberId>,
    /// For all of them.
    pub tag: Option<String>,
    pub duplicates: Duplicates,
}

/// Written by hand: a tag is what somebody typed.
impl std::fmt::Debug for ImportPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImportPlan").field("targets", &self.targets).finish_non_exhaustive()
    }
}

/// What a row comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ImportOutcome {
    New,
    /// The same person stands in the file before.
    InFile,
    /// The same person is here.
    Known(KnownLead),
    Refused(Refusal),
}

/// A row as it would be.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ImportRow {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Absent where it is refused.
    pub lead: Option<NewLead>,
    /// The beginning of what stands in a refused one; else empty.
    pub text: String,
    pub outcome: ImportOutcome,
}

/// Written by hand: what stands in a file never reaches a log.
impl std::fmt::Debug for ImportRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImportRow").field("line", &self.line).field("outcome", &self.outcome).finish_non_exhaustive()
    }
}

/// What the rows looked at come to. Blank ones do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ImportCounts {
    pub rows: u64,
    pub new: u64,
    pub in_file: u64,
    pub known: u64,
    pub refused: u64,
    /// Leads that were added.
    pub imported: u64,
}

/// What is being done with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ImportState {
    /// All rows are looked at, and nothing is added.
    Checking,
    Checked,
    Running,
    Done,
    /// What was added by then stays.
    Cancelled,
    /// The same.
    Failed(ErrorView),
}

/// Progress of an import, or of a look at its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ImportProgress {
    #[ts(type = "string")]
    pub import_id: Uuid,
    pub state: ImportState,
    pub counts: ImportCounts,
    pub bytes_done: u64,
    pub bytes_total: u64,
    /// The first of those that were refused; told at the end.
    pub refusals: Vec<Refusal>,
    /// Without its folder.
    pub file_name: String,
}
