//! Lines of the feed that this version can't read, kept as they came.

use rusqlite::Transaction;
use wire::changes::UnreadableLine;

use crate::StoreError;

pub(crate) fn append(tx: &Transaction<'_>, lines: &[UnreadableLine]) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached("INSERT INTO unreadable (line) VALUES (?1)")?;
    for line in lines {
        statement.execute([&line.0])?;
    }
    if !lines.is_empty() {
        tx.prepare_cached("UPDATE sync_state SET unreadable = unreadable + ?1")?.execute([lines.len() as i64])?;
    }
    Ok(())
}
