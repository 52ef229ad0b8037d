//! Sealed secrets: AES-256-GCM, with the name of the key and the place they belong to.
//!
//! Text of the form `1.KEY.BASE64URL(nonce ‖ ciphertext ‖ tag)`. The place (studio, table, column, row) and the key's
//! name are authenticated with it, so that a text copied to another row, column or studio does not open there. Nonces
//! are 96 random bits: a key seals some thousands of texts in its life, far below the 2³² of NIST SP 800-38D §8.3.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::StudioId;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::derive::Key;
use super::error::SecretError;

/// Raised when the form changes.
const VERSION: &str = "1";

/// Where a sealed secret lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Nothing for what belongs to no studio.
    pub(crate) studio: Option<StudioId>,
    pub(crate) table: &'a str,
    pub(crate) column: &'a str,
    pub(crate) row: &'a str,
}

impl Place<'_> {
    /// Each part with its length before it, so that no two places read the same.
    fn associated_data(&self, key_name: &str) -> Vec<u8> {
        let studio = self.studio.map(|id| id.to_string()).unwrap_or_default();
        let mut data = Vec::new();
        for part in [VERSION, key_name, &studio, self.table, self.column, self.row] {
            data.extend_from_slice(&(part.len() as u64).to_le_bytes());
            data.extend_from_slice(part.as_bytes());
        }
        data
    }
}

/// A key that seals, under a name that what it sealed bears.
pub(super) struct SealingKey {
    name: String,
    key: LessSafeKey,
}

impl SealingKey {
    pub(super) fn new(name: String, key: &Key) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key.as_ref()).expect("AES-256 takes 32 bytes");
        Self { name, key: LessSafeKey::new(key) }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// # Errors
    /// [`SecretError::NoRandomness`].
    pub(super) fn seal(&self, place: Place<'_>, secret: &[u8]) -> Result<String, SecretError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| SecretError::NoRandomness)?;
        // Encrypted where it lies; large enough from the start, since growing would leave a copy behind.
        let mut sealed = Zeroizing::new(Vec::with_capacity(secret.len() + AES_256_GCM.tag_len()));
        sealed.extend_from_slice(secret);
        let aad = Aad::from(place.associated_data(&self.name));
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut *sealed)
            .expect("a secret is shorter than the 64 GiB that GCM can seal");
        let bytes = [nonce.as_slice(), &sealed].concat();
        Ok(format!("{VERSION}.{}.{}", self.name, URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// # Errors
    /// [`SecretError::Tampered`].
    pub(super) fn open(&self, place: Place<'_>, text: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let (name, sealed) = parts(text)?;
        if name != self.name {
            return Err(SecretError::UnknownKey(name.to_owned()));
        }
        let mut bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SecretError::Tampered)?);
        let (nonce, _) = bytes.split_first_chunk::<NONCE_LEN>().ok_or(SecretError::Tampered)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let aad = Aad::from(place.associated_data(&self.name));
        let opened =
            self.key.open_within(nonce, aad, &mut bytes, NONCE_LEN..).map_err(|_| SecretError::Tampered)?.len();
        bytes.truncate(opened);
        Ok(bytes)
    }
}

/// The name of the key that a sealed text was sealed by.
pub(super) fn key_name(text: &str) -> Result<&str, SecretError> {
    Ok(parts(text)?.0)
}

fn parts(text: &str) -> Result<(&str, &str), SecretError> {
    let mut parts = text.splitn(3, '.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(VERSION), Some(name), Some(sealed)) => Ok((name, sealed)),
        _ => Err(SecretError::Tampered),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { studio: None, table: "token_key", column: "sealed", row: "1" };

    fn key(name: &str, byte: u8) -> SealingKey {
        SealingKey::new(name.to_owned(), &Key::new([byte; 32]))
    }

    #[test]
    fn a_secret_opens_where_it_was_put_and_nowhere_else() {
        let studio = |n| Some(StudioId::from_uuid(uuid::Uuid::from_u128(n)));
        let here = Place { studio: studio(1), ..PLACE };
        let text = key("3", 7).seal(here, b"a provider's token").expect("sealed");
        assert_eq!(key("3", 7).open(here, &text).expect("opens").as_slice(), b"a provider's token");
        for (why, elsewhere) in [
            ("another studio", Place { studio: studio(2), ..here }),
            ("no studio", Place { studio: None, ..here }),
            ("another table", Place { table: "token_keys", ..here }),
            ("another column", Place { column: "seale", ..here }),
            ("another row", Place { row: "2", ..here }),
            ("the same letters, shifted", Place { table: "token_key", column: "sealed1", row: "", ..here }),
        ] {
            assert!(matches!(key("3", 7).open(elsewhere, &text), Err(SecretError::Tampered)), "{why}");
        }
    }

    #[test]
    fn another_key_or_any_changed_character_is_noticed() {
        let text = key("3", 7).seal(PLACE, b"secret").expect("sealed");
        assert!(!text.contains("secret") && text.starts_with("1.3."), "{text}");
        assert_ne!(text, key("3", 7).seal(PLACE, b"secret").expect("sealed"), "never the same twice");
        assert!(matches!(key("3", 8).open(PLACE, &text), Err(SecretError::Tampered)));
        assert!(matches!(key("4", 7).open(PLACE, &text), Err(SecretError::UnknownKey(name)) if name == "3"));
        // Renamed to the key it would be opened by: the name is authenticated.
        assert!(key("4", 7).open(PLACE, &text.replacen(".3.", ".4.", 1)).is_err());
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("text");
            assert!(key("3", 7).open(PLACE, &changed).is_err(), "{at}");
        }
        for text in ["", "1", "1.3", "1.3.", "1.3.AAAA", "2.3.AAAA"] {
            assert!(key("3", 7).open(PLACE, text).is_err(), "{text:?}");
        }
    }
}
