//! Whom a client trusts and how it says that it does not: against real TLS servers.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use frontdesk_api_client::{ApiClient, ClientSetupError, FailureKind, HeldTokens, ServerUrl, ServerUrlError};
use rustls::version::{TLS12, TLS13};
use support::{After, Authority, DEVICES, Fixed, Flaw, client, config, signed_in};
use tokio::net::TcpListener;

async fn asked(authority: &Authority, server: &Fixed) -> Result<(), FailureKind> {
    let mut config = config(&server.tls_url());
    config.extra_ca_pem = Some(authority.pem());
    let client = ApiClient::new(&config, signed_in()).unwrap();
    client.devices().await.map(|_| ()).map_err(|failure| failure.kind)
}

#[tokio::test]
async fn a_server_of_the_extra_authority_is_trusted() {
    let authority = Authority::new();
    let server = Fixed::tls(authority.server(Flaw::None, &[&TLS13]), DEVICES).await;
    assert_eq!(asked(&authority, &server).await, Ok(()));
    let both = Fixed::tls(authority.server(Flaw::None, &[&TLS12, &TLS13]), DEVICES).await;
    assert_eq!(asked(&authority, &both).await, Ok(()));
}

#[tokio::test]
async fn every_flaw_of_a_certificate_has_its_own_kind_and_no_request_is_sent() {
    let authority = Authority::new();
    for (flaw, expected) in [
        (Flaw::Expired, FailureKind::CertificateExpired),
        (Flaw::NotYetValid, FailureKind::CertificateNotYetValid),
        (Flaw::OtherName, FailureKind::CertificateUntrusted),
    ] {
        let server = Fixed::tls(authority.server(flaw, &[&TLS13]), DEVICES).await;
        assert_eq!(asked(&authority, &server).await, Err(expected));
        assert!(!expected.is_transient());
        assert_eq!(server.request_count(), 0);
    }
}

#[tokio::test]
async fn a_server_of_an_unknown_authority_is_not_trusted() {
    let server = Fixed::tls(Authority::new().server(Flaw::None, &[&TLS13]), DEVICES).await;
    assert_eq!(asked(&Authority::new(), &server).await, Err(FailureKind::CertificateUntrusted));
    assert_eq!(server.request_count(), 0);
}

#[tokio::test]
async fn a_server_without_tls_1_3_is_too_old() {
    let authority = Authority::new();
    let server = Fixed::tls(authority.server(Flaw::None, &[&TLS12]), DEVICES).await;
    assert_eq!(asked(&authority, &server).await, Err(FailureKind::TlsTooOld));
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_a_bad_response() {
    let authority = Authority::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Fixed { address: listener.local_addr().unwrap(), requests: Arc::default() };
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            tokio::io::AsyncWriteExt::write_all(&mut socket, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        }
    });
    assert_eq!(asked(&authority, &server).await, Err(FailureKind::BadResponse));
}

#[tokio::test]
async fn plain_http_is_only_for_this_computer() {
    assert_eq!(ServerUrl::parse("http://desk.example").unwrap_err(), ServerUrlError::Insecure);
    let server = Fixed::plain(DEVICES, After::Close).await;
    assert!(client(&server.url()).devices().await.is_ok());
    assert!(client(&format!("http://localhost:{}", server.address.port())).devices().await.is_ok());
}

#[tokio::test]
async fn an_unknown_host_is_told_apart() {
    let failure = client("https://nowhere.invalid").devices().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::UnknownHost);
    assert!(failure.is_transient(), "without a network no host is known");
}

#[tokio::test]
async fn a_refused_connection_is_unreachable() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let failure = client(&format!("http://{address}")).devices().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unreachable);
    assert!(failure.is_transient());
}

#[tokio::test]
async fn a_server_that_never_answers_is_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for scheme in ["http", "https"] {
        let mut config = config(&format!("{scheme}://{}", listener.local_addr().unwrap()));
        config.timeouts.connect = Duration::from_millis(100);
        config.timeouts.answer = Duration::from_millis(200);
        let client = ApiClient::new(&config, signed_in()).unwrap();
        assert_eq!(client.devices().await.unwrap_err().kind, FailureKind::Timeout, "{scheme}");
        assert_eq!(client.changes(None).await.unwrap_err().kind, FailureKind::Timeout, "{scheme}");
    }
}

#[tokio::test]
async fn extra_certificates_that_are_none_are_refused() {
    for pem in [&b""[..], b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let mut config = config("https://desk.example");
        config.extra_ca_pem = Some(pem.to_vec());
        let made = ApiClient::new(&config, Arc::new(HeldTokens::default())).map(|_| ());
        assert_eq!(made, Err(ClientSetupError::ExtraCaInvalid));
    }
}
