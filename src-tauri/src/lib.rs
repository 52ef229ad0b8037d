//! The shell: the only Rust that knows Tauri. It opens the window, hands its questions to the desk and the desk's
//! events to it; without a window it runs one use case from the command line. It decides nothing.

mod cli;
mod commands;
mod config;
mod events;
mod window;

use std::process::ExitCode;

use clap::Parser;

/// Runs what the command line asks for: a use case, or the window.
pub fn run() -> ExitCode {
    // One TLS provider for the whole process; installing fails only if there already is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    init_log();
    let cli = cli::Cli::parse();
    let outcome = match cli.command {
        Some(command) => cli::run(command),
        None => window::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

/// Logs to standard error: warnings of ours, unless `FRONTDESK_LOG` says otherwise. Nothing we log holds personal data.
fn init_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("FRONTDESK_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

#[expect(clippy::print_stderr, reason = "the last word of a program that failed")]
fn report(error: &anyhow::Error) {
    eprintln!("frontdesk: {error:#}");
}
