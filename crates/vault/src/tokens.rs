//! The tokens of a session, as they are stored. Knows nothing of how they are used.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::secret::Bytes;
use crate::{SecretName, VaultError};

/// What keeps an account signed in. All are wiped when dropped and `[REDACTED]` in `Debug`.
#[derive(Debug, Clone)]
pub struct StoredTokens {
    /// Opaque, good for one refresh.
    pub refresh_token: SecretString,
    /// The last one received, perhaps past its time; how long it was good for is not stored, because a clock that
    /// survives a restart can be wrong. The server tells.
    pub access_token: Option<SecretString>,
    /// Of an exchange of `refresh_token` that was begun and of which no answer has been stored.
    pub idempotency_key: Option<SecretString>,
}

/// The stored form. Unknown fields are ignored, so that an older program can still read a newer one's.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Form {
    refresh_token: String,
    access_token: Option<String>,
    idempotency_key: Option<String>,
}

impl StoredTokens {
    pub(crate) fn to_bytes(&self) -> Bytes {
        let exposed = |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        let form = Form {
            refresh_token: self.refresh_token.expose_secret().to_owned(),
            access_token: exposed(&self.access_token),
            idempotency_key: exposed(&self.idempotency_key),
        };
        // Room for every character escaped: a buffer that grows would leave copies behind.
        let optional = [&form.access_token, &form.idempotency_key].into_iter().flatten().map(String::len);
        let size = 6 * (form.refresh_token.len() + optional.sum::<usize>()) + 96;
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        serde_json::to_writer(&mut *bytes, &form).expect("strings serialise, and a Vec takes them");
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        let mut form: Form =
            serde_json::from_slice(bytes).map_err(|_| VaultError::SecretDamaged(SecretName::Tokens))?;
        Ok(Self {
            refresh_token: std::mem::take(&mut form.refresh_token).into(),
            access_token: form.access_token.take().map(SecretString::from),
            idempotency_key: form.idempotency_key.take().map(SecretString::from),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back_and_never_print() {
        let tokens = StoredTokens {
            refresh_token: "r\"\\\u{1}secret".into(),
            access_token: Some("a-secret".into()),
            idempotency_key: Some("k-secret".into()),
        };
        let back = StoredTokens::from_bytes(&tokens.to_bytes()).expect("what we write we read");
        assert_eq!(back.refresh_token.expose_secret(), "r\"\\\u{1}secret");
        assert_eq!(back.access_token.as_ref().expect("was there").expose_secret(), "a-secret");
        assert_eq!(back.idempotency_key.as_ref().expect("was there").expose_secret(), "k-secret");
        for secret in ["secret\"", "a-secret", "k-secret"] {
            assert!(!format!("{back:?}").contains(secret), "{back:?}");
        }
    }

    #[test]
    fn what_is_no_tokens_is_damaged() {
        for bytes in [&b""[..], b"{}", b"[1]", b"\xff"] {
            assert_eq!(StoredTokens::from_bytes(bytes).map(|_| ()), Err(VaultError::SecretDamaged(SecretName::Tokens)));
        }
    }
}
