//! Conversations: recording what was said outside the channels that report by themselves.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{ConversationId, Message, Permission};
use wire::write::RecordMessage;

use super::body::{self, JsonBody};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::openapi;
use crate::state::AppState;

/// Records what was said outside the channels that report by themselves
///
/// It sends nothing. The same id again is the same message.
#[utoipa::path(post, path = "/v1/conversations/{conversation_id}/messages", tag = "conversations",
    params(("conversation_id" = ConversationId, Path)), request_body = RecordMessage,
    responses(
        (status = 201, description = "Recorded", body = Message),
        (status = 200, description = "It was recorded before", body = Message),
        openapi::Forbidden, openapi::NotFound))]
pub(crate) async fn record_message(
    State(state): State<AppState>,
    caller: Caller,
    path: Path<String>,
    JsonBody(record): JsonBody<RecordMessage>,
) -> Result<(StatusCode, Json<Message>), ApiError> {
    caller.require(Permission::EditLeads)?;
    let conversation_id: ConversationId = body::id(path)?;
    domain::check_message_body(&record.body)?;
    let tenant = state.database.tenant(caller.studio_id).await?;
    let now = state.clock.now();
    let recorded = tenant.record_message(conversation_id, record, caller.member_id, caller.sight(), now).await?;
    let status = if recorded.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(recorded.message)))
}
