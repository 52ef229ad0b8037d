//! A server that sends malformed, oversized or unknown changes: told, kept, and nothing lost.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use desk::view::{Connection, DeskEvent};
use desk::{DeskError, ErrorCode};
use domain::{Member, Permission, Role, UnixMs};
use store::read::LeadFilter;
use testkit::{TestDesk, TestServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wire::changes::{Begin, Change, Cursor, FeedKind, Line, Row, RowId, Totals};

use crate::{STUDIO, manager};

/// A server over plain http on loopback that signs anybody in and then sends the lines it was given.
struct Impostor {
    url: String,
    script: Arc<Mutex<Script>>,
}

#[derive(Default)]
struct Script {
    feed: Vec<u8>,
    /// Cursors that are refused; the empty one stands for none.
    refused: Vec<&'static str>,
    /// How often the feed was asked for.
    asked: usize,
}

impl Script {
    /// The answer to a question for changes: its status, its type and its body.
    fn answer(&mut self, head: &str) -> (&'static str, &'static str, Vec<u8>) {
        self.asked += 1;
        let query = head.split_whitespace().nth(1).and_then(|path| path.split_once("cursor="));
        let cursor = query.map_or("", |(_, cursor)| cursor);
        if self.refused.contains(&cursor) {
            let body = br#"{"code":"cursor_invalid","message":"","request_id":"r1"}"#;
            return ("400 Bad Request", "application/json", body.to_vec());
        }
        ("200 OK", "application/x-ndjson", self.feed.clone())
    }
}

impl Impostor {
    async fn start(server: &TestServer) -> anyhow::Result<Self> {
        let session = serde_json::json!({
            "access_token": "access", "access_expires_in_s": 600, "refresh_token": "refresh",
            "device_id": uuid::Uuid::now_v7(), "studio": server.studio, "member": manager(server),
        })
        .to_string();
        let script: Arc<Mutex<Script>> = Arc::default();
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let played = Arc::clone(&script);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let session = session.clone();
                let script = Arc::clone(&played);
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
                    let (status, kind, body) = if head.contains("/v1/auth/sign-in") {
                        ("200 OK", "application/json", session.into_bytes())
                    } else if head.contains("/v1/sync/changes") {
                        script.lock().expect("not poisoned").answer(&head)
                    } else if head.contains("/v1/sync/events") {
                        let start = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: here\n\n";
                        let _ = stream.write_all(start.as_bytes()).await;
                        std::future::pending::<()>().await;
                        return;
                    } else {
                        ("200 OK", "application/json", b"{}".to_vec())
                    };
                    let answer = format!(
                        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                        body.len()
                    );
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.write_all(&body).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Ok(Self { url, script })
    }

    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.script.lock().expect("not poisoned")
    }

    fn send(&self, lines: &[Vec<u8>]) {
        self.script().feed = lines.concat();
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
    line(&Line::Begin(Begin {
        kind: FeedKind::Snapshot,
        totals,
        rows_before: 0,
        epoch: "e".to_owned(),
        now,
        lease_s: None,
        head: None,
    }))
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

/// A desk that has signed in there.
async fn at(impostor: &Impostor, server: &TestServer) -> anyhow::Result<TestDesk> {
    let desk = TestDesk::new(server)?;
    desk.sign_in_at(&impostor.url, "a@lumen.example", "irrelevant").await?;
    Ok(desk)
}

fn page(cursor: &str) -> Vec<u8> {
    line(&Line::Page(Cursor(cursor.to_owned())))
}

fn end(cursor: &str) -> Vec<u8> {
    line(&Line::End(Cursor(cursor.to_owned())))
}

fn delta() -> Vec<u8> {
    let now = sync::Clock::now(&sync::SystemClock);
    line(&Line::Begin(Begin {
        kind: FeedKind::Delta,
        totals: Totals::default(),
        rows_before: 0,
        epoch: "e".to_owned(),
        now,
        lease_s: None,
        head: None,
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_cursor_starts_a_snapshot_that_sweeps_only_at_its_end() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let leads = lead_lines(&server);
    let impostor = Impostor::start(&server).await?;
    impostor.send(&[begin(), leads[0].clone(), leads[1].clone(), end("old")]);
    let mut desk = at(&impostor, &server).await?;
    desk.wait_until_synced().await?;
    assert_eq!(desk.desk.lead_count(LeadFilter::default()).await?, 2);

    // Half a snapshot, without the second lead: it is not known yet whether that one is gone.
    impostor.script().refused = vec!["old"];
    impostor.send(&[begin(), leads[2].clone(), page("half")]);
    desk.desk.sync_now().await?;
    desk.wait_for_event("the new lead", |event| matches!(event, DeskEvent::Changed(changed) if changed.leads)).await?;
    assert_eq!(desk.desk.lead_count(LeadFilter::default()).await?, 3, "what was there stays until the end");
    assert!(desk.desk.sync_status().await?.first_sync.is_some(), "and it is said that it goes on");

    impostor.send(&[begin(), leads[0].clone(), end("new")]);
    desk.desk.sync_now().await?;
    desk.wait_until_synced().await?;
    assert_eq!(desk.desk.lead_count(LeadFilter::default()).await?, 2, "the lead the server no longer has is gone");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_every_cursor_is_not_asked_without_end() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let impostor = Impostor::start(&server).await?;
    impostor.script().refused = vec![""];
    let mut desk = at(&impostor, &server).await?;
    let status = desk.wait_for_status("stopped", |status| status.connection == Connection::Stopped).await?;
    assert_eq!(status.problem.map(|problem| problem.code), Some(ErrorCode::ServerFailed));
    // It tries again after waits that grow: far fewer than the thousands of a loop without one.
    let asked = impostor.script().asked;
    assert!((1..=3).contains(&asked), "{asked}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_changes_is_heeded_at_once() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let impostor = Impostor::start(&server).await?;
    let me = manager(&server).clone();
    let member = |row: Member| line(&Line::Change(Change::Upsert(Row::Member(row))));
    impostor.send(&[begin(), member(me.clone()), end("one")]);
    let mut desk = at(&impostor, &server).await?;
    desk.wait_until_synced().await?;
    desk.desk.check_may_export().await?;

    let owner = server.member(Role::Owner)?.clone();
    let gone = line(&Line::Change(Change::Delete(RowId::Member(me.id))));
    for (what, change) in [
        ("demoted", vec![member(Member { role: Role::Sales, ..me })]),
        ("no longer a member", vec![member(owner), gone]),
    ] {
        impostor.send(&[delta(), change.concat(), end(what)]);
        desk.desk.sync_now().await?;
        desk.wait_for_event(what, |event| matches!(event, DeskEvent::Changed(changed) if changed.studio)).await?;
        let refused = desk.desk.check_may_export().await.err();
        assert!(matches!(refused, Some(DeskError::Forbidden(Permission::ExportLeads))), "{what}: {refused:?}");
        assert!(!desk.desk.session().await?.permissions.contains(&Permission::ExportLeads), "{what}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_keeps_its_report_id_and_passes_on_no_text_of_the_server() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let impostor = Impostor::start(&server).await?;
    impostor.send(&[
        begin(),
        br#"{"failed":{"request_id":"Alice\u202e <alice@example.com>"}}"#.to_vec(),
        b"\n".to_vec(),
    ]);
    let mut desk = at(&impostor, &server).await?;
    let told = desk.wait_for_status("stopped", |status| status.connection == Connection::Stopped).await?;
    let problem = told.problem.expect("stopped by a problem");
    let id = problem.report_id.clone().expect("a report id");
    assert!(!id.contains("lice") && id.parse::<uuid::Uuid>().is_ok(), "{id}");
    assert_eq!(desk.desk.sync_status().await?.problem, Some(problem), "asked again, it is the same report");
    Ok(())
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
        let mut desk = at(&impostor, &server).await?;
        let status = desk.wait_for_status(what, |status| status.connection == Connection::Stopped).await?;
        assert_eq!(status.problem.map(|problem| problem.code), Some(ErrorCode::MalformedFeed), "{what}");
        assert_eq!(
            desk.desk.lead_count(LeadFilter::default()).await?,
            1,
            "{what}: the whole page stays, the broken one goes"
        );
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
    let mut desk = at(&impostor, &server).await?;
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
