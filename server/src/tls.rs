//! TLS 1.3, and nothing else (A8).

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Why the certificate can't be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{}: no readable PEM", .0.display())]
    NotPem(PathBuf),
    #[error("{}: holds no certificate", .0.display())]
    NoCertificate(PathBuf),
    #[error("the certificate and its key can't be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// The configuration for a certificate chain and its key, both PEM.
///
/// # Errors
/// [`TlsError`].
pub(crate) fn server_config(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = CertificateDer::pem_slice_iter(&read(cert)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| TlsError::NotPem(cert.to_owned()))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(cert.to_owned()));
    }
    let key = PrivateKeyDer::from_pem_slice(&zeroize::Zeroizing::new(read(key)?))
        .map_err(|_| TlsError::NotPem(key.to_owned()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Why there are no authorities to verify another server with.
#[derive(Debug)]
pub(crate) enum AuthoritiesError {
    Unreadable {
        path: PathBuf,
        source: io::Error,
    },
    /// There is no certificate in the file, or on the system.
    Nobody,
}

/// The authorities in a PEM file, or the system's. What is no certificate is passed over.
///
/// # Errors
/// [`AuthoritiesError`].
pub(crate) fn authorities(file: Option<&Path>) -> Result<RootCertStore, AuthoritiesError> {
    let certificates: Vec<_> = match file {
        Some(path) => {
            let unreadable = |source| AuthoritiesError::Unreadable { path: path.to_owned(), source };
            let pem = std::fs::read(path).map_err(unreadable)?;
            CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect()
        }
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    match roots.add_parsable_certificates(certificates) {
        (0, _) => Err(AuthoritiesError::Nobody),
        _ => Ok(roots),
    }
}

/// The configuration to ask another server with, which `roots` vouch for.
pub(crate) fn client_config(roots: RootCertStore) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("ring has TLS 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Io { path: path.to_owned(), source })
}
