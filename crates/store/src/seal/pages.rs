//! The marks of pages, in the main file and in SQLite's log, and what SQLite says of that log.
//!
//! The formats are SQLite's (its "WAL-mode file format"): a log of a header and frames, each a header and a page; and the
//! index of the log, in memory that processes share by a file, which begins with what of the log counts. Reads only.

use std::collections::HashMap;
use std::fs::File;
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::StoreError;
use crate::cipher::{MAC_BYTES, PAGE_BYTES};
use crate::open::beside;

const LOG_HEADER_BYTES: u64 = 32;
const FRAME_HEADER_BYTES: u64 = 24;
const FRAME_BYTES: u64 = FRAME_HEADER_BYTES + PAGE_BYTES as u64;
/// As far as it is read here.
const INDEX_HEADER_BYTES: usize = 40;

/// What SQLCipher wrote at the end of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark(pub(super) [u8; MAC_BYTES]);

/// The file without its log.
pub(super) struct MainFile(File);

impl MainFile {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self(File::open(path)?))
    }

    pub(super) fn pages(&self) -> Result<u32, StoreError> {
        u32::try_from(self.0.metadata()?.len() / PAGE_BYTES as u64).map_err(|_| StoreError::Damaged)
    }

    /// Pages count from 1.
    ///
    /// # Errors
    /// [`StoreError::Altered`] when the file ends before.
    pub(super) fn mark(&self, page: u32) -> Result<Mark, StoreError> {
        let mut mark = [0; MAC_BYTES];
        let end = u64::from(page) * PAGE_BYTES as u64;
        exactly(&self.0, &mut mark, end - MAC_BYTES as u64)?;
        Ok(Mark(mark))
    }
}

/// SQLite's log.
pub(super) struct Log(File);

impl Log {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        match File::open(beside(path, "-wal")) {
            Err(error) if error.kind() == ErrorKind::NotFound => Err(StoreError::Altered),
            opened => Ok(Self(opened?)),
        }
    }

    /// Of which page a frame is, and its mark. Frames count from 1.
    pub(super) fn frame(&self, frame: u32) -> Result<(u32, Mark), StoreError> {
        let start = LOG_HEADER_BYTES + u64::from(frame - 1) * FRAME_BYTES;
        let (mut page, mut mark) = ([0; 4], [0; MAC_BYTES]);
        exactly(&self.0, &mut page, start)?;
        exactly(&self.0, &mut mark, start + FRAME_BYTES - MAC_BYTES as u64)?;
        Ok((u32::from_be_bytes(page), Mark(mark)))
    }

    /// The pages in these frames, each as the last of them has it.
    pub(super) fn last_of_each_page(&self, frames: RangeInclusive<u32>) -> Result<HashMap<u32, Mark>, StoreError> {
        frames.map(|frame| self.frame(frame)).collect()
    }
}

/// What of the log counts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LogHead {
    /// Which log it is.
    pub(super) salt: [u8; 8],
    /// The last frame of the last commit; 0 in an empty log.
    pub(super) frames: u32,
    /// Pages of the database then.
    pub(super) pages: u32,
}

impl LogHead {
    /// From the index, which is there while a connection is open that has read or written.
    pub(super) fn read(path: &Path) -> Result<Self, StoreError> {
        let index = File::open(beside(path, "-shm"))?;
        let mut header = [0; INDEX_HEADER_BYTES];
        exactly(&index, &mut header, 0)?;
        let number = |at: usize| u32::from_ne_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        Ok(Self { salt: header[32..40].try_into().expect("eight bytes"), frames: number(16), pages: number(20) })
    }
}

fn exactly(file: &File, bytes: &mut [u8], at: u64) -> Result<(), StoreError> {
    match file.read_exact_at(bytes, at) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(StoreError::Altered),
        read => Ok(read?),
    }
}
