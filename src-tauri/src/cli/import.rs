//! `frontdesk import`: leads from a CSV file, columns as their headings say.

use std::path::PathBuf;
use std::pin::pin;
use std::time::{Duration, Instant};

use anyhow::Context;
use desk::view::{DeskEvent, Duplicates, ImportFile, ImportPlan, ImportProgress, ImportState};
use desk::{Desk, ImportTarget, refusal_words};
use tokio::sync::mpsc::UnboundedReceiver;

use super::{describe, explain};
use crate::signals;

/// How often a person at a shell is told how far it is.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// What was asked for.
pub(super) struct Wish {
    pub(super) file: PathBuf,
    /// For all leads of the file.
    pub(super) tag: Option<String>,
    /// Nothing is added.
    pub(super) is_dry: bool,
}

/// Imports to the end, or until this program is asked to end: what was added by then stays.
pub(super) async fn import(desk: &Desk, events: UnboundedReceiver<DeskEvent>, wish: Wish) -> anyhow::Result<()> {
    let file = desk.open_import(wish.file).await.map_err(explain)?;
    let plan = plan(desk, &file, wish.tag).await?;
    tell_columns(&file);
    // Heard before anything is added.
    let ending = signals::asked_to_end();
    if wish.is_dry {
        desk.check_import(file.import_id, plan).await.map_err(explain)?;
    } else {
        desk.run_import(file.import_id, plan).await.map_err(explain)?;
    }
    let done = until_over(desk, events, &file, ending).await?;
    report(&done, wish.is_dry);
    Ok(())
}

/// The columns by their headings, the first stage, nobody's, and no duplicates.
async fn plan(desk: &Desk, file: &ImportFile, tag: Option<String>) -> anyhow::Result<ImportPlan> {
    let targets: Vec<_> = file.columns.iter().map(|column| column.guess).collect();
    if targets.iter().all(|target| *target == ImportTarget::Ignore) {
        anyhow::bail!(
            "no column of the file is known by its heading: import it in the window, where they can be named"
        );
    }
    let stages = desk.session().await.map_err(explain)?.stages;
    let stage_id = stages.first().context("the studio's stages are not here yet: sync first")?.id;
    Ok(ImportPlan { targets, stage_id, owner_id: None, tag, duplicates: Duplicates::Skip })
}

async fn until_over(
    desk: &Desk,
    mut events: UnboundedReceiver<DeskEvent>,
    file: &ImportFile,
    ending: impl Future<Output = ()>,
) -> anyhow::Result<ImportProgress> {
    let mut ending = pin!(ending);
    let mut is_ending = false;
    let mut told_at = Instant::now();
    loop {
        let event = tokio::select! {
            event = events.recv() => event.context("the desk closed before the import was done")?,
            () = &mut ending, if !is_ending => {
                is_ending = true;
                desk.cancel_import(file.import_id);
                continue;
            }
        };
        let DeskEvent::ImportProgressed(progress) = event else { continue };
        if progress.import_id != file.import_id {
            continue;
        }
        match &progress.state {
            ImportState::Checking | ImportState::Running => {
                if told_at.elapsed() >= TELL_EVERY {
                    told_at = Instant::now();
                    tell_progress(&progress);
                }
            }
            ImportState::Checked | ImportState::Done | ImportState::Cancelled => return Ok(progress),
            ImportState::Failed(error) => {
                anyhow::bail!("{} ({} leads were added and stay)", describe(error), progress.counts.imported)
            }
        }
    }
}

#[expect(clippy::print_stderr, reason = "what a command found is for the person at the shell")]
fn tell_columns(file: &ImportFile) {
    let taken = file.columns.iter().filter(|column| column.guess != ImportTarget::Ignore).count();
    eprintln!("{} of {} columns are known by their headings.", taken, file.columns.len());
}

#[expect(clippy::print_stderr, reason = "progress of a command is for the person at the shell")]
fn tell_progress(ImportProgress { counts, .. }: &ImportProgress) {
    eprintln!("{} rows so far, {} added", counts.rows, counts.imported);
}

#[expect(clippy::print_stderr, reason = "what a command did is for the person at the shell")]
fn report(progress: &ImportProgress, is_dry: bool) {
    let counts = &progress.counts;
    for refusal in &progress.refusals {
        eprintln!("line {}: {}", refusal.line, refusal_words(refusal.reason));
    }
    if counts.refused > progress.refusals.len() as u64 {
        eprintln!("and {} more", counts.refused - progress.refusals.len() as u64);
    }
    let added = if is_dry { format!("{} would be added", counts.new) } else { format!("{} added", counts.imported) };
    let cut = if progress.state == ImportState::Cancelled { "cancelled: " } else { "" };
    eprintln!(
        "{cut}{} rows: {added}, {} twice in the file, {} here already, {} refused.",
        counts.rows, counts.in_file, counts.known, counts.refused
    );
}
