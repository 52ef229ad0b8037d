//! The programs that are measured: those built beside this one.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};

/// The program of this name, of the same build.
///
/// # Errors
/// It is not built.
pub(crate) fn program(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("this program has no path")?;
    let path = own.with_file_name(name);
    ensure!(path.exists(), "{} is not built", path.display());
    Ok(path)
}

/// Runs a program to its end.
///
/// # Errors
/// It can't be started, or failed; then with what it printed as errors.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| name.clone())?;
    ensure!(output.status.success(), "{name}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    Ok(())
}
