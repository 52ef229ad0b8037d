//! Bounds on connections before anybody has signed in on them: how many there are, how long one may stay silent, and how
//! long it may leave what it is sent.
//!
//! hyper waits for a request's head no longer than it is told to; but it first waits, without end, for the bytes that
//! tell HTTP/1 from HTTP/2, and for a client to take its answer. [`Impatient`] ends both.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum_server::accept::Accept;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

use crate::rate_limits::Network;

/// Length of what an HTTP/2 client begins with (RFC 9113 §3.4). No complete request of HTTP/1.1 is shorter.
const PREFACE_BYTES: usize = 24;

/// How many connections there may be, and how slow they.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// At a time; one more is closed unheard, which leaves the files that the databases need.
    pub max: usize,
    /// At a time from one address (one /64, with IPv6). Not applied behind trusted proxies, whose addresses they are.
    pub max_per_address: usize,
    /// For the whole head of a request, and to begin at all.
    pub head_timeout: Duration,
    /// From a request's head to that of its answer; within it, the request's body has to arrive.
    pub answer_timeout: Duration,
    /// For taking anything at all of an answer.
    pub write_timeout: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            max: 2_000,
            max_per_address: 256,
            head_timeout: Duration::from_secs(15),
            answer_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
        }
    }
}

/// Why a connection is not taken.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("there are too many connections")]
struct NoRoom;

/// Accepts as `inner` does, but no more than there is room for.
#[derive(Clone)]
pub(crate) struct BoundedAcceptor<A> {
    inner: A,
    room: Room,
    limits: ConnectionLimits,
}

/// The places for connections.
#[derive(Clone)]
struct Room {
    all: Arc<Semaphore>,
    /// Taken by each network that has any, so that there are no more entries than connections.
    taken: Arc<Mutex<HashMap<Network, usize>>>,
}

/// A connection's place; dropping it gives it up.
struct Place {
    room: Room,
    network: Network,
    _any: OwnedSemaphorePermit,
}

impl Room {
    fn take(&self, network: Network, max: usize) -> Result<Place, NoRoom> {
        let any = Arc::clone(&self.all).try_acquire_owned().map_err(|_| NoRoom)?;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let places = taken.entry(network).or_default();
        if *places >= max {
            return Err(NoRoom);
        }
        *places += 1;
        drop(taken);
        Ok(Place { room: self.clone(), network, _any: any })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.room.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = taken.get_mut(&self.network) {
            *places -= 1;
            if *places == 0 {
                taken.remove(&self.network);
            }
        }
    }
}

impl<A> BoundedAcceptor<A> {
    pub(crate) fn new(inner: A, limits: ConnectionLimits) -> Self {
        let room = Room { all: Arc::new(Semaphore::new(limits.max)), taken: Arc::default() };
        Self { inner, room, limits }
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
        let limits = self.limits;
        // Where there is no room, dropping the stream closes it.
        let accepted = stream.peer_addr().and_then(|peer| {
            let place = self.room.take(Network::of(peer.ip()), limits.max_per_address).map_err(io::Error::other)?;
            Ok((place, self.inner.accept(stream, service)))
        });
        Box::pin(async move {
            let (place, accepted) = accepted?;
            let (stream, service) = accepted.await?;
            Ok((Impatient::new(stream, place, &limits), service))
        })
    }
}

/// A connection that fails when its client says too little for too long at its beginning, or takes nothing of what it is
/// sent.
pub(crate) struct Impatient<S> {
    stream: S,
    /// Nothing once enough has been read: from then on, hyper watches.
    opening: Option<Opening>,
    write_timeout: Duration,
    /// While what was last sent waits for the client to take it.
    stalled: Option<Pin<Box<Sleep>>>,
    _place: Place,
}

struct Opening {
    deadline: Pin<Box<Sleep>>,
    bytes: usize,
}

impl<S> Impatient<S> {
    fn new(stream: S, place: Place, limits: &ConnectionLimits) -> Self {
        let opening = Opening { deadline: Box::pin(tokio::time::sleep(limits.head_timeout)), bytes: 0 };
        let write_timeout = limits.write_timeout;
        Self { stream, opening: Some(opening), write_timeout, stalled: None, _place: place }
    }

    /// What comes of a write that came to `written`.
    fn watch<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let timeout = self.write_timeout;
        let deadline = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(deadline.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { stream, opening, .. } = self.get_mut();
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
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.watch(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(context);
        this.watch(context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let shut = Pin::new(&mut this.stream).poll_shutdown(context);
        this.watch(context, shut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum_server::accept::DefaultAcceptor;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const LIMITS: ConnectionLimits = ConnectionLimits {
        max: 3,
        max_per_address: 2,
        head_timeout: Duration::from_millis(50),
        answer_timeout: Duration::from_secs(30),
        write_timeout: Duration::from_millis(1_500),
    };
    /// What must happen happens well within it.
    const LONG: Duration = Duration::from_secs(10);

    fn network(text: &str) -> Network {
        Network::of(text.parse().expect("address"))
    }

    fn room(places: usize) -> Room {
        Room { all: Arc::new(Semaphore::new(places)), taken: Arc::default() }
    }

    fn impatient() -> (tokio::io::DuplexStream, Impatient<tokio::io::DuplexStream>) {
        let (client, server) = tokio::io::duplex(1024);
        let place = room(1).take(network("127.0.0.1"), 1).expect("there is room");
        (client, Impatient::new(server, place, &LIMITS))
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
        let silence = tokio::time::timeout(2 * LIMITS.head_timeout, server.read_u8()).await;
        assert!(silence.is_err(), "still waiting: {silence:?}");
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_left_and_a_slow_one_is_not() {
        let (_client, mut server) = impatient();
        let written = tokio::time::timeout(LONG, server.write_all(&[0; 4096])).await.expect("in time");
        assert_eq!(written.expect_err("given up").kind(), io::ErrorKind::TimedOut);

        let (mut client, mut server) = impatient();
        let slow = async {
            let mut some = [0; 512];
            for _ in 0..8 {
                tokio::time::sleep(LIMITS.write_timeout / 6).await;
                client.read_exact(&mut some).await?;
            }
            Ok(())
        };
        tokio::try_join!(server.write_all(&[0; 4096]), slow).expect("it may take longer in all than without a byte");
    }

    #[test]
    fn one_address_does_not_take_every_place() {
        let room = room(3);
        let here: Vec<_> = (0..3).map(|_| room.take(network("192.0.2.1"), 2)).collect();
        assert_eq!(here.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false]);
        let there = room.take(network("192.0.2.2"), 2);
        assert!(there.is_ok(), "the refused one holds no place");
        assert!(room.take(network("192.0.2.3"), 2).is_err(), "all are taken");
        drop((here, there));
        assert!(room.take(network("192.0.2.1"), 2).is_ok());
        assert!(room.taken.lock().expect("lock").is_empty(), "nobody is remembered");
    }

    #[tokio::test]
    async fn there_are_no_more_connections_than_there_is_room_for() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("free port");
        let address = listener.local_addr().expect("address");
        let acceptor = BoundedAcceptor::new(DefaultAcceptor, LIMITS);
        let connect = async || {
            let _client = TcpStream::connect(address).await.expect("connects");
            let (server, _) = listener.accept().await.expect("accepts");
            acceptor.accept(server, ()).await
        };
        let (first, _second) = (connect().await.expect("there is room"), connect().await.expect("there is room"));
        assert!(connect().await.is_err());
        drop(first);
        assert!(connect().await.is_ok());
    }
}
