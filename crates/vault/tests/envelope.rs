//! The envelope on a real disk, from outside.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use frontdesk_vault::{StoredTokens, Vault, VaultError};
use ring::digest;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

const PASSPHRASE: &str = "correct horse battery";

fn passphrase() -> SecretString {
    PASSPHRASE.into()
}

fn tokens(refresh: &str) -> StoredTokens {
    StoredTokens { refresh_token: refresh.into(), access_token: Some("access-token".into()), idempotency_key: None }
}

/// A folder with an envelope that holds a key and tokens.
fn envelope() -> (tempfile::TempDir, PathBuf, [u8; 32]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("envelope.json");
    let vault = Vault::create_envelope(&path, &passphrase()).unwrap();
    let key = *vault.create_cache_key().unwrap().expose_secret();
    vault.put_tokens(&tokens("refresh-1")).unwrap();
    (folder, path, key)
}

fn refusal(path: &Path) -> VaultError {
    Vault::open_envelope(path, &passphrase()).map(|_| ()).unwrap_err()
}

/// Changes a field and makes the checksum right again, as somebody would who means harm.
fn forge(path: &Path, pointer: &str, change: impl FnOnce(&mut Value)) {
    let mut file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let place = file.pointer_mut(pointer).expect("the field exists");
    let before = place.clone();
    change(place);
    assert_ne!(*place, before, "the forgery changes something");
    // In the order in which the program writes them: a map of `Value` is sorted, and so would be no forgery.
    let e = &file["envelope"];
    let h = &e["header"];
    let k = &h["kdf"];
    let envelope = format!(
        concat!(
            r#"{{"header":{{"format":{},"version":{},"kdf":{{"name":{},"memory_kib":{},"iterations":{},"lanes":{},"salt":{}}},"#,
            r#""cipher":{}}},"master":{{"nonce":{},"bytes":{}}},"secrets":{{"nonce":{},"bytes":{}}}}}"#
        ),
        h["format"],
        h["version"],
        k["name"],
        k["memory_kib"],
        k["iterations"],
        k["lanes"],
        k["salt"],
        h["cipher"],
        e["master"]["nonce"],
        e["master"]["bytes"],
        e["secrets"]["nonce"],
        e["secrets"]["bytes"],
    );
    let sum: String =
        digest::digest(&digest::SHA256, envelope.as_bytes()).as_ref().iter().map(|b| format!("{b:02x}")).collect();
    fs::write(path, format!("{{\"envelope\":{envelope},\"sha256\":\"{sum}\"}}\n")).unwrap();
}

fn flip_first_byte(value: &mut Value) {
    let mut bytes = STANDARD.decode(value.as_str().unwrap()).unwrap();
    bytes[0] ^= 1;
    *value = STANDARD.encode(bytes).into();
}

#[test]
fn what_is_put_in_comes_out_after_reopening() {
    let (_folder, path, key) = envelope();
    let vault = Vault::open_envelope(&path, &passphrase()).unwrap();
    assert_eq!(*vault.find_cache_key().unwrap().unwrap().expose_secret(), key);
    let found = vault.find_tokens().unwrap().unwrap();
    assert_eq!(found.refresh_token.expose_secret(), "refresh-1");
    assert_eq!(found.access_token.unwrap().expose_secret(), "access-token");
    assert_ne!(key, [0; 32]);
}

#[test]
fn a_new_envelope_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::create_envelope(&folder.path().join("e"), &passphrase()).unwrap();
    assert!(vault.find_cache_key().unwrap().is_none());
    assert!(vault.find_tokens().unwrap().is_none());
}

#[test]
fn a_cache_key_is_never_replaced() {
    let (_folder, path, key) = envelope();
    let vault = Vault::open_envelope(&path, &passphrase()).unwrap();
    assert_eq!(vault.create_cache_key().map(|_| ()), Err(VaultError::CacheKeyExists));
    assert_eq!(*vault.find_cache_key().unwrap().unwrap().expose_secret(), key);
}

#[test]
fn two_vaults_have_two_keys() {
    assert_ne!(envelope().2, envelope().2);
}

#[test]
fn another_passphrase_does_not_open_it() {
    let (_folder, path, _) = envelope();
    for wrong in ["Correct horse battery", "correct horse battery ", "", "x"] {
        let opened = Vault::open_envelope(&path, &wrong.into()).map(|_| ());
        assert_eq!(opened, Err(VaultError::PassphraseWrong), "{wrong:?}");
    }
    assert!(Vault::open_envelope(&path, &passphrase()).is_ok());
}

#[test]
fn a_passphrase_is_the_same_however_its_accents_are_typed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e");
    Vault::create_envelope(&path, &"caf\u{e9} au lait s.v.p.".into()).unwrap();
    assert!(Vault::open_envelope(&path, &"cafe\u{301} au lait s.v.p.".into()).is_ok());
    assert!(Vault::open_envelope(&path, &"cafe au lait s.v.p.".into()).is_err());
}

#[test]
fn a_short_passphrase_makes_no_envelope() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e");
    // Eleven characters, though more bytes and more code points.
    for short in
        ["", "elevenchars", "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}"]
    {
        let made = Vault::create_envelope(&path, &short.into()).map(|_| ());
        assert_eq!(made, Err(VaultError::PassphraseTooShort { min: 12 }), "{short:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
    assert!(Vault::create_envelope(&path, &"twelve chars".into()).is_ok());
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e");
    fs::write(&path, "something else").unwrap();
    assert_eq!(Vault::create_envelope(&path, &passphrase()).map(|_| ()), Err(VaultError::EnvelopeExists));
    assert_eq!(fs::read(&path).unwrap(), b"something else");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path().join("nowhere"), &link).unwrap();
    assert_eq!(Vault::create_envelope(&link, &passphrase()).map(|_| ()), Err(VaultError::EnvelopeExists));
    assert!(!folder.path().join("nowhere").exists());
}

#[test]
fn of_two_that_create_at_once_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e");
    let made: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| Vault::create_envelope(&path, &passphrase()).map(|_| ()))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|result| result.is_ok()).count(), 1, "{made:?}");
    assert_eq!(made.iter().filter(|result| **result == Err(VaultError::EnvelopeExists)).count(), 3, "{made:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing unfinished is left");
}

#[test]
fn an_absent_file_is_missing_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e");
    assert_eq!(refusal(&path), VaultError::EnvelopeMissing);
    assert!(!path.exists());
}

#[test]
fn every_flipped_bit_is_found() {
    let (_folder, path, _) = envelope();
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[at] ^= 1 << bit;
            fs::write(&path, &changed).unwrap();
            assert_eq!(refusal(&path), VaultError::EnvelopeDamaged, "byte {at}, bit {bit}");
        }
    }
    fs::write(&path, &whole).unwrap();
    assert!(Vault::open_envelope(&path, &passphrase()).is_ok(), "the control opens");
}

#[test]
fn every_truncation_is_found() {
    let (_folder, path, _) = envelope();
    let whole = fs::read(&path).unwrap();
    for size in 0..whole.len() {
        fs::write(&path, &whole[..size]).unwrap();
        assert_eq!(refusal(&path), VaultError::EnvelopeDamaged, "{size} bytes");
    }
    fs::write(&path, [&whole[..], b"\n"].concat()).unwrap();
    assert_eq!(refusal(&path), VaultError::EnvelopeDamaged, "something after it");
    fs::write(&path, vec![b' '; 1 << 20]).unwrap();
    assert_eq!(refusal(&path), VaultError::EnvelopeDamaged, "too large");
}

#[test]
fn a_forged_field_does_not_open() {
    let (_folder, path, _) = envelope();
    let whole = fs::read(&path).unwrap();
    let forged = |pointer: &str, change: &dyn Fn(&mut Value)| {
        fs::write(&path, &whole).unwrap();
        forge(&path, pointer, change);
        refusal(&path)
    };
    // These change what the passphrase's key is, or what it has to open.
    for pointer in ["/envelope/header/kdf/salt", "/envelope/master/nonce", "/envelope/master/bytes"] {
        assert_eq!(forged(pointer, &flip_first_byte), VaultError::PassphraseWrong, "{pointer}");
    }
    let weaker = forged("/envelope/header/kdf/iterations", &|value| *value = 2.into());
    assert_eq!(weaker, VaultError::PassphraseWrong);
    for pointer in ["/envelope/secrets/nonce", "/envelope/secrets/bytes"] {
        assert_eq!(forged(pointer, &flip_first_byte), VaultError::EnvelopeDamaged, "{pointer}");
    }
}

#[test]
fn parameters_that_would_exhaust_the_computer_are_refused() {
    let (_folder, path, _) = envelope();
    let whole = fs::read(&path).unwrap();
    for (field, value) in [
        ("memory_kib", u32::MAX),
        ("memory_kib", 256 * 1024 + 1),
        ("memory_kib", 8),
        ("iterations", u32::MAX),
        ("iterations", 11),
        ("iterations", 0),
        ("lanes", 0),
        ("lanes", 17),
        ("lanes", u32::MAX),
    ] {
        fs::write(&path, &whole).unwrap();
        forge(&path, &format!("/envelope/header/kdf/{field}"), |place| *place = value.into());
        assert_eq!(refusal(&path), VaultError::EnvelopeDamaged, "{field} {value}");
    }
    for salt in ["", "AAAA", "not base64"] {
        fs::write(&path, &whole).unwrap();
        forge(&path, "/envelope/header/kdf/salt", |place| *place = salt.into());
        assert_eq!(refusal(&path), VaultError::EnvelopeDamaged, "salt {salt:?}");
    }
}

#[test]
fn a_newer_version_is_told_apart_from_damage_and_left_alone() {
    let (_folder, path, _) = envelope();
    forge(&path, "/envelope/header/version", |version| *version = 2.into());
    let newer = fs::read(&path).unwrap();
    assert_eq!(refusal(&path), VaultError::EnvelopeTooNew { version: 2 });
    assert_eq!(fs::read(&path).unwrap(), newer);
}

#[test]
fn the_file_is_for_its_owner_only_and_shows_no_secret() {
    let (folder, path, key) = envelope();
    let vault = Vault::open_envelope(&path, &passphrase()).unwrap();
    vault.put_tokens(&tokens("refresh-2")).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing unfinished is left");
    let text = fs::read_to_string(&path).unwrap();
    for secret in ["refresh-2", "access-token", PASSPHRASE, &STANDARD.encode(key), &STANDARD.encode("refresh-2")] {
        assert!(!text.contains(secret));
    }
    assert_eq!(format!("{vault:?}"), "Envelope(EnvelopeVault)");
}

#[test]
fn a_nonce_is_never_used_again() {
    let (_folder, path, _) = envelope();
    let vault = Vault::open_envelope(&path, &passphrase()).unwrap();
    let mut nonces = HashSet::new();
    for _ in 0..50 {
        vault.put_tokens(&tokens("the same")).unwrap();
        let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert!(nonces.insert(file["envelope"]["secrets"]["nonce"].to_string()));
    }
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e");
    let first = Vault::create_envelope(&path, &passphrase()).unwrap();
    let second = Vault::open_envelope(&path, &passphrase()).unwrap();
    let key = std::thread::scope(|scope| {
        let writer = scope.spawn(|| (0..100).for_each(|n| second.put_tokens(&tokens(&format!("r{n}"))).unwrap()));
        let key = *first.create_cache_key().unwrap().expose_secret();
        writer.join().unwrap();
        key
    });
    let vault = Vault::open_envelope(&path, &passphrase()).unwrap();
    assert_eq!(*vault.find_cache_key().unwrap().unwrap().expose_secret(), key);
    assert_eq!(vault.find_tokens().unwrap().unwrap().refresh_token.expose_secret(), "r99");
}

#[test]
fn erasing_leaves_nothing_behind() {
    let (folder, path, _) = envelope();
    let vault = Vault::open_envelope(&path, &passphrase()).unwrap();
    fs::copy(&path, folder.path().join(".envelope.json.aB3xY9.unfinished")).unwrap();
    fs::write(folder.path().join("another file"), "stays").unwrap();
    vault.erase_all().unwrap();
    vault.erase_all().unwrap();
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["another file"]);
    assert_eq!(vault.find_tokens().map(|_| ()), Err(VaultError::EnvelopeMissing));
    assert_eq!(vault.put_tokens(&tokens("r")), Err(VaultError::EnvelopeMissing));
    assert!(!path.exists(), "an erased envelope does not come back");
}

#[test]
fn a_write_that_fails_keeps_the_previous_tokens() {
    let (folder, path, _) = envelope();
    let vault = Vault::open_envelope(&path, &passphrase()).unwrap();
    // Larger than an envelope may be: it would be written and never read again.
    let huge = tokens(&"x".repeat(200_000));
    assert_eq!(vault.put_tokens(&huge), Err(VaultError::Io(std::io::ErrorKind::FileTooLarge)));
    assert_eq!(vault.find_tokens().unwrap().unwrap().refresh_token.expose_secret(), "refresh-1");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
