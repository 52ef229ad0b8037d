//! What becomes of an edit when the lead has changed meanwhile: three-way, field by field.
//!
//! | the field is now | then |
//! |---|---|
//! | as the editor saw it | it becomes what they made of it |
//! | as they made it, or they left it as it was | nothing is left to do |
//! | something else, of tags | what they added comes in, what they took away goes, the rest is left |
//! | something else, of the stage | the later move stands |
//! | something else, of the state | of the two the one that is further from active stands |
//! | something else, of any other | it stays: a conflict, for somebody to decide |
//!
//! So nothing that anybody typed is lost without being seen, whatever the order in which edits arrive; and a lead that was
//! deleted comes back only by somebody who saw that it was. Its other fields are merged as those of any.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::{Edited, LeadEdit};
use crate::{CustomFieldId, Lead, LeadPatch, LeadState, UnixMs};

/// A field of a lead that staff edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LeadField {
    Name,
    Email,
    Phone,
    StageId,
    OwnerId,
    Tags,
    Notes,
    ValueMinor,
    State,
    /// One of the studio's own.
    Custom(CustomFieldId),
}

/// What became of an edited field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum FieldOutcome {
    /// It was as it had been seen, and is now as it was meant to be.
    Applied,
    /// It was as it was meant to be already.
    Same,
    /// Others had changed it too, and both changes are in it now.
    Merged,
    /// Theirs stands: of two moves the later one, and both are in the history; of two states the further from active.
    Superseded,
    /// Others had changed it to something else, which stands until somebody decides.
    Conflict,
}

/// What became of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct FieldResult {
    pub field: LeadField,
    pub outcome: FieldOutcome,
}

/// What is to be done to the lead for an edit, and what became of each of its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadMerge {
    /// What changes; may be nothing.
    pub patch: LeadPatch,
    /// In the order of [`LeadField`].
    pub fields: Vec<FieldResult>,
}

/// Merges an edit of `edited_at` into the lead as it is now. `stage_moved_at` is when the lead came to its stage, if that
/// is known.
pub fn merge_lead(edit: LeadEdit, edited_at: UnixMs, now: &Lead, stage_moved_at: Option<UnixMs>) -> LeadMerge {
    let LeadEdit { name, email, phone, stage_id, owner_id, tags, notes, value_minor, state, custom } = edit;
    let mut fields = Vec::new();
    let mut told = |field, outcome| fields.push(FieldResult { field, outcome });
    let patch = LeadPatch {
        name: merge(name, &now.name, kept, |outcome| told(LeadField::Name, outcome)),
        email: merge(email, &now.email, kept, |outcome| told(LeadField::Email, outcome)),
        phone: merge(phone, &now.phone, kept, |outcome| told(LeadField::Phone, outcome)),
        stage_id: merge(
            stage_id,
            &now.stage_id,
            |edited, _| match stage_moved_at {
                Some(moved_at) if moved_at > edited_at => (None, FieldOutcome::Superseded),
                _ => (Some(edited.to), FieldOutcome::Applied),
            },
            |outcome| told(LeadField::StageId, outcome),
        ),
        owner_id: merge(owner_id, &now.owner_id, kept, |outcome| told(LeadField::OwnerId, outcome)),
        tags: merge(
            tags,
            &now.tags,
            |edited, now| (Some(merged_tags(&edited, now)), FieldOutcome::Merged),
            |outcome| told(LeadField::Tags, outcome),
        ),
        notes: merge(notes, &now.notes, kept, |outcome| told(LeadField::Notes, outcome)),
        value_minor: merge(value_minor, &now.value_minor, kept, |outcome| told(LeadField::ValueMinor, outcome)),
        state: merge(state, &now.state, further, |outcome| told(LeadField::State, outcome)),
        custom: {
            let merged = |(id, edited): (CustomFieldId, _)| {
                let now = now.custom.get(&id).cloned();
                Some((id, merge(Some(edited), &now, kept, |outcome| told(LeadField::Custom(id), outcome))?))
            };
            custom.into_iter().filter_map(merged).collect()
        },
    };
    LeadMerge { patch, fields }
}

/// What a field is to become, if anything, by the rules that hold for all, and by `both` where both sides changed it.
fn merge<T: PartialEq>(
    edited: Option<Edited<T>>,
    now: &T,
    both: impl FnOnce(Edited<T>, &T) -> (Option<T>, FieldOutcome),
    tell: impl FnOnce(FieldOutcome),
) -> Option<T> {
    let edited = edited?;
    let (to, outcome) = if edited.to == *now || edited.to == edited.from {
        (None, FieldOutcome::Same)
    } else if edited.from == *now {
        (Some(edited.to), FieldOutcome::Applied)
    } else {
        both(edited, now)
    };
    tell(outcome);
    // What comes to the same is no change.
    to.filter(|to| to != now)
}

/// Both sides' values can't be in one field.
fn kept<T>(_: Edited<T>, _: &T) -> (Option<T>, FieldOutcome) {
    (None, FieldOutcome::Conflict)
}

/// What was put away stays away, for whoever did not see it.
fn further(edited: Edited<LeadState>, now: &LeadState) -> (Option<LeadState>, FieldOutcome) {
    if edited.to > *now { (Some(edited.to), FieldOutcome::Applied) } else { (None, FieldOutcome::Superseded) }
}

/// The tags there are, in their order, without those that the editor took away, and with those they added at the end.
fn merged_tags(edited: &Edited<Vec<String>>, now: &[String]) -> Vec<String> {
    let [from, to, there] = [&edited.from[..], &edited.to[..], now].map(|tags| tags.iter().collect::<HashSet<_>>());
    let stays = now.iter().filter(|tag| !from.contains(tag) || to.contains(tag));
    let comes = edited.to.iter().filter(|tag| !from.contains(tag) && !there.contains(tag));
    stays.chain(comes).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::FieldOutcome::{Applied, Conflict, Merged, Same, Superseded};
    use super::*;
    use crate::{CustomValue, CustomValues, Source, StageId, Touch};

    const EDITED_AT: UnixMs = UnixMs(1_790_000_000_000);

    fn stage(n: u64) -> StageId {
        StageId::from_uuid(uuid::Uuid::from_u64_pair(0, n))
    }

    fn lead() -> Lead {
        Lead {
            id: crate::LeadId::from_uuid(uuid::Uuid::nil()),
            name: "now".to_owned(),
            email: Some("now@mail.example".to_owned()),
            phone: None,
            stage_id: stage(2),
            owner_id: None,
            source: Source::Manual,
            campaign: None,
            tags: vec!["kept".to_owned(), "theirs".to_owned()],
            notes: "now".to_owned(),
            value_minor: Some(2),
            state: LeadState::Active,
            custom: CustomValues::new(),
            first_touch: Touch::default(),
            last_touch: Touch::default(),
            created_at: UnixMs(0),
            updated_at: UnixMs(0),
            last_activity_at: UnixMs(0),
        }
    }

    fn edited<T>(from: T, to: T) -> Option<Edited<T>> {
        Some(Edited { from, to })
    }

    fn merged(edit: LeadEdit) -> (LeadPatch, Vec<FieldOutcome>) {
        let LeadMerge { patch, fields } = merge_lead(edit, EDITED_AT, &lead(), None);
        (patch, fields.into_iter().map(|field| field.outcome).collect())
    }

    #[test]
    fn text_by_what_was_seen_what_was_written_and_what_is_there() {
        let text = str::to_owned;
        //                    seen     written  there is "now"
        for (from, to, expected, outcome) in [
            /* nobody else    */ ("now", "mine", Some("mine"), Applied),
            /* only others    */ ("old", "old", None, Same),
            /* both the same  */ ("old", "now", None, Same),
            /* both, apart    */ ("old", "mine", None, Conflict),
            /* nobody at all  */ ("now", "now", None, Same),
        ] {
            let edit = LeadEdit { name: edited(text(from), text(to)), ..LeadEdit::default() };
            let wanted = LeadPatch { name: expected.map(text), ..LeadPatch::default() };
            assert_eq!(merged(edit), (wanted, vec![outcome]), "{from} -> {to}");
            let edit = LeadEdit { notes: edited(text(from), text(to)), ..LeadEdit::default() };
            let wanted = LeadPatch { notes: expected.map(text), ..LeadPatch::default() };
            assert_eq!(merged(edit), (wanted, vec![outcome]), "notes, {from} -> {to}");
        }
    }

    #[test]
    fn a_field_that_is_cleared_is_a_field_that_is_changed() {
        for (from, to, expected, outcome) in [
            (Some(2), None, Some(None), Applied),
            (Some(1), None, None, Conflict),
            (None, Some(2), None, Same),
            (None, Some(3), None, Conflict),
        ] {
            let edit = LeadEdit { value_minor: edited(from, to), ..LeadEdit::default() };
            let wanted = LeadPatch { value_minor: expected, ..LeadPatch::default() };
            assert_eq!(merged(edit), (wanted, vec![outcome]), "{from:?} -> {to:?}");
        }
    }

    #[test]
    fn a_field_of_the_studios_own_is_merged_like_any_other() {
        let id = CustomFieldId::from_uuid(uuid::Uuid::from_u128(1));
        let number = |n: Option<i64>| n.map(CustomValue::Number);
        //                         seen     written  there is  it becomes
        for (from, to, now, expected, outcome) in [
            /* nobody else    */ (None, Some(1), None, Some(Some(1)), Applied),
            /* cleared        */ (Some(2), None, Some(2), Some(None), Applied),
            /* both the same  */ (Some(1), Some(2), Some(2), None, Same),
            /* both, apart    */ (None, Some(1), Some(2), None, Conflict),
            /* gone meanwhile */ (Some(1), Some(2), None, None, Conflict),
        ] {
            let lead = Lead { custom: number(now).map(|value| (id, value)).into_iter().collect(), ..lead() };
            let edit = LeadEdit {
                custom: [(id, Edited { from: number(from), to: number(to) })].into(),
                ..LeadEdit::default()
            };
            let LeadMerge { patch, fields } = merge_lead(edit, EDITED_AT, &lead, None);
            assert_eq!(fields, [FieldResult { field: LeadField::Custom(id), outcome }], "{from:?} -> {to:?}");
            assert_eq!(patch.custom.get(&id).cloned(), expected.map(number), "{from:?} -> {to:?}");
        }
    }

    #[test]
    fn tags_are_merged_as_sets_in_the_order_there_is() {
        let tags = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
        //     seen                        written                     there are "kept", "theirs"
        for (from, to, expected, outcome) in [
            (&["kept", "theirs"][..], &["kept"][..], Some(&["kept"][..]), Applied),
            (&["kept"], &["kept", "mine"], Some(&["kept", "theirs", "mine"]), Merged),
            (&["kept", "gone"], &["kept"], None, Merged),
            (&["kept"], &[], Some(&["theirs"]), Merged),
            (&["kept", "gone"], &["gone"], Some(&["theirs"]), Merged),
            (&["kept"], &["kept", "theirs"], None, Same),
            (&[], &["theirs", "mine"], Some(&["kept", "theirs", "mine"]), Merged),
        ] {
            let edit = LeadEdit { tags: edited(tags(from), tags(to)), ..LeadEdit::default() };
            let wanted = LeadPatch { tags: expected.map(tags), ..LeadPatch::default() };
            assert_eq!(merged(edit), (wanted, vec![outcome]), "{from:?} -> {to:?}");
        }
    }

    #[test]
    fn of_two_moves_the_later_one_stands() {
        for (from, to, moved_after_ms, expected, outcome) in [
            (2, 3, Some(1), Some(3), Applied),
            (1, 3, Some(-1), Some(3), Applied),
            (1, 3, Some(0), Some(3), Applied),
            (1, 3, Some(1), None, Superseded),
            (1, 3, None, Some(3), Applied),
            (1, 2, Some(1), None, Same),
        ] {
            let edit = LeadEdit { stage_id: edited(stage(from), stage(to)), ..LeadEdit::default() };
            let moved_at = moved_after_ms.map(|ms| EDITED_AT.plus_ms(ms));
            let LeadMerge { patch, fields } = merge_lead(edit, EDITED_AT, &lead(), moved_at);
            assert_eq!((patch.stage_id, fields[0].outcome), (expected.map(stage), outcome), "{from} -> {to}");
        }
    }

    #[test]
    fn of_two_states_the_further_from_active_stands_unless_somebody_saw_it() {
        use LeadState::{Active, Archived, Deleted};
        for (from, to, now, expected, outcome) in [
            /* nobody else         */ (Active, Archived, Active, Some(Archived), Applied),
            /* nobody else         */ (Archived, Active, Archived, Some(Active), Applied),
            /* restored, seeing it */ (Deleted, Active, Deleted, Some(Active), Applied),
            /* restored, seeing it */ (Deleted, Archived, Deleted, Some(Archived), Applied),
            /* deleted unseen      */ (Archived, Active, Deleted, None, Superseded),
            /* deleted unseen      */ (Active, Archived, Deleted, None, Superseded),
            /* deletes over theirs */ (Active, Deleted, Archived, Some(Deleted), Applied),
            /* deletes over theirs */ (Archived, Deleted, Active, Some(Deleted), Applied),
            /* restored by both    */ (Deleted, Active, Archived, None, Superseded),
            /* both the same       */ (Active, Deleted, Deleted, None, Same),
            /* only others         */ (Active, Active, Deleted, None, Same),
        ] {
            let edit = LeadEdit { state: edited(from, to), ..LeadEdit::default() };
            let lead = Lead { state: now, ..lead() };
            let LeadMerge { patch, fields } = merge_lead(edit, EDITED_AT, &lead, None);
            let wanted = LeadPatch { state: expected, ..LeadPatch::default() };
            assert_eq!((patch, fields[0].outcome), (wanted, outcome), "{from:?} -> {to:?} on {now:?}");
        }
    }

    #[test]
    fn a_deleted_lead_is_edited_like_any_other_and_stays_deleted() {
        let lead = Lead { state: LeadState::Deleted, ..lead() };
        let edit = LeadEdit { name: edited("now".to_owned(), "mine".to_owned()), ..LeadEdit::default() };
        let LeadMerge { patch, fields } = merge_lead(edit, EDITED_AT, &lead, None);
        assert_eq!(patch, LeadPatch { name: Some("mine".to_owned()), ..LeadPatch::default() });
        assert_eq!(fields, [FieldResult { field: LeadField::Name, outcome: Applied }]);
    }

    #[test]
    fn fields_are_merged_apart_and_told_in_order() {
        let edit = LeadEdit {
            notes: edited("now".to_owned(), "mine".to_owned()),
            name: edited("old".to_owned(), "mine".to_owned()),
            ..LeadEdit::default()
        };
        let LeadMerge { patch, fields } = merge_lead(edit, EDITED_AT, &lead(), None);
        assert_eq!(patch, LeadPatch { notes: Some("mine".to_owned()), ..LeadPatch::default() });
        let expected = [(LeadField::Name, Conflict), (LeadField::Notes, Applied)];
        assert_eq!(fields, expected.map(|(field, outcome)| FieldResult { field, outcome }));
    }

    #[test]
    fn an_edit_that_is_merged_again_changes_nothing_more() {
        let tags = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
        let edit = LeadEdit {
            name: edited("now".to_owned(), "mine".to_owned()),
            tags: edited(tags(&["kept"]), tags(&["mine"])),
            stage_id: edited(stage(1), stage(3)),
            ..LeadEdit::default()
        };
        let mut after = lead();
        let LeadPatch { name, tags, stage_id, .. } = merge_lead(edit.clone(), EDITED_AT, &after, None).patch;
        (after.name, after.tags, after.stage_id) =
            (name.expect("applied"), tags.expect("merged"), stage_id.expect("moved"));
        assert_eq!(merge_lead(edit, EDITED_AT, &after, Some(EDITED_AT)).patch, LeadPatch::default());
    }
}
