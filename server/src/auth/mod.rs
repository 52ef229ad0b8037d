//! Who is asking (A3): passwords, tokens, sessions.
//!
//! A sign-in starts a session, which staff see as a device. It lives on refresh tokens, each good for one exchange;
//! access tokens are derived from it and worth nothing once it is over.

mod access_token;
mod argon2id;
mod caller;
mod cookies;
mod invitation_link;
mod password;
mod refresh_token;
mod rotation;
mod token_form;
mod token_keys;

pub(crate) use access_token::{ACCESS_TOKEN_LIFETIME_S, Bearer};
pub(crate) use caller::Caller;
pub(crate) use cookies::{Browser, clear, keep};
pub(crate) use password::{PasswordError, Passwords, fold_email};
pub(crate) use refresh_token::{RefreshTokenError, named_session};
pub(crate) use rotation::{Presented, Successor, Verdict};
pub(crate) use token_keys::{TokenKey, TokenKeyId, TokenKeys};

/// A session nobody refreshes for so long is over.
pub(crate) const SESSION_IDLE_MS: i64 = 30 * 24 * 60 * 60 * 1000;
