//! The measurement of the hosted API, in small: every row comes out, for both databases, from real servers. What the
//! figures are is nobody's business here.

use std::path::Path;
use std::process::{Command, Output};

use serde::Deserialize;

const DATABASES: [&str; 2] = [", SQLite", ", PostgreSQL"];

#[derive(Deserialize)]
struct Row {
    name: String,
    value: f64,
    unit: String,
    baseline: Option<String>,
    target: Option<String>,
}

/// Measures in `dir`. It starts the server that is built beside it; cargo builds that one with the whole workspace, or
/// when it is named.
fn measure(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_frontdesk-bench"))
        .args(["--debug-build", "--rounds", "1", "--round-ms", "50", "--clients", "1,2", "--studios", "4,6"])
        .args(arguments)
        .arg("--out")
        .arg(dir.join("out"))
        .arg("--kept")
        .arg(dir.join("kept"))
        .output()
        .expect("started")
}

fn rows(file: &Path) -> Vec<Row> {
    let json = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_slice(&json).expect("rows")
}

/// The only row whose name has all of these words.
fn find<'r>(rows: &'r [Row], words: &[&str]) -> &'r Row {
    let found: Vec<_> = rows.iter().filter(|row| words.iter().all(|word| row.name.contains(word))).collect();
    assert_eq!(found.len(), 1, "{words:?}");
    assert!(found[0].value.is_finite() && found[0].value > 0.0, "{words:?}");
    found[0]
}

fn entries(dir: &Path) -> usize {
    std::fs::read_dir(dir).expect("a folder").count()
}

/// The rows of a part that is measured and leaves nothing behind.
fn measured(part: &str, file: &str) -> Vec<Row> {
    let dir = tempfile::tempdir().expect("temporary directory");
    let output = measure(dir.path(), &["--parts", part]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(entries(&dir.path().join("kept")), 0, "no studio is left behind");
    rows(&dir.path().join("out").join(file))
}

#[test]
fn load_is_measured_on_both_databases() {
    let load = measured("server", "server-2.json");
    // Of each database: five operations, two numbers of clients, three figures; two figures for each number of listeners.
    assert_eq!(load.len(), 2 * (5 * 2 * 3 + 2 * 2));
    for database in DATABASES {
        for operation in ["health", "poll", "sign-in", "message of", "notes"] {
            for (clients, is_fewest) in [(", 1 client,", true), (", 2 clients,", false)] {
                let row = |figure| find(&load, &[database, operation, clients, figure]);
                let (served, p50, p99) = (row("served"), row("p50"), row("p99"));
                assert_eq!([&served.unit, &p50.unit, &p99.unit], ["requests/s", "ms", "ms"]);
                assert_eq!(served.baseline.is_some(), !is_fewest, "{}", served.name);
                for time in [p50, p99] {
                    assert_eq!(time.baseline.is_some(), operation != "health", "{}", time.name);
                }
            }
        }
        for listening in ["1 listening", "2 listening"] {
            for figure in ["p50", "p99"] {
                assert!(find(&load, &["hint", database, listening, figure]).baseline.is_some());
            }
        }
    }
}

#[test]
fn growth_is_measured_on_both_databases() {
    let growth = measured("studios", "studios-6.json");
    // Of each database: five cases, two figures; open files and memory.
    assert_eq!(growth.len(), 2 * (5 * 2 + 2));
    for database in DATABASES {
        for (operation, whom) in [
            ("poll", "any studio"),
            ("poll", "one studio"),
            ("message", "any studio"),
            ("message", "one studio"),
            ("sign-in", "any studio"),
        ] {
            for figure in ["p50", "p99"] {
                let row = find(&growth, &[database, operation, whom, figure]);
                assert_eq!(row.baseline.as_deref(), Some("the same among 4 studios"));
                assert!(row.name.contains("6 studios") && row.target.is_some(), "{}", row.name);
            }
        }
        for held in ["open files", "memory"] {
            assert!(find(&growth, &[database, held, "6 studios"]).baseline.is_some());
        }
    }
}

#[test]
fn a_refused_request_ends_the_measurement() {
    for (part, rows) in [("server", "server-2.json"), ("studios", "studios-6.json")] {
        let dir = tempfile::tempdir().expect("temporary directory");
        let output = measure(dir.path(), &["--parts", part, "--rate", "1/h burst 40"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("429"), "{part}: {said}");
        assert!(!dir.path().join("out").join(rows).exists(), "{part}: a run that failed tells no figures");
        assert_eq!(entries(&dir.path().join("kept")), 0, "{part}: no studio is left behind");
    }
}
