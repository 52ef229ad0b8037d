//! The same use cases from a shell, with no window.

use std::io::BufRead;
use std::path::PathBuf;
use std::pin::pin;

use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum};
use desk::view::{DeskEvent, ExportFormat, ExportProgress, ExportRequest, ExportScope, ExportState, KeyStore};
use desk::{Desk, ErrorView};
use tokio::sync::mpsc::UnboundedReceiver;
use zeroize::Zeroizing;

use crate::{config, signals};

mod import;
mod words;
use words::describe;

/// Frontdesk: leads and inbox of a studio, with or without a network. Without a command it opens the window.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Write all leads of the signed-in account to a file. Works offline. The file is not encrypted.
    Export {
        #[arg(long, value_enum, default_value_t = Format::Csv)]
        format: Format,
        /// The file to write; an existing one is replaced once the new one is complete.
        #[arg(long)]
        out: PathBuf,
        /// Read the passphrase from the first line of standard input, where the key is not in a keyring.
        #[arg(long)]
        passphrase_stdin: bool,
    },
    /// Add the leads of a CSV file, columns as their headings say. Works offline: they are sent when the window is opened next.
    /// Who is here already, by e-mail address or number, is passed over.
    Import {
        /// The file to read.
        #[arg(long)]
        file: PathBuf,
        /// A tag for all of them.
        #[arg(long)]
        tag: Option<String>,
        /// Look at all rows and add nothing.
        #[arg(long)]
        dry_run: bool,
        /// Read the passphrase from the first line of standard input, where the key is not in a keyring.
        #[arg(long)]
        passphrase_stdin: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Csv,
    Json,
    Xlsx,
}

impl From<Format> for ExportFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Csv => Self::Csv,
            Format::Json => Self::Json,
            Format::Xlsx => Self::Xlsx,
        }
    }
}

/// Runs one command to its end.
pub(crate) fn run(command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("no runtime")?;
    runtime.block_on(async {
        match command {
            Command::Export { format, out, passphrase_stdin } => export(format.into(), out, passphrase_stdin).await,
            Command::Import { file, tag, dry_run, passphrase_stdin } => {
                let (desk, events) = open(passphrase_stdin).await?;
                let imported = import::import(&desk, events, import::Wish { file, tag, is_dry: dry_run }).await;
                desk.close().await;
                imported
            }
        }
    })
}

/// The desk of the account that is signed in, without the network.
async fn open(passphrase_stdin: bool) -> anyhow::Result<(Desk, UnboundedReceiver<DeskEvent>)> {
    let (desk, events) = Desk::new(config::from_env()?);
    let passphrase = match desk.find_key_store().await.map_err(explain)? {
        None => anyhow::bail!("nobody is signed in on this computer: open Frontdesk and sign in first"),
        Some(KeyStore::Keyring) => None,
        Some(KeyStore::Passphrase) if passphrase_stdin => Some(read_passphrase()?),
        Some(KeyStore::Passphrase) => {
            anyhow::bail!("the key is in a passphrase envelope: pass --passphrase-stdin and type the passphrase")
        }
    };
    // Never with its own sync: a window may be open, and the two would use each other's tokens.
    desk.open_offline(passphrase).await.map_err(explain)?;
    Ok((desk, events))
}

#[expect(clippy::print_stderr, reason = "progress of a command is for the person at the shell")]
async fn export(format: ExportFormat, out: PathBuf, passphrase_stdin: bool) -> anyhow::Result<()> {
    let (desk, events) = open(passphrase_stdin).await?;
    let exported = export_all(&desk, events, format, out).await;
    desk.close().await;
    let done = exported?;
    eprintln!(
        "{} leads, {} bytes. The file is not encrypted: keep it safe and delete it when done.",
        done.rows_done, done.size_bytes
    );
    Ok(())
}

/// Exports to the end, or until this program is asked to end: then no part of the file is left.
async fn export_all(
    desk: &Desk,
    mut events: UnboundedReceiver<DeskEvent>,
    format: ExportFormat,
    out: PathBuf,
) -> anyhow::Result<ExportProgress> {
    let request = ExportRequest { format, scope: ExportScope::All };
    // Heard before there is a part of the file.
    let mut ending = pin!(signals::asked_to_end());
    let export_id = desk.start_export(request, out).await.map_err(explain)?;
    loop {
        let event = tokio::select! {
            event = events.recv() => event.context("the desk closed before the export was done")?,
            () = &mut ending => anyhow::bail!("cancelled"),
        };
        let DeskEvent::ExportProgressed(progress) = event else { continue };
        if progress.export_id != export_id {
            continue;
        }
        match progress.state {
            ExportState::Running => {}
            ExportState::Done => return Ok(progress),
            ExportState::Cancelled => anyhow::bail!("cancelled"),
            ExportState::Failed(error) => anyhow::bail!(describe(&error)),
        }
    }
}

fn read_passphrase() -> anyhow::Result<String> {
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line).context("no passphrase on standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn explain(error: desk::DeskError) -> anyhow::Error {
    anyhow::anyhow!(describe(&ErrorView::from(error)))
}
