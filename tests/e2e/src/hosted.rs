//! The hosted API with a demo studio, as a process of its own that can be stopped and started again.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde::Deserialize;
use tokio::process::Command;

use crate::poll::until;
use crate::process::{Process, programs_dir};

/// How long the server may take from its start to its first connection.
const START: Duration = Duration::from_secs(30);

/// How much the demo studio holds.
#[derive(Debug, Clone, Copy)]
pub struct StudioSize {
    pub leads: u64,
    pub messages: u64,
    /// The same seed gives the same studio.
    pub seed: u64,
}

/// The hosted API, running or not. Its address stays the same.
pub struct Hosted {
    process: Option<Process>,
    program: PathBuf,
    folder: PathBuf,
    account: Account,
    ca: PathBuf,
    log: PathBuf,
    /// Known from the first start on.
    address: Option<SocketAddr>,
    starts: u32,
}

/// Who may sign in to the demo studio: the file that `frontdesk-server demo` leaves.
#[derive(Deserialize)]
struct Account {
    email: String,
    password: String,
}

impl Hosted {
    /// Makes the demo studio and a throw-away certificate under `folder`.
    ///
    /// # Errors
    /// The server is not built, or can't make them.
    pub async fn create(folder: &Path, size: StudioSize) -> anyhow::Result<Self> {
        let program = programs_dir()?.join("frontdesk-server");
        ensure!(program.exists(), "{} is not built", program.display());
        let (data, tls) = (folder.join("server"), folder.join("tls"));
        run(Command::new(&program).arg("certificate").arg("--out").arg(&tls)).await?;
        run(Command::new(&program)
            .arg("demo")
            .arg("--data")
            .arg(&data)
            .args(["--lead-count", &size.leads.to_string()])
            .args(["--message-count", &size.messages.to_string()])
            .args(["--seed", &size.seed.to_string()]))
        .await?;
        let account = std::fs::read(data.join("demo-account.json")).context("the demo names its account")?;
        Ok(Self {
            process: None,
            program,
            folder: folder.to_owned(),
            account: serde_json::from_slice(&account).context("the demo's account can be read")?,
            ca: tls.join("ca.pem"),
            log: folder.join("server.log"),
            address: None,
            starts: 0,
        })
    }

    /// Serves, and returns once it takes connections; on any free port first, on the same one ever after.
    ///
    /// # Errors
    /// The server does not start.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        self.starts += 1;
        self.log = self.folder.join(format!("server-{}.log", self.starts));
        let listen = self.address.map_or_else(|| "127.0.0.1:0".to_owned(), |address| address.to_string());
        let mut process = Process::start(
            Command::new(&self.program)
                .args(["serve", "--listen", &listen])
                .arg("--data")
                .arg(self.folder.join("server"))
                .arg("--tls-cert")
                .arg(self.folder.join("tls/cert.pem"))
                .arg("--tls-key")
                .arg(self.folder.join("tls/key.pem")),
            &self.log,
        )?;
        let address = until("the server", START, async || {
            process.check_running()?;
            let printed = std::fs::read_to_string(&self.log).context("its log")?;
            let line = printed.lines().find_map(|line| line.strip_prefix("listening on "));
            line.map(|address| address.parse().context("it prints an address")).transpose()
        })
        .await?;
        self.address = Some(address);
        self.process = Some(process);
        Ok(())
    }

    /// Ends it; does nothing where it is not running.
    ///
    /// # Errors
    /// It does not end.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        match self.process.take() {
            Some(process) => process.stop().await,
            None => Ok(()),
        }
    }

    /// Address to sign in at; meaningful once it was started.
    #[must_use]
    pub fn url(&self) -> String {
        self.address.map(|address| format!("https://{address}")).unwrap_or_default()
    }

    /// PEM of the certificate authority to trust.
    #[must_use]
    pub fn ca(&self) -> &Path {
        &self.ca
    }

    /// Where its data, certificate and logs are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    #[must_use]
    pub fn email(&self) -> &str {
        &self.account.email
    }

    #[must_use]
    pub fn password(&self) -> &str {
        &self.account.password
    }

    /// Where it prints to, since it was last started.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }
}

/// Runs a program to its end.
async fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().await.context("the server's program can't be run")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
