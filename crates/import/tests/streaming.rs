//! Memory does not grow with the file.

#![allow(clippy::unwrap_used)]
#![cfg(target_os = "linux")]

use std::io::{Cursor, Read};

use domain::{Stage, StageId, StageOutcome};
use frontdesk_import::{Defaults, Reading, Studio, inspect, records};

const ROWS: u64 = 300_000;
const HEADINGS: &str = "name,email,phone,notes\n";

/// A file that is made while it is read.
struct Rows {
    made: u64,
    piece: Vec<u8>,
    at: usize,
    bytes: u64,
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.piece.len() && self.made < ROWS {
            let n = self.made;
            self.piece =
                format!("Person {n},person{n}@mail.example,+49301{n:07},\"a note, {}\"\n", "x".repeat(80)).into();
            self.at = 0;
            self.made += 1;
        }
        let count = buffer.len().min(self.piece.len() - self.at);
        buffer[..count].copy_from_slice(&self.piece[self.at..self.at + count]);
        self.at += count;
        self.bytes += count as u64;
        Ok(count)
    }
}

/// The most that this process ever held, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1_024
}

#[test]
fn rows_are_read_one_at_a_time() {
    let found = inspect(&mut Cursor::new(HEADINGS), None, &[]).unwrap();
    let id = StageId::from_uuid(uuid::Uuid::from_u128(1));
    let stage =
        Stage { id, name: "New".to_owned(), position: 0, colour: "#112233".to_owned(), outcome: StageOutcome::Open };
    let studio = Studio { stages: &[stage], members: &[], currency: "EUR", fields: &[] };
    let targets = found.columns.iter().map(|column| column.guess).collect();
    let reading = Reading::new(targets, Defaults { stage_id: id, owner_id: None, tag: None }, studio, false);
    let mut file = Rows { made: 0, piece: HEADINGS.into(), at: 0, bytes: 0 };
    let before = peak();
    let mut rows = records(&mut file, &found.dialect).unwrap();
    let mut leads = 0;
    while let Some(row) = rows.next().unwrap() {
        leads += u64::from(reading.read(&row.unwrap()).unwrap().is_some());
    }
    drop(rows);
    assert_eq!(leads, ROWS);
    let grown = peak() - before;
    assert!(file.bytes > 40 << 20, "the file is large: {}", file.bytes);
    assert!(grown < 8 << 20, "{grown} bytes more were held");
}
