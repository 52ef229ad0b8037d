//! Privileged acts of this device: kept until sent, and after.

use rusqlite::{Connection, Transaction};
use uuid::Uuid;
use wire::write::AuditEntry;

use crate::StoreError;

pub(crate) fn append(tx: &Transaction<'_>, entry: &AuditEntry) -> Result<(), StoreError> {
    let json = serde_json::to_string(entry).expect("an entry is made of strings and numbers");
    tx.prepare_cached("INSERT INTO audit (id, entry) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")?
        .execute((entry.id.as_bytes(), json))?;
    Ok(())
}

pub(crate) fn list_unsent(db: &Connection, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
    let mut statement = db.prepare_cached("SELECT entry FROM audit WHERE is_sent = 0 ORDER BY n LIMIT ?1")?;
    let mut rows = statement.query([limit])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let json: String = row.get(0)?;
        entries.push(serde_json::from_str(&json).map_err(|_| StoreError::Damaged)?);
    }
    Ok(entries)
}

pub(crate) fn count_unsent(db: &Connection) -> Result<u64, StoreError> {
    let count: i64 =
        db.prepare_cached("SELECT count(*) FROM audit WHERE is_sent = 0")?.query_row([], |row| row.get(0))?;
    u64::try_from(count).map_err(|_| StoreError::Damaged)
}

pub(crate) fn mark_sent(tx: &Transaction<'_>, ids: &[Uuid]) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached("UPDATE audit SET is_sent = 1 WHERE id = ?1")?;
    for id in ids {
        statement.execute([id.as_bytes()])?;
    }
    Ok(())
}
