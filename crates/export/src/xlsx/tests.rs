//! Workbooks are read back with an independent reader.

use calamine::{Data, Reader, Xlsx, open_workbook};
use domain::{CustomValues, LeadId, LeadState, Source, UnixMs};

use super::{Limits, XlsxWriter};
use crate::target::Target;
use crate::{ExportContext, Finished, Format, LeadRecord, LeadWriter, TouchRecord, columns, create};

fn context() -> ExportContext {
    ExportContext::new("Europe/London", "GBP").expect("a known zone")
}

static NOTHING: CustomValues = CustomValues::new();

fn record<'a>(name: &'a str, notes: &'a str) -> LeadRecord<'a> {
    LeadRecord {
        custom: &NOTHING,
        id: LeadId::from_uuid(uuid::Uuid::from_u128(7)),
        name,
        email: None,
        phone: Some("+447700900118"),
        stage: "New",
        owner: None,
        source: Source::Message,
        campaign: None,
        tags: &[],
        notes,
        value_minor: Some(-42_050),
        state: LeadState::Archived,
        first_touch: TouchRecord::default(),
        last_touch: TouchRecord::default(),
        created_at: UnixMs(1_752_000_000_000),
        updated_at: UnixMs(1_752_000_000_000),
        last_activity_at: UnixMs(i64::MIN),
        message_count: 3,
        opt_out_status: None,
        opt_out_at: None,
        opt_out_method: None,
        opt_out_keyword: None,
        consent_messaging: None,
        consent_marketing: None,
    }
}

fn column(name: &str) -> usize {
    columns().iter().position(|c| *c == name).expect("a column")
}

/// A sheet as it is read back: its name and its rows.
type Sheet = (String, Vec<Vec<Data>>);

/// Writes the records with few rows a sheet.
fn written(rows: u32, records: &[LeadRecord<'_>]) -> (Finished, Vec<Sheet>) {
    written_within(Limits { rows, bytes: u64::MAX }, records)
}

fn written_within(limits: Limits, records: &[LeadRecord<'_>]) -> (Finished, Vec<Sheet>) {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("leads.xlsx");
    let target = Target::create(&path).expect("target");
    let mut writer = XlsxWriter::with_limits(target, &context(), limits).expect("writer");
    for record in records {
        writer.write(record).expect("row");
    }
    let finished = Box::new(writer).finish().expect("finished");
    let mut workbook: Xlsx<_> = open_workbook(&path).expect("a workbook");
    let sheets = workbook
        .worksheets()
        .into_iter()
        .map(|(name, range)| (name, range.rows().map(<[Data]>::to_vec).collect()))
        .collect();
    (finished, sheets)
}

fn text(cell: &Data) -> &str {
    match cell {
        Data::String(text) => text,
        other => panic!("not text: {other:?}"),
    }
}

#[test]
fn every_lead_reads_back_with_typed_cells() {
    let (finished, sheets) = written(100, &[record("Nora", "two\nlines & <more>  ")]);
    assert_eq!((finished.rows, finished.continued_cells), (1, 0));
    assert_eq!(sheets.len(), 1);
    let (name, rows) = &sheets[0];
    assert_eq!(name, "Leads");
    let header: Vec<&str> = rows[0].iter().map(text).collect();
    assert_eq!(header[..40], columns()[..40], "and the empty ones at the end");
    let row = &rows[1];
    assert_eq!(text(&row[column("name")]), "Nora");
    assert_eq!(text(&row[column("notes")]), "two\nlines & <more>  ");
    assert_eq!(text(&row[column("phone")]), "+447700900118");
    assert_eq!(row[column("value")], Data::Float(-420.5));
    assert_eq!(row[column("message_count")], Data::Float(3.0));
    // 2025-07-08 19:40 on the clock of London.
    let Data::DateTime(created) = &row[column("created_at")] else { panic!("a date") };
    assert!((created.as_f64() - 45_846.819_444_444).abs() < 1e-6, "{created:?}");
    assert_eq!(text(&row[column("last_activity_at")]), "-9223372036854775808", "no date a spreadsheet knows");
}

#[test]
fn the_last_moment_of_a_day_is_on_that_day() {
    // 2025-07-08 23:59:59.999 on the clock of London.
    let late = LeadRecord { created_at: UnixMs(1_752_015_599_999), ..record("Nora", "") };
    let (_, sheets) = written(100, &[late]);
    let Data::DateTime(created) = &sheets[0].1[1][column("created_at")] else { panic!("a date") };
    assert!((created.as_f64() - (45_847.0 - 1.0 / 86_400.0)).abs() < 1e-9, "{created:?}");
}

#[test]
fn a_formula_is_text() {
    let hostile = ["=HYPERLINK(\"https://evil.example\",\"x\")", "+1", "-1", "@x", "\t=1", "'=1", "＝1"];
    let records: Vec<_> = hostile.iter().map(|name| record(name, "")).collect();
    let (_, sheets) = written(100, &records);
    for (row, name) in sheets[0].1[1..].iter().zip(hostile) {
        assert_eq!(text(&row[column("name")]), name);
    }
}

#[test]
fn more_rows_than_a_sheet_holds_continue_on_the_next() {
    let names: Vec<String> = (0..7).map(|i| format!("Lead {i}")).collect();
    let records: Vec<_> = names.iter().map(|name| record(name, "")).collect();
    let (finished, sheets) = written(4, &records);
    assert_eq!(finished.rows, 7);
    let titles: Vec<_> = sheets.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(titles, ["Leads", "Leads 2", "Leads 3"]);
    let read: Vec<&str> = sheets.iter().flat_map(|(_, rows)| rows[1..].iter().map(|row| text(&row[1]))).collect();
    assert_eq!(read, names);
}

#[test]
fn a_text_longer_than_a_cell_continues_and_nothing_is_lost() {
    // Characters of two UTF-16 units, so that bytes, characters and units all differ.
    let long: String = (0..40_000).map(|i| if i % 3 == 0 { '🎉' } else { 'ä' }).collect();
    let (finished, sheets) = written(3, &[record("Nora", &long), record("Tom", &long)]);
    assert_eq!(finished.continued_cells, 2);
    let titles: Vec<_> = sheets.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(titles, ["Leads", "Continued"]);
    let cell = text(&sheets[0].1[1][column("notes")]);
    assert!(cell.encode_utf16().count() <= 32_767);
    let head = cell.strip_suffix(super::parts::CONTINUED_NOTE).expect("a note that it goes on");
    let rest = &sheets[1].1[1];
    assert_eq!(text(&rest[0]), "00000000-0000-0000-0000-000000000007");
    assert_eq!(text(&rest[1]), "notes");
    assert_eq!(rest[2], Data::Float(2.0));
    assert_eq!(format!("{head}{}", text(&rest[3])), long);
    assert_eq!(sheets[1].1.len(), 3, "a header and one part for each of two leads");
}

#[test]
fn characters_that_xml_can_not_hold_are_escaped() {
    let mut out = String::new();
    super::cell::push_text(super::cell::Style::Text, 27, 3, "\0a\r_x0041_ \u{ffff}", &mut out);
    assert_eq!(
        out,
        "<c r=\"AB3\" s=\"4\" t=\"inlineStr\"><is><t xml:space=\"preserve\">_x0000_a_x000D__x005F_x0041_ _xFFFF_</t></is></c>"
    );
}

#[test]
fn a_sheet_ends_before_it_needs_headers_that_spreadsheets_refuse() {
    let long = "long ".repeat(20_000);
    let records: Vec<_> = (0..12).map(|_| record("Nora", &long)).collect();
    let (finished, sheets) = written_within(Limits { rows: 1_000, bytes: 200_000 }, &records);
    assert_eq!((finished.rows, finished.continued_cells), (12, 12));
    let titles: Vec<_> = sheets.iter().map(|(name, _)| name.as_str()).collect();
    assert!(titles.contains(&"Leads 2") && titles.contains(&"Continued 2"), "{titles:?}");
    let rows_of = |name: &str| -> usize {
        sheets.iter().filter(|(title, _)| title.starts_with(name)).map(|(_, rows)| rows.len() - 1).sum()
    };
    assert_eq!((rows_of("Leads"), rows_of("Continued")), (12, 36));
}

/// LibreOffice 7.4 opens no workbook with a ZIP64 header where sizes do not need one.
#[test]
fn no_part_has_a_zip64_header() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("leads.xlsx");
    let mut writer = create(&path, Format::Xlsx, &context()).expect("writer");
    writer.write(&record("Nora", &"long ".repeat(20_000))).expect("row");
    writer.finish().expect("finished");
    let bytes = std::fs::read(&path).expect("the file");
    let headers: Vec<usize> = (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(b"PK\x03\x04")).collect();
    assert_eq!(headers.len(), 7, "two sheets and five other parts");
    for at in headers {
        let version_needed = u16::from_le_bytes([bytes[at + 4], bytes[at + 5]]);
        let extra_length = u16::from_le_bytes([bytes[at + 28], bytes[at + 29]]);
        assert_eq!((version_needed, extra_length), (20, 0), "the part at {at}");
    }
}

#[test]
fn the_real_limits_are_those_of_the_format() {
    assert_eq!(super::LIMITS.rows, 1_048_576);
    let longest_row = crate::COLUMN_COUNT as u64 * super::cell::MAX_UNITS as u64 * 7;
    let buffers = 2 * super::BUFFER_BYTES as u64;
    assert!(super::LIMITS.bytes + longest_row + buffers < u64::from(u32::MAX));
    assert_eq!(super::cell::MAX_UNITS, 32_767);
    let folder = tempfile::tempdir().expect("folder");
    let writer = create(&folder.path().join("x.xlsx"), Format::Xlsx, &context()).expect("writer");
    assert_eq!(writer.finish().expect("an empty workbook").rows, 0);
}
