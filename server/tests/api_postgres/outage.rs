//! What clients are told while the database is away, and that it is all they notice.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode, header};
use serde_json::json;
use wire::ApiErrorCode;

use crate::cluster::Cluster;
use crate::database::TestDatabase;
use crate::feed::Feed;
use crate::harness::{OWNER, PASSWORD, TestServer, message_id, sign_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_every_route_says_when_to_come_back() {
    let cluster: &'static Cluster = Box::leak(Box::new(Cluster::start(&["synchronous_commit = on"])));
    let database = TestDatabase::on(cluster).await;
    let server = TestServer::start_on(tempfile::tempdir().unwrap(), database, 6, 2).await;
    let session = server.session(OWNER).await;
    let client = server.client_with(&session.tokens.access_token);
    let before = Feed::read(&client, None).await.end.unwrap();
    let refresh = || Some(json!({ "refresh_token": session.tokens.refresh_token }));

    cluster.stop();
    for (method, path, body) in [
        (Method::POST, "/v1/auth/sign-in", Some(sign_in(OWNER, PASSWORD))),
        (Method::POST, "/v1/auth/refresh", refresh()),
        (Method::GET, "/v1/devices", None),
        (Method::GET, "/v1/sync/changes", None),
        (Method::GET, "/v1/sync/events", None),
        (Method::POST, "/v1/audit", Some(json!({ "entries": [] }))),
    ] {
        let started = Instant::now();
        let answer = client.send(method, path, body).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}: {}", answer.text());
        assert_eq!(answer.headers[header::RETRY_AFTER], "2", "{path}");
        let refusal = answer.refusal();
        assert_eq!((refusal.code, refusal.retry_after_s), (ApiErrorCode::Internal, Some(2)), "{path}");
        assert!(started.elapsed() < Duration::from_secs(3), "{path}: {:?}", started.elapsed());
    }
    let record = client.record(0, message_id(90), "inbound", "hello").await;
    assert_eq!(record.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(client.patch_lead(0, json!({ "notes": "x" })).await.status, StatusCode::SERVICE_UNAVAILABLE);
    let health = client.get("/v1/health").await;
    assert_eq!(health.status, StatusCode::NO_CONTENT, "the server itself is well");

    cluster.run();
    assert_eq!(client.get("/v1/devices").await.status, StatusCode::OK, "at once, by itself");
    let since = Feed::read(&client, Some(&before)).await;
    assert!(since.upserts().is_empty(), "nothing of what was refused happened");
    let again = client.record(0, message_id(90), "inbound", "hello").await;
    assert_eq!(again.status, StatusCode::CREATED);
    // The token was not used up by an exchange that did not happen.
    let renewed = client.send(Method::POST, "/v1/auth/refresh", refresh()).await;
    assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.text());
}
