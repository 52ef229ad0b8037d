//! A CSV file of any program, as the import reads it.

use std::io::{Cursor, Read, Seek, SeekFrom};

use domain::{Lead, LeadId, NewLead};
use export::{ExportContext, Format, LeadRecord};
use import::{Defaults, Delimiter, Dialect, Encoding, ImportError, Inspected, Reading, Refusal, Studio};
use uuid::Uuid;

use crate::{scratch, studio};

const PIECE_BYTES: usize = 7;

/// What a row comes to: a lead, nothing, or a refusal.
type Row = Result<Option<NewLead>, Refusal>;

/// A file comes to the same in whatever pieces it is read. Rows are told by the lines they are on, nothing follows what
/// can't be read, each lead passes the checks, and our own export of them is read back as they were.
pub fn csv_import(input: &[u8]) {
    let has_headings = [None, None, Some(true), Some(false)][chosen(input) % 4];
    let whole = understand(Pieces::of(input, usize::MAX), has_headings);
    let cut = understand(Pieces::of(input, PIECE_BYTES), has_headings);
    assert!(whole == cut, "a file is not the same in pieces");
    if let Ok((_, rows)) = whole {
        check_leads(rows.into_iter().filter_map(Result::ok).flatten().collect());
    }
    read_as(input, any_dialect(chosen(input) / 4));
}

fn check_leads(leads: Vec<NewLead>) {
    for lead in &leads {
        assert_eq!(lead.check(), Ok(()), "what is imported can be added");
    }
    if leads.is_empty() {
        return;
    }
    let of =
        |(n, new): (usize, &NewLead)| new.clone().into_lead(LeadId::from_uuid(Uuid::from_u128(n as u128)), studio::NOW);
    let file = exported(leads.iter().enumerate().map(of));
    let found = understand(Cursor::new(file), None).expect("the export is read");
    assert!(found.0.is_ours, "our own export is known");
    let again: Vec<Row> = leads.into_iter().map(|lead| Ok(Some(lead))).collect();
    assert!(found.1 == again, "our own export is not read as it was written");
}

/// A number by the input, so that the same input is read the same way.
fn chosen(input: &[u8]) -> usize {
    input.iter().fold(input.len(), |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)))
}

fn understand(mut file: impl Read + Seek, has_headings: Option<bool>) -> Result<(Inspected, Vec<Row>), ImportError> {
    let fields = studio::fields();
    let found = import::inspect(&mut file, has_headings, &fields)?;
    let (stages, members) = (studio::stages(), studio::members());
    let of = Studio { stages: &stages, members: &members, currency: "EUR", fields: &fields };
    let defaults = Defaults { stage_id: studio::stage_id(1), owner_id: None, tag: None };
    let targets = found.columns.iter().map(|column| column.guess).collect();
    let reading = Reading::new(targets, defaults, of, found.is_ours);
    file.rewind().expect("it is in memory");
    let mut records = import::records(file, &found.dialect)?;
    let (mut rows, mut last_line) = (Vec::new(), 0);
    while let Some(record) = records.next()? {
        let is_broken = record.is_err();
        let line = record.as_ref().map_or_else(|broken| Refusal::from(*broken).line, |record| record.line);
        assert!(line > last_line, "line {line} after line {last_line}");
        last_line = line;
        rows.push(record.map_err(Refusal::from).and_then(|record| reading.read(&record)));
        if let Some(Err(refusal)) = rows.last() {
            assert_eq!(refusal.line, line, "a refusal tells its line");
        }
        assert!(!is_broken || records.next()?.is_none(), "nothing follows what can't be read");
    }
    Ok((found, rows))
}

/// Whatever somebody says that the file is.
fn read_as(input: &[u8], dialect: Dialect) {
    let Ok(mut records) = import::records(Cursor::new(input), &dialect) else { return };
    let (mut cells, mut last_line) = (0, 0);
    while let Ok(Some(Ok(record))) = records.next() {
        assert!(record.line > last_line, "line {} after line {last_line}", record.line);
        last_line = record.line;
        cells += record.cells.len();
    }
    assert!(cells <= input.len() + 1, "more cells than bytes");
}

fn any_dialect(chosen: usize) -> Dialect {
    Dialect {
        encoding: [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Windows1252][chosen % 4],
        delimiter: [Delimiter::Comma, Delimiter::Semicolon, Delimiter::Tab, Delimiter::Pipe][chosen / 4 % 4],
        skips_first_line: chosen / 16 % 2 == 1,
        has_headings: chosen / 32 % 2 == 1,
    }
}

/// These leads as our own export writes them.
pub(crate) fn exported(leads: impl Iterator<Item = Lead>) -> Vec<u8> {
    let folder = scratch::folder();
    let path = folder.path().join("leads.csv");
    let context = ExportContext::new("Europe/Lisbon", "EUR").expect("a zone");
    let context = ExportContext { fields: studio::fields(), ..context };
    let mut writer = export::create(&path, Format::Csv, &context).expect("a file");
    let (stages, members) = (studio::stages(), studio::members());
    for lead in leads {
        let stage = stages.iter().find(|stage| stage.id == lead.stage_id).expect("a stage of the studio");
        let owner = members.iter().find(|member| Some(member.id) == lead.owner_id).map(|member| member.name.as_str());
        writer.write(&LeadRecord::of(&lead, &stage.name, owner, 0)).expect("written");
    }
    writer.finish().expect("written");
    std::fs::read(path).expect("the export")
}

/// A file that is read some bytes at a time.
struct Pieces<'a> {
    bytes: Cursor<&'a [u8]>,
    at_once: usize,
}

impl<'a> Pieces<'a> {
    const fn of(bytes: &'a [u8], at_once: usize) -> Self {
        Self { bytes: Cursor::new(bytes), at_once }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = buffer.len().min(self.at_once);
        self.bytes.read(&mut buffer[..size])
    }
}

impl Seek for Pieces<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.bytes.seek(to)
    }
}
