//! Conversations as the server told them, while replies of this device are shown on top.

use domain::{Conversation, ConversationId};
use rusqlite::{Connection, Transaction};

use super::{json, json_in};
use crate::StoreError;

/// What the server told of a conversation; nothing where what is shown is what was told.
pub(crate) fn find(db: &Connection, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
    let mut statement = db.prepare_cached("SELECT conversation FROM conversation_base WHERE id = ?1")?;
    let mut rows = statement.query([id.as_bytes()])?;
    rows.next()?.map(|row| json_in(row, 0)).transpose()
}

/// The first reply is about to be shown on top of what was told.
pub(crate) fn keep(tx: &Transaction<'_>, shown: &Conversation) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO conversation_base (id, conversation) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")?
        .execute((shown.id.as_bytes(), json(shown)))?;
    Ok(())
}

/// The server told another.
pub(crate) fn set(tx: &Transaction<'_>, told: &Conversation) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO conversation_base (id, conversation) VALUES (?1, ?2)
         ON CONFLICT (id) DO UPDATE SET conversation = excluded.conversation",
    )?
    .execute((told.id.as_bytes(), json(told)))?;
    Ok(())
}

pub(crate) fn erase(tx: &Transaction<'_>, id: ConversationId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM conversation_base WHERE id = ?1")?.execute([id.as_bytes()])?;
    Ok(())
}
