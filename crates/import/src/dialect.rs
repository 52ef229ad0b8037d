//! What divides the cells of a file.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Encoding, ImportError, Records};

/// Rows that are looked at.
const ROWS: usize = 50;

/// What stands between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Delimiter {
    Comma,
    Semicolon,
    Tab,
    Pipe,
}

impl Delimiter {
    /// In the order in which they are preferred.
    const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Pipe];

    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    pub encoding: Encoding,
    pub delimiter: Delimiter,
    /// Its first line says no more than what the delimiter is.
    pub skips_first_line: bool,
    /// Its first row has the names of the columns.
    pub has_headings: bool,
}

impl Dialect {
    /// From the beginning of a file's text. Whether there are headings is for the cells to tell.
    pub(crate) fn find(encoding: Encoding, beginning: &str) -> Result<Self, ImportError> {
        let told = told_delimiter(beginning);
        let of = |delimiter| Self { encoding, delimiter, skips_first_line: told.is_some(), has_headings: true };
        if let Some(delimiter) = told {
            return Ok(of(delimiter));
        }
        let mut best = (0.0, Delimiter::Comma);
        for delimiter in Delimiter::ALL {
            let evenness = evenness(beginning, delimiter)?;
            if evenness > best.0 {
                best = (evenness, delimiter);
            }
        }
        Ok(of(best.1))
    }
}

/// `sep=;`, as Excel writes it for itself.
fn told_delimiter(beginning: &str) -> Option<Delimiter> {
    let line = beginning.lines().next()?.trim_matches('"');
    let told = line.strip_prefix("sep=").or_else(|| line.strip_prefix("SEP="))?;
    Delimiter::ALL.into_iter().find(|delimiter| told.as_bytes() == [delimiter.byte()])
}

/// How many of the rows have as many cells as the first, which has several; of two that are equal, more cells count more.
fn evenness(beginning: &str, delimiter: Delimiter) -> Result<f64, ImportError> {
    let dialect = Dialect { encoding: Encoding::Utf8, delimiter, skips_first_line: false, has_headings: false };
    let mut records = Records::new(beginning.as_bytes(), &dialect);
    let mut counts = Vec::new();
    while let (true, Some(Ok(record))) = (counts.len() < ROWS, records.next()?) {
        if !record.is_blank() {
            counts.push(record.cells.len());
        }
    }
    // The last one may have been cut.
    if counts.len() > 2 {
        counts.pop();
    }
    let Some(first) = counts.first().copied().filter(|count| *count > 1) else { return Ok(0.0) };
    let even = counts.iter().filter(|count| **count == first).count();
    Ok(even as f64 / counts.len() as f64 + first.min(100) as f64 / 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_that_divides_evenly() {
        for (text, delimiter) in [
            ("name,email\nNora,n@x\nBen,b@x\n", Delimiter::Comma),
            ("name;value\nNora;1,50\nBen;2,50\n", Delimiter::Semicolon),
            ("name\temail\nNora\tn@x\n", Delimiter::Tab),
            ("name|email\nNora|n@x\n", Delimiter::Pipe),
            ("\"Name, first\";E-mail;Note\n\"Nora, N\";n@x;\"a, b, c\"\n", Delimiter::Semicolon),
            ("name,note\nNora,\"a;b;c\"\nBen,\"d;e\nf;g\"\n", Delimiter::Comma),
            ("email\nn@x\nb@x\n", Delimiter::Comma),
            ("name;email", Delimiter::Semicolon),
            ("sep=;\nname;a,b,c\n", Delimiter::Semicolon),
            ("sep=|\nname,x\n", Delimiter::Pipe),
        ] {
            let found = Dialect::find(Encoding::Utf8, text).expect("no I/O");
            assert_eq!(found.delimiter, delimiter, "{text:?}");
            assert_eq!(found.skips_first_line, text.starts_with("sep="), "{text:?}");
        }
    }
}
