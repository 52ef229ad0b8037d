//! Where the database keeps its data keys (for files in a file beside them, since it is the files that they open; on
//! PostgreSQL in a table), and the token keys that they seal.

use std::io;
use std::path::{Path, PathBuf};

use domain::UnixMs;

use super::directory::StoredTokenKey;
use super::{DIRECTORY_FILE, Database, DbError, Directory, STUDIOS_DIR, Studios};
use crate::auth::{TokenKey, TokenKeyId};
use crate::clock::{Clock, SystemClock};
use crate::retention;
use crate::secrets::{self, Key, KeyRing, Place, RING_FILE, SealedRing, SecretError, SecretSource};

/// The keys of the files in `dir`; drawn where there is no file yet that they would have to open.
///
/// # Errors
/// [`DbError::Secret`]; [`DbError::NotEncrypted`] for files of a version before encryption.
pub(super) fn open_beside_files(dir: &Path, secret: &SecretSource) -> Result<KeyRing, DbError> {
    if let Some(sealed) = secrets::find_ring_file(dir)? {
        remind(&sealed);
        return Ok(sealed.open(&*secret.get()?)?);
    }
    if let Some(path) = find_file(dir).map_err(|source| DbError::Io { path: dir.to_owned(), source })? {
        return Err(match super::cipher::is_plain(&path) {
            Ok(true) => DbError::NotEncrypted { path },
            Ok(false) => SecretError::RingMissing { path: dir.join(RING_FILE) }.into(),
            Err(source) => DbError::Io { path, source },
        });
    }
    let secret = secret.get_or_create()?;
    let first = KeyRing::draw()?.seal_for(&secret, now())?;
    secrets::create_ring_file(dir, &SealedRing { keys: first })?;
    // Another program may have been faster; then those are the keys.
    let kept = secrets::find_ring_file(dir)?.ok_or(SecretError::RingMissing { path: dir.join(RING_FILE) })?;
    Ok(kept.open(&secret)?)
}

/// Until it is finished, the secret that was to be replaced opens everything.
pub(super) fn remind(sealed: &SealedRing) {
    if let [_, .., newest] = &*sealed.secrets() {
        tracing::warn!(
            secret = newest,
            "a rotation of the secret was begun and not finished: `frontdesk-server rotate-key`"
        );
    }
}

/// Any of the files that keys open.
fn find_file(dir: &Path) -> io::Result<Option<PathBuf>> {
    let directory = dir.join(DIRECTORY_FILE);
    if directory.try_exists()? {
        return Ok(Some(directory));
    }
    for entry in dir.join(STUDIOS_DIR).read_dir()? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "db") {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// The data keys of a database that keeps them itself; drawn where there is nothing yet that they would have to open.
///
/// # Errors
/// [`DbError::Secret`], or when the database fails.
pub(super) async fn open_in_table(directory: &Directory, secret: &SecretSource) -> Result<KeyRing, DbError> {
    let kept = directory.read_data_keys().await?;
    if !kept.keys.is_empty() {
        return Ok(kept.open(&*secret.get()?)?);
    }
    if !directory.list_token_keys().await?.is_empty() {
        return Err(SecretError::KeysMissing.into());
    }
    let secret = secret.get_or_create()?;
    directory.add_first_data_keys(KeyRing::draw()?.seal_for(&secret, now())?).await?;
    // Another server may have been faster; then those are the keys.
    Ok(directory.read_data_keys().await?.open(&secret)?)
}

impl Database {
    /// Draws the first token key, where there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn make_first_token_key(&self, now: UnixMs) -> Result<(), DbError> {
        if self.directory().list_token_keys().await?.is_empty() {
            let first = new_token_key(&self.inner.ring(), 1, now, now)?;
            self.directory().add_first_token_key(first).await?;
        }
        Ok(())
    }

    /// The token keys, opened. On a database that other servers change, the data keys are read anew with them.
    ///
    /// # Errors
    /// [`DbError::Secret`], or when the database fails.
    pub(crate) async fn read_token_keys(&self) -> Result<Vec<TokenKey>, DbError> {
        // Before the data keys: what has been sealed by then is sealed by one of them.
        let stored = self.directory().list_token_keys().await?;
        if let Studios::Shared(_) = self.inner.studios {
            self.inner.put_ring(open_in_table(self.directory(), &self.inner.secret).await?);
        }
        let ring = self.inner.ring();
        stored.iter().map(|key| open_token_key(&ring, key)).collect()
    }

    /// Forgets token keys that were replaced so long ago that nothing of theirs is about; says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn forget_token_keys(&self, now: UnixMs) -> Result<usize, DbError> {
        let stored = self.directory().list_token_keys().await?;
        let mut forgotten = 0;
        for (old, next) in stored.iter().zip(stored.iter().skip(1)) {
            if next.use_from < retention::token_keys_replaced_before(now)
                && self.directory().forget_token_key(old.id).await?
            {
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }
}

/// A new token key, sealed for its row.
pub(super) fn new_token_key(
    ring: &KeyRing,
    id: i64,
    created_at: UnixMs,
    use_from: UnixMs,
) -> Result<StoredTokenKey, SecretError> {
    let sealed = ring.seal(token_key_place(&id.to_string()), secrets::draw()?.as_ref())?;
    Ok(StoredTokenKey { id, sealed, created_at, use_from })
}

/// The same token key, sealed by the newest data key.
pub(super) fn reseal_token_key(ring: &KeyRing, stored: &StoredTokenKey) -> Result<StoredTokenKey, SecretError> {
    let id = stored.id.to_string();
    let opened = ring.open(token_key_place(&id), &stored.sealed)?;
    Ok(StoredTokenKey { sealed: ring.seal(token_key_place(&id), &opened)?, ..stored.clone() })
}

fn open_token_key(ring: &KeyRing, stored: &StoredTokenKey) -> Result<TokenKey, DbError> {
    let opened = ring.open(token_key_place(&stored.id.to_string()), &stored.sealed)?;
    let key = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| SecretError::Tampered)?;
    Ok(TokenKey { id: TokenKeyId(stored.id), key: Key::new(key), use_from: stored.use_from })
}

fn token_key_place(id: &str) -> Place<'_> {
    Place { studio: None, table: "token_key", column: "sealed", row: id }
}

/// When something was sealed is for the operator to read, and orders secrets: the machine's clock.
fn now() -> UnixMs {
    SystemClock.now()
}
