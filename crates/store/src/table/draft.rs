//! What was typed into a conversation and not sent.

use domain::ConversationId;
use rusqlite::{Connection, OptionalExtension, Transaction};

use super::count;
use crate::StoreError;

pub(crate) fn find(db: &Connection, id: ConversationId) -> Result<Option<String>, StoreError> {
    let mut statement = db.prepare_cached("SELECT body FROM draft WHERE conversation_id = ?1")?;
    Ok(statement.query_row([id.as_bytes()], |row| row.get(0)).optional()?)
}

/// Keeps what was typed in the place of what was before; nothing of nothing. Says whether there is one now where there was
/// none, or the other way round.
///
/// # Errors
/// [`StoreError::NotFound`] when the conversation is not here: a draft goes with it.
pub(crate) fn save(tx: &Transaction<'_>, id: ConversationId, body: &str) -> Result<bool, StoreError> {
    if body.is_empty() {
        return erase(tx, id);
    }
    let is_here =
        tx.prepare_cached("SELECT 1 FROM conversation WHERE id = ?1 AND status >= 0")?.exists([id.as_bytes()])?;
    if !is_here {
        return Err(StoreError::NotFound);
    }
    let mut update = tx.prepare_cached("UPDATE draft SET body = ?2 WHERE conversation_id = ?1")?;
    let is_there = update.execute((id.as_bytes(), body))? > 0;
    if !is_there {
        tx.prepare_cached("INSERT INTO draft (conversation_id, body) VALUES (?1, ?2)")?
            .execute((id.as_bytes(), body))?;
    }
    Ok(!is_there)
}

/// Says whether there was one.
pub(crate) fn erase(tx: &Transaction<'_>, id: ConversationId) -> Result<bool, StoreError> {
    Ok(tx.prepare_cached("DELETE FROM draft WHERE conversation_id = ?1")?.execute([id.as_bytes()])? > 0)
}

pub(crate) fn count_all(db: &Connection) -> Result<u64, StoreError> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM draft")?;
    let mut rows = statement.query([])?;
    count(rows.next()?.ok_or(StoreError::Damaged)?, 0)
}
