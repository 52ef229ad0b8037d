//! Operations: what staff did on a device, perhaps offline.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use domain::{ConversationId, InvalidField, LeadId, Permission, check_message_body};
use wire::operation::{
    Act, MAX_OPERATIONS, MergeLeads, OperationOutcome, OperationResult, OperationResults, Operations, RefusalReason,
    Refused,
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
/// name or a conversation. When the answer does not
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
    let mut undone = HashSet::new();
    let mut results = Vec::with_capacity(request.operations.len());
    for operation in request.operations {
        let (id, targets) = (operation.id, targets(&operation.act));
        let outcome = if targets.iter().any(|target| undone.contains(target)) {
            OperationOutcome::Held
        } else if let Err(refusal) = check(&operation.act) {
            OperationOutcome::Refused(refusal)
        } else {
            tenant.carry_out(operation, caller.editor(), state.clock.now()).await?
        };
        if !matches!(outcome, OperationOutcome::Done(_)) {
            undone.extend(targets);
        }
        results.push(OperationResult { id, outcome });
    }
    Ok(Json(OperationResults { results }))
}

/// What an act is done on. Acts that have one in common are done in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Target {
    Lead(LeadId),
    Conversation(ConversationId),
}

fn targets(act: &Act) -> Vec<Target> {
    match act {
        Act::CreateLead(act) => vec![Target::Lead(act.lead_id)],
        Act::EditLead(act) => vec![Target::Lead(act.lead_id)],
        Act::MergeLeads(MergeLeads { lead_id, duplicate_id }) => {
            vec![Target::Lead(*lead_id), Target::Lead(*duplicate_id)]
        }
        Act::Reply(act) => vec![Target::Conversation(act.conversation_id)],
    }
}

/// What can be told wrong without asking the studio.
fn check(act: &Act) -> Result<(), Refused> {
    let checked = match act {
        Act::CreateLead(act) => act.lead.check(),
        Act::EditLead(act) => act.edit.wanted().check(),
        Act::MergeLeads(MergeLeads { lead_id, duplicate_id }) if lead_id == duplicate_id => {
            Err(InvalidField::new("duplicate_id", "is the lead itself"))
        }
        Act::MergeLeads(_) => Ok(()),
        Act::Reply(act) => check_message_body(&act.body),
    };
    checked.map_err(|error| Refused { reason: RefusalReason::Invalid, field: Some(error.field) })
}
