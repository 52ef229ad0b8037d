//! The file's form: JSON with a version, the parameters of Argon2id, two sealed boxes and a checksum. No
//! cryptography but the checksum, which finds damage; that nobody changed the file is for the seals to prove.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::secret::{self, Bytes};
use crate::{SecretName, VaultError};

/// A larger file is not read.
pub(super) const MAX_FILE_BYTES: usize = 64 * 1024;
const FORMAT: &str = "frontdesk-envelope";
const VERSION: u32 = 1;
const SALT_BYTES: usize = 16;

/// How a key is made of the passphrase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kdf {
    name: KdfName,
    pub(super) memory_kib: u32,
    pub(super) iterations: u32,
    pub(super) lanes: u32,
    #[serde(with = "in_base64")]
    pub(super) salt: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KdfName {
    Argon2id,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Cipher {
    #[serde(rename = "chacha20-poly1305")]
    ChaCha20Poly1305,
}

/// What is not secret. Both seals cover it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    format: String,
    version: u32,
    pub(super) kdf: Kdf,
    cipher: Cipher,
}

/// Sealed bytes and what is needed to open them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    #[serde(with = "in_base64")]
    pub(super) nonce: Vec<u8>,
    #[serde(with = "in_base64")]
    pub(super) bytes: Vec<u8>,
}

/// All of the file but the checksum.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    pub(super) header: Header,
    /// The master key, sealed under the passphrase's key.
    pub(super) master: Sealed,
    /// [`Secrets`], sealed under the master key.
    pub(super) secrets: Sealed,
}

/// The file. Every version has this form, so that damage and a newer version can be told apart.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame<'a> {
    #[serde(borrow)]
    envelope: &'a RawValue,
    /// SHA-256 over the text of `envelope`, in lower-case hexadecimal.
    sha256: String,
}

/// What every version has at least.
#[derive(Deserialize)]
struct AnyContent {
    header: AnyHeader,
}

#[derive(Deserialize)]
struct AnyHeader {
    format: String,
    version: u32,
}

impl Header {
    /// With a new salt and the second parameters that RFC 9106, section 4, recommends: 64 MiB, 3 passes, 4 lanes.
    pub(super) fn new() -> Result<Self, VaultError> {
        let mut salt = vec![0; SALT_BYTES];
        secret::fill_random(&mut salt)?;
        Ok(Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            kdf: Kdf { name: KdfName::Argon2id, memory_kib: 64 * 1024, iterations: 3, lanes: 4, salt },
            cipher: Cipher::ChaCha20Poly1305,
        })
    }

    /// Whether the parameters are ones we would ever write: what is in the file must not make us fill the memory
    /// or compute for an hour. Up to 256 MiB and 10 passes, so that a later version may ask for more.
    fn is_reasonable(&self) -> bool {
        (19 * 1024..=256 * 1024).contains(&self.kdf.memory_kib)
            && (2..=10).contains(&self.kdf.iterations)
            && (1..=16).contains(&self.kdf.lanes)
            && self.kdf.salt.len() == SALT_BYTES
    }

    /// What the seals cover.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and numbers serialise")
    }
}

impl Content {
    pub(super) fn parse(file: &[u8]) -> Result<Self, VaultError> {
        let frame: Frame<'_> = serde_json::from_slice(file).map_err(|_| VaultError::EnvelopeDamaged)?;
        // The exact bytes, so that there is no byte whose change goes unnoticed.
        if frame.sha256 != checksum(frame.envelope) || file != frame_bytes(&frame) {
            return Err(VaultError::EnvelopeDamaged);
        }
        let any: AnyContent = serde_json::from_str(frame.envelope.get()).map_err(|_| VaultError::EnvelopeDamaged)?;
        if any.header.format != FORMAT || any.header.version < VERSION {
            return Err(VaultError::EnvelopeDamaged);
        }
        if any.header.version > VERSION {
            return Err(VaultError::EnvelopeTooNew { version: any.header.version });
        }
        let content: Self = serde_json::from_str(frame.envelope.get()).map_err(|_| VaultError::EnvelopeDamaged)?;
        if content.header.is_reasonable() { Ok(content) } else { Err(VaultError::EnvelopeDamaged) }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let envelope = serde_json::value::to_raw_value(self).expect("strings and numbers serialise");
        frame_bytes(&Frame { sha256: checksum(&envelope), envelope: &envelope })
    }
}

fn frame_bytes(frame: &Frame<'_>) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(frame).expect("strings serialise");
    bytes.push(b'\n');
    bytes
}

fn checksum(envelope: &RawValue) -> String {
    let sum = digest::digest(&digest::SHA256, envelope.get().as_bytes());
    sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The secrets by name, each in base64. Unknown ones would be a newer version's, which has another number.
#[derive(Default, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub(super) struct Secrets {
    cache_key: Option<String>,
    tokens: Option<String>,
    anchor: Option<String>,
}

impl Secrets {
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    pub(super) fn to_bytes(&self) -> Bytes {
        // Room for all of it: a buffer that grows would leave copies behind.
        let all = [&self.cache_key, &self.tokens, &self.anchor].into_iter().flatten();
        let size = all.map(String::len).sum::<usize>() + 96;
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        serde_json::to_writer(&mut *bytes, self).expect("strings serialise, and a Vec takes them");
        bytes
    }

    pub(super) fn set(&mut self, name: SecretName, value: &[u8]) {
        let place = match name {
            SecretName::CacheKey => &mut self.cache_key,
            SecretName::Tokens => &mut self.tokens,
            SecretName::Anchor => &mut self.anchor,
        };
        place.zeroize();
        *place = Some(STANDARD.encode(value));
    }

    pub(super) fn find(&self, name: SecretName) -> Result<Option<Bytes>, VaultError> {
        let place = match name {
            SecretName::CacheKey => &self.cache_key,
            SecretName::Tokens => &self.tokens,
            SecretName::Anchor => &self.anchor,
        };
        let decoded = place.as_ref().map(|text| STANDARD.decode(text).map(Zeroizing::new)).transpose();
        decoded.map_err(|_| VaultError::SecretDamaged(name))
    }
}

/// Bytes as base64 in JSON.
mod in_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(|_| D::Error::custom("not base64"))
    }
}
