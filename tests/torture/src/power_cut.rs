//! Power cuts: a child's calls are recorded once, and many of the states in which a cut could have left the disk are
//! rebuilt and opened.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::child::{Heard, Job};
use crate::disk::{Disk, Fate, Syncs};
use crate::log::{self, Event, Recording};
use crate::probe::{self, Finding};
use crate::tally::Tally;
use crate::{Share, in_parallel, shares, traced};

/// Writes of one recorded child.
const WRITES: u64 = 120;
/// Images of one recorded child: then another one is recorded, with other writes.
const IMAGES_OF_ONE: u64 = 1_000;

/// What the cuts did, all together.
#[derive(Debug, Clone, Default)]
pub struct Cuts {
    pub tally: Tally,
    /// Images in which something that was not synced is missing, wholly or in part.
    pub with_dropped: u64,
    pub with_torn: u64,
    pub with_uncut: u64,
    pub with_misnamed: u64,
    /// Images of a time before there was a cache.
    pub absent: u64,
    /// Images of a time in which not everything that had been begun was acknowledged.
    pub in_between: u64,
}

/// Rebuilds `images` images of children of this program, and looks at each.
///
/// # Errors
/// When the child can't be recorded, or an image can't be written.
pub fn cut(program: &Path, seed: u64, images: u64, syncs: Syncs) -> anyhow::Result<Cuts> {
    traced::require()?;
    let mut cuts = Cuts::default();
    for share in shares(seed, images, IMAGES_OF_ONE) {
        cuts.add(&cut_one(program, share, syncs)?);
    }
    Ok(cuts)
}

fn cut_one(program: &Path, share: Share, syncs: Syncs) -> anyhow::Result<Cuts> {
    let Share { kind, seed, runs: images } = share;
    let scratch = traced::scratch()?;
    let place = scratch.path().join("recorded");
    fs::create_dir(&place)?;
    let job = Job { place, kind, seed, writes: WRITES, too_early: false };
    let recording = log::read(&traced::record(program, &job)?, &job.place)?;
    let lacking = lacks(&recording);
    ensure!(lacking.is_empty(), "the recorded child did not do what is to be cut: {lacking:?}");
    // The control of the model itself: with nothing lost, the disk is as the child left it.
    let mut whole = Disk::new(syncs);
    recording.events.iter().try_for_each(|event| whole.apply(event))?;
    ensure!(whole.is_like(&job.place)?, "the events don't give the files that are there");

    let seams: Vec<_> = (0..recording.events.len()).filter(|at| is_seam(&recording.events[*at])).collect();
    let parts = in_parallel(images, |numbers| {
        let mut points: Vec<_> =
            numbers.map(|number| (point(&recording.events, &seams, &mut rng_of(seed, number)), number)).collect();
        points.sort_unstable();
        let mut disk = Disk::new(syncs);
        let mut heard = Heard::default();
        let mut at = 0;
        let mut cuts = Cuts::default();
        for (point, number) in points {
            for event in &recording.events[at..point] {
                disk.apply(event)?;
                if let Event::Told(line) = event {
                    heard.hear(line)?;
                }
            }
            at = point;
            // Not the numbers that the point was drawn from.
            let mut rng = rng_of(seed, number);
            rng.set_stream(1);
            let image = disk.cut(&mut rng);
            let place = tempfile::tempdir_in(scratch.path())?;
            image.lay_out(place.path()).context("an image could not be written")?;
            let finding = probe::look(place.path(), &*job.workload(), &heard);
            cuts.note(&image.fate, &finding, &heard, || format!("seed {seed}, image {number}, cut at {point}"));
        }
        Ok(cuts)
    })?;
    let mut cuts = Cuts::default();
    parts.iter().for_each(|part| cuts.add(part));
    Ok(cuts)
}

/// After how many events the power is cut: half of the times anywhere, else just before or just after something other
/// than a write, of which there are so many that the rest would seldom be met.
fn point(events: &[Event], seams: &[usize], rng: &mut ChaCha8Rng) -> usize {
    match seams.choose(rng) {
        // Just before a sync most is open, so that is more than every other one of them.
        Some(seam) if rng.random() => (seam + [0, 0, 0, 1, 2][rng.random_range(0..5)]).min(events.len()),
        _ => rng.random_range(0..=events.len()),
    }
}

fn is_seam(event: &Event) -> bool {
    match event {
        Event::Wrote { .. } | Event::Told(_) => false,
        Event::MadeFile(..)
        | Event::Cut { .. }
        | Event::Synced(_)
        | Event::SyncedFolder
        | Event::Linked { .. }
        | Event::Unlinked { .. }
        | Event::Renamed { .. } => true,
    }
}

fn rng_of(seed: u64, number: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed << 32 | number)
}

/// What has to be in a recording for cuts to mean something.
fn lacks(recording: &Recording) -> Vec<&'static str> {
    let has = |is: fn(&Event) -> bool| recording.events.iter().any(is);
    let needs: [(&str, bool); 6] = [
        ("writes", has(|event| matches!(event, Event::Wrote { .. }))),
        ("syncs", has(|event| matches!(event, Event::Synced(_)))),
        ("syncs of the folder", has(|event| matches!(event, Event::SyncedFolder))),
        ("a link", has(|event| matches!(event, Event::Linked { .. }))),
        ("a log that is cut", has(|event| matches!(event, Event::Cut { .. }))),
        ("seals", has(|event| matches!(event, Event::MadeFile(name, _) if name.ends_with("-seal")))),
    ];
    needs.iter().filter(|(_, is_there)| !is_there).map(|(what, _)| *what).collect()
}

impl Cuts {
    fn note(&mut self, fate: &Fate, finding: &Finding, heard: &Heard, whence: impl Fn() -> String) {
        let is_hit = *fate != Fate { kept: fate.kept, ..Fate::default() };
        self.tally.note(u64::from(is_hit), finding, whence);
        self.with_dropped += u64::from(fate.dropped > 0);
        self.with_torn += u64::from(fate.torn > 0);
        self.with_uncut += u64::from(fate.uncut > 0);
        self.with_misnamed += u64::from(fate.misnamed > 0);
        self.absent += u64::from(*finding == Finding::Absent);
        self.in_between += u64::from(heard.is_made && (heard.answers.len() as u64) < WRITES);
    }

    fn add(&mut self, other: &Self) {
        self.tally.add(&other.tally);
        self.with_dropped += other.with_dropped;
        self.with_torn += other.with_torn;
        self.with_uncut += other.with_uncut;
        self.with_misnamed += other.with_misnamed;
        self.absent += other.absent;
        self.in_between += other.in_between;
    }
}
