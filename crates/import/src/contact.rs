//! Addresses and numbers as files have them.

use domain::{Phone, is_email};

use crate::RefusalReason;

/// The address in a cell; none in an empty one.
pub(crate) fn read_email(cell: &str) -> Result<Option<String>, RefusalReason> {
    let email = cell.trim().trim_matches(is_invisible);
    match email {
        "" => Ok(None),
        _ if is_email(email) => Ok(Some(email.to_owned())),
        _ => Err(RefusalReason::Email),
    }
}

/// The number in a cell; none in an empty one. A country is never guessed: a number that is made another one is a stop that
/// is missed.
pub(crate) fn read_phone(cell: &str) -> Result<Option<Phone>, RefusalReason> {
    let text = cell.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let text = ["tel:", "Tel:", "whatsapp:"].iter().find_map(|before| text.strip_prefix(before)).unwrap_or(text);
    // "+44 (0)20": that zero is dialled within the country, and not after its code.
    let text = text.replace("(0)", "");
    let bare: String = text.chars().filter(|c| !is_between_digits(*c)).collect();
    let number = match bare.strip_prefix("00") {
        Some(international) => format!("+{international}"),
        None => bare,
    };
    if !number.starts_with('+') {
        let has_digits_only = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        return Err(if has_digits_only { RefusalReason::PhoneCountry } else { RefusalReason::Phone });
    }
    Phone::try_from(number).map(Some).map_err(|_| RefusalReason::Phone)
}

/// What people write between digits, and what copying brings along.
fn is_between_digits(c: char) -> bool {
    c.is_whitespace()
        || is_invisible(c)
        || matches!(c, '(' | ')' | '[' | ']' | '.' | '/' | '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for text in [
            "+447700900118",
            "+44 7700 900118",
            "+44 (0)7700 900118",
            "0044 7700 900-118",
            "\u{202a}+44 7700\u{a0}900118\u{202c}",
            "tel:+44.7700.900118",
            "+44–7700/900118",
        ] {
            let phone = read_phone(text).expect("a number").map(String::from);
            assert_eq!(phone.as_deref(), Some("+447700900118"), "{text:?}");
        }
        assert_eq!(read_phone("  "), Ok(None));
    }

    #[test]
    fn a_number_without_its_country_is_refused_and_so_is_what_a_spreadsheet_made_of_one() {
        for text in ["07700 900118", "7700900118", "(030) 1234567"] {
            assert_eq!(read_phone(text), Err(RefusalReason::PhoneCountry), "{text}");
        }
        for text in ["4.47701E+11", "+44 7700 900118 ext 5", "+4477", "call me", "+44/+33", "+"] {
            assert_eq!(read_phone(text), Err(RefusalReason::Phone), "{text}");
        }
    }

    #[test]
    fn addresses_are_taken_as_they_are_and_two_are_none() {
        assert_eq!(read_email(" nora@mail.example\u{200b} "), Ok(Some("nora@mail.example".to_owned())));
        assert_eq!(read_email(""), Ok(None));
        for text in ["nora", "a@b, c@d", "a@b c@d", "nora@"] {
            assert_eq!(read_email(text), Err(RefusalReason::Email), "{text}");
        }
    }
}
