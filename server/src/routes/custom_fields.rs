//! The studio's own fields of leads (B2).

use axum::Json;
use axum::extract::{Path, State};
use domain::{CustomField, CustomFieldForm, CustomFieldId, Permission};
use wire::custom_field::CustomFieldList;

use super::body::{self, JsonBody};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::openapi;
use crate::state::AppState;

/// The fields that leads of the studio have besides
///
/// Those put away included: leads keep what they have of them.
#[utoipa::path(get, path = "/v1/custom-fields", tag = "custom_fields",
    responses((status = 200, description = "In their order", body = CustomFieldList), openapi::Forbidden))]
pub(crate) async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<CustomFieldList>, ApiError> {
    caller.require(Permission::ReviewLeads)?;
    let tenant = state.database.tenant(caller.studio_id).await?;
    Ok(Json(CustomFieldList { fields: tenant.list_custom_fields().await? }))
}

/// Defines a field, or changes one
///
/// Under an id that the sender chose. It is put in the place of what the field was: its kind stays, and none of its options
/// is left out; what is not wanted any more is retired, or put away. The same again changes nothing.
#[utoipa::path(put, path = "/v1/custom-fields/{field_id}", tag = "custom_fields",
    params(("field_id" = CustomFieldId, Path)), request_body = CustomFieldForm,
    responses((status = 200, description = "The field as it is now", body = CustomField), openapi::Forbidden,
        openapi::NotFound))]
pub(crate) async fn put(
    State(state): State<AppState>,
    caller: Caller,
    path: Path<String>,
    JsonBody(form): JsonBody<CustomFieldForm>,
) -> Result<Json<CustomField>, ApiError> {
    caller.require(Permission::ManageFields)?;
    let id: CustomFieldId = body::id(path)?;
    form.check()?;
    let tenant = state.database.tenant(caller.studio_id).await?;
    let field = CustomField { id, form };
    Ok(Json(tenant.put_custom_field(field, caller.editor(), state.clock.now()).await?))
}
