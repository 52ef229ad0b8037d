//! The tokens of a session and where they are kept between runs; the keeping is the caller's.

use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};

/// A session's tokens. Wiped when dropped, `[REDACTED]` in `Debug`.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The last access token, perhaps past its time; without one the first call refreshes.
    pub access_token: Option<SecretString>,
    /// Opaque, good for one exchange; another one ends the session.
    pub refresh_token: SecretString,
    /// The key of an exchange of `refresh_token` that was begun and of which no answer has been stored: whoever goes on
    /// with it is told the same again, instead of ending the session.
    pub idempotency_key: Option<SecretString>,
}

impl Tokens {
    /// Whether both have been handed out together.
    pub(crate) fn has_same_refresh_token(&self, other: &Self) -> bool {
        self.refresh_token.expose_secret() == other.refresh_token.expose_secret()
    }
}

/// The tokens could not be read or written. Why is the store's to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tokens could not be read or written")]
pub struct TokenStoreFailed;

/// Where the tokens of one account are kept. Its calls may block: they are made on a blocking thread.
///
/// Two programs that share a store must not begin to refresh at the same moment: each would draw a key of its own, and
/// the second exchange of a refresh token ends the session. The store is read again before each refresh, so one after
/// the other is fine.
pub trait TokenStore: Send + Sync + 'static {
    /// The tokens stored last, or `None` when signed out.
    ///
    /// # Errors
    /// When they can't be read; never `None` for that.
    fn load(&self) -> Result<Option<Tokens>, TokenStoreFailed>;

    /// Replaces the tokens. When this returns they must survive a crash.
    ///
    /// # Errors
    /// When they can't be written; the call that needed them fails, and the next one tries to store them again.
    fn save(&self, tokens: &Tokens) -> Result<(), TokenStoreFailed>;
}

/// Tokens held in memory: during sign-in, before it is known whose vault they go to.
#[derive(Debug, Default)]
pub struct HeldTokens(Mutex<Option<Tokens>>);

impl HeldTokens {
    /// Holding these.
    pub fn new(tokens: Tokens) -> Self {
        Self(Mutex::new(Some(tokens)))
    }

    /// Takes them out.
    pub fn take(&self) -> Option<Tokens> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl TokenStore for HeldTokens {
    fn load(&self) -> Result<Option<Tokens>, TokenStoreFailed> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn save(&self, tokens: &Tokens) -> Result<(), TokenStoreFailed> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(tokens.clone());
        Ok(())
    }
}
