//! Operations: what staff did on a device, perhaps offline.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use domain::Permission;
use wire::operation::{
    MAX_OPERATIONS, OperationOutcome, OperationResult, OperationResults, Operations, RefusalReason, Refused,
};

use super::body::JsonBody;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::limits;
use crate::openapi;
use crate::state::AppState;

/// Does what was done on a device
///
/// Each operation by itself: one that is refused stops only those after it on the same target, which is a lead that they
/// name or a conversation. When the answer does not arrive, send the same again: what was done is not done twice.
#[utoipa::path(post, path = "/v1/sync/operations", tag = "sync", request_body = Operations,
    responses((status = 200, description = "What became of each, in their order", body = OperationResults),
        openapi::Forbidden, openapi::CursorInvalid))]
pub(crate) async fn push(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(request): JsonBody<Operations>,
) -> Result<Json<OperationResults>, ApiError> {
    caller.require(Permission::EditLeads)?;
    if request.operations.len() > MAX_OPERATIONS {
        return Err(ApiError::invalid("operations", "are too many"));
    }
    for (index, operation) in request.operations.iter().enumerate() {
        if !(-limits::EXACT_INTEGER..=limits::EXACT_INTEGER).contains(&operation.at.0) {
            return Err(ApiError::invalid(format!("operations[{index}].at"), "is no time"));
        }
    }
    if request.head.is_some_and(|head| head.act > limits::EXACT_INTEGER as u64) {
        return Err(ApiError::invalid("head.act", "is too large"));
    }
    let tenant = state.database.tenant(caller.studio_id).await?;
    let epoch = tenant.epoch().await?;
    if request.epoch.is_some_and(|known| known != epoch.as_str()) {
        return Err(ApiError::CursorInvalid);
    }
    let known = tenant.find_device_head(caller.device_id).await?;
    if let Some(head) = request.head {
        tenant.set_device_head(caller.device_id, head).await?;
    }
    let mut undone = HashSet::new();
    let mut results = Vec::with_capacity(request.operations.len());
    for operation in request.operations {
        let (id, targets) = (operation.id, operation.act.targets());
        let outcome = if targets.iter().any(|target| undone.contains(target)) {
            OperationOutcome::Held
        } else if let Err(invalid) = operation.act.check() {
            OperationOutcome::Refused(Refused { reason: RefusalReason::Invalid, field: Some(invalid.field) })
        } else {
            tenant.carry_out(operation, caller.editor(), state.clock.now()).await?
        };
        if !matches!(outcome, OperationOutcome::Done(_)) {
            undone.extend(targets);
        }
        results.push(OperationResult { id, outcome });
    }
    Ok(Json(OperationResults { epoch: epoch.as_str().to_owned(), results, head: known }))
}
