//! The change feed and the event stream: whole, cut, silent, too large.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use frontdesk_api_client::{ApiClient, EventStream, FailureKind, ServerEvent};
use rustls::version::TLS13;
use support::{After, Authority, Fixed, Flaw, client, config, signed_in};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const FEED: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
const EVENTS: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const LAST: &str = "0\r\n\r\n";

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

async fn read_all(client: &ApiClient) -> (Vec<u8>, Result<(), FailureKind>) {
    let mut changes = client.changes(None).await.unwrap();
    let mut read = Vec::new();
    let end = loop {
        match changes.next().await {
            Ok(Some(bytes)) => read.extend_from_slice(&bytes),
            Ok(None) => break Ok(()),
            Err(failure) => break Err(failure.kind),
        }
    };
    let again = changes.next().await.map(|bytes| assert_eq!(bytes, None)).map_err(|failure| failure.kind);
    assert_eq!(again, end, "an end stays the same");
    (read, end)
}

#[tokio::test]
async fn a_whole_feed_ends() {
    let server = Fixed::plain([FEED, &chunk("{\"a\":1}\n{\"b\""), &chunk(":2}\n"), LAST].concat(), After::Close).await;
    assert_eq!(read_all(&client(&server.url())).await, (b"{\"a\":1}\n{\"b\":2}\n".to_vec(), Ok(())));
}

#[tokio::test]
async fn a_feed_cut_between_or_within_chunks_is_an_error_and_not_an_end() {
    for cut in [chunk("{\"a\":1}\n"), chunk("{\"a\":1}\n") + "ff\r\n{\"b\""] {
        let server = Fixed::plain([FEED, &cut].concat(), After::Close).await;
        let (read, end) = read_all(&client(&server.url())).await;
        assert!(read.starts_with(b"{\"a\":1}\n"));
        assert_eq!(end, Err(FailureKind::Unreachable));
    }
}

#[tokio::test]
async fn a_feed_cut_within_tls_is_an_error() {
    let authority = Authority::new();
    let server = Fixed::tls(authority.server(Flaw::None, &[&TLS13]), [FEED, &chunk("{}\n")].concat()).await;
    let mut config = config(&server.tls_url());
    config.extra_ca_pem = Some(authority.pem());
    let client = ApiClient::new(&config, signed_in()).unwrap();
    assert_eq!(read_all(&client).await, (b"{}\n".to_vec(), Err(FailureKind::Unreachable)));
}

/// A Zstandard frame (RFC 8878) of one block that is not compressed.
fn zstd_frame(text: &str) -> Vec<u8> {
    let size = u8::try_from(text.len()).unwrap();
    let block = (u32::from(size) << 3 | 1).to_le_bytes();
    [&[0x28, 0xb5, 0x2f, 0xfd, 0x20, size][..], &block[..3], text.as_bytes()].concat()
}

fn zstd_response(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ncontent-encoding: zstd\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn a_compressed_feed_is_decompressed_and_its_cut_is_an_error() {
    let frame = zstd_frame("{\"a\":1}\n{\"b\":2}\n");
    let server = Fixed::plain(zstd_response(&frame), After::Close).await;
    assert_eq!(read_all(&client(&server.url())).await, (b"{\"a\":1}\n{\"b\":2}\n".to_vec(), Ok(())));

    // The answer is whole; what was compressed is not.
    let server = Fixed::plain(zstd_response(&frame[..frame.len() - 4]), After::Close).await;
    let (_, end) = read_all(&client(&server.url())).await;
    assert_eq!(end, Err(FailureKind::Unreachable));

    let server = Fixed::plain(zstd_response(b"no frame at all"), After::Close).await;
    let (read, end) = read_all(&client(&server.url())).await;
    assert_eq!((read, end), (Vec::new(), Err(FailureKind::BadResponse)));
}

#[tokio::test]
async fn a_feed_that_falls_silent_is_a_timeout() {
    let server = Fixed::plain([FEED, &chunk("{}\n")].concat(), After::StayOpen).await;
    let mut config = config(&server.url());
    config.timeouts.feed_idle = Duration::from_millis(200);
    let client = ApiClient::new(&config, signed_in()).unwrap();
    assert_eq!(read_all(&client).await, (b"{}\n".to_vec(), Err(FailureKind::Timeout)));
}

#[tokio::test]
async fn a_page_in_the_place_of_a_stream_is_a_bad_response() {
    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: 6\r\n\r\n<html>";
    let server = Fixed::plain(page, After::Close).await;
    let client = client(&server.url());
    assert_eq!(client.changes(None).await.unwrap_err().kind, FailureKind::BadResponse);
    assert_eq!(client.events().await.unwrap_err().kind, FailureKind::BadResponse);
}

#[tokio::test]
async fn dropping_a_feed_ends_the_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(&format!("http://{}", listener.local_addr().unwrap()));
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut head = [0; 4096];
        assert!(socket.read(&mut head).await.unwrap() > 0);
        socket.write_all([FEED, &chunk("{}\n")].concat().as_bytes()).await.unwrap();
        // The client's end of the connection.
        socket.read(&mut head).await
    });
    let mut changes = client.changes(None).await.unwrap();
    assert!(changes.next().await.unwrap().is_some());
    assert!(!server.is_finished());
    drop(changes);
    let read = tokio::time::timeout(Duration::from_secs(5), server).await.expect("the connection is closed").unwrap();
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
}

async fn events(server: &Fixed) -> EventStream {
    client(&server.url()).events().await.unwrap()
}

#[tokio::test]
async fn hints_are_told_and_everything_else_passed_over() {
    let said = [
        EVENTS,
        &chunk(": hello\n\n"),
        &chunk("event: hint\ndata: {}\n\nevent: weather\ndata: fine\n\n"),
        &chunk("ev"),
        &chunk("ent: hint\r"),
        &chunk("\ndata: 1\r\ndata: 2\r\n\r\n"),
        &chunk("data: hint\n\n"),
        &chunk("event: hint\ndata: cut"),
        LAST,
    ]
    .concat();
    let server = Fixed::plain(said, After::Close).await;
    let mut events = events(&server).await;
    assert_eq!(events.next().await.unwrap(), Some(ServerEvent::Hint));
    assert_eq!(events.next().await.unwrap(), Some(ServerEvent::Hint));
    assert_eq!(events.next().await.unwrap(), None, "an event without its blank line is none");
    assert_eq!(events.next().await.unwrap(), None);
}

#[tokio::test]
async fn who_looks_at_a_lead_is_told_and_what_is_no_such_thing_passed_over() {
    let (lead, member) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
    let said = [
        EVENTS,
        &chunk("event: presence\ndata: somebody\n\nevent: presence\n\n"),
        &chunk(&format!("event: presence\ndata: {{\"lead_id\":\"{lead}\",\"member_ids\":[\"{member}\"]}}\n\n")),
        LAST,
    ]
    .concat();
    let server = Fixed::plain(said, After::Close).await;
    let mut events = events(&server).await;
    let presence = wire::presence::Presence {
        lead_id: domain::LeadId::from_uuid(lead),
        member_ids: vec![domain::MemberId::from_uuid(member)],
    };
    assert_eq!(events.next().await.unwrap(), Some(ServerEvent::Presence(presence)));
    assert_eq!(events.next().await.unwrap(), None);
}

#[tokio::test]
async fn a_cut_event_stream_is_an_error() {
    let server = Fixed::plain([EVENTS, &chunk("event: hint\ndata\n\n")].concat(), After::Close).await;
    let mut events = events(&server).await;
    assert_eq!(events.next().await.unwrap(), Some(ServerEvent::Hint));
    assert_eq!(events.next().await.unwrap_err().kind, FailureKind::Unreachable);
    assert_eq!(events.next().await.unwrap_err().kind, FailureKind::Unreachable);
}

#[tokio::test]
async fn an_event_stream_without_a_sign_of_life_is_dead() {
    let server = Fixed::plain([EVENTS, &chunk(": ping\n\n")].concat(), After::StayOpen).await;
    let mut config = config(&server.url());
    config.timeouts.events_idle = Duration::from_millis(200);
    let mut events = ApiClient::new(&config, signed_in()).unwrap().events().await.unwrap();
    assert_eq!(events.next().await.unwrap_err().kind, FailureKind::Timeout);
}

#[tokio::test]
async fn comments_are_signs_of_life() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config(&format!("http://{}", listener.local_addr().unwrap()));
    config.timeouts.events_idle = Duration::from_secs(1);
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut head = [0; 4096];
        assert!(socket.read(&mut head).await.unwrap() > 0);
        socket.write_all(EVENTS.as_bytes()).await.unwrap();
        // Longer than the client would wait in silence.
        let mut beat = tokio::time::interval(Duration::from_millis(100));
        for _ in 0..15 {
            beat.tick().await;
            socket.write_all(chunk(": ping\n\n").as_bytes()).await.unwrap();
        }
        socket.write_all(chunk("event: hint\ndata\n\n").as_bytes()).await.unwrap();
        socket
    });
    let mut events = ApiClient::new(&config, signed_in()).unwrap().events().await.unwrap();
    assert_eq!(events.next().await.unwrap(), Some(ServerEvent::Hint));
    server.await.unwrap();
}

#[tokio::test]
async fn an_event_that_never_ends_is_not_kept() {
    for piece in [
        "data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ] {
        let said = [EVENTS, &chunk("event: hint\ndata\n\n"), &chunk(piece).repeat(1000)].concat();
        let server = Fixed::plain(said, After::StayOpen).await;
        let mut events = events(&server).await;
        assert_eq!(events.next().await.unwrap(), Some(ServerEvent::Hint));
        assert_eq!(events.next().await.unwrap_err().kind, FailureKind::BadResponse);
    }
}

#[tokio::test]
async fn many_small_events_are_not_one_large_one() {
    let said = [EVENTS, &chunk(": ping\n\n").repeat(4000), &chunk("event: hint\ndata\n\n"), LAST].concat();
    let server = Fixed::plain(said, After::Close).await;
    let mut events = events(&server).await;
    assert_eq!(events.next().await.unwrap(), Some(ServerEvent::Hint));
    assert_eq!(events.next().await.unwrap(), None);
}
