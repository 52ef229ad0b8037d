//! Secrets in a file sealed under a passphrase, for a computer without a keyring.
//!
//! Argon2id makes a key of the passphrase; that key opens a random master key; the master key opens the secrets.
//! So storing new tokens costs no Argon2id, and the passphrase is asked for once. Every operation reads the file
//! anew and replaces it whole, under a lock, because a second program may have the same envelope open.
//!
//! ring's own copies of a key (in the cipher's state, for the time of one operation) are not wiped.

mod file;
mod format;
mod seal;

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretBox, SecretString};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::secret::{self, Bytes, KEY_BYTES};
use crate::{SecretName, VaultError};
use format::{Content, Header};

/// Fewest characters of a passphrase.
pub const MIN_PASSPHRASE_CHARS: usize = 12;

/// An open envelope.
pub struct EnvelopeVault {
    path: PathBuf,
    header: Header,
    master: SecretBox<[u8; KEY_BYTES]>,
}

/// Written by hand: the path holds the name of a person.
impl std::fmt::Debug for EnvelopeVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnvelopeVault")
    }
}

impl EnvelopeVault {
    pub(crate) fn create(path: &Path, passphrase: &SecretString) -> Result<Self, VaultError> {
        let passphrase = normalised(passphrase);
        if passphrase.chars().count() < MIN_PASSPHRASE_CHARS {
            return Err(VaultError::PassphraseTooShort { min: MIN_PASSPHRASE_CHARS });
        }
        // Said early, before a quarter of a second of Argon2id; what counts is the same check when the file is put in place.
        if path.symlink_metadata().is_ok() {
            return Err(VaultError::EnvelopeExists);
        }
        let header = Header::new()?;
        let key = seal::key_of(&passphrase, &header)?;
        let master = secret::random_key()?;
        let content = Content {
            master: seal::seal(&key, seal::Purpose::Master, &header, master.expose_secret())?,
            secrets: seal::seal(&master, seal::Purpose::Secrets, &header, &format::Secrets::default().to_bytes())?,
            header: header.clone(),
        };
        file::create(path, &content.to_bytes())?;
        Ok(Self { path: path.to_owned(), header, master })
    }

    pub(crate) fn open(path: &Path, passphrase: &SecretString) -> Result<Self, VaultError> {
        let content = Content::parse(&file::read(path)?)?;
        let key = seal::key_of(&normalised(passphrase), &content.header)?;
        // The checksum was right, so the file is as it was written, or was changed by somebody who can do sums.
        let master = seal::open(&key, seal::Purpose::Master, &content.header, &content.master)
            .ok_or(VaultError::PassphraseWrong)?;
        if master.len() != KEY_BYTES {
            return Err(VaultError::EnvelopeDamaged);
        }
        let master = SecretBox::init_with_mut(|key: &mut [u8; KEY_BYTES]| key.copy_from_slice(&master));
        let vault = Self { path: path.to_owned(), header: content.header.clone(), master };
        vault.unseal(&content)?;
        Ok(vault)
    }

    pub(crate) fn put(&self, name: SecretName, value: &[u8]) -> Result<(), VaultError> {
        let _lock = file::lock(&self.path)?;
        let mut content = Content::parse(&file::read(&self.path)?)?;
        let mut secrets = self.unseal(&content)?;
        secrets.set(name, value);
        content.secrets = seal::seal(&self.master, seal::Purpose::Secrets, &self.header, &secrets.to_bytes())?;
        file::replace(&self.path, &content.to_bytes())
    }

    pub(crate) fn find(&self, name: SecretName) -> Result<Option<Bytes>, VaultError> {
        let content = Content::parse(&file::read(&self.path)?)?;
        self.unseal(&content)?.find(name)
    }

    pub(crate) fn erase(&self) -> Result<(), VaultError> {
        let _lock = file::lock(&self.path)?;
        file::erase(&self.path)
    }

    fn unseal(&self, content: &Content) -> Result<format::Secrets, VaultError> {
        seal::open(&self.master, seal::Purpose::Secrets, &self.header, &content.secrets)
            .and_then(|bytes| format::Secrets::parse(&bytes))
            .ok_or(VaultError::EnvelopeDamaged)
    }
}

/// In normal form C (RFC 8265, section 4.2): one keyboard writes `é` as one character, another as two.
fn normalised(passphrase: &SecretString) -> Zeroizing<String> {
    let typed = passphrase.expose_secret();
    // Room for the longest there can be (Unicode Standard Annex 15, section 12: NFC grows UTF-8 threefold at most): a
    // string that grows would leave copies behind.
    let mut normal = Zeroizing::new(String::with_capacity(3 * typed.len()));
    normal.extend(typed.nfc());
    normal
}
