//! What was done on this device and has to reach the server: what goes in, what is sent next, what became of it.
//!
//! An act is in the outbox in the same transaction that shows it. It stays until the server has told what became of it
//! *and* a pull that began after that has ended: until then the row that the server tells may be one from before the act,
//! and the act is shown on top of it. Then it is kept for a week more, because a server may be put back to a state from
//! before it; nothing shows it any more.

pub(crate) mod conflicts;
mod create;
pub(crate) mod merge;
mod reply;

use std::collections::BTreeSet;

use domain::{
    ConversationId, FieldOutcome, FieldResult, Lead, LeadEdit, LeadField, LeadId, LeadPatch, OperationId, UnixMs,
    merge_lead,
};
use rusqlite::{Connection, Transaction};
use uuid::Uuid;
use wire::operation::{Act, ChainHead, EditLead, MergeLeads, Operation, Reply};

use crate::apply::{Buckets, Writing};
use crate::leads::find_lead;
use crate::read::{OutboxAct, OutboxCounts, OutboxRefusal, OutboxRow, OutboxState};
use crate::table::lead_base::Base;
use crate::table::outbox::{self, ActState, Stored};
use crate::table::{chain, conflict, lead, lead_base, sync_state};
use crate::{Applied, StoreError, inbox};

pub use create::{LeadCreation, TakenBack};
pub(crate) use create::{create_leads, show_created, take_back};
pub use reply::NewReply;
pub(crate) use reply::{
    add as add_reply, list_unsent as list_unsent_replies, next_to_send, take_back as take_back_reply,
    upsert_told as upsert_told_conversation,
};

/// Acts that are settled in one transaction: few enough that nobody waits for it.
const SETTLED_AT_ONCE: u32 = 1_000;
/// How long an act that was done is kept, in ms: as long as a server is likely to be put back to before it.
const KEPT_MS: i64 = 8 * 24 * 60 * 60 * 1_000;

/// What the server said of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is done; with what became of each field of an edited lead.
    Done(Vec<FieldResult>),
    Refused(OutboxRefusal),
}

/// An edit to be made. Its id and time are the caller's, so that tests and simulations can repeat them.
#[derive(Debug, Clone)]
pub struct NewEdit {
    pub id: OperationId,
    /// By this computer's clock.
    pub at: UnixMs,
    pub edit: LeadEdit,
}

/// What edits came to.
#[derive(Debug, Clone, Default)]
pub struct Edited {
    pub applied: Applied,
    /// The leads that are other than before, each with the edit from what it was to what it is.
    pub leads: Vec<(LeadId, LeadEdit)>,
    /// How many of them are not here (any more).
    pub missing: u64,
}

/// Adds the edits that `make` makes of leads as they are shown, and shows them.
pub(crate) fn edit_leads(
    tx: &Transaction<'_>,
    buckets: &mut Buckets,
    ids: &[LeadId],
    make: &mut dyn FnMut(&Lead) -> Option<NewEdit>,
) -> Result<Edited, StoreError> {
    let mut writing = Writing::begin(tx, buckets, false)?;
    let mut edited = Edited::default();
    for id in ids {
        let Some(shown) = find_lead(tx, *id)? else {
            edited.missing += 1;
            continue;
        };
        let Some(NewEdit { id: operation_id, at, edit }) = make(&shown) else { continue };
        let merge = merge_lead(edit.clone(), at, &shown, None);
        if merge.fields.iter().all(|field| field.outcome == FieldOutcome::Same) {
            continue;
        }
        let after = patched(&shown, merge.patch, at);
        lead_base::keep(tx, &shown)?;
        let act = Act::EditLead(Box::new(EditLead { lead_id: *id, edit }));
        outbox::append(tx, &Operation { id: operation_id, at, act })?;
        lead::show(&mut writing, &after)?;
        writing.applied.outbox = true;
        edited.leads.push((*id, LeadEdit::between(&shown, &after)));
    }
    (edited.applied, _) = writing.finish()?;
    Ok(edited)
}

/// The lead as an edit of `at` has left it.
fn patched(shown: &Lead, patch: LeadPatch, at: UnixMs) -> Lead {
    if patch == LeadPatch::default() {
        return shown.clone();
    }
    let mut after = shown.clone().patched(patch);
    after.last_activity_at = after.last_activity_at.max(at);
    after
}

/// The server told a lead: with the acts of this device on top, where there are some.
pub(crate) fn upsert_told(writing: &mut Writing<'_>, told: &Lead) -> Result<(), StoreError> {
    if !writing.has_acts || !outbox::has_unsettled(writing.tx, told.id.as_uuid())? {
        return lead::upsert(writing, told);
    }
    lead_base::set(writing.tx, told)?;
    let shown = with_acts(writing, told.clone())?;
    lead::upsert(writing, &shown)
}

/// A lead as the server told it, with the acts that are not in it.
fn with_acts(writing: &Writing<'_>, told: Lead) -> Result<Lead, StoreError> {
    let mut shown = told;
    // What settles is in it, but where nothing was told since.
    let is_old = lead_base::is_old(writing.tx, shown.id)?;
    for stored in outbox::list_of(writing.tx, shown.id.as_uuid())? {
        if (stored.state.is_shown() || is_old && stored.state == ActState::Settling)
            && let Some(edit) = edit_of(&stored, shown.id)
        {
            let at = stored.operation.at;
            shown = patched(&shown, merge_lead(edit, at, &shown, None).patch, at);
        }
    }
    Ok(shown)
}

/// What an act makes of a lead that it is about, as an edit.
fn edit_of(stored: &Stored, id: LeadId) -> Option<LeadEdit> {
    match &stored.operation.act {
        Act::EditLead(act) => Some(act.edit.clone()),
        Act::MergeLeads(act) if act.duplicate_id == id => Some(merge::gone()),
        Act::MergeLeads(_) => stored.shown.clone(),
        Act::CreateLead(_) | Act::Reply(_) => None,
    }
}

/// Shows leads and conversations anew after something became of acts on them, and forgets what the server told of those that
/// have none left.
fn show_again(writing: &mut Writing<'_>, targets: impl IntoIterator<Item = Uuid>) -> Result<(), StoreError> {
    for target in targets {
        reply::show_again(writing, ConversationId::from_uuid(target))?;
        let id = LeadId::from_uuid(target);
        let base = match lead_base::find(writing.tx, id)? {
            Base::Told(told) => Some(*told),
            Base::NotTold => create::find_created(writing.tx, id)?,
            Base::None => None,
        };
        if let Some(base) = base {
            let shown = with_acts(writing, base)?;
            // Of many that come back at once, most are what they are shown as.
            if find_lead(writing.tx, id)?.as_ref() != Some(&shown) {
                lead::show(writing, &shown)?;
            }
        }
        merge::show_conversations(writing, id)?;
        if !outbox::has_unsettled(writing.tx, id.as_uuid())? {
            lead_base::erase(writing.tx, id)?;
        }
    }
    Ok(())
}

/// Acts to send next, in their order: at most `limit`, and of one behind a refused one none. As JSON no more than
/// `max_bytes`, unless that is a single one. With the place of the last.
pub(crate) fn next(db: &Connection, limit: usize, max_bytes: usize) -> Result<(Vec<Operation>, i64), StoreError> {
    let held = outbox::list_held(db)?;
    let mut operations = Vec::new();
    let (mut bytes, mut last) = (0, 0);
    outbox::each_waiting(db, |stored, n, act_bytes| {
        if !held.contains(&stored.operation.id) {
            bytes += act_bytes;
            if !operations.is_empty() && bytes > max_bytes {
                return false;
            }
            operations.push(stored.operation);
            last = n;
        }
        operations.len() < limit
    })?;
    Ok((operations, last))
}

/// Stores what the server said of acts. What is not in the outbox (any more) is passed over.
pub(crate) fn judge(
    tx: &Transaction<'_>,
    buckets: &mut Buckets,
    verdicts: &[(OperationId, Verdict)],
    epoch: &str,
) -> Result<Applied, StoreError> {
    // Before: what was just done is of the run that was just told.
    note_server_epoch(tx, epoch)?;
    let mut writing = Writing::begin(tx, buckets, false)?;
    for (id, verdict) in verdicts {
        let Some(stored) = outbox::find(tx, *id)?.filter(|stored| stored.state == ActState::Waiting) else { continue };
        note_thread(&mut writing, &stored.operation.act);
        match verdict {
            Verdict::Done(fields) => {
                outbox::set_state(tx, *id, ActState::Done)?;
                if let Some(EditLead { lead_id, edit }) = stored.operation.act.as_edit() {
                    conflict::note(tx, &stored.operation, *lead_id, edit, fields)?;
                }
            }
            Verdict::Refused(refusal) => outbox::refuse(tx, *id, refusal)?,
        }
    }
    finish(writing)
}

/// Whether [`begin_pull`] has anything to do.
pub(crate) fn has_done(db: &Connection) -> Result<bool, StoreError> {
    outbox::has(db, ActState::Done)
}

/// A pull begins: what it tells is from after the acts that were done by now.
pub(crate) fn begin_pull(tx: &Transaction<'_>) -> Result<(), StoreError> {
    lead_base::age_targets_of(tx, ActState::Done)?;
    outbox::move_all(tx, ActState::Done, ActState::Settling)
}

/// Whether [`end_pull`] has anything to do.
pub(crate) fn has_settling(db: &Connection, now: UnixMs) -> Result<bool, StoreError> {
    Ok(outbox::has(db, ActState::Settling)? || outbox::has_kept(db, now.plus_ms(-KEPT_MS))?)
}

/// The pull has told all: what had been done when it began is in what it told. A part of it; [`has_settling`] says whether
/// there is more. Also tells whether anything was erased.
pub(crate) fn end_pull(
    tx: &Transaction<'_>,
    buckets: &mut Buckets,
    now: UnixMs,
) -> Result<(Applied, bool), StoreError> {
    let mut writing = Writing::begin(tx, buckets, false)?;
    let mut targets = BTreeSet::new();
    let mut created = BTreeSet::new();
    for stored in outbox::keep_settled(tx, SETTLED_AT_ONCE)? {
        targets.extend(stored.operation.act.targets());
        created.extend(stored.operation.act.created_lead());
        // As below.
        if let Act::Reply(act) = &stored.operation.act {
            reply::forget_own(&mut writing, act.message_id)?;
        }
    }
    for id in created {
        // It was done, all has been told, and it was not told of: it is out of this member's sight.
        if matches!(lead_base::find(tx, id)?, Base::NotTold) {
            lead::erase(&mut writing, id)?;
            writing.has_erased = true;
        }
    }
    writing.applied.outbox = !targets.is_empty();
    writing.applied.leads |= !targets.is_empty();
    show_again(&mut writing, targets)?;
    if outbox::has_kept(tx, now.plus_ms(-KEPT_MS))? && outbox::forget_kept(tx, now.plus_ms(-KEPT_MS))? {
        chain::forget_old(tx)?;
        writing.has_erased = true;
    }
    writing.finish()
}

/// Notes the run of the server's changes that something is of; when it is another one than before, [`send_again`].
pub(crate) fn note_server_epoch(tx: &Transaction<'_>, told: &str) -> Result<(), StoreError> {
    if sync_state::note_server_epoch(tx, told)? { send_again(tx) } else { Ok(()) }
}

/// The server is from before what it was told, it may be: what was done lately is to be sent again. Its ids tell the server
/// what it knows of it already.
pub(crate) fn send_again(tx: &Transaction<'_>) -> Result<(), StoreError> {
    outbox::each_in(tx, ActState::Kept, |stored| {
        for id in stored.operation.act.leads() {
            if let Some(shown) = find_lead(tx, id)? {
                lead_base::keep(tx, &shown)?;
            }
        }
        Ok(())
    })?;
    for state in [ActState::Waiting, ActState::Done, ActState::Settling, ActState::Kept] {
        outbox::each_in(tx, state, |stored| create::keep_created(tx, &stored))?;
    }
    for state in [ActState::Waiting, ActState::Done, ActState::Settling, ActState::Refused, ActState::Kept] {
        outbox::each_in(tx, state, |stored| match &stored.operation.act {
            Act::Reply(act) => reply::own_again(tx, stored.operation.id, act),
            _ => Ok(()),
        })?;
    }
    for state in [ActState::Kept, ActState::Settling, ActState::Done] {
        outbox::move_all(tx, state, ActState::Waiting)?;
    }
    Ok(())
}

/// An older copy of the cache was put back: goes on after what is known of it elsewhere. What was done lately is to be sent
/// again, since it may not be what the copy takes it for. Gives the number of acts that are not in it.
pub(crate) fn resume(tx: &Transaction<'_>, known: &ChainHead) -> Result<u64, StoreError> {
    send_again(tx)?;
    chain::resume(tx, known)
}

/// A refused act is to be tried again.
pub(crate) fn retry(tx: &Transaction<'_>, buckets: &mut Buckets, id: OperationId) -> Result<Applied, StoreError> {
    let mut writing = Writing::begin(tx, buckets, false)?;
    let stored = outbox::find(tx, id)?.ok_or(StoreError::NotFound)?;
    note_thread(&mut writing, &stored.operation.act);
    if stored.state == ActState::Refused {
        outbox::set_state(tx, id, ActState::Waiting)?;
    }
    finish(writing)
}

/// A refused act is given up, on somebody's word: what it did here goes.
pub(crate) fn discard(tx: &Transaction<'_>, buckets: &mut Buckets, id: OperationId) -> Result<Applied, StoreError> {
    let mut writing = Writing::begin(tx, buckets, false)?;
    let stored =
        outbox::find(tx, id)?.filter(|stored| stored.state == ActState::Refused).ok_or(StoreError::NotFound)?;
    outbox::erase(tx, id)?;
    writing.has_erased = true;
    let mut targets = stored.operation.act.targets();
    if let Some(id) = stored.operation.act.created_lead()
        && matches!(lead_base::find(tx, id)?, Base::NotTold)
    {
        // Nothing can be done to a lead that there never was.
        targets = create::erase_created(&mut writing, id)?;
    }
    if let Act::Reply(act) = &stored.operation.act {
        reply::forget_own(&mut writing, act.message_id)?;
    }
    show_again(&mut writing, targets)?;
    finish(writing)
}

/// A refused act gives way to what is made of it now: an edit of a lead, at the end of what was done here.
///
/// # Errors
/// [`StoreError::NotFound`] when the act is not there, or was not refused, or the lead is not here.
pub(crate) fn replace(
    tx: &Transaction<'_>,
    buckets: &mut Buckets,
    id: OperationId,
    lead_id: LeadId,
    edit: &NewEdit,
) -> Result<Edited, StoreError> {
    let discarded = discard(tx, buckets, id)?;
    let mut edited = edit_leads(tx, buckets, &[lead_id], &mut |_| Some(edit.clone()))?;
    if edited.missing > 0 {
        return Err(StoreError::NotFound);
    }
    edited.applied = edited.applied.union(discarded);
    Ok(edited)
}

/// Somebody decided a conflict.
pub(crate) fn settle_conflict(
    tx: &Transaction<'_>,
    buckets: &mut Buckets,
    operation_id: OperationId,
    field: LeadField,
) -> Result<Applied, StoreError> {
    let writing = Writing::begin(tx, buckets, false)?;
    conflict::erase(tx, operation_id, field)?;
    finish(writing)
}

/// A thread shows of each reply where it stands.
fn note_thread(writing: &mut Writing<'_>, act: &Act) {
    writing.applied.messages |= matches!(act, Act::Reply(_));
}

fn finish(mut writing: Writing<'_>) -> Result<Applied, StoreError> {
    writing.applied.outbox = true;
    // The lead's page shows what waits.
    writing.applied.leads = true;
    Ok(writing.finish()?.0)
}

/// How much there is to look after.
pub(crate) fn counts(db: &Connection) -> Result<OutboxCounts, StoreError> {
    Ok(OutboxCounts {
        waiting: outbox::count_of(db, ActState::Waiting)?,
        refused: outbox::count_of(db, ActState::Refused)?,
        conflicts: conflicts::count(db)?,
    })
}

/// What waits and what was refused, in its order: at most `limit` from `offset`.
pub(crate) fn list(db: &Connection, offset: u64, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
    let held = outbox::list_held(db)?;
    let mut rows = Vec::new();
    for stored in outbox::list_open(db, offset, limit)? {
        let state = match stored.state {
            ActState::Refused => OutboxState::Refused(stored.refusal.clone().ok_or(StoreError::Damaged)?),
            _ if held.contains(&stored.operation.id) => OutboxState::Held,
            _ => OutboxState::Waiting,
        };
        let Operation { id, at, act } = stored.operation;
        let name_of = |id| Ok::<_, StoreError>(find_lead(db, id)?.map(|lead| lead.name));
        let act = match act {
            Act::CreateLead(act) => OutboxAct::LeadCreated { lead_id: act.lead_id, name: act.lead.name },
            Act::EditLead(act) => OutboxAct::LeadEdited {
                lead_id: act.lead_id,
                lead_name: name_of(act.lead_id)?,
                changes: act.edit.changes(),
            },
            Act::MergeLeads(MergeLeads { lead_id, duplicate_id }) => {
                OutboxAct::LeadsMerged { lead_id, lead_name: name_of(lead_id)?, duplicate_name: name_of(duplicate_id)? }
            }
            Act::Reply(Reply { conversation_id, body, .. }) => OutboxAct::Replied {
                conversation_id,
                lead_name: inbox::get(db, conversation_id).ok().map(|row| row.lead_name),
                body,
            },
        };
        rows.push(OutboxRow { id, at, state, act });
    }
    Ok(rows)
}

/// Fields of a lead with edits that the server has not done yet, in the order of their declaration.
pub(crate) fn unsent_fields(db: &Connection, id: LeadId) -> Result<Vec<LeadField>, StoreError> {
    let mut fields = BTreeSet::new();
    for stored in outbox::list_of(db, id.as_uuid())? {
        if matches!(stored.state, ActState::Waiting | ActState::Refused) {
            fields.extend(edit_of(&stored, id).iter().flat_map(LeadEdit::fields));
            if let Act::CreateLead(act) = &stored.operation.act {
                // Nothing of it is on the server.
                fields.extend(LeadField::FIXED);
                fields.extend(act.lead.custom.keys().copied().map(LeadField::Custom));
            }
        }
    }
    Ok(fields.into_iter().collect())
}
