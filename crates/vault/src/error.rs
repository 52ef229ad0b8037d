//! What can go wrong with a vault: never the account, a path or a part of a secret.

use std::io;

/// Which secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretName {
    /// Raw key of the encrypted cache.
    CacheKey,
    /// Tokens of the session.
    Tokens,
    /// How far the cache had come. No secret, but kept beside them.
    Anchor,
}

impl SecretName {
    /// Every one there is.
    pub(crate) const ALL: [Self; 3] = [Self::CacheKey, Self::Tokens, Self::Anchor];

    /// Its part of the name of an entry in the keyring. Never changes: existing entries are found by it.
    pub(crate) const fn entry(self) -> &'static str {
        match self {
            Self::CacheKey => "cache-key",
            Self::Tokens => "tokens",
            Self::Anchor => "anchor",
        }
    }
}

/// Why a vault could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// No D-Bus session, no Secret Service on it, or no keyring in the service that could hold an entry.
    #[error("this computer has no usable keyring")]
    KeyringUnavailable,
    /// The keyring is there, but was not unlocked; or its prompt was dismissed.
    #[error("the keyring is locked")]
    KeyringLocked,
    /// The keyring answered with something else than it should.
    #[error("the keyring failed")]
    KeyringFailed,
    /// More than one entry has the same name: none is chosen.
    #[error("the keyring holds more than one {0:?}")]
    KeyringAmbiguous(SecretName),
    /// The account's id is not of the permitted shape.
    #[error("the account's id is not a name that a keyring entry may show")]
    AccountInvalid,
    /// A cache key is never replaced.
    #[error("there is a cache key already")]
    CacheKeyExists,
    /// What was stored did not come back.
    #[error("{0:?} was stored but did not come back")]
    NotKept(SecretName),
    /// What is stored is not what its name says.
    #[error("{0:?} is stored but damaged")]
    SecretDamaged(SecretName),
    /// Fewer characters than `min`.
    #[error("the passphrase has fewer than {min} characters")]
    PassphraseTooShort { min: usize },
    /// The envelope is whole, but this passphrase does not open it.
    #[error("the passphrase is wrong")]
    PassphraseWrong,
    /// There is a file where the new envelope should go.
    #[error("there is an envelope already")]
    EnvelopeExists,
    /// There is no file.
    #[error("there is no envelope")]
    EnvelopeMissing,
    /// The file is not an envelope as we write it, or was changed. It was left as it is.
    #[error("the envelope is damaged")]
    EnvelopeDamaged,
    /// Written by a newer version of the program. It was left as it is.
    #[error("the envelope has the unknown version {version}")]
    EnvelopeTooNew { version: u32 },
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random bytes")]
    RandomnessUnavailable,
    /// The disk refused; [`io::ErrorKind::StorageFull`] is a full one.
    #[error("the disk refused: {0}")]
    Io(io::ErrorKind),
}

impl From<io::Error> for VaultError {
    /// Keeps the kind and drops the rest: it may hold a path, which holds the name of a person.
    fn from(error: io::Error) -> Self {
        Self::Io(error.kind())
    }
}
