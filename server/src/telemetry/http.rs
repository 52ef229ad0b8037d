//! Posts to one place. Knows nothing of what.

use std::io;
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

use super::config::Endpoint;
use super::payload::CLIENT;

/// For all of it: the connection, the request, the answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why something could not be posted. Says nothing of what, and not where: an operator's own names are none of the log's.
#[derive(Debug, thiserror::Error)]
pub(super) enum PostError {
    #[error("no answer in time")]
    Timeout,
    #[error("no connection: {0}")]
    Connect(#[from] io::Error),
    #[error("no name that a certificate could be for")]
    Name,
    #[error("the connection broke: {0}")]
    Http(#[from] hyper::Error),
    #[error("refused with status {status}")]
    Refused { status: u16, retry_after: Option<Duration> },
}

/// Posts `body`, and reads of the answer whether it was taken.
///
/// # Errors
/// [`PostError`].
pub(super) async fn post(
    tls: &Arc<rustls::ClientConfig>,
    endpoint: &Endpoint,
    headers: &[(HeaderName, HeaderValue)],
    body: Vec<u8>,
) -> Result<(), PostError> {
    let posting = async {
        let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await?;
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = endpoint.path.parse().map_err(|_| PostError::Name)?;
        request.headers_mut().extend(headers.iter().cloned());
        let host = if endpoint.host.contains(':') { format!("[{}]", endpoint.host) } else { endpoint.host.clone() };
        let host = HeaderValue::try_from(format!("{host}:{}", endpoint.port)).map_err(|_| PostError::Name)?;
        request.headers_mut().insert(header::HOST, host);
        request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static(CLIENT));
        if endpoint.is_tls {
            let name = ServerName::try_from(endpoint.host.clone()).map_err(|_| PostError::Name)?;
            ask(TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?, request).await
        } else {
            ask(stream, request).await
        }
    };
    tokio::time::timeout(TIMEOUT, posting).await.map_err(|_| PostError::Timeout)?
}

async fn ask<S>(stream: S, request: Request<Body>) -> Result<(), PostError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Polled beside the request, and gone with it.
    let answer = tokio::select! {
        answer = sender.send_request(request) => answer?,
        ended = connection => return Err(ended.map_or_else(PostError::Http, |()| io::Error::from(io::ErrorKind::UnexpectedEof).into())),
    };
    if answer.status().is_success() {
        return Ok(());
    }
    Err(PostError::Refused { status: answer.status().as_u16(), retry_after: retry_after(answer.headers()) })
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
