//! Text from outside must not become a formula when a spreadsheet opens a CSV file (OWASP, "CSV Injection").
//!
//! The rule. A cell is *dangerous* when, after any run of quotes, white space, control and invisible formatting
//! characters, comes one of `=` `+` `-` `@`, tab, carriage return or line feed, or a full-width or small form of the
//! four signs. A dangerous cell is written with one apostrophe in front, every other cell as it is. Going back, an
//! apostrophe is removed when what follows it is dangerous.
//!
//! Because an apostrophe is itself among the skipped quotes, a cell that already is `'=x` is dangerous too and becomes
//! `''=x`. So no two cells are written alike, and [`unescape_cell`] returns exactly what [`escape_cell`] was given.
//!
//! The rule knows no exceptions: E.164 numbers (`'+44…`) and negative values (`'-5.00`) get the apostrophe as well. A
//! spreadsheet shows them as the text they are instead of as the sum `44…`, and an importer that follows the rule gets
//! them back.
//!
//! What it can't do: a program told to split cells at something else than the comma of the file (`;` in some
//! locales) sees other cells than were written. XLSX has no such ambiguity.

use std::borrow::Cow;

/// `cell` as it goes into a CSV file, before quoting.
pub fn escape_cell(cell: &str) -> Cow<'_, str> {
    if is_dangerous(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// What [`escape_cell`] was given. Cells of other origin that need no escape are returned as they are.
pub fn unescape_cell(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_dangerous(rest) => rest,
        _ => cell,
    }
}

/// Whether a spreadsheet might calculate `cell`.
pub fn is_dangerous(cell: &str) -> bool {
    // Nearly every cell starts with a letter or a digit.
    match cell.as_bytes().first() {
        None => return false,
        Some(first) if first.is_ascii_alphanumeric() => return false,
        Some(_) => {}
    }
    cell.chars().find(|c| starts_formula(*c) || !is_skipped(*c)).is_some_and(starts_formula)
}

/// Characters that make a cell a formula, or hide from a careless reader that it is one.
const fn starts_formula(c: char) -> bool {
    matches!(
        c,
        '=' | '+' | '-' | '@' | '\t' | '\r' | '\n'
        // Full-width, then small forms: some spreadsheets fold them (NFKC) before they look.
        | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}'
        | '\u{fe66}' | '\u{fe62}' | '\u{fe63}' | '\u{fe6b}'
    )
}

/// Characters a spreadsheet may drop from the start of a cell.
fn is_skipped(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '"' | '\'' | '\u{ff02}' | '\u{ff07}'
            | '\u{2018}'..='\u{201f}'
            // Zero-width, bidirectional and other format characters.
            | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{escape_cell, is_dangerous, unescape_cell};

    #[test]
    fn cells_that_may_be_calculated_get_an_apostrophe() {
        for cell in [
            "=HYPERLINK(\"https://evil.example\")",
            "+447700900118",
            "-5.00",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\nx",
            "＝1",
            "＋1",
            "－1",
            "＠x",
            "﹦1",
            "  =1",
            "\"=1",
            "'=1",
            "''=1",
            "\u{a0}=1",
            "\u{feff}=1",
            "\u{202e}=1",
            "\0=1",
            "“=1",
            "-",
        ] {
            assert!(is_dangerous(cell), "{cell:?}");
            assert_eq!(escape_cell(cell), format!("'{cell}"), "{cell:?}");
            assert_eq!(unescape_cell(&escape_cell(cell)), cell, "{cell:?}");
        }
    }

    #[test]
    fn other_cells_stay_as_they_are() {
        for cell in
            ["", "Nora", "a=b", "5-3", "'", "'s-Hertogenbosch", "\"quoted\"", "  x", "日本=1", "١", "🎉", "|x", "%x"]
        {
            assert_eq!(escape_cell(cell), cell);
            assert_eq!(unescape_cell(cell), cell);
        }
    }

    /// Strings made mostly of what the rule looks at.
    fn hostile() -> impl Strategy<Value = String> {
        prop::collection::vec(
            prop_oneof![
                prop::sample::select(vec![
                    '=', '+', '-', '@', '\t', '\r', '\n', '\'', '"', ' ', '＝', '＠', '“', 'a', '1'
                ]),
                any::<char>()
            ],
            0..8,
        )
        .prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn unescaping_returns_what_was_escaped(cell in hostile()) {
            let escaped = escape_cell(&cell);
            prop_assert_eq!(unescape_cell(&escaped), cell.as_str());
        }

        #[test]
        fn two_cells_never_look_alike(a in hostile(), b in hostile()) {
            prop_assert_eq!(escape_cell(&a) == escape_cell(&b), a == b);
        }

        #[test]
        fn no_escaped_cell_starts_with_a_sign(cell in hostile()) {
            let escaped = escape_cell(&cell);
            prop_assert!(!escaped.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']));
        }
    }
}
