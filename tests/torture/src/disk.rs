//! A disk that is cut off: from what a child did to its files, the states in which a power cut may leave them.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use anyhow::{Context, ensure};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::log::{Event, File};

/// What a disk writes wholly or not at all.
const SECTOR: u64 = 512;

/// Whether the disk does what `fsync` asks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syncs {
    Done,
    /// As if it were never called: the control, in which acknowledged writes have to be lost.
    Ignored,
}

/// The disk after some of the events.
pub struct Disk<'e> {
    syncs: Syncs,
    files: Vec<Content<'e>>,
    /// What stands in the folder for sure.
    names: BTreeMap<String, File>,
    /// What was done to names since, in order; each may be there or not.
    pending: Vec<&'e Event>,
}

#[derive(Default)]
struct Content<'e> {
    /// For sure.
    durable: Vec<u8>,
    /// What was written and cut since, in order; each may be there or not, or be torn.
    pending: Vec<&'e Event>,
}

/// What lies on the disk after a power cut.
#[derive(Default)]
pub struct Image {
    files: BTreeMap<String, Vec<u8>>,
    pub fate: Fate,
}

/// What became of that which was not synced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fate {
    /// Writes of which nothing is there.
    pub dropped: u64,
    /// Writes of which some sectors are there.
    pub torn: u64,
    pub kept: u64,
    /// Cuts of a file's length that did not happen.
    pub uncut: u64,
    /// Names that were not made, or not taken away.
    pub misnamed: u64,
}

/// How likely a write that was not synced is to be dropped, and how likely to be torn, in percent.
struct Odds {
    drop: u32,
    tear: u32,
}

impl<'e> Disk<'e> {
    pub fn new(syncs: Syncs) -> Self {
        Self { syncs, files: Vec::new(), names: BTreeMap::new(), pending: Vec::new() }
    }

    /// # Errors
    /// When an event can't come after those before.
    pub fn apply(&mut self, event: &'e Event) -> anyhow::Result<()> {
        match event {
            Event::MadeFile(_, file) => {
                ensure!(*file == self.files.len(), "files are made in turn");
                self.files.push(Content::default());
                self.pending.push(event);
            }
            Event::Linked { .. } | Event::Unlinked { .. } | Event::Renamed { .. } => self.pending.push(event),
            Event::Wrote { file, .. } | Event::Cut { file, .. } => self.content(*file)?.pending.push(event),
            Event::Synced(_) | Event::SyncedFolder if self.syncs == Syncs::Ignored => {}
            Event::Synced(file) => {
                let content = self.content(*file)?;
                for event in std::mem::take(&mut content.pending) {
                    change(&mut content.durable, event);
                }
            }
            Event::SyncedFolder => {
                for event in std::mem::take(&mut self.pending) {
                    rename(&mut self.names, event);
                }
            }
            Event::Told(_) => {}
        }
        Ok(())
    }

    /// Whether a folder holds just what was done to it, the index of the log left aside.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn is_like(&self, place: &Path) -> io::Result<bool> {
        let mut names = self.names.clone();
        self.pending.iter().for_each(|event| rename(&mut names, event));
        let mut found = 0;
        for entry in fs::read_dir(place)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with("-shm") {
                continue;
            }
            found += 1;
            let Some(file) = names.get(&name) else { return Ok(false) };
            let content = &self.files[*file];
            let mut bytes = content.durable.clone();
            content.pending.iter().for_each(|event| change(&mut bytes, event));
            if bytes != fs::read(entry.path())? {
                return Ok(false);
            }
        }
        Ok(found == names.len())
    }

    fn content(&mut self, file: File) -> anyhow::Result<&mut Content<'e>> {
        self.files.get_mut(file).context("a file that was never made")
    }

    /// One of the states in which a power cut now may leave the disk.
    pub fn cut(&self, rng: &mut ChaCha8Rng) -> Image {
        let odds = Odds::draw(rng);
        let mut image = Image::default();
        let mut names = self.names.clone();
        let mut shown = Vec::new();
        for event in &self.pending {
            if rng.random_ratio(odds.drop, 100) {
                image.fate.misnamed += 1;
            } else {
                rename(&mut names, event);
            }
        }
        for (name, file) in names {
            // A file with two names has one content.
            let bytes = match image.files.values().zip(&shown).find(|(_, other)| **other == file) {
                Some((bytes, _)) => bytes.clone(),
                None => self.files[file].cut(&odds, rng, &mut image.fate),
            };
            image.files.insert(name, bytes);
            shown.push(file);
        }
        image
    }
}

impl Odds {
    /// Of the images some have everything, some nothing, and most something in between.
    fn draw(rng: &mut ChaCha8Rng) -> Self {
        let drop = match rng.random_range(0..10) {
            0 => 0,
            1 => 100,
            2 | 3 => 5,
            4 | 5 => 95,
            _ => rng.random_range(1..100),
        };
        let tear = if rng.random() { rng.random_range(0..=50) } else { 0 };
        Self { drop, tear }
    }
}

impl Content<'_> {
    fn cut(&self, odds: &Odds, rng: &mut ChaCha8Rng, fate: &mut Fate) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for event in &self.pending {
            match event {
                Event::Wrote { offset, bytes: written, .. } => {
                    let parts = sectors(*offset, written.len());
                    if parts.len() > 1 && rng.random_ratio(odds.tear, 100) {
                        fate.torn += 1;
                        let torn = tear(&parts, rng);
                        for (from, to) in torn {
                            write(&mut bytes, offset + from as u64, &written[from..to]);
                        }
                    } else if rng.random_ratio(odds.drop, 100) {
                        fate.dropped += 1;
                    } else {
                        fate.kept += 1;
                        write(&mut bytes, *offset, written);
                    }
                }
                _ if rng.random_ratio(odds.drop, 100) => fate.uncut += 1,
                event => change(&mut bytes, event),
            }
        }
        bytes
    }
}

/// The parts of a write that lie in one sector each, as ranges of its bytes.
fn sectors(offset: u64, length: usize) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut from = 0;
    while from < length {
        let room = SECTOR - (offset + from as u64) % SECTOR;
        let to = length.min(from + room as usize);
        parts.push((from, to));
        from = to;
    }
    parts
}

/// Some of the parts and not all: the first ones, the last ones, or any.
fn tear(parts: &[(usize, usize)], rng: &mut ChaCha8Rng) -> Vec<(usize, usize)> {
    let at = rng.random_range(1..parts.len());
    match rng.random_range(0..3) {
        0 => parts[..at].to_vec(),
        1 => parts[at..].to_vec(),
        _ => {
            let lost = rng.random_range(0..parts.len());
            let is_kept = |n: usize, rng: &mut ChaCha8Rng| n != lost && rng.random();
            let mut some: Vec<_> = (0..parts.len()).filter(|n| is_kept(*n, rng)).map(|n| parts[n]).collect();
            if some.is_empty() {
                some.push(parts[(lost + 1) % parts.len()]);
            }
            some
        }
    }
}

fn write(bytes: &mut Vec<u8>, offset: u64, written: &[u8]) {
    let (from, to) = (offset as usize, offset as usize + written.len());
    if bytes.len() < to {
        // What lies between is a hole, which reads as zeros.
        bytes.resize(to, 0);
    }
    bytes[from..to].copy_from_slice(written);
}

/// Does to a file's content what the event did.
fn change(bytes: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Wrote { offset, bytes: written, .. } => write(bytes, *offset, written),
        Event::Cut { length, .. } => bytes.resize(*length as usize, 0),
        _ => {}
    }
}

/// Does to the names what the event did.
fn rename(names: &mut BTreeMap<String, File>, event: &Event) {
    match event {
        Event::MadeFile(name, file) | Event::Linked { name, file } => drop(names.insert(name.clone(), *file)),
        Event::Unlinked { name } => drop(names.remove(name)),
        Event::Renamed { from, to, file } => {
            names.remove(from);
            names.insert(to.clone(), *file);
        }
        Event::Wrote { .. } | Event::Cut { .. } | Event::Synced(_) | Event::SyncedFolder | Event::Told(_) => {}
    }
}

impl Image {
    /// Lays the image out in an empty folder.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn lay_out(&self, place: &Path) -> io::Result<()> {
        self.files.iter().try_for_each(|(name, bytes)| fs::write(place.join(name), bytes))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn wrote(offset: u64, byte: u8, length: usize) -> Event {
        Event::Wrote { file: 0, offset, bytes: vec![byte; length] }
    }

    /// Many cuts after all of the events.
    fn images(events: &[Event], syncs: Syncs) -> Vec<Image> {
        let mut disk = Disk::new(syncs);
        events.iter().for_each(|event| disk.apply(event).expect("in order"));
        (0..300).map(|seed| disk.cut(&mut ChaCha8Rng::seed_from_u64(seed))).collect()
    }

    #[test]
    fn what_was_synced_is_always_there_and_what_was_not_is_there_in_any_way() {
        let made = Event::MadeFile("a".to_owned(), 0);
        let events = [made, wrote(0, 1, 1_024), Event::Synced(0), Event::SyncedFolder, wrote(512, 2, 1_024)];
        let images = images(&events, Syncs::Done);
        let mut seen = std::collections::BTreeSet::new();
        for image in &images {
            let bytes = &image.files["a"];
            assert_eq!(bytes[..512], [1; 512], "nobody wrote there since");
            assert!(bytes.chunks(512).all(|sector| sector.iter().all(|byte| *byte == sector[0])), "no sector is torn");
            seen.insert(bytes.chunks(512).map(|sector| sector[0]).collect::<Vec<_>>());
        }
        let all = [vec![1, 1], vec![1, 1, 2], vec![1, 2], vec![1, 2, 2]];
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), all, "dropped, torn in both ways, and kept");
        assert!(images.iter().any(|image| image.fate.dropped == 1) && images.iter().any(|image| image.fate.torn == 1));
    }

    #[test]
    fn a_name_is_there_for_sure_once_its_folder_was_synced() {
        let made = [Event::MadeFile("a".to_owned(), 0), wrote(0, 1, 10), Event::Synced(0)];
        let is_there = |image: &Image| image.files.contains_key("a");
        let unsynced = images(&made, Syncs::Done);
        assert!(unsynced.iter().any(is_there) && !unsynced.iter().all(is_there));
        let synced: Vec<_> = made.into_iter().chain([Event::SyncedFolder]).collect();
        assert!(images(&synced, Syncs::Done).iter().all(is_there));
        assert!(!images(&synced, Syncs::Ignored).iter().all(is_there), "the control");
        let unlinked: Vec<_> = synced.into_iter().chain([Event::Unlinked { name: "a".to_owned() }]).collect();
        let unlinked = images(&unlinked, Syncs::Done);
        assert!(unlinked.iter().any(is_there) && !unlinked.iter().all(is_there));
    }

    #[test]
    fn a_cut_of_the_length_may_not_have_happened_when_a_later_write_has() {
        let begun = [Event::MadeFile("a".to_owned(), 0), wrote(0, 1, 1_024), Event::Synced(0), Event::SyncedFolder];
        let events: Vec<_> = begun.into_iter().chain([Event::Cut { file: 0, length: 0 }, wrote(0, 2, 512)]).collect();
        let images = images(&events, Syncs::Done);
        let has = |sectors: &[u8]| {
            let is = |image: &&Image| image.files["a"].chunks(512).map(|sector| sector[0]).eq(sectors.iter().copied());
            images.iter().any(|image| is(&image))
        };
        assert!(has(&[]) && has(&[1, 1]) && has(&[2]) && has(&[2, 1]));
    }
}
