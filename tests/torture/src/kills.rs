//! `kill -9` at a write, a sync, or whatever else changes a file: at every such call there is, or at as many of them as are
//! asked for, spread evenly.

use std::fs;
use std::path::Path;

use anyhow::ensure;

use crate::child::Job;
use crate::log;
use crate::probe;
use crate::tally::Tally;
use crate::traced::{self, Effect, Fault};
use crate::{Share, in_parallel, shares, spread};

/// Writes of one child: so few that it soon dies.
const WRITES: u64 = 30;
/// Children that do the same writes.
const KILLS_OF_ONE: u64 = 500;

/// Kills so many children of this program and looks at what each leaves. With `too_early`, they acknowledge what they
/// have not done.
///
/// # Errors
/// When a child ends otherwise than by itself or by being killed.
pub fn kill(program: &Path, seed: u64, kills: u64, too_early: bool) -> anyhow::Result<Tally> {
    traced::require()?;
    let mut tally = Tally::default();
    for share in shares(seed, kills, KILLS_OF_ONE) {
        tally.add(&kill_some(program, share, too_early)?);
    }
    Ok(tally)
}

fn kill_some(program: &Path, share: Share, too_early: bool) -> anyhow::Result<Tally> {
    let Share { kind, seed, runs: kills } = share;
    let scratch = traced::scratch()?;
    let job = |place| Job { place, kind, seed, writes: WRITES, too_early };
    let recorded = scratch.path().join("recorded");
    fs::create_dir(&recorded)?;
    let recording = log::read(&traced::record(program, &job(recorded.clone()))?, &recorded)?;
    ensure!(recording.calls.len() as u64 >= kills, "fewer calls than kills");
    let points = spread(&recording.calls, kills);

    let parts = in_parallel(kills, |numbers| {
        let mut tally = Tally::default();
        for number in numbers {
            let call = points[number as usize];
            let folder = tempfile::tempdir_in(scratch.path())?;
            let job = job(folder.path().to_owned());
            let fault = Fault { call: call.name, effect: Effect::Kill, first: call.number, last: Some(call.number) };
            let ended = traced::inject(program, &job, &fault)?;
            let finding = probe::look(&job.place, &*job.workload(), &ended.heard);
            tally.note(ended.fired, &finding, || format!("seed {seed}, killed at {} {}", call.name, call.number));
        }
        Ok(tally)
    })?;
    let mut tally = Tally::default();
    parts.iter().for_each(|part| tally.add(part));
    Ok(tally)
}
