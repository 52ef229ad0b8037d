//! Two leads that turn out to be one person.

use super::InvalidField;
use crate::{Lead, limits};

impl Lead {
    /// This lead with what its `duplicate` knew besides: tags of both, what this one lacks, both notes, and where the older
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
