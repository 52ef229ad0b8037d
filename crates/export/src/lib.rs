//! Floor 2: leads to a file (E1): CSV, JSON, XLSX.
//!
//! Owns the columns, how each format writes them, and that a file is whole or absent: rows stream into a temporary
//! file beside the target (mode 0600), which [`LeadWriter::finish`] flushes to the disk and renames over the target
//! in one step. Memory does not grow with the number of rows. Never reads the cache, never decides who may export,
//! never encrypts: a finished file is readable by whoever gets it.
//!
//! What each format promises:
//!
//! - **CSV**: RFC 4180 (comma, CRLF, quotes doubled), UTF-8, a header line. No cell starts a formula in a
//!   spreadsheet; the escape is reversible, see [`formula`]. There is no byte order mark unless
//!   [`ExportContext::byte_order_mark`] asks for it: RFC 3629 advises against one and most tools would take it for a
//!   part of the first header, but older versions of Excel guess the encoding wrongly without it. For a spreadsheet,
//!   XLSX is the better choice.
//! - **JSON**: one array of objects with the same keys in the same order, absent values as `null`, tags as an array.
//! - **XLSX**: text is typed as text, so nothing in it is ever a formula; counts, values and times are numbers one can
//!   sort and sum. See [`create`] for sheets and long cells.
//!
//! Times are written in the studio's time zone with their offset (RFC 3339, to the millisecond), which both a person
//! and an importer can read; XLSX, which knows no offsets, holds the studio's wall-clock time as a real date, to the
//! second.

mod context;
mod csv;
mod error;
pub mod formula;
mod json;
mod record;
mod table;
pub mod tags;
mod target;
mod text;
mod xlsx;

use std::path::Path;

pub use context::ExportContext;
pub use error::ExportError;
pub use record::{COLUMN_COUNT, CUSTOM_HEADING, LeadRecord, TouchRecord, columns, source_code};
pub use table::TableWriter;

/// File format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    Csv,
    Json,
    Xlsx,
}

impl Format {
    /// Usual file name extension, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Xlsx => "xlsx",
        }
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    pub rows: u64,
    pub size_bytes: u64,
    /// Cells that were too long for a cell of XLSX and continue on a sheet of their own; zero for other formats.
    pub continued_cells: u64,
}

/// A file of leads in the making. Dropped before [`finish`](Self::finish), it leaves no trace, and whatever stood at
/// the target stands there still.
pub trait LeadWriter: Send {
    /// Appends a row.
    ///
    /// # Errors
    /// [`ExportError`]; after one, the file can only be dropped.
    fn write(&mut self, record: &LeadRecord<'_>) -> Result<(), ExportError>;

    /// Bytes handed to the system so far: for progress, behind the truth by what is buffered.
    fn size_bytes(&self) -> u64;

    /// Completes the file and puts it in its place; only then the target changes.
    ///
    /// # Errors
    /// [`ExportError`]; the target is as it was.
    fn finish(self: Box<Self>) -> Result<Finished, ExportError>;
}

/// Starts a file that will be at `path`, replacing what is there once it is finished. A symbolic link is followed.
///
/// XLSX holds at most 1,048,575 leads a sheet, or just below 4 GiB of them; more continue on `Leads 2` and so on. A
/// cell holds at most 32,767 UTF-16 units; the rest of a longer text continues, in order, on the sheet `Continued`, and
/// the cell ends with a note that says so: nothing is cut off.
///
/// # Errors
/// [`ExportError::TargetNotAFile`], [`ExportError::FolderMissing`], [`ExportError::NotWritable`], or another when the
/// folder takes no file.
pub fn create(path: &Path, format: Format, context: &ExportContext) -> Result<Box<dyn LeadWriter>, ExportError> {
    let target = target::Target::create(path)?;
    Ok(match format {
        Format::Csv => Box::new(csv::CsvWriter::new(target, context)?),
        Format::Json => Box::new(json::JsonWriter::new(target, context)?),
        Format::Xlsx => Box::new(xlsx::XlsxWriter::new(target, context)?),
    })
}
