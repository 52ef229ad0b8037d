//! `frontdesk-server serve`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use super::{Data, say};
use crate::clock::SystemClock;
use crate::config::{Config, Transport};
use crate::mail::MailConfig;
use crate::serve::start;
use crate::settings::Settings;
use crate::telemetry::LogLayer;

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    data: Data,
    /// Address and port; port 0 takes any that is free
    #[arg(long, env = "FRONTDESK_LISTEN", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Certificate chain (PEM)
    #[arg(long, env = "FRONTDESK_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key (PEM)
    #[arg(long, env = "FRONTDESK_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Serve plain HTTP, on a loopback address only
    #[arg(long, conflicts_with = "tls_cert")]
    insecure_http_loopback: bool,
    /// Where mail goes: smtps://USER:PASSWORD@HOST, smtp://… for STARTTLS, or folder:DIRECTORY; without it, no mail is sent
    ///
    /// A URL with a password belongs into the environment, where others on the machine can't list it.
    #[arg(long, env = "FRONTDESK_MAIL", hide_env_values = true, value_name = "URL", requires = "mail_from")]
    mail: Option<String>,
    /// Whom mail comes from: 'Frontdesk <desk@example.org>'
    #[arg(long, env = "FRONTDESK_MAIL_FROM", value_name = "ADDRESS")]
    mail_from: Option<String>,
    /// Authorities (PEM) for the mail server's certificate, besides the system's
    #[arg(long, env = "FRONTDESK_MAIL_CA", value_name = "FILE")]
    mail_ca: Option<PathBuf>,
    /// Where people reach this server, for links in mails: https://desk.example.org
    #[arg(long, env = "FRONTDESK_PUBLIC_URL", value_name = "URL")]
    public_url: Option<Url>,
}

impl Serve {
    /// What a server is to be started with.
    pub(super) fn config(self, settings: Settings) -> anyhow::Result<Config> {
        let transport = match (self.tls_cert, self.tls_key) {
            (Some(cert), Some(key)) => Transport::Tls { cert, key },
            _ if self.insecure_http_loopback => Transport::InsecureHttpLoopback,
            _ => bail!("give --tls-cert and --tls-key, or --insecure-http-loopback"),
        };
        Ok(Config {
            listen: self.listen,
            database: self.data.url()?,
            secret: self.data.secret()?,
            data: self.data.data,
            transport,
            mail: mail_config(self.mail, self.mail_from, self.mail_ca)?,
            public_url: self.public_url.map(checked).transpose()?,
            clock: Arc::new(SystemClock),
            trusted_proxies: settings.trusted_proxies,
            lease_days: settings.lease_days,
            rates: settings.rates,
            connections: settings.connections,
            telemetry: settings.telemetry,
        })
    }

    pub(super) async fn run(self, settings: Settings, log_layer: &LogLayer) -> anyhow::Result<()> {
        let config = self.config(settings)?;
        allow_many_files();
        let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
        let mut running = start(config).await?;
        log_layer.tell(running.telemetry().clone());
        // A script that took port 0 reads the port here.
        say(&format!("listening on {}", running.addr()));
        tokio::select! {
            ended = running.ended() => return ended.context("the listener failed"),
            interrupted = tokio::signal::ctrl_c() => interrupted.context("listening for SIGINT")?,
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        running.shutdown().await.context("stopping")
    }
}

/// Parsed here and not by clap, which repeats what it does not understand, password and all.
fn mail_config(
    url: Option<String>,
    from: Option<String>,
    extra_ca: Option<PathBuf>,
) -> anyhow::Result<Option<MailConfig>> {
    let Some(url) = url else { return Ok(None) };
    let to = url.parse().context("where mail goes")?;
    let from = from.context("whom mail comes from is missing: give --mail-from")?;
    Ok(Some(MailConfig { to, from, extra_ca }))
}

/// Links carry secrets, so they are opened by TLS, or on the machine itself.
fn checked(url: Url) -> anyhow::Result<Url> {
    let is_local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    ensure!(url.scheme() == "https" || (url.scheme() == "http" && is_local), "the public address has to be https://…");
    ensure!(url.query().is_none() && url.fragment().is_none(), "the public address has no ? and no #");
    Ok(url)
}

/// Every connection and every database is an open file, and the usual limit is one of the nineties.
fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}
