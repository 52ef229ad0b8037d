//! What can be told: all of it, and nothing else fits in.

use std::panic::Location;

use axum::extract::MatchedPath;
use axum::http::{Method, StatusCode};
use domain::{StudioId, UnixMs};
use ring::hmac;
use tracing::Metadata;
use uuid::Uuid;
use wire::ApiErrorCode;

/// One thing to tell, and when it happened.
pub(super) enum Event {
    Failure(UnixMs, Failure),
    Product(UnixMs, Product, StudioHash),
}

/// What is looked at of an answered request.
pub(crate) struct Answered<'a> {
    pub(crate) method: &'a Method,
    pub(crate) route: Option<&'a MatchedPath>,
    pub(crate) status: StatusCode,
    pub(crate) code: Option<ApiErrorCode>,
    /// Told only if it is a UUID: a client may have chosen it, and a UUID holds no name.
    pub(crate) request_id: &'a str,
}

/// Something failed that ought not to.
#[derive(Clone)]
pub(crate) enum Failure {
    /// A request was answered with a status of 500 or above.
    Request {
        route: Option<Route>,
        status: StatusCode,
        code: Option<ApiErrorCode>,
        request_id: Option<Uuid>,
    },
    /// An error was logged where there was no request.
    Logged {
        place: Place,
    },
    Panic {
        place: Option<Place>,
    },
}

/// The pattern of a route, such as `/v1/leads/{lead_id}`: only the router makes one, out of our own text.
#[derive(Clone)]
pub(crate) struct Route(MatchedPath);

/// A place in our source, or in that of a library.
#[derive(Clone)]
pub(crate) struct Place {
    file: Box<str>,
    line: u32,
}

/// Uses that are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    SignedIn,
    Synced,
    LeadChanged,
    LeadDeleted,
    MessageRecorded,
    DeviceRevoked,
    ActsReported,
}

/// A studio, as nobody without the server's secret can recognise it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct StudioHash([u8; 16]);

impl Failure {
    pub(super) fn of_answer(answered: &Answered<'_>) -> Option<Self> {
        let Answered { method: _, route, status, code, request_id } = *answered;
        // A database that is away is an outage, which each of its requests would tell of; the log has it.
        (status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE).then(|| Self::Request {
            route: route.cloned().map(Route),
            status,
            code,
            request_id: request_id.parse().ok(),
        })
    }
}

impl Route {
    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Place {
    pub(super) fn of_log(metadata: &'static Metadata<'static>) -> Self {
        Self::new(metadata.file().unwrap_or_default(), metadata.line().unwrap_or_default())
    }

    pub(crate) fn of_panic(location: &Location<'_>) -> Self {
        Self::new(location.file(), location.line())
    }

    /// Of a library's file, what comes after the registry's folder, and of any other with a full path its name: where
    /// somebody built the program is their affair.
    fn new(file: &str, line: u32) -> Self {
        let file = match file.split_once("/registry/src/").and_then(|(_, file)| file.split_once('/')) {
            Some((_, within)) => within,
            None if file.starts_with('/') => file.rsplit('/').next().unwrap_or_default(),
            None => file,
        };
        Self { file: file.into(), line }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Product {
    /// The use that a request was, if it succeeded and is counted.
    pub(super) fn of_answer(answered: &Answered<'_>) -> Option<Self> {
        if !answered.status.is_success() {
            return None;
        }
        Some(match (answered.method.as_str(), answered.route?.as_str()) {
            ("POST", "/v1/auth/sign-in") => Self::SignedIn,
            ("GET", "/v1/sync/changes") => Self::Synced,
            ("PATCH", "/v1/leads/{lead_id}") => Self::LeadChanged,
            ("DELETE", "/v1/leads/{lead_id}") => Self::LeadDeleted,
            ("POST", "/v1/conversations/{conversation_id}/messages") => Self::MessageRecorded,
            ("DELETE", "/v1/devices/{device_id}") => Self::DeviceRevoked,
            ("POST", "/v1/audit") => Self::ActsReported,
            _ => return None,
        })
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::Synced => "synced",
            Self::LeadChanged => "lead_changed",
            Self::LeadDeleted => "lead_deleted",
            Self::MessageRecorded => "message_recorded",
            Self::DeviceRevoked => "device_revoked",
            Self::ActsReported => "acts_reported",
        }
    }
}

impl StudioHash {
    pub(crate) fn new(key: &hmac::Key, studio_id: StudioId) -> Self {
        let tag = hmac::sign(key, studio_id.as_uuid().as_bytes());
        Self(*tag.as_ref().first_chunk().expect("SHA-256 has 32 bytes"))
    }
}

impl std::fmt::Display for StudioHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_does_not_tell_where_it_was_built() {
        for (file, told) in [
            ("server/src/error.rs", "server/src/error.rs:7"),
            (
                "/home/nora/.cargo/registry/src/index.crates.io-1949/tokio-1.54.1/src/task.rs",
                "tokio-1.54.1/src/task.rs:7",
            ),
            ("/home/nora/frontdesk/server/src/error.rs", "error.rs:7"),
        ] {
            assert_eq!(Place::new(file, 7).to_string(), told);
        }
    }

    #[test]
    fn a_studio_is_told_by_its_own_servers_hash() {
        let [one, other] = [[1; 32], [2; 32]].map(|key| hmac::Key::new(hmac::HMAC_SHA256, &key));
        let [lumen, fira] = [1, 2].map(|n| StudioId::from_uuid(Uuid::from_u128(n)));
        let told = StudioHash::new(&one, lumen).to_string();
        assert_eq!((told.len(), told == StudioHash::new(&one, lumen).to_string()), (32, true));
        assert_ne!(told, StudioHash::new(&one, fira).to_string());
        assert_ne!(told, StudioHash::new(&other, lumen).to_string());
    }
}
