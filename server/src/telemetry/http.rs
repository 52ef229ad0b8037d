//! Posts to one place. Knows nothing of what.

use std::io;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::TelemetryError;
use super::config::Endpoint;
use super::payload::CLIENT;
use crate::tls;

/// For all of it: the name, the connection, the request, the answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why something could not be posted. Says nothing of what.
#[derive(Debug, thiserror::Error)]
pub(super) enum PostError {
    #[error("no answer in time")]
    Timeout,
    #[error("no connection: {0}")]
    Connect(#[from] io::Error),
    #[error("the name of a place on this machine led to another")]
    NotLocal,
    #[error("no name that a certificate could be for")]
    Name,
    #[error("the connection broke: {0}")]
    Http(#[from] hyper::Error),
    #[error("refused with status {status}")]
    Refused { status: u16, retry_after: Option<Duration> },
}

/// Posts to one place: by TLS, or plainly to this machine itself.
pub(super) struct Poster {
    endpoint: Endpoint,
    tls: Option<TlsConnector>,
}

impl Poster {
    /// Connects to nothing yet, and asks for no name.
    ///
    /// # Errors
    /// When there are no certificates to verify the place with.
    pub(super) fn new(endpoint: Endpoint, root_certificates: Option<&Path>) -> Result<Self, TelemetryError> {
        let roots = endpoint.is_tls.then(|| tls::authorities(root_certificates)).transpose()?;
        let tls = roots.map(|roots| Arc::new(tls::client_config(roots)).into());
        Ok(Self { endpoint, tls })
    }

    /// Posts `body`, and reads of the answer whether it was taken.
    ///
    /// # Errors
    /// [`PostError`].
    pub(super) async fn post(&self, headers: &[(HeaderName, HeaderValue)], body: Vec<u8>) -> Result<(), PostError> {
        tokio::time::timeout(TIMEOUT, self.post_without_end(headers, body)).await.map_err(|_| PostError::Timeout)?
    }

    async fn post_without_end(&self, headers: &[(HeaderName, HeaderValue)], body: Vec<u8>) -> Result<(), PostError> {
        let Endpoint { host, port, path, is_tls: _ } = &self.endpoint;
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = path.parse().map_err(|_| PostError::Name)?;
        request.headers_mut().extend(headers.iter().cloned());
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let authority = HeaderValue::try_from(format!("{bracketed}:{port}")).map_err(|_| PostError::Name)?;
        request.headers_mut().insert(header::HOST, authority);
        request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static(CLIENT));
        match &self.tls {
            Some(tls) => {
                let name = ServerName::try_from(host.clone()).map_err(|_| PostError::Name)?;
                ask(tls.connect(name, stream).await?, request).await
            }
            // `localhost` is a name, and whoever answers for names may say anything.
            None if !stream.peer_addr()?.ip().is_loopback() => Err(PostError::NotLocal),
            None => ask(stream, request).await,
        }
    }
}

async fn ask<S>(stream: S, request: Request<Body>) -> Result<(), PostError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut answering = pin!(sender.send_request(request));
    // Polled beside the request, and gone with it. It may end in the moment in which it brings the answer.
    let answer = tokio::select! {
        answer = &mut answering => answer?,
        ended = connection => match answering.await {
            Ok(answer) => answer,
            Err(error) => return Err(ended.err().unwrap_or(error).into()),
        },
    };
    if answer.status().is_success() {
        return Ok(());
    }
    Err(PostError::Refused { status: answer.status().as_u16(), retry_after: retry_after(answer.headers()) })
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
