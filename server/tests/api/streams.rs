//! Streams outlast the request that opened them: who may still read one, and how many there are.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use wire::changes::Row;

use crate::feed::Replica;
use crate::harness::{
    OWNER, PASSWORD, SALES, STRANGER, TestServer, lead_id, owner_id, rows, sales_id, sign_in, studio_id,
};
use crate::operator::{line, run};

/// Streams of a kind that one device may read at a time.
const STREAMS_A_DEVICE: usize = 4;

/// Reads on until there is a `text`, or the stream has ended.
async fn rest(stream: &mut reqwest::Response, text: &str) -> String {
    let mut heard = Vec::new();
    let reading = async {
        while let Ok(Some(chunk)) = stream.chunk().await {
            let new = heard.len().saturating_sub(text.len());
            heard.extend_from_slice(&chunk);
            if heard[new..].windows(text.len()).any(|window| window == text.as_bytes()) {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reading).await.expect("in time");
    String::from_utf8_lossy(&heard).into_owned()
}

/// More than fits between a server that writes and a client that does not read.
pub async fn fill_with_long_messages(server: &TestServer) {
    let rows = rows(900, 1).into_iter().filter(|row| !matches!(row, Row::Stage(_))).map(|row| match row {
        Row::Message(message) => Row::Message(domain::Message { body: "x".repeat(60_000), ..message }),
        row => row,
    });
    let rows: Vec<_> = rows.collect();
    server.running.admin().import(studio_id(), rows.into_iter()).await.unwrap();
}

#[tokio::test]
async fn a_feed_breaks_off_when_what_its_member_may_see_changes() {
    let server = TestServer::start(0, 0).await;
    fill_with_long_messages(&server).await;
    let client = server.client(OWNER).await;
    let feed = || client.request(Method::GET, "/v1/sync/changes").header("accept-encoding", "identity").send();
    let whole = rest(&mut feed().await.unwrap(), "\n{\"end\":").await;
    assert!(whole.contains("\n{\"end\":"), "the control is read to its end");

    let mut stream = feed().await.unwrap();
    server.database.set_role(owner_id(), "sales");
    let heard = rest(&mut stream, "\n{\"end\":").await;
    assert!(heard.contains("\n{\"failed\":") && !heard.contains("\n{\"end\":"));
    assert!(heard.len() < whole.len() / 2, "{} of {} bytes", heard.len(), whole.len());
}

#[tokio::test]
async fn hints_end_when_nobody_has_refreshed_the_session() {
    let server = TestServer::start(3, 2).await;
    let client = server.client(OWNER).await;
    let mut forgotten = client.request(Method::GET, "/v1/sync/events").send().await.unwrap();
    rest(&mut forgotten, "event: hint").await;
    server.clock.advance_ms(30 * 86_400_000);
    let here = server.client(OWNER).await;
    let mut alive = here.request(Method::GET, "/v1/sync/events").send().await.unwrap();
    rest(&mut alive, "event: hint").await;

    here.patch_lead(0, json!({ "notes": "changed" })).await;
    assert!(rest(&mut alive, "event: hint").await.contains("event: hint"), "the control hears of it");
    assert!(!rest(&mut forgotten, "event: hint").await.contains("event: hint"));
}

#[tokio::test]
async fn what_another_program_writes_is_hinted_at_to_those_who_listen_there() {
    let server = TestServer::start(3, 2).await;
    let (olga, sten) = (server.client(OWNER).await, server.client(STRANGER).await);
    let mut replica = Replica::pull(&olga).await;
    let open = |client: &crate::harness::Client| client.request(Method::GET, "/v1/sync/events").send();
    let (mut here, mut there) = (open(&olga).await.unwrap(), open(&sten).await.unwrap());
    for stream in [&mut here, &mut there] {
        rest(stream, "event: hint").await;
    }

    let data = server.data_dir().display().to_string();
    let args = ["member", "--data", &data, "--studio", &studio_id().to_string(), "--role", "manager"];
    let member = line(&run(&server.database, &args, &format!("Mara\nmara@studio.example\n{PASSWORD}\n")).await);
    assert!(rest(&mut here, "event: hint").await.contains("event: hint"));
    replica.update(&olga).await;
    assert!(replica.get("member", &member).is_some(), "and there is something to pull");

    // Twice the time in which they look.
    let silence = tokio::time::timeout(Duration::from_secs(2), async {
        tokio::select! { chunk = here.chunk() => chunk, chunk = there.chunk() => chunk }
    });
    let heard = silence.await;
    assert!(heard.is_err(), "once, and nobody else: {heard:?}");
    olga.patch_lead(0, json!({ "notes": "changed" })).await;
    assert!(rest(&mut here, "event: hint").await.contains("event: hint"), "its own changes are told as before");
    let again = tokio::time::timeout(Duration::from_secs(2), here.chunk()).await;
    assert!(again.is_err(), "and not twice: {again:?}");
}

#[tokio::test]
async fn one_stream_too_many_ends_the_oldest_of_that_device_only() {
    let server = TestServer::start(3, 2).await;
    let (here, there) = (server.client(OWNER).await, server.client(OWNER).await);
    let open = |client: &crate::harness::Client| client.request(Method::GET, "/v1/sync/events").send();
    let mut other = open(&there).await.unwrap();
    rest(&mut other, "event: hint").await;
    let mut streams = Vec::new();
    for _ in 0..=STREAMS_A_DEVICE {
        let mut stream = open(&here).await.unwrap();
        rest(&mut stream, "event: hint").await;
        streams.push(stream);
    }
    assert_eq!(rest(&mut streams[0], "event: never").await.matches("event: hint").count(), 0, "it has ended");

    here.patch_lead(0, json!({ "notes": "changed" })).await;
    for stream in streams[1..].iter_mut().chain([&mut other]) {
        assert!(rest(stream, "event: hint").await.contains("event: hint"), "the others go on");
    }
}

#[tokio::test]
async fn a_stream_that_was_left_makes_room() {
    let server = TestServer::start(1, 1).await;
    let client = server.client(OWNER).await;
    let mut first = client.request(Method::GET, "/v1/sync/events").send().await.unwrap();
    rest(&mut first, "event: hint").await;
    for _ in 0..3 * STREAMS_A_DEVICE {
        // Read to its end, or it would still be under way.
        assert_eq!(client.get("/v1/sync/changes").await.status, StatusCode::OK);
    }
    let again = server.anonymous().send(Method::POST, "/v1/auth/sign-in", Some(sign_in(OWNER, PASSWORD))).await;
    assert_eq!(again.status, StatusCode::OK);
    client.patch_lead(0, json!({ "notes": "changed" })).await;
    assert!(rest(&mut first, "event: hint").await.contains("event: hint"), "feeds end no hints");
}

async fn look(client: &crate::harness::Client, lead: Option<u64>) -> StatusCode {
    client.send(Method::PUT, "/v1/presence", Some(json!({ "lead_id": lead.map(lead_id) }))).await.status
}

/// What the stream tells next of who is on the lead.
async fn told(stream: &mut reqwest::Response, lead: u64, members: &[domain::MemberId]) {
    let data = json!({ "lead_id": lead_id(lead), "member_ids": members });
    let event = format!("event: presence\ndata: {data}\n\n");
    assert!(rest(stream, &event).await.contains(&event), "{event}");
}

#[tokio::test]
async fn who_looks_at_a_lead_is_told_to_colleagues_who_see_it() {
    let server = TestServer::start(3, 1).await;
    let (olga, sami, sten) = (server.client(OWNER).await, server.client(SALES).await, server.client(STRANGER).await);
    let open = |client: &crate::harness::Client| client.request(Method::GET, "/v1/sync/events").send();
    let mut hers = open(&olga).await.unwrap();
    let (mut his, mut elsewhere) = (open(&sami).await.unwrap(), open(&sten).await.unwrap());
    for stream in [&mut hers, &mut his, &mut elsewhere] {
        rest(stream, "data: changed\n\n").await;
    }
    // The first is out of his sight, the second everybody's.
    assert_eq!(look(&olga, Some(0)).await, StatusCode::NO_CONTENT);
    assert_eq!(look(&olga, Some(1)).await, StatusCode::NO_CONTENT);
    told(&mut his, 1, &[owner_id()]).await;
    assert_eq!(look(&sami, Some(2)).await, StatusCode::NO_CONTENT);
    told(&mut hers, 2, &[sales_id()]).await;
    let mut late = open(&olga).await.unwrap();
    told(&mut late, 2, &[sales_id()]).await;
    assert_eq!(look(&sami, None).await, StatusCode::NO_CONTENT);
    told(&mut hers, 2, &[]).await;

    // Who signs out is nowhere.
    let device = server.session(OWNER).await;
    assert_eq!(look(&server.client_with(&device.tokens.access_token), Some(2)).await, StatusCode::NO_CONTENT);
    told(&mut his, 2, &[owner_id()]).await;
    olga.send(Method::DELETE, &format!("/v1/devices/{}", device.device_id), None).await;
    told(&mut his, 2, &[]).await;

    for lead in [0, 77] {
        assert_eq!(look(&sami, Some(lead)).await, StatusCode::NOT_FOUND);
    }
    assert_eq!(look(&sten, Some(1)).await, StatusCode::NOT_FOUND);
    olga.patch_lead(0, json!({ "notes": "changed" })).await;
    let heard = rest(&mut his, "event: hint").await;
    assert!(!heard.contains(&lead_id(0).to_string()), "{heard}");
    let silence = tokio::time::timeout(Duration::from_millis(200), elsewhere.chunk()).await;
    assert!(silence.is_err(), "another studio hears nothing");
}

#[tokio::test]
async fn a_lead_that_leaves_somebodys_sight_takes_who_looks_at_it_along() {
    let server = TestServer::start(3, 1).await;
    let (olga, sami) = (server.client(OWNER).await, server.client(SALES).await);
    let mut his = sami.request(Method::GET, "/v1/sync/events").send().await.unwrap();
    assert_eq!(look(&olga, Some(2)).await, StatusCode::NO_CONTENT);
    told(&mut his, 2, &[owner_id()]).await;
    olga.patch_lead(2, json!({ "owner_id": owner_id() })).await;
    told(&mut his, 2, &[]).await;
}
