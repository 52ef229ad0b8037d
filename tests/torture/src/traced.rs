//! The child under `strace`: its calls recorded, or some of them failed or turned into its death.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use tempfile::TempDir;

use crate::child::{Heard, Job};

/// All that can change what is in a folder, or tell that something did: the recorder knows each, or fails. Processors don't
/// have all of them, which is what the question marks are for.
const RECORDED: &str = "?open,openat,?openat2,?creat,close,dup,?dup2,dup3,lseek,write,pwrite64,writev,pwritev,pwritev2,\
                        sendfile,copy_file_range,truncate,ftruncate,fallocate,fsync,fdatasync,sync,syncfs,sync_file_range,\
                        msync,?rename,?renameat,renameat2,?link,linkat,?symlink,symlinkat,?unlink,unlinkat,?mkdir,mkdirat,\
                        ?rmdir,mmap,clone,?clone3,?fork,?vfork";

/// A fault in the calls of one kind, counted from the start of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Name of the system call.
    pub call: &'static str,
    pub effect: Effect,
    /// The first call that is hit, from 1.
    pub first: u64,
    /// The last; none: all that follow.
    pub last: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// `SIGKILL`, before the call does anything.
    Kill,
    /// The call does nothing and fails: no space left on the device.
    NoSpace,
    /// The call does nothing and fails: input/output error.
    InputOutput,
}

impl Fault {
    /// As `strace` wants it.
    fn argument(&self) -> String {
        let effect = match self.effect {
            Effect::Kill => "signal=SIGKILL",
            Effect::NoSpace => "error=ENOSPC",
            Effect::InputOutput => "error=EIO",
        };
        let last = self.last.map_or_else(|| "+".to_owned(), |last| format!("..{last}"));
        let only = if self.last == Some(self.first) { "" } else { &last };
        format!("inject={}:{effect}:when={}{only}", self.call, self.first)
    }
}

/// What became of a child.
pub struct Ended {
    pub heard: Heard,
    /// How many calls were hit. Of a kill: one, or none when the child came to its end.
    pub fired: u64,
}

/// A folder for files that nobody needs after this run: in memory where the system has such a place, because what a disk
/// would do to them is done to them here.
///
/// # Errors
/// When there is no room at all.
pub fn scratch() -> anyhow::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix("frontdesk-torture-");
    let folder = builder.tempdir_in("/dev/shm").or_else(|_| builder.tempdir())?;
    Ok(folder)
}

/// Whether programs can be traced here. Without that, nothing of this crate proves anything.
///
/// # Errors
/// When not: in words that say what to do.
pub fn require() -> anyhow::Result<()> {
    let tried = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output().context(
        "strace could not be started: install it (Debian: strace; scripts/setup.sh test does), these tests are nothing without it",
    )?;
    ensure!(
        tried.status.success(),
        "strace is not allowed to trace programs here ({}): allow ptrace (in a container, the capability SYS_PTRACE; on the \
         host, kernel.yama.ptrace_scope below 2). These tests are never skipped. It said: {}",
        tried.status,
        String::from_utf8_lossy(&tried.stderr).trim()
    );
    Ok(())
}

/// Lets the child do its job and gives what `strace` wrote of it: each call, with all its bytes.
///
/// # Errors
/// When the child does not end well.
pub fn record(program: &Path, job: &Job) -> anyhow::Result<Vec<u8>> {
    // Too large for memory where that is scarce.
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("log");
    let mut strace = strace(&log);
    strace.args(["--seccomp-bpf", "-xx", "-s", "200000", "-e", &format!("trace={RECORDED}"), "-e", "signal=none"]);
    let (status, heard) = run(strace, program, job)?;
    ensure!(status.success() && heard.has_ended, "the recorded child ended with {status}");
    fs::read(&log).context("the log of strace")
}

/// Lets the child do its job with a fault.
///
/// `--seccomp-bpf` lets all other calls pass without stopping the child; but with it, strace 6.1 sends no signals.
///
/// # Errors
/// When it ends otherwise than by itself or by the fault.
pub fn inject(program: &Path, job: &Job, fault: &Fault) -> anyhow::Result<Ended> {
    let scratch = scratch()?;
    let log = scratch.path().join("log");
    let mut strace = strace(&log);
    if fault.effect != Effect::Kill {
        strace.arg("--seccomp-bpf");
    }
    strace.args(["-s", "0", "-e", &format!("trace={}", fault.call), "-e", &fault.argument()]);
    let (status, heard) = run(strace, program, job)?;
    let log = fs::read_to_string(&log).context("the log of strace")?;
    // `strace` ends as the child did, by the same signal.
    let was_killed = status.signal() == Some(9) && log.contains("+++ killed by SIGKILL +++");
    let has_ended = status.success() && heard.has_ended;
    if !was_killed && !has_ended {
        bail!("the child ended with {status} after {} answers, under {fault:?}", heard.answers.len());
    }
    let fired = match fault.effect {
        Effect::Kill => u64::from(was_killed),
        Effect::NoSpace | Effect::InputOutput => log.lines().filter(|line| line.ends_with("(INJECTED)")).count() as u64,
    };
    Ok(Ended { heard, fired })
}

fn strace(log: &Path) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-o"]).arg(log);
    strace
}

fn run(mut strace: Command, program: &Path, job: &Job) -> anyhow::Result<(ExitStatus, Heard)> {
    strace.arg("--").arg(program).arg("child").arg("--place").arg(&job.place);
    let kind = job.kind.to_possible_value().context("a kind with a name")?;
    strace.args(["--kind", kind.get_name(), "--seed", &job.seed.to_string(), "--writes", &job.writes.to_string()]);
    if job.too_early {
        strace.arg("--too-early");
    }
    // A file would be full, too, when the disk is; and a pipe's lines outlive the child.
    let output = strace.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).output()?;
    let heard = Heard::hear_all(&output.stdout)
        .with_context(|| format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)))?;
    Ok((output.status, heard))
}
