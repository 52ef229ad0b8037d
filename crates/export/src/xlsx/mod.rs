//! XLSX (ECMA-376), written row by row.
//!
//! Why not through `rust_xlsxwriter`: in its constant-memory mode it panics when the disk is full, keeps every cell in
//! an extra temporary file until the end, and then compresses all of it in one call that can neither be cancelled nor
//! followed. The few parts a plain table needs are below; sheets go through the compressor as they grow.

mod cell;
mod parts;

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::record::{Cell, columns, custom_columns};
use crate::target::Target;
use crate::{ExportContext, ExportError, Finished, LeadRecord, LeadWriter, tags, text};

/// How large a sheet may become; what is more goes to the next.
#[derive(Clone, Copy)]
struct Limits {
    /// Its header included.
    rows: u32,
    /// Before compression.
    bytes: u64,
}

/// Rows are Excel's limit. With 4 GiB and more, a part of the archive needs ZIP64 headers; LibreOffice refuses the
/// whole workbook for one such header, and Excel (by XlsxWriter's documentation) offers to repair it. The sheet ends
/// early enough for one more row (at most 47 cells of 32,767 units of seven bytes, and 50 short ones) and a buffer.
const LIMITS: Limits = Limits { rows: 1_048_576, bytes: (1 << 32) - (1 << 26) };
/// Cells are collected up to this size before they go through the compressor.
const BUFFER_BYTES: usize = 1 << 18;
/// Fast, and within a few percent of the best: the text repeats itself.
const COMPRESSION_LEVEL: i64 = 3;
const CONTINUED_COLUMNS: [&str; 4] = ["id", "column", "part", "text"];

pub(crate) struct XlsxWriter {
    zip: ZipWriter<BufWriter<Target>>,
    written: Arc<AtomicU64>,
    context: ExportContext,
    /// Names of the studio's own columns.
    own: Vec<String>,
    limits: Limits,
    /// Names of the sheets begun so far.
    sheets: Vec<String>,
    /// Bytes of the current sheet that went through the compressor.
    sheet_bytes: u64,
    /// Last row of the current sheet, counted from 1.
    row: u32,
    rows: u64,
    buffer: String,
    scratch: String,
    continued: Continued,
}

/// Texts beyond the length of a cell, as rows that wait in a nameless file until their sheet's turn comes: a zip archive
/// takes one file at a time.
struct Continued {
    spool: BufWriter<File>,
    /// Size in bytes of each sheet's rows.
    sheet_bytes: Vec<u64>,
    row: u32,
    cells: u64,
}

impl XlsxWriter {
    pub(crate) fn new(target: Target, context: &ExportContext) -> Result<Self, ExportError> {
        Self::with_limits(target, context, LIMITS)
    }

    fn with_limits(target: Target, context: &ExportContext, limits: Limits) -> Result<Self, ExportError> {
        let spool = BufWriter::new(target.side_file()?);
        let mut writer = Self {
            written: target.written_counter(),
            zip: ZipWriter::new(BufWriter::with_capacity(BUFFER_BYTES, target)),
            context: context.clone(),
            own: custom_columns(context),
            limits,
            sheets: Vec::new(),
            sheet_bytes: 0,
            row: 0,
            rows: 0,
            buffer: String::new(),
            scratch: String::new(),
            continued: Continued { spool, sheet_bytes: Vec::new(), row: 0, cells: 0 },
        };
        writer.start_leads()?;
        Ok(writer)
    }

    /// Begins the next sheet: `name`, or `name 2` and so on.
    fn start_sheet(&mut self, name: &str, header: &[&str], widths: &str) -> Result<(), ExportError> {
        let same = self.sheets.iter().filter(|sheet| sheet.starts_with(name)).count();
        self.sheets.push(if same == 0 { name.to_owned() } else { format!("{name} {}", same + 1) });
        self.zip.start_file(format!("xl/worksheets/sheet{}.xml", self.sheets.len()), options())?;
        self.sheet_bytes = 0;
        self.buffer.push_str(parts::SHEET_START);
        self.buffer.push_str(widths);
        self.buffer.push_str("<sheetData>");
        cell::push_row_start(1, &mut self.buffer);
        for (column, title) in header.iter().enumerate() {
            cell::push_text(cell::Style::Header, column, 1, title, &mut self.buffer);
        }
        self.buffer.push_str("</row>");
        self.row = 1;
        Ok(())
    }

    fn start_leads(&mut self) -> Result<(), ExportError> {
        let own = self.own.clone();
        let header: Vec<&str> = columns().into_iter().chain(own.iter().map(String::as_str)).collect();
        self.start_sheet("Leads", &header, parts::LEAD_COLUMN_WIDTHS)
    }

    fn end_sheet(&mut self) -> Result<(), ExportError> {
        self.buffer.push_str(parts::SHEET_END);
        self.drain()
    }

    /// Sends the collected cells through the compressor.
    fn drain(&mut self) -> Result<(), ExportError> {
        self.zip.write_all(self.buffer.as_bytes())?;
        self.sheet_bytes += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Writes the text of a cell, or the part of it that fits and the rest to the other sheet.
    fn push_text(&mut self, id: &str, name: &str, column: usize, text: &str) -> Result<(), ExportError> {
        let (head, rest) = cell::split(text, cell::MAX_UNITS);
        if rest.is_empty() {
            cell::push_text(cell::Style::Text, column, self.row, head, &mut self.buffer);
            return Ok(());
        }
        let room = cell::MAX_UNITS - parts::CONTINUED_NOTE.chars().count();
        let (head, mut rest) = cell::split(text, room);
        let shortened = format!("{head}{}", parts::CONTINUED_NOTE);
        cell::push_text(cell::Style::Text, column, self.row, &shortened, &mut self.buffer);
        let mut part = 1;
        while !rest.is_empty() {
            part += 1;
            let (text, remaining) = cell::split(rest, cell::MAX_UNITS);
            self.continued.push(id, name, part, text, self.limits)?;
            rest = remaining;
        }
        self.continued.cells += 1;
        Ok(())
    }

    fn write_continued(&mut self) -> Result<(), ExportError> {
        self.continued.spool.flush()?;
        let sheet_bytes = std::mem::take(&mut self.continued.sheet_bytes);
        self.continued.spool.get_mut().seek(SeekFrom::Start(0))?;
        for size in sheet_bytes {
            self.start_sheet("Continued", &CONTINUED_COLUMNS, parts::CONTINUED_COLUMN_WIDTHS)?;
            self.drain()?;
            io::copy(&mut self.continued.spool.get_mut().take(size), &mut self.zip)?;
            self.end_sheet()?;
        }
        Ok(())
    }
}

impl Continued {
    fn push(&mut self, id: &str, column: &str, part: u64, text: &str, limits: Limits) -> Result<(), ExportError> {
        if self.sheet_bytes.last().is_none_or(|bytes| *bytes >= limits.bytes) || self.row == limits.rows {
            self.sheet_bytes.push(0);
            self.row = 1;
        }
        self.row += 1;
        let mut xml = String::with_capacity(text.len() + 256);
        cell::push_row_start(self.row, &mut xml);
        cell::push_text(cell::Style::Text, 0, self.row, id, &mut xml);
        cell::push_text(cell::Style::Text, 1, self.row, column, &mut xml);
        let mut number = String::new();
        text::push_integer(part, &mut number);
        cell::push_number(cell::Style::Number, 2, self.row, &number, &mut xml);
        cell::push_text(cell::Style::Text, 3, self.row, text, &mut xml);
        xml.push_str("</row>");
        self.spool.write_all(xml.as_bytes())?;
        if let Some(size) = self.sheet_bytes.last_mut() {
            *size += xml.len() as u64;
        }
        Ok(())
    }
}

impl LeadWriter for XlsxWriter {
    fn write(&mut self, record: &LeadRecord<'_>) -> Result<(), ExportError> {
        if self.row == self.limits.rows || self.sheet_bytes >= self.limits.bytes {
            self.end_sheet()?;
            self.start_leads()?;
        }
        self.row += 1;
        let row = self.row;
        let zone = self.context.time_zone;
        let context = self.context.clone();
        let mut id_text = [0; 36];
        let id: &str = record.id.as_uuid().hyphenated().encode_lower(&mut id_text);
        cell::push_row_start(row, &mut self.buffer);
        let own = std::mem::take(&mut self.own);
        let own_cells = own.iter().map(String::as_str).zip(record.custom_cells(&context));
        for (column, (name, value)) in record.cells(&context).into_iter().chain(own_cells).enumerate() {
            let mut scratch = std::mem::take(&mut self.scratch);
            scratch.clear();
            match value {
                Cell::Empty | Cell::Text("") => {}
                Cell::Id(id) => {
                    scratch.push_str(id.hyphenated().encode_lower(&mut [0; 36]));
                    cell::push_text(cell::Style::Text, column, row, &scratch, &mut self.buffer);
                }
                Cell::Text(text) => self.push_text(id, name, column, text)?,
                Cell::Tags(list) => {
                    tags::join_tags(list, &mut scratch);
                    if !scratch.is_empty() {
                        self.push_text(id, name, column, &scratch)?;
                    }
                }
                Cell::Count(count) => {
                    text::push_integer(count, &mut scratch);
                    let exact = count < cell::EXACT_BELOW;
                    cell::push_number_or_text(cell::Style::Number, exact, column, row, &scratch, &mut self.buffer);
                }
                Cell::Amount(minor) => {
                    text::push_amount(minor, &mut scratch);
                    let exact = minor.unsigned_abs() < cell::EXACT_BELOW;
                    cell::push_number_or_text(cell::Style::Amount, exact, column, row, &scratch, &mut self.buffer);
                }
                Cell::Number(thousandths) => {
                    text::push_thousandths(thousandths, &mut scratch);
                    let exact = thousandths.unsigned_abs() < cell::EXACT_BELOW;
                    cell::push_number_or_text(cell::Style::Number, exact, column, row, &scratch, &mut self.buffer);
                }
                // As text: a day of any year, and never moved by a time zone.
                Cell::Date(date) => {
                    text::push_date(date, &mut scratch);
                    cell::push_text(cell::Style::Text, column, row, &scratch, &mut self.buffer);
                }
                Cell::YesNo(yes) => {
                    cell::push_text(cell::Style::Text, column, row, if yes { "yes" } else { "no" }, &mut self.buffer);
                }
                Cell::Time(time) => match cell::serial_date(time, zone) {
                    Some(serial) => {
                        use std::fmt::Write as _;
                        // Writing to a string can't fail.
                        let _ = write!(scratch, "{serial}");
                        cell::push_number(cell::Style::Date, column, row, &scratch, &mut self.buffer);
                    }
                    None => {
                        text::push_time(time, zone, &mut scratch);
                        cell::push_text(cell::Style::Text, column, row, &scratch, &mut self.buffer);
                    }
                },
            }
            self.scratch = scratch;
        }
        self.own = own;
        self.buffer.push_str("</row>");
        self.rows += 1;
        if self.buffer.len() >= BUFFER_BYTES {
            self.drain()?;
        }
        Ok(())
    }

    fn size_bytes(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    fn finish(mut self: Box<Self>) -> Result<Finished, ExportError> {
        self.end_sheet()?;
        self.write_continued()?;
        for (name, content) in parts::workbook_parts(&self.sheets) {
            self.zip.start_file(name, options())?;
            self.zip.write_all(content.as_bytes())?;
        }
        let file = self.zip.finish()?;
        let target = file.into_inner().map_err(|failed| ExportError::from(failed.error().kind()))?;
        Ok(Finished { rows: self.rows, size_bytes: target.commit()?, continued_cells: self.continued.cells })
    }
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(COMPRESSION_LEVEL))
}

#[cfg(test)]
mod tests;
