//! All of one lead that its page shows.

use domain::{Lead, LeadId};
use rusqlite::Connection;

use crate::read::LeadDetail;
use crate::table::{conflict, lead, lead_edit, stage_event};
use crate::{StoreError, inbox, outbox};

pub(crate) fn get_detail(db: &Connection, id: LeadId) -> Result<LeadDetail, StoreError> {
    let n = lead::find_n(db, id)?.ok_or(StoreError::NotFound)?;
    let lead = get(db, n)?;
    Ok(LeadDetail {
        conversations: inbox::list_of_lead(db, n)?,
        stage_events: stage_event::list_of_lead(db, id, n)?,
        edits: lead_edit::list_of_lead(db, id, n)?,
        unsent: outbox::unsent_fields(db, id)?,
        conflicts: conflict::list_of(db, &lead)?,
        merges: outbox::merge::list_pending(db, id)?,
        lead,
    })
}

/// The lead as it is shown, if it is here.
pub(crate) fn find_lead(db: &Connection, id: LeadId) -> Result<Option<Lead>, StoreError> {
    lead::find_n(db, id)?.map(|n| get(db, n)).transpose()
}

fn get(db: &Connection, n: i64) -> Result<Lead, StoreError> {
    let sql = format!(
        "SELECT {} FROM lead l JOIN stage s ON s.ref = l.stage_ref LEFT JOIN member m ON m.ref = l.owner_ref
         WHERE l.n = ?1",
        lead::COLUMNS
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([n])?;
    lead::read(rows.next()?.ok_or(StoreError::Damaged)?)
}
