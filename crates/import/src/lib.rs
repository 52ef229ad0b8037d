//! Floor 3: leads from a CSV file (B7), of our own export or of any other program.
//!
//! Owns how a file is understood: its encoding, its delimiter, what its columns mean, and what each row makes of a lead or
//! why it makes none. Reads from what it is given and holds one row at a time, so that memory does not grow with the file.
//! Never opens a file, never asks who is here already, never writes.
//!
//! What is read:
//!
//! - **Encodings**: UTF-8 and UTF-16 with or without byte order mark; what is neither is taken for Windows-1252.
//! - **Delimiters**: comma, semicolon, tab and pipe, whichever divides the rows most evenly; Excel's `sep=` line is heard.
//! - **Rows**: RFC 4180, with any line ends. One that is longer than [`MAX_ROW_BYTES`], or whose quotation mark is never
//!   closed, ends the file: what follows can't be told apart any more.
//! - **Cells**: the apostrophe that our export puts before what a spreadsheet would calculate is taken off again.

mod amount;
mod contact;
mod custom;
mod dialect;
mod encoding;
mod error;
mod heading;
mod inspect;
mod reading;
mod records;
mod target;

pub use dialect::{Delimiter, Dialect};
pub use encoding::Encoding;
pub use error::ImportError;
pub use inspect::{Column, Inspected, inspect};
pub use reading::{Defaults, Reading, Refusal, RefusalReason, Studio};
pub use records::{Broken, MAX_ROW_BYTES, Record, Records};
pub use target::ImportTarget;

/// The rows of a file from its beginning, behind its headings where it has any.
///
/// # Errors
/// [`ImportError::Io`].
pub fn records<R: std::io::Read>(file: R, dialect: &Dialect) -> Result<Records<R>, ImportError> {
    let mut records = Records::new(file, dialect);
    if dialect.has_headings {
        records.next()?;
    }
    Ok(records)
}
