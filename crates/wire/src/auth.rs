//! Signing in and staying signed in (A3).
//!
//! `POST /v1/auth/sign-in` [`SignIn`] → [`Session`] · `POST /v1/auth/refresh` [`Refresh`] → [`Tokens`] ·
//! `POST /v1/auth/sign-out` [`Refresh`] → 204. Everything else wants `Authorization: Bearer <access_token>`.

use domain::{DeviceId, Member, Studio, StudioId};
use serde::{Deserialize, Serialize};

use crate::device::DeviceInfo;

/// E-mail and password of a member, and the device they sit at.
#[derive(Serialize, Deserialize)]
pub struct SignIn {
    pub email: String,
    pub password: String,
    /// Which studio, for a member of several; the first one joined when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub studio_id: Option<StudioId>,
    pub device: DeviceInfo,
}

/// A pair of tokens.
#[derive(Clone, Serialize, Deserialize)]
pub struct Tokens {
    /// JWT; good for `access_expires_in_s`.
    pub access_token: String,
    /// Lifetime in seconds, so that a wrong clock on the client does not matter.
    pub access_expires_in_s: u64,
    /// Opaque, good for one refresh; using it twice ends the whole family.
    pub refresh_token: String,
}

/// A new session.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    #[serde(flatten)]
    pub tokens: Tokens,
    pub device_id: DeviceId,
    pub studio: Studio,
    pub member: Member,
}

/// The refresh token to exchange or to end.
#[derive(Serialize, Deserialize)]
pub struct Refresh {
    pub refresh_token: String,
}
