//! Tokens of invitations' links: derived from the mail that carries them, and kept as a keyed hash.
//!
//! A mail is sent after its invitation is stored, perhaps by another server, perhaps again. Derived, the token needs to
//! lie nowhere in the clear until then: who has the database but not the server's secret has no link.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use secrecy::SecretString;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::ServerKeys;

const TOKEN_BYTES: usize = 32;

/// Derives and hashes tokens.
pub(crate) struct InvitationLinks {
    deriving: hmac::Key,
    hashing: hmac::Key,
}

/// A token and the hash to keep of it.
pub(crate) struct InvitationToken {
    pub(crate) token: SecretString,
    pub(crate) hash: String,
}

impl InvitationLinks {
    pub(crate) fn new(keys: &ServerKeys) -> Self {
        let key = |bytes: &[u8; 32]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        Self { deriving: key(&keys.invitation_link), hashing: key(&keys.invitation_hash) }
    }

    /// The token that the mail carries: the same each time.
    pub(crate) fn token(&self, mail_id: Uuid) -> InvitationToken {
        let tag = hmac::sign(&self.deriving, mail_id.as_bytes());
        InvitationToken { token: URL_SAFE_NO_PAD.encode(tag.as_ref()).into(), hash: self.hash_bytes(tag.as_ref()) }
    }

    /// The hash a token is kept under; nothing when it has not the form of one.
    pub(crate) fn hash(&self, token: &str) -> Option<String> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(token).ok()?);
        (bytes.len() == TOKEN_BYTES).then(|| self.hash_bytes(&bytes))
    }

    fn hash_bytes(&self, bytes: &[u8]) -> String {
        hmac::sign(&self.hashing, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn links(dir: &tempfile::TempDir, name: &str) -> InvitationLinks {
        let data = dir.path().join(name);
        std::fs::create_dir(&data).expect("made");
        InvitationLinks::new(&ServerKeys::load(&data).expect("keys"))
    }

    #[test]
    fn a_token_is_that_of_its_mail_and_of_its_server() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let (here, there) = (links(&dir, "here"), links(&dir, "there"));
        let [one, two] = [1, 2].map(Uuid::from_u128);
        let token = here.token(one);
        assert_eq!(here.token(one).token.expose_secret(), token.token.expose_secret());
        assert_eq!(here.hash(token.token.expose_secret()).as_ref(), Some(&token.hash));
        assert_ne!(here.token(two).hash, token.hash);
        assert_ne!(there.token(one).hash, token.hash);
        assert_ne!(there.hash(token.token.expose_secret()), Some(token.hash));
        for other in ["", "x", "not base64 at all!", &"A".repeat(44)] {
            assert_eq!(here.hash(other), None, "{other:?}");
        }
    }
}
