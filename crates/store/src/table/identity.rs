//! Whose cache it is.

use rusqlite::Connection;

use super::id;
use crate::{CacheIdentity, StoreError};

pub(crate) fn get(db: &Connection) -> Result<CacheIdentity, StoreError> {
    let mut statement = db.prepare_cached("SELECT studio_id, member_id, device_id FROM identity WHERE one = 1")?;
    let mut rows = statement.query([])?;
    let row = rows.next()?.ok_or(StoreError::Damaged)?;
    Ok(CacheIdentity { studio_id: id(row, 0)?, member_id: id(row, 1)?, device_id: id(row, 2)? })
}
