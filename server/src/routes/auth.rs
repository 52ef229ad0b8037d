//! Signing in, staying signed in, signing out.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::{DeviceId, MemberId, UnixMs};
use wire::ApiErrorBody;
use wire::auth::{Refresh, Session, SignIn, SignOut, Tokens};
use wire::device::DeviceInfo;

use super::body::JsonBody;
use super::check;
use crate::auth::{ACCESS_TOKEN_LIFETIME_S, Bearer, RefreshTokenError, SESSION_IDLE_MS, fold_email};
use crate::db::{NewDevice, Rotate, Rotation};
use crate::error::ApiError;
use crate::hints::Hint;
use crate::ids::new_uuid;
use crate::limits;
use crate::openapi;
use crate::rate_limits::ClientAddress;
use crate::request::RequestContext;
use crate::state::AppState;

/// Begins a session on a device
///
/// One device, one session: whoever signs in again on the same device gets a new one.
#[utoipa::path(post, path = "/v1/auth/sign-in", tag = "auth", security(()), request_body = SignIn,
    responses(
        (status = 200, description = "Signed in", body = Session),
        (status = 401, description = "`invalid_credentials`: e-mail or password is wrong; which of them is not told",
            body = ApiErrorBody),
        openapi::NotFound, openapi::TooManyRequests))]
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    Extension(context): Extension<RequestContext>,
    JsonBody(request): JsonBody<SignIn>,
) -> Result<Json<Session>, ApiError> {
    check_device(&request.device)?;
    // Of what has not the form of an address there is no account, and no other answer.
    check::line("email", &request.email, limits::EMAIL_BYTES)?;
    let directory = state.database.directory();
    let email = fold_email(&request.email);
    state.rate_limits.count_sign_in(&email, address.0)?;
    let account = directory.find_account(email).await?;
    let (account_id, stored) = account.map(|a| (a.id, a.password_hash)).unzip();
    if !state.passwords.verify(request.password.into(), stored).await? {
        return Err(ApiError::InvalidCredentials);
    }
    let account_id = account_id.ok_or(ApiError::InvalidCredentials)?;
    // A studio one does not belong to is no studio one could tell from a wrong password.
    let membership = directory.find_membership(account_id, request.studio_id).await?;
    let membership = membership.ok_or(ApiError::InvalidCredentials)?;
    context.belongs_to(membership.studio_id);
    let tenant = state.database.tenant(membership.studio_id).await?;
    let studio = tenant.find_studio().await?.ok_or(ApiError::NotFound)?;
    let member = tenant.find_member(membership.member_id).await?.ok_or(ApiError::NotFound)?;

    let now = state.clock.now();
    let device_id = DeviceId::from_uuid(new_uuid(now));
    let refresh = state.refresh_tokens.draw().map_err(ApiError::internal)?;
    let device = NewDevice {
        id: device_id,
        member_id: member.id,
        info: request.device,
        ip: address.to_string(),
        over_at: now.plus_ms(SESSION_IDLE_MS),
    };
    directory.start_session(device, refresh.hash, now).await?;
    let tokens = tokens(&state, device_id, member.id, refresh.token, now)?;
    Ok(Json(Session { tokens, device_id, studio, member }))
}

/// Exchanges a refresh token for a new pair
///
/// An answer may be lost on its way: the very same request again, with its `idempotency_key`, gets the same refresh token
/// again, until that one was used. A refresh token that comes back in any other way after it was exchanged is taken for
/// stolen, and ends the session.
#[utoipa::path(post, path = "/v1/auth/refresh", tag = "auth", security(()), request_body = Refresh,
    responses((status = 200, description = "The next tokens", body = Tokens), openapi::Unauthorized))]
pub(crate) async fn refresh(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    JsonBody(request): JsonBody<Refresh>,
) -> Result<Json<Tokens>, ApiError> {
    let Refresh { refresh_token, idempotency_key } = request;
    let exchange = match state.refresh_tokens.exchange(&refresh_token, idempotency_key.as_deref()) {
        Ok(exchange) => exchange,
        Err(RefreshTokenError::NotAToken) => return Err(ApiError::SessionRevoked),
        Err(RefreshTokenError::NotAKey) => {
            return Err(ApiError::invalid("idempotency_key", "is too short or too long"));
        }
        Err(error @ RefreshTokenError::NoRandomness) => return Err(ApiError::internal(error)),
    };
    let now = state.clock.now();
    let rotate = Rotate {
        old_hash: exchange.old_hash,
        new_hash: exchange.new.hash,
        ip: address.to_string(),
        over_at: now.plus_ms(SESSION_IDLE_MS),
    };
    match state.database.directory().rotate(rotate, now).await? {
        Rotation::Rotated { device_id, member_id, again } => {
            if again {
                tracing::info!(%device_id, "a refresh was answered again");
            }
            Ok(Json(tokens(&state, device_id, member_id, exchange.new.token, now)?))
        }
        Rotation::Reused { device_id, studio_id } => {
            tracing::warn!(%device_id, "a refresh token is in a second hand: its session is over");
            state.database.hints().announce(studio_id, Hint::SessionEnded(device_id));
            Err(ApiError::SessionRevoked)
        }
        Rotation::Refused => Err(ApiError::SessionRevoked),
    }
}

/// Ends a session
///
/// A token that is not ours is as good as signed out.
#[utoipa::path(post, path = "/v1/auth/sign-out", tag = "auth", security(()), request_body = SignOut,
    responses((status = 204, description = "Signed out")))]
pub(crate) async fn sign_out(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<SignOut>,
) -> Result<StatusCode, ApiError> {
    if let Some(hash) = state.refresh_tokens.hash(&request.refresh_token)
        && let Some((device_id, studio_id)) = state.database.directory().sign_out(hash, state.clock.now()).await?
    {
        state.database.hints().announce(studio_id, Hint::SessionEnded(device_id));
    }
    Ok(StatusCode::NO_CONTENT)
}

fn tokens(
    state: &AppState,
    device_id: DeviceId,
    member_id: MemberId,
    refresh_token: String,
    now: UnixMs,
) -> Result<Tokens, ApiError> {
    let access_token = state.access_tokens.issue(Bearer { device_id, member_id }, now).map_err(ApiError::internal)?;
    Ok(Tokens { access_token, access_expires_in_s: ACCESS_TOKEN_LIFETIME_S, refresh_token })
}

fn check_device(device: &DeviceInfo) -> Result<(), ApiError> {
    for (field, text) in
        [("device.name", &device.name), ("device.os", &device.os), ("device.app_version", &device.app_version)]
    {
        check::line(field, text, limits::DEVICE_CHARS)?;
    }
    Ok(())
}
