//! Export of all leads as CSV, into a file chosen in the system's own dialog.

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use domain::LeadId;
use serde_json::json;

use super::Walk;
use crate::api::Truth;
use crate::app::{by_id, program};
use crate::desktop;

const IS_CHECKED: &str = "return document.querySelector(arguments[0]).checked;";

/// Title of the dialog.
const DIALOG: &str = "Export leads";

/// With one of these a field would be computed by a spreadsheet instead of shown.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Columns that are in every export, also while they are empty (E1).
const ALWAYS_THERE: [&str; 6] =
    ["opt_out_status", "opt_out_at", "opt_out_method", "opt_out_keyword", "consent_messaging", "consent_marketing"];

pub(super) async fn csv(walk: &mut Walk) -> anyhow::Result<()> {
    let file = std::path::absolute(walk.out.join("leads.csv")).context("where we are")?;
    let app = walk.app()?;
    app.click(&by_id("nav-leads")).await?;
    app.click(&by_id("export-open")).await?;
    for choice in ["export-scope-all", "export-format-csv"] {
        // The choice itself may be hidden: a person clicks on its words.
        app.click(&format!("label:has({})", by_id(choice))).await?;
        ensure!(app.ask::<bool>(IS_CHECKED, vec![json!(by_id(choice))]).await?, "{choice} is chosen");
    }
    walk.picture("export").await?;
    walk.app()?.click(&by_id("export-start")).await?;
    desktop::wait_for_dialog(DIALOG).await?;
    walk.picture_of_screen("export-dialog").await?;
    let started = Instant::now();
    desktop::save_in_dialog(DIALOG, &file).await?;

    let rows = walk.truth.leads.len() as u64;
    let patience = Duration::from_secs(30 + rows / 1_000);
    walk.app()?
        .wait_for_text(&by_id("toast"), patience, |text| text.contains("leads.csv") && text.contains("not encrypted"))
        .await
        .context("it ends, and reminds that the file is not encrypted")?;
    walk.measure("export", started.elapsed());
    walk.picture("exported").await?;
    walk.csv_rows = check(&file, &walk.truth)?;
    Ok(())
}

/// `frontdesk export` while the window is open: the cache takes a second reader.
pub(super) async fn from_shell(walk: &mut Walk) -> anyhow::Result<()> {
    let file = walk.out.join("leads-from-shell.csv");
    let output = walk
        .launch
        .command(&program()?)
        .args(["export", "--format", "csv", "--out"])
        .arg(&file)
        .output()
        .await
        .context("frontdesk can't be run")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    check(&file, &walk.truth).map(drop)
}

/// Reads the file back, compares it with what the server has, and gives its rows.
fn check(file: &Path, truth: &Truth) -> anyhow::Result<u64> {
    let mode = std::fs::metadata(file).context("the file is there")?.permissions().mode() & 0o777;
    ensure!(mode == 0o600, "the file has mode {mode:o}");
    let mut reader = csv::Reader::from_path(file).context("the file can be read")?;
    let header = reader.headers().context("the header can be read")?.clone();
    for column in ALWAYS_THERE {
        ensure!(header.iter().any(|name| name == column), "the column {column} is missing");
    }
    let column =
        |name: &str| header.iter().position(|column| column == name).with_context(|| format!("no column {name}"));
    let (id, message_count) = (column("id")?, column("message_count")?);
    let mut ids = HashSet::new();
    let mut messages = 0;
    for record in reader.records() {
        let record = record.context("every record can be read, and has every column")?;
        ensure!(!record.iter().any(|field| field.starts_with(FORMULA)), "a field of record {} is a formula", ids.len());
        let lead: LeadId = record[id].parse().context("ids are ids")?;
        ensure!(truth.leads.contains_key(&lead), "record {} is no lead of the studio", ids.len());
        ensure!(ids.insert(lead), "record {} is a lead that was there before", ids.len());
        messages += record[message_count].parse::<u64>().context("counts are numbers")?;
    }
    ensure!(ids.len() == truth.leads.len(), "{} rows for {} leads", ids.len(), truth.leads.len());
    ensure!(messages == truth.message_count, "{messages} messages counted of {}", truth.message_count);
    Ok(ids.len() as u64)
}
