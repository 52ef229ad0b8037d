//! Files as a reader and as the file system see them.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use domain::{
    ChoiceOption, ChoiceOptionId, CustomField, CustomFieldForm, CustomFieldId, CustomKind, CustomValue, CustomValues,
    Lead, LeadId, LeadState, Phone, Source, StageId, Touch, UnixMs,
};
use export::formula::unescape_cell;
use export::tags::split_tags;
use export::{ExportContext, ExportError, Format, LeadRecord, columns, create};
use frontdesk_export as export;
use proptest::prelude::*;
use uuid::Uuid;

const FORMATS: [Format; 3] = [Format::Csv, Format::Json, Format::Xlsx];

fn context() -> ExportContext {
    ExportContext::new("Europe/London", "GBP").unwrap()
}

fn lead() -> Lead {
    Lead {
        id: LeadId::from_uuid(Uuid::from_u128(0x0189_0000_0000_7000_8000_0000_0000_0001)),
        name: "Nora Lindqvist".to_owned(),
        email: Some("nora@example.com".to_owned()),
        phone: Some(Phone::try_from("+447700900118".to_owned()).unwrap()),
        stage_id: StageId::from_uuid(Uuid::from_u128(2)),
        owner_id: None,
        source: Source::MetaLeadAd,
        campaign: Some("Spring portraits".to_owned()),
        tags: vec!["family".to_owned(), "a;b".to_owned()],
        notes: "two\r\nlines, \"quoted\"".to_owned(),
        value_minor: Some(-500),
        state: LeadState::Archived,
        custom: CustomValues::new(),
        first_touch: Touch { utm_source: Some("instagram".to_owned()), ..Touch::default() },
        last_touch: Touch { referred_by: Some("=1+1".to_owned()), ..Touch::default() },
        created_at: UnixMs(1_752_000_000_000),
        updated_at: UnixMs(1_752_000_000_001),
        last_activity_at: UnixMs(1_763_230_800_123),
    }
}

fn record(lead: &Lead) -> LeadRecord<'_> {
    LeadRecord::of(lead, "New", Some("Asha Menon"), 3)
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(self.0.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn written(leads: &[Lead], format: Format, context: &ExportContext) -> Vec<u8> {
    let folder = Folder::new();
    let path = folder.path("leads");
    let mut writer = create(&path, format, context).unwrap();
    for lead in leads {
        writer.write(&record(lead)).unwrap();
    }
    let finished = writer.finish().unwrap();
    assert_eq!(finished.rows, leads.len() as u64);
    let bytes = fs::read(&path).unwrap();
    assert_eq!(finished.size_bytes, bytes.len() as u64);
    bytes
}

/// Rows of a CSV file as an importer that knows our rule reads them.
fn imported(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    reader.records().map(|row| row.unwrap().iter().map(|cell| unescape_cell(cell).to_owned()).collect()).collect()
}

fn cell<'a>(row: &'a [String], column: &str) -> &'a str {
    &row[columns().iter().position(|name| *name == column).unwrap()]
}

#[test]
fn csv_has_every_column_and_reads_back() {
    let rows = imported(&written(&[lead()], Format::Csv, &context()));
    assert_eq!(rows[0], columns());
    let row = &rows[1];
    for (column, value) in [
        ("id", "01890000-0000-7000-8000-000000000001"),
        ("name", "Nora Lindqvist"),
        ("phone", "+447700900118"),
        ("owner", "Asha Menon"),
        ("source", "meta_lead_ad"),
        ("notes", "two\r\nlines, \"quoted\""),
        ("value", "-5.00"),
        ("currency", "GBP"),
        ("state", "archived"),
        ("first_touch_utm_source", "instagram"),
        ("last_touch_referred_by", "=1+1"),
        ("created_at", "2025-07-08T19:40:00.000+01:00"),
        ("last_activity_at", "2025-11-15T18:20:00.123+00:00"),
        ("message_count", "3"),
        ("opt_out_status", ""),
        ("consent_marketing", ""),
    ] {
        assert_eq!(cell(row, column), value, "{column}");
    }
    assert_eq!(split_tags(cell(row, "tags")), ["family", "a;b"]);
}

fn field(n: u128, name: &str, kind: CustomKind) -> CustomField {
    let option =
        ChoiceOption { id: ChoiceOptionId::from_uuid(Uuid::from_u128(1)), name: "=Gold".to_owned(), is_retired: true };
    let options = if kind == CustomKind::Choice { vec![option] } else { vec![] };
    let form =
        CustomFieldForm { name: name.to_owned(), kind, options, position: 0, is_in_list: false, is_archived: false };
    CustomField { id: CustomFieldId::from_uuid(Uuid::from_u128(n)), form }
}

#[test]
fn the_studios_own_fields_are_columns_after_all_others_in_every_format() {
    let kinds = CustomKind::ALL.into_iter().zip(1..);
    let mut fields: Vec<_> = kinds.map(|(kind, n)| field(n, &format!("Field {n}"), kind)).collect();
    fields.push(field(6, "Field 1", CustomKind::Text));
    let option = |n| CustomValue::Choice(ChoiceOptionId::from_uuid(Uuid::from_u128(n)));
    let values = [
        CustomValue::Text("+1".to_owned()),
        CustomValue::Number(-1_250),
        CustomValue::Date(chrono::NaiveDate::from_ymd_opt(2026, 2, 28).unwrap()),
        CustomValue::YesNo(false),
        option(1),
    ];
    let custom: CustomValues = fields.iter().map(|field| field.id).zip(values).collect();
    let unnamed = CustomValues::from([(fields[4].id, option(9))]);
    let leads = [Lead { custom, ..lead() }, Lead { custom: unnamed, ..lead() }];
    let context = ExportContext { fields, ..context() };
    let headings: Vec<String> = (1..=5).map(|n| format!("custom: Field {n}")).collect();
    let own = ["+1", "-1.25", "2026-02-28", "no", "=Gold", ""];
    let rows = imported(&written(&leads, Format::Csv, &context));
    assert_eq!(rows[0][..47], columns());
    assert_eq!(rows[0][47..], [&headings[..], &["custom: Field 1 (2)".to_owned()]].concat());
    assert_eq!(rows[1][47..], own);
    assert_eq!(rows[2][51], "00000000-0000-0000-0000-000000000009", "an option that is not known here yet");
    let text = String::from_utf8(written(&leads, Format::Csv, &context)).unwrap();
    assert!(text.contains(",'+1,'-1.25,2026-02-28,no,'=Gold,"), "no formula");

    let json: serde_json::Value = serde_json::from_slice(&written(&leads, Format::Json, &context)).unwrap();
    let of = |n: usize| &json[0][&headings[n]];
    assert_eq!((of(0), of(1), of(2)), (&"+1".into(), &"-1.25".into(), &"2026-02-28".into()));
    assert_eq!(
        (of(3), of(4), &json[0]["custom: Field 1 (2)"]),
        (&false.into(), &"=Gold".into(), &serde_json::Value::Null)
    );

    let folder = Folder::new();
    fs::write(folder.path("leads.xlsx"), written(&leads, Format::Xlsx, &context)).unwrap();
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(folder.path("leads.xlsx")).unwrap();
    let sheet = calamine::Reader::worksheet_range(&mut book, "Leads").unwrap();
    let row: Vec<_> = sheet.rows().nth(1).unwrap()[47..52].to_vec();
    let text = |text: &str| calamine::Data::String(text.to_owned());
    assert_eq!(row, [text("+1"), calamine::Data::Float(-1.25), text("2026-02-28"), text("no"), text("=Gold")]);
}

#[test]
fn opt_out_and_consent_columns_are_in_every_file() {
    for column in
        ["opt_out_status", "opt_out_at", "opt_out_method", "opt_out_keyword", "consent_messaging", "consent_marketing"]
    {
        assert!(columns().contains(&column), "{column}");
        let json: serde_json::Value = serde_json::from_slice(&written(&[lead()], Format::Json, &context())).unwrap();
        assert!(json[0].as_object().unwrap().contains_key(column), "{column}");
    }
}

#[test]
fn csv_lines_end_as_rfc_4180_says_and_start_with_a_mark_only_on_request() {
    let text = String::from_utf8(written(&[], Format::Csv, &context())).unwrap();
    assert_eq!(text, format!("{}\r\n", columns().join(",")));
    let marked = ExportContext { byte_order_mark: true, ..context() };
    assert_eq!(String::from_utf8(written(&[], Format::Csv, &marked)).unwrap(), format!("\u{feff}{text}"));
}

#[test]
fn json_is_an_array_with_the_same_keys_in_the_same_order() {
    let bytes = written(&[lead(), lead()], Format::Json, &context());
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 2);
    assert_eq!(json[1]["tags"], serde_json::json!(["family", "a;b"]));
    assert_eq!(json[1]["value"], "-5.00");
    assert_eq!(json[1]["message_count"], 3);
    assert_eq!(json[1]["phone"], "+447700900118", "no apostrophe: JSON is no spreadsheet");
    assert!(json[1]["opt_out_at"].is_null());
    let text = String::from_utf8(bytes).unwrap();
    let places: Vec<usize> = columns().iter().map(|name| text.find(&format!("\"{name}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "keys are in the order of the columns");
    assert_eq!(written(&[], Format::Json, &context()), b"[\n]\n");
}

/// Text made mostly of what CSV and spreadsheets stumble over.
fn hostile() -> impl Strategy<Value = String> {
    let special =
        vec!['=', '+', '-', '@', '\t', '\r', '\n', '\'', '"', ',', ';', ' ', '＝', '\0', '\u{202e}', '\u{feff}'];
    prop::collection::vec(prop_oneof![prop::sample::select(special), any::<char>()], 0..10).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn any_text_survives_csv(name in hostile(), notes in hostile(), referred_by in hostile(), tags in prop::collection::vec("[a=;\\\\\"]{1,4}", 0..3)) {
        let lead = Lead {
            name: name.clone(),
            notes: notes.clone(),
            last_touch: Touch { referred_by: Some(referred_by.clone()), ..Touch::default() },
            tags: tags.clone(),
            ..lead()
        };
        let bytes = written(&[lead], Format::Csv, &context());
        let rows = imported(&bytes);
        prop_assert_eq!(rows.len(), 2);
        prop_assert_eq!(cell(&rows[1], "name"), name);
        prop_assert_eq!(cell(&rows[1], "notes"), notes);
        prop_assert_eq!(cell(&rows[1], "last_touch_referred_by"), referred_by);
        prop_assert_eq!(split_tags(cell(&rows[1], "tags")), tags);
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        for cell in reader.records().next().unwrap().unwrap().iter() {
            prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']));
        }
    }

    #[test]
    fn any_text_survives_json(name in hostile()) {
        let lead = Lead { name: name.clone(), ..lead() };
        let json: serde_json::Value = serde_json::from_slice(&written(&[lead], Format::Json, &context())).unwrap();
        prop_assert_eq!(json[0]["name"].as_str(), Some(name.as_str()));
    }
}

#[test]
fn a_finished_file_is_readable_by_its_owner_only() {
    for format in FORMATS {
        let folder = Folder::new();
        let path = folder.path("leads");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let writer = create(&path, format, &context()).unwrap();
        for name in folder.names().iter().filter(|name| *name != "leads") {
            assert_eq!(fs::metadata(folder.path(name)).unwrap().permissions().mode() & 0o777, 0o600, "while written");
        }
        writer.finish().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{format:?}");
        assert_eq!(folder.names(), ["leads"]);
    }
}

#[test]
fn a_file_that_is_not_finished_leaves_no_trace() {
    for format in FORMATS {
        let folder = Folder::new();
        let path = folder.path("leads");
        fs::write(&path, "old").unwrap();
        let mut writer = create(&path, format, &context()).unwrap();
        for _ in 0..2_000 {
            writer.write(&record(&lead())).unwrap();
        }
        assert_eq!(folder.names().len(), 2, "the temporary file is there while it is written");
        assert!(writer.size_bytes() > 0, "{format:?}");
        drop(writer);
        assert_eq!(folder.names(), ["leads"], "{format:?}");
        assert_eq!(fs::read(&path).unwrap(), b"old", "{format:?}");
    }
}

#[test]
fn a_target_that_takes_no_file_is_told_at_once() {
    let folder = Folder::new();
    let refused = |path: &Path| create(path, Format::Csv, &context()).err();
    assert_eq!(refused(folder.0.path()), Some(ExportError::TargetNotAFile));
    assert_eq!(refused(Path::new("/")), Some(ExportError::TargetNotAFile));
    assert_eq!(refused(Path::new("")), Some(ExportError::TargetNotAFile));
    assert_eq!(refused(Path::new("/dev/null")), Some(ExportError::TargetNotAFile));
    assert_eq!(refused(&folder.path("none/leads.csv")), Some(ExportError::FolderMissing));
    // Nobody may create files there, not even root.
    assert!(matches!(
        refused(Path::new("/proc/self/leads.csv")),
        Some(ExportError::NotWritable | ExportError::FolderMissing)
    ));
    symlink("nowhere", folder.path("dangling")).unwrap();
    assert_eq!(refused(&folder.path("dangling")), Some(ExportError::TargetNotAFile));
    assert_eq!(folder.names(), ["dangling"], "nothing is left behind");
}

#[test]
fn a_link_is_followed_and_stays_a_link() {
    let folder = Folder::new();
    fs::write(folder.path("real"), "old").unwrap();
    symlink("real", folder.path("link")).unwrap();
    create(&folder.path("link"), Format::Json, &context()).unwrap().finish().unwrap();
    assert!(fs::symlink_metadata(folder.path("link")).unwrap().is_symlink());
    assert_eq!(fs::read(folder.path("real")).unwrap(), b"[\n]\n");
}

const FULL_DISK_TARGET: &str = "FRONTDESK_TEST_FULL_DISK_TARGET";

/// Not a test by itself: what [`a_full_disk_is_told_and_leaves_the_old_file`] runs in a process whose files may not grow.
#[test]
fn write_until_the_disk_is_full() {
    let Some(target) = std::env::var_os(FULL_DISK_TARGET) else { return };
    for format in FORMATS {
        let mut writer = create(Path::new(&target), format, &context()).unwrap();
        let mut lead = lead();
        let mut failure = None;
        for number in 0..20_000_u64 {
            // Hard to compress, so that XLSX grows too.
            lead.notes =
                format!("{:x}", u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)).repeat(3);
            if let Err(error) = writer.write(&record(&lead)) {
                failure = Some(error);
                break;
            }
        }
        assert_eq!(failure, Some(ExportError::DiskFull), "{format:?}");
        assert_eq!(writer.finish().err(), Some(ExportError::DiskFull), "{format:?}: a broken file is never finished");
    }
    let mut writer = create(Path::new(&target), Format::Xlsx, &context()).unwrap();
    let long = Lead { notes: "x".repeat(3_000_000), ..lead() };
    assert_eq!(writer.write(&record(&long)).err(), Some(ExportError::DiskFull), "in the text that continues");
    println!("the disk was full");
}

#[test]
fn a_full_disk_is_told_and_leaves_the_old_file() {
    let folder = Folder::new();
    let path = folder.path("leads");
    fs::write(&path, "old").unwrap();
    let test = std::env::current_exe().unwrap();
    // One megabyte a file; without the trap the signal would end the process before it sees the error.
    let output = Command::new("sh")
        .args(["-c", r#"trap '' XFSZ; ulimit -f 2048; exec "$0" --exact write_until_the_disk_is_full --nocapture"#])
        .arg(test)
        .env(FULL_DISK_TARGET, &path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("the disk was full"), "the fault fired: {said}");
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(folder.names(), ["leads"]);
}

#[test]
fn an_unknown_time_zone_is_an_error() {
    assert_eq!(ExportContext::new("Mars/Olympus", "GBP").err(), Some(ExportError::UnknownTimeZone));
}

#[test]
fn what_can_not_be_written_is_never_named() {
    let error = create(&Folder::new().path("secret-name/leads.csv"), Format::Csv, &context()).err().unwrap();
    assert!(!format!("{error} {error:?}").contains("secret-name"));
}
