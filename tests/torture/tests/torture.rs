//! The campaigns of `make torture`, in small: the same code, fewer runs. Each says how often its fault fired, and has a
//! control that finds something lost.

use std::path::Path;

use frontdesk_torture::disk::Syncs;
use frontdesk_torture::tamper::{Encryption, Filled};
use frontdesk_torture::{faults, kills, power_cut};

const PROGRAM: &str = env!("CARGO_BIN_EXE_frontdesk-torture");
const SEED: u64 = 1;

fn program() -> &'static Path {
    Path::new(PROGRAM)
}

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let cuts = power_cut::cut(program(), SEED, 2_000, Syncs::Done).unwrap();
    println!("{}", cuts.tally);
    assert_eq!((cuts.tally.runs, cuts.tally.lost), (2_000, 0), "{}", cuts.tally);
    // The images were what they are meant to be.
    assert!(cuts.tally.fired > 1_000, "{cuts:?}");
    assert!(cuts.with_dropped > 500 && cuts.with_torn > 200, "{cuts:?}");
    assert!(cuts.with_uncut > 20 && cuts.with_misnamed > 20, "{cuts:?}");
    assert!(cuts.absent > 0 && cuts.in_between > 1_000, "{cuts:?}");
}

#[test]
fn a_disk_that_ignores_syncs_loses_what_was_acknowledged() {
    let cuts = power_cut::cut(program(), SEED, 100, Syncs::Ignored).unwrap();
    println!("{}", cuts.tally);
    assert!(cuts.tally.lost > 50, "{cuts:?}");
}

#[test]
fn a_kill_at_any_write_or_sync_loses_nothing_that_was_acknowledged() {
    let tally = kills::kill(program(), SEED, 500, false).unwrap();
    println!("{tally}");
    assert_eq!((tally.runs, tally.lost), (500, 0), "{tally}");
    // A run that is shorter by a few calls than the recorded one may end before its last ones.
    assert!(tally.fired > 480, "{tally}");
}

#[test]
fn a_program_that_acknowledges_too_early_is_found_out_by_kills() {
    let tally = kills::kill(program(), SEED, 30, true).unwrap();
    println!("{tally}");
    assert!(tally.missing > 5, "{tally}");
}

#[test]
fn what_a_full_or_failing_disk_refuses_is_told_and_the_rest_is_kept() {
    let faults = faults::fail(program(), SEED, 120, false).unwrap();
    println!("{}; {:?}", faults.tally, faults.reasons);
    assert_eq!((faults.tally.runs, faults.tally.lost), (120, 0), "{}", faults.tally);
    assert!(faults.tally.fired > 110, "{}", faults.tally);
    assert!(faults.recovered > 20, "{faults:?}");
    for (call, reason) in faults.reasons.keys() {
        // SQLite does not tell why a file can't be opened: `SQLITE_CANTOPEN`. And of a lead whose telling was refused an edit
        // says that it is not here.
        let is_right = ["DiskFull", "NotFound"].contains(&reason.as_str())
            || reason.starts_with("Io(")
            || (*call == "openat" && reason == "Database(14)");
        assert!(is_right, "{call} failed, and they were told {reason}");
    }
    assert!(faults.reasons.keys().any(|(_, reason)| reason == "DiskFull"), "{faults:?}");
    assert!(faults.reasons.keys().any(|(_, reason)| reason.starts_with("Io(")), "{faults:?}");
}

#[test]
fn a_program_that_acknowledges_too_early_is_found_out_by_a_full_disk() {
    let faults = faults::fail(program(), SEED, 24, true).unwrap();
    println!("{}", faults.tally);
    assert!(faults.tally.missing > 5, "{faults:?}");
}

#[test]
fn each_changed_byte_is_noticed() {
    let filled = Filled::make(SEED).unwrap();
    let each = filled.look_for_each_byte().unwrap();
    println!("{each}");
    assert_eq!(each.unnoticed, 0);
    assert_eq!(each.bytes, filled.bytes() - 4_096, "of all pages but the first");
    let some = filled.look_for_some_bytes(8, Encryption::On).unwrap();
    println!("{some}");
    assert_eq!(some.unnoticed, 0);
    assert!(some.bytes > 4_096 + filled.bytes() / 4_096, "all of the first page, and some of every other");
    let control = filled.look_for_some_bytes(1, Encryption::Off).unwrap();
    println!("without encryption: {control}");
    assert!(control.unnoticed > control.bytes / 2, "{control}");
}

/// SQLCipher 4.19 gives a page that it can't prove as zeros, and no error. Where the page is a tree's, SQLite notices; where
/// it holds the rest of a long text, only the cache can, by asking `PRAGMA cipher_status`.
#[test]
fn a_changed_byte_is_never_shown_as_other_data() {
    let asked = Filled::make(SEED).unwrap().ask_with_each_page_changed().unwrap();
    println!("{asked}");
    assert_eq!(asked.other_data, 0, "{asked}");
    assert!(asked.unopened > 0 && asked.refused > asked.pages / 4, "{asked:?}");
}
