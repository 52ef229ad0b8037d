//! `frontdesk-e2e walk`: the demo where there is no screen. Run it by `scripts/with-desktop.sh`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use frontdesk_e2e::hosted::StudioSize;
use frontdesk_e2e::walk::{self, Step};

/// Drives the real window of Frontdesk against the real hosted API.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sign in, first sync, review, search, a change from the server, offline, export.
    Walk {
        /// Folder for the pictures, leads.csv and summary.json; what is in it is removed.
        #[arg(long)]
        out: PathBuf,
        #[arg(long, default_value_t = 2_000)]
        leads: u64,
        #[arg(long, default_value_t = 20_000)]
        messages: u64,
        /// The same seed gives the same studio.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "its output is for the person at the shell")]
async fn main() -> anyhow::Result<ExitCode> {
    let Command::Walk { out, leads, messages, seed } = Cli::parse().command;
    let summary = walk::run(&Step::DEMO, StudioSize { leads, messages, seed }, &out, |step| println!("{step}")).await?;
    println!("{}", out.join("summary.json").display());
    Ok(if summary.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
