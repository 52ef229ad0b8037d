//! Presence: who looks at which lead.

use axum::extract::State;
use axum::http::StatusCode;
use domain::Permission;
use wire::presence::PutPresence;

use super::body::JsonBody;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::hints::Hint;
use crate::openapi;
use crate::presence::Look;
use crate::state::AppState;

/// Says on which lead's page the member is, on this device
///
/// Colleagues who see the lead are told by `GET /v1/sync/events`. Say it again every 20 s; 45 s after the last time it is over.
/// It is not stored.
#[utoipa::path(put, path = "/v1/presence", tag = "presence", request_body = PutPresence,
    responses((status = 204, description = "Told"), openapi::Forbidden, openapi::NotFound))]
pub(crate) async fn put(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(PutPresence { lead_id }): JsonBody<PutPresence>,
) -> Result<StatusCode, ApiError> {
    caller.require(Permission::ReviewLeads)?;
    if let Some(lead_id) = lead_id {
        let tenant = state.database.tenant(caller.studio_id).await?;
        if !tenant.list_in_sight(vec![lead_id], caller.sight()).await?.contains(&lead_id) {
            return Err(ApiError::NotFound);
        }
    }
    let look = Look { device_id: caller.device_id, member_id: caller.member_id, lead_id };
    state.database.hints().announce(caller.studio_id, Hint::Looking(look));
    Ok(StatusCode::NO_CONTENT)
}
