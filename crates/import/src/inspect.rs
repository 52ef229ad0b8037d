//! A first look at a file: how it is written, and what is in its columns.

use std::io::{Read, Seek};

use domain::{CustomField, is_email};

use crate::contact::read_phone;
use crate::encoding::Decoded;
use crate::{Dialect, Encoding, ImportError, ImportTarget, Record, Records, heading};

/// Of what is looked at for the delimiter.
const BEGINNING_BYTES: usize = 1 << 16;
/// Rows from which samples are taken.
const SAMPLE_ROWS: usize = 20;
/// Samples of a column.
const SAMPLES: usize = 3;
const SAMPLE_CHARS: usize = 60;
/// More than any program exports.
const MAX_COLUMNS: usize = 500;

/// A column of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Column {
    /// Empty where the file has no headings.
    pub heading: String,
    /// Some of what stands in it, shortened.
    pub samples: Vec<String>,
    pub guess: ImportTarget,
}

/// Written by hand: what stands in a file never reaches a log.
impl std::fmt::Debug for Column {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Column").field("guess", &self.guess).finish_non_exhaustive()
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    pub dialect: Dialect,
    pub columns: Vec<Column>,
    /// Whether it is a file of our own export.
    pub is_ours: bool,
    pub size_bytes: u64,
}

/// Looks at a file from its beginning. `has_headings` is what somebody said of its first row; absent, it is guessed, as is which of the studio's own `fields` are in it.
///
/// # Errors
/// [`ImportError`].
pub fn inspect(
    file: &mut (impl Read + Seek),
    has_headings: Option<bool>,
    fields: &[CustomField],
) -> Result<Inspected, ImportError> {
    file.rewind()?;
    let encoding = Encoding::find(file)?;
    let size_bytes = file.seek(std::io::SeekFrom::End(0))?;
    file.rewind()?;
    let mut dialect = Dialect::find(encoding, &beginning(file, encoding)?)?;
    file.rewind()?;
    let mut records = Records::new(file, &dialect);
    let first = next_filled(&mut records)?.ok_or(ImportError::Empty)?;
    if first.cells.len() > MAX_COLUMNS {
        return Err(ImportError::TooManyColumns);
    }
    dialect.has_headings = has_headings.unwrap_or_else(|| !first.cells.iter().any(|cell| is_data(cell)));
    let (headings, mut rows) = match dialect.has_headings {
        true => (first.cells.iter().map(|cell| cell.trim().to_owned()).collect(), Vec::new()),
        false => (vec![String::new(); first.cells.len()], vec![first]),
    };
    while let (true, Some(row)) = (rows.len() < SAMPLE_ROWS, next_filled(&mut records)?) {
        rows.push(row);
    }
    let guesses =
        if dialect.has_headings { heading::guess(&headings, fields) } else { guess_by_content(headings.len(), &rows) };
    let is_ours = heading::are_ours(&headings);
    let columns = headings.into_iter().zip(guesses).enumerate();
    let columns =
        columns.map(|(place, (heading, guess))| Column { heading, guess, samples: samples(&rows, place) }).collect();
    Ok(Inspected { dialect, columns, is_ours, size_bytes })
}

fn beginning(file: &mut impl Read, encoding: Encoding) -> Result<String, ImportError> {
    let mut decoded = Decoded::new(file, encoding);
    let (mut text, mut piece) = (Vec::new(), Vec::new());
    while text.len() < BEGINNING_BYTES {
        decoded.next_piece(&mut piece)?;
        if piece.is_empty() {
            break;
        }
        text.extend_from_slice(&piece);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The next row with anything in it. What is broken is told when the rows are read.
fn next_filled(records: &mut Records<impl Read>) -> Result<Option<Record>, ImportError> {
    while let Some(Ok(record)) = records.next()? {
        if !record.is_blank() {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// Whether no column is called so.
fn is_data(cell: &str) -> bool {
    is_email(cell.trim()) || matches!(read_phone(cell), Ok(Some(_)))
}

/// Without headings only what has a form of its own is known.
fn guess_by_content(columns: usize, rows: &[Record]) -> Vec<ImportTarget> {
    let holds = |place: usize, test: &dyn Fn(&str) -> bool| {
        rows.iter().any(|row| row.cells.get(place).is_some_and(|cell| test(cell)))
    };
    let first = |test: &dyn Fn(&str) -> bool| (0..columns).find(|place| holds(*place, test));
    let email = first(&|cell| is_email(cell.trim()));
    let phone = first(&|cell| matches!(read_phone(cell), Ok(Some(_))));
    (0..columns)
        .map(|place| match Some(place) {
            place if place == email => ImportTarget::Email,
            place if place == phone => ImportTarget::Phone,
            _ => ImportTarget::Ignore,
        })
        .collect()
}

fn samples(rows: &[Record], place: usize) -> Vec<String> {
    let mut samples: Vec<String> = Vec::new();
    for row in rows {
        let cell = row.cells.get(place).map_or("", |cell| cell.trim());
        let short: String = cell.chars().take(SAMPLE_CHARS).collect();
        if !short.is_empty() && samples.len() < SAMPLES && !samples.contains(&short) {
            samples.push(short);
        }
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Delimiter;
    use std::io::Cursor;

    fn look(text: &str) -> Inspected {
        inspect(&mut Cursor::new(text), None, &[]).expect("a file")
    }

    #[test]
    fn a_file_is_told_by_its_headings_with_samples_of_what_is_in_it() {
        let found = look("Name;E-Mail;Shoe size\n\nNora;n@x.example;\nBen;b@x.example;44\nBen;;44\n");
        assert_eq!((found.dialect.delimiter, found.dialect.has_headings), (Delimiter::Semicolon, true));
        let guesses: Vec<_> = found.columns.iter().map(|column| column.guess).collect();
        assert_eq!(guesses, [ImportTarget::Name, ImportTarget::Email, ImportTarget::Ignore]);
        assert_eq!(found.columns[0].samples, ["Nora", "Ben"]);
        assert_eq!(found.columns[2].samples, ["44"]);
        assert!(!found.is_ours);
    }

    #[test]
    fn a_first_row_with_an_address_is_no_row_of_headings() {
        let found = look("Nora,n@x.example,+447700900118\nBen,b@x.example,\n");
        assert!(!found.dialect.has_headings);
        let guesses: Vec<_> = found.columns.iter().map(|column| column.guess).collect();
        assert_eq!(guesses, [ImportTarget::Ignore, ImportTarget::Email, ImportTarget::Phone]);
        assert_eq!(found.columns[0].samples, ["Nora", "Ben"]);
        let told = inspect(&mut Cursor::new("Nora,n@x.example\n"), Some(true), &[]).expect("a file");
        assert_eq!(told.columns[0].heading, "Nora", "somebody said so");
    }

    #[test]
    fn a_file_without_a_row_is_empty() {
        for text in ["\n\n", " , \n", "\u{feff}"] {
            assert_eq!(inspect(&mut Cursor::new(text), None, &[]), Err(ImportError::Empty), "{text:?}");
        }
    }

    #[test]
    fn too_many_columns_are_another_delimiter() {
        let text = "a,".repeat(MAX_COLUMNS + 1);
        assert_eq!(inspect(&mut Cursor::new(text), None, &[]), Err(ImportError::TooManyColumns));
    }
}
