//! The studio's own fields (B2): how they are defined, and what values of them leads may be given.

use std::collections::BTreeMap;

use domain::{CustomField, CustomFieldId, CustomValue, InvalidField, UnixMs, custom_path};
use serde::Serialize;

use super::write::{Write, WriteError};
use super::{Editor, Tenant};
use crate::db::DbError;
use crate::db::rows::{CustomFieldRow, columns, to_domain, word};

pub(super) const LIST: &str =
    concat!("SELECT ", columns!(custom_field), " FROM custom_field f ORDER BY f.position, f.id");
pub(super) const FIND: &str = concat!("SELECT ", columns!(custom_field), " FROM custom_field f WHERE f.id = $1");

/// What was done to a field, as the audit log names it.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum FieldAct {
    CustomFieldAdded,
    CustomFieldChanged,
}

impl Tenant {
    /// The studio's fields in their order, those put away included.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn list_custom_fields(&self) -> Result<Vec<CustomField>, DbError> {
        self.store.read(|tx| tx.query_all(LIST, &[], |row| to_domain(&CustomFieldRow::read(row)?))).await
    }

    /// Adds a field, or changes one, and notes who did in the audit log. What changes nothing writes nothing.
    ///
    /// # Errors
    /// [`WriteError::InvalidField`] for what may not stand beside the studio's other fields, or not in the place of what
    /// the field was.
    pub(crate) async fn put_custom_field(
        &self,
        field: CustomField,
        by: Editor,
        now: UnixMs,
    ) -> Result<CustomField, WriteError> {
        self.change(move |write| {
            let (before, others): (Vec<_>, Vec<_>) =
                write.list_custom_fields()?.into_iter().partition(|other| other.id == field.id);
            if before.first() == Some(&field) {
                return Ok(field);
            }
            field.form.check_beside(before.first().map(|before| &before.form), &others)?;
            write.put_custom_field(&field)?;
            let act = if before.is_empty() { FieldAct::CustomFieldAdded } else { FieldAct::CustomFieldChanged };
            write.append_act(&word(act)?, by, &field.id.to_string(), now)?;
            Ok(field)
        })
        .await
    }
}

impl Write<'_> {
    pub(super) fn list_custom_fields(&self) -> Result<Vec<CustomField>, DbError> {
        self.tx().query_all(LIST, &[], |row| to_domain(&CustomFieldRow::read(row)?))
    }

    /// Adds a field, or changes one.
    pub(super) fn put_custom_field(&mut self, CustomField { id, form }: &CustomField) -> Result<(), DbError> {
        const CHANGE: &str = "UPDATE custom_field SET name = $2, kind = $3, options = $4, position = $5, \
                              is_in_list = $6, is_archived = $7, seq = $8 WHERE id = $1";
        const NEW: &str = "INSERT INTO custom_field (id, name, kind, options, position, is_in_list, is_archived, seq) \
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let (id, kind, options) = (id.to_string(), word(form.kind)?, serde_json::to_string(&form.options)?);
        let parameters = [
            (&id).into(),
            (&form.name).into(),
            (&kind).into(),
            (&options).into(),
            form.position.into(),
            i64::from(form.is_in_list).into(),
            i64::from(form.is_archived).into(),
            self.next_seq(),
        ];
        if self.tx().execute(CHANGE, &parameters)? == 0 {
            self.tx().execute(NEW, &parameters)?;
        }
        Ok(())
    }

    /// Whether each field is the studio's and can hold the value, if it is to have one.
    ///
    /// # Errors
    /// [`WriteError::InvalidField`] for the first that is not, or can't.
    pub(super) fn check_custom<'v>(
        &self,
        values: impl Iterator<Item = (CustomFieldId, Option<&'v CustomValue>)>,
    ) -> Result<(), WriteError> {
        let values: Vec<_> = values.collect();
        let ids: Vec<_> = values.iter().map(|(id, _)| id.to_string()).collect();
        let mut fields = BTreeMap::new();
        self.tx().query_for_each(FIND, &ids, |row| -> Result<(), DbError> {
            let field: CustomField = to_domain(&CustomFieldRow::read(row)?)?;
            fields.insert(field.id, field);
            Ok(())
        })?;
        Ok(check_values(&fields, values.into_iter())?)
    }
}

/// The same against the studio's fields.
///
/// # Errors
/// The first that is not one of them, or can't hold its value.
pub(super) fn check_values<'v>(
    fields: &BTreeMap<CustomFieldId, CustomField>,
    mut values: impl Iterator<Item = (CustomFieldId, Option<&'v CustomValue>)>,
) -> Result<(), InvalidField> {
    values.try_for_each(|(id, value)| {
        let field = fields.get(&id).ok_or_else(|| InvalidField::new(custom_path(id), "is no field of this studio"))?;
        value.map_or(Ok(()), |value| field.check_value(value))
    })
}
