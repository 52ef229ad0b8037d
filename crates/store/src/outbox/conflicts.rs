//! Fields that this device and somebody else changed to different things, over all leads. There are as many as people have
//! left undecided: few.

use rusqlite::{Connection, Transaction};

use super::finish;
use crate::apply::{Buckets, Writing};
use crate::leads::find_lead;
use crate::read::{ConflictRow, FieldConflict};
use crate::table::conflict;
use crate::{Applied, StoreError};

/// At most `limit` from `offset`: the lead with the newest first, and of a lead in the order of its fields.
pub(crate) fn list(db: &Connection, offset: u64, limit: u32) -> Result<Vec<ConflictRow>, StoreError> {
    let (mut skip, limit) = (usize::try_from(offset).unwrap_or(usize::MAX), limit as usize);
    let mut rows = Vec::new();
    for id in conflict::list_leads(db)? {
        if rows.len() >= limit {
            break;
        }
        let Some(lead) = find_lead(db, id)? else { continue };
        let of_lead = conflict::list_of(db, &lead)?;
        let passed = skip.min(of_lead.len());
        skip -= passed;
        let left = of_lead.into_iter().skip(passed).take(limit - rows.len());
        rows.extend(left.map(|conflict| ConflictRow { lead_name: lead.name.clone(), conflict }));
    }
    Ok(rows)
}

pub(crate) fn count(db: &Connection) -> Result<u64, StoreError> {
    let mut conflicts = 0;
    for id in conflict::list_leads(db)? {
        if let Some(shown) = find_lead(db, id)? {
            conflicts += conflict::list_of(db, &shown)?.len() as u64;
        }
    }
    Ok(conflicts)
}

/// A decision is taken back, unless the field has another conflict by now.
pub(crate) fn restore(
    tx: &Transaction<'_>,
    buckets: &mut Buckets,
    conflict: &FieldConflict,
) -> Result<Applied, StoreError> {
    find_lead(tx, conflict.lead_id)?.ok_or(StoreError::NotFound)?;
    conflict::put(tx, conflict)?;
    finish(Writing::begin(tx, buckets, false)?)
}
