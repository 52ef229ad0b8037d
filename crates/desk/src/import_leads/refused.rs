//! The rows that were refused, as a file: as they stood, with the reason behind them.

use std::path::Path;

use export::TableWriter;
use import::{Refusal, RefusalReason};

use super::OpenImport;
use crate::DeskError;
use crate::state::OpenDesk;
use crate::view::ImportPlan;

const HEADING: &str = "Not imported because";

/// Reads the file once more: what a plan refuses, it refuses again.
pub(super) fn save(open: &OpenDesk, import: &OpenImport, plan: &ImportPlan, path: &Path) -> Result<u64, DeskError> {
    let reading = import.reading(open, plan)?;
    let mut rows = import.records()?;
    let columns = &import.found.columns;
    let mut table = TableWriter::create(path)?;
    if import.found.dialect.has_headings {
        table.write(columns.iter().map(|column| column.heading.as_str()).chain([HEADING]))?;
    }
    let mut refused = 0;
    while let Some(row) = rows.next()? {
        let (cells, refusal) = match row {
            Ok(row) => match reading.read(&row) {
                Ok(_) => continue,
                Err(refusal) => (row.cells, refusal),
            },
            Err(broken) => (Vec::new(), Refusal::from(broken)),
        };
        let width = columns.len().max(cells.len());
        let cells = (0..width).map(|place| cells.get(place).map_or("", String::as_str));
        table.write(cells.chain([sentence(refusal).as_str()]))?;
        refused += 1;
    }
    table.finish()?;
    Ok(refused)
}

fn sentence(Refusal { line, reason, .. }: Refusal) -> String {
    format!("line {line}: {}", words(reason))
}

/// Why a row is refused, for a person at a shell and in the file; in the window `strings/import.ts` has the words.
pub const fn words(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::Nobody => "there is no name, no e-mail address and no phone number",
        RefusalReason::Email => "this is not an e-mail address",
        RefusalReason::Phone => "this is not a phone number",
        RefusalReason::PhoneCountry => "the phone number lacks its country: begin with + and the country code",
        RefusalReason::Stage => "the studio has no stage of this name, or two",
        RefusalReason::Owner => "the studio has no member of this name or address, or two",
        RefusalReason::Value => "this is not an amount: write it as 420 or 420.50",
        RefusalReason::Currency => "the value is in another currency than the studio's",
        RefusalReason::Number => "this is not a number: write it as 1250 or 12.5",
        RefusalReason::Date => "this is not a day, or may be one of two: write it as 2026-11-22",
        RefusalReason::YesNo => "this is neither yes nor no",
        RefusalReason::Choice => "the field has no such option",
        RefusalReason::State => "they are archived or deleted where the file comes from",
        RefusalReason::OptOut => "they opted out, and that could not be kept",
        RefusalReason::TooLong => "the text is too long",
        RefusalReason::TooManyTags => "there are more than 50 tags",
        RefusalReason::Character => "there is a character in it that can't be stored",
        RefusalReason::TooManyCells => {
            "there are more cells than columns: look for a quotation mark or delimiter too many"
        }
        RefusalReason::QuoteOpen => "a quotation mark is never closed: nothing from here on could be read",
        RefusalReason::RowTooLong => "the row never ends: nothing from here on could be read",
    }
}
