//! The shell: the only Rust that knows Tauri. It opens the window, hands its questions to the desk and the desk's
//! events to it; without a window it runs one use case from the command line. It decides nothing.

mod cli;
mod commands;
mod config;
mod events;
mod signals;
mod window;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Runs what the command line asks for: a use case, or the window.
pub fn run() -> ExitCode {
    // One TLS provider for the whole process; installing fails only if there already is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    init_log();
    close_memory();
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

/// Logs to standard error: warnings, and of our own crates what `FRONTDESK_LOG` (`error` to `trace`) asks for. Nothing we
/// log holds personal data. Of what others log in detail (the keyring's messages, say) that can't be promised, so no
/// setting shows it.
fn init_log() {
    let ours = std::env::var("FRONTDESK_LOG").ok().and_then(|level| level.parse::<LevelFilter>().ok());
    let filter = EnvFilter::new(log_filter(ours.unwrap_or(LevelFilter::WARN)));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// Every crate of ours is named so.
fn log_filter(ours: LevelFilter) -> String {
    format!("warn,frontdesk={ours}")
}

/// The memory holds the key and everything on the screen: no core dump may, and no other program of this user may read it.
fn close_memory() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }) {
            tracing::warn!(%error, "core dumps can't be turned off");
        }
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::warn!(%error, "the memory can't be closed to other programs");
        }
    }
}

#[expect(clippy::print_stderr, reason = "the last word of a program that failed")]
fn report(error: &anyhow::Error) {
    eprintln!("frontdesk: {error:#}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_memory_is_closed_to_other_programs() {
        use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::Dumpable), "the control");
        close_memory();
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
    }

    #[test]
    fn no_setting_shows_what_others_log_in_detail() {
        let filter = EnvFilter::new(log_filter(LevelFilter::TRACE)).to_string();
        assert!(filter.contains("frontdesk=trace") && filter.contains("warn"), "{filter}");
        // Whole directives are not levels.
        assert!("zbus=trace".parse::<LevelFilter>().is_err());
    }
}
