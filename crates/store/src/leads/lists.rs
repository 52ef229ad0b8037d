//! What the lists remember between calls: counts, anchors and short lists, each for one version of the data.

use std::sync::{Arc, Mutex, PoisonError};

use crate::read::{Folder, LeadFilter, LeadQuery};
use crate::walk::Anchors;

/// Lists remembered at once.
const REMEMBERED: usize = 24;

/// Where one way of answering becomes cheaper than another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tuning {
    /// Rows between anchors, at least and at most.
    pub(crate) spacing_min: u64,
    pub(crate) spacing_max: u64,
    /// A filter that leaves at most this many leads is answered by sorting them.
    pub(crate) sorted_rows: u64,
    /// And at most this many index entries are looked at to find them.
    pub(crate) sorted_scan: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { spacing_min: 64, spacing_max: 1024, sorted_rows: 4_000, sorted_scan: 60_000 }
    }
}

/// What is remembered of one list.
#[derive(Clone)]
pub(crate) enum Remembered {
    Count(u64),
    Anchors(Anchors),
    Sorted(Arc<Vec<i64>>),
}

/// Of which list.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Of {
    LeadCount(LeadFilter),
    Leads(LeadQuery),
    Conversations(Folder, bool),
}

struct Entry {
    of: Of,
    version: i64,
    what: Remembered,
}

/// The memory of all lists.
#[derive(Default)]
pub(crate) struct Lists {
    pub(crate) tuning: Tuning,
    entries: Mutex<Vec<Entry>>,
}

impl Lists {
    #[cfg(test)]
    pub(crate) fn with_tuning(tuning: Tuning) -> Self {
        Self { tuning, ..Self::default() }
    }

    /// What is remembered of a list in this version of the data.
    pub(crate) fn find(&self, of: &Of, version: i64) -> Option<Remembered> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let place = entries.iter().position(|entry| entry.of == *of)?;
        if entries[place].version != version {
            return None;
        }
        let entry = entries.remove(place);
        let what = entry.what.clone();
        entries.push(entry);
        Some(what)
    }

    /// Remembers, in place of the list used longest ago.
    pub(crate) fn keep(&self, of: Of, version: i64, what: Remembered) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = entries.iter().position(|entry| entry.of == of) {
            let old = entries.remove(place);
            let is_longer = match (&old.what, &what) {
                (Remembered::Anchors(old), Remembered::Anchors(new)) => old.len() > new.len(),
                _ => false,
            };
            if old.version > version || (old.version == version && is_longer) {
                entries.push(old);
                return;
            }
        }
        if entries.len() >= REMEMBERED {
            entries.remove(0);
        }
        entries.push(Entry { of, version, what });
    }
}
