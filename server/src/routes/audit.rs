//! The audit log: what devices report of privileged acts.

use axum::extract::State;
use axum::http::StatusCode;
use wire::write::AuditBatch;

use super::body::JsonBody;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::limits;
use crate::state::AppState;

/// `POST /v1/audit`. Any role may report: an act that was not allowed is the more to be recorded.
pub(crate) async fn append(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(batch): JsonBody<AuditBatch>,
) -> Result<StatusCode, ApiError> {
    if batch.entries.len() > limits::AUDIT_ENTRIES {
        return Err(ApiError::invalid("entries", "are too many"));
    }
    for (index, entry) in batch.entries.iter().enumerate() {
        if entry.detail.chars().count() > limits::AUDIT_DETAIL_CHARS {
            return Err(ApiError::invalid(format!("entries[{index}].detail"), "is too long"));
        }
    }
    let tenant = state.database.tenant(caller.studio_id).await?;
    tenant.append_audit(batch.entries, caller.member_id, caller.device_id, state.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
