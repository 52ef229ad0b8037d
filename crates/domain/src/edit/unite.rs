//! Two leads that turn out to be one person.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::InvalidField;
use crate::{Lead, LeadState, limits};

/// Why two leads can't be merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum MergeProblem {
    /// They are one already.
    Same,
    /// One of them was deleted.
    Deleted,
    /// There is no room for what both hold in this field.
    NoRoom(String),
}

/// What a lead becomes by a merge with its duplicate, which becomes a deleted one.
///
/// # Errors
/// Why they can't be merged.
pub fn unite_leads(lead: &Lead, duplicate: &Lead) -> Result<Lead, MergeProblem> {
    if lead.id == duplicate.id {
        return Err(MergeProblem::Same);
    }
    // Merged twice, its notes would be there twice; and what is deleted may be gone tomorrow.
    if [lead.state, duplicate.state].contains(&LeadState::Deleted) {
        return Err(MergeProblem::Deleted);
    }
    lead.clone().united_with(duplicate).map_err(|InvalidField { field, .. }| MergeProblem::NoRoom(field))
}

impl Lead {
    /// This lead with what its `duplicate` knew besides: tags of both, what this one lacks (of the studio's own fields, too), both notes, and where the older
    /// of the two came from.
    ///
    /// # Errors
    /// The field in which there is no room for what both hold.
    pub fn united_with(mut self, duplicate: &Self) -> Result<Self, InvalidField> {
        for tag in &duplicate.tags {
            if !self.tags.contains(tag) {
                self.tags.push(tag.clone());
            }
        }
        if self.tags.len() > limits::TAGS {
            return Err(InvalidField::new("tags", "are too many"));
        }
        self.notes = both(&self.notes, &duplicate.notes);
        if self.notes.len() > limits::NOTES_BYTES {
            return Err(InvalidField::new("notes", "is too long"));
        }
        self.email = self.email.or_else(|| duplicate.email.clone());
        self.phone = self.phone.or_else(|| duplicate.phone.clone());
        self.value_minor = self.value_minor.or(duplicate.value_minor);
        for (id, value) in &duplicate.custom {
            self.custom.entry(*id).or_insert_with(|| value.clone());
        }
        if duplicate.created_at < self.created_at {
            self.first_touch = duplicate.first_touch.clone();
        }
        self.last_activity_at = self.last_activity_at.max(duplicate.last_activity_at);
        Ok(self)
    }
}

/// Both texts, with an empty line between; once, where they are the same.
fn both(one: &str, other: &str) -> String {
    if other.trim().is_empty() || one == other {
        one.to_owned()
    } else if one.trim().is_empty() {
        other.to_owned()
    } else {
        format!("{one}\n\n{other}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LeadId, LeadState, NewLead, Touch, UnixMs};

    fn lead(created_at: i64, notes: &str, tags: &[&str]) -> Lead {
        let new: NewLead = serde_json::from_str(
            r#"{"name":"Nora","stage_id":"01890000-0000-7000-8000-000000000001","source":"manual","tags":[],"notes":""}"#,
        )
        .expect("a lead");
        let first_touch = Touch { form: Some(created_at.to_string()), ..Touch::default() };
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        NewLead { notes: notes.to_owned(), tags, first_touch, ..new }
            .into_lead(LeadId::from_uuid(uuid::Uuid::nil()), UnixMs(created_at))
    }

    #[test]
    fn nothing_of_the_lead_is_lost_and_what_it_lacks_comes_from_the_duplicate() {
        let email = |text: &str| Some(text.to_owned());
        let kept = Lead { email: email("kept@mail.example"), value_minor: None, ..lead(5, "mine", &["a", "b"]) };
        let duplicate = Lead {
            name: "N.".to_owned(),
            email: email("other@mail.example"),
            value_minor: Some(7),
            state: LeadState::Archived,
            last_activity_at: UnixMs(90),
            ..lead(3, "theirs", &["b", "c"])
        };
        let united = kept.clone().united_with(&duplicate).expect("there is room");
        let expected = Lead {
            value_minor: Some(7),
            tags: ["a", "b", "c"].map(str::to_owned).to_vec(),
            notes: "mine\n\ntheirs".to_owned(),
            first_touch: duplicate.first_touch.clone(),
            last_activity_at: UnixMs(90),
            ..kept.clone()
        };
        assert!(united == expected, "{united:?}");
        let younger = Lead { email: None, created_at: UnixMs(6), ..duplicate };
        let united = Lead { email: None, ..kept.clone() }.united_with(&younger).expect("there is room");
        assert_eq!((united.email, united.first_touch), (None, kept.first_touch));
    }

    #[test]
    fn a_lead_is_not_merged_with_itself_nor_with_one_that_was_deleted() {
        let one = lead(0, "", &[]);
        let other = Lead { id: LeadId::from_uuid(uuid::Uuid::from_u128(1)), ..lead(0, "theirs", &[]) };
        assert_eq!(unite_leads(&one, &one).err(), Some(MergeProblem::Same));
        let deleted = |lead: &Lead| Lead { state: LeadState::Deleted, ..lead.clone() };
        assert_eq!(unite_leads(&one, &deleted(&other)).err(), Some(MergeProblem::Deleted));
        assert_eq!(unite_leads(&deleted(&one), &other).err(), Some(MergeProblem::Deleted));
        let long = |lead: &Lead, letter: &str| Lead { notes: letter.repeat(limits::NOTES_BYTES / 2), ..lead.clone() };
        let refused = unite_leads(&long(&one, "x"), &long(&other, "y"));
        assert_eq!(refused.err(), Some(MergeProblem::NoRoom("notes".to_owned())));
        assert_eq!(unite_leads(&one, &other).expect("two leads").notes, "theirs", "the control");
    }

    #[test]
    fn notes_are_joined_where_both_have_some() {
        for (one, other, expected) in
            [("a", "b", "a\n\nb"), ("a", " ", "a"), ("", "b", "b"), ("a", "a", "a"), ("", "", "")]
        {
            assert_eq!(lead(0, one, &[]).united_with(&lead(0, other, &[])).expect("room").notes, expected);
        }
    }

    #[test]
    fn what_has_no_room_is_refused() {
        let long = "x".repeat(limits::NOTES_BYTES / 2);
        let refused = lead(0, &long, &[]).united_with(&lead(0, &long.replace('x', "y"), &[]));
        assert_eq!(refused.map_err(|error| error.field).expect_err("too long"), "notes");
        let tags = |from: usize| (from..from + 30).map(|n| n.to_string()).collect::<Vec<_>>();
        let with = |tags: Vec<String>| Lead { tags, ..lead(0, "", &[]) };
        let refused = with(tags(0)).united_with(&with(tags(30)));
        assert_eq!(refused.map_err(|error| error.field).expect_err("too many"), "tags");
        assert_eq!(with(tags(0)).united_with(&with(tags(20))).expect("50").tags.len(), 50, "the control");
    }
}
