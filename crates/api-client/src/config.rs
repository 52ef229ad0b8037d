//! How a client is set up: whom it trusts, how long it waits.

use std::time::Duration;

use reqwest::{Certificate, Client, redirect, tls};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::ServerUrl;
use crate::resolver::SystemResolver;

/// How long each thing may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Looking up the name, connecting and the TLS handshake.
    pub connect: Duration,
    /// A whole call with its whole answer; for a stream until its first byte.
    pub answer: Duration,
    /// Between two chunks of the change feed.
    pub feed_idle: Duration,
    /// Between two signs of life on the event stream; the server sends one each 15 seconds.
    pub events_idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            feed_idle: Duration::from_secs(30),
            events_idle: Duration::from_secs(45),
        }
    }
}

/// What a client needs to know.
#[derive(Clone)]
pub struct ClientConfig {
    pub server: ServerUrl,
    /// Certificates in PEM to trust besides those of the system: a studio's own authority, or the demo's.
    pub extra_ca_pem: Option<Vec<u8>>,
    /// Such as `Frontdesk/0.1.0`.
    pub user_agent: String,
    pub timeouts: Timeouts,
}

/// Written by hand: the certificates are no reading matter.
impl std::fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientConfig")
            .field("server", &self.server)
            .field("has_extra_ca", &self.extra_ca_pem.is_some())
            .field("user_agent", &self.user_agent)
            .field("timeouts", &self.timeouts)
            .finish()
    }
}

/// Why a client could not be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientSetupError {
    /// The extra certificates are not PEM, hold no certificate, or one that can't be an authority.
    #[error("the extra certificates can't be read")]
    ExtraCaInvalid,
    /// No rustls provider is installed: a mistake of the program.
    #[error("no TLS provider is installed")]
    NoTlsProvider,
    /// The system's certificates can't be read, or the user agent is no header.
    #[error("the client can't be set up")]
    Unusable,
}

impl ClientConfig {
    /// The usual: trusts what the system trusts, [`Timeouts::default`].
    pub fn new(server: ServerUrl, user_agent: impl Into<String>) -> Self {
        Self { server, extra_ca_pem: None, user_agent: user_agent.into(), timeouts: Timeouts::default() }
    }

    /// The connections: every choice about the transport is made here.
    pub(crate) fn connect(&self) -> Result<Client, ClientSetupError> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(ClientSetupError::NoTlsProvider);
        }
        let mut builder = Client::builder()
            .user_agent(self.user_agent.as_str())
            .tls_version_min(tls::Version::TLS_1_3)
            .dns_resolver(SystemResolver)
            .connect_timeout(self.timeouts.connect)
            // A proxy would see whom we talk to, and one named by a stray variable is nobody's decision.
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            // What may be tried again is the caller's to say.
            .retry(reqwest::retry::never())
            // After a night asleep the connection is dead but looks alive; without a ping every call on it waits
            // for its full time.
            .http2_keep_alive_interval(Duration::from_secs(15))
            .http2_keep_alive_timeout(Duration::from_secs(10))
            .http2_keep_alive_while_idle(true)
            .http2_adaptive_window(true);
        if let Some(pem) = &self.extra_ca_pem {
            let roots = read_roots(pem)?;
            builder = builder.tls_certs_merge(roots);
        }
        // The only part that can't be read by now is the system's, or the user agent.
        builder.build().map_err(|_| ClientSetupError::Unusable)
    }
}

fn read_roots(pem: &[u8]) -> Result<Vec<Certificate>, ClientSetupError> {
    let mut roots = Vec::new();
    // Only to find out which of our inputs is wrong: the builder's own error does not say.
    let mut trial = rustls::RootCertStore::empty();
    for der in CertificateDer::pem_slice_iter(pem) {
        let der = der.map_err(|_| ClientSetupError::ExtraCaInvalid)?;
        roots.push(Certificate::from_der(&der).map_err(|_| ClientSetupError::ExtraCaInvalid)?);
        trial.add(der).map_err(|_| ClientSetupError::ExtraCaInvalid)?;
    }
    if roots.is_empty() { Err(ClientSetupError::ExtraCaInvalid) } else { Ok(roots) }
}
