//! Drawing keys, and deriving one for each purpose, so that none can be used for another.

use ring::hkdf;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::SecretError;

/// 256 bits, wiped when dropped.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// A new key.
///
/// # Errors
/// [`SecretError::NoRandomness`].
pub(crate) fn draw() -> Result<Key, SecretError> {
    let mut key = Key::new([0; 32]);
    SystemRandom::new().fill(key.as_mut()).map_err(|_| SecretError::NoRandomness)?;
    Ok(key)
}

/// HKDF-SHA-256 (RFC 5869). `kind` names what sort of secret this is, `purpose` what the key is for.
pub(crate) fn derive(secret: &Key, kind: &'static str, purpose: &str) -> Key {
    let mut key = Key::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, kind.as_bytes())
        .extract(secret.as_ref())
        .expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut()))
        .expect("32 bytes are one block of HKDF-SHA256");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_and_each_kind_of_secret_has_a_key_of_its_own() {
        let secret = Key::new([7; 32]);
        let key = derive(&secret, "frontdesk data key 1", "file directory");
        assert_eq!(*key, *derive(&secret, "frontdesk data key 1", "file directory"));
        for (kind, purpose) in
            [("frontdesk data key 1", "file directory "), ("frontdesk token key 1", "file directory")]
        {
            assert_ne!(*key, *derive(&secret, kind, purpose));
        }
        assert_ne!(*key, *derive(&Key::new([8; 32]), "frontdesk data key 1", "file directory"));
        assert_ne!(*draw().expect("randomness"), *draw().expect("randomness"));
    }
}
