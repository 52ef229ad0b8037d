//! The status line, and trying again.

use std::sync::atomic::Ordering;

use store::StoreError;
use sync::{Problem, SyncError};

use crate::view::SyncStatus;
use crate::{Desk, DeskError, ErrorView};

impl Desk {
    /// Where the sync stands.
    ///
    /// # Errors
    /// [`DeskError::Locked`].
    pub async fn sync_status(&self) -> Result<SyncStatus, DeskError> {
        let open = self.open()?;
        let engine = open.engine.as_ref().ok_or(DeskError::Locked)?;
        Ok(SyncStatus::from(&engine.status()))
    }

    /// Tries now instead of waiting on.
    ///
    /// # Errors
    /// [`DeskError::Locked`].
    pub async fn sync_now(&self) -> Result<(), DeskError> {
        let open = self.open()?;
        open.engine.as_ref().ok_or(DeskError::Locked)?.wake();
        Ok(())
    }

    /// A try to sync failed: for the log, and for what it says of the cache.
    pub(crate) fn note_problem(&self, problem: &Problem) {
        ErrorView::log(problem);
        if let SyncError::Store(StoreError::Damaged) = problem.error {
            self.inner.is_unreadable.store(true, Ordering::Relaxed);
        }
    }
}
