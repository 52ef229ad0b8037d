//! A studio whose database is put back from a backup: clients hold what came after it, and have to start over.

use reqwest::StatusCode;
use serde_json::json;
use wire::ApiErrorCode;

use crate::database::TestDatabase;
use crate::feed::{Feed, Replica};
use crate::harness::{Answer, Client, OWNER, SALES, TestServer, studio_id};
use crate::operator::{line, run};

fn back_up(server: &TestServer) -> Vec<u8> {
    server.database.back_up(studio_id())
}

/// Puts the copy back in place of the database, while the server is stopped.
async fn restore(server: TestServer, copy: &[u8]) -> TestServer {
    let before = server.running.admin().change_seq(studio_id()).await.unwrap();
    let server = server.restart_after(|database| database.restore(studio_id(), copy)).await;
    let after = server.running.admin().change_seq(studio_id()).await.unwrap();
    assert!(after < before, "the studio went back: {before} to {after}");
    server
}

async fn resume(client: &Client, replica: &Replica) -> Answer {
    client.get(&format!("/v1/sync/changes?cursor={}", replica.cursor.as_ref().unwrap().0)).await
}

async fn write(client: &Client, times: usize, what: &str) {
    for n in 0..times {
        let answer = client.patch_lead(1, json!({ "notes": format!("{what} {n}") })).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
}

/// The same client at the server that took the other's place.
async fn again(server: &TestServer, client: &Client) -> Client {
    server.client_with(client.token.as_ref().unwrap())
}

#[tokio::test]
async fn the_first_cursor_from_the_lost_future_makes_everyone_start_over() {
    let server = TestServer::start(30, 2).await;
    let (olga, sami) = (server.client(OWNER).await, server.client(SALES).await);
    let of_before = Replica::pull(&olga).await;
    let copy = back_up(&server);
    write(&olga, 5, "lost").await;
    let (mut olgas, mut samis) = (Replica::pull(&olga).await, Replica::pull(&sami).await);

    let server = server.restart().await;
    let (olga, sami) = (again(&server, &olga).await, again(&server, &sami).await);
    for (client, replica) in [(&olga, &olgas), (&sami, &samis), (&olga, &of_before)] {
        assert_eq!(
            resume(client, replica).await.status,
            StatusCode::OK,
            "the control: a restart alone changes nothing"
        );
    }

    let server = restore(server, &copy).await;
    let (olga, sami) = (again(&server, &olga).await, again(&server, &sami).await);
    assert_eq!(resume(&olga, &olgas).await.code(), ApiErrorCode::CursorInvalid);
    // By the time Sami comes, the studio has come further than his cursor.
    write(&olga, 20, "new").await;
    assert_eq!(resume(&sami, &samis).await.code(), ApiErrorCode::CursorInvalid);
    assert_eq!(resume(&olga, &of_before).await.code(), ApiErrorCode::CursorInvalid, "it can't be told from the others");

    for (client, replica) in [(&olga, &mut olgas), (&sami, &mut samis)] {
        *replica = Replica::pull(client).await;
        assert_eq!(replica.get("lead", &crate::harness::lead_id(1)).unwrap()["notes"], "new 19");
        assert_eq!(resume(client, replica).await.status, StatusCode::OK, "once is enough");
    }
    let server = server.restart().await;
    assert_eq!(resume(&again(&server, &olga).await, &olgas).await.status, StatusCode::OK, "for good");
}

#[tokio::test]
async fn an_operator_makes_everyone_start_over_where_no_cursor_tells() {
    let server = TestServer::start(30, 2).await;
    let olga = server.client(OWNER).await;
    let copy = back_up(&server);
    write(&olga, 5, "lost").await;
    let mut replica = Replica::pull(&olga).await;

    let server = restore(server, &copy).await;
    let olga = again(&server, &olga).await;
    // Before anybody came back, the studio has come further again.
    server.running.admin().import(studio_id(), later_leads().into_iter()).await.unwrap();
    replica.update(&olga).await;
    let fresh = Replica::pull(&olga).await;
    assert_ne!(replica.rows, fresh.rows, "the control: what was lost is still held, and nothing tells");

    let stranger = server.client(crate::harness::STRANGER).await;
    let theirs = Replica::pull(&stranger).await;
    let (data, studio) = (server.data_dir().display().to_string(), studio_id().to_string());
    assert_eq!(
        line(&run(&server.database, &["reset-cursors", "--data", &data, "--studio", &studio], "").await),
        studio
    );
    assert_eq!(resume(&olga, &replica).await.code(), ApiErrorCode::CursorInvalid, "while the server runs");
    assert_eq!(resume(&olga, &fresh).await.code(), ApiErrorCode::CursorInvalid);
    assert_eq!(resume(&stranger, &theirs).await.status, StatusCode::OK, "the other studio goes on");
    replica = Replica::pull(&olga).await;
    assert_eq!(replica.rows, fresh.rows);

    let all = run(&server.database, &["reset-cursors", "--data", &data], "").await;
    assert_eq!(line(&all).lines().count(), 2, "every studio");
    assert_eq!(resume(&olga, &replica).await.code(), ApiErrorCode::CursorInvalid);
    assert_eq!(resume(&stranger, &theirs).await.code(), ApiErrorCode::CursorInvalid);
}

/// Leads that come after the first thirty.
fn later_leads() -> Vec<wire::changes::Row> {
    use wire::changes::Row;
    let rows = crate::harness::rows(60, 0).into_iter();
    rows.filter(|row| matches!(row, Row::Lead(lead) if !(0..30).any(|n| crate::harness::lead_id(n) == lead.id)))
        .collect()
}

#[tokio::test]
async fn a_snapshot_under_way_starts_over_too() {
    let server = TestServer::start(700, 2).await;
    let olga = server.client(OWNER).await;
    let copy = back_up(&server);
    write(&olga, 5, "lost").await;
    let (_, place) = Feed::read_pages(&olga, None, 1).await.pages.remove(0);
    let server = restore(server, &copy).await;
    let olga = again(&server, &olga).await;
    let replica = Replica { cursor: Some(place), ..Replica::default() };
    assert_eq!(resume(&olga, &replica).await.code(), ApiErrorCode::CursorInvalid);
}

#[tokio::test]
async fn resetting_the_cursors_of_no_studio_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let database = TestDatabase::fresh(&dir.path().join("data")).await;
    let data = dir.path().join("data").display().to_string();
    let unknown = uuid::Uuid::from_u128(1).to_string();
    for (args, complaint) in [
        (vec!["reset-cursors", "--data", &data], "no studio"),
        (vec!["reset-cursors", "--data", &data, "--studio", &unknown], "no such studio"),
    ] {
        let output = run(&database, &args, "").await;
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains(complaint), "{output:?}");
    }
}
