//! The server's keys, opened past it: what `docs/adr/0013` says of them, written a second time.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{aead, hkdf};

/// A data key as it is kept.
pub struct SealedDataKey {
    pub generation: i64,
    /// Fingerprint of the secret that opens it.
    pub secret: String,
    pub sealed: String,
}

/// A token key as it is kept.
pub struct SealedTokenKey {
    pub id: i64,
    pub sealed: String,
}

/// The one key that is derived from `secret` for a purpose.
pub fn derived(secret: &[u8], kind: &str, purpose: &str) -> [u8; 32] {
    let mut key = [0; 32];
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, kind.as_bytes()).extract(secret);
    prk.expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256).unwrap().fill(&mut key).unwrap();
    key
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Opens what `table` has in the column `sealed` of a row, sealed by a key that bears this name.
fn open(key: &[u8; 32], key_name: &str, table: &str, row: &str, sealed: &str) -> Vec<u8> {
    let mut associated = Vec::new();
    for part in ["1", key_name, "", table, "sealed", row] {
        associated.extend_from_slice(&(part.len() as u64).to_le_bytes());
        associated.extend_from_slice(part.as_bytes());
    }
    let sealed = sealed.strip_prefix(&format!("1.{key_name}.")).expect("sealed by that key");
    let mut sealed = URL_SAFE_NO_PAD.decode(sealed).unwrap();
    let nonce = aead::Nonce::try_assume_unique_for_key(&sealed[..12]).unwrap();
    let key = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_256_GCM, key).unwrap());
    key.open_within(nonce, aead::Aad::from(associated), &mut sealed, 12..).unwrap().to_vec()
}

/// The newest data key that the secret in a file opens, with its generation.
pub fn data_key(secret: &Path, kept: &[SealedDataKey]) -> (i64, Vec<u8>) {
    let secret = std::fs::read(secret).unwrap();
    let fingerprint = hex(&derived(&secret, "frontdesk secret 1", "fingerprint")[..8]);
    let ours = kept.iter().filter(|key| key.secret == fingerprint);
    let newest = ours.max_by_key(|key| key.generation).expect("a key for this secret");
    let sealing = derived(&secret, "frontdesk secret 1", "data keys");
    let generation = newest.generation.to_string();
    (newest.generation, open(&sealing, &fingerprint, "data_key", &generation, &newest.sealed))
}

/// The newest token key, which the newest data key has sealed.
pub fn token_key((generation, data_key): &(i64, Vec<u8>), kept: &[SealedTokenKey]) -> Vec<u8> {
    let newest = kept.iter().max_by_key(|key| key.id).expect("a token key");
    let sealing = derived(data_key, "frontdesk data key 1", "sealed columns");
    open(&sealing, &generation.to_string(), "token_key", &newest.id.to_string(), &newest.sealed)
}
