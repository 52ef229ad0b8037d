//! The studio's own fields, and what leads have in them as filters look for it.

use chrono::Datelike;
use domain::{CustomField, CustomFieldForm, CustomFieldId, CustomValue, CustomValues, fold};
use rusqlite::types::Value;
use rusqlite::{Connection, Transaction};

use super::reference::References;
use super::{id, json, json_in};
use crate::StoreError;

/// In their order, those put away included.
pub(crate) fn list(db: &Connection) -> Result<Vec<CustomField>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT id, form FROM custom_field WHERE form IS NOT NULL ORDER BY position, id")?;
    let mut rows = statement.query([])?;
    let mut fields = Vec::new();
    while let Some(row) = rows.next()? {
        fields.push(CustomField { id: id(row, 0)?, form: json_in(row, 1)? });
    }
    Ok(fields)
}

/// The integer of a field, and what it is.
pub(crate) fn find(db: &Connection, id: CustomFieldId) -> Result<Option<(i64, CustomFieldForm)>, StoreError> {
    let mut statement = db.prepare_cached("SELECT ref, form FROM custom_field WHERE id = ?1 AND form IS NOT NULL")?;
    let mut rows = statement.query([id.as_bytes()])?;
    rows.next()?.map(|row| Ok((row.get(0)?, json_in(row, 1)?))).transpose()
}

pub(crate) fn upsert(
    tx: &Transaction<'_>,
    references: &mut References,
    epoch: i64,
    field: &CustomField,
) -> Result<(), StoreError> {
    let n = references.custom_field(tx, field.id)?;
    tx.prepare_cached("UPDATE custom_field SET form = ?2, position = ?3, epoch = ?4 WHERE ref = ?1")?.execute((
        n,
        json(&field.form),
        field.form.position,
        epoch,
    ))?;
    Ok(())
}

/// Fields that the snapshot `epoch` did not bring are not here any more.
pub(crate) fn sweep(tx: &Transaction<'_>, epoch: i64) -> Result<usize, StoreError> {
    Ok(tx.execute("UPDATE custom_field SET form = NULL WHERE form IS NOT NULL AND epoch <> ?1", [epoch])?)
}

/// A lead is to be found by these values.
pub(crate) fn index(
    tx: &Transaction<'_>,
    references: &mut References,
    lead_n: i64,
    values: &CustomValues,
) -> Result<(), StoreError> {
    for (id, value) in values {
        let field_ref = references.custom_field(tx, *id)?;
        tx.prepare_cached("INSERT INTO lead_custom (field_ref, key, lead_n) VALUES (?1, ?2, ?3)")?.execute((
            field_ref,
            key(value),
            lead_n,
        ))?;
    }
    Ok(())
}

/// A lead is not to be found by its values any more.
pub(crate) fn unindex(tx: &Transaction<'_>, lead_n: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM lead_custom WHERE lead_n = ?1")?.execute([lead_n])?;
    Ok(())
}

/// What a value is looked for by.
fn key(value: &CustomValue) -> Value {
    match value {
        CustomValue::Text(text) => Value::Text(fold(text)),
        CustomValue::Number(number) => Value::Integer(*number),
        CustomValue::Date(date) => Value::Integer(date.num_days_from_ce().into()),
        CustomValue::YesNo(yes) => Value::Integer((*yes).into()),
        CustomValue::Choice(option) => Value::Blob(option.as_bytes().to_vec()),
    }
}
