//! What staff made of a lead, kept with what lost: so that both sides can be read where two edited the same.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::{FieldChange, FieldOutcome, FieldResult, FieldValue, LeadField};
use crate::{Lead, LeadId, MemberId, OperationId, UnixMs};

/// One edit of a lead.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct LeadEditRecord {
    /// The operation's, where it was one.
    pub id: OperationId,
    pub lead_id: LeadId,
    pub member_id: MemberId,
    /// By the device's clock, and not in the future.
    pub at: UnixMs,
    /// Of each field once, and of those alone that changed or could not.
    pub changes: Vec<FieldEdit>,
}

/// Written by hand: what fields hold never reaches a log.
impl std::fmt::Debug for LeadEditRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LeadEditRecord").field("id", &self.id).field("lead_id", &self.lead_id).finish_non_exhaustive()
    }
}

/// One field of an edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct FieldEdit {
    pub field: LeadField,
    /// What the editor saw.
    pub from: FieldValue,
    /// What they made of it; where it is a conflict, what they wanted to.
    pub to: FieldValue,
    pub outcome: FieldOutcome,
}

impl FieldEdit {
    /// The history of an edit that came to `results`, which are told in the order of its `changes`: what was the same
    /// already is none of it.
    pub fn of_edit(changes: Vec<FieldChange>, results: &[FieldResult]) -> Vec<Self> {
        let told = changes.into_iter().zip(results);
        told.filter(|(_, result)| result.outcome != FieldOutcome::Same)
            .map(|(FieldChange { field, from, to }, result)| Self { field, from, to, outcome: result.outcome })
            .collect()
    }

    /// The history of what became of a lead.
    pub fn between(before: &Lead, after: &Lead) -> Vec<Self> {
        let change = |field: LeadField| {
            let (from, to) = (field.of(before), field.of(after));
            (from != to).then_some(Self { field, from, to, outcome: FieldOutcome::Applied })
        };
        LeadField::all_of(&[before, after]).into_iter().filter_map(change).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Edited, LeadEdit, LeadState, NewLead, merge_lead};

    fn lead() -> Lead {
        let new: NewLead = serde_json::from_str(
            r#"{"name":"Nora","stage_id":"01890000-0000-7000-8000-000000000001","source":"manual","tags":[],"notes":""}"#,
        )
        .expect("a lead");
        new.into_lead(LeadId::from_uuid(uuid::Uuid::nil()), UnixMs(0))
    }

    #[test]
    fn both_sides_of_a_conflict_are_kept_and_what_changed_nothing_is_not() {
        let text = str::to_owned;
        let edit = LeadEdit {
            name: Some(Edited { from: text("N."), to: text("Norah") }),
            email: Some(Edited { from: Some(text("x@mail.example")), to: None }),
            notes: Some(Edited { from: text(""), to: text("rang") }),
            ..LeadEdit::default()
        };
        let results = merge_lead(edit.clone(), UnixMs(0), &lead(), None).fields;
        let kept = FieldEdit::of_edit(edit.changes(), &results);
        let value = |text: &str| FieldValue::Text(Some(text.to_owned()));
        let expected = [
            (LeadField::Name, value("N."), value("Norah"), FieldOutcome::Conflict),
            (LeadField::Notes, value(""), value("rang"), FieldOutcome::Applied),
        ];
        assert_eq!(kept, expected.map(|(field, from, to, outcome)| FieldEdit { field, from, to, outcome }));
    }

    #[test]
    fn what_became_of_a_lead_is_told_field_by_field() {
        let after = Lead { notes: "rang".to_owned(), state: LeadState::Archived, updated_at: UnixMs(9), ..lead() };
        let changed: Vec<_> = FieldEdit::between(&lead(), &after).into_iter().map(|change| change.field).collect();
        assert_eq!(changed, [LeadField::Notes, LeadField::State]);
        assert_eq!(FieldEdit::between(&lead(), &lead()), []);
    }

    #[test]
    fn debug_shows_nothing_of_what_fields_hold() {
        let changes = FieldEdit::between(&lead(), &Lead { notes: "Zeisig".to_owned(), ..lead() });
        let shown = format!("{changes:?}");
        let (id, member_id) = (OperationId::from_uuid(uuid::Uuid::nil()), MemberId::from_uuid(uuid::Uuid::nil()));
        let record = LeadEditRecord { id, lead_id: lead().id, member_id, at: UnixMs(0), changes };
        assert!(!format!("{record:?} {shown}").contains("Zeisig"));
    }
}
