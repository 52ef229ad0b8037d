//! Where a PostgreSQL database is, and how much of the way there is trusted.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use rustls::RootCertStore;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::form_urlencoded;

use super::super::DbError;
use crate::tls::{self, AuthoritiesError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A database that vanished without a word is noticed after about this long.
const DEAD_AFTER: Duration = Duration::from_secs(30);

/// The URL names no PostgreSQL database that may be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPostgresUrl {
    #[error("expected postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE")]
    Malformed,
    #[error("sslmode is disable, require or verify-full")]
    SslMode,
    #[error("a database that is neither on a loopback address nor a Unix socket is reached by TLS only")]
    PlainBeyondLoopback,
}

/// `postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE[?sslmode=…&sslrootcert=FILE]`
///
/// A database on this machine (a Unix socket, a loopback address) is reached plainly unless `sslmode` asks for TLS;
/// any other by TLS 1.3, its certificate verified for the host's name whatever `sslmode` says, against `sslrootcert`
/// or else the system's certificates.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    config: Config,
    root_certificates: Option<PathBuf>,
}

impl FromStr for PostgresUrl {
    type Err = InvalidPostgresUrl;

    fn from_str(text: &str) -> Result<Self, InvalidPostgresUrl> {
        let (place, query) = text.split_once('?').unwrap_or((text, ""));
        let mut ssl_mode = None;
        let mut root_certificates = None;
        let mut others = form_urlencoded::Serializer::new(String::new());
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "sslmode" => ssl_mode = Some(value.into_owned()),
                "sslrootcert" => root_certificates = Some(value.into_owned()).filter(|file| file != "system"),
                _ => {
                    others.append_pair(&key, &value);
                }
            }
        }
        let mut config: Config =
            format!("{place}?{}", others.finish()).parse().map_err(|_| InvalidPostgresUrl::Malformed)?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(InvalidPostgresUrl::Malformed);
        }
        let plain = match ssl_mode.as_deref() {
            None | Some("prefer" | "allow") => is_local(&config),
            Some("disable") if is_local(&config) => true,
            Some("disable") => return Err(InvalidPostgresUrl::PlainBeyondLoopback),
            Some("require" | "verify-ca" | "verify-full") => false,
            Some(_) => return Err(InvalidPostgresUrl::SslMode),
        };
        config
            .ssl_mode(if plain { SslMode::Disable } else { SslMode::Require })
            .connect_timeout(CONNECT_TIMEOUT)
            .keepalives_idle(DEAD_AFTER / 2)
            .keepalives_interval(DEAD_AFTER / 6)
            .tcp_user_timeout(DEAD_AFTER);
        if config.get_application_name().is_none() {
            config.application_name("frontdesk");
        }
        Ok(Self { config, root_certificates: root_certificates.map(PathBuf::from) })
    }
}

/// Without the password.
impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresUrl")
            .field("hosts", &self.config.get_hosts())
            .field("database", &self.config.get_dbname())
            .field("user", &self.config.get_user())
            .finish_non_exhaustive()
    }
}

impl PostgresUrl {
    /// The password, where the URL has one.
    pub(crate) fn password(&self) -> Option<&[u8]> {
        self.config.get_password()
    }

    pub(super) const fn config(&self) -> &Config {
        &self.config
    }

    /// What makes connections, TLS or not as the configuration says.
    ///
    /// # Errors
    /// [`DbError::Io`] for a file of certificates that can't be read, [`DbError::NoCertificates`] where it has none.
    pub(super) fn tls(&self) -> Result<MakeRustlsConnect, DbError> {
        let roots = match self.config.get_ssl_mode() {
            SslMode::Disable => RootCertStore::empty(),
            _ => tls::authorities(self.root_certificates.as_deref())?,
        };
        Ok(MakeRustlsConnect::new(tls::client_config(roots)))
    }
}

impl From<AuthoritiesError> for DbError {
    fn from(error: AuthoritiesError) -> Self {
        match error {
            AuthoritiesError::Unreadable { path, source } => Self::Io { path, source },
            AuthoritiesError::Nobody => Self::NoCertificates,
        }
    }
}

/// Whether what is said to the database never leaves the machine.
fn is_local(config: &Config) -> bool {
    let host_is_local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
    };
    config.get_hosts().iter().all(host_is_local) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(text: &str) -> Result<SslMode, InvalidPostgresUrl> {
        text.parse::<PostgresUrl>().map(|url| url.config.get_ssl_mode())
    }

    #[test]
    fn plain_is_for_this_machine_only() {
        for local in ["localhost", "127.0.0.1:5433", "%2Frun%2Fpostgresql", "localhost,127.0.0.2"] {
            assert_eq!(mode(&format!("postgres://desk@{local}/desk")), Ok(SslMode::Disable), "{local}");
            assert_eq!(mode(&format!("postgres://desk@{local}/desk?sslmode=require")), Ok(SslMode::Require), "{local}");
        }
        for remote in ["db.example.org", "10.0.0.5", "localhost,db.example.org", "localhost.example.org"] {
            let url = format!("postgres://desk@{remote}/desk");
            assert_eq!(mode(&url), Ok(SslMode::Require), "{remote}");
            assert_eq!(mode(&format!("{url}?sslmode=prefer")), Ok(SslMode::Require), "{remote}");
            let disabled = mode(&format!("{url}?sslmode=disable"));
            assert_eq!(disabled, Err(InvalidPostgresUrl::PlainBeyondLoopback), "{remote}");
        }
        let elsewhere = mode("postgres://desk@localhost/desk?hostaddr=10.0.0.5&sslmode=disable");
        assert_eq!(elsewhere, Err(InvalidPostgresUrl::PlainBeyondLoopback));
    }

    #[test]
    fn a_wrong_url_says_what_is_wrong_and_a_right_one_keeps_its_password() {
        assert_eq!(mode("postgres://"), Err(InvalidPostgresUrl::Malformed));
        assert_eq!(mode("postgres://desk@localhost/desk?sslmode=maybe"), Err(InvalidPostgresUrl::SslMode));
        assert_eq!(mode("postgres://desk@localhost/desk?unknown=1"), Err(InvalidPostgresUrl::Malformed));
        let url: PostgresUrl = "postgres://desk:open%20sesame@localhost/desk?sslrootcert=/ca.pem".parse().expect("URL");
        assert_eq!(url.config.get_password(), Some(b"open sesame".as_slice()));
        assert!(!format!("{url:?}").contains("sesame"));
    }
}
