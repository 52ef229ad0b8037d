//! A wire between client and server that can be cut: bytes pass through untouched, TLS and all.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// No limit.
const UNLIMITED: u64 = u64::MAX;

/// A TCP proxy on a free loopback port.
pub struct Proxy {
    addr: SocketAddr,
    wire: Arc<Wire>,
    stop: CancellationToken,
}

struct Wire {
    target: Mutex<SocketAddr>,
    /// Bytes that may still come from the server before the wire is cut.
    allowance: AtomicU64,
    is_down: AtomicBool,
    is_hanging: AtomicBool,
    cuts: AtomicUsize,
    connections: AtomicUsize,
    /// Bumped to break every open connection.
    generation: watch::Sender<u64>,
}

impl Proxy {
    /// Starts to forward to `target`.
    ///
    /// # Errors
    /// No free port.
    pub async fn start(target: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let addr = listener.local_addr()?;
        let wire = Arc::new(Wire {
            target: Mutex::new(target),
            allowance: AtomicU64::new(UNLIMITED),
            is_down: AtomicBool::new(false),
            is_hanging: AtomicBool::new(false),
            cuts: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            generation: watch::Sender::new(0),
        });
        let stop = CancellationToken::new();
        tokio::spawn(stop.clone().run_until_cancelled_owned(accept(listener, Arc::clone(&wire))));
        Ok(Self { addr, wire, stop })
    }

    /// Where to connect.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Leads to another server from now on: breaks what is open.
    pub fn lead_to(&self, target: SocketAddr) {
        *self.wire.target.lock().unwrap_or_else(PoisonError::into_inner) = target;
        self.wire.generation.send_modify(|generation| *generation += 1);
    }

    /// Cuts the wire once `bytes` more have come from the server; from then on it is down.
    pub fn cut_after(&self, bytes: u64) {
        self.wire.allowance.store(bytes, Ordering::SeqCst);
    }

    /// Pulls the cable: breaks what is open and refuses what comes.
    pub fn unplug(&self) {
        self.wire.cut();
    }

    /// From now on takes connections and bytes, and passes nothing on; open connections too.
    pub fn hang(&self) {
        self.wire.is_hanging.store(true, Ordering::SeqCst);
    }

    /// Plugs the cable in again.
    pub fn plug_in(&self) {
        self.wire.allowance.store(UNLIMITED, Ordering::SeqCst);
        self.wire.is_down.store(false, Ordering::SeqCst);
        self.wire.is_hanging.store(false, Ordering::SeqCst);
    }

    /// How many connections came in so far.
    pub fn connections(&self) -> usize {
        self.wire.connections.load(Ordering::SeqCst)
    }

    /// How often the wire was cut: a test asserts that its fault fired.
    pub fn cuts(&self) -> usize {
        self.wire.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.cancel();
        self.wire.cut();
    }
}

impl Wire {
    fn target(&self) -> SocketAddr {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut(&self) {
        self.is_down.store(true, Ordering::SeqCst);
        self.cuts.fetch_add(1, Ordering::SeqCst);
        self.generation.send_modify(|generation| *generation += 1);
    }
}

async fn accept(listener: TcpListener, wire: Arc<Wire>) {
    while let Ok((client, _)) = listener.accept().await {
        wire.connections.fetch_add(1, Ordering::SeqCst);
        if wire.is_down.load(Ordering::SeqCst) {
            continue;
        }
        let wire = Arc::clone(&wire);
        tokio::spawn(async move {
            let mut generation = wire.generation.subscribe();
            let Ok(server) = TcpStream::connect(wire.target()).await else { return };
            let (client_read, client_write) = client.into_split();
            let (server_read, server_write) = server.into_split();
            tokio::select! {
                () = copy(client_read, server_write, &wire, false) => {}
                () = copy(server_read, client_write, &wire, true) => {}
                _ = generation.changed() => {}
            }
        });
    }
}

/// Copies until one side ends; what is metered, until the allowance is used up.
async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, wire: &Wire, is_metered: bool) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(size @ 1..) = from.read(&mut buffer).await {
        if wire.is_hanging.load(Ordering::SeqCst) {
            continue;
        }
        let mut passes = size;
        if is_metered {
            let take = |left: u64| (left != UNLIMITED).then(|| left.saturating_sub(size as u64));
            if let Ok(left) = wire.allowance.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
                && left < size as u64
            {
                passes = usize::try_from(left).unwrap_or(0);
            }
        }
        if to.write_all(&buffer[..passes]).await.is_err() {
            return;
        }
        if passes < size {
            wire.cut();
            return;
        }
    }
}
