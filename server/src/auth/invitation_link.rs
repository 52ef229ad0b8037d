//! Tokens of invitations' links: derived from the mail that carries them, and kept as a keyed hash. Like refresh tokens
//! they are `KEY.BASE64URL`, and their hashes `KEY.HEX`.
//!
//! A mail is sent after its invitation is stored, perhaps by another server, perhaps again. Derived, the token needs to
//! lie nowhere in the clear until then: who has the database but not the operator's secret has no link.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use secrecy::SecretString;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::token_keys::TokenKeyId;
use crate::secrets::Key;

const TOKEN_BYTES: usize = 32;

/// Derives and hashes tokens, with one key.
pub(super) struct InvitationLinks {
    key_id: TokenKeyId,
    deriving: hmac::Key,
    hashing: hmac::Key,
}

/// A token and the hash to keep of it.
pub(crate) struct InvitationToken {
    pub(crate) token: SecretString,
    pub(crate) hash: String,
}

impl InvitationLinks {
    pub(super) fn new(key_id: TokenKeyId, deriving: &Key, hashing: &Key) -> Self {
        let key = |bytes: &Key| hmac::Key::new(hmac::HMAC_SHA256, bytes.as_ref());
        Self { key_id, deriving: key(deriving), hashing: key(hashing) }
    }

    /// The token that the mail carries: the same each time.
    pub(super) fn token(&self, mail_id: Uuid) -> InvitationToken {
        let tag = hmac::sign(&self.deriving, mail_id.as_bytes());
        let token = Zeroizing::new(format!("{}.{}", self.key_id, URL_SAFE_NO_PAD.encode(tag.as_ref())));
        InvitationToken { token: token.as_str().into(), hash: self.hash_bytes(tag.as_ref()) }
    }

    /// The hash a token is kept under; nothing when it has not the form of one of this key.
    pub(super) fn hash(&self, token: &str) -> Option<String> {
        let (id, text) = TokenKeyId::before_dot(token)?;
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        (id == self.key_id && bytes.len() == TOKEN_BYTES).then(|| self.hash_bytes(&bytes))
    }

    fn hash_bytes(&self, bytes: &[u8]) -> String {
        let hash = hmac::sign(&self.hashing, bytes);
        let hex = hash.as_ref().iter().map(|byte| format!("{byte:02x}"));
        std::iter::once(format!("{}.", self.key_id)).chain(hex).collect()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn links(id: i64, byte: u8) -> InvitationLinks {
        InvitationLinks::new(TokenKeyId(id), &Key::new([byte; 32]), &Key::new([byte + 1; 32]))
    }

    #[test]
    fn a_token_is_that_of_its_mail_and_of_its_server() {
        let (here, there) = (links(1, 10), links(1, 20));
        let [one, two] = [1, 2].map(Uuid::from_u128);
        let token = here.token(one);
        assert_eq!(here.token(one).token.expose_secret(), token.token.expose_secret());
        assert_eq!(here.hash(token.token.expose_secret()).as_ref(), Some(&token.hash));
        assert_ne!(here.token(two).hash, token.hash);
        assert_ne!(there.token(one).hash, token.hash);
        assert_ne!(there.hash(token.token.expose_secret()), Some(token.hash));
        assert_eq!(links(2, 10).hash(token.token.expose_secret()), None, "it names another key");
        let bare = "A".repeat(43);
        assert!(here.hash(&format!("1.{bare}")).is_some(), "the control");
        for other in ["", "x", "1.", "1.not base64 at all!", &format!("1.{bare}A"), &bare, &format!("01.{bare}")] {
            assert_eq!(here.hash(other), None, "{other:?}");
        }
    }
}
