//! The file that holds the secrets of an account behind a passphrase. The envelope is made here by a second hand, from the
//! format alone and with the cheapest parameters that are taken, so that what opens it is held against more than itself.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::digest;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use serde_json::value::RawValue;
use vault::Vault;

use crate::scratch;

const PASSPHRASE: &str = "a passphrase for fuzzing only";
const CACHE_KEY: [u8; 32] = [9; 32];
const REFRESH_TOKEN: &str = "a refresh token for fuzzing only";
/// The least memory that is taken, in KiB.
const MEMORY_KIB: u64 = 19 * 1024;

/// The envelope as it was made opens and gives what is in it. One with any byte changed never opens, the checksum made right
/// again or not, and stays as it is.
pub fn envelope(input: &[u8]) {
    let folder = scratch::folder();
    let path = folder.path().join("vault.json");
    check(&path, input);
    if let Some(forged) = with_right_checksum(input) {
        check(&path, &forged);
    }
}

fn check(path: &PathBuf, file: &[u8]) {
    if is_dear(file) {
        return;
    }
    std::fs::write(path, file).expect("a file");
    let opened = Vault::open_envelope(path, &SecretString::from(PASSPHRASE));
    assert!(std::fs::read(path).expect("the file") == file, "opening changed the file");
    if file == sealed().as_slice() {
        check_content(&opened.expect("an envelope from the format alone opens"), path);
    } else {
        assert!(opened.is_err(), "an envelope that was changed has opened");
    }
}

fn check_content(vault: &Vault, path: &Path) {
    let tokens = || vault.find_tokens().expect("readable").expect("there");
    assert_eq!(vault.find_cache_key().expect("readable").expect("there").expose_secret(), &CACHE_KEY);
    let mut other = tokens();
    assert_eq!(other.refresh_token.expose_secret(), REFRESH_TOKEN);
    other.refresh_token = SecretString::from("another");
    vault.put_tokens(&other).expect("kept");
    assert_eq!(tokens().refresh_token.expose_secret(), "another");
    assert!(std::fs::read(path).expect("the file") != sealed().as_slice(), "it is another file");
}

/// Whether opening would take long by the file's own word: that is bounded, and tells nothing that a cheap one does not.
fn is_dear(file: &[u8]) -> bool {
    let Ok(file) = serde_json::from_slice::<Value>(file) else { return false };
    let told = |name: &str| file["envelope"]["header"]["kdf"][name].as_u64().unwrap_or_default();
    told("memory_kib") > MEMORY_KIB || told("iterations") > 2
}

/// The same envelope with the checksum of what it now says, as somebody would write it who means harm.
fn with_right_checksum(file: &[u8]) -> Option<Vec<u8>> {
    let parts: std::collections::BTreeMap<&str, &RawValue> = serde_json::from_slice(file).ok()?;
    Some(framed(parts.get("envelope")?.get()))
}

fn framed(envelope: &str) -> Vec<u8> {
    let sum = digest::digest(&digest::SHA256, envelope.as_bytes());
    let sum: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{{\"envelope\":{envelope},\"sha256\":\"{sum}\"}}\n").into_bytes()
}

/// The envelope that opens: always the same, so that its seed is.
pub(crate) fn sealed() -> &'static Vec<u8> {
    static SEALED: LazyLock<Vec<u8>> = LazyLock::new(make);
    &SEALED
}

fn make() -> Vec<u8> {
    let salt = [5; 16];
    let header = format!(
        concat!(
            r#"{{"format":"frontdesk-envelope","version":1,"kdf":{{"name":"argon2id","memory_kib":{},"#,
            r#""iterations":2,"lanes":1,"salt":"{}"}},"cipher":"chacha20-poly1305"}}"#
        ),
        MEMORY_KIB,
        STANDARD.encode(salt)
    );
    let params = Params::new(u32::try_from(MEMORY_KIB).expect("small"), 2, 1, Some(32)).expect("parameters");
    let mut key = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(PASSPHRASE.as_bytes(), &salt, &mut key).expect("a key");
    let master = [3; 32];
    let tokens = format!(r#"{{"refresh_token":"{REFRESH_TOKEN}","access_token":null,"idempotency_key":null}}"#);
    let secrets = format!(
        r#"{{"cache_key":"{}","tokens":"{}","anchor":null}}"#,
        STANDARD.encode(CACHE_KEY),
        STANDARD.encode(tokens)
    );
    let envelope = format!(
        r#"{{"header":{header},"master":{},"secrets":{}}}"#,
        seal(&key, 1, &["master\0", &header].concat(), &master),
        seal(&master, 2, &["secrets\0", &header].concat(), secrets.as_bytes()),
    );
    framed(&envelope)
}

fn seal(key: &[u8; 32], nonce: u8, covered: &str, content: &[u8]) -> String {
    let cipher = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).expect("32 bytes"));
    let mut bytes = content.to_vec();
    let (nonce, covered) = ([nonce; 12], Aad::from(covered.as_bytes()));
    cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), covered, &mut bytes).expect("sealed");
    format!(r#"{{"nonce":"{}","bytes":"{}"}}"#, STANDARD.encode(nonce), STANDARD.encode(bytes))
}
