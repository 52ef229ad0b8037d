//! What the environment says: the names there are, what each means, and what it comes to.
//!
//! A name nobody knows and a value nobody understands end the program before it does anything: an operator who mistyped
//! a limit must not believe in it. Names are told, with the nearest one there is; values never, since some are secret.
//! [`SETTINGS`] is the whole list; `docs/HOSTING.md` shows it, and a test holds the two together.

mod strength;
mod table;

use std::ffi::OsString;
use std::fmt;

use tracing::Level;

pub use strength::Weakness;
pub(crate) use strength::{find_weakness, find_weakness_of_password};
pub(crate) use table::SETTINGS;

use crate::config::DEFAULT_LEASE_DAYS;
use crate::connections::ConnectionLimits;
use crate::rate_limits::Rates;
use crate::telemetry::{PosthogHost, PosthogKey, TelemetryConfig};

/// What all of them begin with.
const PREFIX: &str = "FRONTDESK_";

/// Of the desktop app, and of what runs it: the same environment may start both.
const OF_THE_APP: [&str; 7] = [
    "FRONTDESK_DATA_DIR",
    "FRONTDESK_DESKTOP_LOG",
    "FRONTDESK_EXTRA_CA",
    "FRONTDESK_PREFILL_EMAIL",
    "FRONTDESK_PREFILL_PASSWORD",
    "FRONTDESK_PRIVATE_DESKTOP",
    "FRONTDESK_SERVER_URL",
];

/// What is set by the environment alone. The rest may stand on the command line too, and is read there.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) log: Level,
    pub(crate) trusted_proxies: u8,
    pub(crate) lease_days: u16,
    pub(crate) rates: Rates,
    pub(crate) connections: ConnectionLimits,
    pub(crate) telemetry: TelemetryConfig,
    posthog: (Option<PosthogHost>, Option<PosthogKey>),
    /// As it was said; what counts is in `connections`.
    max_per_address: Option<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            log: Level::INFO,
            trusted_proxies: 0,
            lease_days: DEFAULT_LEASE_DAYS,
            rates: Rates::default(),
            connections: ConnectionLimits::default(),
            telemetry: TelemetryConfig::default(),
            posthog: (None, None),
            max_per_address: None,
        }
    }
}

/// One setting.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    /// As the documentation puts it.
    pub(crate) meaning: &'static str,
    /// In words or as a value.
    pub(crate) default: &'static str,
    /// Takes a value over, or only looks at one that the command line takes over.
    take: fn(&mut Settings, &str) -> Result<(), Problem>,
}

/// What is wrong with a value, in words that complete "FRONTDESK_… ". Never with the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Problem(pub(crate) String);

impl Problem {
    pub(crate) fn new(problem: impl fmt::Display) -> Self {
        Self(problem.to_string())
    }
}

/// What is wrong with one variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SettingFault {
    #[error("there is no setting {name}{}", Suggestion(nearest))]
    Unknown { name: String, nearest: Option<&'static str> },
    #[error("there is a setting whose name is no plain text")]
    UnreadableName,
    #[error("{name} {problem}")]
    Malformed { name: &'static str, problem: Problem },
}

struct Suggestion<'a>(&'a Option<&'static str>);

impl fmt::Display for Suggestion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(f, "; did you mean {name}?"),
            None => f.write_str("; docs/HOSTING.md has the list"),
        }
    }
}

/// All that is wrong with the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SettingsError(Vec<SettingFault>);

impl std::error::Error for SettingsError {}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            write!(f, "{}{fault}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl Settings {
    /// What these variables come to; those of others are passed over.
    ///
    /// # Errors
    /// [`SettingsError`] with everything that is wrong, not only the first.
    pub(crate) fn read(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Self, SettingsError> {
        let mut settings = Self::default();
        let mut faults = Vec::new();
        for (name, value) in variables {
            let is_ours = name.as_encoded_bytes().starts_with(PREFIX.as_bytes());
            if is_ours && let Err(fault) = settings.take(&name, &value) {
                faults.push(fault);
            }
        }
        let ConnectionLimits { max, max_per_address, .. } = &mut settings.connections;
        match settings.max_per_address {
            Some(said) if said > *max => faults.push(SettingFault::Malformed {
                name: "FRONTDESK_MAX_CONNECTIONS_PER_ADDRESS",
                problem: Problem::new("is more than there may be in all (FRONTDESK_MAX_CONNECTIONS)"),
            }),
            Some(said) => *max_per_address = said,
            None => *max_per_address = (*max).min(*max_per_address),
        }
        let needs = |name, other| SettingFault::Malformed { name, problem: Problem(format!("needs {other} as well")) };
        match settings.posthog.clone() {
            (Some(host), Some(key)) => settings.telemetry.posthog = Some((host, key)),
            (Some(_), None) => faults.push(needs("FRONTDESK_POSTHOG_HOST", "FRONTDESK_POSTHOG_KEY")),
            (None, Some(_)) => faults.push(needs("FRONTDESK_POSTHOG_KEY", "FRONTDESK_POSTHOG_HOST")),
            (None, None) => {}
        }
        if faults.is_empty() { Ok(settings) } else { Err(SettingsError(faults)) }
    }

    fn take(&mut self, name: &OsString, value: &OsString) -> Result<(), SettingFault> {
        let name = name.to_str().filter(|name| is_plain(name)).ok_or(SettingFault::UnreadableName)?;
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
            if OF_THE_APP.contains(&name) {
                return Ok(());
            }
            return Err(SettingFault::Unknown { name: name.to_owned(), nearest: nearest(name) });
        };
        let malformed = |problem| SettingFault::Malformed { name: setting.name, problem };
        let value = value.to_str().ok_or_else(|| malformed(Problem::new("is no text in UTF-8")))?;
        if value.trim().is_empty() {
            return Err(malformed(Problem::new("is empty: give it a value, or unset it")));
        }
        (setting.take)(self, value).map_err(malformed)
    }
}

/// Whether the name may be repeated: nobody hides a secret in a name of this form.
fn is_plain(name: &str) -> bool {
    name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The setting that was probably meant: one that is a few slips away.
fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_uppercase();
    let distance = |setting: &Setting| strsim::damerau_levenshtein(&name, setting.name);
    let best = SETTINGS.iter().min_by_key(|setting| distance(setting))?;
    let own = best.name.len() - PREFIX.len();
    (distance(best) <= (own / 3).max(2)).then_some(best.name)
}

#[cfg(test)]
mod tests;
