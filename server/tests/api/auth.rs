//! Signing in, staying signed in, and how it ends.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use wire::ApiErrorCode;
use wire::auth::{Session, Tokens};
use wire::device::{DeviceList, RevokedOthers, SessionEnd};

use crate::harness::{NOW, OWNER, PASSWORD, SALES, STRANGER, TestServer, owner_id, sign_in, studio_id};

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

    let renewed: Tokens = server.refresh(&session.tokens.refresh_token).await.json();
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
        assert_eq!(server.client_with(token).get("/v1/devices").await.code(), ApiErrorCode::SessionExpired);
    }
    assert_eq!(server.anonymous().get("/v1/devices").await.code(), ApiErrorCode::SessionExpired);
    assert_eq!(server.refresh("nonsense").await.code(), ApiErrorCode::SessionExpired);
}

#[tokio::test]
async fn a_session_nobody_refreshes_for_thirty_days_is_over() {
    let server = TestServer::start(1, 1).await;
    let session = server.session(OWNER).await;
    server.clock.advance_ms(30 * 86_400_000);
    assert_eq!(server.refresh(&session.tokens.refresh_token).await.code(), ApiErrorCode::SessionExpired);
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
    assert_eq!(server.refresh(&lost.tokens.refresh_token).await.code(), ApiErrorCode::SessionRevoked);
    assert_eq!(client.send(Method::DELETE, &path, None).await.code(), ApiErrorCode::NotFound, "already gone");
}

#[tokio::test]
async fn all_other_devices_are_revoked_in_one_act_and_nobody_elses() {
    let server = TestServer::start(1, 1).await;
    let others = [server.session(OWNER).await, server.session(OWNER).await];
    let colleague = server.session(SALES).await;
    let here = server.session(OWNER).await;
    let signed_out = server.session(OWNER).await;
    let body = json!({ "refresh_token": signed_out.tokens.refresh_token });
    server.anonymous().send(Method::POST, "/v1/auth/sign-out", Some(body)).await;
    let client = server.client_with(&here.tokens.access_token);
    // Somebody listens on one of them: it hears of it.
    let listening = server.client_with(&others[0].tokens.access_token);
    let mut hints = listening.request(Method::GET, "/v1/sync/events").send().await.unwrap();
    assert!(hints.chunk().await.unwrap().is_some(), "the control");

    server.clock.advance_ms(1);
    let answer = client.send(Method::POST, "/v1/devices/revoke-others", None).await;
    assert_eq!(answer.json::<RevokedOthers>(), RevokedOthers { revoked: 2 });
    for other in &others {
        let ended = server.client_with(&other.tokens.access_token);
        assert_eq!(ended.get("/v1/devices").await.code(), ApiErrorCode::SessionRevoked);
        assert_eq!(server.refresh(&other.tokens.refresh_token).await.code(), ApiErrorCode::SessionRevoked);
    }
    let rest = async { while let Ok(Some(_)) = hints.chunk().await {} };
    tokio::time::timeout(Duration::from_secs(10), rest).await.expect("its stream has ended");

    let list: DeviceList = client.get("/v1/devices").await.json();
    assert_eq!(list.devices.iter().map(|device| device.id).collect::<Vec<_>>(), [here.device_id]);
    let because = |id| list.ended.iter().find(|ended| ended.device.id == id).map(|ended| ended.ended_because);
    assert_eq!(others.each_ref().map(|other| because(other.device_id)), [Some(SessionEnd::Revoked); 2]);
    assert_eq!(because(signed_out.device_id), Some(SessionEnd::SignedOut), "what had ended ended as it did");
    let colleagues = server.client_with(&colleague.tokens.access_token);
    assert_eq!(colleagues.get("/v1/devices").await.status, StatusCode::OK);
    let again = client.send(Method::POST, "/v1/devices/revoke-others", None).await;
    assert_eq!(again.json::<RevokedOthers>(), RevokedOthers { revoked: 0 });
}

#[tokio::test]
async fn devices_that_ended_stay_listed_for_thirty_days_and_are_forgotten_then() {
    const DAY_MS: i64 = 86_400_000;
    let server = TestServer::start(1, 1).await;
    let forgotten = server.session(OWNER).await;
    let stolen = server.session(OWNER).await;
    server.clock.advance_ms(20 * DAY_MS);
    let signed_out = server.session(OWNER).await;
    let revoked = server.session(OWNER).await;
    let colleagues = server.session(SALES).await;
    for _ in 0..2 {
        server.refresh(&stolen.tokens.refresh_token).await;
    }
    for session in [&signed_out, &colleagues] {
        let body = json!({ "refresh_token": session.tokens.refresh_token });
        server.anonymous().send(Method::POST, "/v1/auth/sign-out", Some(body)).await;
    }
    server.clock.advance_ms(20 * DAY_MS);
    let here = server.client(OWNER).await;
    server.clock.advance_ms(1);
    let path = format!("/v1/devices/{}", revoked.device_id);
    assert_eq!(here.send(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);

    let list: DeviceList = here.get("/v1/devices").await.json();
    assert_eq!(list.devices.len(), 1, "the one that asks");
    let told = |list: &DeviceList| -> Vec<_> {
        let told = list.ended.iter().map(|ended| (ended.device.id, ended.ended_because, ended.ended_at.since_ms(NOW)));
        told.collect()
    };
    let expected = [
        (revoked.device_id, SessionEnd::Revoked, 40 * DAY_MS + 1),
        (forgotten.device_id, SessionEnd::RanOut, 30 * DAY_MS),
        (signed_out.device_id, SessionEnd::SignedOut, 20 * DAY_MS),
        (stolen.device_id, SessionEnd::TokenReused, 20 * DAY_MS),
    ];
    assert_eq!(told(&list), expected, "the last to end first, and no colleague's");

    // To the last moment of the thirtieth day, and one beyond.
    server.clock.advance_ms(10 * DAY_MS - 2);
    let list: DeviceList = here_again(&server).await;
    assert_eq!(list.ended.len(), 4, "{:?}", told(&list));
    server.clock.advance_ms(1);
    let list: DeviceList = here_again(&server).await;
    assert_eq!(told(&list), expected[..2]);

    // The purge comes once a day, and here a day has passed since that of the start.
    let on_record = |server: &TestServer, id: domain::DeviceId| -> [i64; 2] {
        [("device", "id"), ("refresh_token", "device_id")]
            .map(|(table, column)| format!("SELECT count(*) FROM {table} WHERE {column} = '{id}'"))
            .map(|sql| server.database.count(&sql))
    };
    assert_eq!(on_record(&server, forgotten.device_id), [1, 1], "the control");
    server.clock.advance_ms(DAY_MS);
    for gone in [&stolen, &signed_out, &colleagues] {
        until(|| on_record(&server, gone.device_id) == [0, 0]).await;
    }
    assert_eq!((on_record(&server, revoked.device_id), on_record(&server, forgotten.device_id)), ([1, 1], [1, 1]));
    assert_eq!(server.refresh(&stolen.tokens.refresh_token).await.code(), ApiErrorCode::SessionRevoked);
    assert_eq!(server.database.count("SELECT count(*) FROM past_device WHERE was_ended = 1"), 3, "all that is left");

    // What was over when it starts goes at the start.
    server.clock.advance_ms(40 * DAY_MS);
    let server = server.restart().await;
    until(|| on_record(&server, revoked.device_id) == [0, 0] && on_record(&server, forgotten.device_id) == [0, 0])
        .await;
    drop(server);
}

#[tokio::test]
async fn a_device_that_comes_back_after_a_year_learns_whether_somebody_ended_its_session() {
    const DAY_MS: i64 = 86_400_000;
    let server = TestServer::start(1, 1).await;
    let [revoked, signed_out] = [server.session(OWNER).await, server.session(OWNER).await];
    let [reused, ran_out] = [server.session(OWNER).await, server.session(OWNER).await];
    let (removed, spent) = (server.session(SALES).await, server.session(STRANGER).await);
    let here = server.client(OWNER).await;
    let path = format!("/v1/devices/{}", revoked.device_id);
    assert_eq!(here.send(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    let body = json!({ "refresh_token": signed_out.tokens.refresh_token });
    server.anonymous().send(Method::POST, "/v1/auth/sign-out", Some(body)).await;
    let newest: Tokens = server.refresh(&reused.tokens.refresh_token).await.json();
    assert_eq!(server.refresh(&reused.tokens.refresh_token).await.code(), ApiErrorCode::SessionRevoked);

    // Long after these were forgotten, the salesperson is removed; and somebody has all their devices signed out.
    server.clock.advance_ms(100 * DAY_MS);
    let server = server.restart().await;
    until(|| server.database.count("SELECT count(*) FROM device") == 0).await;
    let owner = server.client(OWNER).await;
    let path = format!("/v1/members/{}", removed.member.id);
    assert_eq!(owner.send(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    let others = server.client(STRANGER).await.send(Method::POST, "/v1/devices/revoke-others", None).await;
    assert_eq!(others.json::<RevokedOthers>(), RevokedOthers { revoked: 0 }, "nobody is signed in on any");

    server.clock.advance_ms(300 * DAY_MS);
    for (what, token, code) in [
        ("revoked", &revoked.tokens.refresh_token, ApiErrorCode::SessionRevoked),
        ("signed out", &signed_out.tokens.refresh_token, ApiErrorCode::SessionRevoked),
        ("in a second hand, the first token", &reused.tokens.refresh_token, ApiErrorCode::SessionRevoked),
        ("in a second hand, the newest token", &newest.refresh_token, ApiErrorCode::SessionRevoked),
        ("its member was removed", &removed.tokens.refresh_token, ApiErrorCode::SessionRevoked),
        ("ran out, then all were signed out", &spent.tokens.refresh_token, ApiErrorCode::SessionRevoked),
        ("the control: ran out", &ran_out.tokens.refresh_token, ApiErrorCode::SessionExpired),
    ] {
        assert_eq!(server.refresh(token).await.code(), code, "{what}");
        let of_a_key_that_is_gone = token.replacen("1.", "999.", 1);
        assert_eq!(server.refresh(&of_a_key_that_is_gone).await.code(), code, "{what}, by a key that is gone");
    }
}

#[tokio::test]
async fn a_session_that_ran_out_can_still_be_ended_and_is_told_so() {
    let server = TestServer::start(1, 1).await;
    let [one, other, left] = [server.session(OWNER).await, server.session(OWNER).await, server.session(SALES).await];
    server.clock.advance_ms(31 * 86_400_000);
    let here = server.client(OWNER).await;
    assert_eq!(server.refresh(&one.tokens.refresh_token).await.code(), ApiErrorCode::SessionExpired, "the control");
    let path = format!("/v1/devices/{}", one.device_id);
    assert_eq!(here.send(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(here.send(Method::DELETE, &path, None).await.status, StatusCode::NOT_FOUND, "once");
    assert_eq!(server.refresh(&one.tokens.refresh_token).await.code(), ApiErrorCode::SessionRevoked);
    let others = here.send(Method::POST, "/v1/devices/revoke-others", None).await;
    assert_eq!(others.json::<RevokedOthers>(), RevokedOthers { revoked: 0 }, "nobody is signed in on it");
    assert_eq!(server.refresh(&other.tokens.refresh_token).await.code(), ApiErrorCode::SessionRevoked);
    assert_eq!(server.refresh(&left.tokens.refresh_token).await.code(), ApiErrorCode::SessionExpired, "a colleague's");
    let list: DeviceList = here.get("/v1/devices").await.json();
    let told: Vec<_> = list.ended.iter().map(|ended| (ended.ended_because, ended.ended_at.since_ms(NOW))).collect();
    assert_eq!(told, [(SessionEnd::Revoked, 30 * 86_400_000); 2], "since they ran out");
}

/// The list, as a device sees it that signs in for it.
async fn here_again(server: &TestServer) -> DeviceList {
    server.client(OWNER).await.get("/v1/devices").await.json()
}

/// Waits for what a task of the server does by itself.
async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("in time");
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
    for name in server.database.files(studio_id()).iter().map(String::as_str).chain(["secret.key"]) {
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
        is_former: false,
    };
    let refused = server.running.admin().create_member(studio_id(), again.clone(), PASSWORD.into()).await;
    assert!(matches!(refused, Err(frontdesk_server::AdminError::AlreadyMember)), "{refused:?}");
    let replica = crate::feed::Replica::pull(&server.client(OWNER).await).await;
    assert_eq!(replica.get("member", &again.id), None, "no colleague whom nobody is");
}
