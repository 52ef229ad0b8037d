//! CSV of all leads against `sqlite3 -csv` on the unencrypted copy, program against program: both start, open, write a
//! file and end. Ours also makes each cell safe for spreadsheets, writes local times, puts the file in place atomically
//! and syncs it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use desk::view::{DeskEvent, ExportFormat, ExportRequest, ExportScope, ExportState};

use crate::hosted::Hosted;
use crate::programs::{program, run};
use crate::row::{Row, Target};
use crate::samples::Samples;
use crate::synced::{self, Synced};

const RUNS: usize = 9;

/// The columns of every export, in its order. Times stay numbers and tags JSON: less work than what we do.
const SAME_COLUMNS: &str = include_str!("export.sql");
/// Where in it those of the studio's own fields belong, as JSON too.
const OWN_COLUMNS: &str = " -- and the studio's own\n";

/// # Errors
/// An export failed, or the two wrote different numbers of leads.
pub(crate) async fn measure(
    synced: &Synced,
    hosted: &Hosted,
    plain: &Path,
    scratch: &Path,
    leads: u64,
) -> anyhow::Result<Vec<Row>> {
    let app = program("frontdesk")?;
    let query = same_columns(synced)?;
    let (ours, theirs) = (scratch.join("ours.csv"), scratch.join("theirs.csv"));
    let (mut app_ms, mut open_ms, mut sqlite_ms) = (Samples::default(), Samples::default(), Samples::default());

    // Once before the clock runs; and both must hold what they claim.
    export_by_app(&app, synced, hosted, &ours)?;
    export_by_sqlite(plain, &query, &theirs)?;
    for file in [&ours, &theirs] {
        let rows = csv_records(file)?;
        ensure!(rows == leads + 1, "{} records for {leads} leads and a header", rows);
    }
    let columns = |path: &Path| -> anyhow::Result<usize> {
        let mut header = String::new();
        BufReader::new(File::open(path)?).read_line(&mut header)?;
        Ok(header.split(',').count())
    };
    ensure!(columns(&ours)? == columns(&theirs)?, "both files have the same columns");

    for turn in 0..RUNS {
        for side in [turn % 2, 1 - turn % 2] {
            let started = Instant::now();
            if side == 0 {
                export_by_app(&app, synced, hosted, &ours)?;
                app_ms.push_ms(started.elapsed());
            } else {
                export_by_sqlite(plain, &query, &theirs)?;
                sqlite_ms.push_ms(started.elapsed());
            }
        }
    }

    let (desk, mut events) = synced::desk(&synced.data_dir, hosted)?;
    desk.start().await?;
    for _ in 0..RUNS {
        let started = Instant::now();
        let request = ExportRequest { format: ExportFormat::Csv, scope: ExportScope::All };
        let id = desk.start_export(request, ours.clone()).await?;
        loop {
            match events.recv().await.context("the desk ended during the export")? {
                DeskEvent::ExportProgressed(progress) if progress.export_id == id => match progress.state {
                    ExportState::Running => {}
                    ExportState::Done => break,
                    other => bail!("the export ended as {other:?}"),
                },
                _ => {}
            }
        }
        open_ms.push_ms(started.elapsed());
    }
    desk.close().await;

    let row = |name, samples: &Samples| {
        Row::new(name, samples.median(), "ms")
            .against("sqlite3 -csv, same columns, unencrypted copy", sqlite_ms.median())
            .with_target(Target::RatioBelow(1.0))
    };
    Ok(vec![row("CSV export, `frontdesk export`", &app_ms), row("CSV export, in the open app", &open_ms)])
}

fn export_by_app(app: &Path, synced: &Synced, hosted: &Hosted, out: &Path) -> anyhow::Result<()> {
    run(Command::new(app)
        .args(["export", "--format", "csv", "--out"])
        .arg(out)
        .env("FRONTDESK_DATA_DIR", &synced.data_dir)
        .env("FRONTDESK_EXTRA_CA", &hosted.ca))
}

fn same_columns(synced: &Synced) -> anyhow::Result<String> {
    let cache = store::Cache::open(&synced.cache, &synced.key)?;
    let fields = cache.list_custom_fields()?;
    cache.close()?;
    ensure!(SAME_COLUMNS.contains(OWN_COLUMNS), "a place for the studio's own fields");
    let own = fields.iter().map(|field| format!(", l.custom -> '$.\"{0}\"' AS \"{0}\"", field.id));
    Ok(SAME_COLUMNS.replace(OWN_COLUMNS, &format!("{}\n", own.collect::<String>())))
}

fn export_by_sqlite(plain: &Path, query: &str, out: &Path) -> anyhow::Result<()> {
    let status = Command::new("sqlite3")
        .args(["-readonly", "-csv", "-header"])
        .arg(plain)
        .arg(query)
        .stdout(File::create(out)?)
        .stderr(Stdio::inherit())
        .status()
        .context("sqlite3")?;
    ensure!(status.success(), "sqlite3: {status}");
    Ok(())
}

/// Records of a CSV file: line feeds outside quotes.
fn csv_records(path: &Path) -> anyhow::Result<u64> {
    let mut is_quoted = false;
    let mut records = 0;
    for byte in std::fs::read(path)? {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => records += 1,
            _ => {}
        }
    }
    Ok(records)
}
