//! Single bytes of a cache's file are changed: whoever reads what they belong to has to hear of it, and never gets other
//! data.
//!
//! Three ways of looking, from the most bytes to the most of the app:
//! - *Each byte* is looked for by `PRAGMA cipher_integrity_check`, which proves each page by itself and names those that are
//!   wrong. So one byte is changed in every page at once, and every page has to be named; 4,096 times.
//! - *Each byte of the first page*, which is like no other (the salt is in it), *and some of every page* are looked for by a
//!   new connection, one byte at a time: it opens the file, reads that page, and says whether it noticed.
//! - *One byte of every page* is looked for by the app: the cache is opened and asked everything, and each answer is either
//!   refused or as before.

use std::fmt;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rusqlite::{Connection, OpenFlags};
use store::{Cache, StoreError};

use crate::child::{cache_file, identity, key};
use crate::mixed::Mixed;
use crate::probe::unrestrained;
use crate::questions::{self, Question};
use crate::workload::Workload;
use crate::{in_parallel, traced};

/// Of a file of SQLite's and of the cache's alike.
const PAGE_BYTES: u64 = 4_096;
/// They make a cache of more than a megabyte.
const WRITES: u64 = 320;
const LEAST_BYTES: u64 = 1_000_000;
/// Only some of the last writes erase, so that there are free pages, too.
const ERASED_FROM: u64 = 300;

/// A cache that is closed, with all that was in it.
pub struct Filled {
    folder: tempfile::TempDir,
    seed: u64,
    pages: u64,
    questions: Vec<Question>,
    answers: Vec<String>,
}

/// What the app made of a changed byte in each page.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Pages of which a byte was changed.
    pub pages: u64,
    /// Of those, the ones after which the cache did not open.
    pub unopened: u64,
    /// Of those, the ones after which some answers were refused.
    pub refused: u64,
    /// Of those, the ones that no answer needed.
    pub unneeded: u64,
    /// Of those, the ones after which an answer was another one.
    pub other_data: u64,
    /// The pages of those, each with a question.
    pub findings: Vec<(u64, Question)>,
}

/// Of the file in which bytes are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    On,
    Off,
}

/// Bytes that were changed, and how many of them nobody noticed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looked {
    pub bytes: u64,
    pub unnoticed: u64,
}

impl Filled {
    /// # Errors
    /// When the cache can't be made.
    pub fn make(seed: u64) -> anyhow::Result<Self> {
        let folder = traced::scratch()?;
        let path = cache_file(folder.path());
        let cache = Cache::create(&path, &key(), &identity())?;
        let workload = Mixed::new(seed, WRITES);
        for k in (0..WRITES).filter(|k| !workload.erases(*k) || *k > ERASED_FROM) {
            workload.write(&cache, k)?;
        }
        cache.close()?;
        let cache = Cache::open(&path, &key())?;
        let questions = questions::list(&cache)?;
        let answers = questions.iter().map(|question| questions::ask(&cache, *question)).collect::<Result<_, _>>()?;
        cache.close()?;
        let bytes = path.metadata()?.len();
        ensure!(bytes >= LEAST_BYTES, "a cache of {bytes} bytes only");
        Ok(Self { folder, seed, pages: bytes / PAGE_BYTES, questions, answers })
    }

    pub fn bytes(&self) -> u64 {
        self.pages * PAGE_BYTES
    }

    /// Changes each byte of each page but the first, and lets SQLCipher name the pages.
    ///
    /// # Errors
    /// When it can't, or when it names a page that is as it was.
    pub fn look_for_each_byte(&self) -> anyhow::Result<Looked> {
        let parts = in_parallel(PAGE_BYTES, |offsets| {
            let (copy, file) = self.copy(Encryption::On)?;
            let connection = unrestrained(&cache_file(copy.path()))?;
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed << 32 | offsets.start);
            ensure!(named(&connection)? == 0, "a page is wrong before anything was changed");
            let mut looked = Looked::default();
            for offset in offsets {
                let changed = (1..self.pages)
                    .map(|page| Changed::make(&file, page * PAGE_BYTES + offset, &mut rng))
                    .collect::<anyhow::Result<Vec<_>>>()?;
                looked.bytes += changed.len() as u64;
                looked.unnoticed += (changed.len() as u64).checked_sub(named(&connection)?).context("one too many")?;
                changed.into_iter().try_for_each(Changed::undo)?;
            }
            ensure!(named(&connection)? == 0, "not all was put back");
            Ok(looked)
        })?;
        Ok(parts.into_iter().fold(Looked::default(), Looked::and))
    }

    /// Changes each byte of the first page and `each` bytes of every other, one at a time, and reads the page. Without
    /// encryption, which is the control, nobody notices.
    ///
    /// # Errors
    /// When a page can't be read as it is.
    pub fn look_for_some_bytes(&self, each: usize, encryption: Encryption) -> anyhow::Result<Looked> {
        let mut bytes: Vec<_> = (0..PAGE_BYTES).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        for page in 1..self.pages {
            bytes.extend((0..each).map(|_| page * PAGE_BYTES + rng.random_range(0..PAGE_BYTES)));
        }
        // So that threads have as much to do as each other.
        bytes.shuffle(&mut rng);
        let parts = in_parallel(bytes.len() as u64, |numbers| {
            let (copy, file) = self.copy(encryption)?;
            let path = cache_file(copy.path());
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed << 32 | numbers.start);
            let mut looked = Looked::default();
            let length = file.metadata()?.len();
            // Without encryption there is more room in a page, and they are fewer.
            for at in bytes[numbers.start as usize..numbers.end as usize].iter().filter(|at| **at < length) {
                if at % PAGE_BYTES == 0 {
                    ensure!(encryption.reads(&path, at / PAGE_BYTES + 1)?, "a page can't be read as it is");
                }
                let changed = Changed::make(&file, *at, &mut rng)?;
                looked.bytes += 1;
                looked.unnoticed += u64::from(encryption.reads(&path, at / PAGE_BYTES + 1)?);
                changed.undo()?;
            }
            Ok(looked)
        })?;
        Ok(parts.into_iter().fold(Looked::default(), Looked::and))
    }

    /// Changes one byte of every page, one at a time, and asks everything.
    ///
    /// # Errors
    /// When the file can't be put back.
    pub fn ask_with_each_page_changed(&self) -> anyhow::Result<Asked> {
        let parts = in_parallel(self.pages, |pages| {
            let (copy, file) = self.copy(Encryption::On)?;
            let path = cache_file(copy.path());
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed << 32 | pages.start);
            let mut asked = Asked::default();
            for page in pages {
                let changed = Changed::make(&file, page * PAGE_BYTES + rng.random_range(0..PAGE_BYTES), &mut rng)?;
                self.ask(&path, page + 1, &mut asked);
                changed.undo()?;
                for beside in ["cache.db-wal", "cache.db-shm"] {
                    // Of a cache that could not be closed well.
                    let _ = fs::remove_file(copy.path().join(beside));
                }
            }
            ensure!(fs::read(&path)? == fs::read(cache_file(self.folder.path()))?, "the cache was written to");
            Ok(asked)
        })?;
        let mut asked = Asked::default();
        for part in parts {
            asked.pages += part.pages;
            asked.unopened += part.unopened;
            asked.refused += part.refused;
            asked.unneeded += part.unneeded;
            asked.other_data += part.other_data;
            asked.findings.extend(part.findings);
        }
        Ok(asked)
    }

    fn ask(&self, path: &Path, page: u64, asked: &mut Asked) {
        asked.pages += 1;
        let Ok(cache) = Cache::open(path, &key()) else {
            asked.unopened += 1;
            return;
        };
        let (mut is_refused, mut other) = (false, None);
        for (question, before) in self.questions.iter().zip(&self.answers) {
            match questions::ask(&cache, *question) {
                Err(_) => is_refused = true,
                Ok(answer) if answer == *before => {}
                Ok(_) => other = Some(*question),
            }
        }
        // Of a damaged cache it may fail.
        let _ = cache.close();
        asked.refused += u64::from(is_refused);
        asked.unneeded += u64::from(!is_refused && other.is_none());
        if let Some(question) = other {
            asked.other_data += 1;
            asked.findings.push((page, question));
        }
    }

    /// A copy in a folder of its own, open for changes.
    fn copy(&self, encryption: Encryption) -> anyhow::Result<(tempfile::TempDir, File)> {
        let folder = tempfile::tempdir_in(self.folder.path())?;
        let path = cache_file(folder.path());
        for name in ["cache.db", "cache.db-seal"] {
            fs::copy(cache_file(self.folder.path()).with_file_name(name), path.with_file_name(name))?;
        }
        if encryption == Encryption::Off {
            decrypt(&path)?;
        }
        Ok((folder, File::options().read(true).write(true).open(&path)?))
    }
}

/// In the words of a [`crate::tally::Tally`].
impl fmt::Display for Looked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{0} runs, {0} faults fired, {1} lost", self.bytes, self.unnoticed)
    }
}

/// The same, and one line for each finding.
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pages, unneeded, other_data, .. } = self;
        write!(f, "{pages} runs, {} faults fired, {other_data} lost", pages - unneeded)?;
        self.findings.iter().try_for_each(|(page, question)| write!(f, "\n    page {page}: {question:?}"))
    }
}

impl Looked {
    fn and(self, other: Self) -> Self {
        Self { bytes: self.bytes + other.bytes, unnoticed: self.unnoticed + other.unnoticed }
    }
}

/// A byte that is another one.
struct Changed<'f> {
    file: &'f File,
    at: u64,
    was: [u8; 1],
}

impl<'f> Changed<'f> {
    fn make(file: &'f File, at: u64, rng: &mut ChaCha8Rng) -> anyhow::Result<Self> {
        let mut was = [0];
        file.read_exact_at(&mut was, at)?;
        file.write_all_at(&[was[0] ^ rng.random_range(1..=255)], at)?;
        Ok(Self { file, at, was })
    }

    fn undo(self) -> anyhow::Result<()> {
        Ok(self.file.write_all_at(&self.was, self.at)?)
    }
}

/// How many pages SQLCipher names as wrong.
fn named(connection: &Connection) -> anyhow::Result<u64> {
    let mut check = connection.prepare("PRAGMA cipher_integrity_check")?;
    let mut rows = check.query([])?;
    let mut count = 0;
    while rows.next()?.is_some() {
        count += 1;
    }
    Ok(count)
}

impl Encryption {
    /// Whether a new connection reads the page and notices nothing. SQLCipher gives a page that it can't prove as zeros,
    /// without an error, and only remembers that it did: whoever reads has to ask for that.
    fn reads(self, path: &Path, page: u64) -> anyhow::Result<bool> {
        let connection = match self {
            Self::On => unrestrained(path)?,
            Self::Off => Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?,
        };
        let data = "SELECT data FROM sqlite_dbpage WHERE pgno = ?1";
        let read = connection.query_row(data, [i64::try_from(page)?], |row| row.get::<_, Vec<u8>>(0));
        match read.map_err(StoreError::from) {
            Err(StoreError::NotFound) => bail!("there is no page {page}"),
            Err(_) => return Ok(false),
            Ok(data) => ensure!(data.len() as u64 == PAGE_BYTES, "a page of {} bytes", data.len()),
        }
        let status = connection.query_row("PRAGMA cipher_status", [], |row| row.get::<_, String>(0))?;
        Ok(self == Self::Off || status == "1")
    }
}

/// Turns a cache into a database that is not encrypted, with the same rows.
fn decrypt(path: &Path) -> anyhow::Result<()> {
    let plain = path.with_extension("plain");
    File::create_new(&plain)?;
    let from = unrestrained(path)?;
    from.execute("ATTACH ?1 AS plain KEY ''", [plain.to_str().context("a path in UTF-8")?])?;
    from.query_row("SELECT sqlcipher_export('plain')", [], |_| Ok(()))?;
    from.close().map_err(|(_, error)| error)?;
    Ok(fs::rename(plain, path)?)
}
