//! Signing in, staying signed in, and how it ends.

use reqwest::{Method, StatusCode};
use serde_json::json;
use wire::ApiErrorCode;
use wire::auth::{Session, Tokens};
use wire::device::DeviceList;

use crate::harness::{Answer, OWNER, PASSWORD, SALES, STRANGER, TestServer, owner_id, sign_in, studio_id};

async fn refresh(server: &TestServer, token: &str) -> Answer {
    let body = json!({ "refresh_token": token });
    server.anonymous().send(Method::POST, "/v1/auth/refresh", Some(body)).await
}

#[tokio::test]
async fn a_member_signs_in_whatever_the_case_of_the_address() {
    let server = TestServer::start(1, 1).await;
    let answer = server
        .anonymous()
        .send(Method::POST, "/v1/auth/sign-in", Some(sign_in(" OLGA@Studio.Example ", PASSWORD)))
        .await;
    let session: Session = answer.json();
    assert_eq!(session.studio.id, studio_id());
    assert_eq!(session.studio.name, "Lumen");
    assert_eq!(session.member.id, owner_id());
    assert_eq!(session.tokens.access_expires_in_s, 600);
    assert_eq!(server.client_with(&session.tokens.access_token).get("/v1/devices").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_password_an_unknown_address_and_a_foreign_studio_look_the_same() {
    let server = TestServer::start(1, 1).await;
    let mut foreign = sign_in(STRANGER, PASSWORD);
    foreign["studio_id"] = json!(studio_id());
    let mut bodies = Vec::new();
    for request in [sign_in(OWNER, "wrong password"), sign_in("nobody@studio.example", PASSWORD), foreign] {
        let answer = server.anonymous().send(Method::POST, "/v1/auth/sign-in", Some(request)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let mut refusal = answer.refusal();
        assert_eq!(refusal.code, ApiErrorCode::InvalidCredentials);
        refusal.request_id.clear();
        bodies.push(refusal);
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn an_access_token_ends_after_ten_minutes_and_is_refreshed() {
    let server = TestServer::start(1, 1).await;
    let session = server.session(OWNER).await;
    let client = server.client_with(&session.tokens.access_token);
    server.clock.advance_ms(599_000);
    assert_eq!(client.get("/v1/devices").await.status, StatusCode::OK);
    server.clock.advance_ms(1_000);
    assert_eq!(client.get("/v1/devices").await.code(), ApiErrorCode::TokenExpired);

    let renewed: Tokens = refresh(&server, &session.tokens.refresh_token).await.json();
    assert_ne!(renewed.refresh_token, session.tokens.refresh_token);
    let devices: DeviceList = server.client_with(&renewed.access_token).get("/v1/devices").await.json();
    assert_eq!(devices.devices.len(), 1);
    assert_eq!(devices.devices[0].last_seen_at.since_ms(devices.devices[0].signed_in_at), 600_000);
}

#[tokio::test]
async fn tokens_are_refused_when_absent_forged_or_of_another_kind() {
    let server = TestServer::start(1, 1).await;
    let session = server.session(OWNER).await;
    let (head, tail) = session.tokens.access_token.split_at(session.tokens.access_token.len() - 6);
    for token in [&format!("{head}AAAAAA"), &session.tokens.refresh_token, "", "a.b.c"] {
        assert_ne!(*token, format!("{head}{tail}"), "the control is another test");
        assert_eq!(server.client_with(token).get("/v1/devices").await.code(), ApiErrorCode::SessionRevoked);
    }
    assert_eq!(server.anonymous().get("/v1/devices").await.code(), ApiErrorCode::SessionRevoked);
    assert_eq!(refresh(&server, "nonsense").await.code(), ApiErrorCode::SessionRevoked);
}

#[tokio::test]
async fn using_a_refresh_token_twice_ends_the_whole_family() {
    let server = TestServer::start(1, 1).await;
    let session = server.session(OWNER).await;
    let other = server.session(OWNER).await;
    let renewed: Tokens = refresh(&server, &session.tokens.refresh_token).await.json();

    assert_eq!(refresh(&server, &session.tokens.refresh_token).await.code(), ApiErrorCode::SessionRevoked);
    assert_eq!(refresh(&server, &renewed.refresh_token).await.code(), ApiErrorCode::SessionRevoked);
    let thief = server.client_with(&renewed.access_token);
    assert_eq!(thief.get("/v1/devices").await.code(), ApiErrorCode::SessionRevoked);

    let devices: DeviceList = server.client_with(&other.tokens.access_token).get("/v1/devices").await.json();
    assert_eq!(devices.devices.iter().map(|d| d.id).collect::<Vec<_>>(), [other.device_id], "other devices live on");
}

#[tokio::test]
async fn of_fifty_at_once_with_one_token_one_is_answered_and_nobody_keeps_the_session() {
    let server = TestServer::start(1, 1).await;
    let session = server.session(OWNER).await;
    let client = server.anonymous();
    let body = json!({ "refresh_token": session.tokens.refresh_token });
    let attempts = (0..50).map(|_| {
        let (client, body) = (client.clone(), body.clone());
        tokio::spawn(async move { client.send(Method::POST, "/v1/auth/refresh", Some(body)).await })
    });
    let mut won = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        let answer = attempt.await.unwrap();
        if answer.status.is_success() {
            won.push(answer.json::<Tokens>());
        } else {
            assert_eq!(answer.code(), ApiErrorCode::SessionRevoked);
        }
    }
    assert_eq!(won.len(), 1, "exactly one exchange is answered");
    assert_eq!(refresh(&server, &won[0].refresh_token).await.code(), ApiErrorCode::SessionRevoked);
    let winner = server.client_with(&won[0].access_token);
    assert_eq!(winner.get("/v1/devices").await.code(), ApiErrorCode::SessionRevoked);
}

#[tokio::test]
async fn a_session_nobody_refreshes_for_thirty_days_is_over() {
    let server = TestServer::start(1, 1).await;
    let session = server.session(OWNER).await;
    server.clock.advance_ms(30 * 86_400_000);
    assert_eq!(refresh(&server, &session.tokens.refresh_token).await.code(), ApiErrorCode::SessionRevoked);
}

#[tokio::test]
async fn devices_show_where_and_when_and_a_revoked_one_stops_at_once() {
    let server = TestServer::start(1, 1).await;
    let lost = server.session(OWNER).await;
    server.clock.advance_ms(5_000);
    let here = server.session(OWNER).await;
    let client = server.client_with(&here.tokens.access_token);

    let list: DeviceList = client.get("/v1/devices").await.json();
    assert_eq!(list.devices.iter().map(|d| d.id).collect::<Vec<_>>(), [here.device_id, lost.device_id]);
    assert_eq!(list.devices.iter().map(|d| d.is_current).collect::<Vec<_>>(), [true, false]);
    assert_eq!(list.devices[1].ip, "127.0.0.1");
    assert_eq!(list.devices[1].os, "Debian GNU/Linux 12");
    assert_eq!(list.devices[0].signed_in_at.since_ms(list.devices[1].signed_in_at), 5_000);

    let colleague = server.client(SALES).await;
    let path = format!("/v1/devices/{}", lost.device_id);
    assert_eq!(colleague.send(Method::DELETE, &path, None).await.code(), ApiErrorCode::NotFound, "not theirs");

    assert_eq!(client.send(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    let revoked = server.client_with(&lost.tokens.access_token);
    assert_eq!(revoked.get("/v1/devices").await.code(), ApiErrorCode::SessionRevoked);
    assert_eq!(revoked.get("/v1/sync/changes").await.code(), ApiErrorCode::SessionRevoked);
    assert_eq!(refresh(&server, &lost.tokens.refresh_token).await.code(), ApiErrorCode::SessionRevoked);
    assert_eq!(client.send(Method::DELETE, &path, None).await.code(), ApiErrorCode::NotFound, "already gone");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_again_is_no_error() {
    let server = TestServer::start(1, 1).await;
    let session = server.session(OWNER).await;
    let body = json!({ "refresh_token": session.tokens.refresh_token });
    for _ in 0..2 {
        let answer = server.anonymous().send(Method::POST, "/v1/auth/sign-out", Some(body.clone())).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }
    let client = server.client_with(&session.tokens.access_token);
    assert_eq!(client.get("/v1/devices").await.code(), ApiErrorCode::SessionRevoked);
}

#[tokio::test]
async fn sessions_survive_a_restart_and_secrets_are_closed_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let server = TestServer::start(1, 1).await;
    let session = server.session(OWNER).await;
    let server = server.restart().await;
    let client = server.client_with(&session.tokens.access_token);
    assert_eq!(client.get("/v1/devices").await.status, StatusCode::OK);

    let mode = |name: &str| std::fs::metadata(server.data_dir().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    let database = format!("studios/{}.db", studio_id());
    for name in ["secret.key", "directory.db", &database] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
}

#[tokio::test]
async fn somebody_who_is_a_member_already_is_not_there_twice() {
    let server = TestServer::start(1, 1).await;
    let again = domain::Member {
        id: domain::MemberId::from_uuid(uuid::Uuid::from_u128(9)),
        name: "Olga again".to_owned(),
        email: "OLGA@studio.example".to_owned(),
        role: domain::Role::Sales,
    };
    let refused = server.running.admin().create_member(studio_id(), again.clone(), PASSWORD.into()).await;
    assert!(matches!(refused, Err(frontdesk_server::AdminError::AlreadyMember)), "{refused:?}");
    let replica = crate::feed::Replica::pull(&server.client(OWNER).await).await;
    assert_eq!(replica.get("member", &again.id), None, "no colleague whom nobody is");
}
