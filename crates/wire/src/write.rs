//! Writes that staff and integrations make over the API, each one transaction and one place in the feed.
//!
//! `PATCH /v1/leads/{lead_id}` with a [`domain::LeadPatch`] → [`domain::Lead`] ·
//! `POST /v1/conversations/{conversation_id}/messages` with a [`RecordMessage`] → [`domain::Message`] (records
//! what was said; sends nothing) · `DELETE /v1/leads/{lead_id}` → 204 ·
//! `POST /v1/audit` with an [`AuditBatch`] → 204.

use domain::{Direction, MessageId, UnixMs};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Something that was said outside the channels that report by themselves.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordMessage {
    /// Chosen by the sender; the same id again is the same message.
    pub id: MessageId,
    pub direction: Direction,
    /// Not blank; at most 65,536 bytes.
    #[schema(max_length = 65536, pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$")]
    pub body: String,
}

/// What kind of privileged act is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditAction {
    /// Leads were written to a file on the device.
    LeadsExported,
}

/// One privileged act that happened on a device, perhaps offline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditEntry {
    /// Chosen by the device; the same id again is the same act.
    pub id: Uuid,
    pub action: AuditAction,
    /// By the device's clock.
    pub at: UnixMs,
    /// Format and scope, such as `csv all`: never names or paths.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub detail: String,
    #[schema(maximum = 9007199254740991_i64)]
    pub row_count: u64,
}

/// Acts in the order they happened; at most 500.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditBatch {
    #[schema(max_items = 500)]
    pub entries: Vec<AuditEntry>,
}
