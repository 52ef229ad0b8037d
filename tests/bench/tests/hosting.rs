//! The measurement of the hosted API, in small: every row comes out, for both databases, from real servers.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    name: String,
    value: f64,
    unit: String,
    baseline: Option<String>,
    target: Option<String>,
}

fn rows(file: &Path) -> Vec<Row> {
    let json = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_slice(&json).expect("rows")
}

#[test]
fn the_server_is_measured_on_both_databases() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let out = dir.path().join("out");
    // It starts the server that is built beside it; cargo builds that one with the whole workspace, or when it is named.
    let output = Command::new(env!("CARGO_BIN_EXE_frontdesk-bench"))
        .args(["--debug-build", "--parts", "server,studios", "--clients", "1,2", "--studios", "4,6"])
        .args(["--rounds", "1", "--round-ms", "100", "--out"])
        .arg(&out)
        .arg("--kept")
        .arg(dir.path().join("kept"))
        .output()
        .expect("started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let load = rows(&out.join("server-2.json"));
    let growth = rows(&out.join("studios-6.json"));
    for database in ["SQLite", "PostgreSQL"] {
        let find = |rows: &[Row], words: [&str; 3]| {
            let is_meant = |row: &&Row| row.name.contains(database) && words.iter().all(|word| row.name.contains(word));
            let found = rows.iter().filter(is_meant).count();
            assert_eq!(found, 1, "{words:?} on {database}");
            let row = rows.iter().find(is_meant).expect("counted");
            (row.value, row.unit.clone(), row.baseline.is_some(), row.target.is_some())
        };
        for operation in ["health", "poll", "sign-in", "message of", "notes"] {
            for clients in ["1 client,", "2 clients,"] {
                for (figure, unit) in [("served", "requests/s"), ("p50", "ms"), ("p99", "ms")] {
                    let (value, its_unit, has_baseline, _) = find(&load, [operation, clients, figure]);
                    assert!(value > 0.0 && its_unit == unit && has_baseline, "{operation}, {clients} {figure}");
                }
            }
        }
        for listening in ["1 listening", "2 listening"] {
            assert!(find(&load, ["hint", listening, "p99"]).0 > 0.0);
        }
        for (operation, whom) in [
            ("poll", "any studio"),
            ("poll", "one studio"),
            ("message", "any studio"),
            ("message", "one studio"),
            ("sign-in", "any studio"),
        ] {
            for figure in ["p50", "p99"] {
                let (value, _, has_baseline, has_target) = find(&growth, [operation, whom, figure]);
                assert!(value > 0.0 && has_baseline && has_target, "{operation}, {whom}, {figure}");
            }
        }
        assert!(find(&growth, ["open files", "of the server", "6 studios"]).0 > 0.0);
    }
}
