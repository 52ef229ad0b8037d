//! Refresh tokens: 256 random bits, of which only a keyed hash is kept.
//!
//! A plain hash would do for so much randomness; with the key, a copy of the database can't even tell whether a token
//! found elsewhere is one of ours.
//!
//! The successor of a token that is exchanged with an idempotency key is derived from the two, so that the same request
//! leads to the same token again, and no token has to be kept in the clear to be told twice.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use wire::auth::{MAX_IDEMPOTENCY_KEY_CHARS, MIN_IDEMPOTENCY_KEY_CHARS};
use zeroize::Zeroizing;

use super::ServerKeys;

const TOKEN_BYTES: usize = 32;

/// Draws, derives and hashes refresh tokens.
pub(crate) struct RefreshTokens {
    hashing: hmac::Key,
    deriving: hmac::Key,
    random: SystemRandom,
}

/// Why there is no new token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RefreshTokenError {
    #[error("the system has no randomness")]
    NoRandomness,
    #[error("what is to be exchanged has not the form of a token")]
    NotAToken,
    #[error("has not the form of a key")]
    NotAKey,
}

/// A new token, and the hash to keep of it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    pub(crate) token: String,
    pub(crate) hash: String,
}

/// Written by hand: the token stays out.
impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefreshToken").finish_non_exhaustive()
    }
}

/// A token that is presented, and the one to give for it if it may be exchanged.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) old_hash: String,
    pub(crate) new: RefreshToken,
}

impl RefreshTokens {
    pub(crate) fn new(keys: &ServerKeys) -> Self {
        let key = |bytes: &[u8; 32]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        Self { hashing: key(&keys.refresh_token), deriving: key(&keys.refresh_successor), random: SystemRandom::new() }
    }

    /// The first token of a session.
    ///
    /// # Errors
    /// [`RefreshTokenError::NoRandomness`].
    pub(crate) fn draw(&self) -> Result<RefreshToken, RefreshTokenError> {
        let mut bytes = Zeroizing::new([0; TOKEN_BYTES]);
        self.random.fill(bytes.as_mut()).map_err(|_| RefreshTokenError::NoRandomness)?;
        Ok(self.token(bytes.as_ref()))
    }

    /// What an exchange of `token` comes to: with an idempotency key the same each time, without one never.
    ///
    /// # Errors
    /// [`RefreshTokenError`].
    pub(crate) fn exchange(&self, token: &str, idempotency_key: Option<&str>) -> Result<Exchange, RefreshTokenError> {
        if idempotency_key.is_some_and(|key| !is_key(key)) {
            return Err(RefreshTokenError::NotAKey);
        }
        let bytes = decode(token).ok_or(RefreshTokenError::NotAToken)?;
        let new = match idempotency_key {
            None => self.draw()?,
            Some(key) => {
                // The token has always the same length, so where it ends and the key begins can't be shifted.
                let mut context = hmac::Context::with_key(&self.deriving);
                context.update(bytes.as_ref());
                context.update(key.as_bytes());
                self.token(context.sign().as_ref())
            }
        };
        Ok(Exchange { old_hash: self.hash_bytes(bytes.as_ref()), new })
    }

    /// The hash a token is kept under; nothing when it has not the form of one.
    pub(crate) fn hash(&self, token: &str) -> Option<String> {
        decode(token).map(|bytes| self.hash_bytes(bytes.as_ref()))
    }

    fn token(&self, bytes: &[u8]) -> RefreshToken {
        RefreshToken { token: URL_SAFE_NO_PAD.encode(bytes), hash: self.hash_bytes(bytes) }
    }

    fn hash_bytes(&self, bytes: &[u8]) -> String {
        hmac::sign(&self.hashing, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn decode(token: &str) -> Option<Zeroizing<[u8; TOKEN_BYTES]>> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(token).ok()?);
    Some(Zeroizing::new(<[u8; TOKEN_BYTES]>::try_from(bytes.as_slice()).ok()?))
}

fn is_key(text: &str) -> bool {
    let length = MIN_IDEMPOTENCY_KEY_CHARS..=MAX_IDEMPOTENCY_KEY_CHARS;
    length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "6f0e8b0a-59a1-4a5c-9d4e-0c8a5f1f6d11";

    fn tokens(hashing: u8, deriving: u8) -> RefreshTokens {
        let keys = |byte: u8| Zeroizing::new([byte; 32]);
        let (access_token, cursor) = (keys(0), keys(0));
        let (refresh_token, refresh_successor) = (keys(hashing), keys(deriving));
        let (invitation_link, invitation_hash) = (keys(0), keys(0));
        RefreshTokens::new(&ServerKeys {
            access_token,
            refresh_token,
            refresh_successor,
            cursor,
            invitation_link,
            invitation_hash,
        })
    }

    #[test]
    fn a_token_is_found_by_its_hash_and_only_with_the_key() {
        let drawn = tokens(1, 2).draw().expect("randomness");
        assert_eq!(drawn.token.len(), 43);
        assert_eq!(tokens(1, 2).hash(&drawn.token), Some(drawn.hash.clone()));
        assert_ne!(tokens(2, 2).hash(&drawn.token), Some(drawn.hash));
    }

    #[test]
    fn what_is_no_token_has_no_hash() {
        for text in ["", "abc", "not base64!", &"A".repeat(44), &"A".repeat(10_000)] {
            assert_eq!(tokens(1, 2).hash(text), None);
            assert_eq!(tokens(1, 2).exchange(text, None).err(), Some(RefreshTokenError::NotAToken));
        }
    }

    #[test]
    fn the_same_exchange_leads_to_the_same_token_and_any_other_to_another() {
        let old = tokens(1, 2).draw().expect("randomness").token;
        let other_key = KEY.replace('6', "7");
        let new = |tokens: RefreshTokens, old: &str, key: Option<&str>| tokens.exchange(old, key).expect("a token").new;
        let first = new(tokens(1, 2), &old, Some(KEY));
        assert_eq!(new(tokens(1, 2), &old, Some(KEY)), first);
        assert_eq!(tokens(1, 2).hash(&first.token), Some(first.hash.clone()), "it is kept like any other");
        let another = tokens(1, 2).draw().expect("randomness").token;
        for (why, other) in [
            ("another key", new(tokens(1, 2), &old, Some(&other_key))),
            ("another token", new(tokens(1, 2), &another, Some(KEY))),
            ("another server", new(tokens(1, 3), &old, Some(KEY))),
            ("no key", new(tokens(1, 2), &old, None)),
            ("no key, again", new(tokens(1, 2), &old, None)),
        ] {
            assert_ne!(other.token, first.token, "{why}");
        }
    }

    #[test]
    fn a_key_that_could_be_guessed_is_none() {
        let tokens = tokens(1, 2);
        let old = tokens.draw().expect("randomness").token;
        for key in ["", "1", &"x".repeat(31), &"x".repeat(129), &" ".repeat(36), &"é".repeat(20)] {
            assert_eq!(tokens.exchange(&old, Some(key)).err(), Some(RefreshTokenError::NotAKey), "{key:?}");
        }
        assert!(tokens.exchange(&old, Some(KEY)).is_ok(), "the control");
    }
}
