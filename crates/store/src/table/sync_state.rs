//! Where the cache stands with the server, and the counts and versions that spare counting.

use domain::UnixMs;
use rusqlite::{Connection, Transaction};
use wire::changes::{Cursor, Totals};

use super::count;
use crate::{PageProgress, SnapshotProgress, StoreError, SyncState};

pub(crate) fn get(db: &Connection) -> Result<SyncState, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT cursor, in_snapshot, total_leads, total_conversations, total_messages, total_stage_events, rows_done,
                is_complete, up_to_date_at, unreadable, server_epoch
         FROM sync_state WHERE one = 1",
    )?;
    let mut rows = statement.query([])?;
    let row = rows.next()?.ok_or(StoreError::Damaged)?;
    let totals = Totals {
        leads: count(row, 2)?,
        conversations: count(row, 3)?,
        messages: count(row, 4)?,
        stage_events: count(row, 5)?,
    };
    Ok(SyncState {
        cursor: row.get::<_, Option<String>>(0)?.map(Cursor),
        snapshot: if row.get(1)? { Some(SnapshotProgress { totals, rows_done: count(row, 6)? }) } else { None },
        complete: row.get(7)?,
        up_to_date_at: row.get::<_, Option<i64>>(8)?.map(UnixMs),
        unreadable: count(row, 9)?,
        epoch: row.get(10)?,
    })
}

/// What search states as its coverage.
pub(crate) struct Held {
    pub(crate) messages: u64,
    pub(crate) is_complete: bool,
}

pub(crate) fn held(db: &Connection) -> Result<Held, StoreError> {
    let mut statement = db.prepare_cached("SELECT messages, is_complete FROM sync_state WHERE one = 1")?;
    let mut rows = statement.query([])?;
    let row = rows.next()?.ok_or(StoreError::Damaged)?;
    Ok(Held { messages: count(row, 0)?, is_complete: row.get(1)? })
}

/// Versions of the lead list and of the conversation list.
pub(crate) fn versions(db: &Connection) -> Result<(i64, i64), StoreError> {
    let mut statement = db.prepare_cached("SELECT lead_version, inbox_version FROM sync_state WHERE one = 1")?;
    Ok(statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

pub(crate) fn epoch(tx: &Transaction<'_>) -> Result<i64, StoreError> {
    Ok(tx.prepare_cached("SELECT epoch FROM sync_state WHERE one = 1")?.query_row([], |row| row.get(0))?)
}

/// Stores the cursor and what the page says of the snapshot. `true` when a sweep is due now.
pub(crate) fn advance(tx: &Transaction<'_>, cursor: &Cursor, progress: &PageProgress) -> Result<bool, StoreError> {
    tx.prepare_cached("UPDATE sync_state SET cursor = ?1")?.execute([&cursor.0])?;
    match progress {
        PageProgress::Snapshot { totals, rows_done } => {
            let counts = [totals.leads, totals.conversations, totals.messages, totals.stage_events, *rows_done]
                // A server's absurd total is shown as a very large one.
                .map(|count| i64::try_from(count).unwrap_or(i64::MAX));
            tx.prepare_cached(
                "UPDATE sync_state SET in_snapshot = 1, is_complete = 0, total_leads = ?1, total_conversations = ?2,
                        total_messages = ?3, total_stage_events = ?4, rows_done = ?5",
            )?
            .execute(counts)?;
            Ok(false)
        }
        PageProgress::SnapshotFinished => finish_snapshot(tx),
        PageProgress::Delta => {
            let in_snapshot: bool = tx
                .prepare_cached("SELECT in_snapshot FROM sync_state WHERE one = 1")?
                .query_row([], |row| row.get(0))?;
            // It was cut after its last page and before the line that says so: the server goes on with what changed since.
            if in_snapshot { finish_snapshot(tx) } else { Ok(false) }
        }
    }
}

/// The snapshot has told everything. `true` when a sweep is due now.
fn finish_snapshot(tx: &Transaction<'_>) -> Result<bool, StoreError> {
    let is_due: bool =
        tx.prepare_cached("SELECT is_restarted FROM sync_state WHERE one = 1")?.query_row([], |row| row.get(0))?;
    tx.prepare_cached("UPDATE sync_state SET in_snapshot = 0, is_complete = 1, is_restarted = 0")?.execute([])?;
    Ok(is_due)
}

pub(crate) fn restart(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE sync_state SET cursor = NULL, server_epoch = NULL, epoch = epoch + 1, is_restarted = 1, is_complete = 0, in_snapshot = 0,
                rows_done = 0",
    )?
    .execute([])?;
    Ok(())
}

/// Notes the run of the server's changes. `true` when it is another one than before.
pub(crate) fn note_server_epoch(tx: &Transaction<'_>, told: &str) -> Result<bool, StoreError> {
    let before: Option<String> =
        tx.prepare_cached("SELECT server_epoch FROM sync_state WHERE one = 1")?.query_row([], |row| row.get(0))?;
    if before.as_deref() == Some(told) {
        return Ok(false);
    }
    tx.prepare_cached("UPDATE sync_state SET server_epoch = ?1")?.execute([told])?;
    Ok(before.is_some())
}

pub(crate) fn set_up_to_date(tx: &Transaction<'_>, at: UnixMs) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE sync_state SET up_to_date_at = ?1")?.execute([at.0])?;
    Ok(())
}
