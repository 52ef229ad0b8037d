//! What can be told: all of it, and nothing else fits in.

use std::borrow::Cow;
use std::panic::Location;

use axum::extract::MatchedPath;
use axum::http::StatusCode;
use tracing::Metadata;
use uuid::Uuid;
use wire::ApiErrorCode;

/// What is looked at of an answered request.
pub(crate) struct Answered<'a> {
    pub(crate) route: Option<&'a MatchedPath>,
    pub(crate) status: StatusCode,
    pub(crate) fault: Option<Fault>,
    /// Told only if it is a UUID: a client may have chosen it, and a UUID holds no name.
    pub(crate) request_id: &'a str,
}

/// Why a request failed. An answer carries it, as an extension, from where it arose to the outermost layer.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) place: Option<Place>,
}

/// Sorts of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    Panic,
    Database,
    /// Of the server itself: randomness, signing, hashing.
    Internal,
    /// An error was logged where there was no request.
    Logged,
    /// An answer of 500 or above that names no fault.
    Answer,
}

/// Something failed that ought not to.
pub(crate) struct Failure {
    pub(super) fault: Fault,
    pub(super) request: Option<FailedRequest>,
}

/// The request that a failure ended.
pub(super) struct FailedRequest {
    pub(super) route: Option<Route>,
    pub(super) status: StatusCode,
    pub(super) id: Option<Uuid>,
}

/// The pattern of a route, such as `/v1/leads/{lead_id}`: only the router makes one, out of our own text.
pub(super) struct Route(MatchedPath);

/// A place in our source, or in that of a library: only the compiler makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    file: Cow<'static, str>,
    line: u32,
}

/// Uses that are counted. Few: whatever people do all day is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    ServerStarted,
    SignedIn,
    SignInRefused(ApiErrorCode),
    /// A client has all there is, from nothing.
    FullSyncFinished,
    MemberInvited,
    InvitationAccepted,
    MemberRemoved,
}

impl Failure {
    pub(super) fn of_answer(answered: &Answered<'_>) -> Option<Self> {
        let &Answered { route, status, ref fault, request_id } = answered;
        // A database that is away is an outage, which each of its requests would tell of; the log has it.
        if !status.is_server_error() || status == StatusCode::SERVICE_UNAVAILABLE {
            return None;
        }
        let request = FailedRequest { route: route.cloned().map(Route), status, id: request_id.parse().ok() };
        let fault = fault.clone().unwrap_or(Fault { kind: FaultKind::Answer, place: None });
        Some(Self { fault, request: Some(request) })
    }

    /// An error that was logged where there was no request.
    pub(super) fn of_log(place: Place) -> Self {
        Self { fault: Fault { kind: FaultKind::Logged, place: Some(place) }, request: None }
    }

    /// A panic that no request is answered for.
    pub(super) fn of_panic(place: Option<Place>) -> Self {
        Self { fault: Fault { kind: FaultKind::Panic, place }, request: None }
    }
}

impl Fault {
    /// One that arose where the caller is.
    #[track_caller]
    pub(crate) fn here(kind: FaultKind) -> Self {
        Self { kind, place: Some(Place::of_code(Location::caller())) }
    }
}

impl FaultKind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::Database => "database",
            Self::Internal => "internal",
            Self::Logged => "logged",
            Self::Answer => "answer",
        }
    }
}

impl Route {
    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Place {
    pub(super) fn of_log(metadata: &'static Metadata<'static>) -> Self {
        Self { file: metadata.file().unwrap_or_default().into(), line: metadata.line().unwrap_or_default() }
    }

    fn of_code(location: &'static Location<'static>) -> Self {
        Self { file: location.file().into(), line: location.line() }
    }

    pub(super) fn of_panic(location: &Location<'_>) -> Self {
        // A hook is lent the place for a moment only.
        Self { file: location.file().to_owned().into(), line: location.line() }
    }

    /// Of a library's file, what comes after the registry's folder, and of any other with a full path its name: where
    /// somebody built the program is their affair.
    pub(super) fn file(&self) -> &str {
        match self.file.split_once("/registry/src/").and_then(|(_, file)| file.split_once('/')) {
            Some((_, within)) => within,
            None if self.file.starts_with('/') => self.file.rsplit('/').next().unwrap_or_default(),
            None => &self.file,
        }
    }

    pub(super) const fn line(&self) -> u32 {
        self.line
    }

    pub(super) fn is_ours(&self) -> bool {
        self.file.starts_with("server/src/")
    }
}

impl Use {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ServerStarted => "server_started",
            Self::SignedIn => "signed_in",
            Self::SignInRefused(_) => "sign_in_refused",
            Self::FullSyncFinished => "full_sync_finished",
            Self::MemberInvited => "member_invited",
            Self::InvitationAccepted => "invitation_accepted",
            Self::MemberRemoved => "member_removed",
        }
    }

    pub(super) const fn reason(self) -> Option<ApiErrorCode> {
        match self {
            Self::SignInRefused(code) => Some(code),
            Self::ServerStarted
            | Self::SignedIn
            | Self::FullSyncFinished
            | Self::MemberInvited
            | Self::InvitationAccepted
            | Self::MemberRemoved => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_does_not_tell_where_it_was_built() {
        for (file, told) in [
            ("server/src/error.rs", "server/src/error.rs"),
            (
                "/home/nora/.cargo/registry/src/index.crates.io-1949/tokio-1.54.1/src/task.rs",
                "tokio-1.54.1/src/task.rs",
            ),
            ("/home/nora/frontdesk/server/src/error.rs", "error.rs"),
        ] {
            assert_eq!(Place { file: file.into(), line: 7 }.file(), told);
        }
    }

    #[test]
    fn a_fault_is_where_it_is_made() {
        let (line, fault) = (line!(), Fault::here(FaultKind::Internal));
        let place = fault.place.expect("a place");
        assert_eq!((place.file(), place.line(), place.is_ours()), (file!(), line, true));
    }
}
