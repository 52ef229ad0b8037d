//! Odd files: none makes the reader stop, run on, or take what is not there. The seed corpus for fuzzing.

#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::path::PathBuf;

use domain::{StageId, StageOutcome};
use frontdesk_import::{
    Broken, Defaults, ImportError, MAX_ROW_BYTES, Reading, Refusal, RefusalReason, Studio, inspect, records,
};

fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files.push(("large_field".to_owned(), ["name,notes\nNora,", &"x".repeat(1 << 20), "\nBen,fine\n"].concat().into()));
    files.push(("many_columns".to_owned(), ["a,".repeat(400), "\n".to_owned(), "b,".repeat(400)].concat().into()));
    files
}

fn stage_id() -> StageId {
    StageId::from_uuid(uuid::Uuid::from_u128(1))
}

/// What a file comes to: a word for each row.
fn outcome(bytes: &[u8]) -> Result<Vec<String>, ImportError> {
    let mut file = Cursor::new(bytes);
    let found = inspect(&mut file, None, &[])?;
    let stage = domain::Stage {
        id: stage_id(),
        name: "New".to_owned(),
        position: 0,
        colour: "#112233".to_owned(),
        outcome: StageOutcome::Open,
    };
    let studio = Studio { stages: &[stage], members: &[], currency: "EUR", fields: &[] };
    let targets = found.columns.iter().map(|column| column.guess).collect();
    let defaults = Defaults { stage_id: stage_id(), owner_id: None, tag: None };
    let reading = Reading::new(targets, defaults, studio, found.is_ours);
    file.set_position(0);
    let mut rows = records(file, &found.dialect)?;
    let mut words = Vec::new();
    while let Some(row) = rows.next()? {
        words.push(match row.map_err(Refusal::from).and_then(|row| reading.read(&row)) {
            Ok(Some(lead)) => format!("{}|{}", lead.name, lead.notes.chars().take(20).collect::<String>()),
            Ok(None) => "blank".to_owned(),
            Err(refusal) => format!("line {}: {:?}", refusal.line, refusal.reason),
        });
    }
    Ok(words)
}

#[test]
fn every_odd_file_comes_to_what_is_in_it() {
    let expected: &[(&str, Result<&[&str], ImportError>)] = &[
        ("binary.csv", Ok(&[])),
        ("cr_only.csv", Ok(&["Nora|", "Ben|"])),
        ("delimiters_only.csv", Ok(&[])),
        ("empty.csv", Err(ImportError::Empty)),
        ("formulas.csv", Ok(&["=cmd|' /C calc'!A0|-5", "=1+1|@SUM(A1)"])),
        ("headings_twice.csv", Ok(&["Nora|"])),
        ("hostile_text.csv", Ok(&["\u{202e}evil\u{202c}|<script>alert(1)</sc", "\u{200b}\u{200b}|👩‍👩‍👧"])),
        ("large_field", Ok(&["line 2: RowTooLong"])),
        ("line_in_cell.csv", Ok(&["Nora Lee|line one\r\nline two", "Ben|after"])),
        ("long_heading.csv", Ok(&["Nora|"])),
        ("many_columns", Ok(&["line 2: Nobody"])),
        ("mixed_line_ends.csv", Ok(&["Nora|", "Ben|", "Mira|"])),
        ("no_headings.csv", Ok(&["n@mail.example|", "b@mail.example|"])),
        ("nul.csv", Ok(&["line 2: Character", "Ben|fine"])),
        ("one_column.csv", Ok(&["n@mail.example|", "b@mail.example|"])),
        ("only_blank_rows.csv", Err(ImportError::Empty)),
        ("only_headings.csv", Ok(&[])),
        ("only_mark.csv", Err(ImportError::Empty)),
        ("quote_closed_at_end.csv", Ok(&["Nora|closed, and no line "])),
        ("quote_stray.csv", Ok(&["Nora|5\" heel", "Ben|say \"hi\" now"])),
        ("quote_unclosed.csv", Ok(&["line 2: QuoteOpen"])),
        ("quote_unclosed_last.csv", Ok(&["Nora|fine", "line 3: QuoteOpen"])),
        ("quotes_only.csv", Ok(&[])),
        ("sep_line.csv", Ok(&["Nora|"])),
        ("spreadsheet_numbers.csv", Ok(&["line 2: Phone", "line 3: PhoneCountry", "line 4: PhoneCountry"])),
        ("tabs.tsv", Ok(&["Nora|"])),
        ("too_few_cells.csv", Ok(&["Nora|", "Ben|"])),
        ("too_many_cells.csv", Ok(&["line 2: TooManyCells", "Ben|"])),
        ("utf16_be_no_mark.csv", Ok(&["José|"])),
        ("utf16_odd.csv", Ok(&["Nora|", "\u{fffd}|"])),
        ("utf8_cut.csv", Ok(&["JosÃ|"])),
        ("windows_1252.csv", Ok(&["José Muñoz|"])),
        ("workbook.csv", Err(ImportError::NotText)),
    ];
    let mut files = corpus();
    files.sort();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        expected.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        "every file is expected something of"
    );
    for ((name, bytes), (_, expected)) in files.iter().zip(expected) {
        let found = outcome(bytes);
        let found = found.as_ref().map(|words| words.iter().map(String::as_str).collect::<Vec<_>>()).map_err(|e| *e);
        // What is binary is only not to fail.
        if !matches!(name.as_str(), "binary.csv" | "quotes_only.csv" | "delimiters_only.csv") {
            assert_eq!(found, expected.map(<[&str]>::to_vec), "{name}");
        }
    }
}

/// Each file cut in many places, and with many of its bytes made others.
#[test]
fn no_damage_stops_the_reader() {
    for (_, bytes) in corpus().into_iter().filter(|(_, bytes)| bytes.len() < 400) {
        for place in (0..bytes.len()).step_by(5) {
            drop(outcome(&bytes[..place]));
            for byte in [0, b'"', 0xff] {
                let mut damaged = bytes.clone();
                damaged[place] = byte;
                drop(outcome(&damaged));
            }
        }
    }
}

#[test]
fn a_row_that_never_ends_is_given_up_before_it_fills_the_memory() {
    /// Says `x` for ever, and counts how often it was asked.
    struct Endless(u64);
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 += buffer.len() as u64;
            buffer.fill(b'x');
            Ok(buffer.len())
        }
    }
    let dialect = inspect(&mut Cursor::new("name\nNora\n"), Some(false), &[]).unwrap().dialect;
    let mut file = Endless(0);
    let mut rows = records(&mut file, &dialect).unwrap();
    assert_eq!(rows.next().unwrap(), Some(Err(Broken::RowTooLong { line: 1 })));
    assert_eq!(rows.next().unwrap(), None);
    drop(rows);
    assert!(file.0 < 2 * MAX_ROW_BYTES as u64, "{} bytes were read", file.0);
}

#[test]
fn what_is_refused_is_told_by_line_and_column() {
    let text = "Name,E-mail,Phone,Stage,Value\n\
                Nora,n@mail.example,+447700900118,New,420\n\
                \"Two\nlines\",wrong,,,\n\
                Ben,b@mail.example,,Nowhere,\n\
                ,,,,420\n\
                Mira,,,new,much\n";
    let expected = ["Nora|", "line 3: Email", "line 5: Stage", "line 6: Nobody", "line 7: Value"];
    assert_eq!(outcome(text.as_bytes()).unwrap(), expected);
    let refusal = Refusal { line: 3, column: Some(1), reason: RefusalReason::Email };
    assert_eq!(format!("{refusal:?}"), "Refusal { line: 3, column: Some(1), reason: Email }");
}
