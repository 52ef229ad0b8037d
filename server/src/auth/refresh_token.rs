//! Refresh tokens: a session's id and 256 random bits, of which only a keyed hash is kept.
//!
//! A plain hash would do for so much randomness; with the key, a copy of the database can't even tell whether a token
//! found elsewhere is one of ours.
//!
//! The successor of a token that is exchanged with an idempotency key is derived from the two, so that the same request
//! leads to the same token again, and no token has to be kept in the clear to be told twice.
//!
//! The session's id in it is for when the token itself is not known any more: whether somebody ended the session can be
//! told as long as that is on record (`docs/adr/0015`). It proves nothing; only the hash does.

use domain::DeviceId;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;
use wire::auth::{MAX_IDEMPOTENCY_KEY_CHARS, MIN_IDEMPOTENCY_KEY_CHARS};
use zeroize::Zeroizing;

use super::token_form::{TokenForm, read_of_any_key};
use super::token_keys::TokenKeyId;
use crate::secrets::Key;

const DEVICE_BYTES: usize = 16;
const RANDOM_BYTES: usize = 32;
const TOKEN_BYTES: usize = DEVICE_BYTES + RANDOM_BYTES;

/// What a token says: the session's id, then what nobody can guess.
pub(super) type TokenBytes = Zeroizing<[u8; TOKEN_BYTES]>;

/// Draws, derives and hashes refresh tokens, with one key.
pub(super) struct RefreshTokens {
    form: TokenForm,
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

/// A token that is presented, and what to give for it if it may be exchanged.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) old_hash: String,
    /// The one to give; then those that an exchange before may have given in its place, with another key.
    pub(crate) new: Vec<RefreshToken>,
}

impl RefreshTokens {
    pub(super) fn new(key_id: TokenKeyId, hashing: &Key, deriving: &Key) -> Self {
        let deriving = hmac::Key::new(hmac::HMAC_SHA256, deriving.as_ref());
        Self { form: TokenForm::new(key_id, hashing), deriving, random: SystemRandom::new() }
    }

    /// The first token of a session.
    ///
    /// # Errors
    /// [`RefreshTokenError::NoRandomness`].
    pub(super) fn draw(&self, device_id: DeviceId) -> Result<RefreshToken, RefreshTokenError> {
        Ok(self.token(&*self.draw_bytes(device_id.as_uuid().as_bytes())?))
    }

    fn draw_bytes(&self, device: &[u8]) -> Result<TokenBytes, RefreshTokenError> {
        let mut bytes = Zeroizing::new([0; TOKEN_BYTES]);
        let (of_device, random) = bytes.split_at_mut(DEVICE_BYTES);
        of_device.copy_from_slice(device);
        self.random.fill(random).map_err(|_| RefreshTokenError::NoRandomness)?;
        Ok(bytes)
    }

    /// What an exchange of `token`, one of this key, leads to: with an idempotency key the same each time, without one
    /// never.
    ///
    /// # Errors
    /// [`RefreshTokenError`].
    pub(super) fn successor(
        &self,
        token: &str,
        idempotency_key: Option<&str>,
    ) -> Result<TokenBytes, RefreshTokenError> {
        let bytes: TokenBytes = self.form.read(token).ok_or(RefreshTokenError::NotAToken)?;
        match idempotency_key {
            None => self.draw_bytes(&bytes[..DEVICE_BYTES]),
            Some(key) => {
                // The token has always the same length, so where it ends and the key begins can't be shifted.
                let mut context = hmac::Context::with_key(&self.deriving);
                context.update(bytes.as_ref());
                context.update(key.as_bytes());
                let mut next = bytes.clone();
                next[DEVICE_BYTES..].copy_from_slice(context.sign().as_ref());
                Ok(next)
            }
        }
    }

    /// The hash a token is kept under; nothing when it has not the form of one of this key.
    pub(super) fn hash(&self, token: &str) -> Option<String> {
        self.form.read::<TOKEN_BYTES>(token).map(|bytes| self.form.hash(&*bytes))
    }

    /// The token of these bytes.
    pub(super) fn token(&self, bytes: &[u8; TOKEN_BYTES]) -> RefreshToken {
        RefreshToken { token: self.form.write(bytes), hash: self.form.hash(bytes) }
    }
}

/// The session that a token, of whatever key, says it is of: anybody may say so.
pub(crate) fn named_session(token: &str) -> Option<DeviceId> {
    let (_, bytes) = read_of_any_key::<TOKEN_BYTES>(token)?;
    Some(DeviceId::from_uuid(Uuid::from_slice(&bytes[..DEVICE_BYTES]).ok()?))
}

/// Whether a text has the form of an idempotency key.
pub(super) fn is_idempotency_key(text: &str) -> bool {
    let length = MIN_IDEMPOTENCY_KEY_CHARS..=MAX_IDEMPOTENCY_KEY_CHARS;
    length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "6f0e8b0a-59a1-4a5c-9d4e-0c8a5f1f6d11";

    const DEVICE: DeviceId = DeviceId::from_uuid(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));

    fn tokens(hashing: u8, deriving: u8) -> RefreshTokens {
        RefreshTokens::new(TokenKeyId(1), &Key::new([hashing; 32]), &Key::new([deriving; 32]))
    }

    #[test]
    fn a_token_is_found_by_its_hash_and_only_with_the_key() {
        let drawn = tokens(1, 2).draw(DEVICE).expect("randomness");
        assert_eq!((drawn.token.len(), &drawn.token[..2]), (66, "1."));
        assert_eq!((drawn.hash.len(), &drawn.hash[..2]), (66, "1."));
        assert_eq!(tokens(1, 2).hash(&drawn.token), Some(drawn.hash.clone()));
        assert_ne!(tokens(2, 2).hash(&drawn.token), Some(drawn.hash));
    }

    #[test]
    fn what_is_no_token_has_no_hash() {
        let good = tokens(1, 2).draw(DEVICE).expect("randomness").token;
        let other_key = good.replacen("1.", "2.", 1);
        for text in
            ["", "abc", "1.", "1.abc", "1.not base64!", &good[2..], &other_key, &format!("1.{}", "A".repeat(43))]
        {
            assert_eq!(tokens(1, 2).hash(text), None);
            assert_eq!(tokens(1, 2).successor(text, None).err(), Some(RefreshTokenError::NotAToken));
        }
        assert!(tokens(1, 2).hash(&format!("1.{}", "A".repeat(10_000))).is_none());
    }

    #[test]
    fn the_same_exchange_leads_to_the_same_token_and_any_other_to_another() {
        let old = tokens(1, 2).draw(DEVICE).expect("randomness").token;
        let other_key = KEY.replace('6', "7");
        let new = |tokens: RefreshTokens, old: &str, key: Option<&str>| *tokens.successor(old, key).expect("a token");
        let first = new(tokens(1, 2), &old, Some(KEY));
        assert_eq!(new(tokens(1, 2), &old, Some(KEY)), first);
        let given = tokens(1, 2).token(&first);
        assert_eq!(tokens(1, 2).hash(&given.token), Some(given.hash), "it is kept like any other");
        let another = tokens(1, 2).draw(DEVICE).expect("randomness").token;
        for (why, other) in [
            ("another key", new(tokens(1, 2), &old, Some(&other_key))),
            ("another token", new(tokens(1, 2), &another, Some(KEY))),
            ("another server", new(tokens(1, 3), &old, Some(KEY))),
            ("no key", new(tokens(1, 2), &old, None)),
            ("no key, again", new(tokens(1, 2), &old, None)),
        ] {
            assert_ne!(other, first, "{why}");
        }
    }

    #[test]
    fn a_token_names_its_session_and_so_do_its_successors_whatever_the_key() {
        let first = tokens(1, 2).draw(DEVICE).expect("randomness").token;
        for key in [Some(KEY), None] {
            let next = tokens(1, 2).successor(&first, key).expect("a token");
            let next = tokens(1, 2).token(&next).token;
            assert_ne!(next, first);
            assert_eq!(named_session(&next), Some(DEVICE));
            assert_eq!(named_session(&next.replacen("1.", "7.", 1)), Some(DEVICE), "of a key that is not known");
        }
        let other = tokens(1, 2).draw(DeviceId::from_uuid(Uuid::from_u128(2))).expect("randomness").token;
        let mixed = format!("{}{}", &other[..20], &first[20..]);
        assert_ne!(named_session(&mixed), Some(DEVICE));
        assert_ne!(tokens(1, 2).hash(&mixed), tokens(1, 2).hash(&first), "the id is hashed with the rest");
        assert_eq!(named_session("1.abc"), None);
    }

    #[test]
    fn a_key_that_could_be_guessed_is_none() {
        for key in ["", "1", &"x".repeat(31), &"x".repeat(129), &" ".repeat(36), &"é".repeat(20)] {
            assert!(!is_idempotency_key(key), "{key:?}");
        }
        assert!(is_idempotency_key(KEY), "the control");
    }
}
