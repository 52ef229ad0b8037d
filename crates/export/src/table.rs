//! Rows that are no leads, as CSV with the promises of [`crate::Format::Csv`]: what an import refused, to be put right.

use std::path::Path;

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use crate::target::Target;
use crate::{ExportError, Finished, formula};

/// A file of rows in the making. Dropped before [`finish`](Self::finish), it leaves no trace.
pub struct TableWriter {
    out: Writer<Target>,
    rows: u64,
}

impl TableWriter {
    /// Starts a file that will be at `path`, replacing what is there once it is finished.
    ///
    /// # Errors
    /// As [`crate::create`].
    pub fn create(path: &Path) -> Result<Self, ExportError> {
        let out = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .quote_style(QuoteStyle::Necessary)
            // Rows are as long as they were.
            .flexible(true)
            .from_writer(Target::create(path)?);
        Ok(Self { out, rows: 0 })
    }

    /// Appends a row.
    ///
    /// # Errors
    /// [`ExportError`]; after one, the file can only be dropped.
    pub fn write<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> Result<(), ExportError> {
        for cell in cells {
            self.out.write_field(formula::escape_cell(cell).as_bytes())?;
        }
        self.out.write_record(None::<&[u8]>)?;
        self.rows += 1;
        Ok(())
    }

    /// Completes the file and puts it in its place; only then the target changes. Headings count as a row.
    ///
    /// # Errors
    /// [`ExportError`]; the target is as it was.
    pub fn finish(self) -> Result<Finished, ExportError> {
        let target = self.out.into_inner().map_err(|failed| ExportError::from(failed.error().kind()))?;
        Ok(Finished { rows: self.rows, size_bytes: target.commit()?, continued_cells: 0 })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn rows_of_any_length_are_written_for_their_owner_only_and_never_as_formulas() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("refused.csv");
        let mut table = TableWriter::create(&path).expect("a table");
        table.write(["name", "why"]).expect("a row");
        table.write(["=1+1", "a \"quoted\" one", "more"]).expect("a row");
        assert!(!path.exists(), "not before it is finished");
        assert_eq!(table.finish().expect("a file").rows, 2);
        let text = std::fs::read_to_string(&path).expect("text");
        assert_eq!(text, "name,why\r\n'=1+1,\"a \"\"quoted\"\" one\",more\r\n");
        assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
    }
}
