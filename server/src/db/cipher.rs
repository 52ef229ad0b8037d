//! SQLCipher's page format, as far as it takes to find the key of a file, and to tell a wrong key from a damaged page.
//!
//! SQLCipher 4 (its `sqlcipher.c`, "default_…"), but for the HMAC: pages of 4,096 bytes end in 16 bytes of IV and an
//! HMAC-SHA-256 over content, IV and page number (little-endian); its key is PBKDF2-HMAC-SHA-512 of the page key, two
//! rounds, with the file's salt (its first 16 bytes) XORed with 0x3a. Reads only.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::num::NonZeroU32;
use std::path::Path;

use ring::{hmac, pbkdf2};
use zeroize::Zeroizing;

use super::DbError;
use crate::secret_file::beside;
use crate::secrets::Key;

/// Size of a page, reserved bytes included.
const PAGE_BYTES: usize = 4096;
const SALT_BYTES: usize = 16;
const MAC_BYTES: usize = 32;
const MAC_SALT_MASK: u8 = 0x3a;
const MAC_KEY_ROUNDS: NonZeroU32 = NonZeroU32::new(2).expect("two is not zero");
/// Pages to try: damage that covers them all, or the salt, looks like a wrong key.
const PAGES_TRIED: u32 = 64;
/// How a file begins that is not encrypted.
const PLAIN: &[u8; 16] = b"SQLite format 3\0";

/// The key among `keys` that the file was written with; the first of them for one that is new.
///
/// # Errors
/// [`DbError::NotEncrypted`], [`DbError::WrongKey`], [`DbError::Damaged`] for what can't be a whole file.
pub(super) fn find_key(path: &Path, mut keys: impl Iterator<Item = Key>) -> Result<Key, DbError> {
    let io = |source| DbError::Io { path: path.to_owned(), source };
    let mut pages = Pages::open(path).map_err(io)?;
    let wrong = || DbError::WrongKey { path: path.to_owned() };
    match pages.bytes {
        // Made a moment ago and not yet written to. A log beside it would be that of another file.
        0 if !is_there(&beside(path, "-wal")) => return keys.next().ok_or_else(wrong),
        0..SALT_AND_MORE => return Err(DbError::Damaged { path: path.to_owned() }),
        _ => {}
    }
    if pages.salt == *PLAIN {
        return Err(DbError::NotEncrypted { path: path.to_owned() });
    }
    if pages.bytes < PAGE_BYTES as u64 {
        return Err(DbError::Damaged { path: path.to_owned() });
    }
    for key in keys {
        if pages.any_verifies(&key).map_err(io)? {
            return Ok(key);
        }
    }
    Err(wrong())
}

/// Whether the file is one that SQLite without encryption wrote.
pub(super) fn is_plain(path: &Path) -> io::Result<bool> {
    Ok(Pages::open(path)?.salt == *PLAIN)
}

const SALT_AND_MORE: u64 = SALT_BYTES as u64;

/// Whether there is such a file with anything in it.
fn is_there(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.len() > 0)
}

/// The first pages of a file, as they lie there.
struct Pages {
    file: File,
    bytes: u64,
    salt: [u8; SALT_BYTES],
}

impl Pages {
    fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let mut salt = [0; SALT_BYTES];
        if bytes >= SALT_AND_MORE {
            file.read_exact(&mut salt)?;
        }
        Ok(Self { file, bytes, salt })
    }

    /// Whether one of them was written with the key: nearly always the first tells.
    fn any_verifies(&mut self, key: &Key) -> io::Result<bool> {
        let salt = self.salt.map(|byte| byte ^ MAC_SALT_MASK);
        let mut mac_key = Zeroizing::new([0; 32]);
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, MAC_KEY_ROUNDS, &salt, key.as_ref(), &mut *mac_key);
        let mac_key = hmac::Key::new(hmac::HMAC_SHA256, &*mac_key);
        self.file.seek(SeekFrom::Start(0))?;
        let mut page = [0; PAGE_BYTES];
        for number in 1..=PAGES_TRIED {
            match self.file.read_exact(&mut page) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                read => read?,
            }
            let start = if number == 1 { SALT_BYTES } else { 0 };
            let mut context = hmac::Context::with_key(&mac_key);
            context.update(&page[start..PAGE_BYTES - MAC_BYTES]);
            context.update(&number.to_le_bytes());
            if context.sign().as_ref() == &page[PAGE_BYTES - MAC_BYTES..] {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
