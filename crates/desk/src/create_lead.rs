//! Adding a lead (B1, B2): here at once and on disk, sent when the server can be reached.

use domain::{Lead, LeadEdit, LeadId, LeadState, NewLead, OperationId, Permission, Phone};
use store::read::KnownLead;
use store::{LeadCreation, NewEdit};
use uuid::Uuid;

use crate::undo::Done;
use crate::view::{Acted, DeskEvent, LeadCreated};
use crate::{Desk, DeskError};

impl Desk {
    /// Adds a lead.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], also for a seller who adds another's; [`DeskError::InvalidInput`] for a value that no lead
    /// may have; [`DeskError::Locked`], or the cache can't be written: then nothing was added.
    pub async fn create_lead(&self, lead: NewLead) -> Result<LeadCreated, DeskError> {
        self.require(Permission::EditLeads).await?;
        let me = self.find_me().await?.ok_or(DeskError::Forbidden(Permission::EditLeads))?;
        if !me.role.may_add_for(me.id, lead.owner_id) {
            return Err(DeskError::Forbidden(Permission::EditLeads));
        }
        lead.check().map_err(|_| DeskError::InvalidInput)?;
        self.check_custom(lead.custom.clone()).await?;
        let lead_id = LeadId::from_uuid(Uuid::now_v7());
        let id = OperationId::from_uuid(Uuid::now_v7());
        let creation = LeadCreation { id, lead_id, at: self.inner.clock.now(), lead };
        let applied = self.query(move |cache| cache.create_leads(&[creation])).await?;
        self.tell(DeskEvent::Changed(applied.into()));
        self.wake_sync();
        Ok(LeadCreated { lead_id, undo: self.note_done(Done::Created(vec![lead_id]))? })
    }

    /// The lead that has this address or this number already, in any of its forms. What is no number (yet) is nobody's.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the cache can't be read.
    pub async fn find_known_lead(
        &self,
        email: Option<String>,
        phone: Option<String>,
    ) -> Result<Option<KnownLead>, DeskError> {
        let phone = phone.and_then(|phone| Phone::try_from(phone).ok());
        let keys = domain::ContactKey::of(email.as_deref(), phone.as_ref());
        let found = self.query(move |cache| cache.find_known_leads(&[keys])).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// Takes leads back that were added: without a trace while the server can't have heard of them, else they are deleted.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] where they can only be deleted, and the role may not.
    pub(crate) async fn take_leads_back(&self, ids: Vec<LeadId>) -> Result<Acted, DeskError> {
        let me = self.find_me().await?;
        let may_delete = me.is_some_and(|me| me.role.allows(Permission::DeleteLeads));
        let at = self.inner.clock.now();
        let back = self
            .query(move |cache| {
                cache.take_leads_back(&ids, &mut |lead| {
                    let id = OperationId::from_uuid(Uuid::now_v7());
                    may_delete.then(|| NewEdit { id, at, edit: deletion(lead) })
                })
            })
            .await?;
        self.tell(DeskEvent::Changed(back.applied.into()));
        self.wake_sync();
        let changed = back.removed + back.edited;
        match (changed, back.kept) {
            (0, 1..) => Err(DeskError::Forbidden(Permission::DeleteLeads)),
            _ => Ok(Acted { changed, undo: None }),
        }
    }
}

fn deletion(lead: &Lead) -> LeadEdit {
    LeadEdit::between(lead, &Lead { state: LeadState::Deleted, ..lead.clone() })
}
