//! Floor 2: the secrets of one account on this computer.
//!
//! Owns where the cache key and the tokens are kept: in the keyring of the operating system, or, where there is
//! none or the person wants it so, in a file sealed under a passphrase. Never writes a secret in the clear, never
//! falls back from one place to the other by itself, and never replaces a cache key: an absent key is the
//! caller's to explain, because a new one would make the existing cache unreadable for good.
//!
//! Every call blocks (on D-Bus, on a prompt of the desktop, on Argon2id, on the disk): from asynchronous code, call
//! it on a blocking thread.

mod anchor;
mod envelope;
mod error;
mod keyring;
mod secret;
mod tokens;

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

pub use anchor::Anchor;
pub use envelope::{EnvelopeVault, MIN_PASSPHRASE_CHARS};
pub use error::{SecretName, VaultError};
pub use keyring::KeyringVault;
pub use secret::CacheKey;
pub use tokens::StoredTokens;

/// Where the secrets of one account are kept.
#[derive(Debug)]
pub enum Vault {
    /// The keyring of the operating system.
    Keyring(KeyringVault),
    /// A file sealed under a passphrase.
    Envelope(EnvelopeVault),
}

impl Vault {
    /// The keyring's vault of `account`, after a write, a read and a delete have shown that it can be used.
    ///
    /// The name of an entry is not encrypted by the keyring, so `account` is an opaque id (ASCII letters, digits,
    /// `.`, `_` and `-`, at most 64), never an e-mail. May show the desktop's own prompt to unlock, and wait for it.
    ///
    /// # Errors
    /// [`VaultError::KeyringUnavailable`] without a Secret Service (once found absent, it stays so until the
    /// program is started again), [`VaultError::KeyringLocked`] when it is there but not unlocked,
    /// [`VaultError::KeyringFailed`] when it answers in another way, [`VaultError::AccountInvalid`].
    pub fn keyring(account: &str) -> Result<Self, VaultError> {
        KeyringVault::open(account).map(Self::Keyring)
    }

    /// A new envelope, with nothing in it yet. Takes about a quarter of a second of Argon2id.
    ///
    /// # Errors
    /// [`VaultError::PassphraseTooShort`], [`VaultError::EnvelopeExists`] (a file is never replaced),
    /// [`VaultError::Io`].
    pub fn create_envelope(path: &Path, passphrase: &SecretString) -> Result<Self, VaultError> {
        EnvelopeVault::create(path, passphrase).map(Self::Envelope)
    }

    /// Opens an existing envelope.
    ///
    /// # Errors
    /// [`VaultError::EnvelopeMissing`], [`VaultError::PassphraseWrong`], [`VaultError::EnvelopeDamaged`],
    /// [`VaultError::EnvelopeTooNew`], [`VaultError::Io`].
    pub fn open_envelope(path: &Path, passphrase: &SecretString) -> Result<Self, VaultError> {
        EnvelopeVault::open(path, passphrase).map(Self::Envelope)
    }

    /// Makes the key of a new cache: 32 random bytes, stored, read back and compared before they are returned.
    ///
    /// # Errors
    /// [`VaultError::CacheKeyExists`] when there is one already, [`VaultError::NotKept`] when what was read back
    /// differs, [`VaultError::RandomnessUnavailable`], and whatever the place may answer.
    pub fn create_cache_key(&self) -> Result<CacheKey, VaultError> {
        if self.find_cache_key()?.is_some() {
            return Err(VaultError::CacheKeyExists);
        }
        let key = secret::random_key()?;
        self.put(SecretName::CacheKey, key.expose_secret())?;
        let kept = self.find_cache_key()?.ok_or(VaultError::NotKept(SecretName::CacheKey))?;
        if kept.expose_secret() != key.expose_secret() {
            return Err(VaultError::NotKept(SecretName::CacheKey));
        }
        Ok(kept)
    }

    /// The cache key, or `None` when this vault, open and readable, holds none.
    ///
    /// # Errors
    /// [`VaultError::SecretDamaged`] when what is stored is no key; never `None` for a place that can't be read.
    pub fn find_cache_key(&self) -> Result<Option<CacheKey>, VaultError> {
        self.find(SecretName::CacheKey)?.map(|bytes| secret::key_from(&bytes)).transpose()
    }

    /// Stores the tokens of the session in place of the previous ones. When this returns they are kept for good.
    ///
    /// # Errors
    /// Whatever the place may answer; the previous tokens are then still there.
    pub fn put_tokens(&self, tokens: &StoredTokens) -> Result<(), VaultError> {
        self.put(SecretName::Tokens, &tokens.to_bytes())
    }

    /// The tokens of the session, or `None` when signed out.
    ///
    /// # Errors
    /// [`VaultError::SecretDamaged`] when what is stored is no tokens, and whatever the place may answer.
    pub fn find_tokens(&self) -> Result<Option<StoredTokens>, VaultError> {
        self.find(SecretName::Tokens)?.map(|bytes| StoredTokens::from_bytes(&bytes)).transpose()
    }

    /// Stores how far the cache has come in place of what was stored before.
    ///
    /// # Errors
    /// Whatever the place may answer; what was stored before is then still there.
    pub fn put_anchor(&self, anchor: &Anchor) -> Result<(), VaultError> {
        self.put(SecretName::Anchor, &anchor.to_bytes())
    }

    /// How far the cache had come, or `None` before that was stored first.
    ///
    /// # Errors
    /// [`VaultError::SecretDamaged`] when what is stored is no anchor, and whatever the place may answer.
    pub fn find_anchor(&self) -> Result<Option<Anchor>, VaultError> {
        self.find(SecretName::Anchor)?.map(|bytes| Anchor::from_bytes(&bytes)).transpose()
    }

    /// Erases the cache key, the tokens and the anchor (and the envelope's file). Erasing twice is no error.
    ///
    /// # Errors
    /// Whatever the place may answer; call it again.
    pub fn erase_all(&self) -> Result<(), VaultError> {
        match self {
            Self::Keyring(keyring) => keyring.erase_all(),
            Self::Envelope(envelope) => envelope.erase(),
        }
    }

    fn put(&self, name: SecretName, value: &[u8]) -> Result<(), VaultError> {
        match self {
            Self::Keyring(keyring) => keyring.put(name, value),
            Self::Envelope(envelope) => envelope.put(name, value),
        }
    }

    fn find(&self, name: SecretName) -> Result<Option<secret::Bytes>, VaultError> {
        match self {
            Self::Keyring(keyring) => keyring.find(name),
            Self::Envelope(envelope) => envelope.find(name),
        }
    }
}
