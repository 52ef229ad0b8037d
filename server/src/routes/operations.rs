//! Operations: what staff did on a device, perhaps offline.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use domain::{InvalidField, LeadId, Permission};
use wire::operation::{
    Act, EditLead, MAX_OPERATIONS, Operation, OperationOutcome, OperationResult, OperationResults, Operations,
    RefusalReason, Refused,
};

use super::body::JsonBody;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::limits;
use crate::openapi;
use crate::state::AppState;

/// Does what was done on a device
///
/// Each operation by itself: one that is refused stops only those after it on the same target. When the answer does not
/// arrive, send the same again: what was done is not done twice.
#[utoipa::path(post, path = "/v1/sync/operations", tag = "sync", request_body = Operations,
    responses((status = 200, description = "What became of each, in their order", body = OperationResults),
        openapi::Forbidden))]
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
    let tenant = state.database.tenant(caller.studio_id).await?;
    let mut refused = HashSet::new();
    let mut results = Vec::with_capacity(request.operations.len());
    for operation in request.operations {
        let (id, target) = (operation.id, target(&operation));
        let outcome = if refused.contains(&target) {
            OperationOutcome::Held
        } else if let Err(refusal) = check(&operation) {
            OperationOutcome::Refused(refusal)
        } else {
            tenant.carry_out(operation, caller.editor(), state.clock.now()).await?
        };
        if matches!(outcome, OperationOutcome::Refused(_)) {
            refused.insert(target);
        }
        results.push(OperationResult { id, outcome });
    }
    Ok(Json(OperationResults { results }))
}

const fn target(operation: &Operation) -> LeadId {
    match &operation.act {
        Act::EditLead(EditLead { lead_id, .. }) => *lead_id,
    }
}

/// What can be told wrong without asking the studio: what a field is to become.
fn check(operation: &Operation) -> Result<(), Refused> {
    let Act::EditLead(EditLead { edit, .. }) = &operation.act;
    let invalid = |error: InvalidField| Refused { reason: RefusalReason::Invalid, field: Some(error.field) };
    edit.wanted().check().map_err(invalid)
}
