//! What an error of the transport means, found by type along the chain of its sources. Reads no message.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError};

use crate::FailureKind;
use crate::resolver::UnknownHost;

/// What it means that a request, or reading its answer, ended with `error`.
pub(crate) fn classify(error: &reqwest::Error) -> FailureKind {
    // An I/O error may only wrap another that says more: its own kind comes second.
    let kind =
        chain(error).find_map(by_type).or_else(|| chain(error).find_map(by_io)).unwrap_or_else(|| by_place(error));
    tracing::debug!(?kind, "a request failed");
    kind
}

/// The error, its source, and so on. An `io::Error` hides the error it carries from `source`, which skips to that
/// one's source; rustls' errors come that way.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| cause(*error))
}

fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(carried) => Some(carried),
        None => error.source(),
    }
}

/// What one link of the chain says for certain.
fn by_type(error: &(dyn Error + 'static)) -> Option<FailureKind> {
    if error.is::<UnknownHost>() {
        return Some(FailureKind::UnknownHost);
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(by_tls(error));
    }
    // Bytes that are no HTTP. Every other error of hyper has a cause that says more.
    let error = error.downcast_ref::<hyper::Error>()?;
    error.is_parse().then_some(FailureKind::BadResponse)
}

/// What the kind of an I/O error says.
fn by_io(error: &(dyn Error + 'static)) -> Option<FailureKind> {
    match error.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::TimedOut => Some(FailureKind::Timeout),
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::NotConnected
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable => Some(FailureKind::Unreachable),
        _ => None,
    }
}

/// What no link says: by the place where the request was.
fn by_place(error: &reqwest::Error) -> FailureKind {
    if error.is_timeout() {
        FailureKind::Timeout
    } else if error.is_decode() && !chain(error).any(|link| link.is::<hyper::Error>()) {
        // The bytes all came; they are not what the header says.
        FailureKind::BadResponse
    } else {
        FailureKind::Unreachable
    }
}

fn by_tls(error: &rustls::Error) -> FailureKind {
    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => FailureKind::CertificateExpired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                FailureKind::CertificateNotYetValid
            }
            _ => FailureKind::CertificateUntrusted,
        },
        rustls::Error::NoCertificatesPresented | rustls::Error::InvalidCertRevocationList(_) => {
            FailureKind::CertificateUntrusted
        }
        // An older server answers our offer of TLS 1.3 alone with one of these alerts, or with a hello of its own
        // version. The offer holds what every server of TLS 1.3 has to support (RFC 8446, section 9.1), so there is no
        // other reason for them.
        rustls::Error::PeerIncompatible(_)
        | rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity,
        ) => FailureKind::TlsTooOld,
        // No TLS at all, or a broken one.
        _ => FailureKind::BadResponse,
    }
}
