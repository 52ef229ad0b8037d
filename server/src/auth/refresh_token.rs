//! Refresh tokens: 256 random bits, of which only a keyed hash is kept.
//!
//! A plain hash would do for so much randomness; with the key, a copy of the database can't even tell whether a token
//! found elsewhere is one of ours.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

const TOKEN_BYTES: usize = 32;

/// Draws and hashes refresh tokens.
pub(crate) struct RefreshTokens {
    key: hmac::Key,
    random: SystemRandom,
}

/// The system has no randomness.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the system has no randomness")]
pub(crate) struct NoRandomness;

/// A new token, and the hash to keep of it.
pub(crate) struct RefreshToken {
    pub(crate) token: String,
    pub(crate) hash: String,
}

impl RefreshTokens {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key), random: SystemRandom::new() }
    }

    /// # Errors
    /// [`NoRandomness`].
    pub(crate) fn draw(&self) -> Result<RefreshToken, NoRandomness> {
        let mut bytes = Zeroizing::new([0; TOKEN_BYTES]);
        self.random.fill(bytes.as_mut()).map_err(|_| NoRandomness)?;
        Ok(RefreshToken { token: URL_SAFE_NO_PAD.encode(bytes.as_ref()), hash: self.hash_bytes(bytes.as_ref()) })
    }

    /// The hash a token is kept under; nothing when it has not the form of one.
    pub(crate) fn hash(&self, token: &str) -> Option<String> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(token).ok()?);
        (bytes.len() == TOKEN_BYTES).then(|| self.hash_bytes(&bytes))
    }

    fn hash_bytes(&self, bytes: &[u8]) -> String {
        hmac::sign(&self.key, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_its_hash_and_only_with_the_key() {
        let tokens = RefreshTokens::new(&[1; 32]);
        let drawn = tokens.draw().expect("randomness");
        assert_eq!(drawn.token.len(), 43);
        assert_eq!(tokens.hash(&drawn.token), Some(drawn.hash.clone()));
        assert_ne!(RefreshTokens::new(&[2; 32]).hash(&drawn.token), Some(drawn.hash));
    }

    #[test]
    fn what_is_no_token_has_no_hash() {
        let tokens = RefreshTokens::new(&[1; 32]);
        for text in ["", "abc", "not base64!", &"A".repeat(44), &"A".repeat(10_000)] {
            assert_eq!(tokens.hash(text), None);
        }
    }
}
