//! An edit told field by field, for whoever has to read it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::{Edited, LeadEdit, LeadField};
use crate::{CustomValue, Lead, LeadState, MemberId, Phone, StageId};

/// What a field holds.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum FieldValue {
    /// Of a name, an address, a number, the notes; absent when there is none.
    Text(Option<String>),
    Stage(StageId),
    /// Absent: the pool.
    Owner(Option<MemberId>),
    Tags(Vec<String>),
    /// In hundredths of the studio's currency.
    Money(Option<i64>),
    State(LeadState),
    /// Of one of the studio's own fields; absent when there is none.
    Custom(Option<CustomValue>),
}

/// Written by hand: what a field holds never reaches a log.
impl std::fmt::Debug for FieldValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::Stage(_) => "Stage",
            Self::Owner(_) => "Owner",
            Self::Tags(_) => "Tags",
            Self::Money(_) => "Money",
            Self::State(_) => "State",
            Self::Custom(_) => "Custom",
        })
    }
}

/// What became of a field in somebody's hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FieldChange {
    pub field: LeadField,
    pub from: FieldValue,
    pub to: FieldValue,
}

impl LeadField {
    /// The fields that every studio has, in the order of their declaration.
    pub const FIXED: [Self; 9] = [
        Self::Name,
        Self::Email,
        Self::Phone,
        Self::StageId,
        Self::OwnerId,
        Self::Tags,
        Self::Notes,
        Self::ValueMinor,
        Self::State,
    ];

    /// Every field that holds something in one of the leads, in the order of [`LeadField`].
    pub fn all_of(leads: &[&Lead]) -> Vec<Self> {
        let custom: BTreeSet<_> = leads.iter().flat_map(|lead| lead.custom.keys().copied()).collect();
        Self::FIXED.into_iter().chain(custom.into_iter().map(Self::Custom)).collect()
    }

    /// What the field holds in a lead.
    pub fn of(self, lead: &Lead) -> FieldValue {
        match self {
            Self::Name => FieldValue::Text(Some(lead.name.clone())),
            Self::Email => FieldValue::Text(lead.email.clone()),
            Self::Phone => phone(lead.phone.as_ref()),
            Self::StageId => FieldValue::Stage(lead.stage_id),
            Self::OwnerId => FieldValue::Owner(lead.owner_id),
            Self::Tags => FieldValue::Tags(lead.tags.clone()),
            Self::Notes => FieldValue::Text(Some(lead.notes.clone())),
            Self::ValueMinor => FieldValue::Money(lead.value_minor),
            Self::State => FieldValue::State(lead.state),
            Self::Custom(id) => FieldValue::Custom(lead.custom.get(&id).cloned()),
        }
    }
}

fn phone(phone: Option<&Phone>) -> FieldValue {
    FieldValue::Text(phone.map(|phone| phone.as_str().to_owned()))
}

impl LeadEdit {
    /// The edited fields, in the order of [`LeadField`].
    pub fn changes(&self) -> Vec<FieldChange> {
        fn change<T>(
            field: LeadField,
            edited: &Option<Edited<T>>,
            value: impl Fn(&T) -> FieldValue,
        ) -> Option<FieldChange> {
            edited.as_ref().map(|Edited { from, to }| FieldChange { field, from: value(from), to: value(to) })
        }
        let Self { name, email, phone: number, stage_id, owner_id, tags, notes, value_minor, state, custom } = self;
        let line = |text: &String| FieldValue::Text(Some(text.clone()));
        [
            change(LeadField::Name, name, line),
            change(LeadField::Email, email, |email| FieldValue::Text(email.clone())),
            change(LeadField::Phone, number, |number| phone(number.as_ref())),
            change(LeadField::StageId, stage_id, |id| FieldValue::Stage(*id)),
            change(LeadField::OwnerId, owner_id, |id| FieldValue::Owner(*id)),
            change(LeadField::Tags, tags, |tags| FieldValue::Tags(tags.clone())),
            change(LeadField::Notes, notes, line),
            change(LeadField::ValueMinor, value_minor, |value| FieldValue::Money(*value)),
            change(LeadField::State, state, |state| FieldValue::State(*state)),
        ]
        .into_iter()
        .flatten()
        .chain(custom.iter().map(|(id, Edited { from, to })| FieldChange {
            field: LeadField::Custom(*id),
            from: FieldValue::Custom(from.clone()),
            to: FieldValue::Custom(to.clone()),
        }))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_among_all() {
        assert!(LeadField::FIXED.is_sorted());
        // A field that is added is added there, too: this does not compile before its place is told.
        let place = |field| match field {
            LeadField::Name => 0,
            LeadField::Email => 1,
            LeadField::Phone => 2,
            LeadField::StageId => 3,
            LeadField::OwnerId => 4,
            LeadField::Tags => 5,
            LeadField::Notes => 6,
            LeadField::ValueMinor => 7,
            LeadField::State => 8,
            LeadField::Custom(_) => usize::MAX,
        };
        assert!(LeadField::FIXED.into_iter().map(place).eq(0..LeadField::FIXED.len()));
        let edit: LeadEdit =
            serde_json::from_str(r#"{"notes":{"from":"a","to":"b"},"email":{"from":null,"to":"c@d"}}"#)
                .expect("an edit");
        let fields: Vec<LeadField> = edit.changes().into_iter().map(|change| change.field).collect();
        assert_eq!(fields, edit.fields().collect::<Vec<_>>());
        assert_eq!(fields, [LeadField::Email, LeadField::Notes]);
    }
}
