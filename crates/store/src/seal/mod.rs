//! Whether the files are as this program left them.
//!
//! SQLCipher proves each page by itself: a page from last week, or a log that ends early, is as good to it as any. So beside
//! the cache there is a *seal*, a small file that only the key's owner can write: the sum of the marks of all pages in the
//! main file, and a digest of the log. Each commit moves the digest on; before the log is moved into the main file the sum is
//! brought to what the main file will be then, and synced. What is there at the next opening has to agree with it.
//!
//! - The log is held against the seal when the cache is opened. What comes after the sealed place in the log is taken: a
//!   commit whose seal was not written any more.
//! - The main file is looked through whole, so by whoever opened it, while they work ([`crate::Cache::prove`]).
//! - An older state of all the files together agrees with itself. The number of the seal tells it apart from the newest one,
//!   for whoever keeps that number elsewhere.
//!
//! A mark is SQLCipher's own HMAC at the end of a page, which covers its content and its place.

mod pages;
mod places;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ring::hmac;
use secrecy::{ExposeSecret, SecretBox};

use crate::StoreError;
use crate::open::{BUSY_TIMEOUT, beside};
use pages::{Log, LogHead, MainFile, Mark};
use places::Places;

/// How often to ask for a turn that another process has.
const ASK_AGAIN: Duration = Duration::from_millis(2);
/// How often the whole file is looked through anew because another process moved the log meanwhile.
const LOOKS: u32 = 4;

/// What was sealed last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Sealed {
    /// Grows with every seal.
    number: u64,
    /// Which of the two places on disk holds one that is synced: never written over.
    synced_place: u8,
    /// Pages of the main file, once the log is in it up to `moved`.
    pages: u32,
    /// Of the marks of those.
    sum: Sum,
    log: SealedLog,
}

/// Of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct SealedLog {
    /// Which log: another one from each time that it begins anew.
    salt: [u8; 8],
    /// Frames that are sealed.
    frames: u32,
    /// Of those.
    digest: [u8; 32],
    /// Frames that the sum counts in, whether they are in the main file by now or not.
    moved: u32,
}

/// A sum in which the order does not count, and from which each mark can be taken again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum([u8; 32]);

/// The seal beside an open cache.
pub(crate) struct Seal {
    path: PathBuf,
    file: File,
    places: Places,
    marks: hmac::Key,
}

/// The right to write to the cache: of all processes one has it.
pub(crate) struct Turn<'s> {
    seal: &'s Seal,
    sealed: Sealed,
}

impl Seal {
    /// Seals a file that nobody has open, that has no log, and no seal yet.
    pub(crate) fn make(path: &Path, key: &SecretBox<[u8; 32]>) -> Result<(), StoreError> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(beside(path, SUFFIX))?;
        let seal = Self::with(path, key, file);
        let main = MainFile::open(path)?;
        let mut sealed = Sealed { pages: main.pages()?, ..Sealed::default() };
        for page in 1..=sealed.pages {
            sealed.sum.turn(&seal.marks, page, &main.mark(page)?);
        }
        seal.places.make(&seal.file, &sealed)
    }

    /// The seal of a cache that a connection has read from already, so that SQLite knows what of the log counts.
    ///
    /// # Errors
    /// [`StoreError::Altered`]: there is no seal, or the log is not the sealed one.
    pub(crate) fn open(path: &Path, key: &SecretBox<[u8; 32]>) -> Result<Self, StoreError> {
        let file = match OpenOptions::new().read(true).write(true).open(beside(path, SUFFIX)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(StoreError::Altered),
            opened => opened?,
        };
        // Of what a killed process wrote last, some may still be on its way.
        file.sync_all()?;
        let seal = Self::with(path, key, file);
        let turn = seal.take_turn()?;
        turn.check_log()?;
        drop(turn);
        Ok(seal)
    }

    /// The file it is in.
    pub(crate) fn file_path(&self) -> PathBuf {
        beside(&self.path, SUFFIX)
    }

    fn with(path: &Path, key: &SecretBox<[u8; 32]>, file: File) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret());
        let derived = |purpose: &str| hmac::sign(&root, purpose.as_bytes());
        Self {
            path: path.to_owned(),
            file,
            places: Places::new(derived("frontdesk seal: places").as_ref()),
            marks: hmac::Key::new(hmac::HMAC_SHA256, derived("frontdesk seal: marks").as_ref()),
        }
    }

    /// Waits until no other process writes.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when that takes too long; [`StoreError::Altered`] when there is no seal any more.
    pub(crate) fn take_turn(&self) -> Result<Turn<'_>, StoreError> {
        let begun = Instant::now();
        loop {
            match self.file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if begun.elapsed() < BUSY_TIMEOUT => thread::sleep(ASK_AGAIN),
                Err(TryLockError::WouldBlock) => return Err(StoreError::Busy),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
        match self.places.newest(&self.file) {
            Ok(sealed) => Ok(Turn { seal: self, sealed }),
            Err(error) => {
                let _ = self.file.unlock();
                Err(error)
            }
        }
    }

    /// Looks through the whole main file. Whoever calls it sees to it that this process does not move the log meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Altered`]; [`StoreError::Closed`] when `ends` was set.
    pub(crate) fn prove(&self, ends: &AtomicBool) -> Result<(), StoreError> {
        for _ in 0..LOOKS {
            let turn = self.take_turn()?;
            let expected = turn.sealed.clone();
            let head = LogHead::read(&self.path)?;
            let in_log = if head.salt == expected.log.salt {
                Log::open(&self.path)?.last_of_each_page(1..=expected.log.moved)?
            } else {
                HashMap::new()
            };
            drop(turn);
            let found = self.look_through(&expected, &in_log, ends)?;
            if found == expected.sum {
                return Ok(());
            }
            // Another process may have moved the log into it while it was looked at.
            if self.take_turn()?.sealed.sum == expected.sum {
                return Err(StoreError::Altered);
            }
        }
        Err(StoreError::Busy)
    }

    fn look_through(
        &self,
        expected: &Sealed,
        in_log: &HashMap<u32, Mark>,
        ends: &AtomicBool,
    ) -> Result<Sum, StoreError> {
        let main = MainFile::open(&self.path)?;
        let mut sum = Sum::default();
        for page in 1..=expected.pages {
            if ends.load(Ordering::Relaxed) {
                return Err(StoreError::Closed);
            }
            let mark = match in_log.get(&page) {
                Some(mark) => *mark,
                None => main.mark(page)?,
            };
            sum.turn(&self.marks, page, &mark);
        }
        Ok(sum)
    }
}

impl Turn<'_> {
    /// The number of the newest seal.
    pub(crate) const fn number(&self) -> u64 {
        self.sealed.number
    }

    /// Frames of the log that are to be moved.
    pub(crate) const fn unmoved(&self) -> u32 {
        self.sealed.log.frames - self.sealed.log.moved
    }

    /// Seals what was committed since. Should it fail, the next one does it: what comes after the seal is taken.
    pub(crate) fn note_commit(&mut self) -> Result<(), StoreError> {
        if self.follow_log()? { self.seal.places.write(&self.seal.file, &mut self.sealed) } else { Ok(()) }
    }

    /// To be called before the log is moved into the main file, which it must not be when this fails.
    pub(crate) fn before_move(&mut self) -> Result<(), StoreError> {
        self.follow_log()?;
        if self.unmoved() > 0 {
            self.count_in_log()?;
        }
        self.seal.places.write_synced(&self.seal.file, &mut self.sealed)
    }

    /// Brings the digest to the end of the log. `false` when it was there.
    fn follow_log(&mut self) -> Result<bool, StoreError> {
        let head = LogHead::read(&self.seal.path)?;
        let log = &mut self.sealed.log;
        if head.salt != log.salt {
            if log.frames != log.moved {
                return Err(StoreError::Altered);
            }
            *log = SealedLog { salt: head.salt, ..SealedLog::default() };
        }
        let (digest, frames) = (log.digest, log.frames);
        if head.frames <= frames {
            return Ok(false);
        }
        self.sealed.log.digest = self.digest_on(digest, frames + 1, head.frames)?;
        self.sealed.log.frames = head.frames;
        Ok(true)
    }

    fn digest_on(&self, mut digest: [u8; 32], first: u32, last: u32) -> Result<[u8; 32], StoreError> {
        let log = Log::open(&self.seal.path)?;
        for frame in first..=last {
            let (page, mark) = log.frame(frame)?;
            let mut context = hmac::Context::with_key(&self.seal.marks);
            context.update(&digest);
            context.update(&page.to_le_bytes());
            context.update(&mark.0);
            digest = bytes(&context.sign());
        }
        Ok(digest)
    }

    /// Brings the sum to what the main file will be with all of the log in it.
    fn count_in_log(&mut self) -> Result<(), StoreError> {
        let head = LogHead::read(&self.seal.path)?;
        let log = Log::open(&self.seal.path)?;
        let main = MainFile::open(&self.seal.path)?;
        let Sealed { pages, sum, log: sealed, .. } = &mut self.sealed;
        let before = log.last_of_each_page(1..=sealed.moved)?;
        let old = |page: u32| match before.get(&page) {
            Some(mark) => Ok(*mark),
            None => main.mark(page),
        };
        for (page, mark) in log.last_of_each_page(sealed.moved + 1..=sealed.frames)? {
            if page <= *pages {
                sum.turn(&self.seal.marks, page, &old(page)?);
            }
            if page <= head.pages {
                sum.turn(&self.seal.marks, page, &mark);
            }
        }
        for page in head.pages + 1..=*pages {
            sum.turn(&self.seal.marks, page, &old(page)?);
        }
        *pages = head.pages;
        sealed.moved = sealed.frames;
        Ok(())
    }

    /// Whether the log is the sealed one, as far as it was sealed.
    fn check_log(&self) -> Result<(), StoreError> {
        let head = LogHead::read(&self.seal.path)?;
        let log = &self.sealed.log;
        let is_whole = if head.salt == log.salt {
            head.frames >= log.frames && self.digest_on([0; 32], 1, log.frames)? == log.digest
        } else {
            // It began anew, which it does when all of it is in the main file; or it is gone.
            log.frames == log.moved
        };
        if is_whole { Ok(()) } else { Err(StoreError::Altered) }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // Should it fail, the end of the process does it.
        let _ = self.seal.file.unlock();
    }
}

impl Sum {
    /// Adds a mark, or takes it out again.
    fn turn(&mut self, key: &hmac::Key, page: u32, mark: &Mark) {
        let mut context = hmac::Context::with_key(key);
        context.update(&page.to_le_bytes());
        context.update(&mark.0);
        self.0.iter_mut().zip(context.sign().as_ref()).for_each(|(sum, part)| *sum ^= part);
    }
}

fn bytes(tag: &hmac::Tag) -> [u8; 32] {
    tag.as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes")
}

/// Of the file beside the cache.
pub(crate) const SUFFIX: &str = "-seal";
