//! Makes the unencrypted copy.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use secrecy::{ExposeSecret, SecretBox};
use zeroize::Zeroizing;

use crate::StoreError;

/// Writes what the cache at `encrypted` holds to a plain SQLite file at `plain`, which must not exist. Demo data only:
/// what is in the copy is protected by nothing. The copy is packed as after `VACUUM`, which favours it.
///
/// # Errors
/// The cache can't be read, or the copy not written.
pub fn copy(encrypted: &Path, key: &SecretBox<[u8; 32]>, plain: &Path) -> Result<(), StoreError> {
    std::fs::File::create_new(plain)?;
    let connection = Connection::open_with_flags(encrypted, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let hex: Zeroizing<String> = Zeroizing::new(key.expose_secret().iter().map(|byte| format!("{byte:02x}")).collect());
    connection.execute_batch(&Zeroizing::new(format!("PRAGMA key = \"x'{}'\"", *hex)))?;
    connection.execute_batch("PRAGMA cipher_hmac_algorithm = HMAC_SHA256")?;
    let name = plain.to_str().ok_or(StoreError::NotFound)?;
    connection.execute("ATTACH ?1 AS plain KEY ''", [name])?;
    connection.query_row("SELECT sqlcipher_export('plain')", [], |_| Ok(()))?;
    connection.execute_batch("DETACH plain")?;
    Ok(())
}
