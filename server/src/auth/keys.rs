//! The server's one secret, and the keys derived from it: one for each purpose, so that none can be used for another.

use std::path::Path;

use ring::hkdf;
use zeroize::Zeroizing;

use crate::secret_file::{SecretFileError, load_or_create_secret};

/// Name of the secret's file in the data directory.
const FILE_NAME: &str = "secret.key";

/// Keys of this server. Replacing the secret signs everyone out and makes clients sync anew.
pub(crate) struct ServerKeys {
    pub(crate) access_token: Zeroizing<[u8; 32]>,
    pub(crate) refresh_token: Zeroizing<[u8; 32]>,
    pub(crate) refresh_successor: Zeroizing<[u8; 32]>,
    pub(crate) cursor: Zeroizing<[u8; 32]>,
    pub(crate) telemetry: Zeroizing<[u8; 32]>,
}

impl ServerKeys {
    /// Whether there is no secret yet, or one that would do.
    ///
    /// # Errors
    /// [`SecretFileError`].
    pub(crate) fn check(data: &Path) -> Result<(), SecretFileError> {
        let path = data.join(FILE_NAME);
        if path.exists() { load_or_create_secret::<32>(&path).map(drop) } else { Ok(()) }
    }

    /// Reads the secret of the data directory; draws it on the first start.
    ///
    /// # Errors
    /// [`SecretFileError`].
    pub(crate) fn load(data: &Path) -> Result<Self, SecretFileError> {
        let secret = load_or_create_secret::<32>(&data.join(FILE_NAME))?;
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"frontdesk server 1").extract(secret.as_ref());
        Ok(Self {
            access_token: derived(&root, b"access token"),
            refresh_token: derived(&root, b"refresh token"),
            refresh_successor: derived(&root, b"refresh successor"),
            cursor: derived(&root, b"cursor"),
            telemetry: derived(&root, b"telemetry"),
        })
    }
}

fn derived(root: &hkdf::Prk, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    root.expand(&[purpose], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut()))
        .expect("32 bytes are one block of HKDF-SHA256");
    key
}
