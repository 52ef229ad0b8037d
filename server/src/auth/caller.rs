//! Who makes a request, as handlers ask for it.

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use domain::{DeviceId, MemberId, Permission, Role, StudioId};
use wire::auth::SessionForm;

use super::access_token::AccessTokenError;
use super::cookies::Browser;
use crate::db::{Billing, DbError, Editor, LiveSession, SessionState, Sight};
use crate::error::ApiError;
use crate::request::RequestContext;
use crate::state::AppState;

/// A member with a session that is alive, at their studio.
///
/// The token only says which session: whose it is, of which studio and in which role is asked from the directory each
/// time, so that what is revoked stops at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) member_id: MemberId,
    pub(crate) studio_id: StudioId,
    pub(crate) device_id: DeviceId,
    pub(crate) role: Role,
}

impl Caller {
    /// Which leads the caller sees.
    pub(crate) const fn sight(&self) -> Sight {
        Sight::of(self.member_id, self.role)
    }

    /// The caller, as what they do is recorded.
    pub(crate) const fn editor(&self) -> Editor {
        Editor { member_id: self.member_id, device_id: self.device_id, role: self.role }
    }

    /// Whether the caller is told what the studio pays.
    pub(crate) const fn billing(&self) -> Billing {
        Billing::of(self.role)
    }

    /// # Errors
    /// [`ApiError::Forbidden`] when the caller's role has not `permission`.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), ApiError> {
        if self.role.allows(permission) { Ok(()) } else { Err(ApiError::Forbidden) }
    }
}

impl Caller {
    /// Whether the caller would be let in again, as the same: for what goes on after the request was let in.
    pub(crate) async fn is_still_let_in(&self, state: &AppState) -> Result<bool, DbError> {
        let session = state.database.directory().find_live(self.device_id, state.clock.now()).await?;
        Ok(session.is_some_and(|session| self.is_of(&session)))
    }

    /// As [`Caller::is_still_let_in`], with what to answer where they would not.
    ///
    /// # Errors
    /// Why not; [`ApiError::TokenExpired`] for one who is let in as another than they were: they come again.
    pub(crate) async fn require_still_let_in(&self, state: &AppState) -> Result<(), ApiError> {
        match state.database.directory().find_session(self.device_id, state.clock.now()).await? {
            SessionState::Live(session) if self.is_of(&session) => Ok(()),
            SessionState::Live(_) => Err(ApiError::TokenExpired),
            over => Err(ApiError::of_session(over)),
        }
    }

    fn is_of(&self, session: &LiveSession) -> bool {
        (session.member_id, session.studio_id, session.role) == (self.member_id, self.studio_id, self.role)
    }
}

/// The token of the one `Authorization` header, as `Bearer`, a space and nothing else around it. Of two headers it
/// could not be told which one somebody in between has looked at.
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let (form, token) = match Browser::of(parts, state.is_tls).access_token()? {
            Some(token) => (SessionForm::Cookie, Cow::Owned(token)),
            None => {
                let token = bearer_token(&parts.headers).ok_or(ApiError::SessionExpired)?;
                (SessionForm::Bearer, Cow::Borrowed(token))
            }
        };
        let now = state.clock.now();
        let checked = state.token_keys.check_access(&token, now).await?;
        let bearer = checked.map_err(|error| match error {
            // Of a server whose clock is wrong: a new one may help, and the session is none the worse.
            AccessTokenError::Expired | AccessTokenError::NotYet => ApiError::TokenExpired,
            // Or of keys that are gone: nobody has ended anything by that.
            AccessTokenError::Forged => ApiError::SessionExpired,
        })?;
        // Before the database is asked, and only now: whoever has no token of ours uses up nobody's.
        state.rate_limits.count_device(bearer.device_id)?;
        let is_meant = |s: &LiveSession| s.member_id == bearer.member_id && s.form == form;
        let session = match state.database.directory().find_session(bearer.device_id, now).await? {
            SessionState::Live(session) if is_meant(&session) => session,
            over => return Err(ApiError::of_session(over)),
        };
        if let Some(context) = parts.extensions.get::<RequestContext>() {
            context.belongs_to(session.studio_id);
        }
        Ok(Self {
            member_id: session.member_id,
            studio_id: session.studio_id,
            device_id: bearer.device_id,
            role: session.role,
        })
    }
}
