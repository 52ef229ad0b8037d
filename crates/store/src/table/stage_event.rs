//! Moves between stages.

use domain::{LeadId, StageEvent, StageEventId, UnixMs};
use rusqlite::Connection;

use super::{find_id, id};
use crate::StoreError;
use crate::apply::Writing;

pub(crate) fn upsert(writing: &mut Writing<'_>, event: &StageEvent) -> Result<(), StoreError> {
    let tx = writing.tx;
    let lead_n = writing.references.lead(tx, event.lead_id)?;
    let from_ref = match event.from_stage_id {
        Some(stage) => writing.references.stage(tx, stage)?,
        None => 0,
    };
    let to_ref = writing.references.stage(tx, event.to_stage_id)?;
    let member_ref = writing.references.member_or_none(tx, event.member_id)?;
    tx.prepare_cached(
        "INSERT INTO stage_event (id, lead_n, from_ref, to_ref, member_ref, at, epoch)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET lead_n = excluded.lead_n, from_ref = excluded.from_ref,
             to_ref = excluded.to_ref, member_ref = excluded.member_ref, at = excluded.at, epoch = excluded.epoch",
    )?
    .execute((event.id.as_bytes(), lead_n, from_ref, to_ref, member_ref, event.at.0, writing.epoch))?;
    // The lead's page shows them.
    writing.applied.leads = true;
    Ok(())
}

pub(crate) fn erase(writing: &mut Writing<'_>, event: StageEventId) -> Result<(), StoreError> {
    let erased = writing.tx.prepare_cached("DELETE FROM stage_event WHERE id = ?1")?.execute([event.as_bytes()])?;
    writing.applied.leads |= erased > 0;
    Ok(())
}

pub(crate) fn erase_of_lead(writing: &mut Writing<'_>, lead_n: i64) -> Result<(), StoreError> {
    let erased = writing.tx.prepare_cached("DELETE FROM stage_event WHERE lead_n = ?1")?.execute([lead_n])?;
    writing.applied.leads |= erased > 0;
    Ok(())
}

pub(crate) fn sweep(writing: &mut Writing<'_>) -> Result<(), StoreError> {
    let erased = writing.tx.execute("DELETE FROM stage_event WHERE epoch <> ?1", [writing.epoch])?;
    writing.applied.leads |= erased > 0;
    Ok(())
}

/// A lead's moves, newest first.
pub(crate) fn list_of_lead(db: &Connection, lead_id: LeadId, lead_n: i64) -> Result<Vec<StageEvent>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT e.id, f.id, t.id, m.id, e.at
         FROM stage_event e
         JOIN stage t ON t.ref = e.to_ref
         LEFT JOIN stage f ON f.ref = e.from_ref
         LEFT JOIN member m ON m.ref = e.member_ref
         WHERE e.lead_n = ?1 ORDER BY e.at DESC, e.id DESC",
    )?;
    let mut rows = statement.query([lead_n])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(StageEvent {
            id: id(row, 0)?,
            lead_id,
            from_stage_id: find_id(row, 1)?,
            to_stage_id: id(row, 2)?,
            member_id: find_id(row, 3)?,
            at: UnixMs(row.get(4)?),
        });
    }
    Ok(events)
}
