//! Passwords: Argon2id, and never more of it at a time than memory allows.
//!
//! Parameters are those OWASP's password storage cheat sheet names first for 19 MiB: m = 19,456 KiB, t = 2, p = 1;
//! they are stored with each hash, so that raising them leaves old hashes good. An unknown e-mail address costs the
//! same work as a wrong password, so that answers don't tell which accounts exist.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::Block;
use argon2::password_hash::phc::PasswordHash;
use argon2::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::argon2id::Argon2id;
use crate::limits;

/// Hashes computed at a time: four times 19 MiB.
const MAX_AT_WORK: usize = 4;
/// Attempts that may wait for their turn; one more is asked to come back.
const MAX_WAITING: usize = 64;
/// Of a new password, in characters (NIST SP 800-63B §5.1.1.2 asks for 8 at least).
const MIN_CHARS: usize = 8;

/// Why a password was not looked at, or can't be one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error("too many attempts are waiting")]
    Busy,
    #[error("has fewer than {MIN_CHARS} characters")]
    TooShort,
    #[error("has more than {} bytes", limits::PASSWORD_BYTES)]
    TooLong,
    #[error("hashing failed: {0}")]
    Hash(argon2::password_hash::Error),
}

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    at_work: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// What hashing works in, of as many as were at work at once. Kept: given back and taken anew for each attempt, it
    /// would leave the process with a gigabyte of holes in its memory after some hundred of them.
    spare: Arc<Mutex<Vec<Vec<Block>>>>,
    /// Checked where there is no account.
    decoy: Arc<str>,
}

impl Passwords {
    /// # Errors
    /// [`PasswordError::Hash`] when the system has no randomness or memory.
    pub(crate) fn new() -> Result<Self, PasswordError> {
        let mut memory = Vec::new();
        let decoy = hash(&SecretString::from("nobody's password"), &mut memory)?;
        Ok(Self {
            spare: Arc::new(Mutex::new(vec![memory])),
            at_work: Arc::new(Semaphore::new(MAX_AT_WORK)),
            waiting: Arc::new(Semaphore::new(MAX_AT_WORK + MAX_WAITING)),
            decoy: decoy.into(),
        })
    }

    /// The PHC string of a new password.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub(crate) async fn hash(&self, password: SecretString) -> Result<String, PasswordError> {
        if password.expose_secret().chars().count() < MIN_CHARS {
            return Err(PasswordError::TooShort);
        }
        self.run(password, |password, memory| hash(&password, memory)).await?
    }

    /// Whether the password is that of `stored`; without one, the same work, and `false`.
    ///
    /// # Errors
    /// [`PasswordError::Busy`], [`PasswordError::TooLong`].
    pub(crate) async fn verify(&self, password: SecretString, stored: Option<String>) -> Result<bool, PasswordError> {
        let decoy = Arc::clone(&self.decoy);
        self.run(password, move |password, memory| {
            let exists = stored.is_some();
            let matches = matches(&password, stored.as_deref().unwrap_or(&decoy), memory);
            matches && exists
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        password: SecretString,
        work: impl FnOnce(SecretString, &mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        if password.expose_secret().len() > limits::PASSWORD_BYTES {
            return Err(PasswordError::TooLong);
        }
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let turn = Arc::clone(&self.at_work).acquire_owned().await.expect("the semaphore is never closed");
        // Both go with the work: a request that is given up must not make room for another while it still runs.
        let spare = Arc::clone(&self.spare);
        let done = tokio::task::spawn_blocking(move || {
            let _held = (place, turn);
            let spare = || spare.lock().unwrap_or_else(PoisonError::into_inner);
            let mut memory = spare().pop().unwrap_or_default();
            let result = work(password, &mut memory);
            spare().push(memory);
            result
        });
        Ok(done.await.expect("hashing does not panic"))
    }
}

fn hash(password: &SecretString, memory: &mut Vec<Block>) -> Result<String, PasswordError> {
    let hash = Argon2id::in_memory(memory).hash_password(password.expose_secret().as_bytes());
    Ok(hash.map_err(PasswordError::Hash)?.to_string())
}

fn matches(password: &SecretString, stored: &str, memory: &mut Vec<Block>) -> bool {
    PasswordHash::new(stored).is_ok_and(|stored| {
        Argon2id::in_memory(memory).verify_password(password.expose_secret().as_bytes(), &stored).is_ok()
    })
}

/// The form in which e-mail addresses are compared.
pub(crate) fn fold_email(email: &str) -> String {
    email.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_an_account_is_accepted() {
        let passwords = Passwords::new().expect("made");
        let stored = passwords.hash("correct horse".into()).await.expect("hashed");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(passwords.verify("correct horse".into(), Some(stored.clone())).await.expect("checked"));
        assert!(!passwords.verify("correct hors".into(), Some(stored)).await.expect("checked"));
        assert!(!passwords.verify("nobody's password".into(), None).await.expect("checked"), "the decoy opens nothing");
        assert!(!passwords.verify("x".into(), Some("damaged".to_owned())).await.expect("checked"));
    }

    #[tokio::test]
    async fn a_flood_of_attempts_is_turned_away_instead_of_queued() {
        let passwords = Passwords::new().expect("made");
        let all = Arc::clone(&passwords.waiting).acquire_many_owned(68).await.expect("permits");
        assert!(matches!(passwords.verify("x".into(), None).await, Err(PasswordError::Busy)));
        drop(all);
        assert!(!passwords.verify("x".into(), None).await.expect("checked"));
    }

    #[tokio::test]
    async fn memory_is_used_again_and_no_more_of_it_than_hashes_at_work() {
        let passwords = Arc::new(Passwords::new().expect("made"));
        let attempt = |_| {
            let passwords = Arc::clone(&passwords);
            tokio::spawn(async move { passwords.verify("x".into(), None).await.expect("checked") })
        };
        let attempts: Vec<_> = (0..16).map(attempt).collect();
        for one in attempts {
            assert!(!one.await.expect("ends"));
        }
        let spare = passwords.spare.lock().expect("lock").len();
        assert!((1..=MAX_AT_WORK).contains(&spare), "{spare}");
    }

    #[tokio::test]
    async fn passwords_have_bounds() {
        let passwords = Passwords::new().expect("made");
        assert!(matches!(passwords.hash("1234567".into()).await, Err(PasswordError::TooShort)));
        assert!(matches!(passwords.hash("x".repeat(1025).into()).await, Err(PasswordError::TooLong)));
        assert!(matches!(passwords.verify("x".repeat(1025).into(), None).await, Err(PasswordError::TooLong)));
    }
}
