//! Bytes that are wiped when dropped. Never prints them.

use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecretMut, SecretBox};
use zeroize::Zeroizing;

use crate::{SecretName, VaultError};

/// The raw key of the encrypted cache: 32 random bytes, wiped when dropped, `[REDACTED]` in `Debug`.
pub type CacheKey = SecretBox<[u8; KEY_BYTES]>;

/// Length of the cache key and of every key in here.
pub(crate) const KEY_BYTES: usize = 32;

/// Bytes of a secret, wiped when dropped.
pub(crate) type Bytes = Zeroizing<Vec<u8>>;

/// Fills `out` from the operating system.
pub(crate) fn fill_random(out: &mut [u8]) -> Result<(), VaultError> {
    SystemRandom::new().fill(out).map_err(|_| VaultError::RandomnessUnavailable)
}

/// 32 bytes from the operating system, written straight into memory that is wiped.
pub(crate) fn random_key() -> Result<CacheKey, VaultError> {
    let mut key = CacheKey::new(Box::new([0; KEY_BYTES]));
    fill_random(key.expose_secret_mut())?;
    Ok(key)
}

/// A cache key as stored.
pub(crate) fn key_from(bytes: &[u8]) -> Result<CacheKey, VaultError> {
    if bytes.len() != KEY_BYTES {
        return Err(VaultError::SecretDamaged(SecretName::CacheKey));
    }
    Ok(CacheKey::init_with_mut(|key| key.copy_from_slice(bytes)))
}
