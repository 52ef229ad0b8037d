//! A server from start to end.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::RustlsAcceptor;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::admin::Admin;
use crate::auth::{Passwords, TokenKeys};
use crate::config::{Config, Transport};
use crate::connections::{BoundedAcceptor, ConnectionLimits};
use crate::db::{Database, DbError};
use crate::jobs;
use crate::mail::{MailSetupError, Mailer};
use crate::rate_limits::RateLimits;
use crate::router::router;
use crate::secret_file::make_private_dir;
use crate::served_certificate::ServedCertificate;
use crate::state::{AppState, Shared};
use crate::streams::Streams;
use crate::telemetry::{Telemetry, TelemetryError, TelemetryTask, Use, Who};
use crate::tls::TlsError;

/// How long requests under way may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(10);
/// Requests at a time on one connection.
const MAX_STREAMS: u32 = 64;
/// What a request's head may take before it is refused unread; below it, it is refused in the form of any refusal.
const MAX_HEAD_BYTES: u32 = 64 << 10;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("plain HTTP is for loopback addresses only, and {0} is none")]
    InsecureBeyondLoopback(SocketAddr),
    #[error("{address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("telemetry: {0}")]
    Telemetry(#[from] TelemetryError),
    #[error("no randomness: {0}")]
    NoRandomness(ring::error::Unspecified),
    #[error("mail: {0}")]
    Mail(#[from] MailSetupError),
    #[error("password hashing does not work: {0}")]
    Passwords(Box<dyn std::error::Error + Send + Sync>),
}

/// A server that answers. Dropping it stops it, abruptly.
pub struct Running {
    addr: SocketAddr,
    is_tls: bool,
    admin: Admin,
    handle: Handle<SocketAddr>,
    closing: CancellationToken,
    task: Option<JoinHandle<io::Result<()>>>,
    telemetry: Telemetry,
    telemetry_task: Option<TelemetryTask>,
}

/// Starts a server; it answers when this returns.
///
/// # Errors
/// [`StartError`].
pub async fn start(config: Config) -> Result<Running, StartError> {
    let certificate = match &config.transport {
        Transport::Tls { cert, key } => Some(ServedCertificate::load(cert, key)?),
        Transport::InsecureHttpLoopback if config.listen.ip().is_loopback() => None,
        Transport::InsecureHttpLoopback => return Err(StartError::InsecureBeyondLoopback(config.listen)),
    };
    let is_tls = certificate.is_some();
    let closing = CancellationToken::new();
    let listen = |source| StartError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).map_err(listen)?;
    listener.set_nonblocking(true).map_err(listen)?;
    let addr = listener.local_addr().map_err(listen)?;
    let (state, admin, telemetry_task) = open_state(&config, base_url(addr, is_tls), closing.clone()).await?;
    let telemetry = state.telemetry.clone();
    let handle = Handle::new();
    let tls = certificate.as_ref().map(ServedCertificate::config);
    jobs::start(&state, certificate, &closing);
    let service = router(state, config.connections.answer_timeout).into_make_service_with_connect_info::<SocketAddr>();
    let mut server = axum_server::from_tcp(listener).map_err(listen)?.handle(handle.clone());
    // Behind proxies all connections are theirs, and it is for them to count clients.
    let max_per_address = if config.trusted_proxies == 0 { config.connections.max_per_address } else { usize::MAX };
    let limits = ConnectionLimits { max_per_address, ..config.connections };
    tune(server.http_builder(), &limits);
    let task = match tls {
        Some(tls) => {
            let acceptor = RustlsAcceptor::new(tls).handshake_timeout(limits.head_timeout);
            let acceptor = acceptor.acceptor(NoDelayAcceptor::new());
            tokio::spawn(server.acceptor(BoundedAcceptor::new(acceptor, limits)).serve(service))
        }
        None => tokio::spawn(server.acceptor(BoundedAcceptor::new(NoDelayAcceptor::new(), limits)).serve(service)),
    };
    tracing::info!(%addr, tls = is_tls, "listening");
    telemetry.note_use(Use::ServerStarted, Who::Installation);
    Ok(Running {
        addr,
        is_tls,
        admin,
        handle,
        closing,
        task: Some(task),
        telemetry,
        telemetry_task: Some(telemetry_task),
    })
}

/// Opens what requests work with.
pub(crate) async fn open_state(
    config: &Config,
    base_url: String,
    closing: CancellationToken,
) -> Result<(AppState, Admin, TelemetryTask), StartError> {
    make_private_dir(&config.data).map_err(|source| DbError::Io { path: config.data.clone(), source })?;
    let database = Database::connect(&config.database, &config.secret).await?;
    let token_keys = Arc::new(TokenKeys::load(database.clone(), Arc::clone(&config.clock)).await?);
    let passwords = Arc::new(Passwords::new().map_err(|e| StartError::Passwords(Box::new(e)))?);
    let mailer = config.mail.as_ref().map(Mailer::new).transpose()?;
    let public_url = match &config.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None if mailer.is_some() && !config.listen.ip().is_loopback() => {
            return Err(MailSetupError::NoPublicUrl.into());
        }
        None => base_url,
    };
    let admin = Admin::new(database.clone(), Arc::clone(&passwords), Arc::clone(&config.clock));
    let (telemetry, telemetry_task) =
        Telemetry::start(&config.telemetry, Arc::clone(&token_keys), Arc::clone(&config.clock))?;
    let state = AppState::new(Shared {
        database,
        clock: Arc::clone(&config.clock),
        passwords,
        token_keys,
        mailer,
        mail_written: Notify::new(),
        public_url,
        streams: Streams::new(closing),
        rate_limits: RateLimits::new(&config.rates, Arc::clone(&config.clock)).map_err(StartError::NoRandomness)?,
        trusted_proxies: config.trusted_proxies,
        lease_s: u32::from(config.lease_days) * 24 * 60 * 60,
        telemetry,
        is_tls: config.transport.is_tls(),
    });
    Ok((state, admin, telemetry_task))
}

fn base_url(addr: SocketAddr, is_tls: bool) -> String {
    if is_tls { format!("https://localhost:{}", addr.port()) } else { format!("http://{addr}") }
}

/// Bounds what one connection can hold, and for how long.
fn tune(http: &mut Builder<TokioExecutor>, limits: &ConnectionLimits) {
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(MAX_HEAD_BYTES as usize);
    http.http2()
        .timer(TokioTimer::new())
        // Whoever is still there answers. So does nobody in the middle of a head: its frames are in one piece.
        .keep_alive_interval(limits.write_timeout / 2)
        .keep_alive_timeout(limits.write_timeout / 2)
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEAD_BYTES);
}

impl Running {
    /// The address it listens on.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `https://localhost:PORT`, or `http://127.0.0.1:PORT` without TLS; for a server on a loopback address.
    pub fn base_url(&self) -> String {
        base_url(self.addr, self.is_tls)
    }

    /// The operator's hand on its data; clients hear at once of what it changes.
    pub const fn admin(&self) -> &Admin {
        &self.admin
    }

    /// What telemetry is told through.
    pub(crate) const fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// Stops it: streams end, requests under way are answered, then all connections are closed.
    ///
    /// # Errors
    /// When the listener had failed.
    pub async fn shutdown(mut self) -> io::Result<()> {
        self.closing.cancel();
        self.handle.graceful_shutdown(Some(GRACE));
        let ended = self.ended().await;
        // Last, so that what the last requests came to is told as well.
        if let Some(task) = self.telemetry_task.take() {
            task.end().await;
        }
        ended
    }

    /// Stops it as a crash would: every connection is cut.
    pub async fn kill(mut self) {
        self.handle.shutdown();
        self.closing.cancel();
        // Only that it has ended matters here, not how.
        let _ = self.ended().await;
    }

    /// Waits until it has ended, which by itself it only does when its listener fails.
    ///
    /// # Errors
    /// When the listener failed.
    pub async fn ended(&mut self) -> io::Result<()> {
        match self.task.as_mut() {
            Some(task) => {
                let result = task.await;
                self.task = None;
                result.map_err(io::Error::other)?
            }
            None => Ok(()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.closing.cancel();
        self.handle.shutdown();
    }
}
