//! Refresh tokens: what is a retry and what is theft (`docs/adr/0006`).

use std::collections::BTreeSet;

use reqwest::StatusCode;
use wire::ApiErrorCode;
use wire::auth::{Session, Tokens};
use wire::device::DeviceList;

use crate::cut::Wire;
use crate::harness::{Answer, Client, OWNER, TestServer};

const OWNERS_KEY: &str = "0c5a7c0e-3f52-4b54-8f0b-2b8f6d1f7a01";
const THIEFS_KEY: &str = "7e1d9d0a-6c3b-4d5f-9a51-90b0c4a4be02";

/// Whether the session goes on: its access token is let in, and its refresh token exchanged.
async fn is_alive(server: &TestServer, tokens: &Tokens) -> bool {
    let let_in = server.client_with(&tokens.access_token).get("/v1/devices").await;
    if let_in.status != StatusCode::OK {
        assert_eq!(let_in.code(), ApiErrorCode::SessionRevoked);
    }
    let exchanged = server.refresh(&tokens.refresh_token).await;
    assert_eq!(exchanged.status, let_in.status, "the two agree");
    exchanged.status == StatusCode::OK
}

/// Refresh tokens that are on record as exchanged.
fn exchanged(server: &TestServer) -> i64 {
    server.database.count("SELECT count(*) FROM refresh_token WHERE used_at IS NOT NULL")
}

/// Sends a refresh of which the answer is lost on the wire.
async fn lose_answer(server: &TestServer, token: &str, key: Option<&str>) {
    let wire = Wire::to(server.running.addr()).await;
    // One connection, on which the server says nothing but answers.
    let http = server.http().http1_only().build().unwrap();
    let client = Client { http, base: format!("https://localhost:{}", wire.port), token: None };
    assert_eq!(client.get("/v1/health").await.status, StatusCode::NO_CONTENT, "the control: the wire is whole");
    let before = exchanged(server);
    wire.lose_answers();
    let refresh =
        wire::auth::Refresh { refresh_token: Some(token.to_owned()), idempotency_key: key.map(ToOwned::to_owned) };
    let lost = client.request(reqwest::Method::POST, "/v1/auth/refresh").json(&refresh).send().await;
    assert!(lost.is_err(), "no answer came");
    assert_eq!((wire.lost(), exchanged(server)), (1, before + 1), "the server did answer");
}

#[tokio::test]
async fn a_refresh_whose_answer_was_lost_is_sent_again_and_the_session_goes_on() {
    let server = TestServer::start(1, 1).await;
    let session = server.session(OWNER).await;
    lose_answer(&server, &session.tokens.refresh_token, Some(OWNERS_KEY)).await;
    // Days later, and after a restart: there is no race with a time.
    server.clock.advance_ms(9 * 86_400_000);
    let server = server.restart().await;

    let client = server.anonymous();
    let renewed: Tokens = client.refresh(&session.tokens.refresh_token, Some(OWNERS_KEY)).await.json();
    let again: Tokens = client.refresh(&session.tokens.refresh_token, Some(OWNERS_KEY)).await.json();
    assert_eq!(again.refresh_token, renewed.refresh_token, "a retry is answered as its first was");
    assert_eq!(exchanged(&server), 1, "and uses up nothing");
    let devices: DeviceList = server.client_with(&again.access_token).get("/v1/devices").await.json();
    assert_eq!(devices.devices[0].last_seen_at.since_ms(devices.devices[0].signed_in_at), 9 * 86_400_000);
    assert!(is_alive(&server, &renewed).await);
}

#[tokio::test]
async fn without_a_key_a_retry_can_not_be_told_from_theft() {
    let server = TestServer::start(1, 1).await;
    let session = server.session(OWNER).await;
    let other = server.session(OWNER).await;
    lose_answer(&server, &session.tokens.refresh_token, None).await;
    assert_eq!(server.refresh(&session.tokens.refresh_token).await.code(), ApiErrorCode::SessionRevoked);
    assert!(!is_alive(&server, &session.tokens).await);
    assert!(is_alive(&server, &other.tokens).await, "other devices live on");
}

#[tokio::test]
async fn a_stolen_token_ends_the_session_whoever_comes_first() {
    let server = TestServer::start(1, 1).await;
    for keys in [[OWNERS_KEY, THIEFS_KEY], [THIEFS_KEY, OWNERS_KEY]] {
        let session = server.session(OWNER).await;
        let client = server.anonymous();
        let first: Tokens = client.refresh(&session.tokens.refresh_token, Some(keys[0])).await.json();
        let second = client.refresh(&session.tokens.refresh_token, Some(keys[1])).await;
        assert_eq!(second.code(), ApiErrorCode::SessionRevoked);
        assert!(!is_alive(&server, &first).await, "nor does the first keep it");
    }
}

#[tokio::test]
async fn a_token_stolen_while_its_answer_was_lost_ends_the_session_too() {
    let server = TestServer::start(1, 1).await;
    let session = server.session(OWNER).await;
    lose_answer(&server, &session.tokens.refresh_token, Some(OWNERS_KEY)).await;
    let client = server.anonymous();
    let thief = client.refresh(&session.tokens.refresh_token, Some(THIEFS_KEY)).await;
    assert_eq!(thief.code(), ApiErrorCode::SessionRevoked);
    let owner = client.refresh(&session.tokens.refresh_token, Some(OWNERS_KEY)).await;
    assert_eq!(owner.code(), ApiErrorCode::SessionRevoked, "who learns of it by that");
}

#[tokio::test]
async fn a_thief_with_token_and_key_is_noticed_when_both_have_gone_on() {
    let server = TestServer::start(1, 1).await;
    for keys in [[OWNERS_KEY, THIEFS_KEY], [THIEFS_KEY, OWNERS_KEY]] {
        let session = server.session(OWNER).await;
        let client = server.anonymous();
        let shared = "shared-because-the-store-was-copied-in-that-moment";
        let one: Tokens = client.refresh(&session.tokens.refresh_token, Some(shared)).await.json();
        let other: Tokens = client.refresh(&session.tokens.refresh_token, Some(shared)).await.json();
        let gone_on: Tokens = client.refresh(&one.refresh_token, Some(keys[0])).await.json();
        let too_late = client.refresh(&other.refresh_token, Some(keys[1])).await;
        assert_eq!(too_late.code(), ApiErrorCode::SessionRevoked);
        assert!(!is_alive(&server, &gone_on).await);
    }
}

#[tokio::test]
async fn a_retry_after_the_new_token_was_used_ends_the_session() {
    let server = TestServer::start(1, 1).await;
    let session = server.session(OWNER).await;
    let client = server.anonymous();
    let second: Tokens = client.refresh(&session.tokens.refresh_token, Some(OWNERS_KEY)).await.json();
    let third: Tokens = client.refresh(&second.refresh_token, Some(OWNERS_KEY)).await.json();
    let replayed = client.refresh(&session.tokens.refresh_token, Some(OWNERS_KEY)).await;
    assert_eq!(replayed.code(), ApiErrorCode::SessionRevoked);
    assert!(!is_alive(&server, &third).await);
}

#[tokio::test]
async fn a_key_of_another_form_is_refused_and_uses_nothing_up() {
    let server = TestServer::start(1, 1).await;
    let session = server.session(OWNER).await;
    let client = server.anonymous();
    let answer = client.refresh(&session.tokens.refresh_token, Some("1")).await;
    assert_eq!(answer.field(), "idempotency_key");
    assert!(is_alive(&server, &session.tokens).await);
}

/// A hundred exchanges of one token at the same time, each with the key of its number.
async fn race(server: &TestServer, session: &Session, key: impl Fn(usize) -> Option<String>) -> Vec<Answer> {
    let client = server.anonymous();
    let attempts: Vec<_> = (0..100)
        .map(|n| {
            let (client, token, key) = (client.clone(), session.tokens.refresh_token.clone(), key(n));
            tokio::spawn(async move { client.refresh(&token, key.as_deref()).await })
        })
        .collect();
    let mut answers = Vec::new();
    for attempt in attempts {
        answers.push(attempt.await.unwrap());
    }
    answers
}

fn won(answers: &[Answer]) -> Vec<Tokens> {
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status.is_success());
    assert!(lost.iter().all(|answer| answer.code() == ApiErrorCode::SessionRevoked));
    won.iter().map(|answer| answer.json()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_at_once_one_is_answered_and_nobody_keeps_the_session() {
    let server = TestServer::start(1, 1).await;
    let keys: [fn(usize) -> Option<String>; 2] =
        [|_| None, |n| Some(format!("a key of attempt number {n:08}").replace(' ', "-"))];
    for key in keys {
        let session = server.session(OWNER).await;
        let won = won(&race(&server, &session, key).await);
        assert_eq!(won.len(), 1, "exactly one exchange is answered");
        assert!(!is_alive(&server, &won[0]).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_retries_at_once_all_get_the_same_and_the_session_goes_on() {
    let server = TestServer::start(1, 1).await;
    let session = server.session(OWNER).await;
    let won = won(&race(&server, &session, |_| Some(OWNERS_KEY.to_owned())).await);
    let tokens: BTreeSet<_> = won.iter().map(|tokens| &tokens.refresh_token).collect();
    assert_eq!((won.len(), tokens.len(), exchanged(&server)), (100, 1, 1));
    assert!(is_alive(&server, &won[0]).await);
}
