//! The cryptography of an envelope: a key from a passphrase, sealing and opening. Touches no disk.

use argon2::{Algorithm, Argon2, Params, Version};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox};
use zeroize::Zeroizing;

use super::format::{Header, Sealed};
use crate::VaultError;
use crate::secret::{self, Bytes, KEY_BYTES};

type Key = SecretBox<[u8; KEY_BYTES]>;

/// What a box is for: a box does not open in the place of another.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Master,
    Secrets,
}

impl Purpose {
    /// What the seal covers besides the content.
    fn covered(self, header: &Header) -> Vec<u8> {
        let name: &[u8] = match self {
            Self::Master => b"master\0",
            Self::Secrets => b"secrets\0",
        };
        [name, &header.to_bytes()].concat()
    }
}

/// Argon2id over the passphrase. Slow on purpose.
pub(super) fn key_of(passphrase: &str, header: &Header) -> Result<Key, VaultError> {
    let kdf = &header.kdf;
    let params = Params::new(kdf.memory_kib, kdf.iterations, kdf.lanes, Some(KEY_BYTES))
        .map_err(|_| VaultError::EnvelopeDamaged)?;
    let mut key = Key::new(Box::new([0; KEY_BYTES]));
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), &kdf.salt, key.expose_secret_mut())
        .map_err(|_| VaultError::EnvelopeDamaged)?;
    Ok(key)
}

/// Seals under a nonce drawn at random: tokens change each few minutes, and 2^32 boxes under one key are safe.
pub(super) fn seal(key: &Key, purpose: Purpose, header: &Header, content: &[u8]) -> Result<Sealed, VaultError> {
    let mut nonce = [0; NONCE_LEN];
    secret::fill_random(&mut nonce)?;
    // Room for the tag: a buffer that grows would leave a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(content.len() + CHACHA20_POLY1305.tag_len()));
    bytes.extend_from_slice(content);
    cipher(key)
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose.covered(header)), &mut *bytes)
        .expect("a secret is far below the cipher's limit of 256 GiB");
    Ok(Sealed { nonce: nonce.to_vec(), bytes: std::mem::take(&mut *bytes) })
}

/// Opens, or tells that key, content or header is not the one it was sealed with.
pub(super) fn open(key: &Key, purpose: Purpose, header: &Header, sealed: &Sealed) -> Option<Bytes> {
    let nonce = Nonce::try_assume_unique_for_key(&sealed.nonce).ok()?;
    let mut bytes = Zeroizing::new(sealed.bytes.clone());
    let size = cipher(key).open_in_place(nonce, Aad::from(purpose.covered(header)), &mut bytes).ok()?.len();
    bytes.truncate(size);
    Some(bytes)
}

fn cipher(key: &Key) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key.expose_secret()).expect("the key has the cipher's length"))
}
