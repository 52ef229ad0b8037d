//! A wire between client and server that loses an answer: the request arrives, and when the server answers, the
//! connection is cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub struct Wire {
    pub port: u16,
    state: Arc<State>,
}

struct State {
    target: SocketAddr,
    loses_answers: AtomicBool,
    lost: AtomicUsize,
}

impl Wire {
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State { target, loses_answers: AtomicBool::new(false), lost: AtomicUsize::new(0) });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, Arc::clone(&shared)));
            }
        });
        Self { port, state }
    }

    /// From now on the first bytes from the server cut their connection instead of arriving.
    pub fn lose_answers(&self) {
        self.state.loses_answers.store(true, Ordering::SeqCst);
    }

    /// How many answers were lost.
    pub fn lost(&self) -> usize {
        self.state.lost.load(Ordering::SeqCst)
    }
}

async fn pass(client: TcpStream, state: Arc<State>) {
    let server = TcpStream::connect(state.target).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let answers = async {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(size @ 1..) = from_server.read(&mut buffer).await {
            if state.loses_answers.load(Ordering::SeqCst) {
                state.lost.fetch_add(1, Ordering::SeqCst);
                return;
            }
            if to_client.write_all(&buffer[..size]).await.is_err() {
                return;
            }
        }
    };
    // What ends first closes both connections.
    tokio::select! {
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
        () = answers => {}
    }
}
