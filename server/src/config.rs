//! What a server is started with.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::connections::ConnectionLimits;
use crate::db::DatabaseUrl;
use crate::rate_limits::Rates;
use crate::telemetry::TelemetryConfig;

/// How connections are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// TLS 1.3, with a certificate chain and its key in PEM files.
    Tls { cert: PathBuf, key: PathBuf },
    /// Plain HTTP, refused on any address but the machine's own.
    InsecureHttpLoopback,
}

/// What a server is started with.
#[derive(Clone)]
pub struct Config {
    /// Port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Directory of the server's secret; made with mode 0700 when it is missing.
    pub data: PathBuf,
    pub database: DatabaseUrl,
    pub transport: Transport,
    pub clock: Arc<dyn Clock>,
    /// Proxies of the operator's between clients and the server: what each appends to `X-Forwarded-For` is believed.
    pub trusted_proxies: u8,
    /// How often anybody may ask.
    pub rates: Rates,
    /// How many connections there may be, and how slow they.
    pub connections: ConnectionLimits,
    /// Where failures and uses are told of; nowhere by default.
    pub telemetry: TelemetryConfig,
}

impl Config {
    /// Everything in `data`, by the machine's clock.
    pub fn new(listen: SocketAddr, data: impl Into<PathBuf>, transport: Transport) -> Self {
        let data = data.into();
        let database = DatabaseUrl::Sqlite(data.clone());
        Self {
            listen,
            data,
            database,
            transport,
            clock: Arc::new(SystemClock),
            trusted_proxies: 0,
            rates: Rates::default(),
            connections: ConnectionLimits::default(),
            telemetry: TelemetryConfig::default(),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listen, data, database, transport, clock: _, trusted_proxies, rates, connections, telemetry } = self;
        f.debug_struct("Config")
            .field("listen", listen)
            .field("data", data)
            .field("database", database)
            .field("transport", transport)
            .field("trusted_proxies", trusted_proxies)
            .field("rates", rates)
            .field("connections", connections)
            .field("telemetry", telemetry)
            .finish_non_exhaustive()
    }
}
