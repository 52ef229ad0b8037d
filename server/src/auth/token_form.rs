//! How a token and its hash are written: `KEY.BASE64URL` and `KEY.HEX`, where KEY names the token key they are of. So which
//! key hashed a token has not to be guessed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use zeroize::Zeroizing;

use super::token_keys::TokenKeyId;
use crate::hex::hex;
use crate::secrets::Key;

/// Writes, reads and hashes tokens of one key.
pub(super) struct TokenForm {
    key_id: TokenKeyId,
    hashing: hmac::Key,
}

impl TokenForm {
    pub(super) fn new(key_id: TokenKeyId, hashing: &Key) -> Self {
        Self { key_id, hashing: hmac::Key::new(hmac::HMAC_SHA256, hashing.as_ref()) }
    }

    /// The token of these bytes.
    pub(super) fn write(&self, bytes: &[u8]) -> String {
        format!("{}.{}", self.key_id, URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What the token of these bytes is kept under.
    pub(super) fn hash(&self, bytes: &[u8]) -> String {
        format!("{}.{}", self.key_id, hex(hmac::sign(&self.hashing, bytes).as_ref()))
    }

    /// The bytes of a token; nothing when it has not the form of one of this key.
    pub(super) fn read<const N: usize>(&self, token: &str) -> Option<Zeroizing<[u8; N]>> {
        let (key_id, bytes) = read_of_any_key(token)?;
        (key_id == self.key_id).then_some(bytes)
    }
}

/// The key that a token names, and its bytes: anybody may have written them.
pub(super) fn read_of_any_key<const N: usize>(token: &str) -> Option<(TokenKeyId, Zeroizing<[u8; N]>)> {
    let (key_id, text) = TokenKeyId::before_dot(token)?;
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
    Some((key_id, Zeroizing::new(<[u8; N]>::try_from(bytes.as_slice()).ok()?)))
}
