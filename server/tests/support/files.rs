//! Embedded files, opened past the server: what `docs/SECURITY.md` says of their encryption, written a second time.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{aead, hkdf};
use serde_json::Value;

/// The one key that is derived from `secret` for a purpose.
fn derived(secret: &[u8], kind: &str, purpose: &str) -> [u8; 32] {
    let mut key = [0; 32];
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, kind.as_bytes()).extract(secret);
    prk.expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256).unwrap().fill(&mut key).unwrap();
    key
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The newest data key of the directory `data`, opened by the secret in it.
fn data_key(data: &Path) -> Vec<u8> {
    let secret = std::fs::read(data.join("secret.key")).unwrap();
    let fingerprint = hex(&derived(&secret, "frontdesk secret 1", "fingerprint")[..8]);
    let ring: Value = serde_json::from_slice(&std::fs::read(data.join("keys.json")).unwrap()).unwrap();
    let ours = ring["keys"].as_array().unwrap().iter().filter(|key| key["secret"] == fingerprint.as_str());
    let newest = ours.max_by_key(|key| key["generation"].as_i64()).expect("a key for this secret");

    let generation = newest["generation"].to_string();
    let mut associated = Vec::new();
    for part in ["1", &fingerprint, "", "data_key", "sealed", &generation] {
        associated.extend_from_slice(&(part.len() as u64).to_le_bytes());
        associated.extend_from_slice(part.as_bytes());
    }
    let sealed = newest["sealed"].as_str().unwrap().strip_prefix(&format!("1.{fingerprint}.")).unwrap();
    let mut sealed = URL_SAFE_NO_PAD.decode(sealed).unwrap();
    let nonce = aead::Nonce::try_assume_unique_for_key(&sealed[..12]).unwrap();
    let key = derived(&secret, "frontdesk secret 1", "data keys");
    let key = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_256_GCM, &key).unwrap());
    key.open_within(nonce, aead::Aad::from(associated), &mut sealed, 12..).unwrap().to_vec()
}

/// What SQLCipher has to be told to open a file of the directory `data`, which is there as `directory` or `studio ID`.
pub fn unlocking(data: &Path, name: &str) -> String {
    let key = hex(&derived(&data_key(data), "frontdesk data key 1", &format!("file {name}")));
    format!("PRAGMA key = \"x'{key}'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;")
}

/// Opens `directory` or `studio ID`.
pub fn open(data: &Path, name: &str) -> rusqlite::Connection {
    let file = match name.strip_prefix("studio ") {
        Some(id) => data.join(format!("studios/{id}.db")),
        None => data.join("directory.db"),
    };
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(file, flags).unwrap();
    connection.execute_batch(&unlocking(data, name)).unwrap();
    connection
}

/// Waits until nobody in this process holds the files any more: what ends with a server ends a moment after it.
pub fn wait_until_unused(dir: &Path) {
    std::fs::File::open(dir.join("in-use.lock")).unwrap().lock().unwrap();
}
