//! What can be wrong with the server's keys, and what to do about it. Names keys by their fingerprint, never by content.

use std::path::PathBuf;

use crate::secret_file::SecretFileError;
use crate::settings::Weakness;

/// What is wrong with a secret that was given as text. Completes "FRONTDESK_SECRET …", and does not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedSecret {
    #[error("is not of 64 hexadecimal digits, such as `openssl rand -hex 32` draws")]
    NotHexadecimal,
    #[error("{0}: it was not drawn by chance; give the 64 digits that `openssl rand -hex 32` draws")]
    Weak(Weakness),
}

/// Why the server's keys can't be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: SecretFileError },
    #[error(
        "there is a database, but {} is missing, without which it can't be read: put it back from where you keep \
         it. A new one would not open the database, so none was made", path.display()
    )]
    SecretMissing { path: PathBuf },
    #[error(
        "there are database files, but their keys, {}, are missing: put it back from the same backup as the files",
        path.display()
    )]
    RingMissing { path: PathBuf },
    #[error("{} is not what a server writes there: put it back from a backup", path.display())]
    RingUnreadable { path: PathBuf },
    #[error(
        "the keys of this database are sealed by the secret {}, and the one given is {found}: give that one",
        wanted.join(" or ")
    )]
    OtherSecret { found: String, wanted: Vec<String> },
    #[error("a sealed secret names the key {0}, which is not among the keys of this database")]
    UnknownKey(String),
    #[error("a sealed secret was changed, or lies where it was not put")]
    Tampered,
    #[error("the keys of this database are missing from it: put it back from a backup")]
    KeysMissing,
    #[error(
        "a rotation is under way, from the secret {current} to {next}: give every server the new one, then run \
         `rotate-key --finish`"
    )]
    RotationUnderWay { current: String, next: String },
    #[error("the newest secret of this database is {newest}, and the one given is {found}: give the newest first")]
    NotTheNewest { found: String, newest: String },
    #[error("the new secret is missing: give it in FRONTDESK_SECRET_NEXT, beside FRONTDESK_SECRET")]
    NextMissing,
    #[error("FRONTDESK_SECRET_NEXT is for a secret in FRONTDESK_SECRET; where the secret is a file, so is the next")]
    NextNotWanted,
    #[error("the new secret is the old one")]
    NextIsCurrent,
    #[error("the system has no randomness")]
    NoRandomness,
}
