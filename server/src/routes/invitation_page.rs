//! The page that an invitation's link leads to, in the browser of whoever was invited.
//!
//! The token in its path is the whole secret: nothing else lets anybody act here, so there is nothing that another site
//! could make a browser add to a request of its own. The page loads nothing and leads nowhere, so the token reaches
//! nobody as a referrer; the log names routes and no paths. Looking never uses the link up: mail scanners look.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::MemberId;
use secrecy::{ExposeSecret, SecretString};
use utoipa::ToSchema;

use super::members::settle;
use crate::auth::PasswordError;
use crate::db::{Accept, AcceptAs, Acceptance, FoundInvitation, InvitationState};
use crate::error::ApiError;
use crate::ids::new_uuid;
use crate::join_page::{Form, JoinPage};
use crate::limits;
use crate::state::AppState;
use crate::telemetry::{Fault, Use, Who};
use crate::words::Language;

/// The page of an invitation, for a browser
///
/// Looking uses nothing up.
#[utoipa::path(get, path = "/join/{token}", tag = "invitations", operation_id = "show_page", security(()),
    params(("token" = String, Path)),
    responses((status = 200, description = "A form", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such invitation", body = String, content_type = "text/html"),
        (status = 410, description = "It is over", body = String, content_type = "text/html")))]
pub(crate) async fn show(State(state): State<AppState>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    let page = page(&headers);
    answer(page, look(&state, &page, &token).await)
}

/// Accepts an invitation, from a browser
#[utoipa::path(post, path = "/join/{token}", tag = "invitations", operation_id = "accept_page", security(()),
    params(("token" = String, Path)),
    request_body(content = Filled, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "They are a member", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such invitation", body = String, content_type = "text/html"),
        (status = 410, description = "It is over", body = String, content_type = "text/html"),
        (status = 422, description = "The form again, with what is wrong", body = String, content_type = "text/html"),
        (status = 429, description = "The form again, for later", body = String, content_type = "text/html")))]
pub(crate) async fn accept(
    State(state): State<AppState>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let page = page(&headers);
    answer(page, join(&state, &page, &token, Filled::read(&body)).await)
}

/// What somebody typed.
#[derive(ToSchema)]
pub(crate) struct Filled {
    /// At most 200 characters.
    full_name: String,
    /// A new one of at least 8 characters, or that of the account which the address has.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

impl Filled {
    fn read(body: &[u8]) -> Self {
        let mut filled = Self { full_name: String::new(), password: SecretString::default() };
        for (name, value) in url::form_urlencoded::parse(body) {
            match &*name {
                "full_name" => filled.full_name = value.trim().to_owned(),
                "password" => filled.password = value.into_owned().into(),
                _ => {}
            }
        }
        filled
    }
}

fn page(headers: &HeaderMap) -> JoinPage {
    let language = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    JoinPage::new(Language::asked_for(language))
}

/// A person sees this, so what went wrong is a page too.
fn answer(page: JoinPage, answer: Result<Response, ApiError>) -> Response {
    answer.unwrap_or_else(|error| {
        let mut refused = error.into_response();
        let mut trouble = page.trouble(refused.status());
        if let Some(after) = refused.headers().get(header::RETRY_AFTER) {
            trouble.headers_mut().insert(header::RETRY_AFTER, after.clone());
        }
        if let Some(fault) = refused.extensions_mut().remove::<Fault>() {
            trouble.extensions_mut().insert(fault);
        }
        trouble
    })
}

async fn look(state: &AppState, page: &JoinPage, token: &str) -> Result<Response, ApiError> {
    let Some(found) = find(state, token).await? else { return Ok(page.unknown()) };
    if found.state != InvitationState::Open {
        return Ok(over(page, found.state));
    }
    let form = form(state, &found).await?;
    Ok(page.form(StatusCode::OK, &form, None))
}

async fn join(state: &AppState, page: &JoinPage, token: &str, filled: Filled) -> Result<Response, ApiError> {
    let Some(found) = find(state, token).await? else { return Ok(page.unknown()) };
    if found.state != InvitationState::Open {
        return Ok(over(page, found.state));
    }
    let mut form = form(state, &found).await?;
    let Filled { full_name, password } = filled;
    form.full_name.clone_from(&full_name);
    let words = page.words();
    let again = |form: &Form, why| Ok(page.form(StatusCode::UNPROCESSABLE_ENTITY, form, Some(why)));
    if full_name.is_empty() {
        return again(&form, words.name_missing);
    }
    if full_name.chars().count() > limits::NAME_CHARS || full_name.contains('\0') {
        return again(&form, words.name_too_long);
    }
    let account = match account(state, &found, password).await {
        Ok(Some(account)) => account,
        Ok(None) => return again(&form, words.password_wrong),
        Err(AccountError::Password(PasswordError::TooShort)) => return again(&form, words.password_too_short),
        Err(AccountError::Password(PasswordError::TooLong)) => return again(&form, words.password_too_long),
        Err(AccountError::Password(PasswordError::Busy)) => {
            return Ok(page.form(StatusCode::TOO_MANY_REQUESTS, &form, Some(words.busy)));
        }
        Err(AccountError::Password(error @ PasswordError::Hash(_))) => return Err(error.into()),
        Err(AccountError::Api(error)) => return Err(error),
    };
    let now = state.clock.now();
    let accept = Accept {
        token_hash: hash(state, token).await?.unwrap_or_default(),
        name: full_name,
        member_id: MemberId::from_uuid(new_uuid(now)),
        account,
    };
    match state.database.directory().accept_invitation(accept, now).await? {
        Acceptance::Joined { studio_id } => {
            tracing::info!(%studio_id, "an invitation was accepted");
            state.telemetry.note_use(Use::InvitationAccepted, Who::Studio(studio_id));
            settle(state, studio_id).await;
            Ok(page.joined(&form.studio, &state.public_url, &found.email))
        }
        Acceptance::AlreadyMember { .. } => Ok(page.joined(&form.studio, &state.public_url, &found.email)),
        Acceptance::Over(state) => Ok(over(page, state)),
        Acceptance::Unknown => Ok(page.unknown()),
        Acceptance::AccountChanged => {
            form.has_account = state.database.directory().find_account(found.email_folded).await?.is_some();
            again(&form, words.account_changed)
        }
    }
}

enum AccountError {
    Password(PasswordError),
    Api(ApiError),
}

/// The account to join with; nothing when the password is not that of the one there is.
async fn account(
    state: &AppState,
    found: &FoundInvitation,
    password: SecretString,
) -> Result<Option<AcceptAs>, AccountError> {
    let existing = state.database.directory().find_account(found.email_folded.clone()).await;
    match existing.map_err(|error| AccountError::Api(error.into()))? {
        Some(account) => {
            let matches = state.passwords.verify(password, Some(account.password_hash)).await;
            Ok(matches.map_err(AccountError::Password)?.then_some(AcceptAs::Existing(account.id)))
        }
        None => {
            // Of white space alone it is none, however long.
            if password.expose_secret().trim().is_empty() {
                return Err(AccountError::Password(PasswordError::TooShort));
            }
            let password_hash = state.passwords.hash(password).await.map_err(AccountError::Password)?;
            let account_id = new_uuid(state.clock.now());
            Ok(Some(AcceptAs::New { account_id, password_hash }))
        }
    }
}

/// The hash that an invitation is found by; nothing when this is no token of ours.
async fn hash(state: &AppState, token: &str) -> Result<Option<String>, ApiError> {
    Ok(state.token_keys.knowing(token).await?.hash_invitation(token))
}

async fn find(state: &AppState, token: &str) -> Result<Option<FoundInvitation>, ApiError> {
    let Some(hash) = hash(state, token).await? else { return Ok(None) };
    Ok(state.database.directory().find_invitation(hash, state.clock.now()).await?)
}

/// What the form says of whom it is for.
async fn form(state: &AppState, found: &FoundInvitation) -> Result<Form, ApiError> {
    let tenant = state.database.tenant(found.studio_id).await?;
    let studio = tenant.find_studio().await?.ok_or(ApiError::NotFound)?;
    let has_account = state.database.directory().find_account(found.email_folded.clone()).await?.is_some();
    Ok(Form { studio: studio.name, email: found.email.clone(), has_account, full_name: String::new() })
}

fn over(page: &JoinPage, state: InvitationState) -> Response {
    match state {
        InvitationState::Accepted => page.used(),
        InvitationState::Open | InvitationState::Withdrawn | InvitationState::Expired => page.over(),
    }
}
