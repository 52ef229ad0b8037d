//! What leads are known by, so that somebody who is here already is found without looking through all.

use domain::{ContactKey, LeadState, Phone};
use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use super::id;
use crate::StoreError;
use crate::code::Code;
use crate::read::KnownLead;

/// The keys in the columns of an address and of a number.
pub(crate) fn keys_in(row: &Row<'_>, email: usize, phone: usize) -> Result<Vec<ContactKey>, StoreError> {
    let email: Option<String> = row.get(email)?;
    let phone: Option<String> = row.get(phone)?;
    let phone = phone.map(Phone::try_from).transpose().map_err(|_| StoreError::Damaged)?;
    Ok(ContactKey::of(email.as_deref(), phone.as_ref()))
}

pub(crate) fn add(tx: &Transaction<'_>, lead_n: i64, keys: &[ContactKey]) -> Result<(), StoreError> {
    let mut statement =
        tx.prepare_cached("INSERT INTO contact_key (key, lead_n) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    for key in keys {
        statement.execute((key.as_str(), lead_n))?;
    }
    Ok(())
}

pub(crate) fn remove(tx: &Transaction<'_>, lead_n: i64, keys: &[ContactKey]) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached("DELETE FROM contact_key WHERE key = ?1 AND lead_n = ?2")?;
    for key in keys {
        statement.execute((key.as_str(), lead_n))?;
    }
    Ok(())
}

/// The lead that has one of the keys, the longest known of them. One that was deleted does not count: whoever deleted it
/// did not want it back by having it there.
pub(crate) fn find_lead(db: &Connection, keys: &[ContactKey]) -> Result<Option<KnownLead>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT l.id, l.name FROM contact_key k JOIN lead l ON l.n = k.lead_n
         WHERE k.key = ?1 AND l.state <> ?2 ORDER BY l.created_at, l.n LIMIT 1",
    )?;
    for key in keys {
        let mut rows = statement.query((key.as_str(), LeadState::Deleted.code()))?;
        if let Some(row) = rows.next()? {
            return Ok(Some(KnownLead { lead_id: id(row, 0)?, name: row.get(1)? }));
        }
    }
    Ok(None)
}

/// Fills in the keys of leads from before the table, all of them or none. Done once, when a cache is opened.
pub(crate) fn fill(connection: &mut Connection) -> Result<(), StoreError> {
    let is_filled: Option<bool> =
        connection.query_row("SELECT has_contact_keys FROM sync_state", [], |row| row.get(0)).optional()?;
    if is_filled != Some(false) {
        return Ok(());
    }
    let tx = connection.transaction()?;
    let mut keys = Vec::new();
    {
        let mut statement = tx.prepare("SELECT n, email, phone FROM lead")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let n: i64 = row.get(0)?;
            keys.extend(keys_in(row, 1, 2)?.into_iter().map(|key| (key, n)));
        }
    }
    // In order, because neighbours share a page.
    keys.sort_unstable();
    for (key, n) in keys {
        add(&tx, n, &[key])?;
    }
    tx.execute("UPDATE sync_state SET has_contact_keys = 1", [])?;
    tx.commit()?;
    Ok(())
}
