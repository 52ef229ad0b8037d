//! The seal on disk: two places, so that one is whole while the other is written.
//!
//! Each is sealed itself (AES-256-GCM): who has not the key can neither read nor make one. A place that can't be opened was
//! cut while it was written, and the other one counts.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

use super::{Sealed, SealedLog, Sum};
use crate::StoreError;

/// So far apart that no disk writes both at once.
const PLACE_BYTES: u64 = 4_096;
const VERSION: u8 = 1;
const CONTENT_BYTES: usize = 1 + 8 + 1 + 4 + 32 + 8 + 4 + 32 + 4;
const TAG_BYTES: usize = 16;

pub(super) struct Places {
    key: LessSafeKey,
    random: SystemRandom,
}

impl Places {
    pub(super) fn new(key: &[u8]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("AES-256 takes 32 bytes");
        Self { key: LessSafeKey::new(key), random: SystemRandom::new() }
    }

    /// Fills both places, so that writing to them later needs no room on the disk.
    pub(super) fn make(&self, file: &File, sealed: &Sealed) -> Result<(), StoreError> {
        file.write_all_at(&[0; 2 * PLACE_BYTES as usize], 0)?;
        self.put(file, &Sealed { number: 1, synced_place: 0, ..sealed.clone() }, 0)?;
        Ok(file.sync_all()?)
    }

    /// # Errors
    /// [`StoreError::Altered`] when neither place holds one.
    pub(super) fn newest(&self, file: &File) -> Result<Sealed, StoreError> {
        let (first, second) = (self.read(file, 0)?, self.read(file, 1)?);
        first.into_iter().chain(second).max_by_key(|sealed| sealed.number).ok_or(StoreError::Altered)
    }

    /// Writes it where none is that is synced.
    pub(super) fn write(&self, file: &File, sealed: &mut Sealed) -> Result<(), StoreError> {
        sealed.number += 1;
        self.put(file, sealed, 1 - sealed.synced_place)
    }

    /// The same, and waits for the disk.
    pub(super) fn write_synced(&self, file: &File, sealed: &mut Sealed) -> Result<(), StoreError> {
        let place = 1 - sealed.synced_place;
        sealed.number += 1;
        self.put(file, &Sealed { synced_place: place, ..sealed.clone() }, place)?;
        file.sync_data()?;
        sealed.synced_place = place;
        Ok(())
    }

    fn put(&self, file: &File, sealed: &Sealed, place: u8) -> Result<(), StoreError> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| StoreError::Io(ErrorKind::Other))?;
        let mut content = sealed.to_bytes();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from([place]), &mut content)
            .map_err(|_| StoreError::Io(ErrorKind::Other))?;
        let mut bytes = nonce.to_vec();
        bytes.append(&mut content);
        Ok(file.write_all_at(&bytes, u64::from(place) * PLACE_BYTES)?)
    }

    fn read(&self, file: &File, place: u8) -> Result<Option<Sealed>, StoreError> {
        let mut bytes = [0; NONCE_LEN + CONTENT_BYTES + TAG_BYTES];
        match file.read_exact_at(&mut bytes, u64::from(place) * PLACE_BYTES) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let (nonce, content) = bytes.split_at_mut(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).expect("as long as a nonce is");
        Ok(self
            .key
            .open_in_place(nonce, Aad::from([place]), content)
            .ok()
            .and_then(|content| Sealed::from_bytes(content)))
    }
}

impl Sealed {
    fn to_bytes(&self) -> Vec<u8> {
        let Self { number, synced_place, pages, sum, log } = self;
        let mut bytes = Vec::with_capacity(CONTENT_BYTES + TAG_BYTES);
        bytes.push(VERSION);
        bytes.extend(number.to_le_bytes());
        bytes.push(*synced_place);
        bytes.extend(pages.to_le_bytes());
        bytes.extend(sum.0);
        bytes.extend(log.salt);
        bytes.extend(log.frames.to_le_bytes());
        bytes.extend(log.digest);
        bytes.extend(log.moved.to_le_bytes());
        bytes
    }

    /// `None` for another version's.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = take::<1>(bytes)?;
        let (number, rest) = take(rest)?;
        let ([synced_place], rest) = take::<1>(rest)?;
        let (pages, rest) = take(rest)?;
        let (sum, rest) = take(rest)?;
        let (salt, rest) = take(rest)?;
        let (frames, rest) = take(rest)?;
        let (digest, rest) = take(rest)?;
        let (moved, rest) = take(rest)?;
        (version == [VERSION] && rest.is_empty() && synced_place < 2).then(|| Self {
            number: u64::from_le_bytes(number),
            synced_place,
            pages: u32::from_le_bytes(pages),
            sum: Sum(sum),
            log: SealedLog { salt, frames: u32::from_le_bytes(frames), digest, moved: u32::from_le_bytes(moved) },
        })
    }
}

fn take<const N: usize>(bytes: &[u8]) -> Option<([u8; N], &[u8])> {
    bytes.split_first_chunk::<N>().map(|(taken, rest)| (*taken, rest))
}
