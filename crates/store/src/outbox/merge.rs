//! Two leads that are one person, merged on this device.
//!
//! What the lead takes over is stored with the act as an edit, made of the two as they were shown: so it is shown by the
//! rule of edits, and once, also while the server has merged already and this device has not heard of it. What hangs on the
//! duplicate stays its own in what the server told; its conversations are shown under the lead meanwhile.

use std::collections::BTreeSet;

use domain::{Edited, LeadEdit, LeadId, LeadState, MergeProblem, OperationId, UnixMs, merge_lead, unite_leads};
use rusqlite::{Connection, Transaction};
use wire::operation::{Act, MergeLeads, Operation};

use super::{finish, patched};
use crate::apply::{Buckets, Writing};
use crate::leads::find_lead;
use crate::read::PendingMerge;
use crate::table::outbox::{ActState, Stored};
use crate::table::{conversation, lead as lead_table, lead_base, outbox};
use crate::{Applied, StoreError};

/// A merge to be made. Its id and time are the caller's, so that tests and simulations can repeat them.
#[derive(Debug, Clone, Copy)]
pub struct NewMerge {
    pub id: OperationId,
    /// By this computer's clock.
    pub at: UnixMs,
    pub lead_id: LeadId,
    pub duplicate_id: LeadId,
}

/// What a merge came to.
#[derive(Debug, Clone)]
pub enum Merged {
    Done(Applied),
    /// Nothing was done.
    Impossible(MergeProblem),
}

/// Merges two leads that are here.
pub(crate) fn merge_leads(tx: &Transaction<'_>, buckets: &mut Buckets, merge: NewMerge) -> Result<Merged, StoreError> {
    let NewMerge { id, at, lead_id, duplicate_id } = merge;
    let lead = find_lead(tx, lead_id)?.ok_or(StoreError::NotFound)?;
    let duplicate = find_lead(tx, duplicate_id)?.ok_or(StoreError::NotFound)?;
    let united = match unite_leads(&lead, &duplicate) {
        Ok(united) => united,
        Err(problem) => return Ok(Merged::Impossible(problem)),
    };
    let mut writing = Writing::begin(tx, buckets, false)?;
    for shown in [&lead, &duplicate] {
        lead_base::keep(tx, shown)?;
    }
    outbox::append(tx, &Operation { id, at, act: Act::MergeLeads(MergeLeads { lead_id, duplicate_id }) })?;
    writing.has_acts = true;
    let taken_over = LeadEdit::between(&lead, &united);
    outbox::set_shown(tx, id, &taken_over)?;
    for (shown, edit) in [(&lead, taken_over), (&duplicate, gone())] {
        let after = patched(shown, merge_lead(edit, at, shown, None).patch, at);
        lead_table::show(&mut writing, &after)?;
    }
    show_conversations(&mut writing, duplicate_id)?;
    Ok(Merged::Done(finish(writing)?))
}

/// What a merge makes of the duplicate, whatever its state was.
pub(super) fn gone() -> LeadEdit {
    LeadEdit { state: Some(Edited { from: LeadState::Active, to: LeadState::Deleted }), ..LeadEdit::default() }
}

/// The lead that one has become by the merges that are shown on top of what the server told: itself, if by none.
pub(crate) fn survivor_of(db: &Connection, id: LeadId) -> Result<LeadId, StoreError> {
    let mut survivor = id;
    // Each is somebody's duplicate at most once: a lead that was restored and merged again ends what was before.
    let mut met = BTreeSet::from([id]);
    while let Some(next) = merged_into(db, survivor)? {
        if !met.insert(next) {
            break;
        }
        survivor = next;
    }
    Ok(survivor)
}

/// By the last merge that is shown.
fn merged_into(db: &Connection, id: LeadId) -> Result<Option<LeadId>, StoreError> {
    let shown = list_shown(db, id)?;
    Ok(shown.into_iter().rfind(|(_, act)| act.duplicate_id == id).map(|(_, act)| act.lead_id))
}

/// Merges on a lead that are shown on top of what the server told.
fn list_shown(db: &Connection, id: LeadId) -> Result<Vec<(Stored, MergeLeads)>, StoreError> {
    let acts = outbox::list_of(db, id.as_uuid())?.into_iter().filter(|stored| stored.state.is_shown());
    Ok(acts.filter_map(|stored| stored.operation.act.as_merge().map(|act| (stored, act))).collect())
}

/// The same as a lead's page tells them.
pub(crate) fn list_pending(db: &Connection, id: LeadId) -> Result<Vec<PendingMerge>, StoreError> {
    let mut pending = Vec::new();
    for (stored, MergeLeads { lead_id, duplicate_id }) in list_shown(db, id)? {
        let is_duplicate = duplicate_id == id;
        let other_id = if is_duplicate { lead_id } else { duplicate_id };
        let other_name = find_lead(db, other_id)?.map(|lead| lead.name);
        pending.push(PendingMerge {
            operation_id: stored.operation.id,
            is_duplicate,
            is_refused: stored.state == ActState::Refused,
            other_id,
            other_name,
        });
    }
    Ok(pending)
}

/// Shows the conversations of a lead, and of those that were merged into it, where they belong by now.
pub(super) fn show_conversations(writing: &mut Writing<'_>, id: LeadId) -> Result<(), StoreError> {
    let mut left = vec![id];
    let mut met = BTreeSet::new();
    while let Some(id) = left.pop() {
        if !met.insert(id) {
            continue;
        }
        conversation::show_again(writing, id)?;
        let acts = outbox::list_of(writing.tx, id.as_uuid())?;
        let merges = acts.iter().filter_map(|stored| stored.operation.act.as_merge());
        left.extend(merges.filter(|act| act.lead_id == id).map(|act| act.duplicate_id));
    }
    Ok(())
}
