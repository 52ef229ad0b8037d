//! Embedded files, opened past the server: what `docs/SECURITY.md` says of their encryption, written a second time.

use std::path::Path;

use serde_json::Value;

use crate::keys::{self, SealedDataKey, derived, hex};

/// The data keys of the directory `data`, as they are kept.
pub fn data_keys(data: &Path) -> Vec<SealedDataKey> {
    let ring: Value = serde_json::from_slice(&std::fs::read(data.join("keys.json")).unwrap()).unwrap();
    let text = |key: &Value, field: &str| key[field].as_str().unwrap().to_owned();
    let read = |key: &Value| SealedDataKey {
        generation: key["generation"].as_i64().unwrap(),
        secret: text(key, "secret"),
        sealed: text(key, "sealed"),
    };
    ring["keys"].as_array().unwrap().iter().map(read).collect()
}

/// What SQLCipher has to be told to open a file of the directory `data`, which is there as `directory` or `studio ID`.
pub fn unlocking(data: &Path, name: &str) -> String {
    let (_, data_key) = keys::data_key(&data.join("secret.key"), &data_keys(data));
    let key = hex(&derived(&data_key, "frontdesk data key 1", &format!("file {name}")));
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
