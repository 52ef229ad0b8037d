//! A desk in a process of its own: to be killed, looked into, or put on a small disk.
//!
//! The process is this test program again, running one `#[ignore]`d test, which finds what it needs in the environment,
//! tells what it does in lines on its standard output and waits for cues on its standard input.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context;
use desk::view::SignInRequest;
use testkit::{PATIENCE, TestDesk, TestServer};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};

use crate::manager;

const DATA_DIR: &str = "FRONTDESK_TEST_DATA_DIR";
const URL: &str = "FRONTDESK_TEST_URL";
const CA: &str = "FRONTDESK_TEST_CA";
const EMAIL: &str = "FRONTDESK_TEST_EMAIL";
/// Begins each line that is meant for the parent: the test harness prints lines too.
const MARK: &str = "child: ";

/// Where the process runs.
pub(crate) enum Place<'a> {
    Here,
    /// With a small file system of its own at this folder, which nobody else sees.
    SmallDisk {
        at: &'a Path,
        size_mib: u32,
    },
    /// On a bus of its own, which is the session's and, if there is to be one, the system's too.
    OnBus {
        has_system_bus: bool,
    },
    /// In a desktop session with an unlocked keyring, all below this folder.
    WithKeyring {
        home: &'a Path,
    },
}

/// The parent's side.
pub(crate) struct Child {
    process: tokio::process::Child,
    lines: Lines<BufReader<ChildStdout>>,
    cues: ChildStdin,
}

impl Child {
    /// Starts `test`, a path such as `memory::child`, on this folder.
    pub(crate) fn start(test: &str, server: &TestServer, data_dir: &Path, place: &Place<'_>) -> anyhow::Result<Self> {
        Self::start_with(test, server, data_dir, place, &[])
    }

    /// The same, with more in its environment.
    pub(crate) fn start_with(
        test: &str,
        server: &TestServer,
        data_dir: &Path,
        place: &Place<'_>,
        environment: &[(&str, &OsStr)],
    ) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?;
        let mut command = match place {
            Place::Here => Command::new(&program),
            Place::SmallDisk { at, size_mib } => {
                let mut command = Command::new("unshare");
                command.args(["--map-root-user", "--mount", "sh", "-c"]);
                command
                    .arg(format!("mount -t tmpfs -o size={size_mib}m,mode=0700 none \"$DISK\" && exec \"$0\" \"$@\""));
                command.arg(&program).env("DISK", at);
                command
            }
            Place::OnBus { has_system_bus } => {
                let mut command = Command::new("dbus-run-session");
                let system = if *has_system_bus { "$DBUS_SESSION_BUS_ADDRESS" } else { "unix:path=/nowhere" };
                command.args(["--", "sh", "-c"]);
                command.arg(format!(r#"DBUS_SYSTEM_BUS_ADDRESS={system} exec "$0" "$@""#)).arg(&program);
                command
            }
            Place::WithKeyring { home } => {
                let mut command = Command::new("dbus-run-session");
                command.args(["--", "bash", "-c"]);
                // The daemon puts itself in the background and would outlive the session.
                command.arg(
                    r#"printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1 || exit 99
                    "$0" "$@"; status=$?
                    daemon=$(dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / \
                        org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets 2>/dev/null) &&
                        kill "${daemon##* }"
                    exit $status"#,
                );
                command.arg(&program);
                command.env("HOME", home).env("XDG_RUNTIME_DIR", home);
                for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "GNOME_KEYRING_CONTROL"] {
                    command.env_remove(name);
                }
                command
            }
        };
        let mut process = command
            .args(["--ignored", "--exact", "--nocapture", test])
            .env(DATA_DIR, data_dir)
            .env(URL, server.url())
            .env(CA, server.ca_file())
            .env(EMAIL, &manager(server).email)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let lines = BufReader::new(process.stdout.take().context("a pipe")?).lines();
        let cues = process.stdin.take().context("a pipe")?;
        Ok(Self { process, lines, cues })
    }

    /// The next thing the child tells.
    pub(crate) async fn told(&mut self) -> anyhow::Result<String> {
        tokio::time::timeout(PATIENCE, async {
            while let Some(line) = self.lines.next_line().await? {
                if let Some((_, told)) = line.split_once(MARK) {
                    return Ok(told.to_owned());
                }
            }
            anyhow::bail!("the child ended")
        })
        .await
        .context("waited too long for the child")?
    }

    /// Lets the child go on.
    pub(crate) async fn cue(&mut self) -> anyhow::Result<()> {
        Ok(self.cues.write_all(b"go\n").await?)
    }

    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        self.process.id().context("it still runs")
    }

    /// Ends it as a power cut would: at once, with nothing closed.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        use std::os::unix::process::ExitStatusExt;
        self.process.kill().await?;
        let status = self.process.wait().await?;
        anyhow::ensure!(status.signal() == Some(9), "it ended by itself: {status}");
        Ok(())
    }

    /// Waits for its good end.
    pub(crate) async fn ended(mut self) -> anyhow::Result<()> {
        let status = self.process.wait().await?;
        anyhow::ensure!(status.success(), "{status}");
        Ok(())
    }
}

/// The child's side.
pub(crate) struct Parent {
    pub(crate) desk: TestDesk,
    pub(crate) email: String,
}

impl Parent {
    /// `None` when the test was not started by another.
    pub(crate) fn find() -> anyhow::Result<Option<Self>> {
        let Some(data_dir) = std::env::var_os(DATA_DIR) else { return Ok(None) };
        let ca_pem = std::fs::read(std::env::var_os(CA).context(CA)?)?;
        let desk = TestDesk::in_folder(Path::new(&data_dir), &std::env::var(URL)?, &ca_pem);
        Ok(Some(Self { desk, email: std::env::var(EMAIL)? }))
    }

    /// Signs in with the key in the keyring.
    pub(crate) async fn sign_in_with_keyring(&self) -> anyhow::Result<()> {
        let request = SignInRequest {
            server_url: self.desk.server_url().to_owned(),
            email: self.email.clone(),
            password: TestServer::PASSWORD.to_owned(),
            passphrase: None,
        };
        self.desk.desk.sign_in(request).await?;
        Ok(())
    }

    /// Waits to be told to go on.
    pub(crate) async fn cued(&self) -> anyhow::Result<()> {
        let read = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;
        anyhow::ensure!(read > 0, "the parent is gone");
        Ok(())
    }
}

/// Tells the parent.
#[expect(clippy::print_stdout, reason = "the parent reads it")]
pub(crate) fn tell(what: &str) {
    println!("{MARK}{what}");
}
