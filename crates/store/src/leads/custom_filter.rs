//! What is asked of the studio's own fields, as SQL.

use chrono::{Datelike, NaiveDate};
use domain::{CustomKind, fold};
use rusqlite::Connection;

use super::filter::int;
use crate::StoreError;
use crate::read::{CustomFilter, CustomTest};
use crate::table::custom_field;

/// What one field is to hold.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    field_ref: i64,
    /// Beginning with ` AND `; of `key`.
    key: String,
    is_there: bool,
}

/// What a filter comes to.
pub(super) enum Asked {
    Everything,
    Nothing,
    Wanted(Wanted),
}

impl Asked {
    pub(super) fn new(db: &Connection, CustomFilter { field_id, test }: &CustomFilter) -> Result<Self, StoreError> {
        let found = custom_field::find(db, *field_id)?;
        let Some((field_ref, form)) = found else {
            // Nobody has anything in a field that is not here.
            return Ok(if *test == CustomTest::Empty { Self::Everything } else { Self::Nothing });
        };
        let wanted = |key: String| Self::Wanted(Wanted { field_ref, key, is_there: true });
        let within = |from: Option<i64>, to: Option<i64>| {
            let from = from.map(|from| format!(" AND key >= {}", int(from)));
            let to = to.map(|to| format!(" AND key <= {}", int(to)));
            wanted([from, to].into_iter().flatten().collect())
        };
        let days = |date: &Option<NaiveDate>| date.map(|date| i64::from(date.num_days_from_ce()));
        Ok(match (test, form.kind) {
            (CustomTest::Filled, _) => wanted(String::new()),
            (CustomTest::Empty, _) => Self::Wanted(Wanted { field_ref, key: String::new(), is_there: false }),
            (CustomTest::StartsWith(text), CustomKind::Text) => wanted(begins_with(&fold(text))),
            (CustomTest::Number { from, to }, CustomKind::Number) => within(*from, *to),
            (CustomTest::Date { from, to }, CustomKind::Date) => within(days(from), days(to)),
            (CustomTest::YesNo(yes), CustomKind::YesNo) => wanted(format!(" AND key = {}", i64::from(*yes))),
            (CustomTest::Choice(options), CustomKind::Choice) if options.is_empty() => Self::Everything,
            (CustomTest::Choice(options), CustomKind::Choice) => {
                let options: Vec<_> = options.iter().map(|option| blob(option.as_bytes())).collect();
                wanted(format!(" AND key IN ({})", options.join(", ")))
            }
            // Of another kind than the field, which keeps its own for good.
            _ => Self::Nothing,
        })
    }
}

impl Wanted {
    /// A condition of `lead`, beginning with ` AND `.
    pub(super) fn condition(&self) -> String {
        let Self { field_ref, key, is_there } = self;
        let not = if *is_there { "" } else { "NOT " };
        format!(
            " AND {not}EXISTS (SELECT 1 FROM lead_custom INDEXED BY lead_custom_by_lead
                 WHERE lead_n = lead.n AND field_ref = {field_ref}{key})"
        )
    }

    /// The integers of the leads, by an index; `None` where those are sought that have nothing.
    pub(super) fn leads(&self) -> Option<String> {
        let Self { field_ref, key, is_there } = self;
        is_there.then(|| format!("SELECT lead_n FROM lead_custom WHERE field_ref = {field_ref}{key}"))
    }
}

/// Texts as blobs have no signs that could be mistaken for SQL.
fn begins_with(folded: &str) -> String {
    if folded.is_empty() {
        return String::new();
    }
    // No text has this byte.
    let end = [folded.as_bytes(), &[0xff]].concat();
    format!(" AND key >= CAST({} AS TEXT) AND key < CAST({} AS TEXT)", blob(folded.as_bytes()), blob(&end))
}

fn blob(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x'{digits}'")
}
