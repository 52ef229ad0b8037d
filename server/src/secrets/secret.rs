//! The operator's secret: 32 random bytes, in a file that only the server's user can read, or in the environment.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, fs, io};

use super::derive::{Key, derive, draw};
use super::error::{MalformedSecret, SecretError};
use super::sealed::SealingKey;
use crate::hex::hex;
use crate::secret_file::{SecretFileError, beside, create_secret, find_secret, make_private_dir, sync_dir_of};
use crate::settings::find_weakness;

/// Names what is derived from such a secret.
const KIND: &str = "frontdesk secret 1";
/// Name of the secret's file, where no other is given.
const FILE_NAME: &str = "secret.key";

/// What everything else is sealed by.
pub struct Secret {
    key: Key,
    fingerprint: String,
}

/// Written by hand: the secret stays out.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

impl Secret {
    pub(super) fn new(key: Key) -> Self {
        let id = derive(&key, KIND, "fingerprint");
        Self { key, fingerprint: hex(&id[..8]) }
    }

    /// Reads the 64 hexadecimal digits of a variable of the environment.
    ///
    /// # Errors
    /// [`MalformedSecret`].
    pub fn parse(text: &str) -> Result<Self, MalformedSecret> {
        let digits = text.trim().as_bytes();
        let mut key = Key::new([0; 32]);
        if digits.len() != 2 * key.len() {
            return Err(MalformedSecret::NotHexadecimal);
        }
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let (high, low) = digit(0).zip(digit(1)).ok_or(MalformedSecret::NotHexadecimal)?;
            *byte = high << 4 | low;
        }
        match find_weakness(key.as_ref()) {
            Some(weakness) => Err(MalformedSecret::Weak(weakness)),
            None => Ok(Self::new(key)),
        }
    }

    /// Tells secrets apart, and says nothing of what they are.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What seals data keys.
    pub(super) fn sealing_key(&self) -> SealingKey {
        SealingKey::new(self.fingerprint.clone(), &derive(&self.key, KIND, "data keys"))
    }
}

/// Where the operator keeps the secret.
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// A file of 32 bytes, made when there is nothing yet that it would have to open.
    File(PathBuf),
    /// Given by the environment.
    Given(Arc<Secret>),
}

impl SecretSource {
    /// The file in a directory of data.
    pub fn in_dir(dir: &Path) -> Self {
        Self::File(dir.join(FILE_NAME))
    }

    /// The secret, if it is there.
    ///
    /// # Errors
    /// [`SecretError::File`]: unreadable, readable by others, of another length.
    pub(crate) fn find(&self) -> Result<Option<Arc<Secret>>, SecretError> {
        match self {
            Self::Given(secret) => Ok(Some(Arc::clone(secret))),
            Self::File(path) => {
                let found = find_secret(path).map_err(|source| SecretError::File { path: path.clone(), source })?;
                Ok(found.map(|key| Arc::new(Secret::new(key))))
            }
        }
    }

    /// The file the next secret is kept in until it takes the place of this one.
    pub(crate) fn next_file(&self) -> Option<PathBuf> {
        match self {
            Self::Given(_) => None,
            Self::File(path) => Some(beside(path, ".next")),
        }
    }

    /// The next secret, where it is to be a file and was drawn already.
    ///
    /// # Errors
    /// As [`SecretSource::find`].
    pub(crate) fn find_next(&self) -> Result<Option<Arc<Secret>>, SecretError> {
        self.next_file().map_or(Ok(None), |path| Self::File(path).find())
    }

    /// Draws the next secret, where it is to be a file.
    ///
    /// # Errors
    /// [`SecretError::NextMissing`] where it is none; or when it can't be written.
    pub(crate) fn draw_next(&self) -> Result<Arc<Secret>, SecretError> {
        Self::File(self.next_file().ok_or(SecretError::NextMissing)?).get_or_create()
    }

    /// Puts the next secret's file in place of this one's, which stays beside it under its fingerprint: backups of before
    /// need it. At any moment there is a whole secret under the name.
    ///
    /// # Errors
    /// [`SecretError::File`].
    pub(crate) fn take_next(&self, old: &Secret) -> Result<(), SecretError> {
        let (Self::File(path), Some(next)) = (self, self.next_file()) else { return Ok(()) };
        let kept = beside(path, &format!(".{}", old.fingerprint()));
        let replaced = match fs::hard_link(path, &kept) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => sync_dir_of(&kept).and_then(|()| fs::rename(&next, path)).and_then(|()| sync_dir_of(path)),
        };
        replaced.map_err(|error| SecretError::File { path: path.clone(), source: error.into() })
    }

    /// The secret of a database that is there already.
    ///
    /// # Errors
    /// [`SecretError::SecretMissing`], or as [`SecretSource::find`].
    pub(crate) fn get(&self) -> Result<Arc<Secret>, SecretError> {
        let path = match self {
            Self::File(path) => path.clone(),
            Self::Given(_) => PathBuf::new(),
        };
        self.find()?.ok_or(SecretError::SecretMissing { path })
    }

    /// The secret, drawn where it is missing: only for a database that is made with it.
    ///
    /// # Errors
    /// As [`SecretSource::find`], or when it can't be written.
    pub(crate) fn get_or_create(&self) -> Result<Arc<Secret>, SecretError> {
        match self {
            Self::File(path) if self.find()?.is_none() => {
                let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
                let secret = draw()?;
                dir.map_or(Ok(()), make_private_dir)
                    .map_err(SecretFileError::from)
                    .and_then(|()| create_secret::<32>(path, &secret))
                    .map_err(|source| SecretError::File { path: path.clone(), source })?;
            }
            Self::File(_) | Self::Given(_) => {}
        }
        self.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Weakness;

    #[test]
    fn a_given_secret_is_64_hexadecimal_digits_that_nobody_thought_of() {
        let good = "8f14e45fceea167a5a36dedd4bea2543c9f0f895fb98ab9159f51fd0297e236d";
        let secret = Secret::parse(&format!("{good}\n")).expect("read");
        assert_eq!(secret.fingerprint().len(), 16);
        assert!(!good.contains(secret.fingerprint()));
        assert!(!format!("{secret:?}").contains("8f14"));
        let counting: String = (0..32).map(|n| format!("{n:02x}")).collect();
        let thought: String = "correct horse battery staple 123".bytes().map(|b| format!("{b:02x}")).collect();
        for (text, problem) in [
            ("", MalformedSecret::NotHexadecimal),
            ("secret", MalformedSecret::NotHexadecimal),
            (&good[..62], MalformedSecret::NotHexadecimal),
            (&good.replace('8', "g"), MalformedSecret::NotHexadecimal),
            (&"00".repeat(32), MalformedSecret::Weak(Weakness::AllTheSame)),
            (&"0123456789abcdef".repeat(4), MalformedSecret::Weak(Weakness::LowVariety)),
            (&counting, MalformedSecret::Weak(Weakness::Sequence)),
            (&thought, MalformedSecret::Weak(Weakness::LowVariety)),
        ] {
            assert_eq!(Secret::parse(text).err(), Some(problem), "{text}");
        }
    }

    #[test]
    fn a_secret_that_should_be_there_is_not_made() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let source = SecretSource::in_dir(dir.path());
        assert!(matches!(source.get(), Err(SecretError::SecretMissing { .. })));
        assert_eq!(std::fs::read_dir(dir.path()).expect("listing").count(), 0);
        let made = source.get_or_create().expect("made");
        assert_eq!(source.get().expect("found").fingerprint(), made.fingerprint());
    }
}
