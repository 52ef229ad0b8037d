//! Merging two leads that are one person: seen before it is done, for it can't be undone.

use domain::{LeadEdit, LeadId, OperationId, Permission, unite_leads};
use store::{Merged, NewMerge};
use uuid::Uuid;

use crate::view::{DeskEvent, MergePreview};
use crate::{Desk, DeskError};

impl Desk {
    /// What a merge of `duplicate_id` into `lead_id` would do.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the cache can't be read; not found when one of them is gone.
    pub async fn preview_merge(&self, lead_id: LeadId, duplicate_id: LeadId) -> Result<MergePreview, DeskError> {
        let lead = self.get_lead_detail(lead_id).await?.lead;
        let duplicate = self.get_lead_detail(duplicate_id).await?;
        let united = unite_leads(&lead, &duplicate.lead);
        Ok(MergePreview {
            lead_id,
            duplicate_id,
            changes: united.as_ref().map(|united| LeadEdit::between(&lead, united).changes()).unwrap_or_default(),
            problem: united.err(),
            conversations: duplicate.conversations.len() as u64,
            lead_name: lead.name,
            duplicate_name: duplicate.lead.name,
        })
    }

    /// Merges `duplicate_id` into `lead_id`, here at once and on the server when it can be reached. Can't be undone.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::InvalidInput`] where [`Desk::preview_merge`] tells a problem; not found when
    /// one of them is gone; [`DeskError::Locked`], or the cache can't be written: then nothing was changed.
    pub async fn merge_leads(&self, lead_id: LeadId, duplicate_id: LeadId) -> Result<(), DeskError> {
        self.require(Permission::DeleteLeads).await?;
        let id = OperationId::from_uuid(Uuid::now_v7());
        let merge = NewMerge { id, at: self.inner.clock.now(), lead_id, duplicate_id };
        match self.query(move |cache| cache.merge_leads(merge)).await? {
            Merged::Done(applied) => {
                self.tell(DeskEvent::Changed(applied.into()));
                self.wake_sync();
                Ok(())
            }
            Merged::Impossible(_) => Err(DeskError::InvalidInput),
        }
    }
}
