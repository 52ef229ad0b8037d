//! The address of a server as a person types it. Decides where plain http is allowed; connects nowhere.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

const MAX_CHARS: usize = 1024;

/// Why an address was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ServerUrlError {
    /// Not the address of a server: no host, another scheme than http(s), or with a user, path, query or fragment.
    #[error("this is not the address of a server")]
    Invalid,
    /// Plain http to an address that is not of this computer.
    #[error("plain http is only for this computer itself")]
    Insecure,
}

/// Scheme, host and port of a server: `https` anywhere, `http` to this computer only (`localhost`, 127.0.0.0/8,
/// `::1`). In lower case, in punycode, without a default port.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ServerUrl {
    /// Its path is `/`; it has no user, query or fragment.
    url: Url,
}

impl ServerUrl {
    /// Reads what a person typed; without a scheme it is https.
    ///
    /// # Errors
    /// See [`ServerUrlError`].
    pub fn parse(typed: &str) -> Result<Self, ServerUrlError> {
        let typed = typed.trim();
        // The URL standard drops tabs and line feeds silently: what is shown would not be what is called.
        if typed.len() > MAX_CHARS || typed.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(ServerUrlError::Invalid);
        }
        let url = match typed.contains("://") {
            true => Url::parse(typed),
            false => Url::parse(&format!("https://{typed}")),
        }
        .map_err(|_| ServerUrlError::Invalid)?;

        let is_plain = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(ServerUrlError::Invalid),
        };
        let has_more = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some()
            || url.path() != "/";
        let Some(host) = url.host() else { return Err(ServerUrlError::Invalid) };
        if has_more || url.port() == Some(0) {
            return Err(ServerUrlError::Invalid);
        }
        if is_plain && !is_this_computer(&host) {
            return Err(ServerUrlError::Insecure);
        }
        Ok(Self { url })
    }

    /// The origin, such as `https://desk.example` or `http://127.0.0.1:8080`: no slash at the end.
    pub fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// The host alone, in lower case and punycode.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The address of a route, from its segments, each escaped.
    pub(crate) fn route(&self, segments: &[&str]) -> Url {
        let mut url = self.url.clone();
        url.path_segments_mut().expect("an http(s) address has a path").clear().extend(segments);
        url
    }
}

fn is_this_computer(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

impl FromStr for ServerUrl {
    type Err = ServerUrlError;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        Self::parse(typed)
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerUrl({})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{ServerUrl, ServerUrlError};

    fn origin(typed: &str) -> Result<String, ServerUrlError> {
        ServerUrl::parse(typed).map(|url| url.to_string())
    }

    #[test]
    fn an_address_becomes_its_origin() {
        for (typed, expected) in [
            ("desk.example", "https://desk.example"),
            (" Desk.Example ", "https://desk.example"),
            ("desk.example:443", "https://desk.example"),
            ("desk.example:8443", "https://desk.example:8443"),
            ("https://desk.example/", "https://desk.example"),
            ("HTTPS://DESK.EXAMPLE:8443/", "https://desk.example:8443"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("localhost:8443", "https://localhost:8443"),
            ("[::1]:8443", "https://[::1]:8443"),
            ("192.168.1.5", "https://192.168.1.5"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://LOCALHOST", "http://localhost"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://127.9.9.9", "http://127.9.9.9"),
            ("http://0x7f.1", "http://127.0.0.1"),
            ("http://[::1]:1", "http://[::1]:1"),
        ] {
            assert_eq!(origin(typed).as_deref(), Ok(expected), "{typed}");
        }
    }

    #[test]
    fn plain_http_is_refused_for_every_other_computer() {
        for typed in [
            "http://desk.example",
            "http://192.168.1.5",
            "http://0.0.0.0",
            "http://128.0.0.1",
            "http://localhost.example",
            "http://127.0.0.1.example",
            "http://[::2]",
            "http://[::ffff:127.0.0.1]",
            "http://localhost.",
            "HTTP://desk.example",
        ] {
            assert_eq!(origin(typed), Err(ServerUrlError::Insecure), "{typed}");
        }
    }

    #[test]
    fn what_is_no_address_is_invalid() {
        for typed in [
            "",
            " ",
            "https://",
            "https:///",
            "ftp://desk.example",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "alice@desk.example",
            "https://alice:pw@desk.example",
            "http://127.0.0.1@desk.example",
            "https://desk.example/app",
            "https://desk.example?x=1",
            "https://desk.example/#x",
            "desk example",
            "desk\t.example",
            "desk.example\nhttps://other.example",
            "desk.example:0",
            "desk.example:99999",
            "https://[::1",
            &format!("{}.example", "a".repeat(2000)),
        ] {
            assert_eq!(origin(typed), Err(ServerUrlError::Invalid), "{typed:?}");
        }
    }

    #[test]
    fn a_segment_can_not_leave_its_place() {
        let url = ServerUrl::parse("https://desk.example").expect("valid");
        assert_eq!(
            url.route(&["v1", "devices", "../a?b#c"]).as_str(),
            "https://desk.example/v1/devices/..%2Fa%3Fb%23c"
        );
    }
}
