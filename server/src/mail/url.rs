//! Where mail goes, as an operator writes it: `smtps://user:password@mail.example.org`, `smtp://…`, `folder:/srv/mail`.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use secrecy::SecretString;
use url::{Host, Url};

/// Where mail goes.
#[derive(Clone)]
pub enum MailUrl {
    /// A mail server.
    Smtp(SmtpServer),
    /// A folder, a file each mail: for a demo and for tests.
    Folder(PathBuf),
}

/// A mail server, and how it is reached.
#[derive(Clone)]
pub struct SmtpServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: SmtpSecurity,
    pub(super) credentials: Option<(String, SecretString)>,
}

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SmtpSecurity {
    /// From the first byte (RFC 8314).
    Tls,
    /// After a command, without which nothing is sent (RFC 3207).
    StartTls,
    /// Not at all: to the machine itself alone.
    Plain,
}

/// The text names no place for mail. It is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMailUrl {
    #[error("expected smtps://[USER:PASSWORD@]HOST[:PORT], smtp://… for STARTTLS, or folder:DIRECTORY")]
    Form,
    #[error("mail goes by TLS only, but to a loopback address")]
    Plain,
}

impl FromStr for MailUrl {
    type Err = InvalidMailUrl;

    fn from_str(text: &str) -> Result<Self, InvalidMailUrl> {
        if let Some(folder) = text.strip_prefix("folder:") {
            return if folder.is_empty() { Err(InvalidMailUrl::Form) } else { Ok(Self::Folder(folder.into())) };
        }
        let url = Url::parse(text).map_err(|_| InvalidMailUrl::Form)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(InvalidMailUrl::Form)?;
        let security = match (url.scheme(), url.query()) {
            ("smtps", None) => SmtpSecurity::Tls,
            ("smtp", None) => SmtpSecurity::StartTls,
            ("smtp", Some("tls=none")) if is_loopback(host) => SmtpSecurity::Plain,
            ("smtp", Some("tls=none")) => return Err(InvalidMailUrl::Plain),
            _ => return Err(InvalidMailUrl::Form),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(InvalidMailUrl::Form);
        }
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => Some((decoded(user)?, decoded(password)?.into())),
            _ => return Err(InvalidMailUrl::Form),
        };
        let port = url.port().unwrap_or(match security {
            SmtpSecurity::Tls => 465,
            SmtpSecurity::StartTls => 587,
            SmtpSecurity::Plain => 25,
        });
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self::Smtp(SmtpServer { host, port, security, credentials }))
    }
}

/// What stands percent-encoded in a URL: the form decoder, which takes `+` for a space, told that it is none.
fn decoded(text: &str) -> Result<String, InvalidMailUrl> {
    let text = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    let decoded = url::form_urlencoded::parse(text.as_bytes()).next().map(|(_, value)| value.into_owned());
    decoded.filter(|text| !text.contains('\u{fffd}')).ok_or(InvalidMailUrl::Form)
}

fn is_loopback(host: &str) -> bool {
    // `Url` leaves the hosts of schemes it does not know as they are.
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost",
        Ok(Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
        Ok(Host::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
        Err(_) => false,
    }
}

/// Written by hand: the password stays out.
impl fmt::Debug for MailUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Smtp(SmtpServer { host, port, security, credentials: _ }) => f
                .debug_struct("Smtp")
                .field("host", host)
                .field("port", port)
                .field("security", security)
                .finish_non_exhaustive(),
            Self::Folder(folder) => f.debug_tuple("Folder").field(folder).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn smtp(text: &str) -> SmtpServer {
        match text.parse() {
            Ok(MailUrl::Smtp(server)) => server,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_mail_server_is_reached_by_tls() {
        for (text, security, port) in [
            ("smtps://mail.example.org", SmtpSecurity::Tls, 465),
            ("smtp://mail.example.org", SmtpSecurity::StartTls, 587),
            ("smtp://mail.example.org:2525/", SmtpSecurity::StartTls, 2525),
            ("smtp://127.0.0.1:1025?tls=none", SmtpSecurity::Plain, 1025),
            ("smtp://localhost?tls=none", SmtpSecurity::Plain, 25),
            ("smtp://[::1]:1025?tls=none", SmtpSecurity::Plain, 1025),
        ] {
            let server = smtp(text);
            assert_eq!((server.security, server.port), (security, port), "{text}");
            assert!(server.credentials.is_none());
        }
        assert_eq!("smtp://mail.example.org?tls=none".parse::<MailUrl>().expect_err("plain"), InvalidMailUrl::Plain);
        assert_eq!(smtp("smtp://[::1]:1025?tls=none").host, "::1");
    }

    #[test]
    fn a_name_and_a_password_may_hold_anything() {
        let (user, password) =
            smtp("smtps://desk%40example.org:p%2B+%25%26ss%3A@mail.example.org").credentials.expect("both");
        assert_eq!((user.as_str(), password.expose_secret()), ("desk@example.org", "p++%&ss:"));
        let shown = format!("{:?}", MailUrl::Smtp(smtp("smtps://desk:sesame@mail.example.org")));
        assert!(shown.contains("mail.example.org") && !shown.contains("sesame"), "{shown}");
    }

    #[test]
    fn what_names_no_place_is_refused_and_not_repeated() {
        for text in [
            "",
            "folder:",
            "mail.example.org",
            "https://mail.example.org",
            "smtps://",
            "smtps://desk@mail.example.org",
            "smtps://:sesame@mail.example.org",
            "smtps://mail.example.org/inbox",
            "smtps://mail.example.org?tls=none",
            "smtp://mail.example.org?tls=maybe",
            "smtps://desk:%ff@mail.example.org",
        ] {
            let error = text.parse::<MailUrl>().expect_err(text);
            assert!(!error.to_string().contains("sesame"), "{error}");
        }
        assert!(matches!("folder:/srv/mail".parse(), Ok(MailUrl::Folder(folder)) if folder.as_os_str() == "/srv/mail"));
    }
}
