//! The file of an import: where it is, how it is written, and that it is still the same.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use import::{Column, Defaults, ImportError, Inspected, Reading, Records, Studio};
use uuid::Uuid;

use crate::DeskError;
use crate::state::OpenDesk;
use crate::view::{ImportColumn, ImportFile, ImportPlan};

/// A file that was chosen.
pub(crate) struct OpenImport {
    id: Uuid,
    path: PathBuf,
    pub(super) file_name: String,
    pub(super) found: Inspected,
    stamp: (u64, Option<SystemTime>),
    /// Ends the pass over it that is under way.
    pass: Mutex<Arc<PassEnd>>,
}

/// Whether a pass is to end before its time.
#[derive(Default)]
pub(super) struct PassEnd(AtomicU8);

impl PassEnd {
    const CANCELLED: u8 = 1;
    const REPLACED: u8 = 2;

    pub(super) fn is_due(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// Whether another pass goes on in its place.
    pub(super) fn is_replaced(&self) -> bool {
        self.0.load(Ordering::Relaxed) == Self::REPLACED
    }

    fn make_due(&self, why: u8) {
        self.0.store(why, Ordering::Relaxed);
    }
}

impl OpenImport {
    pub(super) fn open(
        open_desk: &OpenDesk,
        id: Uuid,
        path: PathBuf,
        has_headings: Option<bool>,
    ) -> Result<Self, DeskError> {
        let (mut file, stamp) = open(&path)?;
        let found = import::inspect(&mut file, has_headings, &open_desk.cache.list_custom_fields()?)?;
        let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { id, path, file_name, found, stamp, pass: Mutex::default() })
    }

    pub(super) const fn id(&self) -> Uuid {
        self.id
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn describe(&self) -> ImportFile {
        let Inspected { dialect, columns, is_ours, size_bytes } = &self.found;
        let column = |Column { heading, samples, guess }: &Column| ImportColumn {
            heading: heading.clone(),
            samples: samples.clone(),
            guess: *guess,
        };
        ImportFile {
            import_id: self.id,
            file_name: self.file_name.clone(),
            size_bytes: *size_bytes,
            encoding: dialect.encoding,
            delimiter: dialect.delimiter,
            has_headings: dialect.has_headings,
            is_ours: *is_ours,
            columns: columns.iter().map(column).collect(),
        }
    }

    /// Its rows from the beginning.
    ///
    /// # Errors
    /// [`DeskError::ImportChanged`] when it is another file by now.
    pub(super) fn records(&self) -> Result<Records<BufReader<File>>, DeskError> {
        let (file, stamp) = open(&self.path)?;
        if stamp != self.stamp {
            return Err(DeskError::ImportChanged);
        }
        Ok(import::records(BufReader::new(file), &self.found.dialect)?)
    }

    /// How its rows are read by `plan`.
    ///
    /// # Errors
    /// [`DeskError::InvalidInput`] for a plan of another file; the cache can't be read.
    pub(super) fn reading(&self, open: &OpenDesk, plan: &ImportPlan) -> Result<Reading, DeskError> {
        if plan.targets.len() != self.found.columns.len() {
            return Err(DeskError::InvalidInput);
        }
        let (stages, members) = (open.cache.list_stages()?, open.cache.list_members()?);
        let fields = open.cache.list_custom_fields()?;
        let studio = open.cache.find_studio()?.unwrap_or_else(|| open.profile.studio.clone());
        let studio = Studio { stages: &stages, members: &members, currency: &studio.currency, fields: &fields };
        let defaults = Defaults { stage_id: plan.stage_id, owner_id: plan.owner_id, tag: plan.tag.clone() };
        Ok(Reading::new(plan.targets.clone(), defaults, studio, self.found.is_ours))
    }

    /// Ends the pass that is under way and gives the next one what ends it.
    pub(super) fn next_pass(&self) -> Arc<PassEnd> {
        let next = Arc::new(PassEnd::default());
        let mut pass = self.pass.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *pass, Arc::clone(&next)).make_due(PassEnd::REPLACED);
        next
    }

    /// Ends the pass that is under way.
    pub(super) fn cancel(&self) {
        self.pass.lock().unwrap_or_else(PoisonError::into_inner).make_due(PassEnd::CANCELLED);
    }
}

/// The file, and by what it is told from a later one.
fn open(path: &Path) -> Result<(File, (u64, Option<SystemTime>)), ImportError> {
    // A pipe would be waited for without end.
    if !std::fs::metadata(path)?.is_file() {
        return Err(ImportError::NotText);
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    Ok((file, (metadata.len(), metadata.modified().ok())))
}
