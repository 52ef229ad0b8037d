//! Messages that are here because this device wrote them, and not because the server told them.

use domain::{MessageId, OperationId};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::StoreError;

/// Whether a message is one of them, and then whether it may have left this device.
pub(crate) fn find_is_sent(db: &Connection, id: MessageId) -> Result<Option<bool>, StoreError> {
    let mut statement = db.prepare_cached("SELECT is_sent FROM own_message WHERE id = ?1")?;
    Ok(statement.query_row([id.as_bytes()], |row| row.get(0)).optional()?)
}

/// Adds one; one that is among them already stays as it is.
pub(crate) fn add(
    tx: &Transaction<'_>,
    id: MessageId,
    operation_id: OperationId,
    is_sent: bool,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO own_message (id, operation_id, is_sent) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING",
    )?
    .execute((id.as_bytes(), operation_id.as_bytes(), is_sent))?;
    Ok(())
}

/// What an act wrote is about to leave this device.
pub(crate) fn mark_sent(tx: &Transaction<'_>, operation_id: OperationId) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE own_message SET is_sent = 1 WHERE operation_id = ?1")?
        .execute([operation_id.as_bytes()])?;
    Ok(())
}

/// The server told it, or it goes. Says whether it was one.
pub(crate) fn erase(tx: &Transaction<'_>, id: MessageId) -> Result<bool, StoreError> {
    Ok(tx.prepare_cached("DELETE FROM own_message WHERE id = ?1")?.execute([id.as_bytes()])? > 0)
}

/// They go with their conversation.
pub(crate) fn erase_of_conversation(tx: &Transaction<'_>, conversation_n: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM own_message WHERE id IN (SELECT id FROM message WHERE conversation_n = ?1)")?
        .execute([conversation_n])?;
    Ok(())
}
