//! What this device has shown of a conversation.

use domain::{ConversationId, UnixMs};
use rusqlite::{OptionalExtension, Transaction};

use crate::StoreError;

/// Marks by the newest message's own time: this computer's clock (`_now`) may be wrong, and a mark in the future would
/// hide what comes until then.
pub(crate) fn set(tx: &Transaction<'_>, id: ConversationId, _now: UnixMs) -> Result<(), StoreError> {
    let found = tx
        .prepare_cached(
            "SELECT n, last_message_at, status, assignee_ref, unread_here, is_hidden
             FROM conversation WHERE id = ?1 AND status >= 0",
        )?
        .query_row([id.as_bytes()], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, i64>(3)?,
                row.get::<_, i64>(4)?,
                row.get::<_, bool>(5)?,
            ))
        })
        .optional()?;
    let (n, last_message_at, status, assignee_ref, unread_here, is_hidden) = found.ok_or(StoreError::NotFound)?;
    let newest: Option<i64> = tx
        .prepare_cached("SELECT max(sent_at) FROM message WHERE conversation_n = ?1")?
        .query_row([n], |row| row.get(0))?;
    let through = newest.map_or(last_message_at, |newest| newest.max(last_message_at));
    tx.prepare_cached("UPDATE conversation SET read_through_at = ?2, unread_here = 0 WHERE n = ?1")?
        .execute((n, through))?;
    if unread_here > 0 && !is_hidden {
        for (is_unread, change) in [(1, -1), (0, 1)] {
            super::conversation::count_facet(tx, (status, assignee_ref, is_unread), change)?;
        }
        tx.prepare_cached("UPDATE sync_state SET inbox_version = inbox_version + 1")?.execute([])?;
    }
    Ok(())
}
