//! Export (E1): leads to a file the person chose, offline, with progress and cancel.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::{Permission, UnixMs};
use export::{ExportContext, ExportError, Format, LeadRecord, LeadWriter};
use store::{Cache, ExportLead, LeadScope};
use sync::unblock;
use uuid::Uuid;
use wire::write::{AuditAction, AuditEntry};

use crate::state::{OpenDesk, run_blocking};
use crate::view::{DeskEvent, ExportFormat, ExportProgress, ExportRequest, ExportScope, ExportState};
use crate::{Desk, DeskError, ErrorView};

/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(100);

impl ExportFormat {
    /// Extension of a file of this format.
    pub const fn extension(self) -> &'static str {
        self.format().extension()
    }

    const fn format(self) -> Format {
        match self {
            Self::Csv => Format::Csv,
            Self::Json => Format::Json,
            Self::Xlsx => Format::Xlsx,
        }
    }
}

impl ExportScope {
    pub(crate) fn as_store(&self) -> LeadScope<'_> {
        match self {
            Self::All => LeadScope::All,
            Self::View(query) => LeadScope::View(query),
            Self::Selection(ids) => LeadScope::Selection(ids),
        }
    }

    /// For the audit entry: what kind of scope, never which leads.
    const fn kind(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::View(_) => "view",
            Self::Selection(_) => "selection",
        }
    }
}

impl Desk {
    /// Whether the member who is signed in may export.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], [`DeskError::Locked`].
    pub async fn check_may_export(&self) -> Result<(), DeskError> {
        self.require(Permission::ExportLeads).await
    }

    /// A name for the dialog: what it is and the day, such as `leads-2026-11-20.csv`.
    pub fn suggest_export_name(&self, request: &ExportRequest) -> String {
        let UnixMs(now) = self.inner.clock.now();
        let day = DateTime::<Utc>::from_timestamp_millis(now).unwrap_or_default().format("%Y-%m-%d");
        format!("leads-{day}.{}", request.format.extension())
    }

    /// Starts an export to `path` and returns its id; [`DeskEvent::ExportProgressed`] tells how it goes on. The file
    /// appears whole or not at all; one that was there is replaced only then.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], [`DeskError::Locked`], [`DeskError::Export`] for a place among the desk's own files. What goes wrong later is told as [`ExportState::Failed`].
    pub async fn start_export(&self, request: ExportRequest, path: PathBuf) -> Result<Uuid, DeskError> {
        self.check_may_export().await?;
        let home = self.inner.home.clone();
        let target = path.clone();
        if unblock(move || home.holds(&target)).await? {
            // Renamed over the cache, the export would be the end of it.
            return Err(ExportError::TargetNotAFile.into());
        }
        let open = self.open()?;
        let context = self.export_context(&open).await?;
        let export_id = Uuid::now_v7();
        let is_cancelled = Arc::new(AtomicBool::new(false));
        self.exports().insert(export_id, Arc::clone(&is_cancelled));
        let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let progress = ExportProgress {
            export_id,
            state: ExportState::Running,
            rows_done: 0,
            rows_total: 0,
            size_bytes: 0,
            file_name,
        };
        let desk = self.clone();
        let exports = open.exports.clone();
        exports.spawn_blocking(move || {
            let mut export = RunningExport {
                desk: &desk,
                open: &open,
                progress,
                is_cancelled: &is_cancelled,
                told_at: Instant::now(),
            };
            let state = match export.run(&request, &path, &context) {
                Ok(true) => ExportState::Done,
                Ok(false) => ExportState::Cancelled,
                // The desk was locked meanwhile: as if the person had cancelled.
                Err(_) if export.is_cancelled() => ExportState::Cancelled,
                Err(error) => ExportState::Failed(ErrorView::from(error)),
            };
            desk.exports().remove(&export_id);
            desk.tell(DeskEvent::ExportProgressed(ExportProgress { state, ..export.progress }));
        });
        Ok(export_id)
    }

    /// Cancels an export; one that has ended already is no error.
    pub fn cancel_export(&self, export_id: Uuid) {
        if let Some(is_cancelled) = self.exports().get(&export_id) {
            is_cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// Cancels every export and import and waits until each has ended: files are whole or gone, and nothing is added any more.
    pub(crate) async fn end_exports(&self, open: &OpenDesk) {
        for is_cancelled in self.exports().values() {
            is_cancelled.store(true, Ordering::Relaxed);
        }
        self.end_import(open);
        open.exports.close();
        open.exports.wait().await;
        open.exports.reopen();
    }

    pub(crate) fn exports(&self) -> MutexGuard<'_, std::collections::HashMap<Uuid, Arc<AtomicBool>>> {
        self.inner.exports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn export_context(&self, open: &Arc<OpenDesk>) -> Result<ExportContext, DeskError> {
        let open = Arc::clone(open);
        run_blocking(move || {
            let studio = open.cache.find_studio()?.unwrap_or_else(|| open.profile.studio.clone());
            // A zone this version does not know must not stop an export: times carry their offset.
            let time_zone = studio.time_zone.parse().unwrap_or(chrono_tz::UTC);
            let fields = open.cache.list_custom_fields()?;
            Ok::<_, DeskError>(ExportContext { time_zone, currency: studio.currency, byte_order_mark: false, fields })
        })
        .await
    }
}

struct RunningExport<'a> {
    desk: &'a Desk,
    open: &'a OpenDesk,
    progress: ExportProgress,
    is_cancelled: &'a AtomicBool,
    told_at: Instant,
}

impl RunningExport<'_> {
    /// Whether the file was completed; `false` when it was cancelled.
    fn run(&mut self, request: &ExportRequest, path: &Path, context: &ExportContext) -> Result<bool, DeskError> {
        let open = self.open;
        let scope = request.scope.as_store();
        self.progress.rows_total = open.cache.scope_count(scope)?;
        let mut writer = export::create(path, request.format.format(), context)?;
        if !self.write_rows(&open.cache, scope, &mut *writer)? {
            return Ok(false);
        }
        // Before the file appears: one that can't be audited is not made.
        open.cache.append_audit(&AuditEntry {
            id: Uuid::now_v7(),
            action: AuditAction::LeadsExported,
            at: self.desk.inner.clock.now(),
            detail: format!("{} {}", request.format.extension(), request.scope.kind()),
            row_count: self.progress.rows_done,
        })?;
        let finished = writer.finish()?;
        self.progress.rows_total = finished.rows;
        self.progress.size_bytes = finished.size_bytes;
        if let Some(engine) = &open.engine {
            engine.wake();
        }
        Ok(true)
    }

    fn write_rows(
        &mut self,
        cache: &Cache,
        scope: LeadScope<'_>,
        writer: &mut dyn LeadWriter,
    ) -> Result<bool, DeskError> {
        let mut failure: Option<ExportError> = None;
        cache.for_each_lead(scope, &mut |row: ExportLead| {
            let ExportLead { lead, stage, owner, message_count, .. } = &row;
            if let Err(error) = writer.write(&LeadRecord::of(lead, stage, owner.as_deref(), *message_count)) {
                failure = Some(error);
                return ControlFlow::Break(());
            }
            self.progress.rows_done += 1;
            self.tell_sometimes(writer);
            if self.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        match failure {
            Some(error) => Err(error.into()),
            None => Ok(!self.is_cancelled()),
        }
    }

    /// By the person, or because the desk is being closed.
    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed) || self.open.tasks.is_cancelled()
    }

    fn tell_sometimes(&mut self, writer: &dyn LeadWriter) {
        // Asking the time for each row would cost more than some rows.
        if !self.progress.rows_done.is_multiple_of(256) || self.told_at.elapsed() < TELL_EVERY {
            return;
        }
        self.told_at = Instant::now();
        self.progress.size_bytes = writer.size_bytes();
        self.desk.tell(DeskEvent::ExportProgressed(self.progress.clone()));
    }
}
