//! A rotation on a database that several servers share, and go on serving from.

use std::sync::Arc;

use domain::UnixMs;

use super::{Rotated, RotationStep, rotated_token_keys};
use crate::db::{Database, DatabaseUrl, DbError};
use crate::hints::LocalHints;
use crate::secrets::{Secret, SecretError, SecretSource};

/// From the making of a token key to its use: every server looks several times meanwhile (`jobs::watch_keys`).
const USED_AFTER_MS: i64 = 2 * 60 * 1000;

pub(super) async fn rotate(
    url: &DatabaseUrl,
    source: &SecretSource,
    given_next: Option<Arc<Secret>>,
    now: UnixMs,
    done: &mut (impl FnMut(RotationStep) + Send),
) -> Result<Rotated, DbError> {
    let database = Database::open(url, source, Arc::new(LocalHints::default())).await?;
    let current = source.get()?;
    let next = match (source, given_next) {
        (SecretSource::File(_), Some(_)) => return Err(SecretError::NextNotWanted.into()),
        (SecretSource::File(_), None) => source.draw_next()?,
        (SecretSource::Given(_), next) => next.ok_or(SecretError::NextMissing)?,
    };
    if next.fingerprint() == current.fingerprint() {
        return Err(SecretError::NextIsCurrent.into());
    }
    done(RotationStep::NextSecretReady);
    let plan = move |mut sealed: crate::secrets::SealedRing, token_keys| {
        let (now_open, wanted) = (sealed.secrets(), next.fingerprint());
        if now_open.iter().any(|secret| secret == wanted) {
            return Ok((sealed, token_keys));
        }
        if let [current, .., other] = &*now_open {
            let (current, next) = (current.clone(), other.clone());
            return Err(SecretError::RotationUnderWay { current, next }.into());
        }
        let mut ring = sealed.open(&current)?;
        ring.add_generation()?;
        sealed.add(ring.seal_for(&current, now)?);
        sealed.add(ring.seal_for(&next, now)?);
        Ok((sealed, rotated_token_keys(&ring, token_keys, now, now.plus_ms(USED_AFTER_MS))?))
    };
    database.directory().change_keys(plan).await?;
    done(RotationStep::KeysSealed);
    done(RotationStep::TokenKeysReplaced);
    Ok(source.next_file().map_or(Rotated::Replace, |next| Rotated::Distribute { next }))
}

pub(super) async fn finish(url: &DatabaseUrl, source: &SecretSource) -> Result<(), DbError> {
    let database = Database::open(url, source, Arc::new(LocalHints::default())).await?;
    let secret = source.get()?;
    let plan = move |mut sealed: crate::secrets::SealedRing, token_keys| {
        sealed.leave_to(&secret)?;
        Ok((sealed, token_keys))
    };
    database.directory().change_keys(plan).await
}
