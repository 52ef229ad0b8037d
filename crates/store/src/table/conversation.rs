//! Conversations: the row, its counts, what this device has shown of it, and the lead it is shown under.

use domain::{Conversation, ConversationId, ConversationStatus, Direction, LeadId, UnixMs};
use rusqlite::{Connection, OptionalExtension, Transaction};

use super::{code, conversation_base, draft, find_id, id, lead, message, outbox, own_message};
use crate::StoreError;
use crate::apply::Writing;
use crate::code::Code;
use crate::outbox::merge;

/// Status of a conversation that only its messages have spoken of.
const NOT_HERE: i64 = -1;

struct Before {
    epoch: i64,
    lead_n: i64,
    status: i64,
    assignee_ref: i64,
    unread_here: i64,
    is_hidden: bool,
    read_through_at: Option<i64>,
}

impl Before {
    fn facet(&self) -> Option<(i64, i64, i64)> {
        (self.status != NOT_HERE && !self.is_hidden).then_some((
            self.status,
            self.assignee_ref,
            i64::from(self.unread_here > 0),
        ))
    }
}

fn get_before(tx: &Transaction<'_>, n: i64) -> Result<Before, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT lead_n, status, assignee_ref, unread_here, read_through_at, epoch, is_hidden
             FROM conversation WHERE n = ?1",
        )?
        .query_row([n], |row| {
            Ok(Before {
                lead_n: row.get(0)?,
                status: row.get(1)?,
                assignee_ref: row.get(2)?,
                unread_here: row.get(3)?,
                read_through_at: row.get(4)?,
                epoch: row.get(5)?,
                is_hidden: row.get(6)?,
            })
        })?)
}

/// A conversation that is here, as it is shown, but for the lead: the one that the server told it of.
pub(crate) fn find(db: &Connection, conversation_id: ConversationId) -> Result<Option<Conversation>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT c.id, r.id, c.channel, c.status, m.id, c.preview, c.preview_direction, c.last_message_at, c.unread_count
         FROM conversation c JOIN lead_ref r ON r.n = iif(c.told_lead_n = 0, c.lead_n, c.told_lead_n)
         LEFT JOIN member m ON m.ref = c.assignee_ref
         WHERE c.id = ?1 AND c.status <> ?2",
    )?;
    let mut rows = statement.query((conversation_id.as_bytes(), NOT_HERE))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Conversation {
        id: id(row, 0)?,
        lead_id: id(row, 1)?,
        channel: code(row, 2)?,
        status: code(row, 3)?,
        assignee_id: find_id(row, 4)?,
        preview: row.get(5)?,
        preview_direction: code(row, 6)?,
        last_message_at: UnixMs(row.get(7)?),
        unread_count: row.get(8)?,
    }))
}

/// The server told the conversation: a snapshot that has told it does not sweep it.
pub(crate) fn upsert(writing: &mut Writing<'_>, row: &Conversation) -> Result<(), StoreError> {
    write(writing, row, true)
}

/// The conversation is shown so, whatever the server has told of it by now.
pub(crate) fn show(writing: &mut Writing<'_>, row: &Conversation) -> Result<(), StoreError> {
    write(writing, row, false)
}

fn write(writing: &mut Writing<'_>, row: &Conversation, is_told: bool) -> Result<(), StoreError> {
    let tx = writing.tx;
    let n = writing.references.conversation(tx, row.id, row.lead_id)?.n;
    let (lead_n, told_lead_n) = shown_under(writing, row.lead_id)?;
    let is_hidden = lead::is_deleted(tx, lead_n)?;
    let assignee_ref = writing.references.member_or_none(tx, row.assignee_id)?;
    let before = get_before(tx, n)?;
    if before.lead_n != lead_n {
        // Moved to another lead: its messages count there from now on.
        move_messages(writing, n, before.lead_n, lead_n)?;
    }
    let read_through_at = before
        .read_through_at
        .filter(|shown| !(row.preview_direction == Direction::Inbound && row.last_message_at.0 > *shown));
    let unread_here = if read_through_at.is_some() { 0 } else { row.unread_count.max(0) };
    tx.prepare_cached(
        "UPDATE conversation SET epoch = ?2, lead_n = ?3, channel = ?4, status = ?5, assignee_ref = ?6,
                last_message_at = ?7, preview_direction = ?8, unread_count = ?9, unread_here = ?10,
                read_through_at = ?11, preview = ?12, told_lead_n = ?13, is_hidden = ?14
         WHERE n = ?1",
    )?
    .execute(rusqlite::params![
        n,
        if is_told { writing.epoch } else { before.epoch },
        lead_n,
        row.channel.code(),
        row.status.code(),
        assignee_ref,
        row.last_message_at.0,
        row.preview_direction.code(),
        row.unread_count,
        unread_here,
        read_through_at,
        row.preview,
        told_lead_n,
        is_hidden,
    ])?;
    if let Some(facet) = before.facet() {
        writing.count_conversation(facet, -1);
    }
    if !is_hidden {
        writing.count_conversation((row.status.code(), assignee_ref, i64::from(unread_here > 0)), 1);
    }
    writing.references.forget_conversation(row.id);
    writing.applied.conversations = true;
    Ok(())
}

/// The lead that a conversation of this one is shown under, and 0; or, where a merge of this device shows it under another,
/// that one and the lead itself.
fn shown_under(writing: &mut Writing<'_>, told: LeadId) -> Result<(i64, i64), StoreError> {
    let tx = writing.tx;
    let told_n = writing.references.lead(tx, told)?;
    if !writing.has_acts || !outbox::has_unsettled(tx, told.as_uuid())? {
        return Ok((told_n, 0));
    }
    let shown = merge::survivor_of(tx, told)?;
    if shown == told { Ok((told_n, 0)) } else { Ok((writing.references.lead(tx, shown)?, told_n)) }
}

/// Its messages count for another lead from now on.
fn move_messages(writing: &mut Writing<'_>, n: i64, from: i64, to: i64) -> Result<(), StoreError> {
    let messages: i64 = writing
        .tx
        .prepare_cached("SELECT count(*) FROM message WHERE conversation_n = ?1")?
        .query_row([n], |row| row.get(0))?;
    writing.count_messages(from, -messages);
    writing.count_messages(to, messages);
    writing.applied.leads = true;
    Ok(())
}

/// Shows the conversations that the server told of this lead where they belong by now: a merge was made, or taken back.
pub(crate) fn show_again(writing: &mut Writing<'_>, told: LeadId) -> Result<(), StoreError> {
    let (lead_n, told_lead_n) = shown_under(writing, told)?;
    let told_n = if told_lead_n == 0 { lead_n } else { told_lead_n };
    for n in list_told_of(writing.tx, told_n)? {
        let before = get_before(writing.tx, n)?;
        if before.lead_n != lead_n {
            move_messages(writing, n, before.lead_n, lead_n)?;
            place(writing, n, lead_n, told_lead_n)?;
        }
    }
    Ok(())
}

/// Conversations that the server told of a lead, wherever they are shown.
fn list_told_of(tx: &Transaction<'_>, told_n: i64) -> Result<Vec<i64>, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT n FROM conversation WHERE lead_n = ?1 AND told_lead_n = 0
             UNION ALL SELECT n FROM conversation WHERE told_lead_n = ?1 AND told_lead_n > 0",
        )?
        .query_map([told_n], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// Puts a conversation under a lead, in sight or not.
fn place(writing: &mut Writing<'_>, n: i64, lead_n: i64, told_lead_n: i64) -> Result<(), StoreError> {
    let tx = writing.tx;
    let is_hidden = lead::is_deleted(tx, lead_n)?;
    let before = get_before(tx, n)?;
    tx.prepare_cached("UPDATE conversation SET lead_n = ?2, told_lead_n = ?3, is_hidden = ?4 WHERE n = ?1")?
        .execute((n, lead_n, told_lead_n, is_hidden))?;
    recount(writing, n, &before)?;
    writing.references.forget_erased();
    writing.applied.conversations = true;
    Ok(())
}

/// Counts a conversation for what it has become.
fn recount(writing: &mut Writing<'_>, n: i64, before: &Before) -> Result<(), StoreError> {
    let after = get_before(writing.tx, n)?;
    if before.facet() != after.facet() {
        if let Some(facet) = before.facet() {
            writing.count_conversation(facet, -1);
        }
        if let Some(facet) = after.facet() {
            writing.count_conversation(facet, 1);
        }
    }
    Ok(())
}

/// The lead was deleted, or restored: its conversations leave the folders, or come back.
pub(crate) fn hide_of_lead(writing: &mut Writing<'_>, lead_n: i64, is_hidden: bool) -> Result<(), StoreError> {
    let tx = writing.tx;
    for n in list_shown_under(tx, lead_n)? {
        let before = get_before(tx, n)?;
        tx.prepare_cached("UPDATE conversation SET is_hidden = ?2 WHERE n = ?1")?.execute((n, is_hidden))?;
        recount(writing, n, &before)?;
        writing.applied.conversations = true;
    }
    Ok(())
}

fn list_shown_under(tx: &Transaction<'_>, lead_n: i64) -> Result<Vec<i64>, StoreError> {
    Ok(tx
        .prepare_cached("SELECT n FROM conversation WHERE lead_n = ?1")?
        .query_map([lead_n], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// A newer inbound message came: what the read mark hid shows again.
pub(crate) fn show_unread(writing: &mut Writing<'_>, id: ConversationId, n: i64) -> Result<(), StoreError> {
    let tx = writing.tx;
    let before = get_before(tx, n)?;
    tx.prepare_cached(
        "UPDATE conversation SET read_through_at = NULL, unread_here = max(unread_count, 0) WHERE n = ?1",
    )?
    .execute([n])?;
    recount(writing, n, &before)?;
    writing.references.forget_conversation(id);
    writing.applied.conversations = true;
    Ok(())
}

pub(crate) fn count_facet(tx: &Transaction<'_>, facet: (i64, i64, i64), change: i64) -> Result<(), StoreError> {
    if change != 0 {
        tx.prepare_cached(
            "INSERT INTO conversation_facet (status, assignee_ref, is_unread, conversations) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET conversations = conversations + excluded.conversations",
        )?
        .execute((facet.0, facet.1, facet.2, change))?;
    }
    Ok(())
}

pub(crate) fn erase(writing: &mut Writing<'_>, id: ConversationId) -> Result<(), StoreError> {
    let n = writing
        .tx
        .prepare_cached("SELECT n FROM conversation WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    n.map_or(Ok(()), |n| erase_row(writing, n))
}

fn erase_row(writing: &mut Writing<'_>, n: i64) -> Result<(), StoreError> {
    let tx = writing.tx;
    let before = get_before(tx, n)?;
    let conversation_id: ConversationId = {
        let mut statement = tx.prepare_cached("SELECT id FROM conversation WHERE n = ?1")?;
        let mut rows = statement.query([n])?;
        id(rows.next()?.ok_or(StoreError::Damaged)?, 0)?
    };
    // What was written here goes with it; what was not sent yet stays in the outbox: the server says what becomes of it.
    own_message::erase_of_conversation(tx, n)?;
    conversation_base::erase(tx, conversation_id)?;
    draft::erase(tx, conversation_id)?;
    outbox::forget_kept_of(tx, conversation_id.as_uuid())?;
    message::erase_of_conversation(writing, n, before.lead_n)?;
    if let Some(facet) = before.facet() {
        writing.count_conversation(facet, -1);
    }
    tx.prepare_cached("DELETE FROM conversation WHERE n = ?1")?.execute([n])?;
    writing.references.forget_erased();
    writing.applied.conversations = true;
    Ok(())
}

pub(crate) fn erase_of_lead(writing: &mut Writing<'_>, lead_n: i64) -> Result<(), StoreError> {
    list_told_of(writing.tx, lead_n)?.into_iter().try_for_each(|n| erase_row(writing, n))?;
    // Those that only a merge of this device showed here are the duplicate's again.
    for n in list_shown_under(writing.tx, lead_n)? {
        let told_n: i64 = writing
            .tx
            .prepare_cached("SELECT told_lead_n FROM conversation WHERE n = ?1")?
            .query_row([n], |row| row.get(0))?;
        move_messages(writing, n, lead_n, told_n)?;
        place(writing, n, told_n, 0)?;
    }
    Ok(())
}

/// Conversations that were here and did not come again. Those only messages speak of go with their messages' sweep.
pub(crate) fn sweep(writing: &mut Writing<'_>) -> Result<(), StoreError> {
    let left: Vec<i64> = writing
        .tx
        .prepare("SELECT n FROM conversation WHERE status <> ?1 AND epoch <> ?2")?
        .query_map([NOT_HERE, writing.epoch], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    left.into_iter().try_for_each(|n| erase_row(writing, n))
}

/// The code of a folder's status.
pub(crate) fn status_code(status: ConversationStatus) -> i64 {
    status.code()
}
