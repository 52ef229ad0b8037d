//! What the fields of a lead may hold: told wrong where it is typed, and again where it arrives (A7).

use crate::{LeadPatch, NewLead, Touch, custom_path, limits};

/// A field is not as it has to be. Names the field, never what was in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct InvalidField {
    pub field: String,
    pub problem: &'static str,
}

impl InvalidField {
    /// `field` is wrong by `problem`.
    pub fn new(field: impl Into<String>, problem: &'static str) -> Self {
        Self { field: field.into(), problem }
    }
}

impl LeadPatch {
    /// What can be told wrong without asking the studio.
    ///
    /// # Errors
    /// The first field that is.
    pub fn check(&self) -> Result<(), InvalidField> {
        let Self { name, email, phone: _, stage_id: _, owner_id: _, tags, notes, value_minor, state: _, custom } = self;
        if let Some(name) = name {
            check_filled_line("name", name, limits::NAME_CHARS)?;
        }
        if let Some(Some(email)) = email
            && !is_email(email)
        {
            return Err(InvalidField::new("email", "is not an e-mail address"));
        }
        if let Some(tags) = tags {
            check_tags(tags)?;
        }
        if let Some(notes) = notes {
            check_text("notes", notes, limits::NOTES_BYTES)?;
        }
        if value_minor.flatten().is_some_and(|value| !(0..=limits::MAX_VALUE_MINOR).contains(&value)) {
            return Err(InvalidField::new("value_minor", "is negative or too large"));
        }
        if custom.len() > limits::CUSTOM_FIELDS {
            return Err(InvalidField::new("custom", "are too many"));
        }
        custom.iter().try_for_each(|(id, value)| value.as_ref().map_or(Ok(()), |value| value.check(custom_path(*id))))
    }
}

impl NewLead {
    /// What can be told wrong without asking the studio.
    ///
    /// # Errors
    /// The first field that is.
    pub fn check(&self) -> Result<(), InvalidField> {
        self.as_patch().check()?;
        check_touch("first_touch", &self.first_touch)
    }
}

fn check_touch(field: &'static str, touch: &Touch) -> Result<(), InvalidField> {
    // Taken apart so that a new field of a touch can't be forgotten here.
    let Touch {
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        gclid,
        fbclid,
        ctwa_clid,
        form,
        ad,
        campaign,
        referred_by,
    } = touch;
    for (name, text) in [
        ("utm_source", utm_source),
        ("utm_medium", utm_medium),
        ("utm_campaign", utm_campaign),
        ("utm_content", utm_content),
        ("utm_term", utm_term),
        ("gclid", gclid),
        ("fbclid", fbclid),
        ("ctwa_clid", ctwa_clid),
        ("form", form),
        ("ad", ad),
        ("campaign", campaign),
        ("referred_by", referred_by),
    ] {
        if let Some(text) = text {
            check_line(format!("{field}.{name}"), text, limits::TOUCH_CHARS)?;
        }
    }
    Ok(())
}

/// What may be said in a message.
///
/// # Errors
/// What is wrong with it.
pub fn check_message_body(body: &str) -> Result<(), InvalidField> {
    if body.trim().is_empty() {
        return Err(InvalidField::new("body", "is empty"));
    }
    check_text("body", body, limits::MESSAGE_BYTES)
}

fn check_tags(tags: &[String]) -> Result<(), InvalidField> {
    if tags.len() > limits::TAGS {
        return Err(InvalidField::new("tags", "are too many"));
    }
    let mut seen = std::collections::HashSet::new();
    for (index, tag) in tags.iter().enumerate() {
        check_filled_line(format!("tags[{index}]"), tag, limits::TAG_CHARS)?;
        if !seen.insert(tag) {
            return Err(InvalidField::new(format!("tags[{index}]"), "is there twice"));
        }
    }
    Ok(())
}

/// One line that people read: no longer than `max` characters, and nothing in it that is not to be seen.
///
/// # Errors
/// What is wrong with it.
pub fn check_line(field: impl Into<String>, text: &str, max: usize) -> Result<(), InvalidField> {
    if text.chars().count() > max {
        return Err(InvalidField::new(field, "is too long"));
    }
    if text.chars().any(char::is_control) {
        return Err(InvalidField::new(field, "holds a control character"));
    }
    Ok(())
}

/// The same, and something in it.
///
/// # Errors
/// What is wrong with it.
pub fn check_filled_line(field: impl Into<String>, text: &str, max: usize) -> Result<(), InvalidField> {
    if text.trim().is_empty() {
        return Err(InvalidField::new(field, "is empty"));
    }
    check_line(field, text, max)
}

/// Text of any number of lines: no longer than `max` bytes, and without the one character that can't be stored.
///
/// # Errors
/// What is wrong with it.
pub fn check_text(field: impl Into<String>, text: &str, max: usize) -> Result<(), InvalidField> {
    if text.len() > max {
        return Err(InvalidField::new(field, "is too long"));
    }
    if text.contains('\0') {
        return Err(InvalidField::new(field, "holds the character U+0000, which can't be stored"));
    }
    Ok(())
}

/// Whether the text has the form of an address: one `@` with something on both sides, no white space, no control
/// characters. Whether anybody reads it only a message could tell.
pub fn is_email(text: &str) -> bool {
    let form = text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && !host.is_empty() && !host.contains('@') && !host.starts_with('.') && !host.ends_with('.')
    });
    form && text.len() <= limits::EMAIL_BYTES && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_is_checked_and_named() {
        let long = "x".repeat(limits::NOTES_BYTES + 1);
        let cases = [
            (LeadPatch { name: Some("  ".to_owned()), ..LeadPatch::default() }, "name"),
            (LeadPatch { name: Some("x".repeat(201)), ..LeadPatch::default() }, "name"),
            (LeadPatch { email: Some(Some("no address".to_owned())), ..LeadPatch::default() }, "email"),
            (LeadPatch { tags: Some(vec!["a".to_owned(); 51]), ..LeadPatch::default() }, "tags"),
            (LeadPatch { tags: Some(vec!["a".to_owned(), "a".to_owned()]), ..LeadPatch::default() }, "tags[1]"),
            (LeadPatch { tags: Some(vec!["a\0b".to_owned()]), ..LeadPatch::default() }, "tags[0]"),
            (LeadPatch { notes: Some(long), ..LeadPatch::default() }, "notes"),
            (LeadPatch { notes: Some("a\0b".to_owned()), ..LeadPatch::default() }, "notes"),
            (LeadPatch { name: Some("a\u{7}b".to_owned()), ..LeadPatch::default() }, "name"),
            (LeadPatch { value_minor: Some(Some(-1)), ..LeadPatch::default() }, "value_minor"),
        ];
        for (patch, expected) in cases {
            assert_eq!(patch.check().map_err(|error| error.field), Err(expected.to_owned()));
        }
        let cleared = LeadPatch { email: Some(None), value_minor: Some(None), ..LeadPatch::default() };
        assert_eq!(cleared.check(), Ok(()));
    }

    #[test]
    fn a_new_lead_is_checked_like_an_edited_one_and_by_where_it_came_from() {
        let lead: NewLead = serde_json::from_str(
            r#"{"name":"Nora","stage_id":"01890000-0000-7000-8000-000000000001","source":"manual","tags":[],"notes":""}"#,
        )
        .expect("a lead");
        assert_eq!(lead.check(), Ok(()));
        let touch = |text: &str| Touch { gclid: Some(text.to_owned()), ..Touch::default() };
        for (wrong, field) in [
            (NewLead { name: " ".to_owned(), ..lead.clone() }, "name"),
            (NewLead { first_touch: touch("a\0b"), ..lead.clone() }, "first_touch.gclid"),
            (NewLead { first_touch: touch(&"x".repeat(1_001)), ..lead.clone() }, "first_touch.gclid"),
        ] {
            assert_eq!(wrong.check().map_err(|error| error.field), Err(field.to_owned()));
        }
        assert_eq!(NewLead { first_touch: touch(&"x".repeat(1_000)), ..lead }.check(), Ok(()), "the control");
    }

    #[test]
    fn addresses_have_a_form() {
        for good in ["nora@example.org", "nora+tag@mail.example.org", "ñora@bücher.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "@", "nora", "nora@", "@example.org", "a@b@c", "a b@c", "a@.org", "a@org.", "a@b\u{0}c"] {
            assert!(!is_email(bad), "{bad:?}");
        }
    }
}
