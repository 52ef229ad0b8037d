//! Fields that this device and somebody else changed to different things.

use domain::{
    CustomFieldId, FieldOutcome, FieldResult, FieldValue, Lead, LeadEdit, LeadField, LeadId, OperationId, UnixMs,
};
use rusqlite::{Connection, Row, Transaction};
use wire::operation::Operation;

use super::id;
use crate::StoreError;
use crate::read::FieldConflict;

/// The integer of a field and, where it is the studio's own, its id. They are on disk: none changes its meaning.
fn stored(field: &LeadField) -> (i64, &[u8]) {
    let code = match field {
        LeadField::Name => 0,
        LeadField::Email => 1,
        LeadField::Phone => 2,
        LeadField::StageId => 3,
        LeadField::OwnerId => 4,
        LeadField::Tags => 5,
        LeadField::Notes => 6,
        LeadField::ValueMinor => 7,
        LeadField::State => 8,
        LeadField::Custom(id) => return (CUSTOM, id.as_bytes()),
    };
    (code, &[])
}

const CUSTOM: i64 = 9;

/// The field in two columns.
fn field_in(row: &Row<'_>, column: usize) -> Result<LeadField, StoreError> {
    let code: i64 = row.get(column)?;
    if code == CUSTOM {
        return Ok(LeadField::Custom(id::<CustomFieldId>(row, column + 1)?));
    }
    LeadField::FIXED.into_iter().find(|field| stored(field).0 == code).ok_or(StoreError::Damaged)
}

/// Notes what an edit met.
pub(crate) fn note(
    tx: &Transaction<'_>,
    operation: &Operation,
    lead_id: LeadId,
    edit: &LeadEdit,
    fields: &[FieldResult],
) -> Result<(), StoreError> {
    let is_conflict = |field: LeadField| {
        fields.iter().any(|result| result.field == field && result.outcome == FieldOutcome::Conflict)
    };
    for change in edit.changes().into_iter().filter(|change| is_conflict(change.field)) {
        // What somebody typed before in the same field and was not decided gives way to what they typed last.
        let (field, custom_id) = stored(&change.field);
        tx.prepare_cached("DELETE FROM field_conflict WHERE lead_id = ?1 AND field = ?2 AND custom_id = ?3")?
            .execute((lead_id.as_bytes(), field, custom_id))?;
        tx.prepare_cached(
            "INSERT INTO field_conflict (operation_id, field, custom_id, lead_id, at, seen, yours)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            operation.id.as_bytes(),
            field,
            custom_id,
            lead_id.as_bytes(),
            operation.at.0,
            json(&change.from),
            json(&change.to),
        ))?;
    }
    Ok(())
}

/// Puts one back, unless the field has another.
pub(crate) fn put(tx: &Transaction<'_>, conflict: &FieldConflict) -> Result<(), StoreError> {
    let (field, custom_id) = stored(&conflict.field);
    tx.prepare_cached(
        "INSERT INTO field_conflict (operation_id, field, custom_id, lead_id, at, seen, yours)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
         WHERE NOT EXISTS (SELECT 1 FROM field_conflict WHERE lead_id = ?4 AND field = ?2 AND custom_id = ?3)",
    )?
    .execute((
        conflict.operation_id.as_bytes(),
        field,
        custom_id,
        conflict.lead_id.as_bytes(),
        conflict.at.0,
        json(&conflict.seen),
        json(&conflict.yours),
    ))?;
    Ok(())
}

fn json(value: &FieldValue) -> String {
    serde_json::to_string(value).expect("a value is made of strings and numbers")
}

/// Conflicts of a lead that shows this, in the order of its fields. One whose field holds by now what was wanted is none
/// any more.
pub(crate) fn list_of(db: &Connection, shown: &Lead) -> Result<Vec<FieldConflict>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT operation_id, field, custom_id, at, seen, yours FROM field_conflict WHERE lead_id = ?1
         ORDER BY field, custom_id",
    )?;
    let mut rows = statement.query([shown.id.as_bytes()])?;
    let mut conflicts = Vec::new();
    while let Some(row) = rows.next()? {
        let field = field_in(row, 1)?;
        let conflict = FieldConflict {
            operation_id: id(row, 0)?,
            lead_id: shown.id,
            field,
            seen: value(row, 4)?,
            yours: value(row, 5)?,
            theirs: field.of(shown),
            at: UnixMs(row.get(3)?),
        };
        if conflict.yours != conflict.theirs {
            conflicts.push(conflict);
        }
    }
    Ok(conflicts)
}

fn value(row: &Row<'_>, column: usize) -> Result<FieldValue, StoreError> {
    let json = row.get_ref(column)?.as_str().map_err(|_| StoreError::Damaged)?;
    serde_json::from_str(json).map_err(|_| StoreError::Damaged)
}

pub(crate) fn erase(tx: &Transaction<'_>, operation_id: OperationId, field: LeadField) -> Result<(), StoreError> {
    let (field, custom_id) = stored(&field);
    tx.prepare_cached("DELETE FROM field_conflict WHERE operation_id = ?1 AND field = ?2 AND custom_id = ?3")?
        .execute((operation_id.as_bytes(), field, custom_id))?;
    Ok(())
}

pub(crate) fn erase_of_lead(tx: &Transaction<'_>, lead_id: LeadId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM field_conflict WHERE lead_id = ?1")?.execute([lead_id.as_bytes()])?;
    Ok(())
}

/// Leads that have any, that with the newest first.
pub(crate) fn list_leads(db: &Connection) -> Result<Vec<LeadId>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT lead_id FROM field_conflict GROUP BY lead_id ORDER BY max(at) DESC, lead_id")?;
    let mut rows = statement.query([])?;
    let mut leads = Vec::new();
    while let Some(row) = rows.next()? {
        leads.push(id(row, 0)?);
    }
    Ok(leads)
}
