//! The audit log: what devices report of privileged acts.

use axum::extract::State;
use axum::http::StatusCode;
use wire::write::AuditBatch;

use super::body::JsonBody;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::limits;
use crate::state::AppState;

/// Reports privileged acts that happened on this device
///
/// Any role may report: an act that was not allowed is the more to be recorded. The same entry again changes nothing.
#[utoipa::path(post, path = "/v1/audit", tag = "audit", request_body = AuditBatch,
    responses((status = 204, description = "Recorded")))]
pub(crate) async fn append(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(batch): JsonBody<AuditBatch>,
) -> Result<StatusCode, ApiError> {
    if batch.entries.len() > limits::AUDIT_ENTRIES {
        return Err(ApiError::invalid("entries", "are too many"));
    }
    for (index, entry) in batch.entries.iter().enumerate() {
        let field = |name| format!("entries[{index}].{name}");
        domain::check_line(field("detail"), &entry.detail, limits::AUDIT_DETAIL_CHARS)?;
        if !(-limits::EXACT_INTEGER..=limits::EXACT_INTEGER).contains(&entry.at.0) {
            return Err(ApiError::invalid(field("at"), "is no time"));
        }
        if entry.row_count > limits::EXACT_INTEGER.unsigned_abs() {
            return Err(ApiError::invalid(field("row_count"), "is too large"));
        }
    }
    let tenant = state.database.tenant(caller.studio_id).await?;
    tenant.append_audit(batch.entries, caller.member_id, caller.device_id, state.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
