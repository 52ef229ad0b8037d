//! Whether a text holds what could be a card number (ISO/IEC 7812-1): 13 to 19 digits with the right check digit.

use unicode_normalization::UnicodeNormalization;

const MIN_DIGITS: usize = 13;
const MAX_DIGITS: usize = 19;

/// Whether some digits of `text` could be a card's: written together, or in groups with anything but letters between.
///
/// A tenth of all other numbers of that length look the same: better one invoice number too many refused than one card
/// kept.
pub(super) fn looks_like_card(text: &str) -> bool {
    let mut phrases: Vec<Vec<Vec<u8>>> = vec![Vec::new()];
    let mut is_in_group = false;
    // Full-width and other presentation forms of digits count as digits.
    for c in text.nfkc() {
        match c.to_digit(10) {
            Some(digit) => {
                let phrase = phrases.last_mut().expect("there is always one");
                if !is_in_group {
                    phrase.push(Vec::new());
                }
                phrase.last_mut().expect("just begun").push(u8::try_from(digit).expect("a digit"));
                is_in_group = true;
            }
            None => {
                is_in_group = false;
                if c.is_alphabetic() {
                    phrases.push(Vec::new());
                }
            }
        }
    }
    phrases.iter().any(|groups| holds_card(groups))
}

/// Whether neighbouring groups make a card number, or part of a group that is too long to be one.
fn holds_card(groups: &[Vec<u8>]) -> bool {
    let joined = (0..groups.len()).any(|first| {
        let mut digits = Vec::new();
        groups[first..].iter().any(|group| {
            digits.extend_from_slice(group);
            is_card(&digits)
        })
    });
    let within = groups.iter().filter(|group| group.len() > MAX_DIGITS);
    joined || within.flat_map(|group| (MIN_DIGITS..=MAX_DIGITS).flat_map(|n| group.windows(n))).any(is_card)
}

fn is_card(digits: &[u8]) -> bool {
    (MIN_DIGITS..=MAX_DIGITS).contains(&digits.len()) && luhn(digits) == 0
}

/// The check sum of ISO/IEC 7812-1 Annex B; zero when the last digit is right.
fn luhn(digits: &[u8]) -> u32 {
    let of_digit = |(place, digit): (usize, &u8)| match (place % 2, u32::from(*digit)) {
        (0, digit) => digit,
        (_, digit) if digit < 5 => 2 * digit,
        (_, digit) => 2 * digit - 9,
    };
    digits.iter().rev().enumerate().map(of_digit).sum::<u32>() % 10
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_networks_test_numbers_are_found_however_they_are_written() {
        for text in [
            "4242424242424242",
            "5555 5555 5555 4444",
            "3782-822463-10005",
            "6011.1111.1111.1117",
            "30569309025904",
            "4222222222222",
            "6304000000000000000",
            "Gold plan 4242 4242 4242 4242, 12/29, 123",
            "4242\u{200b}4242\u{a0}4242\u{2011}4242",
            "４２４２ ４２４２ ４２４２ ４２４２",
            "42424242424242421229",
            "PRO4242424242424242",
        ] {
            assert!(looks_like_card(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_card_number_is_none() {
        for text in [
            "",
            "Studio, 5 seats",
            "INV-2026-000118",
            "4242424242424241",
            "424242424242",
            "4242 4242 letters 4242 4242",
            "in_1MtHbELkdIwHu7ixl4OzzPMv",
            "sub_1MowQVLkdIwHu7ixeRlqHVzs",
        ] {
            assert!(!looks_like_card(text), "{text}");
        }
    }

    proptest! {
        /// Of ten numbers that differ in the last digit, exactly one is a card's.
        #[test]
        fn one_check_digit_is_right(body in "[0-9]{12,18}") {
            let cards = (0..10).filter(|last| looks_like_card(&format!("{body}{last}"))).count();
            prop_assert_eq!(cards, 1);
        }
    }
}
