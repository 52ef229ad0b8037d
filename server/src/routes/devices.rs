//! The devices a member is signed in on.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::DeviceId;
use wire::device::{DeviceList, RevokedOthers};

use super::body;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::hints::Hint;
use crate::openapi;
use crate::state::AppState;

/// The caller's devices
#[utoipa::path(get, path = "/v1/devices", tag = "devices",
    responses((status = 200, description = "Those signed in, and those that were lately", body = DeviceList)))]
pub(crate) async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<DeviceList>, ApiError> {
    let now = state.clock.now();
    Ok(Json(state.database.directory().list_devices(caller.member_id, caller.device_id, now).await?))
}

/// Ends the session of one of the caller's devices
///
/// One's own only: that of somebody else is not found.
#[utoipa::path(delete, path = "/v1/devices/{device_id}", tag = "devices", params(("device_id" = DeviceId, Path)),
    responses((status = 204, description = "Its session is over"), openapi::NotFound))]
pub(crate) async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    path: Path<String>,
) -> Result<StatusCode, ApiError> {
    let device_id: DeviceId = body::id(path)?;
    let now = state.clock.now();
    if !state.database.directory().revoke_device(device_id, caller.member_id, now).await? {
        return Err(ApiError::NotFound);
    }
    state.database.hints().announce(caller.studio_id, Hint::SessionEnded(device_id));
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the sessions of all of the caller's devices but the one asking
#[utoipa::path(post, path = "/v1/devices/revoke-others", tag = "devices",
    responses((status = 200, description = "Their sessions are over", body = RevokedOthers)))]
pub(crate) async fn revoke_others(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<RevokedOthers>, ApiError> {
    let directory = state.database.directory();
    let ended = directory.revoke_others(caller.device_id, caller.member_id, state.clock.now()).await?;
    for device_id in &ended {
        state.database.hints().announce(caller.studio_id, Hint::SessionEnded(*device_id));
    }
    Ok(Json(RevokedOthers { revoked: ended.len() as u64 }))
}
