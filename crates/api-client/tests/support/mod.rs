//! Real servers on port 0, and clients for them.
#![allow(dead_code, clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use frontdesk_api_client::{ApiClient, ClientConfig, HeldTokens, ServerUrl, Timeouts, Tokens};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls_pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub const DEVICES: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n{\"devices\":[]}";

pub fn install_provider() {
    // The second test of a process finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

pub fn signed_in() -> Arc<HeldTokens> {
    Arc::new(HeldTokens::new(Tokens {
        access_token: Some("access-0".into()),
        refresh_token: "refresh-0".into(),
        idempotency_key: None,
    }))
}

pub fn config(server: &str) -> ClientConfig {
    install_provider();
    let mut config = ClientConfig::new(ServerUrl::parse(server).unwrap(), "Frontdesk/test");
    config.timeouts = Timeouts {
        connect: Duration::from_secs(5),
        answer: Duration::from_secs(5),
        feed_idle: Duration::from_secs(5),
        events_idle: Duration::from_secs(5),
    };
    config
}

pub fn client(server: &str) -> ApiClient {
    ApiClient::new(&config(server), signed_in()).unwrap()
}

/// An authority that only this test knows.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// What is wrong with a certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    None,
    Expired,
    NotYetValid,
    OtherName,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "test authority");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> Vec<u8> {
        self.0.pem().into_bytes()
    }

    pub fn server(&self, flaw: Flaw, versions: &[&'static rustls::SupportedProtocolVersion]) -> Arc<ServerConfig> {
        install_provider();
        let name = if flaw == Flaw::OtherName { "other.example" } else { "localhost" };
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        match flaw {
            Flaw::Expired => {
                params.not_before = date_time_ymd(2020, 1, 1);
                params.not_after = date_time_ymd(2021, 1, 1);
            }
            Flaw::NotYetValid => {
                params.not_before = date_time_ymd(2090, 1, 1);
                params.not_after = date_time_ymd(2091, 1, 1);
            }
            Flaw::None | Flaw::OtherName => {}
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_protocol_versions(versions)
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Arc::new(config)
    }
}

/// A server that says the same bytes to whoever asks, and how often it was asked.
pub struct Fixed {
    pub address: SocketAddr,
    pub requests: Arc<AtomicUsize>,
}

/// What happens after the bytes are said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum After {
    Close,
    StayOpen,
}

impl Fixed {
    pub async fn plain(said: impl Into<Vec<u8>>, after: After) -> Self {
        Self::start(None, said.into(), after).await
    }

    pub async fn tls(config: Arc<ServerConfig>, said: impl Into<Vec<u8>>) -> Self {
        Self::start(Some(TlsAcceptor::from(config)), said.into(), After::Close).await
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn tls_url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    pub fn request_count(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    async fn start(tls: Option<TlsAcceptor>, said: Vec<u8>, after: After) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (tls, said, counter) = (tls.clone(), said.clone(), Arc::clone(&counter));
                tokio::spawn(async move {
                    match tls {
                        None => answer(socket, &said, after, &counter).await,
                        Some(tls) => {
                            if let Ok(socket) = tls.accept(socket).await {
                                answer(socket, &said, after, &counter).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, requests }
    }
}

async fn answer(mut socket: impl AsyncRead + AsyncWrite + Unpin, said: &[u8], after: After, requests: &AtomicUsize) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    requests.fetch_add(1, Ordering::SeqCst);
    if socket.write_all(said).await.is_err() || socket.flush().await.is_err() {
        return;
    }
    match after {
        After::Close => {
            let _ = socket.shutdown().await;
        }
        After::StayOpen => std::future::pending().await,
    }
}
