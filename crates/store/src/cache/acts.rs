//! What is done on this device, until the server has done it, too.

use domain::{Lead, LeadField, LeadId, OperationId};

use super::{Cache, lock};
use crate::read::{ConflictRow, FieldConflict, OutboxCounts, OutboxRow};
use crate::{Applied, Edited, LeadCreation, Merged, NewEdit, NewMerge, NewReply, StoreError, TakenBack, outbox};

impl Cache {
    /// Adds leads, and keeps that until the server has added them, too: on disk when this returns, all of them or none.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] for an id of a lead that is here.
    pub fn create_leads(&self, creations: &[LeadCreation]) -> Result<Applied, StoreError> {
        self.write(|tx, buckets| outbox::create_leads(tx, buckets, creations))
    }

    /// Takes back leads that were added here. One that the server can't have heard of goes without a trace; to another is
    /// done what `make` makes of it, if anything.
    pub fn take_leads_back(
        &self,
        ids: &[LeadId],
        make: &mut dyn FnMut(&Lead) -> Option<NewEdit>,
    ) -> Result<TakenBack, StoreError> {
        // Held throughout: what is taken out must not be handed out meanwhile.
        let sent_through = lock(&self.sent_through);
        self.write_erasing(|tx, buckets| {
            let back = outbox::take_back(tx, buckets, ids, *sent_through, make)?;
            let has_erased = back.removed > 0;
            Ok((back, has_erased))
        })
    }

    /// Does to each lead what `edit` makes of it, and keeps that until the server has done it, too: on disk when this
    /// returns, all of it or nothing.
    pub fn edit_leads(
        &self,
        ids: &[LeadId],
        edit: &mut dyn FnMut(&Lead) -> Option<NewEdit>,
    ) -> Result<Edited, StoreError> {
        self.write(|tx, buckets| outbox::edit_leads(tx, buckets, ids, edit))
    }

    /// Merges two leads that are one person, and shows that until the server has done it, too.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when one of them is not here.
    pub fn merge_leads(&self, merge: NewMerge) -> Result<Merged, StoreError> {
        self.write(|tx, buckets| outbox::merge::merge_leads(tx, buckets, merge))
    }

    /// Answers a lead: shown as a message, and kept until the server has it, too. The draft of the conversation goes. On disk
    /// when this returns, all of it or nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the conversation is not here; [`StoreError::AlreadyExists`] for the id of another
    /// message.
    pub fn reply(&self, reply: NewReply) -> Result<Applied, StoreError> {
        self.write(|tx, buckets| outbox::add_reply(tx, buckets, reply))
    }

    /// Takes a reply back that has certainly not left this device; its text is a draft again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also of one that may have left.
    pub fn take_back_reply(&self, id: OperationId) -> Result<Applied, StoreError> {
        self.write(|tx, buckets| outbox::take_back_reply(tx, buckets, id))
    }

    /// What waits and what was refused, in its order: at most `limit` from `offset`.
    pub fn list_outbox(&self, offset: u64, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        self.read(|db, _| outbox::list(db, offset, limit))
    }

    /// How much of it there is.
    pub fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> {
        self.read(|db, _| outbox::counts(db))
    }

    /// A refused act is to be sent again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn retry_operation(&self, id: OperationId) -> Result<Applied, StoreError> {
        self.write(|tx, buckets| outbox::retry(tx, buckets, id))
    }

    /// A refused act is given up, and what it did here taken back.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also of one that was not refused.
    pub fn discard_operation(&self, id: OperationId) -> Result<Applied, StoreError> {
        self.write_erasing(|tx, buckets| Ok((outbox::discard(tx, buckets, id)?, true)))
    }

    /// A refused act gives way to an edit of a lead, all of it or nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the act was not refused or is not there any more, or the lead is not here.
    pub fn replace_operation(&self, id: OperationId, lead_id: LeadId, edit: &NewEdit) -> Result<Edited, StoreError> {
        self.write_erasing(|tx, buckets| Ok((outbox::replace(tx, buckets, id, lead_id, edit)?, true)))
    }

    /// Fields that somebody else changed, too, over all leads: at most `limit` from `offset`.
    pub fn list_conflicts(&self, offset: u64, limit: u32) -> Result<Vec<ConflictRow>, StoreError> {
        self.read(|db, _| outbox::conflicts::list(db, offset, limit))
    }

    /// A conflict that was decided is to be decided again, unless there is another in its field by now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the lead is not here.
    pub fn restore_conflict(&self, conflict: &FieldConflict) -> Result<Applied, StoreError> {
        self.write(|tx, buckets| outbox::conflicts::restore(tx, buckets, conflict))
    }

    /// Somebody decided what the field is to hold.
    pub fn settle_conflict(&self, operation_id: OperationId, field: LeadField) -> Result<Applied, StoreError> {
        self.write(|tx, buckets| outbox::settle_conflict(tx, buckets, operation_id, field))
    }
}
