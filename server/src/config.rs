//! What a server is started with.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::connections::ConnectionLimits;
use crate::db::DatabaseUrl;
use crate::mail::MailConfig;
use crate::rate_limits::Rates;
use crate::secrets::SecretSource;
use crate::telemetry::TelemetryConfig;

use url::Url;

/// Of the days that a device may be used without reaching the server.
pub(crate) const DEFAULT_LEASE_DAYS: u16 = 7;

/// How connections are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// TLS 1.3, with a certificate chain and its key in PEM files.
    Tls { cert: PathBuf, key: PathBuf },
    /// Plain HTTP, refused on any address but the machine's own.
    InsecureHttpLoopback,
}

impl Transport {
    pub(crate) const fn is_tls(&self) -> bool {
        match self {
            Self::Tls { .. } => true,
            Self::InsecureHttpLoopback => false,
        }
    }
}

/// What a server is started with.
#[derive(Clone)]
pub struct Config {
    /// Port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Directory of what the server keeps for itself; made with mode 0700 when it is missing.
    pub data: PathBuf,
    /// Where the secret is that all keys are sealed by.
    pub secret: SecretSource,
    pub database: DatabaseUrl,
    pub transport: Transport,
    /// Without it no mail is sent, and nobody can be invited.
    pub mail: Option<MailConfig>,
    /// Where people reach this server, for links in mails; on a loopback address its own, when absent.
    pub public_url: Option<Url>,
    pub clock: Arc<dyn Clock>,
    /// Proxies of the operator's between clients and the server: what each appends to `X-Forwarded-For` is believed.
    pub trusted_proxies: u8,
    /// How long a device may be used without reaching the server.
    pub lease_days: u16,
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
        let secret = SecretSource::in_dir(&data);
        Self {
            listen,
            data,
            secret,
            database,
            transport,
            mail: None,
            public_url: None,
            clock: Arc::new(SystemClock),
            trusted_proxies: 0,
            lease_days: DEFAULT_LEASE_DAYS,
            rates: Rates::default(),
            connections: ConnectionLimits::default(),
            telemetry: TelemetryConfig::default(),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            listen,
            data,
            secret,
            database,
            transport,
            mail,
            public_url,
            clock: _,
            trusted_proxies,
            lease_days,
            rates,
            connections,
            telemetry,
        } = self;
        f.debug_struct("Config")
            .field("listen", listen)
            .field("data", data)
            .field("secret", secret)
            .field("database", database)
            .field("transport", transport)
            .field("trusted_proxies", trusted_proxies)
            .field("lease_days", lease_days)
            .field("rates", rates)
            .field("connections", connections)
            .field("mail", mail)
            .field("public_url", &public_url.as_ref().map(Url::as_str))
            .field("telemetry", telemetry)
            .finish_non_exhaustive()
    }
}
