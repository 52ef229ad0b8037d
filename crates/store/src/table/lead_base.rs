//! Leads as the server told them, while acts of this device are shown on top.

use domain::{Lead, LeadId};
use rusqlite::{Connection, OptionalExtension, Transaction};

use super::outbox::ActState;
use crate::StoreError;
use crate::code::Code;

/// What the server told of a lead.
pub(crate) enum Base {
    Told(Box<Lead>),
    /// It was added on this device, and the server has not told of it.
    NotTold,
    /// No act of this device is shown on top of it: what is shown is what was told.
    None,
}

pub(crate) fn find(db: &Connection, id: LeadId) -> Result<Base, StoreError> {
    let lead: Option<Option<String>> = db
        .prepare_cached("SELECT lead FROM lead_base WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(match lead {
        None => Base::None,
        Some(None) => Base::NotTold,
        Some(Some(json)) => Base::Told(serde_json::from_str(&json).map_err(|_| StoreError::Damaged)?),
    })
}

/// The first act is about to be shown on top of what was told.
pub(crate) fn keep(tx: &Transaction<'_>, shown: &Lead) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO lead_base (id, lead) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")?
        .execute((shown.id.as_bytes(), json(shown)))?;
    Ok(())
}

/// Acts begin to settle: what was told of their leads is from before.
pub(crate) fn age_targets_of(tx: &Transaction<'_>, state: ActState) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE lead_base SET is_old = 1 WHERE id IN
             (SELECT t.target FROM outbox o JOIN outbox_target t ON t.n = o.n WHERE o.state = ?1)",
    )?
    .execute([state.code()])?;
    Ok(())
}

/// Whether what was told of the lead is from before the acts on it that settle.
pub(crate) fn is_old(db: &Connection, id: LeadId) -> Result<bool, StoreError> {
    let mut statement = db.prepare_cached("SELECT 1 FROM lead_base WHERE id = ?1 AND is_old = 1")?;
    Ok(statement.exists([id.as_bytes()])?)
}

/// The server told another.
pub(crate) fn set(tx: &Transaction<'_>, told: &Lead) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO lead_base (id, lead) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET lead = ?2, is_old = 0",
    )?
    .execute((told.id.as_bytes(), json(told)))?;
    Ok(())
}

/// The lead was added on this device, and the server has not told of it (any more).
pub(crate) fn set_not_told(tx: &Transaction<'_>, id: LeadId) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO lead_base (id, lead) VALUES (?1, NULL) ON CONFLICT (id) DO UPDATE SET lead = NULL")?
        .execute([id.as_bytes()])?;
    Ok(())
}

pub(crate) fn erase(tx: &Transaction<'_>, id: LeadId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM lead_base WHERE id = ?1")?.execute([id.as_bytes()])?;
    Ok(())
}

fn json(lead: &Lead) -> String {
    serde_json::to_string(lead).expect("a lead is made of strings and numbers")
}
