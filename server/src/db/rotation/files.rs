//! A rotation of embedded files, step by step.
//!
//! A file is opened by whichever generation of data keys it was written with, so it does not matter how far a rotation
//! that was cut had come; and the keys are sealed for both secrets from before the one takes the other's place until
//! the last file is done.

use std::path::Path;
use std::sync::Arc;

use domain::{StudioId, UnixMs};

use super::reencrypt::reencrypt;
use super::{Rotated, RotationStep, rotated_token_keys};
use crate::db::cipher::find_key;
use crate::db::directory::change_token_keys;
use crate::db::in_use;
use crate::db::sqlite::{Connection, Mode};
use crate::db::{DIRECTORY_FILE, DbError, STUDIOS_DIR};
use crate::secrets::{
    FileName, KeyRing, RING_FILE, SealedRing, Secret, SecretError, SecretSource, find_ring_file, replace_ring_file,
};

pub(super) fn rotate(
    dir: &Path,
    source: &SecretSource,
    given_next: Option<Arc<Secret>>,
    now: UnixMs,
    done: &mut dyn FnMut(RotationStep),
) -> Result<Rotated, DbError> {
    let _alone = in_use::claim(dir)?;
    let mut sealed = find(dir)?;
    let current = source.get()?;
    let next = next_secret(source, given_next, &sealed, &current)?;
    done(RotationStep::NextSecretReady);

    let mut ring = sealed.open(&current)?;
    if !sealed.secrets().iter().any(|secret| secret == next.fingerprint()) {
        ring.add_generation()?;
        sealed.add(ring.seal_for(&current, now)?);
        sealed.add(ring.seal_for(&next, now)?);
        replace_ring_file(dir, &sealed)?;
    }
    done(RotationStep::KeysSealed);
    let is_file = matches!(source, SecretSource::File(_));
    if is_file && current.fingerprint() != next.fingerprint() {
        source.take_next(&current)?;
        done(RotationStep::SecretReplaced);
    }

    for (name, file) in list_files(dir)? {
        reencrypt(dir, &name, file, &ring, done)?;
    }
    replace_token_keys(dir, &ring, now)?;
    done(RotationStep::TokenKeysReplaced);
    if !is_file {
        return Ok(Rotated::Replace);
    }
    let old = sealed.secrets().into_iter().find(|secret| secret != next.fingerprint());
    sealed.leave_to(&next)?;
    replace_ring_file(dir, &sealed)?;
    done(RotationStep::OldSecretLockedOut);
    Ok(Rotated::Done { fingerprint: old.unwrap_or_else(|| current.fingerprint().to_owned()) })
}

/// Locks the old secret out.
pub(super) fn finish(dir: &Path, source: &SecretSource) -> Result<(), DbError> {
    let _alone = in_use::claim(dir)?;
    let mut sealed = find(dir)?;
    let secret = source.get()?;
    sealed.open(&secret)?;
    sealed.leave_to(&secret)?;
    Ok(replace_ring_file(dir, &sealed)?)
}

fn find(dir: &Path) -> Result<SealedRing, DbError> {
    Ok(find_ring_file(dir)?.ok_or(SecretError::RingMissing { path: dir.join(RING_FILE) })?)
}

/// The secret to change to: that of a rotation that was cut, or a new one.
fn next_secret(
    source: &SecretSource,
    given: Option<Arc<Secret>>,
    sealed: &SealedRing,
    current: &Arc<Secret>,
) -> Result<Arc<Secret>, SecretError> {
    match (source, given) {
        (SecretSource::File(_), Some(_)) => Err(SecretError::NextNotWanted),
        (SecretSource::Given(_), None) => Err(SecretError::NextMissing),
        (SecretSource::Given(_), Some(given)) if given.fingerprint() == current.fingerprint() => {
            Err(SecretError::NextIsCurrent)
        }
        (SecretSource::Given(_), Some(given)) => {
            let secrets = sealed.secrets();
            let other =
                secrets.iter().find(|secret| ![given.fingerprint(), current.fingerprint()].contains(&&***secret));
            match other {
                Some(other) => Err(SecretError::RotationUnderWay {
                    current: current.fingerprint().to_owned(),
                    next: other.clone(),
                }),
                None => Ok(given),
            }
        }
        (SecretSource::File(_), None) => match source.find_next()? {
            Some(next) => Ok(next),
            // Cut after it had taken its place.
            None if sealed.secrets().len() > 1 => Ok(Arc::clone(current)),
            None => source.draw_next(),
        },
    }
}

/// Every file there is, by its name in the directory.
fn list_files(dir: &Path) -> Result<Vec<(String, FileName)>, DbError> {
    let mut files = Vec::new();
    if dir.join(DIRECTORY_FILE).exists() {
        files.push((DIRECTORY_FILE.to_owned(), FileName::Directory));
    }
    let studios = dir.join(STUDIOS_DIR);
    let io = |source| DbError::Io { path: studios.clone(), source };
    for entry in studios.read_dir().map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        let studio = name.to_str().and_then(|name| name.strip_suffix(".db")?.parse::<StudioId>().ok());
        if let Some(studio) = studio {
            files.push((format!("{STUDIOS_DIR}/{studio}.db"), FileName::Studio(studio)));
        }
    }
    Ok(files)
}

fn replace_token_keys(dir: &Path, ring: &KeyRing, now: UnixMs) -> Result<(), DbError> {
    let path = dir.join(DIRECTORY_FILE);
    if !path.exists() {
        return Ok(());
    }
    let key = find_key(&path, ring.file_keys(FileName::Directory))?;
    // Nobody serves, so it can be used at once.
    Connection::open(&path, &key, Mode::Write)?
        .write(|tx| change_token_keys(tx, |stored| rotated_token_keys(ring, stored, now, now)))
}
