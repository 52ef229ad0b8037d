//! Invitations, for who manages members. What the invited person sees is in `invitation_page`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{InvitationId, Permission, UnixMs};
use wire::invitation::{INVITATION_DAYS, Invitation, InvitationList, MailState, NewInvitation};

use super::body::{self, JsonBody};
use super::members::{actor, settle};
use crate::auth::{Caller, fold_email};
use crate::db::{NewInvitation as Inviting, NewLink};
use crate::error::ApiError;
use crate::ids::new_uuid;
use crate::mail::mail_address;
use crate::openapi;
use crate::state::AppState;
use crate::telemetry::{Use, Who};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The invitations that nobody has accepted or withdrawn
#[utoipa::path(get, path = "/v1/invitations", tag = "invitations",
    responses((status = 200, description = "The newest first", body = InvitationList), openapi::Forbidden))]
pub(crate) async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<InvitationList>, ApiError> {
    caller.require(Permission::ManageMembers)?;
    let invitations = state.database.directory().list_invitations(caller.studio_id).await?;
    Ok(Json(InvitationList { invitations, sends_mail: state.mailer.is_some() }))
}

/// Invites somebody by e-mail
///
/// They are mailed a link, good for one acceptance and seven days.
#[utoipa::path(post, path = "/v1/invitations", tag = "invitations", request_body = NewInvitation,
    responses((status = 201, description = "Invited", body = Invitation),
        openapi::Forbidden, openapi::StandsAgainst))]
pub(crate) async fn invite(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(request): JsonBody<NewInvitation>,
) -> Result<(StatusCode, Json<Invitation>), ApiError> {
    caller.require(Permission::ManageMembers)?;
    let NewInvitation { email, role } = request;
    let email = email.trim().to_owned();
    if !domain::is_email(&email) || mail_address(&email).is_none() {
        return Err(ApiError::invalid("email", "is not an e-mail address"));
    }
    if state.mailer.is_none() {
        return Err(ApiError::MailNotConfigured);
    }
    let now = state.clock.now();
    let id = InvitationId::from_uuid(new_uuid(now));
    let link = new_link(&state, now);
    let expires_at = link.expires_at;
    let inviting = Inviting { id, email_folded: fold_email(&email), email: email.clone(), role, link };
    state.database.directory().invite(actor(caller), inviting, now).await?;
    state.telemetry.note_use(Use::MemberInvited, Who::Studio(caller.studio_id));
    state.mail_written.notify_one();
    settle(&state, caller.studio_id).await;
    let (invited_by, mail) = (caller.member_id, MailState::Waiting);
    let invitation = Invitation { id, email, role, invited_by, created_at: now, expires_at, mail };
    Ok((StatusCode::CREATED, Json(invitation)))
}

/// Mails a new link in the place of the one before
///
/// Within a minute of the last time it is refused.
#[utoipa::path(post, path = "/v1/invitations/{invitation_id}/send", tag = "invitations",
    params(("invitation_id" = InvitationId, Path)),
    responses((status = 200, description = "It will be sent in a moment", body = Invitation),
        openapi::Forbidden, openapi::NotFound, openapi::StandsAgainst, openapi::TooManyRequests))]
pub(crate) async fn send(
    State(state): State<AppState>,
    caller: Caller,
    path: Path<String>,
) -> Result<Json<Invitation>, ApiError> {
    caller.require(Permission::ManageMembers)?;
    let id: InvitationId = body::id(path)?;
    if state.mailer.is_none() {
        return Err(ApiError::MailNotConfigured);
    }
    let now = state.clock.now();
    let directory = state.database.directory();
    directory.renew_invitation(actor(caller), id, new_link(&state, now), now).await?;
    state.mail_written.notify_one();
    settle(&state, caller.studio_id).await;
    let invitations = directory.list_invitations(caller.studio_id).await?;
    // Accepted or withdrawn right after it was sent.
    invitations.into_iter().find(|one| one.id == id).map(Json).ok_or(ApiError::NotFound)
}

/// Withdraws an invitation
#[utoipa::path(delete, path = "/v1/invitations/{invitation_id}", tag = "invitations",
    params(("invitation_id" = InvitationId, Path)),
    responses((status = 204, description = "Its link leads nowhere any more"), openapi::Forbidden, openapi::NotFound))]
pub(crate) async fn withdraw(
    State(state): State<AppState>,
    caller: Caller,
    path: Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.require(Permission::ManageMembers)?;
    let id: InvitationId = body::id(path)?;
    state.database.directory().withdraw_invitation(actor(caller), id, state.clock.now()).await?;
    settle(&state, caller.studio_id).await;
    Ok(StatusCode::NO_CONTENT)
}

fn new_link(state: &AppState, now: UnixMs) -> NewLink {
    let mail_id = new_uuid(now);
    let token_hash = state.token_keys.known().invite(mail_id, now).hash;
    NewLink { mail_id, token_hash, expires_at: now.plus_ms(INVITATION_DAYS * DAY_MS) }
}
