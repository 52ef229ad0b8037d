//! Where telemetry goes, as an operator names it. Errors repeat nothing of it: a DSN has a key in it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

/// The text is no DSN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no DSN of the form https://KEY@HOST/PROJECT, with http to a loopback address only")]
pub struct InvalidSentryDsn;

/// The text is no address of a PostHog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no address of the form https://HOST, with http to a loopback address only")]
pub struct InvalidPosthogHost;

/// The text is no project key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no project key: letters, digits, - and _")]
pub struct InvalidPosthogKey;

/// A place that is posted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) is_tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) path: String,
}

/// Where a Sentry, or what speaks its protocol, takes events: `https://KEY@HOST[:PORT][/PATH]/PROJECT`.
#[derive(Clone, PartialEq, Eq)]
pub struct SentryDsn {
    pub(super) endpoint: Endpoint,
    pub(super) key: String,
}

/// Where a PostHog takes events: `https://HOST[:PORT]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PosthogHost(pub(super) Endpoint);

/// The key of a project at a PostHog. It may only write.
#[derive(Clone, PartialEq, Eq)]
pub struct PosthogKey(pub(super) String);

/// Without the key.
impl fmt::Debug for SentryDsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentryDsn").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Without the key.
impl fmt::Debug for PosthogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PosthogKey")
    }
}

impl Endpoint {
    /// `path` of the server that `url` is of.
    fn of(url: &Url, path: String) -> Option<Self> {
        let is_tls = url.scheme() == "https";
        let host = url.host()?;
        let is_local = match &host {
            Host::Ipv4(ip) => IpAddr::from(*ip).is_loopback(),
            Host::Ipv6(ip) => IpAddr::from(*ip).is_loopback(),
            Host::Domain(name) => *name == "localhost",
        };
        let plainly = url.scheme() == "http" && is_local;
        let host = match host {
            Host::Ipv6(ip) => ip.to_string(),
            other => other.to_string(),
        };
        let bare = url.query().is_none() && url.fragment().is_none() && url.password().is_none();
        let port = url.port_or_known_default()?;
        ((is_tls || plainly) && bare).then_some(Self { is_tls, host, port, path })
    }
}

fn is_key(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

impl FromStr for SentryDsn {
    type Err = InvalidSentryDsn;

    fn from_str(text: &str) -> Result<Self, InvalidSentryDsn> {
        let url = Url::parse(text).map_err(|_| InvalidSentryDsn)?;
        let key = url.username().to_owned();
        let (before, project) = url.path().rsplit_once('/').ok_or(InvalidSentryDsn)?;
        if !is_key(&key) || project.is_empty() || !project.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidSentryDsn);
        }
        let path = format!("{before}/api/{project}/envelope/");
        Endpoint::of(&url, path).map(|endpoint| Self { endpoint, key }).ok_or(InvalidSentryDsn)
    }
}

impl FromStr for PosthogHost {
    type Err = InvalidPosthogHost;

    fn from_str(text: &str) -> Result<Self, InvalidPosthogHost> {
        let url = Url::parse(text).map_err(|_| InvalidPosthogHost)?;
        if !url.username().is_empty() || url.path() != "/" {
            return Err(InvalidPosthogHost);
        }
        Endpoint::of(&url, "/batch/".to_owned()).map(Self).ok_or(InvalidPosthogHost)
    }
}

impl FromStr for PosthogKey {
    type Err = InvalidPosthogKey;

    fn from_str(text: &str) -> Result<Self, InvalidPosthogKey> {
        if is_key(text) { Ok(Self(text.to_owned())) } else { Err(InvalidPosthogKey) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dsn_is_the_place_for_envelopes_and_a_key() {
        for (dsn, is_tls, host, port, path) in [
            ("https://0af3@o1.ingest.example.org/42", true, "o1.ingest.example.org", 443, "/api/42/envelope/"),
            ("https://0af3@sentry.example.org:9000/a/b/7", true, "sentry.example.org", 9000, "/a/b/api/7/envelope/"),
            ("http://0af3@127.0.0.1:9000/7", false, "127.0.0.1", 9000, "/api/7/envelope/"),
            ("http://0af3@[::1]:9000/7", false, "::1", 9000, "/api/7/envelope/"),
        ] {
            let SentryDsn { endpoint, key } = dsn.parse().expect(dsn);
            let found = (endpoint.is_tls, endpoint.host.as_str(), endpoint.port, endpoint.path.as_str());
            assert_eq!((found, key.as_str()), ((is_tls, host, port, path), "0af3"));
        }
        for wrong in [
            "",
            "0af3",
            "https://o1.example.org/42",
            "https://0af3@o1.example.org/",
            "https://0af3@o1.example.org/nora",
            "https://0af3:secret@o1.example.org/42",
            "http://0af3@o1.example.org/42",
            "ftp://0af3@localhost/42",
            "https://0af3@o1.example.org/42?x=1",
        ] {
            assert_eq!(wrong.parse::<SentryDsn>(), Err(InvalidSentryDsn), "{wrong}");
        }
        let dsn: SentryDsn = "https://0af3beef@o1.example.org/42".parse().expect("a DSN");
        assert!(!format!("{dsn:?}").contains("0af3beef"));
    }

    #[test]
    fn a_posthog_is_a_host_and_a_key() {
        let host: PosthogHost = "https://eu.i.posthog.example".parse().expect("a host");
        assert_eq!((host.0.port, host.0.path.as_str()), (443, "/batch/"));
        for wrong in
            ["", "eu.example.org", "http://eu.example.org", "https://a@eu.example.org", "https://eu.example.org/x"]
        {
            assert_eq!(wrong.parse::<PosthogHost>(), Err(InvalidPosthogHost), "{wrong}");
        }
        assert!("phc_0aF-3".parse::<PosthogKey>().is_ok());
        for wrong in ["", "a b", "é"] {
            assert_eq!(wrong.parse::<PosthogKey>(), Err(InvalidPosthogKey), "{wrong}");
        }
    }
}
