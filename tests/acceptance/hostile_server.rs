//! A server that sends malformed, oversized or unknown changes: told, kept, and nothing lost.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use desk::view::Connection;
use desk::ErrorCode;
use domain::UnixMs;
use store::read::LeadFilter;
use testkit::{TestDesk, TestServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wire::changes::{Begin, Change, Cursor, FeedKind, Line, Row, Totals};

use crate::{STUDIO, manager};

/// A server over plain http on loopback that signs anybody in and then sends the lines it was given.
struct Impostor {
    url: String,
    feed: Arc<Mutex<Vec<u8>>>,
}

impl Impostor {
    async fn start(server: &TestServer) -> anyhow::Result<Self> {
        let session = serde_json::json!({
            "access_token": "access", "access_expires_in_s": 600, "refresh_token": "refresh",
            "device_id": uuid::Uuid::now_v7(), "studio": server.studio, "member": manager(server),
        })
        .to_string();
        let feed: Arc<Mutex<Vec<u8>>> = Arc::default();
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let sent = Arc::clone(&feed);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let session = session.clone();
                let feed = sent.lock().expect("not poisoned").clone();
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    let mut buffer = [0; 4096];
                    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
                        match stream.read(&mut buffer).await {
                            Ok(size @ 1..) => head.extend_from_slice(&buffer[..size]),
                            _ => return,
                        }
                    }
                    let head = String::from_utf8_lossy(&head).into_owned();
                    let (kind, body) = if head.contains("/v1/auth/sign-in") {
                        ("application/json", session.into_bytes())
                    } else if head.contains("/v1/sync/changes") {
                        ("application/x-ndjson", feed)
                    } else if head.contains("/v1/sync/events") {
                        let start = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: here\n\n";
                        let _ = stream.write_all(start.as_bytes()).await;
                        std::future::pending::<()>().await;
                        return;
                    } else {
                        ("application/json", b"{}".to_vec())
                    };
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                        body.len()
                    );
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.write_all(&body).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Ok(Self { url, feed })
    }

    fn send(&self, lines: &[Vec<u8>]) {
        *self.feed.lock().expect("not poisoned") = lines.concat();
    }
}

fn line(line: &Line) -> Vec<u8> {
    let mut bytes = Vec::new();
    line.write(&mut bytes).expect("lines serialise");
    bytes
}

fn begin() -> Vec<u8> {
    let totals = Totals { leads: 3, ..Totals::default() };
    let now = sync::Clock::now(&sync::SystemClock);
    line(&Line::Begin(Begin { kind: FeedKind::Snapshot, totals, rows_before: 0, now }))
}

fn lead_lines(server: &TestServer) -> Vec<Vec<u8>> {
    server
        .rows
        .iter()
        .filter(|row| matches!(row, Row::Lead(_)))
        .take(3)
        .map(|row| line(&Line::Change(Change::Upsert(row.clone()))))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_feed_stops_the_sync_and_keeps_what_was_whole() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let leads = lead_lines(&server);
    for (what, broken) in [
        ("not JSON", b"<html>Bad gateway</html>\n".to_vec()),
        ("a line beyond all bounds", [vec![b'{'; 2 << 20], b"\n".to_vec()].concat()),
        ("lines out of order", begin()),
    ] {
        let impostor = Impostor::start(&server).await?;
        let page = line(&Line::Page(Cursor("one".to_owned())));
        impostor.send(&[begin(), leads[0].clone(), page.clone(), leads[1].clone(), broken]);
        let mut desk = TestDesk::new(&server)?;
        desk.sign_in_at(&impostor.url, "a@lumen.example", "irrelevant").await?;
        let status = desk.wait_for_status(what, |status| status.connection == Connection::Stopped).await?;
        assert_eq!(status.problem.map(|problem| problem.code), Some(ErrorCode::MalformedFeed), "{what}");
        assert_eq!(desk.desk.lead_count(LeadFilter::default()).await?, 1, "{what}: the whole page stays, the broken one goes");
        // The control: once the server is mended, the rest arrives.
        impostor.send(&[begin(), leads[1].clone(), leads[2].clone(), page, line(&Line::End(Cursor("end".to_owned())))]);
        desk.desk.sync_now().await?;
        desk.wait_until_synced().await?;
        assert!(desk.desk.lead_count(LeadFilter::default()).await? >= 2, "{what}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_this_version_can_not_read_is_kept_and_counted() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let leads = lead_lines(&server);
    let impostor = Impostor::start(&server).await?;
    let unknown = br#"{"change":{"upsert":{"booking":{"id":"b1","name":"from a newer server"}}}}"#;
    impostor.send(&[
        begin(),
        leads[0].clone(),
        [unknown.as_slice(), b"\n"].concat(),
        leads[1].clone(),
        line(&Line::End(Cursor("end".to_owned()))),
    ]);
    let mut desk = TestDesk::new(&server)?;
    desk.sign_in_at(&impostor.url, "a@lumen.example", "irrelevant").await?;
    let status = desk.wait_until_synced().await?;
    assert_eq!(status.unreadable_changes, 1);
    assert_eq!(desk.desk.lead_count(LeadFilter::default()).await?, 2, "what can be read is");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_is_told_and_stops_nothing() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let behind = 3 * 3_600_000;
    let clock = move || UnixMs(sync::Clock::now(&sync::SystemClock).0 - behind);
    let mut desk = TestDesk::with_clock(&server, Arc::new(clock))?;
    desk.sign_in(&manager(&server).email, TestServer::PASSWORD).await?;
    let status = desk.wait_until_synced().await?;
    let skew = status.clock_skew_ms.expect("the clocks differ");
    assert!((skew + behind).abs() < 60_000, "{skew}");
    // The control: a right clock is not complained about.
    let mut right = TestDesk::signed_in(&server, manager(&server)).await?;
    assert_eq!(right.wait_until_synced().await?.clock_skew_ms, None);
    Ok(())
}
