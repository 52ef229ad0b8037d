//! SQLCipher's page format, as far as it takes to tell a wrong key from a damaged page.
//!
//! SQLCipher 4 (its `sqlcipher.c`, "default_…"), but for the HMAC: pages of 4,096 bytes end in 16 bytes of IV and an
//! HMAC-SHA-256 over content, IV and page number (little-endian); its key is PBKDF2-HMAC-SHA-512 of the page key, two
//! rounds, with the file's salt (its first 16 bytes) XORed with 0x3a. Reads only.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::num::NonZeroU32;
use std::path::Path;

use ring::{hmac, pbkdf2};
use secrecy::{ExposeSecret, SecretBox};
use zeroize::Zeroizing;

use crate::StoreError;

/// Size of a page, reserved bytes included.
pub(crate) const PAGE_BYTES: usize = 4096;
const SALT_BYTES: usize = 16;
/// Of the HMAC at the end of a page.
pub(crate) const MAC_BYTES: usize = 32;
const MAC_SALT_MASK: u8 = 0x3a;
const MAC_KEY_ROUNDS: NonZeroU32 = NonZeroU32::new(2).expect("two is not zero");
/// Pages to try: damage that covers them all, or the salt, looks like a wrong key.
const PAGES_TRIED: u32 = 64;

/// Whether any of the first pages was written with this key.
pub(crate) fn any_page_verifies(path: &Path, key: &SecretBox<[u8; 32]>) -> Result<bool, StoreError> {
    let mut file = File::open(path)?;
    let mut salt = [0; SALT_BYTES];
    file.read_exact(&mut salt)?;
    for byte in &mut salt {
        *byte ^= MAC_SALT_MASK;
    }
    let mut mac_key = Zeroizing::new([0; 32]);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, MAC_KEY_ROUNDS, &salt, key.expose_secret(), &mut *mac_key);
    let mac_key = hmac::Key::new(hmac::HMAC_SHA256, &*mac_key);

    file.seek(SeekFrom::Start(0))?;
    let mut page = [0; PAGE_BYTES];
    for number in 1..=PAGES_TRIED {
        match file.read_exact(&mut page) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error.into()),
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
