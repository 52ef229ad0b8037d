//! Replacing the server's keys (A8): a new secret, a new data key under it, and new token keys.
//!
//! Embedded files are encrypted anew while nobody else uses them, all in one go ([`files`]). On PostgreSQL, servers go on
//! serving, and for a time the old secret and the new one both open the keys ([`table`]). A rotation that is cut at any
//! moment leaves what the old secret opens, or the new one, or either; run again, it goes on where it was.

mod files;
mod reencrypt;
mod table;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use domain::UnixMs;

use super::blocking::blocking;
use super::keys::{new_token_key, reseal_token_key};
use super::{DatabaseUrl, DbError, StoredTokenKey};
use crate::secrets::{KeyRing, Secret, SecretSource};

/// Something that is done, and stays done whatever happens now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RotationStep {
    NextSecretReady,
    KeysSealed,
    SecretReplaced,
    FileCopied(String),
    CopyEncrypted(String),
    FileReplaced(String),
    TokenKeysReplaced,
    OldSecretLockedOut,
}

impl fmt::Display for RotationStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NextSecretReady => f.write_str("there is a new secret"),
            Self::KeysSealed => f.write_str("the keys are sealed by the new secret, too"),
            Self::SecretReplaced => f.write_str("the new secret has taken the place of the old one"),
            Self::FileCopied(name) => write!(f, "{name}: copied"),
            Self::CopyEncrypted(name) => write!(f, "{name}: the copy is encrypted by the new key, and was read whole"),
            Self::FileReplaced(name) => write!(f, "{name}: encrypted by the new key"),
            Self::TokenKeysReplaced => f.write_str("there is a new key for tokens"),
            Self::OldSecretLockedOut => f.write_str("the old secret opens nothing any more"),
        }
    }
}

/// What is left to the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotated {
    /// Nothing but the old secret, which backups of before need.
    Done { fingerprint: String },
    /// The new secret is in this file: to be given to every server.
    Distribute { next: PathBuf },
    /// The new secret is the one that was given: to be given to every server in place of the old one.
    Replace,
}

/// Begins a rotation, or goes on with one that was cut. `next` is the new secret, where it is not kept in a file; `done`
/// is told of each step.
///
/// # Errors
/// [`DbError::InUse`] beside a server on the same files; [`DbError::Secret`]; or when something can't be read or written.
pub async fn rotate(
    url: &DatabaseUrl,
    secret: &SecretSource,
    next: Option<Arc<Secret>>,
    now: UnixMs,
    mut done: impl FnMut(RotationStep) + Send + 'static,
) -> Result<Rotated, DbError> {
    match url {
        DatabaseUrl::Sqlite(dir) => {
            let (dir, secret) = (dir.clone(), secret.clone());
            blocking(move || files::rotate(&dir, &secret, next, now, &mut done)).await
        }
        DatabaseUrl::Postgres(_) => table::rotate(url, secret, next, now, &mut done).await,
    }
}

/// Locks the old secret out, when every server has the new one.
///
/// # Errors
/// [`DbError::Secret`] when the secret that is given is not the new one; or when the keys can't be read or written.
pub async fn finish_rotation(url: &DatabaseUrl, secret: &SecretSource) -> Result<(), DbError> {
    match url {
        DatabaseUrl::Sqlite(dir) => {
            let (dir, secret) = (dir.clone(), secret.clone());
            blocking(move || files::finish(&dir, &secret)).await
        }
        DatabaseUrl::Postgres(_) => table::finish(url, secret).await,
    }
}

/// The token keys after a rotation to the newest data key: all sealed by it, and a new one after them. As they are, where
/// that has happened.
fn rotated_token_keys(
    ring: &KeyRing,
    stored: Vec<StoredTokenKey>,
    now: UnixMs,
    use_from: UnixMs,
) -> Result<Vec<StoredTokenKey>, DbError> {
    let Some(last) = stored.last() else { return Ok(stored) };
    if ring.is_newest(&last.sealed) {
        return Ok(stored);
    }
    let new = new_token_key(ring, last.id + 1, now, use_from)?;
    let mut keys = stored.iter().map(|key| reseal_token_key(ring, key)).collect::<Result<Vec<_>, _>>()?;
    keys.push(new);
    Ok(keys)
}
