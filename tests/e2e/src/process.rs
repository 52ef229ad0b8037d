//! Programs we start: each in a process group of its own, which ends with us, whatever it started itself.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};

/// How long a program may take to end by itself once asked to.
const GRACE: Duration = Duration::from_secs(10);

/// A running program.
pub struct Process {
    name: String,
    child: Child,
    group: Pid,
    log: PathBuf,
}

impl Process {
    /// Starts it; what it prints goes to the file `log`.
    ///
    /// # Errors
    /// The program does not exist or can't be started.
    pub fn start(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let name = command.as_std().get_program().to_string_lossy().into_owned();
        let out = File::options().create(true).append(true).open(log).context("the log file can't be written")?;
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(out.try_clone().context("the log file can't be shared")?)
            .stderr(out)
            .spawn()
            .with_context(|| format!("{name} can't be started"))?;
        let group = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw)
            .context("the process has no id")?;
        Ok(Self { name, child, group, log: log.to_owned() })
    }

    /// Where it prints to.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Fails once the program has ended, with the end of what it printed.
    ///
    /// # Errors
    /// It has ended.
    pub fn check_running(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait().context("the process can't be asked")? {
            None => Ok(()),
            Some(status) => {
                let printed = std::fs::read_to_string(&self.log).unwrap_or_default();
                let tail: Vec<&str> = printed.lines().rev().take(20).collect();
                let tail = tail.into_iter().rev().collect::<Vec<_>>().join("\n");
                anyhow::bail!("{} ended early ({status}):\n{tail}", self.name)
            }
        }
    }

    /// Asks it to end, and waits until it did.
    ///
    /// # Errors
    /// It is still there after [`GRACE`]; dropping it kills it.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let _ = rustix::process::kill_process(self.group, Signal::TERM);
        tokio::time::timeout(GRACE, self.child.wait())
            .await
            .with_context(|| format!("{} did not end within {GRACE:?}", self.name))?
            .context("the process can't be awaited")?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The whole group, so that nothing it started outlives it. Gone already is as good.
        let _ = rustix::process::kill_process_group(self.group, Signal::KILL);
    }
}

/// Folder of the programs that were built along with this one.
///
/// # Errors
/// This program's own path is not known.
pub fn programs_dir() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("this program's own path")?;
    let dir = own.parent().context("a program stands in a folder")?;
    // Test programs stand one level deeper than the others.
    let dir = if dir.ends_with("deps") { dir.parent().context("deps stands in a folder")? } else { dir };
    Ok(dir.to_owned())
}

/// A port that was free a moment ago, for programs that can't choose one themselves.
///
/// # Errors
/// There is none.
pub fn free_port() -> anyhow::Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr().context("a bound socket has an address")?.port())
}
