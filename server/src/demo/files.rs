//! Real text for the demo, from files that its operator gives.

use std::fmt;
use std::fs;
use std::path::Path;

use domain::Phone;

use super::DemoError;

/// The API takes no longer message.
const MAX_MESSAGE_BYTES: usize = 65_536;
/// Longer names and addresses are mistakes of the file.
const MAX_NAME_CHARS: usize = 500;
const MAX_EMAIL_CHARS: usize = 254;
/// Bad rows named one by one; the others are counted.
const MAX_ROWS_NAMED: usize = 20;

/// One row of `--leads`.
pub(super) struct GivenLead {
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) phone: Option<Phone>,
}

/// What is wrong with a row of `--leads`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeadProblem {
    #[error("not UTF-8 text or another number of cells than the header")]
    Malformed,
    #[error("the name is missing or longer than {MAX_NAME_CHARS} characters")]
    Name,
    #[error("the e-mail address has no @, has white space, or is longer than {MAX_EMAIL_CHARS} characters")]
    Email,
    #[error("the phone number is not in E.164 form (+ and digits only)")]
    Phone,
}

/// A row of `--leads` that can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadLead {
    /// Counted from 1, the header included.
    pub line: u64,
    pub problem: LeadProblem,
}

/// Every row of `--leads` that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLeads {
    /// The first of them.
    pub rows: Vec<BadLead>,
    /// How many there are.
    pub count: u64,
}

impl fmt::Display for BadLeads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, BadLead { line, problem }) in self.rows.iter().enumerate() {
            write!(f, "{}line {line}: {problem}", if i > 0 { "; " } else { "" })?;
        }
        match self.count - self.rows.len() as u64 {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// Reads the texts of `--messages`.
///
/// # Errors
/// [`DemoError::MessagesUnreadable`], [`DemoError::MalformedMessage`], [`DemoError::NoMessages`].
pub(super) fn read_messages(path: &Path) -> Result<Vec<String>, DemoError> {
    let bytes = fs::read(path).map_err(|error| DemoError::MessagesUnreadable(error.kind()))?;
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    if bytes.is_empty() {
        return Err(DemoError::NoMessages);
    }
    (1..)
        .zip(bytes.split(|byte| *byte == b'\n'))
        .map(|(line, bytes)| message_text(bytes).ok_or(DemoError::MalformedMessage { line }))
        .collect()
}

/// The text of a line `label<TAB>text`.
fn message_text(line: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(line).ok()?;
    let (label, text) = line.strip_suffix('\r').unwrap_or(line).split_once('\t')?;
    let usable = !label.trim().is_empty() && !text.trim().is_empty() && text.len() <= MAX_MESSAGE_BYTES;
    usable.then(|| text.to_owned())
}

/// Reads the people of `--leads`.
///
/// # Errors
/// [`DemoError::LeadsUnreadable`], [`DemoError::NoNameColumn`], [`DemoError::BadLeads`] with every bad row's line.
pub(super) fn read_leads(path: &Path) -> Result<Vec<GivenLead>, DemoError> {
    let unreadable = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => DemoError::LeadsUnreadable(error.kind()),
        _ => DemoError::LeadsUnreadable(std::io::ErrorKind::InvalidData),
    };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(unreadable)?;
    let header = reader.headers().map_err(unreadable)?;
    let column = |name: &str| header.iter().position(|title| title.eq_ignore_ascii_case(name));
    let (name, email, phone) = (column("name").ok_or(DemoError::NoNameColumn)?, column("email"), column("phone"));
    let mut leads = Vec::new();
    let mut bad = BadLeads { rows: Vec::new(), count: 0 };
    for record in reader.records() {
        let (line, lead) = match record {
            Ok(record) => {
                let cell = |column: Option<usize>| column.and_then(|i| record.get(i)).unwrap_or_default();
                let line = record.position().map_or(0, csv::Position::line);
                (line, given_lead(cell(Some(name)), cell(email), cell(phone)))
            }
            Err(error) if matches!(error.kind(), csv::ErrorKind::Io(_)) => return Err(unreadable(error)),
            Err(error) => (error.position().map_or(0, csv::Position::line), Err(LeadProblem::Malformed)),
        };
        match lead {
            Ok(lead) => leads.push(lead),
            Err(problem) => {
                bad.count += 1;
                if bad.rows.len() < MAX_ROWS_NAMED {
                    bad.rows.push(BadLead { line, problem });
                }
            }
        }
    }
    if bad.count == 0 { Ok(leads) } else { Err(DemoError::BadLeads(bad)) }
}

fn given_lead(name: &str, email: &str, phone: &str) -> Result<GivenLead, LeadProblem> {
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
        return Err(LeadProblem::Name);
    }
    let looks_like_email =
        email.contains('@') && !email.contains(char::is_whitespace) && email.chars().count() <= MAX_EMAIL_CHARS;
    if !email.is_empty() && !looks_like_email {
        return Err(LeadProblem::Email);
    }
    // Our own export writes numbers with an apostrophe, so that no spreadsheet adds them up.
    let phone = phone.strip_prefix('\'').unwrap_or(phone);
    let phone = match phone {
        "" => None,
        _ => Some(Phone::try_from(phone.to_owned()).map_err(|_| LeadProblem::Phone)?),
    };
    Ok(GivenLead {
        name: name.to_owned(),
        email: Some(email).filter(|email| !email.is_empty()).map(str::to_owned),
        phone,
    })
}
