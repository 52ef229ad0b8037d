//! Import (B7): leads from a CSV file the person chose, offline, looked at before anything is added, with progress and cancel.
//!
//! A batch of rows is added in one transaction, with what is to be sent: whenever it ends, each batch is whole or not there,
//! and what is there is found as a duplicate when the same file is imported again.

mod file;
mod pass;
mod refused;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use domain::Permission;
use uuid::Uuid;

use crate::state::{OpenDesk, run_blocking};
use crate::view::{ImportFile, ImportPlan, ImportRow};
use crate::{Desk, DeskError};

pub(crate) use file::OpenImport;
use pass::{Kind, Pass};
pub use refused::words as refusal_words;

/// Rows that are shown as they would be.
const PREVIEW_ROWS: usize = 50;

impl Desk {
    /// Whether the member who is signed in may import: it is many leads in one act.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], [`DeskError::Locked`].
    pub async fn check_may_import(&self) -> Result<(), DeskError> {
        self.require(Permission::BulkEditLeads).await
    }

    /// Opens a file, in the place of one that was open. Nothing of it is kept but where it is and how it is written.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], [`DeskError::Locked`]; [`DeskError::Import`] for what can't be read.
    pub async fn open_import(&self, path: PathBuf) -> Result<ImportFile, DeskError> {
        self.check_may_import().await?;
        let open = self.open()?;
        let import = run_blocking(move || OpenImport::open(&open, Uuid::now_v7(), path, None)).await?;
        self.keep_import(import)
    }

    /// Says whether the file's first row has the names of its columns.
    ///
    /// # Errors
    /// As [`Desk::open_import`]; not found when it is not open (any more).
    pub async fn set_import_headings(&self, import_id: Uuid, has_headings: bool) -> Result<ImportFile, DeskError> {
        self.check_may_import().await?;
        let before = self.find_import(import_id)?;
        let path = before.path().to_owned();
        let open = self.open()?;
        let import = run_blocking(move || OpenImport::open(&open, import_id, path, Some(has_headings))).await?;
        self.keep_import(import)
    }

    /// The first rows as they would be. All of them are looked at from then on, and
    /// [`crate::view::DeskEvent::ImportProgressed`] tells what they come to; another plan ends that.
    ///
    /// # Errors
    /// As [`Desk::set_import_headings`]; [`DeskError::ImportChanged`] when it is another file by now.
    pub async fn check_import(&self, import_id: Uuid, plan: ImportPlan) -> Result<Vec<ImportRow>, DeskError> {
        let (open, import) = self.begin_pass(import_id).await?;
        let (desk, again) = (self.clone(), (Arc::clone(&open), Arc::clone(&import), plan.clone()));
        let first =
            run_blocking(move || Pass::begin(&desk, &open, &import, &plan, Kind::Check)?.first(PREVIEW_ROWS)).await?;
        let (open, import, plan) = again;
        self.spawn_pass(open, import, plan, Kind::Check);
        Ok(first)
    }

    /// Adds the leads; [`crate::view::DeskEvent::ImportProgressed`] tells how it goes on.
    ///
    /// # Errors
    /// As [`Desk::check_import`]. What goes wrong later is told as [`crate::view::ImportState::Failed`].
    pub async fn run_import(&self, import_id: Uuid, plan: ImportPlan) -> Result<(), DeskError> {
        if plan
            .tag
            .as_deref()
            .is_some_and(|tag| domain::check_filled_line("tag", tag, domain::limits::TAG_CHARS).is_err())
        {
            return Err(DeskError::InvalidInput);
        }
        let (open, import) = self.begin_pass(import_id).await?;
        self.spawn_pass(open, import, plan, Kind::Run);
        Ok(())
    }

    /// Ends what is being done with the file: what was added by then stays. One that has ended already is no error.
    pub fn cancel_import(&self, import_id: Uuid) {
        if let Ok(import) = self.find_import(import_id) {
            import.cancel();
        }
    }

    /// Writes the rows that `plan` refuses to a file, with the reason in a last column, to be put right and imported again.
    /// How many they were.
    ///
    /// # Errors
    /// As [`Desk::check_import`]; [`DeskError::Export`] for a place that can't be written to.
    pub async fn save_refused_rows(&self, import_id: Uuid, plan: ImportPlan, path: PathBuf) -> Result<u64, DeskError> {
        self.check_may_import().await?;
        let import = self.find_import(import_id)?;
        let open = self.open()?;
        let home = self.inner.home.clone();
        run_blocking(move || {
            if home.holds(&path) {
                return Err(export::ExportError::TargetNotAFile.into());
            }
            refused::save(&open, &import, &plan, &path)
        })
        .await
    }

    /// Ends what is being done with a file, soon.
    pub(crate) fn end_import(&self, open: &OpenDesk) {
        if let Some(import) = open.import.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            import.cancel();
        }
    }

    async fn begin_pass(&self, import_id: Uuid) -> Result<(Arc<OpenDesk>, Arc<OpenImport>), DeskError> {
        self.check_may_import().await?;
        let import = self.find_import(import_id)?;
        Ok((self.open()?, import))
    }

    fn spawn_pass(&self, open: Arc<OpenDesk>, import: Arc<OpenImport>, plan: ImportPlan, kind: Kind) {
        let desk = self.clone();
        let end = import.next_pass();
        let tasks = open.exports.clone();
        tasks.spawn_blocking(move || pass::run(&desk, &open, &import, &plan, kind, &end));
    }

    fn keep_import(&self, import: OpenImport) -> Result<ImportFile, DeskError> {
        let open = self.open()?;
        let file = import.describe();
        let mut place = open.import.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = place.replace(Arc::new(import)) {
            before.cancel();
        }
        Ok(file)
    }

    fn find_import(&self, import_id: Uuid) -> Result<Arc<OpenImport>, DeskError> {
        let open = self.open()?;
        let place = open.import.lock().unwrap_or_else(PoisonError::into_inner);
        let import = place.as_ref().filter(|import| import.id() == import_id);
        import.cloned().ok_or(DeskError::Store(store::StoreError::NotFound))
    }
}
