//! Cells as XML, appended to a buffer.

use std::fmt::Write as _;

use chrono_tz::Tz;
use domain::UnixMs;

use crate::text;

/// Longest text of a cell, in UTF-16 units (Excel's limit).
pub(super) const MAX_UNITS: usize = 32_767;
/// Numbers from here on have more digits than a spreadsheet keeps.
pub(super) const EXACT_BELOW: u64 = 1_000_000_000_000_000;

/// Index into the `cellXfs` of the style sheet.
#[derive(Clone, Copy)]
pub(super) enum Style {
    Number = 0,
    Header = 1,
    Date = 2,
    Amount = 3,
    /// The number format "text": a cell stays text also when somebody edits it.
    Text = 4,
}

pub(super) fn push_row_start(row: u32, out: &mut String) {
    // Writing to a string can't fail, here and below.
    let _ = write!(out, r#"<row r="{row}">"#);
}

pub(super) fn push_text(style: Style, column: usize, row: u32, text: &str, out: &mut String) {
    push_cell_start(style, column, row, out);
    out.push_str(r#" t="inlineStr"><is><t xml:space="preserve">"#);
    push_escaped(text, out);
    out.push_str("</t></is></c>");
}

/// A number as its decimal digits.
pub(super) fn push_number(style: Style, column: usize, row: u32, digits: &str, out: &mut String) {
    push_cell_start(style, column, row, out);
    out.push_str("><v>");
    out.push_str(digits);
    out.push_str("</v></c>");
}

/// A number, or its digits as text where a spreadsheet would round them.
pub(super) fn push_number_or_text(style: Style, exact: bool, column: usize, row: u32, digits: &str, out: &mut String) {
    if exact {
        push_number(style, column, row, digits, out);
    } else {
        push_text(Style::Text, column, row, digits, out);
    }
}

fn push_cell_start(style: Style, column: usize, row: u32, out: &mut String) {
    out.push_str(r#"<c r=""#);
    push_column_letters(column, out);
    text::push_integer(row.into(), out);
    out.push_str(r#"" s=""#);
    text::push_integer(style as u64, out);
    out.push('"');
}

/// `A` for 0, `AA` for 26; two letters are enough here.
fn push_column_letters(column: usize, out: &mut String) {
    debug_assert!(column < 26 * 27, "two letters");
    if column >= 26 {
        out.push(char::from(b'A' + (column / 26 - 1) as u8));
    }
    out.push(char::from(b'A' + (column % 26) as u8));
}

/// Days since 1899-12-30 on the wall clock of `zone`, to the second that has begun: the half second before midnight
/// would be shown as the next day. `None` where a spreadsheet has no date: before March 1900 and after 9999.
pub(super) fn serial_date(time: UnixMs, zone: Tz) -> Option<f64> {
    let local_ms = time.0 + text::offset_ms(time, zone)?;
    let serial = local_ms.div_euclid(1_000) as f64 / 86_400.0 + 25_569.0;
    (61.0..2_958_466.0).contains(&serial).then_some(serial)
}

/// The longest start of `text` within `max_units` UTF-16 units, and the rest.
pub(super) fn split(text: &str, max_units: usize) -> (&str, &str) {
    // No text has more UTF-16 units than bytes.
    if text.len() <= max_units {
        return (text, "");
    }
    let mut units = 0;
    for (at, c) in text.char_indices() {
        units += c.len_utf16();
        if units > max_units {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// XML escapes, and `_xHHHH_` (ECMA-376 part 1, §22.9.2.19) for what XML can't hold.
fn push_escaped(text: &str, out: &mut String) {
    let mut plain_from = 0;
    for (at, c) in text.char_indices() {
        let escape = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '\t' | '\n' => continue,
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => "",
            '_' if looks_escaped(&text[at..]) => "_x005F_",
            _ => continue,
        };
        out.push_str(&text[plain_from..at]);
        if escape.is_empty() {
            let _ = write!(out, "_x{:04X}_", u32::from(c));
        } else {
            out.push_str(escape);
        }
        plain_from = at + c.len_utf8();
    }
    out.push_str(&text[plain_from..]);
}

/// Whether a reader would take the start of `text` for an escape.
fn looks_escaped(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 7 && bytes.starts_with(b"_x") && bytes[2..6].iter().all(u8::is_ascii_hexdigit) && bytes[6] == b'_'
}
