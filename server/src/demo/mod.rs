//! The demo studio: seeded, deterministic, any size.
//!
//! Owns who the demo's people are, what they write and when. Never touches a database, a clock or the network:
//! `now` and the seed are passed in, and the same [`DemoConfig`] always gives the same rows.
//!
//! No generated number and no generated address can belong to anybody: phones come only from the ranges that regulators
//! keep free for fiction (`phone.rs`), e-mail addresses only from the names that RFC 2606 reserves.

mod attribution;
mod billing;
mod counts;
mod draw;
mod fields;
mod files;
mod hostile;
mod language;
mod lead;
mod people;
mod phone;
mod studio;
#[cfg(test)]
mod tests;
mod thread;

use std::path::PathBuf;

use domain::UnixMs;
use wire::changes::Row;

pub use files::{BadLead, BadLeads, LeadProblem};
pub use studio::DEMO_EMAIL;

/// What to generate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoConfig {
    /// The same seed, sizes, files and `now` give the same rows.
    pub seed: u64,
    /// Exactly so many leads.
    pub leads: u64,
    /// Exactly so many messages; needs at least one lead.
    pub messages: u64,
    /// Nothing is later than this; most of it is shortly before.
    pub now: UnixMs,
    /// Text of inbound messages (`--messages FILE.tsv`): UTF-8, on each line a label, a tab and the text. The text of a
    /// message is drawn from all of them.
    pub messages_file: Option<PathBuf>,
    /// People (`--leads FILE.csv`): UTF-8 with a header line; the columns `name`, `email` and `phone` (E.164) are used in
    /// any order, others are ignored, and only `name` must be there. The first row becomes the newest lead. Leads
    /// beyond the end of the file are invented.
    pub leads_file: Option<PathBuf>,
}

/// Why there is no demo studio. Says where in a file, never what stands there.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("messages need at least one lead to write them")]
    MessagesWithoutLeads,
    #[error("the file of messages can't be read: {0}")]
    MessagesUnreadable(std::io::ErrorKind),
    #[error(
        "the file of messages is malformed at line {line}: it takes a label, a tab and a text of at most 65536 bytes"
    )]
    MalformedMessage { line: u64 },
    #[error("the file of messages is empty")]
    NoMessages,
    #[error("the file of leads can't be read: {0}")]
    LeadsUnreadable(std::io::ErrorKind),
    #[error("the file of leads has no column `name` in its first line")]
    NoNameColumn,
    #[error("the file of leads is malformed: {0}")]
    BadLeads(BadLeads),
}

/// The rows of the demo studio: the studio, its members, stages and custom fields, its subscription and invoices, then lead
/// after lead (the oldest first, give or take a night), each followed by its stage events and its conversations, each of
/// those by its messages in order of time. A row comes after every row it refers to. Holds one lead's rows at a time, beside
/// the files given.
///
/// # Errors
/// [`DemoError`] when the configuration can't be met or a given file can't be read.
pub fn generate(config: &DemoConfig) -> Result<impl Iterator<Item = Row> + use<>, DemoError> {
    if config.leads == 0 && config.messages > 0 {
        return Err(DemoError::MessagesWithoutLeads);
    }
    let texts = config.messages_file.as_deref().map(files::read_messages).transpose()?;
    let people = config.leads_file.as_deref().map(files::read_leads).transpose()?.unwrap_or_default();
    let studio = studio::Staff::new(config.seed, config.now);
    let mut rows = studio.rows();
    let fields = fields::Fields::new(config.seed, config.now);
    rows.extend(fields.rows());
    rows.extend(billing::rows(config.seed, config.now, &studio));
    let counts = counts::MessageCounts::new(config.seed, config.leads, config.messages);
    let world = lead::World::new(config, studio, fields, texts, people);
    let leads = counts.enumerate().flat_map(move |(index, messages)| world.lead_rows(index as u64, messages));
    Ok(rows.into_iter().chain(leads))
}
