//! Looks for all needles at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use aho_corasick::AhoCorasick;
use anyhow::Context;

use crate::Needle;
use crate::forms::forms;

/// Small in its own tests, so that what is looked for often stands across two pieces.
const CHUNK: usize = if cfg!(test) { 64 } else { 1 << 20 };

/// Knows all forms of all needles.
pub struct Scanner {
    search: AhoCorasick,
    /// The needle and the form that each pattern is.
    patterns: Vec<(usize, &'static str)>,
    names: Vec<String>,
    longest: usize,
}

/// What was gone through, and what was found there.
#[derive(Debug, Default)]
pub struct Found {
    pub files: u64,
    pub bytes: u64,
    /// By the name of the needle: where, and in which form.
    pub hits: BTreeMap<String, BTreeSet<String>>,
}

impl Scanner {
    /// # Errors
    /// More needles than the search takes.
    pub fn new(needles: &[Needle]) -> anyhow::Result<Self> {
        let (mut patterns, mut texts) = (Vec::new(), Vec::new());
        for (n, needle) in needles.iter().enumerate() {
            anyhow::ensure!(needle.bytes.len() >= 8, "{} is short enough to stand somewhere by chance", needle.name);
            for (text, form) in forms(&needle.bytes) {
                patterns.push((n, form));
                texts.push(text);
            }
        }
        let longest = texts.iter().map(Vec::len).max().unwrap_or_default();
        let names = needles.iter().map(|needle| needle.name.clone()).collect();
        Ok(Self { search: AhoCorasick::new(texts)?, patterns, names, longest })
    }

    /// Goes through everything below a folder, names included, but for what `skips`. Links are not followed; what is gone
    /// by the time it is read held nothing that stays.
    ///
    /// # Errors
    /// A file or folder can't be read.
    pub fn scan_folder(&self, folder: &Path, skips: &dyn Fn(&Path) -> bool, found: &mut Found) -> anyhow::Result<()> {
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            entries => entries.with_context(|| format!("{} can't be read", folder.display()))?,
        };
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if skips(&path) {
                continue;
            }
            self.scan(path.as_os_str().as_encoded_bytes(), &format!("the name {}", path.display()), found)?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.scan_folder(&path, skips, found)?;
            } else if kind.is_file() {
                self.scan_file(&path, found)?;
            }
        }
        Ok(())
    }

    /// Goes through a file.
    ///
    /// # Errors
    /// It can't be read.
    pub fn scan_file(&self, path: &Path, found: &mut Found) -> anyhow::Result<()> {
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            file => file.with_context(|| format!("{} can't be read", path.display()))?,
        };
        found.files += 1;
        self.scan(file, &path.display().to_string(), found)
    }

    /// Goes through bytes that are called `place`.
    ///
    /// # Errors
    /// They can't be read.
    pub fn scan(&self, mut bytes: impl Read, place: &str, found: &mut Found) -> anyhow::Result<()> {
        let mut held = Vec::with_capacity(CHUNK + self.longest);
        loop {
            let size = (&mut bytes).take(CHUNK as u64).read_to_end(&mut held)?;
            if size == 0 {
                return Ok(());
            }
            found.bytes += size as u64;
            for hit in self.search.find_overlapping_iter(&held) {
                let (needle, form) = self.patterns[hit.pattern().as_usize()];
                found.hits.entry(self.names[needle].clone()).or_default().insert(format!("{place}, {form}"));
            }
            // The end of this piece may be the beginning of a hit.
            let keep = held.len().min(self.longest.saturating_sub(1));
            held.drain(..held.len() - keep);
        }
    }
}

impl Found {
    /// # Errors
    /// Something was found, or less was gone through than there must have been: so many files, and a byte at least in each.
    pub fn require_none(&self, least_files: u64) -> anyhow::Result<()> {
        anyhow::ensure!(self.files >= least_files && self.bytes >= self.files, "only {} files", self.files);
        let some: Vec<_> = self.hits.iter().take(20).collect();
        anyhow::ensure!(some.is_empty(), "{} of them, such as {some:#?}", self.hits.len());
        Ok(())
    }

    /// # Errors
    /// Fewer than all were found.
    pub fn require_all(&self, count: usize) -> anyhow::Result<()> {
        anyhow::ensure!(self.hits.len() == count, "{} of {count}", self.hits.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canary;
    use crate::forms::forms;

    /// Gives what it has a few bytes at a time.
    struct Pieces<'a>(&'a [u8]);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let size = self.0.len().min(buffer.len()).min(5);
            let (now, rest) = self.0.split_at(size);
            buffer[..size].copy_from_slice(now);
            self.0 = rest;
            Ok(size)
        }
    }

    #[test]
    fn every_form_of_every_canary_is_found_wherever_a_piece_ends() {
        let scanner = Scanner::new(&Needle::canaries(200)).expect("a scanner");
        for n in [0, 99, 199] {
            for (form, name) in forms(canary(n).as_bytes()) {
                for place in 0..2 * CHUNK {
                    let mut bytes = vec![b' '; place];
                    bytes.extend_from_slice(&form);
                    bytes.push(b' ');
                    let mut found = Found::default();
                    scanner.scan(Pieces(&bytes), "here", &mut found).expect("read");
                    let expected = BTreeSet::from([format!("here, {name}")]);
                    assert_eq!(found.hits, BTreeMap::from([(format!("canary {n}"), expected)]), "{name} at {place}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        let scanner = Scanner::new(&Needle::canaries(200)).expect("a scanner");
        let mut found = Found::default();
        let others: String = (200..2_000).map(canary).collect();
        scanner.scan(others.as_bytes(), "here", &mut found).expect("read");
        assert!(found.hits.is_empty() && found.bytes > 10_000);
        assert!(found.require_none(1).is_err(), "no file was gone through");
    }

    #[test]
    fn names_of_files_are_gone_through_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("a/b");
        std::fs::create_dir_all(&inner).expect("a folder");
        std::fs::write(inner.join(format!("{}.csv", canary(3))), "nothing").expect("a file");
        std::fs::write(inner.join("left out"), canary(4)).expect("a file");
        let scanner = Scanner::new(&Needle::canaries(10)).expect("a scanner");
        let mut found = Found::default();
        scanner.scan_folder(folder.path(), &|path| path.ends_with("left out"), &mut found).expect("read");
        assert_eq!(found.hits.keys().collect::<Vec<_>>(), ["canary 3"]);
    }
}
