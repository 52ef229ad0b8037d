//! Leads: changing and deleting one.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{Lead, LeadId, LeadPatch, Permission};

use super::body::{self, JsonBody};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::openapi;
use crate::state::AppState;

/// Changes some fields of a lead
///
/// What is absent stays as it is; `null` clears. All of it is done, or nothing. To and from the state `deleted` only for who
/// may delete leads.
#[utoipa::path(patch, path = "/v1/leads/{lead_id}", tag = "leads", params(("lead_id" = LeadId, Path)),
    request_body = LeadPatch,
    responses((status = 200, description = "The lead as it is now", body = Lead), openapi::Forbidden, openapi::NotFound))]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    path: Path<String>,
    JsonBody(patch): JsonBody<LeadPatch>,
) -> Result<Json<Lead>, ApiError> {
    caller.require(Permission::EditLeads)?;
    let lead_id: LeadId = body::id(path)?;
    patch.check()?;
    let tenant = state.database.tenant(caller.studio_id).await?;
    let lead = tenant.patch_lead(lead_id, patch, caller.editor(), state.clock.now()).await?;
    Ok(Json(lead))
}

/// Deletes a lead with all that hangs on it
#[utoipa::path(delete, path = "/v1/leads/{lead_id}", tag = "leads", params(("lead_id" = LeadId, Path)),
    responses((status = 204, description = "Deleted"), openapi::Forbidden, openapi::NotFound))]
pub(crate) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    path: Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.require(Permission::DeleteLeads)?;
    let lead_id: LeadId = body::id(path)?;
    let tenant = state.database.tenant(caller.studio_id).await?;
    tenant.delete_lead(lead_id, caller.sight()).await?;
    Ok(StatusCode::NO_CONTENT)
}
