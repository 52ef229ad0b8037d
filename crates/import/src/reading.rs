//! A row becomes a lead, or is refused with the column and the reason.

use std::collections::HashMap;

use domain::{
    CustomField, CustomFieldId, CustomValues, InvalidField, Member, MemberId, NewLead, Source, Stage, StageId, Touch,
    fold, limits,
};
use serde::Serialize;
use ts_rs::TS;

use crate::amount::read_amount;
use crate::contact::{read_email, read_phone};
use crate::custom::read_custom;
use crate::{Broken, ImportTarget, Record};

/// Why a row makes no lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RefusalReason {
    /// No name, no address, no number.
    Nobody,
    Email,
    Phone,
    /// The number lacks its country.
    PhoneCountry,
    /// The studio has no such stage, or two.
    Stage,
    /// The studio has no such member, or two.
    Owner,
    Value,
    /// The value is in another currency than the studio's.
    Currency,
    /// No number, in one of the studio's own fields.
    Number,
    /// No day, or one of two: day and month can't be told apart.
    Date,
    /// Neither a yes nor a no.
    YesNo,
    /// The field has no such option.
    Choice,
    /// They are archived or deleted where the file comes from.
    State,
    /// They said stop, and that could not be kept.
    OptOut,
    TooLong,
    TooManyTags,
    /// A character that can't be stored.
    Character,
    /// More cells than there are columns: as a rule a quotation mark or a delimiter too many.
    TooManyCells,
    /// A quotation mark is never closed: nothing from here on could be read.
    QuoteOpen,
    /// Longer than any row: nothing from here on could be read.
    RowTooLong,
}

/// A row that makes no lead. Says nothing of what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Refusal {
    /// The line on which the row begins, from 1.
    #[ts(type = "number")]
    pub line: u64,
    /// From 0; absent where no single one is to blame.
    pub column: Option<u32>,
    pub reason: RefusalReason,
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        let (line, reason) = match broken {
            Broken::RowTooLong { line } => (line, RefusalReason::RowTooLong),
            Broken::QuoteOpen { line } => (line, RefusalReason::QuoteOpen),
        };
        Self { line, column: None, reason }
    }
}

/// What rows refer to.
#[derive(Debug, Clone, Copy)]
pub struct Studio<'a> {
    pub stages: &'a [Stage],
    /// Former ones are given nothing.
    pub members: &'a [Member],
    /// Its own.
    pub fields: &'a [CustomField],
    /// ISO 4217.
    pub currency: &'a str,
}

/// What leads get that their row says nothing of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    pub stage_id: StageId,
    /// Absent: the pool.
    pub owner_id: Option<MemberId>,
    /// For all of them, beside the tags of their row.
    pub tag: Option<String>,
}

/// How the rows of one file are read.
pub struct Reading {
    targets: Vec<ImportTarget>,
    defaults: Defaults,
    is_ours: bool,
    /// By folded name; `None` where two have it.
    stages: HashMap<String, Option<StageId>>,
    /// By folded name and by folded address.
    members: HashMap<String, Option<MemberId>>,
    currency: String,
    fields: HashMap<CustomFieldId, CustomField>,
}

/// Why, and in which column.
type Wrong = (ImportTarget, RefusalReason);

impl Reading {
    /// `targets` has one entry for each column; `is_ours` is what [`crate::Inspected`] said.
    pub fn new(targets: Vec<ImportTarget>, defaults: Defaults, studio: Studio<'_>, is_ours: bool) -> Self {
        let mut stages = HashMap::new();
        for stage in studio.stages {
            add(&mut stages, &stage.name, stage.id);
        }
        let mut members = HashMap::new();
        for member in studio.members.iter().filter(|member| !member.is_former) {
            add(&mut members, &member.name, member.id);
            add(&mut members, &member.email, member.id);
        }
        let fields = studio.fields.iter().map(|field| (field.id, field.clone())).collect();
        Self { targets, defaults, is_ours, stages, members, currency: studio.currency.to_owned(), fields }
    }

    /// The lead that a row makes; nothing for a blank row.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn read(&self, record: &Record) -> Result<Option<NewLead>, Refusal> {
        if record.is_blank() {
            return Ok(None);
        }
        let refuse = |column: Option<usize>, reason| Refusal {
            line: record.line,
            column: column.and_then(|column| u32::try_from(column).ok()),
            reason,
        };
        let surplus = record.cells.iter().enumerate().skip(self.targets.len());
        if let Some((column, _)) = surplus.into_iter().find(|(_, cell)| !cell.trim().is_empty()) {
            return Err(refuse(Some(column), RefusalReason::TooManyCells));
        }
        self.lead(record).map(Some).map_err(|(target, reason)| refuse(self.column(target), reason))
    }

    fn lead(&self, record: &Record) -> Result<NewLead, Wrong> {
        use ImportTarget as T;
        let cell = |target| self.cell(record, target);
        let at = |target: T| move |reason| (target, reason);
        if !is_no(cell(T::OptOut)) {
            return Err((T::OptOut, RefusalReason::OptOut));
        }
        if !matches!(cell(T::State), "" | "active") {
            return Err((T::State, RefusalReason::State));
        }
        let email = read_email(cell(T::Email)).map_err(at(T::Email))?;
        let phone = read_phone(cell(T::Phone)).map_err(at(T::Phone))?;
        // Whom one knows by an address or a number alone is called so.
        let called = || email.clone().or_else(|| phone.clone().map(String::from));
        let name = self.name(record).or_else(called).ok_or((T::Name, RefusalReason::Nobody))?;
        let stage_id = find(&self.stages, cell(T::Stage)).ok_or((T::Stage, RefusalReason::Stage))?;
        let owner_id = find(&self.members, cell(T::Owner)).ok_or((T::Owner, RefusalReason::Owner))?;
        let lead = NewLead {
            name,
            email,
            phone,
            stage_id: stage_id.unwrap_or(self.defaults.stage_id),
            owner_id: owner_id.or(self.defaults.owner_id),
            source: Source::CsvImport,
            tags: self.tags(cell(T::Tags)),
            notes: self.notes(cell(T::Notes)).to_owned(),
            value_minor: self.value(cell(T::Value), cell(T::Currency))?,
            custom: self.custom(record)?,
            first_touch: self.touch(record),
        };
        lead.check().map_err(|invalid| why(&invalid))?;
        Ok(lead)
    }

    /// A whole one, or one of two parts.
    fn name(&self, record: &Record) -> Option<String> {
        let line = |target| one_line(self.cell(record, target), self.is_ours);
        let whole = line(ImportTarget::Name);
        if !whole.trim().is_empty() {
            return Some(whole);
        }
        let parts = [line(ImportTarget::FirstName), line(ImportTarget::LastName)];
        let joined = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        (!joined.is_empty()).then_some(joined)
    }

    /// Ours are divided as the export joins them; others by whatever other programs divide them by.
    fn tags(&self, cell: &str) -> Vec<String> {
        let all: Vec<String> = match self.is_ours {
            true => export::tags::split_tags(cell),
            false => cell.split([';', ',', '|']).map(|tag| one_line(tag, false)).collect(),
        };
        let mut tags: Vec<String> = Vec::new();
        for tag in all.into_iter().chain(self.defaults.tag.clone()) {
            if !tag.trim().is_empty() && !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        tags
    }

    fn notes<'c>(&self, cell: &'c str) -> &'c str {
        if self.is_ours { cell } else { cell.trim() }
    }

    fn value(&self, amount: &str, currency: &str) -> Result<Option<i64>, Wrong> {
        if amount.trim().is_empty() {
            return Ok(None);
        }
        let currency = currency.trim();
        if !currency.is_empty() && !currency.eq_ignore_ascii_case(&self.currency) {
            return Err((ImportTarget::Currency, RefusalReason::Currency));
        }
        let value = read_amount(amount).filter(|value| *value <= limits::MAX_VALUE_MINOR);
        value.map(Some).ok_or((ImportTarget::Value, RefusalReason::Value))
    }

    fn custom(&self, record: &Record) -> Result<CustomValues, Wrong> {
        let mut values = CustomValues::new();
        for target in &self.targets {
            let ImportTarget::Custom(id) = target else { continue };
            let Some(field) = self.fields.get(id) else { continue };
            let cell = one_line(self.cell(record, *target), self.is_ours);
            let value = read_custom(field, &cell, self.is_ours);
            if let Some(value) = value.map_err(|reason| (*target, reason))? {
                values.insert(*id, value);
            }
        }
        Ok(values)
    }

    fn touch(&self, record: &Record) -> Touch {
        use ImportTarget as T;
        let text = |target| {
            let line = one_line(self.cell(record, target), self.is_ours);
            (!line.is_empty()).then_some(line)
        };
        Touch {
            utm_source: text(T::UtmSource),
            utm_medium: text(T::UtmMedium),
            utm_campaign: text(T::UtmCampaign),
            utm_content: text(T::UtmContent),
            utm_term: text(T::UtmTerm),
            gclid: text(T::Gclid),
            fbclid: text(T::Fbclid),
            ctwa_clid: text(T::CtwaClid),
            form: text(T::Form),
            ad: text(T::Ad),
            campaign: text(T::Campaign),
            referred_by: text(T::ReferredBy),
        }
    }

    fn cell<'r>(&self, record: &'r Record, target: ImportTarget) -> &'r str {
        let column = self.column(target).and_then(|column| record.cells.get(column));
        column.map_or("", String::as_str)
    }

    /// The column that becomes `target`: the first, should there be two.
    fn column(&self, target: ImportTarget) -> Option<usize> {
        self.targets.iter().position(|column| *column == target)
    }
}

fn add<T>(known: &mut HashMap<String, Option<T>>, name: &str, id: T) {
    known.entry(folded(name)).and_modify(|known| *known = None).or_insert(Some(id));
}

/// What an empty cell refers to is nothing; a name that nobody has, or two, is not found.
fn find<T: Copy>(known: &HashMap<String, Option<T>>, cell: &str) -> Option<Option<T>> {
    let name = folded(cell);
    if name.is_empty() { Some(None) } else { known.get(&name).copied().flatten().map(Some) }
}

fn folded(name: &str) -> String {
    fold(name.trim())
}

/// Line ends and tabs within it are spaces. Of our own export a line is as it was.
fn one_line(cell: &str, is_ours: bool) -> String {
    let line: String = cell.chars().map(|c| if matches!(c, '\r' | '\n' | '\t') { ' ' } else { c }).collect();
    if is_ours { line } else { line.trim().to_owned() }
}

/// Whether a cell of a column of stops says that there is none.
fn is_no(cell: &str) -> bool {
    matches!(
        fold(cell.trim()).as_str(),
        "" | "0"
            | "no"
            | "n"
            | "false"
            | "none"
            | "never"
            | "subscribed"
            | "opted in"
            | "opted_in"
            | "nein"
            | "nao"
            | "non"
    )
}

fn why(InvalidField { field, problem }: &InvalidField) -> Wrong {
    use ImportTarget as T;
    let target = match field.split(['[', '.']).next() {
        Some("email") => T::Email,
        Some("tags") => T::Tags,
        Some("notes") => T::Notes,
        Some("value_minor") => T::Value,
        Some("custom") => field.rsplit('.').next().and_then(|id| id.parse().ok()).map_or(T::Name, T::Custom),
        Some("first_touch") => touch_target(field.rsplit('.').next().unwrap_or_default()),
        _ => T::Name,
    };
    let reason = match *problem {
        "is too long" => RefusalReason::TooLong,
        "are too many" => RefusalReason::TooManyTags,
        _ => RefusalReason::Character,
    };
    (target, reason)
}

fn touch_target(field: &str) -> ImportTarget {
    use ImportTarget as T;
    match field {
        "utm_source" => T::UtmSource,
        "utm_medium" => T::UtmMedium,
        "utm_campaign" => T::UtmCampaign,
        "utm_content" => T::UtmContent,
        "utm_term" => T::UtmTerm,
        "gclid" => T::Gclid,
        "fbclid" => T::Fbclid,
        "ctwa_clid" => T::CtwaClid,
        "form" => T::Form,
        "ad" => T::Ad,
        "referred_by" => T::ReferredBy,
        _ => T::Campaign,
    }
}
