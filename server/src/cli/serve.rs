//! `frontdesk-server serve`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{Data, say};
use crate::clock::SystemClock;
use crate::config::{Config, Transport};
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
            data: self.data.data,
            transport,
            clock: Arc::new(SystemClock),
            trusted_proxies: settings.trusted_proxies,
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

/// Every connection and every database is an open file, and the usual limit is one of the nineties.
fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}
