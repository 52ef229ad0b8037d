//! Signing in: each way it can go wrong has a code of its own, and leaves nothing behind.

use std::net::SocketAddr;
use std::sync::Arc;

use desk::view::Phase;
use desk::{ErrorCode, ErrorView};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use testkit::{TestDesk, TestServer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::{STUDIO, manager};

#[tokio::test(flavor = "multi_thread")]
async fn a_member_signs_in_and_sees_the_studio() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let desk = TestDesk::new(&server)?;
    assert_eq!(desk.desk.start().await?.phase, Phase::SignedOut);
    let session = desk.sign_in(&manager(&server).email, TestServer::PASSWORD).await?;
    assert_eq!(session.studio, server.studio);
    assert_eq!(session.me, *manager(&server));
    assert_eq!(session.permissions, session.me.role.permissions());
    assert_eq!(desk.desk.start().await?.phase, Phase::Open);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_sign_in_says_why_and_leaves_nothing_behind() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let desk = TestDesk::new(&server)?;
    let email = &manager(&server).email;
    for (url, email, password, code) in [
        (server.url(), email.as_str(), "wrong password", ErrorCode::InvalidCredentials),
        (server.url(), "nobody@lumen.example", TestServer::PASSWORD, ErrorCode::InvalidCredentials),
        ("https://nowhere.invalid".to_owned(), email, TestServer::PASSWORD, ErrorCode::UnknownHost),
        ("https://localhost:9".to_owned(), email, TestServer::PASSWORD, ErrorCode::ServerUnreachable),
        ("http://example.com".to_owned(), email, TestServer::PASSWORD, ErrorCode::InsecureServerUrl),
        ("not an address".to_owned(), email, TestServer::PASSWORD, ErrorCode::InvalidServerUrl),
    ] {
        let error = desk.sign_in_at(&url, email, password).await.err();
        assert_eq!(error.map(|error| ErrorView::from(error).code), Some(code), "{url}");
        assert_eq!(desk.desk.start().await?.phase, Phase::SignedOut);
        assert_eq!(left_below(desk.data_dir()), Vec::<String>::new(), "{url}");
    }
    // The control: the same desk signs in once everything is right.
    desk.sign_in(email, TestServer::PASSWORD).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_certificate_or_an_old_protocol_has_its_own_message() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let desk = TestDesk::new(&server)?;
    // Of an authority nobody trusts.
    let stranger = TlsServer::start(&[&rustls::version::TLS13]).await?;
    let error = desk.sign_in_at(&stranger.url, "a@lumen.example", "irrelevant").await.err();
    assert_eq!(error.map(|error| ErrorView::from(error).code), Some(ErrorCode::CertificateUntrusted));
    // Speaks TLS 1.2 at best.
    let old = TlsServer::start(&[&rustls::version::TLS12]).await?;
    let error = desk.sign_in_at(&old.url, "a@lumen.example", "irrelevant").await.err();
    assert_eq!(error.map(|error| ErrorView::from(error).code), Some(ErrorCode::TlsTooOld));
    // A real server whose certificate has run out.
    let expired = ExpiredServer::start().await?;
    let desk = TestDesk::trusting(&expired.ca_pem)?;
    let error = desk.sign_in_at(&expired.url, "a@lumen.example", "irrelevant").await.err();
    assert_eq!(error.map(|error| ErrorView::from(error).code), Some(ErrorCode::CertificateExpired));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keyring_a_passphrase_is_asked_for() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let desk = TestDesk::new(&server)?;
    for (passphrase, code) in [("short", ErrorCode::PassphraseTooShort), ("", ErrorCode::PassphraseTooShort)] {
        let request = desk::view::SignInRequest {
            server_url: server.url(),
            email: manager(&server).email.clone(),
            password: TestServer::PASSWORD.to_owned(),
            passphrase: Some(passphrase.to_owned()),
        };
        let error = desk.desk.sign_in(request).await.err();
        assert_eq!(error.map(|error| ErrorView::from(error).code), Some(code), "{passphrase:?}");
        assert_eq!(left_below(desk.data_dir()), Vec::<String>::new(), "{passphrase:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sign_in_on_the_same_computer_is_refused() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let desk = TestDesk::signed_in(&server, manager(&server)).await?;
    let cache = desk.cache_file()?;
    let error = desk.sign_in(&manager(&server).email, TestServer::PASSWORD).await.err();
    assert_eq!(error.map(|error| ErrorView::from(error).code), Some(ErrorCode::AlreadySignedIn));
    assert_eq!(desk.cache_file()?, cache, "the existing cache stays");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_can_not_even_begin_leaves_nothing_behind() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let desk = TestDesk::trusting(b"no certificate at all")?;
    let error = desk.sign_in_at(&server.url(), &manager(&server).email, TestServer::PASSWORD).await.err();
    assert_eq!(error.map(|error| ErrorView::from(error).code), Some(ErrorCode::CertificateUntrusted));
    assert_eq!(left_below(desk.data_dir()), Vec::<String>::new());
    Ok(())
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_can_not_be_kept_is_ended_and_its_files_are_gone() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let watcher = TestDesk::signed_in(&server, manager(&server)).await?;
    let desk = TestDesk::new(&server)?;
    let connections = server.wire().connections();
    let account_file = desk.data_dir().join("account.json");
    let foreign = account_file.join("not an account");
    // The last step of all can't be done: once the sign-in has begun, something else comes into the place of its file.
    let put_in_the_way = async {
        while !account_file.exists() {
            tokio::task::yield_now().await;
        }
        std::fs::remove_file(&account_file)?;
        std::fs::create_dir(&account_file)?;
        std::fs::write(&foreign, "")
    };
    let (refused, put) = tokio::join!(desk.sign_in(&manager(&server).email, TestServer::PASSWORD), put_in_the_way);
    put?;
    assert!(refused.is_err(), "it can't be kept");
    assert!(server.wire().connections() > connections, "the fault: it was the last step that failed");
    assert_eq!(left_below(desk.data_dir()), [foreign.display().to_string()], "only what somebody else put there");
    assert_eq!(watcher.desk.list_devices().await?.devices.len(), 1, "the server has ended the session");
    // The control: without it, the same sign-in is kept.
    std::fs::remove_dir_all(&account_file)?;
    desk.sign_in(&manager(&server).email, TestServer::PASSWORD).await?;
    assert_eq!(watcher.desk.list_devices().await?.devices.len(), 2);
    Ok(())
}

/// Files below a folder, and folders of accounts.
pub(crate) fn left_below(dir: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(dir) else { return found };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(left_below(&path));
        }
        // The folder of all accounts may stay; that of one account may not.
        if !path.is_dir() || path.parent().is_some_and(|parent| parent.ends_with("accounts")) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// A TLS server that is not ours: it completes handshakes and says nothing.
struct TlsServer {
    url: String,
}

impl TlsServer {
    async fn start(versions: &[&'static rustls::SupportedProtocolVersion]) -> anyhow::Result<Self> {
        let ca = authority()?;
        let key = KeyPair::generate()?;
        let leaf = CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &ca)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)?
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )?;
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let url = format!("https://localhost:{}", listener.local_addr()?.port());
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Held open: only what the handshake says matters here.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let _held = stream;
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        Ok(Self { url })
    }
}

fn authority() -> anyhow::Result<CertifiedIssuer<'static, KeyPair>> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

/// Our own server with a certificate of yesterday.
struct ExpiredServer {
    url: String,
    ca_pem: Vec<u8>,
    _running: server::Running,
    _dir: tempfile::TempDir,
}

impl ExpiredServer {
    async fn start() -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let now = sync::Clock::now(&sync::SystemClock);
        let files = server::write_throw_away(&dir.path().join("tls"), &["localhost".to_owned()], -2, now)?;
        let transport = server::Transport::Tls { cert: files.cert, key: files.key };
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let running = server::start(server::Config::new(listen, dir.path().join("data"), transport)).await?;
        Ok(Self { url: running.base_url(), ca_pem: std::fs::read(files.ca)?, _running: running, _dir: dir })
    }
}
