//! Signing in, staying signed in, signing out: with tokens in bodies, or in cookies for browsers.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use domain::{DeviceId, MemberId, UnixMs};
use serde::Serialize;
use utoipa::ToSchema;
use wire::auth::{BrowserSession, Refresh, Renewed, Session, SessionForm, SignIn, SignOut, Tokens};
use wire::device::DeviceInfo;
use wire::{ApiErrorBody, ApiErrorCode};

use super::body::JsonBody;
use crate::auth::{self, ACCESS_TOKEN_LIFETIME_S, Bearer, Browser, RefreshTokenError, SESSION_IDLE_MS, fold_email};
use crate::db::{NewDevice, Rotate, Rotation};
use crate::error::ApiError;
use crate::hints::Hint;
use crate::ids::new_uuid;
use crate::limits;
use crate::openapi;
use crate::rate_limits::ClientAddress;
use crate::state::AppState;
use crate::telemetry::{Use, Who};

/// The answer to a sign-in, in the form that was asked for.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum SignedIn {
    Bearer(Session),
    Cookie(BrowserSession),
}

/// The answer to a refresh, in the form of its session.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Refreshed {
    Bearer(Tokens),
    Cookie(Renewed),
}

/// Begins a session on a device
///
/// One device, one session: whoever signs in again on the same device gets a new one. A browser asks for one in cookies,
/// from a page of this server.
#[utoipa::path(post, path = "/v1/auth/sign-in", tag = "auth", security(()), request_body = SignIn,
    responses(
        (status = 200, description = "Signed in", body = SignedIn),
        (status = 401, description = "`invalid_credentials`: e-mail or password is wrong; which of them is not told",
            body = ApiErrorBody),
        openapi::Forbidden, openapi::NotFound, openapi::TooManyRequests))]
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    browser: Browser,
    JsonBody(request): JsonBody<SignIn>,
) -> Result<Response, ApiError> {
    let signed_in = begin_session(&state, address, browser, request).await;
    if let Err(refused) = &signed_in
        && refused.code() != ApiErrorCode::Internal
    {
        state.telemetry.note_use(Use::SignInRefused(refused.code()), Who::Installation);
    }
    signed_in
}

async fn begin_session(
    state: &AppState,
    address: ClientAddress,
    browser: Browser,
    request: SignIn,
) -> Result<Response, ApiError> {
    check_device(&request.device)?;
    // Else a page of somebody else could sign its visitor in, as whom it likes.
    if request.session == SessionForm::Cookie {
        browser.require_own_page()?;
    }
    // Of what has not the form of an address there is no account, and no other answer.
    domain::check_line("email", &request.email, limits::EMAIL_BYTES)?;
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
    let tenant = state.database.tenant(membership.studio_id).await?;
    let studio = tenant.find_studio().await?.ok_or(ApiError::NotFound)?;
    let member = tenant.find_member(membership.member_id).await?.ok_or(ApiError::NotFound)?;

    let now = state.clock.now();
    let device_id = DeviceId::from_uuid(new_uuid(now));
    let refresh = state.token_keys.known().draw_refresh(device_id, now).map_err(|error| ApiError::internal(error))?;
    let device = NewDevice {
        id: device_id,
        member_id: member.id,
        form: request.session,
        info: request.device,
        ip: address.to_string(),
        over_at: now.plus_ms(SESSION_IDLE_MS),
    };
    if !directory.start_session(device, refresh.hash, now).await? {
        // Removed since the membership was found.
        return Err(ApiError::InvalidCredentials);
    }
    let tokens = tokens(state, device_id, member.id, refresh.token, now)?;
    state.telemetry.note_use(Use::SignedIn, Who::Studio(membership.studio_id));
    Ok(match request.session {
        SessionForm::Bearer => Json(SignedIn::Bearer(Session { tokens, device_id, studio, member })).into_response(),
        SessionForm::Cookie => {
            let access_expires_in_s = tokens.access_expires_in_s;
            let session = BrowserSession { device_id, studio, member, access_expires_in_s };
            (auth::keep(&tokens, state.is_tls)?, Json(SignedIn::Cookie(session))).into_response()
        }
    })
}

/// Exchanges a refresh token for a new pair
///
/// An answer may be lost on its way: the very same request again, with its `idempotency_key`, gets the same refresh token
/// again, until that one was used. A refresh token that comes back in any other way after it was exchanged is taken for
/// stolen, and ends the session. Of a token that is not known, the session that it names is asked for: who was signed out by
/// somebody is told `session_revoked` for as long as their member is on record, whoever else `session_expired`.
#[utoipa::path(post, path = "/v1/auth/refresh", tag = "auth", security(()), request_body = Refresh,
    responses((status = 200, description = "The next tokens", body = Refreshed), openapi::Unauthorized, openapi::Forbidden))]
pub(crate) async fn refresh(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    browser: Browser,
    JsonBody(request): JsonBody<Refresh>,
) -> Result<Response, ApiError> {
    let Refresh { refresh_token, idempotency_key } = request;
    let (form, refresh_token) = browser.refresh_token(refresh_token)?;
    match exchange(&state, address.to_string(), form, &refresh_token, idempotency_key.as_deref()).await {
        Ok(tokens) if form == SessionForm::Cookie => {
            let renewed = Renewed { access_expires_in_s: tokens.access_expires_in_s };
            Ok((auth::keep(&tokens, state.is_tls)?, Json(Refreshed::Cookie(renewed))).into_response())
        }
        Ok(tokens) => Ok(Json(Refreshed::Bearer(tokens)).into_response()),
        // The browser would send what is over again and again.
        Err(error @ (ApiError::SessionRevoked | ApiError::SessionExpired)) if form == SessionForm::Cookie => {
            Ok((auth::clear(state.is_tls)?, error).into_response())
        }
        Err(error) => Err(error),
    }
}

/// New tokens for a refresh token, as the rules have it (`docs/adr/0006`).
async fn exchange(
    state: &AppState,
    ip: String,
    form: SessionForm,
    refresh_token: &str,
    idempotency_key: Option<&str>,
) -> Result<Tokens, ApiError> {
    let now = state.clock.now();
    let keys = state.token_keys.knowing(refresh_token).await?;
    let mut exchange = match keys.exchange(refresh_token, idempotency_key, now) {
        Ok(exchange) => exchange,
        // Of a key that is gone, it may be: of its session more may be known.
        Err(RefreshTokenError::NotAToken) => return Err(refusal_of(state, refresh_token, now).await?),
        Err(RefreshTokenError::NotAKey) => {
            return Err(ApiError::invalid("idempotency_key", "is too short or too long"));
        }
        Err(error @ RefreshTokenError::NoRandomness) => return Err(ApiError::internal(error)),
    };
    let rotate = Rotate {
        old_hash: exchange.old_hash,
        named: auth::named_session(refresh_token),
        new_hashes: exchange.new.iter().map(|new| new.hash.clone()).collect(),
        form,
        ip,
        over_at: now.plus_ms(SESSION_IDLE_MS),
    };
    match state.database.directory().rotate(rotate, now).await? {
        Rotation::Rotated { device_id, member_id, again } => {
            if again.is_some() {
                tracing::info!(%device_id, "a refresh was answered again");
            }
            let given = exchange.new.swap_remove(again.unwrap_or_default());
            tokens(state, device_id, member_id, given.token, now)
        }
        Rotation::Reused { device_id, studio_id } => {
            tracing::warn!(%device_id, "a refresh token is in a second hand: its session is over");
            state.database.hints().announce(studio_id, Hint::SessionEnded(device_id));
            Err(ApiError::SessionRevoked)
        }
        Rotation::Ended => Err(ApiError::SessionRevoked),
        Rotation::Refused => Err(ApiError::SessionExpired),
    }
}

/// What to answer to a token of which nothing is known but the session that it names.
async fn refusal_of(state: &AppState, refresh_token: &str, now: UnixMs) -> Result<ApiError, ApiError> {
    let Some(named) = auth::named_session(refresh_token) else { return Ok(ApiError::SessionExpired) };
    Ok(ApiError::of_session(state.database.directory().find_session(named, now).await?))
}

/// Ends a session
///
/// A token that is not ours is as good as signed out, and so is none. Cookies are taken away.
#[utoipa::path(post, path = "/v1/auth/sign-out", tag = "auth", security(()), request_body = SignOut,
    responses((status = 204, description = "Signed out"), openapi::Forbidden))]
pub(crate) async fn sign_out(
    State(state): State<AppState>,
    browser: Browser,
    JsonBody(request): JsonBody<SignOut>,
) -> Result<Response, ApiError> {
    let (form, token) = match browser.refresh_token(request.refresh_token) {
        Ok((form, token)) => (form, Some(token)),
        // Cookies there were, but no refresh token among them that could be meant.
        Err(ApiError::SessionExpired) => (SessionForm::Cookie, None),
        Err(error) => return Err(error),
    };
    let hash = match token {
        Some(token) => state.token_keys.knowing(&token).await?.hash_refresh(&token),
        None => None,
    };
    if let Some(hash) = hash
        && let Some((device_id, studio_id)) = state.database.directory().sign_out(hash, state.clock.now()).await?
    {
        state.database.hints().announce(studio_id, Hint::SessionEnded(device_id));
    }
    Ok(match form {
        SessionForm::Bearer => StatusCode::NO_CONTENT.into_response(),
        SessionForm::Cookie => (StatusCode::NO_CONTENT, auth::clear(state.is_tls)?).into_response(),
    })
}

fn tokens(
    state: &AppState,
    device_id: DeviceId,
    member_id: MemberId,
    refresh_token: String,
    now: UnixMs,
) -> Result<Tokens, ApiError> {
    let access_token = state
        .token_keys
        .known()
        .issue_access(Bearer { device_id, member_id }, now)
        .map_err(|error| ApiError::internal(error))?;
    Ok(Tokens { access_token, access_expires_in_s: ACCESS_TOKEN_LIFETIME_S, refresh_token })
}

fn check_device(device: &DeviceInfo) -> Result<(), ApiError> {
    for (field, text) in
        [("device.name", &device.name), ("device.os", &device.os), ("device.app_version", &device.app_version)]
    {
        domain::check_line(field, text, limits::DEVICE_CHARS)?;
    }
    Ok(())
}
