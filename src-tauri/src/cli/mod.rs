//! The same use cases from a shell, with no window.

use std::io::BufRead;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum};
use desk::view::{DeskEvent, ExportFormat, ExportRequest, ExportScope, ExportState, KeyStore, Phase};
use desk::{Desk, ErrorView};
use zeroize::Zeroizing;

use crate::config;

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
        }
    })
}

#[expect(clippy::print_stderr, reason = "progress of a command is for the person at the shell")]
async fn export(format: ExportFormat, out: PathBuf, passphrase_stdin: bool) -> anyhow::Result<()> {
    let (desk, mut events) = Desk::new(config::from_env()?);
    let start = desk.start().await.map_err(explain)?;
    if start.phase == Phase::SignedOut {
        anyhow::bail!("nobody is signed in on this computer: open Frontdesk and sign in first");
    }
    let passphrase = match (start.key_store, passphrase_stdin) {
        (KeyStore::Keyring, _) => None,
        (KeyStore::Passphrase, true) => Some(read_passphrase()?),
        (KeyStore::Passphrase, false) => {
            anyhow::bail!("the key is in a passphrase envelope: pass --passphrase-stdin and type the passphrase")
        }
    };
    desk.open_offline(passphrase).await.map_err(explain)?;
    desk.check_may_export().await.map_err(explain)?;
    let export_id = desk.start_export(ExportRequest { format, scope: ExportScope::All }, out.clone()).await.map_err(explain)?;
    while let Some(event) = events.recv().await {
        let DeskEvent::ExportProgressed(progress) = event else { continue };
        if progress.export_id != export_id {
            continue;
        }
        match progress.state {
            ExportState::Running => {}
            ExportState::Done => {
                eprintln!(
                    "{} leads, {} bytes. The file is not encrypted: keep it safe and delete it when done.",
                    progress.rows_done, progress.size_bytes
                );
                desk.close().await;
                return Ok(());
            }
            ExportState::Cancelled => anyhow::bail!("cancelled"),
            ExportState::Failed(error) => anyhow::bail!(describe(&error)),
        }
    }
    anyhow::bail!("the desk closed before the export was done")
}

fn read_passphrase() -> anyhow::Result<String> {
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line).context("no passphrase on standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn explain(error: desk::DeskError) -> anyhow::Error {
    anyhow::anyhow!(describe(&ErrorView::from(error)))
}
