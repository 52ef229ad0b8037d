//! `frontdesk-server`: the hosted API of Frontdesk.

use std::process::ExitCode;

use clap::Parser;
use frontdesk_server::cli::Cli;

fn main() -> ExitCode {
    frontdesk_server::cli::run(Cli::parse())
}
