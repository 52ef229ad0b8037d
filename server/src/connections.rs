//! Bounds on connections before anybody has signed in on them: how many there are, and how long one may stay silent.
//!
//! hyper waits for a request's head no longer than it is told to; but it first waits, without end, for the bytes that
//! tell HTTP/1 from HTTP/2. [`Impatient`] ends that wait.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

/// Length of what an HTTP/2 client begins with (RFC 9113 §3.4). No complete request of HTTP/1.1 is shorter.
const PREFACE_BYTES: usize = 24;

/// Accepts as `inner` does, but no more than there is room for.
#[derive(Clone)]
pub(crate) struct BoundedAcceptor<A> {
    inner: A,
    room: Arc<Semaphore>,
    patience: Duration,
}

impl<A> BoundedAcceptor<A> {
    /// At most `max` connections at a time, each of which has to begin speaking within `patience`.
    pub(crate) fn new(inner: A, max: usize, patience: Duration) -> Self {
        Self { inner, room: Arc::new(Semaphore::new(max)), patience }
    }
}

impl<A, S> Accept<TcpStream, S> for BoundedAcceptor<A>
where
    A: Accept<TcpStream, S>,
    A::Future: Send + 'static,
{
    type Stream = Impatient<A::Stream>;
    type Service = A::Service;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let patience = self.patience;
        // Where there is no room, dropping the stream closes it.
        let accepted =
            Arc::clone(&self.room).try_acquire_owned().map(|place| (place, self.inner.accept(stream, service)));
        Box::pin(async move {
            let (place, accepted) = accepted.map_err(io::Error::other)?;
            let (stream, service) = accepted.await?;
            Ok((Impatient::new(stream, place, patience), service))
        })
    }
}

/// A connection that fails when its client says too little for too long at its beginning.
pub(crate) struct Impatient<S> {
    stream: S,
    /// Nothing once enough has been read: from then on, hyper watches.
    opening: Option<Opening>,
    _place: OwnedSemaphorePermit,
}

struct Opening {
    deadline: Pin<Box<Sleep>>,
    bytes: usize,
}

impl<S> Impatient<S> {
    fn new(stream: S, place: OwnedSemaphorePermit, patience: Duration) -> Self {
        let opening = Opening { deadline: Box::pin(tokio::time::sleep(patience)), bytes: 0 };
        Self { stream, opening: Some(opening), _place: place }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { stream, opening, _place } = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(stream).poll_read(context, buffer);
        let Some(beginning) = opening else { return read };
        match read {
            Poll::Ready(_) => {
                beginning.bytes += buffer.filled().len() - before;
                if beginning.bytes >= PREFACE_BYTES {
                    *opening = None;
                }
                read
            }
            Poll::Pending => beginning.deadline.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into())),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Impatient<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum_server::accept::DefaultAcceptor;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const PATIENCE: Duration = Duration::from_millis(50);
    /// What must happen happens well within it.
    const LONG: Duration = Duration::from_secs(10);

    fn impatient() -> (tokio::io::DuplexStream, Impatient<tokio::io::DuplexStream>) {
        let (client, server) = tokio::io::duplex(1024);
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().expect("there is room");
        (client, Impatient::new(server, place, PATIENCE))
    }

    #[tokio::test]
    async fn a_client_that_says_nothing_or_too_little_is_left() {
        for said in ["", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r"] {
            let (mut client, mut server) = impatient();
            client.write_all(said.as_bytes()).await.expect("written");
            let read = tokio::time::timeout(LONG, server.read_to_end(&mut Vec::new())).await.expect("in time");
            assert_eq!(read.expect_err("given up").kind(), io::ErrorKind::TimedOut, "after {said:?}");
        }
    }

    #[tokio::test]
    async fn a_client_that_has_begun_may_take_its_time() {
        let (mut client, mut server) = impatient();
        client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.expect("written");
        let mut preface = [0; PREFACE_BYTES];
        server.read_exact(&mut preface).await.expect("read");
        let silence = tokio::time::timeout(2 * PATIENCE, server.read_u8()).await;
        assert!(silence.is_err(), "still waiting: {silence:?}");
    }

    #[tokio::test]
    async fn there_are_no_more_connections_than_there_is_room_for() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("free port");
        let address = listener.local_addr().expect("address");
        let acceptor = BoundedAcceptor::new(DefaultAcceptor, 1, PATIENCE);
        let connect = async || {
            let _client = TcpStream::connect(address).await.expect("connects");
            let (server, _) = listener.accept().await.expect("accepts");
            acceptor.accept(server, ()).await
        };
        let first = connect().await.expect("there is room");
        assert!(connect().await.is_err());
        drop(first);
        assert!(connect().await.is_ok());
    }
}
