//! Conversations: recording what was said outside the channels that report by themselves.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{Message, Permission};
use wire::write::RecordMessage;

use super::body::{self, JsonBody};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::limits;
use crate::state::AppState;

/// `POST /v1/conversations/{conversation_id}/messages`: 201, or 200 when it was recorded before.
pub(crate) async fn record_message(
    State(state): State<AppState>,
    caller: Caller,
    path: Path<String>,
    JsonBody(record): JsonBody<RecordMessage>,
) -> Result<(StatusCode, Json<Message>), ApiError> {
    caller.require(Permission::EditLeads)?;
    let conversation_id = body::id(path)?;
    if record.body.trim().is_empty() {
        return Err(ApiError::invalid("body", "is empty"));
    }
    if record.body.len() > limits::MESSAGE_BYTES {
        return Err(ApiError::invalid("body", "is too long"));
    }
    let tenant = state.database.tenant(caller.studio_id).await?;
    let now = state.clock.now();
    let recorded = tenant.record_message(conversation_id, record, caller.member_id, caller.sight(), now).await?;
    let status = if recorded.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(recorded.message)))
}
