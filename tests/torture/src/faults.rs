//! A full disk and one that fails: writes and syncs of a child are refused, once, for a while, or from some time on. Each of
//! the child's writes either is kept, or whoever asked for it is told why not.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::ensure;

use crate::child::{Heard, Job};
use crate::log::{self, Call};
use crate::probe;
use crate::tally::Tally;
use crate::traced::{self, Effect, Fault};
use crate::workload::Answer;
use crate::{Share, in_parallel, shares, spread};

const WRITES: u64 = 40;
/// Children that do the same writes.
const FAULTS_OF_ONE: u64 = 120;
/// Calls in a row that fail when it is for a while.
const A_WHILE: u64 = 24;

/// What the faults did, all together.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    pub tally: Tally,
    /// Writes that were refused, by the call that failed and the reason that was given.
    pub reasons: BTreeMap<(&'static str, String), u64>,
    /// Runs in which a write was acknowledged after another one had been refused: the fault passed, and the child went on.
    pub recovered: u64,
}

/// How long.
#[derive(Clone, Copy)]
enum Span {
    Once,
    While,
    Forever,
}

/// Which calls fail, and how.
const KINDS: [(&str, Effect, Span); 8] = [
    ("pwrite64", Effect::NoSpace, Span::Forever),
    ("pwrite64", Effect::NoSpace, Span::While),
    ("pwrite64", Effect::InputOutput, Span::Once),
    ("fsync", Effect::InputOutput, Span::Once),
    ("fsync", Effect::InputOutput, Span::While),
    ("fsync", Effect::NoSpace, Span::Forever),
    ("ftruncate", Effect::InputOutput, Span::Once),
    ("openat", Effect::NoSpace, Span::Once),
];

/// Lets so many children of this program meet a fault, and looks at what each leaves once it has passed.
///
/// # Errors
/// When a child ends otherwise than by itself.
pub fn fail(program: &Path, seed: u64, faults: u64, too_early: bool) -> anyhow::Result<Faults> {
    traced::require()?;
    let mut all = Faults::default();
    for share in shares(seed, faults, FAULTS_OF_ONE) {
        all.add(&fail_some(program, share, too_early)?);
    }
    Ok(all)
}

fn fail_some(program: &Path, share: Share, too_early: bool) -> anyhow::Result<Faults> {
    let Share { kind, seed, runs: faults } = share;
    let scratch = traced::scratch()?;
    let job = |place| Job { place, kind, seed, writes: WRITES, too_early };
    let recorded = scratch.path().join("recorded");
    fs::create_dir(&recorded)?;
    let recording = log::read(&traced::record(program, &job(recorded.clone()))?, &recorded)?;
    let planned = plan(&recording.calls, faults)?;

    let parts = in_parallel(planned.len() as u64, |numbers| {
        let mut some = Faults::default();
        for number in numbers {
            let fault = &planned[number as usize];
            let folder = tempfile::tempdir_in(scratch.path())?;
            let job = job(folder.path().to_owned());
            let ended = traced::inject(program, &job, fault)?;
            let finding = probe::look(&job.place, &*job.workload(), &ended.heard);
            some.tally.note(ended.fired, &finding, || format!("seed {seed}, {fault:?}"));
            some.hear(fault.call, &ended.heard);
        }
        Ok(some)
    })?;
    let mut some = Faults::default();
    parts.iter().for_each(|part| some.add(part));
    Ok(some)
}

/// As many faults as asked for, some of each kind, each kind spread evenly over the calls that it is of.
fn plan(calls: &[Call], faults: u64) -> anyhow::Result<Vec<Fault>> {
    let mut planned = Vec::new();
    for (n, (name, effect, span)) in KINDS.into_iter().enumerate() {
        let own: Vec<_> = calls.iter().copied().filter(|call| call.name == name).collect();
        ensure!(!own.is_empty(), "the recorded child never called {name}");
        let (from, to) = (faults * n as u64 / KINDS.len() as u64, faults * (n as u64 + 1) / KINDS.len() as u64);
        planned.extend(spread(&own, to - from).into_iter().map(|call| Fault {
            call: call.name,
            effect,
            first: call.number,
            last: match span {
                Span::Once => Some(call.number),
                Span::While => Some(call.number + A_WHILE),
                Span::Forever => None,
            },
        }));
    }
    Ok(planned)
}

impl Faults {
    fn hear(&mut self, call: &'static str, heard: &Heard) {
        for reason in &heard.reasons {
            *self.reasons.entry((call, reason.clone())).or_default() += 1;
        }
        let refused = heard.answers.iter().position(|answer| *answer == Answer::Refused);
        let goes_on = refused.is_some_and(|at| heard.answers[at..].contains(&Answer::Acknowledged));
        self.recovered += u64::from(goes_on);
    }

    fn add(&mut self, other: &Self) {
        self.tally.add(&other.tally);
        for (reason, count) in &other.reasons {
            *self.reasons.entry(reason.clone()).or_default() += count;
        }
        self.recovered += other.recovered;
    }
}
