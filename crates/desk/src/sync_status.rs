//! The status line, and trying again.

use crate::view::SyncStatus;
use crate::{Desk, DeskError};

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
}
