//! Acts of this device, and what they are about.

use std::collections::HashSet;

use domain::{LeadEdit, LeadId, OperationId, UnixMs};
use rusqlite::{Connection, OptionalExtension, Row, Rows, Transaction};
use uuid::Uuid;
use wire::operation::{Act, Operation};

use super::{chain, code, count, id, json};
use crate::StoreError;
use crate::code::Code;
use crate::read::OutboxRefusal;

/// Where an act stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ActState {
    /// To be sent.
    Waiting,
    /// The server has done it; what it tells may still be from before.
    Done,
    /// The same, and a pull that began after it is under way.
    Settling,
    /// The server refused it: somebody has to decide.
    Refused,
    /// All of it has come back.
    Kept,
}

impl ActState {
    /// Whether it is to be shown on top of what the server tells now.
    pub(crate) const fn is_shown(self) -> bool {
        match self {
            Self::Waiting | Self::Done | Self::Refused => true,
            Self::Settling | Self::Kept => false,
        }
    }
}

/// An act as it is stored.
pub(crate) struct Stored {
    pub(crate) operation: Operation,
    pub(crate) state: ActState,
    /// Of a refused one.
    pub(crate) refusal: Option<OutboxRefusal>,
    /// What a merge was to make of its lead.
    pub(crate) shown: Option<LeadEdit>,
}

const COLUMNS: &str = "o.id, o.at, o.act, o.state, o.refusal, o.shown";

fn read(row: &Row<'_>) -> Result<Stored, StoreError> {
    let act = row.get_ref(2)?.as_str().map_err(|_| StoreError::Damaged)?;
    let refusal = row.get_ref(4)?.as_str_or_null().map_err(|_| StoreError::Damaged)?;
    let shown = row.get_ref(5)?.as_str_or_null().map_err(|_| StoreError::Damaged)?;
    Ok(Stored {
        operation: Operation {
            id: id(row, 0)?,
            at: UnixMs(row.get(1)?),
            act: serde_json::from_str(act).map_err(|_| StoreError::Damaged)?,
        },
        state: code(row, 3)?,
        refusal: refusal.map(serde_json::from_str).transpose().map_err(|_| StoreError::Damaged)?,
        shown: shown.map(serde_json::from_str).transpose().map_err(|_| StoreError::Damaged)?,
    })
}

/// Adds an act at the end.
pub(crate) fn append(tx: &Transaction<'_>, operation: &Operation) -> Result<(), StoreError> {
    let act = text(&operation.act);
    let n = chain::append(tx, &chain::digest(operation.id, operation.at, &act))?;
    tx.prepare_cached("INSERT INTO outbox (n, id, at, act, state) VALUES (?1, ?2, ?3, ?4, ?5)")?.execute((
        n,
        operation.id.as_bytes(),
        operation.at.0,
        &act,
        ActState::Waiting.code(),
    ))?;
    let mut statement =
        tx.prepare_cached("INSERT INTO outbox_target (target, n) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    for target in operation.act.targets() {
        statement.execute((target.as_bytes(), n))?;
    }
    Ok(())
}

/// The place of the last act that was ever added; 0 when there was none.
pub(crate) fn last_place(db: &Connection) -> Result<i64, StoreError> {
    Ok(db.query_row("SELECT coalesce(max(n), 0) FROM outbox_link", [], |row| row.get(0))?)
}

fn text(act: &Act) -> String {
    serde_json::to_string(act).expect("an act is made of strings and numbers")
}

pub(crate) fn find(db: &Connection, id: OperationId) -> Result<Option<Stored>, StoreError> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox o WHERE o.id = ?1"))?;
    let mut rows = statement.query([id.as_bytes()])?;
    rows.next()?.map(read).transpose()
}

/// Acts on a target, in their order.
pub(crate) fn list_of(db: &Connection, target: &Uuid) -> Result<Vec<Stored>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM outbox_target t JOIN outbox o ON o.n = t.n WHERE t.target = ?1 ORDER BY t.n");
    collect(db.prepare_cached(&sql)?.query([target.as_bytes()])?)
}

/// Whether an act on the target has not come back yet.
pub(crate) fn has_unsettled(db: &Connection, target: &Uuid) -> Result<bool, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT 1 FROM outbox_target t JOIN outbox o ON o.n = t.n WHERE t.target = ?1 AND o.state <> ?2 LIMIT 1",
    )?;
    Ok(statement.exists((target.as_bytes(), ActState::Kept.code()))?)
}

/// What waits and what was refused, in its order.
pub(crate) fn list_open(db: &Connection, offset: u64, limit: u32) -> Result<Vec<Stored>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM outbox o WHERE o.state IN (?1, ?2) ORDER BY o.n LIMIT ?3 OFFSET ?4");
    let offset = i64::try_from(offset).unwrap_or(i64::MAX);
    let parameters = (ActState::Waiting.code(), ActState::Refused.code(), limit, offset);
    collect(db.prepare_cached(&sql)?.query(parameters)?)
}

/// Whether any act has not come back yet.
pub(crate) fn has_any_unsettled(db: &Connection) -> Result<bool, StoreError> {
    for state in [ActState::Waiting, ActState::Done, ActState::Settling, ActState::Refused] {
        if has(db, state)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Acts that wait behind a refused one: on a target of it, or of one that waits so.
pub(crate) fn list_held(db: &Connection) -> Result<HashSet<OperationId>, StoreError> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE stopped (n) AS (
             SELECT n FROM outbox WHERE state = ?1
             UNION
             SELECT later.n FROM stopped s
             JOIN outbox_target its ON its.n = s.n
             JOIN outbox_target later ON later.target = its.target AND later.n > its.n
             JOIN outbox o ON o.n = later.n AND o.state = ?2
         )
         SELECT o.id FROM stopped s JOIN outbox o ON o.n = s.n WHERE o.state = ?2",
    )?;
    let mut rows = statement.query([ActState::Refused.code(), ActState::Waiting.code()])?;
    let mut held = HashSet::new();
    while let Some(row) = rows.next()? {
        held.insert(id(row, 0)?);
    }
    Ok(held)
}

/// The place and state of the act that added a lead, which is the first that is about it.
pub(crate) fn find_place_of_creation(db: &Connection, lead: LeadId) -> Result<Option<(i64, ActState)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT o.n, o.state FROM outbox_target t JOIN outbox o ON o.n = t.n WHERE t.target = ?1 ORDER BY t.n LIMIT 1",
    )?;
    let mut rows = statement.query([lead.as_bytes()])?;
    rows.next()?.map(|row| Ok((row.get(0)?, code(row, 1)?))).transpose()
}

/// Goes through what waits, in its order, with the place of each and its size as JSON, until `each` says no.
pub(crate) fn each_waiting(
    db: &Connection,
    mut each: impl FnMut(Stored, i64, usize) -> bool,
) -> Result<(), StoreError> {
    let sql =
        format!("SELECT {COLUMNS}, length(CAST(o.act AS BLOB)), o.n FROM outbox o WHERE o.state = ?1 ORDER BY o.n");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([ActState::Waiting.code()])?;
    while let Some(row) = rows.next()? {
        let bytes = usize::try_from(count(row, 6)?).unwrap_or(usize::MAX);
        if !each(read(row)?, row.get(7)?, bytes) {
            break;
        }
    }
    Ok(())
}

/// Goes through the acts of one state, in their order. `each` must not change which those are.
pub(crate) fn each_in(
    db: &Connection,
    state: ActState,
    mut each: impl FnMut(Stored) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox o WHERE o.state = ?1 ORDER BY o.n"))?;
    let mut rows = statement.query([state.code()])?;
    while let Some(row) = rows.next()? {
        each(read(row)?)?;
    }
    Ok(())
}

/// The first acts that settle, at most `limit`: all that was told is from after them, and from now on they are kept only.
pub(crate) fn keep_settled(tx: &Transaction<'_>, limit: u32) -> Result<Vec<Stored>, StoreError> {
    let sql = format!("SELECT {COLUMNS}, o.n FROM outbox o WHERE o.state = ?1 ORDER BY o.n LIMIT ?2");
    let mut statement = tx.prepare_cached(&sql)?;
    let mut rows = statement.query((ActState::Settling.code(), limit))?;
    let (mut settled, mut last) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        last = row.get(6)?;
        settled.push(read(row)?);
    }
    tx.prepare_cached("UPDATE outbox SET state = ?2 WHERE state = ?1 AND n <= ?3")?.execute((
        ActState::Settling.code(),
        ActState::Kept.code(),
        last,
    ))?;
    Ok(settled)
}

fn collect(mut rows: Rows<'_>) -> Result<Vec<Stored>, StoreError> {
    let mut list = Vec::new();
    while let Some(row) = rows.next()? {
        list.push(read(row)?);
    }
    Ok(list)
}

/// How many acts stand so.
pub(crate) fn count_of(db: &Connection, state: ActState) -> Result<u64, StoreError> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM outbox WHERE state = ?1")?;
    let mut rows = statement.query([state.code()])?;
    count(rows.next()?.ok_or(StoreError::Damaged)?, 0)
}

pub(crate) fn set_state(tx: &Transaction<'_>, id: OperationId, state: ActState) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET state = ?2, refusal = NULL WHERE id = ?1")?
        .execute((id.as_bytes(), state.code()))?;
    Ok(())
}

/// Stores what a merge was to make of its lead.
pub(crate) fn set_shown(tx: &Transaction<'_>, id: OperationId, edit: &LeadEdit) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET shown = ?2 WHERE id = ?1")?.execute((id.as_bytes(), json(edit)))?;
    Ok(())
}

pub(crate) fn refuse(tx: &Transaction<'_>, id: OperationId, refusal: &OutboxRefusal) -> Result<(), StoreError> {
    let refusal = serde_json::to_string(refusal).expect("a refusal is made of strings");
    tx.prepare_cached("UPDATE outbox SET state = ?2, refusal = ?3 WHERE id = ?1")?.execute((
        id.as_bytes(),
        ActState::Refused.code(),
        refusal,
    ))?;
    Ok(())
}

/// All of one state come to another.
pub(crate) fn move_all(tx: &Transaction<'_>, from: ActState, to: ActState) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE outbox SET state = ?2 WHERE state = ?1")?.execute([from.code(), to.code()])?;
    Ok(())
}

/// Whether any act stands so.
pub(crate) fn has(db: &Connection, state: ActState) -> Result<bool, StoreError> {
    Ok(db.prepare_cached("SELECT 1 FROM outbox WHERE state = ?1 LIMIT 1")?.exists([state.code()])?)
}

/// Takes an act out. Its place in the chain stays.
pub(crate) fn erase(tx: &Transaction<'_>, id: OperationId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM outbox_target WHERE n = (SELECT n FROM outbox WHERE id = ?1)")?
        .execute([id.as_bytes()])?;
    tx.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id.as_bytes()])?;
    Ok(())
}

/// Whether the first of what came back was done before a time. As a rule the first is the oldest.
pub(crate) fn has_kept(db: &Connection, before: UnixMs) -> Result<bool, StoreError> {
    let mut statement = db.prepare_cached("SELECT at FROM outbox WHERE state = ?1 ORDER BY n LIMIT 1")?;
    let first: Option<i64> = statement.query_row([ActState::Kept.code()], |row| row.get(0)).optional()?;
    Ok(first.is_some_and(|at| at < before.0))
}

/// Takes that out. Says whether there was any.
pub(crate) fn forget_kept(tx: &Transaction<'_>, before: UnixMs) -> Result<bool, StoreError> {
    let kept = "SELECT n FROM outbox WHERE state = ?1 AND at < ?2";
    let parameters = (ActState::Kept.code(), before.0);
    tx.prepare_cached(&format!("DELETE FROM outbox_target WHERE n IN ({kept})"))?.execute(parameters)?;
    Ok(tx.prepare_cached("DELETE FROM outbox WHERE state = ?1 AND at < ?2")?.execute(parameters)? > 0)
}

/// Takes out what came back of a target that is gone.
pub(crate) fn forget_kept_of(tx: &Transaction<'_>, target: &Uuid) -> Result<(), StoreError> {
    let kept: Vec<OperationId> = list_of(tx, target)?
        .into_iter()
        .filter(|act| act.state == ActState::Kept)
        .map(|act| act.operation.id)
        .collect();
    kept.into_iter().try_for_each(|id| erase(tx, id))
}
