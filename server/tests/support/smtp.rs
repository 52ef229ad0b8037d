//! A mail server for tests, on a socket of this machine: takes mails, with and without TLS, and fails where it is told to.

#![allow(clippy::unwrap_used, dead_code)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

/// What it does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Refuses the recipient for now.
    Busy,
    /// Refuses the recipient for good.
    NoSuchAddress,
    /// Takes a mail whole, and is gone before it says so.
    CutAfterData,
    /// Does not take any name and password.
    NoSignIn,
}

/// How connections are encrypted.
#[derive(Clone)]
pub enum Security {
    Plain,
    StartTls(TlsAcceptor),
    Tls(TlsAcceptor),
}

/// A mail it took, or was given before it was gone.
#[derive(Debug, Clone)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    pub text: String,
    pub is_encrypted: bool,
    /// What was given as name and password, as it came.
    pub signed_in: Option<String>,
}

/// The server; dropping it closes its port.
pub struct MailSink {
    pub addr: SocketAddr,
    shared: Arc<Shared>,
    task: AbortHandle,
}

#[derive(Default)]
struct Shared {
    mails: Mutex<Vec<Received>>,
    fault: Mutex<Option<Fault>>,
    fired: Mutex<Vec<Fault>>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl MailSink {
    pub async fn start(security: Security) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), security).await
    }

    pub async fn start_at(addr: SocketAddr, security: Security) -> Self {
        let listener = TcpListener::bind(addr).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, security) = (Arc::clone(&accepting), security.clone());
                // A client that goes away in the middle is no failure of the server's.
                tokio::spawn(async move { drop(serve(stream, &shared, security).await) });
            }
        });
        Self { addr, shared, task: task.abort_handle() }
    }

    /// What it does wrong from now on.
    pub fn fail_with(&self, fault: Option<Fault>) {
        *self.shared.fault.lock().unwrap() = fault;
    }

    /// The mails it took.
    pub fn mails(&self) -> Vec<Received> {
        self.shared.mails.lock().unwrap().clone()
    }

    /// What it did wrong so far.
    pub fn fired(&self) -> Vec<Fault> {
        self.shared.fired.lock().unwrap().clone()
    }
}

impl Drop for MailSink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    /// Whether this fault is to happen now; it is remembered that it did.
    fn fires(&self, fault: Fault) -> bool {
        let fires = *self.fault.lock().unwrap() == Some(fault);
        if fires {
            self.fired.lock().unwrap().push(fault);
        }
        fires
    }
}

/// With the certificate and key of these files' content.
pub fn acceptor(cert_pem: &[u8], key_pem: &[u8]) -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(cert_pem).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(key_pem).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(stream: TcpStream, shared: &Shared, security: Security) -> std::io::Result<()> {
    let mut is_encrypted = matches!(security, Security::Tls(_));
    let stream: Box<dyn Stream> = match &security {
        Security::Tls(acceptor) => Box::new(acceptor.accept(stream).await?),
        Security::Plain | Security::StartTls(_) => Box::new(stream),
    };
    let mut stream = BufReader::new(stream);
    let (mut from, mut to, mut signed_in) = (String::new(), Vec::new(), None);
    say(&mut stream, "220 sink.test ESMTP").await?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        let verb = command.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                say(&mut stream, "250-sink.test").await?;
                if matches!(security, Security::StartTls(_)) && !is_encrypted {
                    say(&mut stream, "250-STARTTLS").await?;
                }
                say(&mut stream, "250-AUTH PLAIN").await?;
                say(&mut stream, "250 8BITMIME").await?;
            }
            "STARTTLS" => {
                let Security::StartTls(acceptor) = &security else { return say(&mut stream, "502 no").await };
                say(&mut stream, "220 go ahead").await?;
                stream = BufReader::new(Box::new(acceptor.accept(stream.into_inner()).await?));
                is_encrypted = true;
            }
            "AUTH" if shared.fires(Fault::NoSignIn) => say(&mut stream, "535 5.7.8 who are you").await?,
            "AUTH" => {
                signed_in = command.rsplit(' ').next().map(ToOwned::to_owned);
                say(&mut stream, "235 2.7.0 welcome").await?;
            }
            "MAIL" => {
                from = path(&command);
                say(&mut stream, "250 2.1.0 ok").await?;
            }
            "RCPT" if shared.fires(Fault::Busy) => say(&mut stream, "451 4.7.1 try again later").await?,
            "RCPT" if shared.fires(Fault::NoSuchAddress) => {
                say(&mut stream, &format!("550 5.1.1 <{}>: no such user", path(&command))).await?;
            }
            "RCPT" => {
                to.push(path(&command));
                say(&mut stream, "250 2.1.5 ok").await?;
            }
            "DATA" => {
                say(&mut stream, "354 go on").await?;
                let text = data(&mut stream).await?;
                let mail =
                    Received { from: from.clone(), to: to.clone(), text, is_encrypted, signed_in: signed_in.clone() };
                shared.mails.lock().unwrap().push(mail);
                if shared.fires(Fault::CutAfterData) {
                    return Ok(());
                }
                say(&mut stream, "250 2.0.0 taken").await?;
            }
            "QUIT" => return say(&mut stream, "221 2.0.0 bye").await,
            "NOOP" | "RSET" => say(&mut stream, "250 2.0.0 ok").await?,
            _ => say(&mut stream, "500 5.5.2 what").await?,
        }
    }
}

async fn say(stream: &mut BufReader<Box<dyn Stream>>, line: &str) -> std::io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await?;
    stream.flush().await
}

/// What stands between `<` and `>`.
fn path(command: &str) -> String {
    command.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

/// Lines up to the one with a dot alone.
async fn data(stream: &mut BufReader<Box<dyn Stream>>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(text);
        }
        // A dot at the start of a line came doubled (RFC 5321 §4.5.2).
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
