//! Rows of a file, one at a time, and none that is longer than anybody's.

use std::io::Read;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::encoding::Decoded;
use crate::{Dialect, ImportError};

/// A row that is longer is not one: as a rule a quotation mark was not closed.
pub const MAX_ROW_BYTES: usize = 1 << 20;

/// One row.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// As they stand in the file, the formula's apostrophe taken off.
    pub cells: Vec<String>,
}

/// Written by hand: what stands in a file never reaches a log.
impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record").field("line", &self.line).field("cells", &self.cells.len()).finish()
    }
}

impl Record {
    /// Whether there is nothing in it.
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// Why a file can't be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The row that begins on this line is longer than [`MAX_ROW_BYTES`].
    RowTooLong { line: u64 },
    /// A quotation mark of the row that begins on this line is never closed.
    QuoteOpen { line: u64 },
}

/// The rows of a file.
pub struct Records<R> {
    text: Decoded<R>,
    reader: Reader,
    piece: Vec<u8>,
    /// Where in `piece` to go on.
    at: usize,
    /// The line that `at` is on.
    line: u64,
    /// Whether the last byte was a carriage return: a line feed after it ends no other line.
    after_return: bool,
    end: End,
    cells: Vec<u8>,
    ends: Vec<usize>,
}

/// How far the end of the file has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    NotYet,
    /// All was read, and a line feed was put behind it.
    Closed,
    /// There is nothing more.
    Over,
}

impl<R: Read> Records<R> {
    pub(crate) fn new(file: R, dialect: &Dialect) -> Self {
        let mut records = Self {
            text: Decoded::new(file, dialect.encoding),
            reader: ReaderBuilder::new().delimiter(dialect.delimiter.byte()).build(),
            piece: Vec::new(),
            at: 0,
            line: 1,
            after_return: false,
            end: End::NotYet,
            cells: vec![0; 4_096],
            ends: vec![0; 64],
        };
        if dialect.skips_first_line {
            records.skip_line();
        }
        records
    }

    /// Bytes of the file read so far.
    pub const fn read_bytes(&self) -> u64 {
        self.text.read_bytes()
    }

    /// The next row; nothing at the end. After a broken one there is nothing more.
    ///
    /// # Errors
    /// [`ImportError::Io`].
    #[expect(clippy::should_implement_trait, reason = "an iterator could not fail and go on")]
    pub fn next(&mut self) -> Result<Option<Result<Record, Broken>>, ImportError> {
        if self.end == End::Over {
            return Ok(None);
        }
        let (mut length, mut count) = (0, 0);
        let mut line = None;
        loop {
            if self.at == self.piece.len() && self.end == End::NotYet {
                self.refill()?;
            }
            let is_end = self.at == self.piece.len();
            let (result, taken, written, ended) =
                self.reader.read_record(&self.piece[self.at..], &mut self.cells[length..], &mut self.ends[count..]);
            self.count_lines(taken, &mut line);
            self.at += taken;
            length += written;
            count += ended;
            let begun = line.unwrap_or(self.line);
            if length > MAX_ROW_BYTES {
                self.end = End::Over;
                return Ok(Some(Err(Broken::RowTooLong { line: begun })));
            }
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.cells.resize(self.cells.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                // A line feed closes every row but one that is within quotation marks.
                ReadRecordResult::Record if is_end => {
                    self.end = End::Over;
                    return Ok(Some(Err(Broken::QuoteOpen { line: begun })));
                }
                ReadRecordResult::Record => return Ok(Some(Ok(self.record(begun, count)))),
                ReadRecordResult::End => {
                    self.end = End::Over;
                    return Ok(None);
                }
            }
        }
    }

    fn record(&self, line: u64, count: usize) -> Record {
        let mut from = 0;
        let cells = self.ends[..count]
            .iter()
            .map(|end| {
                let cell = String::from_utf8_lossy(&self.cells[from..*end]);
                from = *end;
                export::formula::unescape_cell(&cell).to_owned()
            })
            .collect();
        Record { line, cells }
    }

    fn refill(&mut self) -> Result<(), ImportError> {
        self.text.next_piece(&mut self.piece)?;
        self.at = 0;
        if self.piece.is_empty() {
            self.piece.push(b'\n');
            self.end = End::Closed;
        }
        Ok(())
    }

    /// Counts the line ends in what was taken, and notes in `begun` the line of the first byte that is none.
    fn count_lines(&mut self, taken: usize, begun: &mut Option<u64>) {
        for byte in &self.piece[self.at..self.at + taken] {
            match byte {
                b'\n' if self.after_return => self.after_return = false,
                b'\r' | b'\n' => {
                    self.line += 1;
                    self.after_return = *byte == b'\r';
                }
                _ => {
                    self.after_return = false;
                    begun.get_or_insert(self.line);
                }
            }
        }
    }

    fn skip_line(&mut self) {
        // What can't be read now can't be read later, and is told then.
        while self.refill().is_ok() && self.end == End::NotYet {
            if let Some(place) = self.piece.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
                self.at = place;
                return;
            }
            self.at = self.piece.len();
        }
    }
}
