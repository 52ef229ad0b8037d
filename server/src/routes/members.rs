//! The members of a studio, for who manages them.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{Member, MemberId, Permission, StudioId};
use wire::member::{ChangeRole, MemberList};

use super::body::{self, JsonBody};
use crate::auth::Caller;
use crate::db::Actor;
use crate::error::ApiError;
use crate::hints::Hint;
use crate::member_acts;
use crate::openapi;
use crate::state::AppState;
use crate::telemetry::{Use, Who};

/// A removed member may have had any number of leads. Past this the rest is done without anybody waiting.
const PATIENCE: Duration = Duration::from_secs(5);

/// Everyone who is a member
#[utoipa::path(get, path = "/v1/members", tag = "members",
    responses((status = 200, description = "By name", body = MemberList), openapi::Forbidden))]
pub(crate) async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<MemberList>, ApiError> {
    caller.require(Permission::ManageMembers)?;
    let tenant = state.database.tenant(caller.studio_id).await?;
    Ok(Json(MemberList { members: tenant.list_members().await? }))
}

/// Gives a member another role
///
/// Nobody raises themselves, only owners act on owners, and the last owner stays one.
#[utoipa::path(patch, path = "/v1/members/{member_id}", tag = "members", params(("member_id" = MemberId, Path)),
    request_body = ChangeRole,
    responses((status = 200, description = "The member as they are now", body = Member),
        openapi::Forbidden, openapi::NotFound, openapi::StandsAgainst))]
pub(crate) async fn change_role(
    State(state): State<AppState>,
    caller: Caller,
    path: Path<String>,
    JsonBody(change): JsonBody<ChangeRole>,
) -> Result<Json<Member>, ApiError> {
    caller.require(Permission::ManageMembers)?;
    let member_id: MemberId = body::id(path)?;
    let now = state.clock.now();
    state.database.directory().change_role(actor(caller), member_id, change.role, now).await?;
    settle(&state, caller.studio_id).await;
    let tenant = state.database.tenant(caller.studio_id).await?;
    let member = tenant.find_member(member_id).await?.ok_or(ApiError::NotFound)?;
    // What was decided, also where the studio's rows do not say it yet.
    Ok(Json(Member { role: change.role, ..member }))
}

/// Removes a member
///
/// Their sessions are over at once, their leads become unassigned, and their name stays in the history of leads.
#[utoipa::path(delete, path = "/v1/members/{member_id}", tag = "members", params(("member_id" = MemberId, Path)),
    responses((status = 204, description = "Removed"), openapi::Forbidden, openapi::NotFound, openapi::StandsAgainst))]
pub(crate) async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    path: Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.require(Permission::ManageMembers)?;
    let member_id: MemberId = body::id(path)?;
    let ended = state.database.directory().remove_member(actor(caller), member_id, state.clock.now()).await?;
    state.telemetry.note_use(Use::MemberRemoved, Who::Studio(caller.studio_id));
    for device_id in ended {
        state.database.hints().announce(caller.studio_id, Hint::SessionEnded(device_id));
    }
    settle(&state, caller.studio_id).await;
    Ok(StatusCode::NO_CONTENT)
}

/// The caller, as acts on members name them.
pub(super) const fn actor(caller: Caller) -> Actor {
    Actor { member_id: caller.member_id, device_id: caller.device_id, studio_id: caller.studio_id }
}

/// Has what was decided said in the studio's rows too. It is decided whatever comes of this: a job does what is left.
pub(super) async fn settle(state: &AppState, studio_id: StudioId) {
    let state = state.clone();
    // A task of its own, so that it goes on when the client goes away.
    let settling = tokio::spawn(async move {
        if let Err(error) = member_acts::settle(&state.database, studio_id, state.clock.now()).await {
            tracing::warn!(%studio_id, %error, "an act on members waits to be carried over");
        }
    });
    // Late or ended by a panic, which was logged: the job goes on.
    let _ = tokio::time::timeout(PATIENCE, settling).await;
}
