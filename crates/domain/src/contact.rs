//! What two leads are held to be one person by (B7): the same e-mail address or the same number, however they are written.

use unicode_normalization::UnicodeNormalization;

use crate::{Lead, NewLead, Phone};

/// An address or a number in the one form that is compared. It is for comparing only: nobody is reached by it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactKey(String);

/// Written by hand: addresses and numbers never reach a log.
impl std::fmt::Debug for ContactKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContactKey(…)")
    }
}

impl ContactKey {
    /// Of an address: letters without their case, in one composition. Providers treat accents, dots and what follows a
    /// plus in their own ways, so that those count.
    pub fn of_email(email: &str) -> Self {
        Self(email.trim().nfkc().flat_map(char::to_lowercase).collect())
    }

    /// Of a number: the forms that one line has in a country are one.
    pub fn of_phone(phone: &Phone) -> Self {
        Self(one_form(phone.as_str()))
    }

    /// Of both, where there are both; none where there is neither.
    pub fn of(email: Option<&str>, phone: Option<&Phone>) -> Vec<Self> {
        email.map(Self::of_email).into_iter().chain(phone.map(Self::of_phone)).collect()
    }

    /// The form itself. An address has an `@`, a number begins with `+` and has none: they are never alike.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Lead {
    /// What this lead is known by.
    pub fn contact_keys(&self) -> Vec<ContactKey> {
        ContactKey::of(self.email.as_deref(), self.phone.as_ref())
    }
}

impl NewLead {
    /// What this lead is known by.
    pub fn contact_keys(&self) -> Vec<ContactKey> {
        ContactKey::of(self.email.as_deref(), self.phone.as_ref())
    }
}

/// The shorter of the forms in which a mobile number of some countries goes around: messaging services, old address books
/// and dialling from abroad each keep another.
fn one_form(number: &str) -> String {
    let bytes = number.as_bytes();
    let cut = |from: usize, to: usize| format!("{}{}", &number[..from], &number[to..]);
    match bytes {
        // Brazil, +55 and two digits of the area: mobile numbers began with 6 to 9 before all of them got a 9 in front. What
        // has another digit behind the 9 is newer than that, and without the 9 it would be somebody's landline.
        [b'+', b'5', b'5', _, _, b'9', b'6'..=b'9', ..] if bytes.len() == 14 => cut(5, 6),
        // Argentina: a 9 for mobiles, from abroad only.
        [b'+', b'5', b'4', b'9', ..] if bytes.len() == 14 => cut(3, 4),
        // Mexico: a 1 for mobiles, until 2020.
        [b'+', b'5', b'2', b'1', ..] if bytes.len() == 14 => cut(3, 4),
        _ => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(number: &str) -> ContactKey {
        ContactKey::of_phone(&Phone::try_from(number.to_owned()).expect("a number"))
    }

    #[test]
    fn the_forms_of_one_number_are_one_and_other_numbers_are_others() {
        for (what, one, other, is_one) in [
            ("the same", "+447700900118", "+447700900118", true),
            ("another", "+447700900118", "+447700900119", false),
            ("Brazil, with and without the ninth digit", "+5511987654321", "+551187654321", true),
            ("Brazil, another area", "+5511987654321", "+552187654321", false),
            ("Brazil, a mobile and a landline that differ by the 9", "+5511932654321", "+551132654321", false),
            ("Brazil, a landline", "+551132654321", "+551132654321", true),
            ("Argentina, with and without the 9", "+5491123456789", "+541123456789", true),
            ("Argentina, an area that begins with 9", "+549112345678", "+54112345678", false),
            ("Mexico, with and without the 1", "+5215512345678", "+525512345678", true),
            ("Mexico, a shorter one", "+521551234567", "+52551234567", false),
            ("North America begins with 1 and a 5", "+15512345678", "+5512345678", false),
            ("Germany has a 9 there, too", "+4991123456789", "+491123456789", false),
            ("one digit more at the end", "+5491123456789", "+5411234567891", false),
        ] {
            assert_eq!(phone(one) == phone(other), is_one, "{what}");
        }
    }

    #[test]
    fn the_form_that_is_compared_is_its_own_form() {
        for number in ["+5511987654321", "+5491123456789", "+5215512345678", "+447700900118"] {
            let key = phone(number);
            assert_eq!(phone(key.as_str()), key);
        }
    }

    #[test]
    fn addresses_are_compared_without_their_case() {
        let is_one = |one, other| ContactKey::of_email(one) == ContactKey::of_email(other);
        assert!(is_one("Nora@Mail.Example", "nora@mail.example"));
        assert!(is_one("ÑORA@mail.example", "n\u{303}ora@mail.example"), "in one composition");
        assert!(is_one(" nora@mail.example", "nora@mail.example"));
        assert!(!is_one("nora@mail.example", "ñora@mail.example"));
        assert!(!is_one("nora+dance@mail.example", "nora@mail.example"));
    }

    #[test]
    fn a_key_says_nothing_in_a_log() {
        assert_eq!(format!("{:?}", ContactKey::of_email("nora@mail.example")), "ContactKey(…)");
    }

    #[test]
    fn a_lead_has_a_key_for_each_way_to_reach_it() {
        let number = Phone::try_from("+447700900118".to_owned()).expect("a number");
        assert_eq!(ContactKey::of(None, None), []);
        assert_eq!(ContactKey::of(Some("a@b"), Some(&number)).len(), 2);
    }
}
