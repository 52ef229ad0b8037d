//! Edits of leads: what became of which field.

use domain::{LeadEditRecord, LeadId, OperationId, UnixMs};
use rusqlite::Connection;

use super::{id, json, json_in};
use crate::StoreError;
use crate::apply::Writing;

pub(crate) fn upsert(writing: &mut Writing<'_>, edit: &LeadEditRecord) -> Result<(), StoreError> {
    let tx = writing.tx;
    let lead_n = writing.references.lead(tx, edit.lead_id)?;
    let member_ref = writing.references.member(tx, edit.member_id)?;
    tx.prepare_cached(
        "INSERT INTO lead_edit (id, lead_n, member_ref, at, changes, epoch) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET lead_n = excluded.lead_n, member_ref = excluded.member_ref,
             at = excluded.at, changes = excluded.changes, epoch = excluded.epoch",
    )?
    .execute((edit.id.as_bytes(), lead_n, member_ref, edit.at.0, json(&edit.changes), writing.epoch))?;
    // The lead's page shows them.
    writing.applied.leads = true;
    Ok(())
}

pub(crate) fn erase(writing: &mut Writing<'_>, edit: OperationId) -> Result<(), StoreError> {
    let erased = writing.tx.prepare_cached("DELETE FROM lead_edit WHERE id = ?1")?.execute([edit.as_bytes()])?;
    writing.applied.leads |= erased > 0;
    Ok(())
}

pub(crate) fn erase_of_lead(writing: &mut Writing<'_>, lead_n: i64) -> Result<(), StoreError> {
    let erased = writing.tx.prepare_cached("DELETE FROM lead_edit WHERE lead_n = ?1")?.execute([lead_n])?;
    writing.applied.leads |= erased > 0;
    Ok(())
}

pub(crate) fn sweep(writing: &mut Writing<'_>) -> Result<(), StoreError> {
    let erased = writing.tx.execute("DELETE FROM lead_edit WHERE epoch <> ?1", [writing.epoch])?;
    writing.applied.leads |= erased > 0;
    Ok(())
}

/// A lead's edits, newest first.
pub(crate) fn list_of_lead(db: &Connection, lead_id: LeadId, lead_n: i64) -> Result<Vec<LeadEditRecord>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT e.id, m.id, e.at, e.changes FROM lead_edit e JOIN member m ON m.ref = e.member_ref
         WHERE e.lead_n = ?1 ORDER BY e.at DESC, e.id DESC",
    )?;
    let mut rows = statement.query([lead_n])?;
    let mut edits = Vec::new();
    while let Some(row) = rows.next()? {
        edits.push(LeadEditRecord {
            id: id(row, 0)?,
            lead_id,
            member_id: id(row, 1)?,
            at: UnixMs(row.get(2)?),
            changes: json_in(row, 3)?,
        });
    }
    Ok(edits)
}
