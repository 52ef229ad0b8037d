//! Tokens of invitations' links: derived from the mail that carries them, and kept as a keyed hash.
//!
//! A mail is sent after its invitation is stored, perhaps by another server, perhaps again. Derived, the token needs to
//! lie nowhere in the clear until then: who has the database but not the operator's secret has no link.

use ring::hmac;
use secrecy::SecretString;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::token_form::TokenForm;
use super::token_keys::TokenKeyId;
use crate::secrets::Key;

const TOKEN_BYTES: usize = 32;

/// Derives and hashes tokens, with one key.
pub(super) struct InvitationLinks {
    form: TokenForm,
    deriving: hmac::Key,
}

/// A token and the hash to keep of it.
pub(crate) struct InvitationToken {
    pub(crate) token: SecretString,
    pub(crate) hash: String,
}

impl InvitationLinks {
    pub(super) fn new(key_id: TokenKeyId, deriving: &Key, hashing: &Key) -> Self {
        Self { form: TokenForm::new(key_id, hashing), deriving: hmac::Key::new(hmac::HMAC_SHA256, deriving.as_ref()) }
    }

    /// The token that the mail carries: the same each time.
    pub(super) fn token(&self, mail_id: Uuid) -> InvitationToken {
        let tag = hmac::sign(&self.deriving, mail_id.as_bytes());
        let token = Zeroizing::new(self.form.write(tag.as_ref()));
        InvitationToken { token: token.as_str().into(), hash: self.form.hash(tag.as_ref()) }
    }

    /// The hash a token is kept under; nothing when it has not the form of one of this key.
    pub(super) fn hash(&self, token: &str) -> Option<String> {
        self.form.read::<TOKEN_BYTES>(token).map(|bytes| self.form.hash(&*bytes))
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
