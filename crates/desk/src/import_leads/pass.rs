//! One way through the rows of a file: looking at them only, or adding what they make.

use std::collections::HashSet;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::BufReader;
use std::time::{Duration, Instant};

use domain::{ContactKey, LeadId, NewLead, OperationId};
use import::{Reading, Record, Records, Refusal};
use store::LeadCreation;
use uuid::Uuid;

use super::OpenImport;
use super::file::PassEnd;
use crate::state::OpenDesk;
use crate::view::{
    DeskEvent, Duplicates, ImportCounts, ImportOutcome, ImportPlan, ImportProgress, ImportRow, ImportState,
};
use crate::{Desk, DeskError, ErrorView};

/// Rows that are added in one transaction: some tens of milliseconds, so that nobody waits for it.
const BATCH: usize = 500;
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// Refusals that are told one by one; the others are counted, and can be saved.
const MAX_REFUSALS: usize = 100;
/// Of a refused row, in characters.
const TEXT_CHARS: usize = 120;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Check,
    Run,
}

/// What a row makes, or why nothing and what stands in it.
type Read = Result<NewLead, (Refusal, String)>;

/// A way through the rows.
pub(super) struct Pass<'a> {
    desk: &'a Desk,
    open: &'a OpenDesk,
    rows: Records<BufReader<File>>,
    reading: Reading,
    duplicates: Duplicates,
    /// Whom the rows so far made leads of: hashes of their keys, so that a million of them are some tens of megabytes.
    seen: HashSet<u64>,
    hasher: RandomState,
    progress: ImportProgress,
    told_at: Instant,
}

/// Goes through all rows and tells the window how it goes on and how it ended.
pub(super) fn run(desk: &Desk, open: &OpenDesk, import: &OpenImport, plan: &ImportPlan, kind: Kind, end: &PassEnd) {
    let is_over = || end.is_due() || open.tasks.is_cancelled();
    let mut progress = first_progress(import, kind);
    let ended = Pass::begin(desk, open, import, plan, kind).and_then(|mut pass| {
        let ended = pass.go(kind, &is_over);
        progress = pass.progress;
        ended
    });
    if kind == Kind::Check && end.is_replaced() {
        // Nobody waits for it: what is told from now on is of the pass in its place.
        return;
    }
    progress.state = match ended {
        // The desk was locked meanwhile: as if the person had cancelled.
        _ if is_over() => ImportState::Cancelled,
        Ok(()) if kind == Kind::Check => ImportState::Checked,
        Ok(()) => ImportState::Done,
        Err(error) => ImportState::Failed(ErrorView::from(error)),
    };
    desk.tell(DeskEvent::ImportProgressed(progress));
}

fn first_progress(import: &OpenImport, kind: Kind) -> ImportProgress {
    ImportProgress {
        import_id: import.id(),
        state: if kind == Kind::Check { ImportState::Checking } else { ImportState::Running },
        counts: ImportCounts::default(),
        bytes_done: 0,
        bytes_total: import.found.size_bytes,
        refusals: Vec::new(),
        file_name: import.file_name.clone(),
    }
}

impl<'a> Pass<'a> {
    pub(super) fn begin(
        desk: &'a Desk,
        open: &'a OpenDesk,
        import: &OpenImport,
        plan: &ImportPlan,
        kind: Kind,
    ) -> Result<Self, DeskError> {
        Ok(Self {
            desk,
            open,
            rows: import.records()?,
            reading: import.reading(open, plan)?,
            duplicates: plan.duplicates,
            seen: HashSet::new(),
            hasher: RandomState::new(),
            progress: first_progress(import, kind),
            told_at: Instant::now(),
        })
    }

    /// The first rows as they would be.
    pub(super) fn first(mut self, limit: usize) -> Result<Vec<ImportRow>, DeskError> {
        self.next_batch(limit)
    }

    fn go(&mut self, kind: Kind, is_over: &dyn Fn() -> bool) -> Result<(), DeskError> {
        let mut refusals = Vec::new();
        while !is_over() {
            let batch = self.next_batch(BATCH)?;
            if batch.is_empty() {
                break;
            }
            let (mut leads, counts) = (Vec::new(), &mut self.progress.counts);
            for ImportRow { lead, outcome, .. } in batch {
                counts.rows += 1;
                let is_wanted = match outcome {
                    ImportOutcome::New => {
                        counts.new += 1;
                        true
                    }
                    ImportOutcome::InFile => {
                        counts.in_file += 1;
                        self.duplicates == Duplicates::Import
                    }
                    ImportOutcome::Known(_) => {
                        counts.known += 1;
                        self.duplicates == Duplicates::Import
                    }
                    ImportOutcome::Refused(refusal) => {
                        counts.refused += 1;
                        if refusals.len() < MAX_REFUSALS {
                            refusals.push(refusal);
                        }
                        false
                    }
                };
                leads.extend(lead.filter(|_| is_wanted));
            }
            if kind == Kind::Run {
                self.add(leads)?;
            }
            self.tell_sometimes();
        }
        self.progress.refusals = refusals;
        Ok(())
    }

    /// All of them or none; the sync sends them while the next ones are read.
    fn add(&mut self, leads: Vec<NewLead>) -> Result<(), DeskError> {
        if leads.is_empty() {
            return Ok(());
        }
        let at = self.desk.inner.clock.now();
        let creation = |lead| LeadCreation {
            id: OperationId::from_uuid(Uuid::now_v7()),
            lead_id: LeadId::from_uuid(Uuid::now_v7()),
            at,
            lead,
        };
        let creations: Vec<_> = leads.into_iter().map(creation).collect();
        let applied = self.open.cache.create_leads(&creations)?;
        self.progress.counts.imported += creations.len() as u64;
        self.desk.tell(DeskEvent::Changed(applied.into()));
        if let Some(engine) = &self.open.engine {
            engine.wake();
        }
        Ok(())
    }

    /// The next rows that are not blank, at most `limit`; none at the end.
    fn next_batch(&mut self, limit: usize) -> Result<Vec<ImportRow>, DeskError> {
        let mut read: Vec<(u64, Read)> = Vec::new();
        while read.len() < limit {
            let Some(row) = self.rows.next()? else { break };
            match row {
                Ok(row) => {
                    let lead = self.reading.read(&row).transpose();
                    read.extend(lead.map(|lead| (row.line, lead.map_err(|refusal| (refusal, beginning(&row))))));
                }
                Err(broken) => {
                    let refusal = Refusal::from(broken);
                    read.push((refusal.line, Err((refusal, String::new()))));
                }
            }
        }
        self.progress.bytes_done = self.rows.read_bytes();
        let keys: Vec<Vec<ContactKey>> =
            read.iter().map(|(_, lead)| lead.as_ref().map(NewLead::contact_keys).unwrap_or_default()).collect();
        let known = self.open.cache.find_known_leads(&keys)?;
        let rows = read.into_iter().zip(keys).zip(known);
        Ok(rows
            .map(|(((line, lead), keys), known)| {
                let outcome = match &lead {
                    Err((refusal, _)) => ImportOutcome::Refused(*refusal),
                    // First: what was added a moment ago is here, too.
                    Ok(_) if self.has_seen(&keys) => ImportOutcome::InFile,
                    Ok(_) => known.map_or(ImportOutcome::New, ImportOutcome::Known),
                };
                if outcome == ImportOutcome::New {
                    self.seen.extend(keys.iter().map(|key| self.hasher.hash_one(key)));
                }
                let (lead, text) = match lead {
                    Ok(lead) => (Some(lead), String::new()),
                    Err((_, text)) => (None, text),
                };
                ImportRow { line, lead, text, outcome }
            })
            .collect())
    }

    fn has_seen(&self, keys: &[ContactKey]) -> bool {
        keys.iter().any(|key| self.seen.contains(&self.hasher.hash_one(key)))
    }

    fn tell_sometimes(&mut self) {
        if self.told_at.elapsed() >= TELL_EVERY {
            self.told_at = Instant::now();
            self.desk.tell(DeskEvent::ImportProgressed(self.progress.clone()));
        }
    }
}

/// What stands in a row, as far as there is room for it.
fn beginning(row: &Record) -> String {
    let cells: Vec<&str> = row.cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
    cells.join(" · ").chars().take(TEXT_CHARS).collect()
}
