//! All of one lead that its page shows.

use domain::LeadId;
use rusqlite::Connection;

use crate::read::LeadDetail;
use crate::table::{lead, lead_edit, stage_event};
use crate::{StoreError, inbox};

pub(crate) fn get_detail(db: &Connection, id: LeadId) -> Result<LeadDetail, StoreError> {
    let n = lead::find_n(db, id)?.ok_or(StoreError::NotFound)?;
    let sql = format!(
        "SELECT {} FROM lead l JOIN stage s ON s.ref = l.stage_ref LEFT JOIN member m ON m.ref = l.owner_ref
         WHERE l.n = ?1",
        lead::COLUMNS
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([n])?;
    let row = rows.next()?.ok_or(StoreError::Damaged)?;
    Ok(LeadDetail {
        lead: lead::read(row)?,
        conversations: inbox::list_of_lead(db, n)?,
        stage_events: stage_event::list_of_lead(db, id, n)?,
        edits: lead_edit::list_of_lead(db, id, n)?,
    })
}
