//! What was done here and is not on the server yet, and what somebody has to decide.

use domain::OperationId;
use store::read::{ConflictRow, OutboxCounts, OutboxRow};

use crate::state::MAX_ROWS;
use crate::view::DeskEvent;
use crate::{Desk, DeskError};

impl Desk {
    /// What waits and what was refused, the oldest first: at most [`MAX_ROWS`].
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the cache can't be read.
    pub async fn list_outbox(&self, offset: u64, limit: u32) -> Result<Vec<OutboxRow>, DeskError> {
        self.query(move |cache| cache.list_outbox(offset, limit.min(MAX_ROWS))).await
    }

    /// Fields that somebody else changed, too, over all leads: at most [`MAX_ROWS`].
    ///
    /// # Errors
    /// As [`Desk::list_outbox`].
    pub async fn list_conflicts(&self, offset: u64, limit: u32) -> Result<Vec<ConflictRow>, DeskError> {
        self.query(move |cache| cache.list_conflicts(offset, limit.min(MAX_ROWS))).await
    }

    /// How much of it there is.
    ///
    /// # Errors
    /// As [`Desk::list_outbox`].
    pub async fn outbox_counts(&self) -> Result<OutboxCounts, DeskError> {
        self.query(|cache| cache.outbox_counts()).await
    }

    /// Sends a refused act again.
    ///
    /// # Errors
    /// As [`Desk::list_outbox`]; not found when it is not there any more.
    pub async fn retry_act(&self, id: OperationId) -> Result<(), DeskError> {
        let applied = self.query(move |cache| cache.retry_operation(id)).await?;
        self.tell(DeskEvent::Changed(applied.into()));
        self.wake_sync();
        Ok(())
    }

    /// Gives a refused act up: what it did here is taken back.
    ///
    /// # Errors
    /// As [`Desk::list_outbox`]; not found when it was not refused, or is not there any more.
    pub async fn discard_act(&self, id: OperationId) -> Result<(), DeskError> {
        let applied = self.query(move |cache| cache.discard_operation(id)).await?;
        self.tell(DeskEvent::Changed(applied.into()));
        // Those that waited for it can go now.
        self.wake_sync();
        Ok(())
    }
}
