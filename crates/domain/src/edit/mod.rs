//! Edits that were made on what somebody saw, perhaps days ago and offline.
//!
//! An edit says of each field what it was and what it is to be, so that whoever carries it out can tell a change from a
//! copy (ADR 16). [`merge_lead`] is the rule.

mod change;
mod check;
mod history;
mod merge;
mod unite;

pub use change::{FieldChange, FieldValue};
pub use check::{InvalidField, check_filled_line, check_line, check_message_body, check_text, is_email};
pub use history::{FieldEdit, LeadEditRecord};
pub use merge::{FieldOutcome, FieldResult, LeadField, LeadMerge, merge_lead};
pub use unite::{MergeProblem, unite_leads};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::custom::described_edits;
use crate::{CustomFieldId, CustomValue, Lead, LeadPatch, LeadState, MemberId, Phone, StageId};

/// What a field was for whoever edited it, and what they made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
#[serde(deny_unknown_fields, bound(deserialize = "T: Deserialize<'de>"))]
pub struct Edited<T> {
    #[serde(deserialize_with = "given")]
    #[schema(required)]
    pub from: T,
    #[serde(deserialize_with = "given")]
    #[schema(required)]
    pub to: T,
}

/// Both sides have to be said: without this, one that is missing would read as `null`, and clear the field.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::deserialize(deserializer)
}

/// Edited fields of a lead. Absent ones were not touched.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export, optional_fields)]
#[serde(default, deny_unknown_fields)]
pub struct LeadEdit {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Edited<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Edited<Option<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Edited<Option<Phone>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_id: Option<Edited<StageId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<Edited<Option<MemberId>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Edited<Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<Edited<String>>,
    /// In hundredths of the studio's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_minor: Option<Edited<Option<i64>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Edited<LeadState>>,
    /// Of the studio's own fields those that were touched.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<CustomFieldId, Edited<Option<CustomValue>>>>")]
    #[schema(schema_with = described_edits)]
    pub custom: BTreeMap<CustomFieldId, Edited<Option<CustomValue>>>,
}

/// Written by hand: shows which fields were edited, never from or to what.
impl std::fmt::Debug for LeadEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.fields()).finish()
    }
}

impl<T> Edited<T> {
    fn reversed(self) -> Self {
        Self { from: self.to, to: self.from }
    }
}

impl LeadEdit {
    /// What the edited fields are to become.
    #[must_use]
    pub fn wanted(&self) -> LeadPatch {
        fn to<T: Clone>(edited: &Option<Edited<T>>) -> Option<T> {
            edited.as_ref().map(|edited| edited.to.clone())
        }
        let Self { name, email, phone, stage_id, owner_id, tags, notes, value_minor, state, custom } = self;
        LeadPatch {
            name: to(name),
            email: to(email),
            phone: to(phone),
            stage_id: to(stage_id),
            owner_id: to(owner_id),
            tags: to(tags),
            notes: to(notes),
            value_minor: to(value_minor),
            state: to(state),
            custom: custom.iter().map(|(id, edited)| (*id, edited.to.clone())).collect(),
        }
    }

    /// What was done to a lead, from what it was to what it is.
    #[must_use]
    pub fn between(before: &Lead, after: &Lead) -> Self {
        fn edited<T: Clone + PartialEq>(from: &T, to: &T) -> Option<Edited<T>> {
            (from != to).then(|| Edited { from: from.clone(), to: to.clone() })
        }
        Self {
            name: edited(&before.name, &after.name),
            email: edited(&before.email, &after.email),
            phone: edited(&before.phone, &after.phone),
            stage_id: edited(&before.stage_id, &after.stage_id),
            owner_id: edited(&before.owner_id, &after.owner_id),
            tags: edited(&before.tags, &after.tags),
            notes: edited(&before.notes, &after.notes),
            value_minor: edited(&before.value_minor, &after.value_minor),
            state: edited(&before.state, &after.state),
            custom: {
                let ids: BTreeSet<_> = before.custom.keys().chain(after.custom.keys()).copied().collect();
                let change =
                    |id| Some((id, edited(&before.custom.get(&id).cloned(), &after.custom.get(&id).cloned())?));
                ids.into_iter().filter_map(change).collect()
            },
        }
    }

    /// The edit that takes this one back.
    #[must_use]
    pub fn reversed(self) -> Self {
        let Self { name, email, phone, stage_id, owner_id, tags, notes, value_minor, state, custom } = self;
        Self {
            name: name.map(Edited::reversed),
            email: email.map(Edited::reversed),
            phone: phone.map(Edited::reversed),
            stage_id: stage_id.map(Edited::reversed),
            owner_id: owner_id.map(Edited::reversed),
            tags: tags.map(Edited::reversed),
            notes: notes.map(Edited::reversed),
            value_minor: value_minor.map(Edited::reversed),
            state: state.map(Edited::reversed),
            custom: custom.into_iter().map(|(id, edited)| (id, edited.reversed())).collect(),
        }
    }

    /// The fields that were edited.
    pub fn fields(&self) -> impl Iterator<Item = LeadField> {
        let Self { name, email, phone, stage_id, owner_id, tags, notes, value_minor, state, custom } = self;
        [
            (LeadField::Name, name.is_some()),
            (LeadField::Email, email.is_some()),
            (LeadField::Phone, phone.is_some()),
            (LeadField::StageId, stage_id.is_some()),
            (LeadField::OwnerId, owner_id.is_some()),
            (LeadField::Tags, tags.is_some()),
            (LeadField::Notes, notes.is_some()),
            (LeadField::ValueMinor, value_minor.is_some()),
            (LeadField::State, state.is_some()),
        ]
        .into_iter()
        .filter_map(|(field, is_edited)| is_edited.then_some(field))
        .chain(custom.keys().copied().map(LeadField::Custom))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_a_field_have_to_be_said() {
        let whole = r#"{"email":{"from":"a@b.example","to":null}}"#;
        let edit: LeadEdit = serde_json::from_str(whole).expect("an edit");
        assert_eq!(edit.email, Some(Edited { from: Some("a@b.example".to_owned()), to: None }));
        assert_eq!(serde_json::to_string(&edit).expect("text"), whole);
        for part in
            [r#"{"email":{"from":"a@b.example"}}"#, r#"{"email":{"to":null}}"#, r#"{"email":{"from":1,"to":null}}"#]
        {
            assert!(serde_json::from_str::<LeadEdit>(part).is_err(), "{part}");
        }
        assert!(serde_json::from_str::<LeadEdit>(r#"{"revision":3}"#).is_err(), "a field that there is not");
    }

    #[test]
    fn debug_shows_the_fields_and_not_what_is_in_them() {
        let edit: LeadEdit = serde_json::from_str(r#"{"name":{"from":"Nora","to":"Zeisig"}}"#).expect("an edit");
        assert_eq!(format!("{edit:?}"), "{Name}");
    }
}
