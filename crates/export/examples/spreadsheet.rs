//! Writes leads that are hard on a spreadsheet, as CSV and as XLSX, to open in one:
//! `cargo run -p frontdesk-export --example spreadsheet -- ROWS FOLDER`.
//!
//! The first rows are what people outside of the studio could send; the rest is ordinary, up to `ROWS`.

#![allow(clippy::print_stdout)]

use std::path::Path;

use domain::{LeadId, LeadState, Source, UnixMs};
use frontdesk_export::{ExportContext, Format, LeadRecord, TouchRecord, create};
use outcome::Result;
use uuid::Uuid;

mod outcome {
    /// What an example may fail with.
    pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
}

const HOSTILE: [&str; 44] = [
    "=1+1",
    "=HYPERLINK(\"https://evil.example\",\"x\")",
    "=cmd|' /C calc'!A0",
    "+447700900118",
    "-1",
    "-2+3",
    "@SUM(1,1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "'=1+1",
    "''quoted",
    "＝1+1",
    "\u{200b}=1",
    "{=1+1}",
    "007",
    "1e5",
    "12345678901234567890",
    "0.10",
    "1/2",
    "2026-11-20",
    "TRUE",
    "#N/A",
    "#REF!",
    "100%",
    "€ 12,50",
    "  leading and trailing  ",
    "two\nlines",
    "two\r\nlines",
    "tab\there",
    "a,b;c\"d",
    "<b>&amp;</b> ]]>",
    "_x0041_ _x000D_ _X0041_ _x00zz_",
    "bell\u{7} escape\u{1b}[31m nul\u{0} delete\u{7f} next\u{85}",
    "\u{fffe} \u{ffff} \u{fdd0} \u{1fffe}",
    "family 👩‍👩‍👧‍👦 flag 🏴󠁧󠁢󠁳󠁣󠁴󠁿 key 1️⃣",
    "山田太郎 请确认 booking 明天 𠮷野家 𰻞",
    "ｶﾞｷﾞ ＡＢＣ ㍿",
    "สวัสดีค่ะ ສະບາຍດີ မင်္ဂလာပါ",
    "مرحبا بالعالم 123",
    "שלום (עולם)",
    "\u{202e}gpj.exe\u{202c} \u{2067}rtl\u{2069}",
    "e\u{301}\u{301}\u{301} zalgo\u{335}\u{336}",
    "line\u{2028}separator\u{2029}paragraph",
];
const FIRST: [&str; 8] = ["Nora", "Ángel", "Zoë", "山田", "Омар", "ليلى", "Tom", "Björn"];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, rows, folder] = arguments.as_slice() else { return Err("ROWS FOLDER".into()) };
    let rows: u64 = rows.parse()?;
    let context = ExportContext::new("Europe/London", "GBP")?;
    let long = format!("{} end", "long 长 🎉 ".repeat(5_000));
    for format in [Format::Csv, Format::Xlsx] {
        let path = Path::new(folder).join(format!("leads.{}", format.extension()));
        let mut writer = create(&path, format, &context)?;
        for n in 0..rows {
            let hostile = HOSTILE.get(n as usize).copied();
            let name = hostile.map_or_else(|| format!("{} {n}", FIRST[n as usize % FIRST.len()]), str::to_owned);
            let notes = if n == HOSTILE.len() as u64 { long.as_str() } else { hostile.unwrap_or("asked about prices") };
            let tags = [name.clone(), "vip".to_owned()];
            writer.write(&LeadRecord {
                custom: &domain::CustomValues::new(),
                id: LeadId::from_uuid(Uuid::from_u64_pair(0x0192_0000_0000_7000, 0x8000_0000_0000_0000 | n)),
                name: &name,
                email: Some("nora@example.com"),
                phone: Some("+447700900118"),
                stage: "New",
                owner: hostile,
                source: Source::MetaLeadAd,
                campaign: hostile,
                tags: if hostile.is_some() { &tags } else { &[] },
                notes,
                value_minor: value_of(n),
                state: LeadState::Active,
                first_touch: TouchRecord { utm_source: hostile, ..TouchRecord::default() },
                last_touch: TouchRecord::default(),
                created_at: UnixMs(1_752_000_000_000 + n as i64 * 61_007),
                updated_at: UnixMs(time_of(n)),
                last_activity_at: UnixMs(1_763_230_800_123),
                message_count: n,
                opt_out_status: None,
                opt_out_at: None,
                opt_out_method: None,
                opt_out_keyword: None,
                consent_messaging: None,
                consent_marketing: None,
            })?;
        }
        println!("{} {:?}", path.display(), writer.finish()?);
    }
    Ok(())
}

fn value_of(n: u64) -> Option<i64> {
    match n {
        0 => None,
        1 => Some(0),
        2 => Some(-1),
        3 => Some(i64::MAX),
        4 => Some(i64::MIN),
        5 => Some(999_999_999_999_999),
        n => Some(n as i64 * 1_001),
    }
}

/// Around the turns of summer time, and where a spreadsheet has no dates.
fn time_of(n: u64) -> i64 {
    match n {
        0 => i64::MIN,
        1 => 0,
        2 => -2_203_891_200_000,
        3 => 253_402_300_799_000,
        4 => 1_761_440_399_999,
        5 => 1_761_440_400_000,
        n => 1_743_296_399_000 + n as i64 * 500,
    }
}
