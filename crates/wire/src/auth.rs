//! Signing in and staying signed in (A3).
//!
//! `POST /v1/auth/sign-in` [`SignIn`] → [`Session`] · `POST /v1/auth/refresh` [`Refresh`] → [`Tokens`] ·
//! `POST /v1/auth/sign-out` [`SignOut`] → 204. Everything else wants `Authorization: Bearer <access_token>`.
//!
//! A browser asks for [`SessionForm::Cookie`] when it signs in. Its tokens then come and go in cookies, never in a body:
//! sign-in → [`BrowserSession`], refresh → [`Renewed`], and `refresh_token` is left out.
//!
//! An answer to a refresh may be lost on its way. Whoever sends the very same [`Refresh`] again, with its
//! `idempotency_key`, gets the same refresh token again, until that one has been used. A refresh token that comes back
//! in any other way after it was exchanged is taken for stolen, and ends the session.

use domain::{DeviceId, Member, Studio, StudioId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::device::DeviceInfo;

/// How the tokens of a session travel, from its sign-in to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionForm {
    /// In bodies, and as `Authorization: Bearer`: for programs with a place to keep them.
    #[default]
    Bearer,
    /// In cookies that no script can read: for browsers. Whatever is asked with them has to come from a page of the
    /// server itself, and what may change something bears [`crate::CSRF_HEADER`]. Signing in, too.
    Cookie,
}

impl SessionForm {
    /// Whether it is the one that is meant when none is named.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// E-mail and password of a member, and the device they sit at.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    #[schema(max_length = 254, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub email: String,
    pub password: String,
    /// Which studio, for a member of several; the first one joined when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub studio_id: Option<StudioId>,
    pub device: DeviceInfo,
    #[serde(default, skip_serializing_if = "SessionForm::is_default")]
    pub session: SessionForm,
}

/// A pair of tokens.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Tokens {
    /// JWT; good for `access_expires_in_s`.
    pub access_token: String,
    /// Lifetime in seconds, so that a wrong clock on the client does not matter.
    pub access_expires_in_s: u64,
    /// Opaque, good for one exchange; another exchange of it ends the whole session.
    pub refresh_token: String,
}

/// A new session.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Session {
    #[serde(flatten)]
    pub tokens: Tokens,
    pub device_id: DeviceId,
    pub studio: Studio,
    pub member: Member,
}

/// A new session in cookies.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct BrowserSession {
    pub device_id: DeviceId,
    pub studio: Studio,
    pub member: Member,
    /// When to refresh, at the latest.
    pub access_expires_in_s: u64,
}

/// The cookies of a session were exchanged for new ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Renewed {
    pub access_expires_in_s: u64,
}

/// The fewest characters of an idempotency key: those of 128 random bits in hexadecimal.
pub const MIN_IDEMPOTENCY_KEY_CHARS: usize = 32;
/// The most characters of an idempotency key.
pub const MAX_IDEMPOTENCY_KEY_CHARS: usize = 128;

/// A refresh token to exchange.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// Left out where it is in a cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Random text that only the sender knows, such as a UUID (version 4): drawn for this exchange, kept where a crash
    /// can't lose it before the request is first sent, and sent again with each retry. Printable ASCII, 32 to 128
    /// characters. Without it a lost answer costs the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 32, max_length = 128, pattern = "^[!-~]*$")]
    pub idempotency_key: Option<String>,
}

/// The refresh token of the session to end. One that was exchanged already will do.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignOut {
    /// Left out where it is in a cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}
