//! The list of settings.

use std::net::SocketAddr;
use std::str::FromStr;

use tracing::Level;
use url::Url;

use super::{Problem, Setting, Settings};
use crate::db::DatabaseUrl;
use crate::mail::MailUrl;
use crate::rate_limits::Limit;
use crate::secrets::Secret;

/// The longest chain of proxies anybody has.
const MAX_PROXIES: u8 = 16;
/// A device that is away for longer than a year is lost.
const MAX_LEASE_DAYS: u16 = 366;
/// More connections than one server can have files for.
const MAX_CONNECTIONS: usize = 1_000_000;

/// All of them, in the order of the documentation.
pub(crate) static SETTINGS: [Setting; 28] = [
    Setting {
        name: "FRONTDESK_DATA",
        meaning: "directory of what the server keeps: the secret and the embedded database, where nothing else is said; as \
                  `--data`",
        default: "none: it has to be said",
        take: |_, path| text(path),
    },
    Setting {
        name: "FRONTDESK_SECRET_FILE",
        meaning: "file of the secret that all keys are sealed by, as under Keys; as `--secret-file`",
        default: "`secret.key` in the data directory, made at the first start",
        take: |_, path| text(path),
    },
    Setting {
        name: "FRONTDESK_SECRET",
        meaning: "the secret itself, in the place of a file: 64 hexadecimal digits",
        default: "none: it is in a file",
        take: |_, digits| secret(digits),
    },
    Setting {
        name: "FRONTDESK_SECRET_NEXT",
        meaning: "the secret to replace `FRONTDESK_SECRET` by; read by `rotate-key` alone",
        default: "none",
        take: |_, digits| secret(digits),
    },
    Setting {
        name: "FRONTDESK_DATABASE",
        meaning: "`sqlite:DIRECTORY` or `postgres://…`; as `--database`",
        default: "SQLite in the data directory",
        take: |_, url| database(url),
    },
    Setting {
        name: "FRONTDESK_MIGRATION_DATABASE",
        meaning: "the same database, as the role that owns its tables; read by `migrate` alone",
        default: "none",
        take: |_, url| database(url),
    },
    Setting {
        name: "FRONTDESK_LISTEN",
        meaning: "address and port; as `--listen`",
        default: "127.0.0.1:8443",
        take: |_, address| parse::<SocketAddr>(address, "is no address with a port, such as 0.0.0.0:8443").map(drop),
    },
    Setting {
        name: "FRONTDESK_TLS_CERT",
        meaning: "certificate chain (PEM); as `--tls-cert`",
        default: "none: it has to be said",
        take: |_, path| text(path),
    },
    Setting {
        name: "FRONTDESK_TLS_KEY",
        meaning: "the certificate's key (PEM); as `--tls-key`",
        default: "none: it has to be said",
        take: |_, path| text(path),
    },
    Setting {
        name: "FRONTDESK_MAIL",
        meaning: "where mail goes, as under Mail; as `--mail`",
        default: "none: no mail is sent, and nobody can be invited",
        take: |_, url| url.parse::<MailUrl>().map(drop).map_err(Problem::new),
    },
    Setting {
        name: "FRONTDESK_MAIL_FROM",
        meaning: "whom it comes from, `Frontdesk <desk@example.org>`; as `--mail-from`",
        default: "none: it has to be said with mail",
        take: |_, address| text(address),
    },
    Setting {
        name: "FRONTDESK_MAIL_CA",
        meaning: "authorities (PEM) for the mail server's certificate, besides the system's; as `--mail-ca`",
        default: "none",
        take: |_, path| text(path),
    },
    Setting {
        name: "FRONTDESK_PUBLIC_URL",
        meaning: "where people reach this server, for links in mails, `https://desk.example.org`; as `--public-url`",
        default: "the machine itself, on a loopback address; else it has to be said with mail",
        take: |_, url| parse::<Url>(url, "is no URL, such as https://desk.example.org").map(drop),
    },
    Setting {
        name: "FRONTDESK_LOG",
        meaning: "how much of its own the server logs: `error`, `warn`, `info`, `debug` or `trace`; of its libraries, never \
                  more than warnings",
        default: "info",
        take: |settings, level| {
            settings.log = match level {
                "error" => Level::ERROR,
                "warn" => Level::WARN,
                "info" => Level::INFO,
                "debug" => Level::DEBUG,
                "trace" => Level::TRACE,
                _ => return Err(Problem::new("is none of error, warn, info, debug and trace")),
            };
            Ok(())
        },
    },
    Setting {
        name: "FRONTDESK_TRUSTED_PROXIES",
        meaning: "how many proxies of yours every request passes: the client is the address so far from the right end of \
                  `X-Forwarded-For`, or the peer itself with 0",
        default: "0",
        take: |settings, number| {
            settings.trusted_proxies = whole(number, 0, MAX_PROXIES)?;
            Ok(())
        },
    },
    Setting {
        name: "FRONTDESK_OFFLINE_DAYS",
        meaning: "how many days a device may be used without reaching the server; then it stays locked until it does",
        default: "7",
        take: |settings, number| {
            settings.lease_days = whole(number, 1, MAX_LEASE_DAYS)?;
            Ok(())
        },
    },
    Setting {
        name: "FRONTDESK_MAX_CONNECTIONS",
        meaning: "connections at a time; one more is closed unheard",
        default: "2000",
        take: |settings, number| {
            settings.connections.max = whole(number, 1, MAX_CONNECTIONS)?;
            Ok(())
        },
    },
    Setting {
        name: "FRONTDESK_MAX_CONNECTIONS_PER_ADDRESS",
        meaning: "of these, from one address (a /64, with IPv6); not applied behind trusted proxies",
        default: "256",
        take: |settings, number| {
            settings.max_per_address = Some(whole(number, 1, MAX_CONNECTIONS)?);
            Ok(())
        },
    },
    rate(Limit::ApiDevice, "requests of one device", |settings, text| take_rate(settings, Limit::ApiDevice, text)),
    rate(Limit::ApiAddress, "requests of one client address", |settings, text| {
        take_rate(settings, Limit::ApiAddress, text)
    }),
    rate(
        Limit::AuthAddress,
        "requests to sign in, refresh, sign out or accept an invitation, of one client address",
        |settings, text| take_rate(settings, Limit::AuthAddress, text),
    ),
    rate(
        Limit::AuthAccountAtAddress,
        "attempts to sign in to one account, from one client address",
        |settings, text| take_rate(settings, Limit::AuthAccountAtAddress, text),
    ),
    rate(Limit::AuthAccount, "attempts to sign in to one account, from all addresses together", |settings, text| {
        take_rate(settings, Limit::AuthAccount, text)
    }),
    rate(
        Limit::WebhookAddress,
        "requests to the routes that providers call, of one client address",
        |settings, text| take_rate(settings, Limit::WebhookAddress, text),
    ),
    Setting {
        name: "FRONTDESK_SENTRY_DSN",
        meaning: "where failures are told of, as under Telemetry: a Sentry or what speaks its protocol, `https://KEY@HOST/PROJECT`",
        default: "none: nobody is told",
        take: |settings, dsn| {
            settings.telemetry.sentry = Some(dsn.parse().map_err(Problem::new)?);
            Ok(())
        },
    },
    Setting {
        name: "FRONTDESK_POSTHOG_HOST",
        meaning: "where uses are counted: a PostHog, `https://HOST`; with its key",
        default: "none: nothing is counted",
        take: |settings, host| {
            settings.posthog.0 = Some(host.parse().map_err(Problem::new)?);
            Ok(())
        },
    },
    Setting {
        name: "FRONTDESK_POSTHOG_KEY",
        meaning: "the key of the project there, which may only write",
        default: "none: nothing is counted",
        take: |settings, key| {
            settings.posthog.1 = Some(key.parse().map_err(Problem::new)?);
            Ok(())
        },
    },
    Setting {
        name: "FRONTDESK_TELEMETRY_CA",
        meaning: "PEM file of the authorities to trust for these two",
        default: "the system's",
        take: |settings, path| {
            text(path)?;
            settings.telemetry.root_certificates = Some(path.into());
            Ok(())
        },
    },
];

const fn rate(limit: Limit, meaning: &'static str, take: fn(&mut Settings, &str) -> Result<(), Problem>) -> Setting {
    Setting { name: limit.setting(), meaning, default: limit.default(), take }
}

fn take_rate(settings: &mut Settings, limit: Limit, text: &str) -> Result<(), Problem> {
    settings.rates.set(limit, text.parse().map_err(Problem::new)?);
    Ok(())
}

fn text(text: &str) -> Result<(), Problem> {
    if text.contains('\0') { Err(Problem::new("holds the character U+0000")) } else { Ok(()) }
}

fn parse<T: FromStr>(text: &str, problem: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::new(problem))
}

fn whole<T: FromStr + PartialOrd + std::fmt::Display + Copy>(text: &str, min: T, max: T) -> Result<T, Problem> {
    let problem = format!("is no whole number from {min} to {max}");
    parse::<T>(text, &problem).ok().filter(|n| (min..=max).contains(n)).ok_or(Problem(problem))
}

fn secret(digits: &str) -> Result<(), Problem> {
    Secret::parse(digits).map(drop).map_err(Problem::new)
}

/// Its errors repeat nothing of the URL.
fn database(url: &str) -> Result<(), Problem> {
    let url = url.parse::<DatabaseUrl>().map_err(Problem::new)?;
    match url.find_weak_password() {
        Some(weakness) => Err(Problem(format!("has a password that {weakness}"))),
        None => Ok(()),
    }
}
