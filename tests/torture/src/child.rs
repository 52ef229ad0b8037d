//! The program that is hit: it does a workload's writes one after the other, on a real cache, and tells after each how it
//! ended. A line on its standard output is the acknowledgement: once it is written, somebody relies on it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use domain::{DeviceId, MemberId, StudioId};
use secrecy::SecretBox;
use store::{Cache, CacheIdentity, StoreError};

use crate::edits::Edits;
use crate::mixed::{Mixed, uuid};
use crate::workload::{Answer, Workload};

/// Which writes are done. Every campaign does all kinds, in turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    Mixed,
    Edits,
}

/// What the child does, and where.
#[derive(Debug, Clone, Args)]
pub struct Job {
    /// The cache's folder. It is there already.
    #[arg(long)]
    pub place: PathBuf,
    #[arg(long)]
    pub kind: Kind,
    #[arg(long)]
    pub seed: u64,
    #[arg(long)]
    pub writes: u64,
    /// Acknowledges each write before it is done, as no cache may: the control of the tests that look for lost writes
    #[arg(long)]
    pub too_early: bool,
}

impl Job {
    pub fn workload(&self) -> Box<dyn Workload> {
        match self.kind {
            Kind::Mixed => Box::new(Mixed::new(self.seed, self.writes)),
            Kind::Edits => Box::new(Edits::new(self.seed, self.writes)),
        }
    }
}

/// Where the cache of a folder is.
pub fn cache_file(place: &Path) -> PathBuf {
    place.join("cache.db")
}

/// The key of every cache here: nothing in them is worth one.
pub fn key() -> SecretBox<[u8; 32]> {
    SecretBox::new(Box::new([7; 32]))
}

pub(crate) fn identity() -> CacheIdentity {
    CacheIdentity {
        studio_id: StudioId::from_uuid(uuid(7, 1)),
        member_id: MemberId::from_uuid(uuid(8, 1)),
        device_id: DeviceId::from_uuid(uuid(9, 1)),
    }
}

const MADE: &str = "made";
const ACKNOWLEDGED: &str = "acknowledged";
const REFUSED: &str = "refused";
const ENDED: &str = "ended";

/// Does the job. What the cache refuses is told, and the next write is tried.
///
/// # Errors
/// When nobody listens.
pub fn run(job: &Job) -> io::Result<()> {
    let workload = job.workload();
    let path = cache_file(&job.place);
    let mut cache = None;
    for k in 0..workload.writes() {
        if workload.reopens_before(k)
            && let Some(cache) = cache.take()
        {
            // A log that could not be moved stays, and is read when the cache is opened again.
            let _ = Cache::close(&cache);
        }
        if job.too_early {
            tell(&format!("{ACKNOWLEDGED} {k}"))?;
        }
        let done = opened(&mut cache, &path).and_then(|cache| workload.write(cache, k));
        match done {
            _ if job.too_early => {}
            Ok(()) => tell(&format!("{ACKNOWLEDGED} {k}"))?,
            Err(error) => tell(&format!("{REFUSED} {k} {error:?}"))?,
        }
    }
    if let Some(cache) = cache {
        let _ = cache.close();
    }
    tell(ENDED)
}

/// The cache, opened or, where there is none, made.
fn opened<'c>(cache: &'c mut Option<Cache>, path: &Path) -> Result<&'c Cache, StoreError> {
    if cache.is_none() {
        let found = match Cache::open(path, &key()) {
            Err(StoreError::NotFound) => {
                let made = Cache::create(path, &key(), &identity())?;
                tell(MADE)?;
                made
            }
            found => found?,
        };
        *cache = Some(found);
    }
    Ok(cache.as_ref().expect("it was opened"))
}

/// One `write` each, so that a line is told wholly or not.
fn tell(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())?;
    out.flush()
}

/// What the child told so far.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// Whether it was told that there is a cache.
    pub is_made: bool,
    /// Of the writes, in order.
    pub answers: Vec<Answer>,
    /// Why, for each that was refused.
    pub reasons: Vec<String>,
    pub has_ended: bool,
}

impl Heard {
    /// # Errors
    /// When a line comes out of turn.
    pub fn hear(&mut self, line: &str) -> anyhow::Result<()> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            MADE => self.is_made = true,
            ENDED => self.has_ended = true,
            ACKNOWLEDGED | REFUSED => {
                let (k, reason) = rest.split_once(' ').unwrap_or((rest, ""));
                if k.parse() != Ok(self.answers.len()) {
                    bail!("told of write {k} after {} others", self.answers.len());
                }
                if word == REFUSED {
                    self.answers.push(Answer::Refused);
                    self.reasons.push(reason.to_owned());
                } else {
                    self.answers.push(Answer::Acknowledged);
                }
            }
            _ => bail!("not a line of the child's"),
        }
        Ok(())
    }

    /// All lines that were written whole.
    pub(crate) fn hear_all(told: &[u8]) -> anyhow::Result<Self> {
        let mut heard = Self::default();
        let text = std::str::from_utf8(told).context("the child tells words")?;
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            heard.hear(line)?;
        }
        Ok(heard)
    }

    pub fn acknowledged(&self) -> usize {
        self.answers.iter().filter(|answer| **answer == Answer::Acknowledged).count()
    }
}
