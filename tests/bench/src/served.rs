//! The hosted API as a process of its own, over TLS 1.3 on the loopback.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context;

use crate::programs::{program, run};

/// What a client may ask for where the measured load is not to be refused: the most that a server can be told.
pub(crate) const NO_LIMIT: &str = "1000000/s burst 1000000";
/// The limits that a client of the API comes upon.
const LIMITS: [&str; 5] = ["API_DEVICE", "API_ADDRESS", "AUTH_ADDRESS", "AUTH_ACCOUNT_AT_ADDRESS", "AUTH_ACCOUNT"];

/// A running server. It ends when dropped.
pub(crate) struct Served {
    child: Child,
    pub(crate) url: String,
    pub(crate) ca: PathBuf,
}

impl Served {
    /// Serves `data`, on the database of that URL if it is another than the files there; the operator's secret is in
    /// `data` either way. Every limit on clients is `rate`. Its certificate and its log are in `scratch`.
    ///
    /// # Errors
    /// The server does not start.
    pub(crate) fn start(data: &Path, database: Option<&str>, rate: &str, scratch: &Path) -> anyhow::Result<Self> {
        let server = program("frontdesk-server")?;
        let tls = scratch.join("tls");
        run(Command::new(&server).arg("certificate").arg("--out").arg(&tls))?;
        let log = fs::File::create(scratch.join("server.log"))?;
        let mut serve = Command::new(&server);
        serve
            .args(["serve", "--listen", "127.0.0.1:0"])
            .arg("--data")
            .arg(data)
            .arg("--tls-cert")
            .arg(tls.join("cert.pem"))
            .arg("--tls-key")
            .arg(tls.join("key.pem"))
            .stdout(Stdio::piped())
            .stderr(log);
        // What whoever measures has set for a server of their own is not meant.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"FRONTDESK_")) {
            serve.env_remove(name);
        }
        serve.envs(LIMITS.map(|limit| (format!("FRONTDESK_RATE_{limit}"), rate)));
        if let Some(database) = database {
            serve.env("FRONTDESK_DATABASE", database);
        }
        let mut child = serve.spawn().context("the server can't be started")?;
        let printed = child.stdout.take().context("its output is piped")?;
        let address = BufReader::new(printed)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
            .context("the server ended early")?;
        Ok(Self { child, url: format!("https://{address}"), ca: tls.join("ca.pem") })
    }

    /// A client with connections of its own, by TLS 1.3 alone.
    ///
    /// # Errors
    /// The server's certificate can't be read.
    pub(crate) fn http(&self) -> anyhow::Result<reqwest::Client> {
        let ca = reqwest::Certificate::from_pem(&fs::read(&self.ca)?)?;
        let builder = reqwest::Client::builder().tls_certs_only([ca]).tls_version_min(reqwest::tls::Version::TLS_1_3);
        Ok(builder.no_proxy().build()?)
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Nothing of it is needed any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
