//! What the screens ask of the cache, against the same questions to an unencrypted copy.
//!
//! Each question goes to both, one after the other, which of them first taking turns. Warm: both files are in the
//! system's memory, and every kind of question was asked before. Cold, where it says so: the files were dropped from the
//! system's memory, and the cache is opened anew.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, ensure};
use domain::LeadId;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rustix::fs::Advice;
use secrecy::SecretBox;
use store::read::{LeadColumn, LeadFilter, LeadQuery, LeadSort, OwnerFilter};

use crate::row::{Row, Target};
use crate::samples::Samples;

/// Rows of a page, as the list asks for them.
const PAGE: u32 = 100;
/// Hits of a search, as the palette asks for them.
const HITS: u32 = 50;
/// Questions of one kind.
const QUESTIONS: usize = 200;
/// Questions of each kind before the clock runs.
const WARM_UP: usize = 20;
/// Openings.
const OPENINGS: usize = 15;

pub(crate) const BASELINE: &str = "unencrypted copy";
pub(crate) const TARGET: Target = Target::RatioAndValue(2.0, 20.0);

/// The cache and its unencrypted copy, under the questions that are measured.
trait Asked {
    /// A view, in the types of this side.
    type Query;
    fn query(&self, query: &LeadQuery) -> anyhow::Result<Self::Query>;
    fn page(&self, query: &Self::Query, offset: u64) -> anyhow::Result<Vec<LeadId>>;
    /// How many leads and messages were found.
    fn search(&self, text: &str) -> anyhow::Result<(usize, usize)>;
}

impl Asked for store::Cache {
    type Query = LeadQuery;
    fn query(&self, query: &LeadQuery) -> anyhow::Result<Self::Query> {
        Ok(query.clone())
    }
    fn page(&self, query: &Self::Query, offset: u64) -> anyhow::Result<Vec<LeadId>> {
        Ok(self.lead_page(query, offset, PAGE)?.rows.iter().map(|row| row.id).collect())
    }
    fn search(&self, text: &str) -> anyhow::Result<(usize, usize)> {
        let found = self.search(text, HITS)?;
        Ok((found.leads.len(), found.messages.len()))
    }
}

impl Asked for plain::Cache {
    type Query = plain::read::LeadQuery;
    fn query(&self, query: &LeadQuery) -> anyhow::Result<Self::Query> {
        // The same type, compiled twice.
        Ok(serde_json::from_value(serde_json::to_value(query)?)?)
    }
    fn page(&self, query: &Self::Query, offset: u64) -> anyhow::Result<Vec<LeadId>> {
        Ok(self.lead_page(query, offset, PAGE)?.rows.iter().map(|row| row.id).collect())
    }
    fn search(&self, text: &str) -> anyhow::Result<(usize, usize)> {
        let found = self.search(text, HITS)?;
        Ok((found.leads.len(), found.messages.len()))
    }
}

/// Both files, and the key of the one that has one.
pub(crate) struct Files<'a> {
    pub(crate) cache: &'a Path,
    pub(crate) plain: &'a Path,
    pub(crate) key: &'a SecretBox<[u8; 32]>,
}

/// Both sides, open.
struct Sides {
    cache: store::Cache,
    plain: plain::Cache,
}

impl Files<'_> {
    fn open(&self) -> anyhow::Result<Sides> {
        Ok(Sides { cache: store::Cache::open(self.cache, self.key)?, plain: plain::Cache::open(self.plain, self.key)? })
    }
}

impl Sides {
    fn close(&self) -> anyhow::Result<()> {
        self.cache.close()?;
        Ok(self.plain.close()?)
    }
}

/// Times of the same questions on both sides.
#[derive(Default)]
struct Pair {
    cache: Samples,
    plain: Samples,
}

impl Pair {
    /// Asks both sides, the other one first every second time, and returns both answers.
    fn ask<A>(
        &mut self,
        turn: usize,
        cache: impl FnOnce() -> anyhow::Result<A>,
        plain: impl FnOnce() -> anyhow::Result<A>,
    ) -> anyhow::Result<(A, A)> {
        if turn.is_multiple_of(2) {
            let ours = timed(&mut self.cache, cache)?;
            Ok((ours, timed(&mut self.plain, plain)?))
        } else {
            let theirs = timed(&mut self.plain, plain)?;
            Ok((timed(&mut self.cache, cache)?, theirs))
        }
    }

    fn rows(&self, name: &str) -> [Row; 2] {
        [
            Row::new(format!("{name}, p50"), self.cache.median(), "ms")
                .against(BASELINE, self.plain.median())
                .with_target(TARGET),
            Row::new(format!("{name}, p95"), self.cache.p95(), "ms")
                .against(BASELINE, self.plain.p95())
                .with_target(TARGET),
        ]
    }
}

fn timed<A>(samples: &mut Samples, ask: impl FnOnce() -> anyhow::Result<A>) -> anyhow::Result<A> {
    let started = Instant::now();
    let answer = ask()?;
    samples.push_ms(started.elapsed());
    Ok(answer)
}

fn newest_first() -> LeadQuery {
    let sort = LeadSort { column: LeadColumn::LastActivityAt, descending: true };
    LeadQuery { filter: LeadFilter::default(), sort }
}

/// Opening and the first page of the list. Leaves both files in the system's memory.
///
/// # Errors
/// A file can't be opened or read.
pub(crate) fn measure_opening(files: &Files<'_>) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for is_cold in [false, true] {
        let mut pair = Pair::default();
        for turn in 0..OPENINGS {
            if is_cold {
                drop_from_memory(files.cache)?;
                drop_from_memory(files.plain)?;
            }
            let query = newest_first();
            let (ours, theirs) = pair.ask(
                turn,
                || {
                    let cache = store::Cache::open(files.cache, files.key)?;
                    let page = cache.page(&query, 0)?;
                    Ok((page, OpenSide::Cache(cache)))
                },
                || {
                    let cache = plain::Cache::open(files.plain, files.key)?;
                    let page = cache.page(&cache.query(&query)?, 0)?;
                    Ok((page, OpenSide::Plain(cache)))
                },
            )?;
            ensure!(ours.0 == theirs.0 && !ours.0.is_empty(), "both sides show the same page");
            ours.1.close()?;
            theirs.1.close()?;
        }
        let name = if is_cold { "open + first page, cold" } else { "open + first page, warm" };
        let row = Row::new(format!("{name}, median"), pair.cache.median(), "ms").against(BASELINE, pair.plain.median());
        rows.push(row.with_target(TARGET));
    }
    for path in [files.cache, files.plain] {
        bring_into_memory(path)?;
    }
    Ok(rows)
}

/// One of the two, to be closed after the clock was stopped.
enum OpenSide {
    Cache(store::Cache),
    Plain(plain::Cache),
}

impl OpenSide {
    fn close(&self) -> anyhow::Result<()> {
        match self {
            Self::Cache(cache) => Ok(cache.close()?),
            Self::Plain(cache) => Ok(cache.close()?),
        }
    }
}

/// Tells the system that the file's pages will not be needed; what is written already, it then forgets.
fn drop_from_memory(path: &Path) -> anyhow::Result<()> {
    let file = File::open(path)?;
    file.sync_all()?;
    rustix::fs::fadvise(&file, 0, None, Advice::DontNeed)?;
    Ok(())
}

/// What was dropped is read again: the questions that follow are asked of warm files.
fn bring_into_memory(path: &Path) -> anyhow::Result<()> {
    io::copy(&mut File::open(path)?, &mut io::sink())?;
    Ok(())
}

/// Pages of the list: the first, anywhere, filtered, by other columns.
///
/// # Errors
/// A file can't be read, or the sides disagree.
pub(crate) fn measure_list(files: &Files<'_>) -> anyhow::Result<Vec<Row>> {
    let sides = files.open()?;
    let cache = &sides.cache;
    let stages = cache.list_stages()?;
    let stage = stages.first().context("the studio has stages")?.id;
    let owner = cache.list_members()?.last().context("the studio has members")?.id;
    let tag = cache.list_tags()?.into_iter().next().context("the studio has tags")?;
    let by = |column, descending| LeadQuery { sort: LeadSort { column, descending }, ..newest_first() };
    let only = |filter| LeadQuery { filter, ..newest_first() };
    let some_stage = || LeadFilter { stages: vec![stage], ..LeadFilter::default() };
    let kinds = [
        ("list page, first", newest_first(), true),
        ("list page, anywhere", newest_first(), false),
        ("list page, anywhere by name", by(LeadColumn::Name, false), false),
        ("list page, anywhere by value", by(LeadColumn::Value, true), false),
        ("list page, anywhere by stage", by(LeadColumn::Stage, false), false),
        ("list page, anywhere in a stage", only(some_stage()), false),
        (
            "list page, anywhere in a stage of an owner",
            only(LeadFilter { owners: vec![OwnerFilter::Member(owner)], ..some_stage() }),
            false,
        ),
        (
            "list page, anywhere with a tag, by name",
            LeadQuery {
                filter: LeadFilter { tags: vec![tag], ..LeadFilter::default() },
                ..by(LeadColumn::Name, false)
            },
            false,
        ),
    ];
    let mut rows = Vec::new();
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    for (name, query, is_first) in kinds {
        let theirs = sides.plain.query(&query)?;
        let count = cache.lead_count(&query.filter)?.max(1);
        let mut pair = Pair::default();
        for turn in 0..WARM_UP + QUESTIONS {
            if turn == WARM_UP {
                pair = Pair::default();
            }
            let offset = if is_first { 0 } else { dice.random_range(0..count) };
            let (ours, other) = pair.ask(turn, || cache.page(&query, offset), || sides.plain.page(&theirs, offset))?;
            ensure!(ours == other && !ours.is_empty(), "both sides show the same page of {name}");
        }
        rows.extend(pair.rows(name));
    }
    sides.close()?;
    Ok(rows)
}

/// Searches of four kinds, every one for other words.
///
/// # Errors
/// A file can't be read, or the sides disagree.
pub(crate) fn measure_search(files: &Files<'_>, messages: &[String]) -> anyhow::Result<Vec<Row>> {
    let sides = files.open()?;
    let mut dice = ChaCha8Rng::seed_from_u64(2);
    let mut rows = Vec::new();
    for kind in [Words::Name, Words::PhonePart, Words::TwoInMessages, Words::Nothing] {
        let mut pair = Pair::default();
        for turn in 0..WARM_UP + QUESTIONS {
            if turn == WARM_UP {
                pair = Pair::default();
            }
            let text = kind.draw(&mut dice, &sides.cache, messages)?;
            let (ours, theirs) =
                pair.ask(turn, || Asked::search(&sides.cache, &text), || Asked::search(&sides.plain, &text))?;
            ensure!(ours == theirs, "both sides find the same");
            ensure!((ours != (0, 0)) == (kind != Words::Nothing), "{} is found", kind.name());
        }
        rows.extend(pair.rows(kind.name()));
    }
    sides.close()?;
    Ok(rows)
}

/// What somebody types.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Name,
    PhonePart,
    TwoInMessages,
    Nothing,
}

impl Words {
    fn name(self) -> &'static str {
        match self {
            Self::Name => "search, a name",
            Self::PhonePart => "search, part of a phone number",
            Self::TwoInMessages => "search, two words in messages",
            Self::Nothing => "search, no hit",
        }
    }

    fn draw(self, dice: &mut ChaCha8Rng, cache: &store::Cache, messages: &[String]) -> anyhow::Result<String> {
        const TRIES: usize = 1_000;
        for _ in 0..TRIES {
            let drawn = match self {
                Self::Name => Some(somebody(dice, cache)?.0),
                Self::PhonePart => somebody(dice, cache)?.1.and_then(|phone| {
                    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
                    let start = dice.random_range(0..digits.len().saturating_sub(6).max(1));
                    digits.get(start..start + 6).map(str::to_owned)
                }),
                Self::TwoInMessages => messages.choose(dice).and_then(|text| two_words(dice, text)),
                Self::Nothing => Some((0..7).map(|_| *b"qxzjvk".choose(dice).unwrap_or(&b'q') as char).collect()),
            };
            if let Some(text) = drawn {
                return Ok(text);
            }
        }
        anyhow::bail!("nothing to search for: {}", self.name())
    }
}

/// Name and phone of any lead.
fn somebody(dice: &mut ChaCha8Rng, cache: &store::Cache) -> anyhow::Result<(String, Option<String>)> {
    let query = newest_first();
    let count = cache.lead_count(&query.filter)?;
    let page = cache.lead_page(&query, dice.random_range(0..count), 1)?;
    let lead = page.rows.into_iter().next().context("a lead")?;
    Ok((lead.name, lead.phone))
}

/// Two words of one message, none of them so short that messages are not searched for it. Words in Latin letters without
/// loose accents: what a word is in other scripts is the index's to say.
fn two_words(dice: &mut ChaCha8Rng, text: &str) -> Option<String> {
    let is_latin = |c: char| c.is_alphabetic() && c < '\u{250}';
    if text.chars().any(|c| ('\u{300}'..'\u{370}').contains(&c)) {
        return None;
    }
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= 4 && word.chars().all(is_latin))
        .collect();
    let mut two = words.choose_multiple(dice, 2);
    let (first, second) = (two.next()?, two.next()?);
    (first != second).then(|| format!("{first} {second}"))
}
