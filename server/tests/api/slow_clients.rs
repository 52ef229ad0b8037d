//! Clients that hold a connection by being slow, on real sockets. Each has a control: as slow as is allowed is served.

use std::time::{Duration, Instant};

use frontdesk_server::{Config, ConnectionLimits, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{OWNER, TestServer, sign_in};
use crate::streams::fill_with_long_messages;

/// Short enough to wait for, long enough for a busy machine to be quicker.
const LIMITS: ConnectionLimits = ConnectionLimits {
    max: 40,
    max_per_address: 20,
    head_timeout: Duration::from_millis(1_500),
    answer_timeout: Duration::from_millis(1_500),
    write_timeout: Duration::from_millis(1_500),
};
/// A client this slow is within every limit; one that is slow twenty times is not.
const PAUSE: Duration = Duration::from_millis(150);
/// What must happen happens well within it.
const LONG: Duration = Duration::from_secs(60);

fn impatient(config: Config) -> Config {
    Config { connections: LIMITS, transport: Transport::InsecureHttpLoopback, ..config }
}

async fn server() -> TestServer {
    TestServer::start_with(1, 1, impatient).await
}

async fn connect(server: &TestServer) -> TcpStream {
    TcpStream::connect(server.running.addr()).await.unwrap()
}

/// What arrives until the connection is closed, or cut.
async fn rest(stream: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    let reading = async { while let Ok(1..) = stream.read_buf(&mut heard).await {} };
    tokio::time::timeout(LONG, reading).await.expect("the connection is closed");
    String::from_utf8_lossy(&heard).into_owned()
}

/// Sends it byte by byte with pauses. How many were sent before the connection was closed, and what was answered.
async fn dribble(stream: &mut TcpStream, bytes: &[u8]) -> (usize, String) {
    let (mut reader, mut writer) = stream.split();
    let mut heard = Vec::new();
    let mut sent = 0;
    let reading = async { while let Ok(1..) = reader.read_buf(&mut heard).await {} };
    let writing = async {
        for byte in bytes {
            if writer.write_all(std::slice::from_ref(byte)).await.is_err() {
                break;
            }
            sent += 1;
            tokio::time::sleep(PAUSE).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = reading => {}
        () = writing => {}
        () = tokio::time::sleep(LONG) => panic!("the connection is never closed"),
    }
    (sent, String::from_utf8_lossy(&heard).into_owned())
}

#[tokio::test]
async fn a_head_that_dribbles_is_given_up() {
    let server = server().await;
    let endless = format!("GET /v1/health HTTP/1.1\r\nhost: desk\r\nx-padding: {}", "x".repeat(1_000));
    let (sent, answered) = dribble(&mut connect(&server).await, endless.as_bytes()).await;
    assert!((2..200).contains(&sent), "it was sending when it was cut off: {sent}");
    assert!(!answered.contains("204"), "{answered}");

    let mut patient = connect(&server).await;
    for part in ["GET /v1/health HTT", "P/1.1\r\nhost: desk\r\n", "connection: close\r\n\r\n"] {
        patient.write_all(part.as_bytes()).await.unwrap();
        tokio::time::sleep(PAUSE).await;
    }
    assert!(rest(&mut patient).await.starts_with("HTTP/1.1 204"), "the control");
}

#[tokio::test]
async fn a_client_that_says_nothing_is_given_up_before_and_between_requests() {
    let server = server().await;
    let began = Instant::now();
    assert_eq!(rest(&mut connect(&server).await).await, "");
    assert!(began.elapsed() >= LIMITS.head_timeout);

    let mut idle = connect(&server).await;
    for _ in 0..2 {
        idle.write_all(b"GET /v1/health HTTP/1.1\r\nhost: desk\r\n\r\n").await.unwrap();
        let mut answer = [0; 12];
        idle.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 204", "the control: it may take its time");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(idle.read_u8().await.unwrap());
        }
        tokio::time::sleep(PAUSE).await;
    }
    assert_eq!(rest(&mut idle).await, "", "closed without another word");
}

#[tokio::test]
async fn a_body_that_dribbles_is_given_up() {
    let server = server().await;
    let head = "POST /v1/auth/sign-in HTTP/1.1\r\nhost: desk\r\ncontent-type: application/json\r\n";
    let mut slow = connect(&server).await;
    slow.write_all(format!("{head}content-length: 1000\r\n\r\n").as_bytes()).await.unwrap();
    let (sent, answered) = dribble(&mut slow, &[b' '; 1_000]).await;
    assert!((2..200).contains(&sent), "it was sending when it was answered: {sent}");
    assert!(answered.starts_with("HTTP/1.1 408") && answered.contains("x-request-id"), "{answered}");

    let body = sign_in(OWNER, "a guess at random").to_string();
    let mut patient = connect(&server).await;
    let head = format!("{head}connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    for part in [head.as_str(), &body[..20], &body[20..]] {
        patient.write_all(part.as_bytes()).await.unwrap();
        tokio::time::sleep(PAUSE).await;
    }
    let answered = rest(&mut patient).await;
    assert!(answered.starts_with("HTTP/1.1 401"), "the control: {answered}");
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_given_up() {
    let server = TestServer::start_with(0, 0, impatient).await;
    fill_with_long_messages(&server).await;
    let token = server.session(OWNER).await.tokens.access_token;
    let request = format!(
        "GET /v1/sync/changes HTTP/1.1\r\nhost: desk\r\naccept-encoding: identity\r\nconnection: close\r\n\
         authorization: Bearer {token}\r\n\r\n"
    );
    // As much as the system's buffers hold is sent without anybody taking it; this is far more.
    let mut lazy = connect(&server).await;
    lazy.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(4 * LIMITS.write_timeout).await;
    let got = rest(&mut lazy).await;
    assert!(got.starts_with("HTTP/1.1 200") && !got.contains("\n{\"end\":"), "cut off after {} bytes", got.len());

    let mut slow = connect(&server).await;
    slow.write_all(request.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    for _ in 0..15 {
        // Enough at a time that the system asks for more.
        let got = (&mut slow).take(1 << 20).read_to_end(&mut heard).await.unwrap();
        assert_eq!(got, 1 << 20, "cut off after {} bytes", heard.len());
        tokio::time::sleep(PAUSE).await;
    }
    let whole = String::from_utf8_lossy(&heard).into_owned() + &rest(&mut slow).await;
    assert!(whole.contains("\n{\"end\":"), "the control: in the end it has all of {} bytes", whole.len());
    assert!(got.len() < whole.len());
}

#[tokio::test]
async fn an_http_2_client_that_never_ends_its_head_is_given_up() {
    let server = server().await;
    let mut slow = connect(&server).await;
    // The preface, empty settings, and a HEADERS frame on stream 1 that says that more is to come: nothing ever does.
    slow.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    slow.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
    slow.write_all(&[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82]).await.unwrap();
    let began = Instant::now();
    rest(&mut slow).await;
    assert!(began.elapsed() >= LIMITS.write_timeout / 2, "it was asked whether it is still there");

    // The control, which answers when it is asked: its stream of hints outlives several such times.
    let client = server.client(OWNER).await;
    let http2 = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let client = crate::harness::Client { http: http2, ..client };
    let mut hints = client.request(reqwest::Method::GET, "/v1/sync/events").send().await.unwrap();
    assert_eq!(hints.version(), reqwest::Version::HTTP_2);
    assert!(hints.chunk().await.unwrap().is_some());
    let next = tokio::time::timeout(3 * LIMITS.write_timeout, hints.chunk()).await;
    assert!(next.is_err(), "still open and quiet: {next:?}");
}

#[tokio::test]
async fn one_address_gets_no_more_than_its_share_of_connections() {
    let server = server().await;
    let mut held = Vec::new();
    for _ in 0..LIMITS.max_per_address {
        let mut stream = connect(&server).await;
        // Served, so that it is certain to be counted; and then held.
        stream.write_all(b"GET /v1/health HTTP/1.1\r\nhost: desk\r\n\r\nGET /v1/he").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'H');
        held.push(stream);
    }
    assert_eq!(rest(&mut connect(&server).await).await, "", "one more is closed unheard");
    // Given up by the timeout for heads, they make room.
    for stream in &mut held {
        rest(stream).await;
    }
    let mut again = connect(&server).await;
    again.write_all(b"GET /v1/health HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(rest(&mut again).await.starts_with("HTTP/1.1 204"));
}

#[tokio::test]
async fn a_handshake_that_does_not_go_on_is_given_up() {
    let server = TestServer::start_with(1, 1, |config| Config { connections: LIMITS, ..config }).await;
    let began = Instant::now();
    let mut slow = connect(&server).await;
    slow.write_all(&[0x16, 0x03, 0x01, 0x02]).await.unwrap();
    rest(&mut slow).await;
    assert!(began.elapsed() >= LIMITS.head_timeout);
    assert_eq!(server.anonymous().get("/v1/health").await.status, reqwest::StatusCode::NO_CONTENT, "the control");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = server().await;
    let ask = async |head: String| {
        let mut stream = connect(&server).await;
        // It may be closed before it has heard everything.
        let _ = stream.write_all(format!("{head}\r\nhost: desk\r\nconnection: close\r\n\r\n").as_bytes()).await;
        rest(&mut stream).await
    };
    let get = "GET /v1/health HTTP/1.1".to_owned();
    assert!(ask(get.clone()).await.starts_with("HTTP/1.1 204"), "the control");
    for (head, status) in [
        (format!("{get}\r\nx-large: {}", "x".repeat(17 * 1024)), "431"),
        (get.clone() + &(0..65).map(|n| format!("\r\nx-{n}: 1")).collect::<String>(), "431"),
        (format!("GET /{} HTTP/1.1", "x".repeat(9 * 1024)), "414"),
    ] {
        let answer = ask(head).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{status}: {answer}");
        for said in ["x-request-id: ", "x-content-type-options: nosniff", "\"code\":\"invalid_input\""] {
            assert!(answer.contains(said), "{status} says {said}: {answer}");
        }
    }
    for head in [
        format!("{get}\r\nx-large: {}", "x".repeat(200 * 1024)),
        get + &(0..200).map(|n| format!("\r\nx-{n}: 1")).collect::<String>(),
        format!("GET /{} HTTP/1.1", "x".repeat(200 * 1024)),
    ] {
        let answer = ask(head).await;
        assert!(!answer.contains("204"), "refused before it is understood: {answer}");
    }
}
