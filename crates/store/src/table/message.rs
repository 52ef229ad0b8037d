//! Messages: the row, its place in time, and its entry in the index.

use std::collections::HashMap;

use domain::{Direction, Message, MessageId, UnixMs};
use rusqlite::{Connection, OptionalExtension, Transaction};

use super::reference::ConversationRef;
use super::{conversation, own_message};
use crate::StoreError;
use crate::apply::Writing;
use crate::code::Code;
use crate::search::index_text;

/// 2010-01-01T00:00:00Z in seconds: what is older shares the last bucket.
const ORIGIN_S: i64 = 1_262_304_000;
/// Row ids of one second: `2^10`.
const BUCKET_BITS: u32 = 10;
/// Seconds from the origin to the year 2146: what claims to be later shares the first bucket.
const SECONDS: i64 = 1 << 32;

/// Buckets found full, with the one to try instead: messages may all claim the same second.
#[derive(Default)]
pub(crate) struct Buckets {
    full: HashMap<i64, i64>,
}

/// The place of a second, newest first: FTS5 answers a word's beginning in ascending order in a thousandth of the time
/// that it takes for descending order.
fn bucket_of(sent_at: UnixMs) -> i64 {
    SECONDS - (sent_at.0.div_euclid(1000).saturating_sub(ORIGIN_S)).clamp(0, SECONDS)
}

/// A free row id in the second of `sent_at`, or in the next one back that has any. Rows of one second are newest first
/// too: history comes that way, so each goes after the last; news goes before the first.
fn allocate(tx: &Transaction<'_>, buckets: &mut Buckets, sent_at: UnixMs, is_history: bool) -> Result<i64, StoreError> {
    let start = bucket_of(sent_at);
    let first = start << BUCKET_BITS;
    let in_bucket = |what: &str, first: i64| -> Result<Option<i64>, StoreError> {
        let last = first + (1 << BUCKET_BITS) - 1;
        Ok(tx
            .prepare_cached(&format!("SELECT {what}(n) FROM message WHERE n BETWEEN ?1 AND ?2"))?
            .query_row([first, last], |row| row.get(0))?)
    };
    if !is_history && let Some(newest) = in_bucket("min", first)?.filter(|newest| *newest > first) {
        return Ok(newest - 1);
    }
    let mut bucket = start;
    loop {
        if let Some(next) = buckets.full.get(&bucket) {
            bucket = *next;
            continue;
        }
        let first = bucket << BUCKET_BITS;
        match in_bucket("max", first)? {
            // In the middle: there is room on both sides.
            None => return Ok(first + (1 << (BUCKET_BITS - 1))),
            Some(oldest) if oldest < first + (1 << BUCKET_BITS) - 1 => return Ok(oldest + 1),
            Some(_) => {
                buckets.full.insert(bucket, bucket + 1);
                // The whole chain from the start leads on at once.
                buckets.full.insert(start, bucket + 1);
                bucket += 1;
            }
        }
    }
}

/// This device wrote the message: it is shown before the server has told it.
///
/// # Errors
/// [`StoreError::AlreadyExists`] when its id is another's.
pub(crate) fn show(writing: &mut Writing<'_>, message: &Message) -> Result<(), StoreError> {
    let tx = writing.tx;
    let thread = writing.references.conversation(tx, message.conversation_id, message.lead_id)?;
    let author_ref = writing.references.member_or_none(tx, message.author_id)?;
    if !insert(writing, message, thread, author_ref)? {
        return Err(StoreError::AlreadyExists);
    }
    writing.applied.messages = true;
    Ok(())
}

/// When a message that is here was said, as it is shown.
pub(crate) fn find_sent_at(db: &Connection, id: MessageId) -> Result<Option<UnixMs>, StoreError> {
    let mut statement = db.prepare_cached("SELECT sent_at FROM message WHERE id = ?1")?;
    Ok(statement.query_row([id.as_bytes()], |row| row.get(0).map(UnixMs)).optional()?)
}

/// The server told the message.
pub(crate) fn upsert(writing: &mut Writing<'_>, message: &Message) -> Result<(), StoreError> {
    let tx = writing.tx;
    if writing.has_acts {
        own_message::erase(tx, message.id)?;
    }
    let thread = writing.references.conversation(tx, message.conversation_id, message.lead_id)?;
    let author_ref = writing.references.member_or_none(tx, message.author_id)?;
    if !insert(writing, message, thread, author_ref)? {
        update(writing, message, thread, author_ref)?;
    }
    if message.direction == Direction::Inbound && thread.read_through_at.is_some_and(|shown| message.sent_at.0 > shown)
    {
        conversation::show_unread(writing, message.conversation_id, thread.n)?;
    }
    writing.applied.messages = true;
    Ok(())
}

/// `false` when a message with this id is already here.
fn insert(
    writing: &mut Writing<'_>,
    message: &Message,
    thread: ConversationRef,
    author_ref: i64,
) -> Result<bool, StoreError> {
    let tx = writing.tx;
    let n = allocate(tx, writing.buckets, message.sent_at, writing.is_history)?;
    let inserted = tx
        .prepare_cached(
            "INSERT INTO message (n, id, epoch, conversation_n, direction, author_ref, status, sent_at,
                    failure_reason, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (id) DO NOTHING",
        )?
        .execute(rusqlite::params![
            n,
            message.id.as_bytes(),
            writing.epoch,
            thread.n,
            message.direction.code(),
            author_ref,
            message.status.code(),
            message.sent_at.0,
            message.failure_reason,
            message.body,
        ])?;
    if inserted == 0 {
        return Ok(false);
    }
    writing.count_message(1);
    writing.count_messages(thread.lead_n, 1);
    writing.index_body(n, None, Some(message.body.clone()))?;
    Ok(true)
}

fn update(
    writing: &mut Writing<'_>,
    message: &Message,
    thread: ConversationRef,
    author_ref: i64,
) -> Result<(), StoreError> {
    let tx = writing.tx;
    let (n, conversation_n, sent_at, body): (i64, i64, i64, String) = tx
        .prepare_cached("SELECT n, conversation_n, sent_at, body FROM message WHERE id = ?1")?
        .query_row([message.id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    if conversation_n != thread.n || bucket_of(UnixMs(sent_at)) != bucket_of(message.sent_at) {
        // Another thread or another time: another place.
        erase(writing, message.id)?;
        let is_new = insert(writing, message, thread, author_ref)?;
        debug_assert!(is_new, "the message was just erased");
        return Ok(());
    }
    // A new status alone leaves the text, and so its index, alone.
    tx.prepare_cached(
        "UPDATE message SET epoch = ?2, direction = ?3, author_ref = ?4, status = ?5, sent_at = ?6,
                failure_reason = ?7
         WHERE n = ?1",
    )?
    .execute(rusqlite::params![
        n,
        writing.epoch,
        message.direction.code(),
        author_ref,
        message.status.code(),
        message.sent_at.0,
        message.failure_reason,
    ])?;
    if body != message.body {
        tx.prepare_cached("UPDATE message SET body = ?2 WHERE n = ?1")?.execute((n, &message.body))?;
        writing.index_body(n, Some(body), Some(message.body.clone()))?;
    }
    Ok(())
}

/// Adds the words of a message to the index.
pub(crate) fn index(tx: &Transaction<'_>, n: i64, body: &str) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO message_fts (rowid, body) VALUES (?1, ?2)")?.execute((n, index_text(body)))?;
    Ok(())
}

/// Takes them out again; `body` is what was indexed.
pub(crate) fn unindex(tx: &Transaction<'_>, n: i64, body: &str) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO message_fts (message_fts, rowid, body) VALUES ('delete', ?1, ?2)")?
        .execute((n, index_text(body)))?;
    Ok(())
}

pub(crate) fn erase(writing: &mut Writing<'_>, id: MessageId) -> Result<(), StoreError> {
    own_message::erase(writing.tx, id)?;
    let found: Option<(i64, i64)> = writing
        .tx
        .prepare_cached(
            "SELECT m.n, c.lead_n FROM message m JOIN conversation c ON c.n = m.conversation_n WHERE m.id = ?1",
        )?
        .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found.map_or(Ok(()), |(n, lead_n)| erase_row(writing, n, lead_n))
}

fn erase_row(writing: &mut Writing<'_>, n: i64, lead_n: i64) -> Result<(), StoreError> {
    let tx = writing.tx;
    let body: String = tx.prepare_cached("SELECT body FROM message WHERE n = ?1")?.query_row([n], |row| row.get(0))?;
    tx.prepare_cached("DELETE FROM message WHERE n = ?1")?.execute([n])?;
    writing.count_message(-1);
    writing.count_messages(lead_n, -1);
    writing.index_body(n, Some(body), None)?;
    // Its row id is free again.
    *writing.buckets = Buckets::default();
    writing.applied.messages = true;
    Ok(())
}

pub(crate) fn erase_of_conversation(
    writing: &mut Writing<'_>,
    conversation_n: i64,
    lead_n: i64,
) -> Result<(), StoreError> {
    let theirs: Vec<i64> = writing
        .tx
        .prepare_cached("SELECT n FROM message WHERE conversation_n = ?1")?
        .query_map([conversation_n], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    theirs.into_iter().try_for_each(|n| erase_row(writing, n, lead_n))
}

pub(crate) fn sweep(writing: &mut Writing<'_>) -> Result<(), StoreError> {
    let left: Vec<(i64, i64)> = writing
        .tx
        .prepare(
            // What this device wrote and the server has not told stays.
            "SELECT m.n, c.lead_n FROM message m JOIN conversation c ON c.n = m.conversation_n
             WHERE m.epoch <> ?1 AND m.id NOT IN (SELECT id FROM own_message)",
        )?
        .query_map([writing.epoch], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    left.into_iter().try_for_each(|(n, lead_n)| erase_row(writing, n, lead_n))?;
    // Conversations that never came, and whose messages are gone too.
    writing.tx.execute(
        "DELETE FROM conversation WHERE status = -1 AND NOT EXISTS
             (SELECT 1 FROM message WHERE message.conversation_n = conversation.n)",
        [],
    )?;
    writing.references.forget_erased();
    Ok(())
}
