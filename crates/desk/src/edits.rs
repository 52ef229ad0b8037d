//! Editing leads (B2, B3): done here at once and on disk, sent when the server can be reached.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::PoisonError;

use domain::{Lead, LeadEdit, LeadField, LeadId, LeadState, OperationId, Permission, UnixMs};
use store::read::FieldConflict;
use store::{Edited, NewEdit};
use uuid::Uuid;

use crate::undo::Done;
use crate::view::{Acted, BulkChange, ConflictChoice, DeskEvent, ExportScope};
use crate::{Desk, DeskError};

/// Leads that one act may change: more than anybody selects, and few enough to be one transaction.
const MAX_LEADS: usize = 10_000;

impl Desk {
    /// Edits a lead: each field from what its editor saw to what they made of it. What somebody else changed meanwhile is
    /// merged as the server merges it.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::InvalidInput`] for a value that no lead may have; not found when the lead is
    /// gone; [`DeskError::Locked`], or the cache can't be written: then nothing was changed.
    pub async fn edit_lead(&self, id: LeadId, edit: LeadEdit) -> Result<Acted, DeskError> {
        let edited = self.edit_checked(id, edit).await?;
        self.acted(edited)
    }

    /// Puts an edit of a lead in the place of a refused act, all of it or nothing.
    ///
    /// # Errors
    /// As [`Desk::edit_lead`]; not found also when the act was not refused, or is not there any more.
    pub async fn replace_act(&self, act: OperationId, id: LeadId, edit: LeadEdit) -> Result<Acted, DeskError> {
        self.check_edit(&edit).await?;
        let edit = new_edit(edit, self.inner.clock.now());
        let edited = self.query(move |cache| cache.replace_operation(act, id, &edit)).await?;
        self.tell(DeskEvent::Changed(edited.applied.into()));
        // Those that waited for it can go now, too.
        self.wake_sync();
        self.acted(edited)
    }

    /// Refuses what no lead may hold, and what this member may not do.
    async fn check_edit(&self, edit: &LeadEdit) -> Result<(), DeskError> {
        self.require(Permission::EditLeads).await?;
        edit.wanted().check().map_err(|_| DeskError::InvalidInput)?;
        let values = edit.custom.iter().filter_map(|(id, edited)| Some((*id, edited.to.clone()?))).collect();
        self.check_custom(values).await?;
        if let Some(state) = &edit.state {
            self.require(LeadState::permission(state.from, state.to)).await?;
        }
        Ok(())
    }

    async fn edit_checked(&self, id: LeadId, edit: LeadEdit) -> Result<Edited, DeskError> {
        self.check_edit(&edit).await?;
        let edited = self.edit_each(vec![id], move |_| Some(edit.clone())).await?;
        if edited.missing > 0 { Err(store::StoreError::NotFound.into()) } else { Ok(edited) }
    }

    /// Makes the same change to many leads, all of it or nothing. Those that are gone, or are so already, or that one may not
    /// bring back, are passed over.
    ///
    /// # Errors
    /// As [`Desk::edit_lead`]; [`DeskError::InvalidInput`] also for more than [`MAX_LEADS`].
    pub async fn change_leads(&self, scope: ExportScope, change: BulkChange) -> Result<Acted, DeskError> {
        self.require(Permission::BulkEditLeads).await?;
        if let BulkChange::State(to) = change {
            self.require(LeadState::permission(LeadState::Active, to)).await?;
        }
        let may_restore = self.require(Permission::DeleteLeads).await.is_ok();
        let ids = self.list_ids(scope).await?;
        let edited = self.edit_each(ids, move |lead| bulk_edit(lead, &change, may_restore)).await?;
        self.acted(edited)
    }

    /// Takes an act back, as far as nobody has changed the same fields since.
    ///
    /// # Errors
    /// As [`Desk::edit_lead`]; not found for an act that can't be taken back (any more).
    pub async fn undo(&self, act: Uuid) -> Result<Acted, DeskError> {
        let open = self.open()?;
        let done = open.undo.lock().unwrap_or_else(PoisonError::into_inner).take(act);
        let done = done.ok_or(DeskError::Store(store::StoreError::NotFound))?;
        let (edits, settled) = match done {
            Done::Created(leads) => return self.take_leads_back(leads).await,
            Done::Edited(edits) => (edits, None),
            Done::Decided(edits, conflict) => (edits, Some(conflict)),
        };
        let edits: HashMap<LeadId, LeadEdit> = edits.into_iter().map(|(id, edit)| (id, edit.reversed())).collect();
        let ids = edits.keys().copied().collect();
        let edited = self.edit_each(ids, move |lead| edits.get(&lead.id).cloned()).await?;
        let mut changed = edited.leads.len() as u64;
        if let Some(conflict) = settled {
            let applied = self.query(move |cache| cache.restore_conflict(&conflict)).await?;
            self.tell(DeskEvent::Changed(applied.into()));
            changed = changed.max(1);
        }
        Ok(Acted { changed, undo: None })
    }

    /// Decides which of two values a field is to hold. Taken back, it is to be decided again.
    ///
    /// # Errors
    /// As [`Desk::edit_lead`]; not found when it was decided already; [`DeskError::InvalidInput`] for both of what can't
    /// be joined.
    pub async fn settle_conflict(
        &self,
        lead_id: LeadId,
        operation_id: OperationId,
        field: LeadField,
        choice: ConflictChoice,
    ) -> Result<Acted, DeskError> {
        self.require(Permission::EditLeads).await?;
        let detail = self.get_lead_detail(lead_id).await?;
        let is_it = |conflict: &FieldConflict| conflict.operation_id == operation_id && conflict.field == field;
        let conflict = detail.conflicts.into_iter().find(is_it).ok_or(store::StoreError::NotFound)?;
        let mut edits = Vec::new();
        if choice != ConflictChoice::Theirs {
            let wanted = decided(&detail.lead, &conflict, choice).ok_or(DeskError::InvalidInput)?;
            edits = self.edit_checked(lead_id, LeadEdit::between(&detail.lead, &wanted)).await?.leads;
        }
        let applied = self.query(move |cache| cache.settle_conflict(operation_id, field)).await?;
        self.tell(DeskEvent::Changed(applied.into()));
        Ok(Acted { changed: edits.len() as u64, undo: self.note_done(Done::Decided(edits, conflict))? })
    }

    /// Edits leads in one transaction, tells the window and wakes the sync.
    async fn edit_each(
        &self,
        ids: Vec<LeadId>,
        mut make: impl FnMut(&Lead) -> Option<LeadEdit> + Send + 'static,
    ) -> Result<Edited, DeskError> {
        let at = self.inner.clock.now();
        let edited =
            self.query(move |cache| cache.edit_leads(&ids, &mut |lead| Some(new_edit(make(lead)?, at)))).await?;
        self.tell(DeskEvent::Changed(edited.applied.into()));
        self.wake_sync();
        Ok(edited)
    }

    fn acted(&self, Edited { leads, .. }: Edited) -> Result<Acted, DeskError> {
        Ok(Acted { changed: leads.len() as u64, undo: self.note_done(Done::Edited(leads))? })
    }

    /// Remembers an act, so that it can be taken back; gives the name to take it back by, if it did anything.
    pub(crate) fn note_done(&self, done: Done) -> Result<Option<Uuid>, DeskError> {
        Ok(self.open()?.undo.lock().unwrap_or_else(PoisonError::into_inner).note(done))
    }

    async fn list_ids(&self, scope: ExportScope) -> Result<Vec<LeadId>, DeskError> {
        let ids = self
            .query(move |cache| {
                let mut ids = Vec::new();
                cache.for_each_lead(scope.as_store(), &mut |lead| {
                    ids.push(lead.lead.id);
                    if ids.len() > MAX_LEADS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                })?;
                Ok(ids)
            })
            .await?;
        if ids.len() > MAX_LEADS { Err(DeskError::InvalidInput) } else { Ok(ids) }
    }

    /// There is something to send. Where nothing syncs, whoever opens the desk next sends it.
    pub(crate) fn wake_sync(&self) {
        if let Ok(open) = self.open() {
            open.acted.notify_one();
            if let Some(engine) = &open.engine {
                engine.wake();
            }
        }
    }
}

fn new_edit(edit: LeadEdit, at: UnixMs) -> NewEdit {
    NewEdit { id: OperationId::from_uuid(Uuid::now_v7()), at, edit }
}

/// What the change makes of a lead; nothing of a deleted one for who may not restore it.
fn bulk_edit(lead: &Lead, change: &BulkChange, may_restore: bool) -> Option<LeadEdit> {
    let mut after = lead.clone();
    match change {
        BulkChange::Stage(stage_id) => after.stage_id = *stage_id,
        BulkChange::Owner(owner_id) => after.owner_id = *owner_id,
        BulkChange::AddTags(tags) => {
            let new = tags.iter().filter(|tag| !lead.tags.contains(tag));
            after.tags.extend(new.cloned());
        }
        BulkChange::RemoveTags(tags) => after.tags.retain(|tag| !tags.contains(tag)),
        BulkChange::State(_) if lead.state == LeadState::Deleted && !may_restore => return None,
        BulkChange::State(state) => after.state = *state,
    }
    Some(LeadEdit::between(lead, &after))
}

/// The lead with the conflict decided; nothing where both can't be had.
fn decided(lead: &Lead, conflict: &FieldConflict, choice: ConflictChoice) -> Option<Lead> {
    use domain::FieldValue::{Custom, Money, Owner, Stage, State, Tags, Text};
    let mut wanted = lead.clone();
    if choice == ConflictChoice::Both {
        let Text(Some(yours)) = &conflict.yours else { return None };
        if conflict.field != LeadField::Notes {
            return None;
        }
        wanted.notes = format!("{}\n\n{yours}", lead.notes);
        return Some(wanted);
    }
    match (conflict.field, conflict.yours.clone()) {
        (LeadField::Name, Text(Some(name))) => wanted.name = name,
        (LeadField::Email, Text(email)) => wanted.email = email,
        (LeadField::Phone, Text(None)) => wanted.phone = None,
        (LeadField::Phone, Text(Some(phone))) => wanted.phone = Some(phone.try_into().ok()?),
        (LeadField::Notes, Text(Some(notes))) => wanted.notes = notes,
        (LeadField::StageId, Stage(id)) => wanted.stage_id = id,
        (LeadField::OwnerId, Owner(id)) => wanted.owner_id = id,
        (LeadField::Tags, Tags(tags)) => wanted.tags = tags,
        (LeadField::ValueMinor, Money(value)) => wanted.value_minor = value,
        (LeadField::State, State(state)) => wanted.state = state,
        (LeadField::Custom(id), Custom(Some(value))) => {
            wanted.custom.insert(id, value);
        }
        (LeadField::Custom(id), Custom(None)) => {
            wanted.custom.remove(&id);
        }
        _ => return None,
    }
    Some(wanted)
}
