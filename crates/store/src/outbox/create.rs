//! Leads that were added on this device: shown at once, sent in their order, and taken back as long as nobody heard of them.

use domain::{Lead, LeadId, NewLead, OperationId, UnixMs};
use rusqlite::{Connection, Transaction};
use uuid::Uuid;
use wire::operation::{Act, CreateLead, Operation};

use super::{Edited, NewEdit, edit_leads, show_again};
use crate::apply::{Buckets, Writing};
use crate::leads::find_lead;
use crate::table::lead_base::Base;
use crate::table::outbox::{self, ActState, Stored};
use crate::table::{lead, lead_base};
use crate::{Applied, StoreError};

/// A lead to be added. Its ids and time are the caller's, so that tests and simulations can repeat them.
#[derive(Debug, Clone)]
pub struct LeadCreation {
    pub id: OperationId,
    pub lead_id: LeadId,
    /// By this computer's clock.
    pub at: UnixMs,
    pub lead: NewLead,
}

/// What became of leads that were to be taken back.
#[derive(Debug, Clone, Default)]
pub struct TakenBack {
    pub applied: Applied,
    /// How many the server had not heard of: nothing is left of them.
    pub removed: u64,
    /// How many it may know, and that were edited therefore.
    pub edited: u64,
    /// How many it may know, and that stay as they are.
    pub kept: u64,
}

/// Adds leads and shows them.
pub(crate) fn create_leads(
    tx: &Transaction<'_>,
    buckets: &mut Buckets,
    creations: &[LeadCreation],
) -> Result<Applied, StoreError> {
    let mut writing = Writing::begin(tx, buckets, false)?;
    for LeadCreation { id, lead_id, at, lead: new } in creations {
        if find_lead(tx, *lead_id)?.is_some() {
            return Err(StoreError::AlreadyExists);
        }
        let act = Act::CreateLead(Box::new(CreateLead { lead_id: *lead_id, lead: new.clone() }));
        outbox::append(tx, &Operation { id: *id, at: *at, act })?;
        lead_base::set_not_told(tx, *lead_id)?;
        lead::show(&mut writing, &new.clone().into_lead(*lead_id, *at))?;
        writing.applied.outbox = true;
    }
    Ok(writing.finish()?.0)
}

/// A lead as it was added here, while the server has not told of it; nothing when the act is not here (any more).
pub(super) fn find_created(db: &Connection, id: LeadId) -> Result<Option<Lead>, StoreError> {
    for Stored { operation: Operation { at, act, .. }, .. } in outbox::list_of(db, id.as_uuid())? {
        if let Act::CreateLead(created) = act {
            return Ok(Some(created.lead.into_lead(id, at)));
        }
    }
    Ok(None)
}

/// A lead that the server has not told of goes, with all that was done to it here.
pub(super) fn erase_created(writing: &mut Writing<'_>, id: LeadId) -> Result<Vec<Uuid>, StoreError> {
    let mut targets = Vec::new();
    for act in outbox::list_of(writing.tx, id.as_uuid())? {
        outbox::erase(writing.tx, act.operation.id)?;
        // A merge is about another lead, too.
        targets.extend(act.operation.act.targets());
    }
    lead::erase(writing, id)?;
    writing.has_erased = true;
    targets.retain(|target| target != id.as_uuid());
    Ok(targets)
}

/// Takes back leads that were added here: one that the server can't have heard of goes without a trace, of another `make`
/// says what is to be done to it. `sent_through` is the last act that was handed out to be sent.
pub(crate) fn take_back(
    tx: &Transaction<'_>,
    buckets: &mut Buckets,
    ids: &[LeadId],
    sent_through: i64,
    make: &mut dyn FnMut(&Lead) -> Option<NewEdit>,
) -> Result<TakenBack, StoreError> {
    let mut back = TakenBack::default();
    let mut heard_of = Vec::new();
    let mut writing = Writing::begin(tx, buckets, false)?;
    let mut others = Vec::new();
    for id in ids {
        if is_unheard_of(tx, *id, sent_through)? {
            others.extend(erase_created(&mut writing, *id)?);
            writing.applied.outbox = true;
            back.removed += 1;
        } else {
            heard_of.push(*id);
        }
    }
    show_again(&mut writing, others)?;
    back.applied = writing.finish()?.0;
    let mut kept = 0;
    let Edited { applied, leads, .. } = edit_leads(tx, buckets, &heard_of, &mut |lead| {
        let edit = make(lead);
        kept += u64::from(edit.is_none());
        edit
    })?;
    back.kept = kept;
    back.edited = leads.len() as u64;
    back.applied = back.applied.union(applied);
    Ok(back)
}

/// Whether nothing of what was done to the lead was ever handed out.
fn is_unheard_of(db: &Connection, id: LeadId, sent_through: i64) -> Result<bool, StoreError> {
    if !matches!(lead_base::find(db, id)?, Base::NotTold) {
        return Ok(false);
    }
    let place = outbox::find_place_of_creation(db, id)?;
    Ok(place.is_some_and(|(n, state)| state == ActState::Waiting && n > sent_through))
}

/// In a cache that was made anew: shows the leads that were added here, with what was done to them. The server tells all others.
pub(crate) fn show_created(tx: &Transaction<'_>, buckets: &mut Buckets) -> Result<(), StoreError> {
    let mut added = Vec::new();
    for state in [ActState::Waiting, ActState::Refused] {
        outbox::each_in(tx, state, |stored| {
            added.extend(stored.operation.act.created_lead());
            Ok(())
        })?;
    }
    let mut writing = Writing::begin(tx, buckets, false)?;
    for id in &added {
        lead_base::set_not_told(tx, *id)?;
    }
    show_again(&mut writing, added.iter().map(|id| *id.as_uuid()))?;
    writing.finish()?;
    Ok(())
}

/// A lead that was added here and is to be shown while a server that was put back has not told of it again.
pub(super) fn keep_created(tx: &Transaction<'_>, stored: &Stored) -> Result<(), StoreError> {
    if let Some(id) = stored.operation.act.created_lead()
        && find_lead(tx, id)?.is_some()
    {
        lead_base::set_not_told(tx, id)?;
    }
    Ok(())
}
