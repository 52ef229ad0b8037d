//! What an answer means: refusals, wrong answers, limits, and what is never shown or sent.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use domain::{DeviceId, UnixMs};
use frontdesk_api_client::{ApiClient, FailureKind, HeldTokens};
use serde_json::json;
use support::{After, DEVICES, Fixed, client, config, signed_in};
use uuid::Uuid;
use wire::ApiErrorCode;
use wire::auth::{SessionForm, SignIn};
use wire::changes::Cursor;
use wire::device::DeviceInfo;
use wire::write::{AuditAction, AuditBatch, AuditEntry};
use wiremock::matchers::{body_json, header, header_exists, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn answered(template: ResponseTemplate) -> frontdesk_api_client::ApiFailure {
    let server = MockServer::start().await;
    Mock::given(path("/v1/devices")).respond_with(template).expect(1).mount(&server).await;
    client(&server.uri()).devices().await.unwrap_err()
}

fn refusal(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"code": code, "message": "m", "request_id": "server-id-1"}))
}

fn credentials() -> SignIn {
    SignIn {
        email: "alice@example.com".to_owned(),
        password: "hunter2hunter2".to_owned(),
        studio_id: None,
        device: DeviceInfo { name: "desk".to_owned(), os: "Debian".to_owned(), app_version: "0.1.0".to_owned() },
        session: SessionForm::Bearer,
    }
}

#[tokio::test]
async fn a_refusal_of_the_api_carries_its_code_and_request_id() {
    for (status, code, expected) in [
        (401, "invalid_credentials", ApiErrorCode::InvalidCredentials),
        (401, "session_revoked", ApiErrorCode::SessionRevoked),
        (403, "forbidden", ApiErrorCode::Forbidden),
        (404, "not_found", ApiErrorCode::NotFound),
        (410, "cursor_invalid", ApiErrorCode::CursorInvalid),
        (418, "of_a_newer_server", ApiErrorCode::Unknown),
    ] {
        let failure = answered(refusal(status, code)).await;
        assert_eq!(failure.kind, FailureKind::Api(expected));
        assert_eq!(failure.request_id.as_deref(), Some("server-id-1"));
        assert!(!failure.is_transient());
    }
}

#[tokio::test]
async fn too_many_requests_says_how_long_to_wait() {
    let by_header = answered(ResponseTemplate::new(429).insert_header("retry-after", "7")).await;
    assert_eq!(by_header.kind, FailureKind::Api(ApiErrorCode::TooManyRequests));
    assert_eq!(by_header.retry_after, Some(Duration::from_secs(7)));
    assert!(by_header.is_transient());

    let body = json!({"code": "too_many_requests", "message": "m", "request_id": "r", "retry_after_s": 9});
    let by_body = answered(ResponseTemplate::new(429).insert_header("retry-after", "7").set_body_json(body)).await;
    assert_eq!(by_body.retry_after, Some(Duration::from_secs(9)));

    let absurd = answered(ResponseTemplate::new(429).insert_header("retry-after", u64::MAX.to_string())).await;
    assert_eq!(absurd.retry_after, Some(Duration::from_secs(3600)));
    let nonsense = answered(ResponseTemplate::new(429).insert_header("retry-after", "soon")).await;
    assert_eq!(nonsense.retry_after, None);
}

#[tokio::test]
async fn a_failed_server_is_transient_whatever_it_says() {
    let proxy = ResponseTemplate::new(503).insert_header("retry-after", "3").set_body_raw("<html>", "text/html");
    for template in [refusal(500, "internal"), ResponseTemplate::new(502), proxy.clone()] {
        let failure = answered(template).await;
        assert_eq!(failure.kind, FailureKind::ServerFailed);
        assert!(failure.is_transient());
    }
    assert_eq!(answered(proxy).await.retry_after, Some(Duration::from_secs(3)));
}

#[tokio::test]
async fn what_is_not_our_api_is_a_bad_response() {
    for (what, template) in [
        ("a page", ResponseTemplate::new(200).set_body_raw("<html>log in</html>", "text/html")),
        ("json of another kind", ResponseTemplate::new(200).set_body_json(json!({"hello": 1}))),
        ("broken json", ResponseTemplate::new(200).set_body_raw("{\"devices\":[", "application/json")),
        ("nothing", ResponseTemplate::new(204)),
        ("a page that is not there", ResponseTemplate::new(404).set_body_raw("<html>", "text/html")),
        ("another refusal", ResponseTemplate::new(400).set_body_json(json!({"error": "x"}))),
        ("a redirect", ResponseTemplate::new(302).insert_header("location", "/v1/devices")),
        (
            "not compressed at all",
            ResponseTemplate::new(200).insert_header("content-encoding", "zstd").set_body_raw("{}", "application/json"),
        ),
    ] {
        let failure = answered(template).await;
        assert_eq!(failure.kind, FailureKind::BadResponse, "{what}");
        assert!(!failure.is_transient());
    }
}

#[tokio::test]
async fn what_is_not_http_is_a_bad_response() {
    for garbage in [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"\x00\x01\x02\x03\r\n\r\n", b"HTTP/1.1 banana\r\n\r\n"] {
        let server = Fixed::plain(garbage, After::Close).await;
        assert_eq!(client(&server.url()).devices().await.unwrap_err().kind, FailureKind::BadResponse);
        assert_eq!(server.request_count(), 1);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read_to_its_end() {
    // It would go on for ever: only the limit ends it.
    let body = vec![b' '; 2 << 20];
    let mut said = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n".to_vec();
    said.extend(body);
    let server = Fixed::plain(said, After::StayOpen).await;
    assert_eq!(client(&server.url()).devices().await.unwrap_err().kind, FailureKind::BadResponse);
}

#[tokio::test]
async fn an_answer_cut_short_is_unreachable() {
    let server = Fixed::plain(&DEVICES.as_bytes()[..DEVICES.len() - 3], After::Close).await;
    assert_eq!(client(&server.url()).devices().await.unwrap_err().kind, FailureKind::Unreachable);
    let silent = Fixed::plain("", After::Close).await;
    assert_eq!(client(&silent.url()).devices().await.unwrap_err().kind, FailureKind::Unreachable);
}

#[tokio::test]
async fn a_request_id_that_could_do_harm_is_not_taken_over() {
    for id in ["<script>", "a b", "", &"x".repeat(65)] {
        let failure = answered(ResponseTemplate::new(500).insert_header("x-request-id", id)).await;
        let own: Uuid = failure.request_id.expect("ours at least").parse().expect("we send a UUID");
        assert_eq!(own.get_version_num(), 4);
    }
    let failure = answered(ResponseTemplate::new(500).insert_header("x-request-id", "req_01-A")).await;
    assert_eq!(failure.request_id.as_deref(), Some("req_01-A"));
}

#[tokio::test]
async fn each_call_is_the_request_it_should_be() {
    let server = MockServer::start().await;
    let device_id: DeviceId = "01890000-0000-7000-8000-000000000001".parse().unwrap();
    let audit = AuditBatch {
        entries: vec![AuditEntry {
            id: Uuid::nil(),
            action: AuditAction::LeadsExported,
            at: UnixMs(1),
            detail: "csv all".to_owned(),
            row_count: 2,
        }],
    };
    let signed = || header("authorization", "Bearer access-0");
    Mock::given(method("DELETE"))
        .and(path(format!("/v1/devices/{device_id}")))
        .and(signed())
        .and(header_exists("x-request-id"))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path("/v1/audit"))
        .and(signed())
        .and(body_json(&audit))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/v1/sync/changes"))
        .and(query_param("cursor", "a+b&c=d/é"))
        .and(header("accept-encoding", "zstd"))
        .and(signed())
        .respond_with(ResponseTemplate::new(200).set_body_raw("", "application/x-ndjson"))
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server.uri());
    client.revoke_device(device_id).await.unwrap();
    client.send_audit(&audit).await.unwrap();
    let mut changes = client.changes(Some(&Cursor("a+b&c=d/é".to_owned()))).await.unwrap();
    assert_eq!(changes.next().await.unwrap(), None);
    for request in server.received_requests().await.unwrap() {
        assert!(!request.headers.contains_key("referer") && !request.headers.contains_key("cookie"));
        assert_eq!(request.headers["user-agent"], "Frontdesk/test");
    }
}

#[tokio::test]
async fn nothing_that_is_printed_shows_a_secret_or_an_address() {
    let server = MockServer::start().await;
    Mock::given(path("/v1/auth/sign-in")).respond_with(refusal(401, "invalid_credentials")).mount(&server).await;
    let client = client(&server.uri());
    let failure = client.sign_in(&credentials()).await.unwrap_err();
    let refused = Fixed::plain("garbage", After::Close).await;
    let other = ApiClient::new(&config(&refused.url()), signed_in()).unwrap();
    let unread = other.changes(Some(&Cursor("cursor-data".to_owned()))).await.unwrap_err();
    let printed = format!("{failure:?} {failure} {unread:?} {unread} {client:?} {:?}", signed_in());
    for secret in ["alice", "hunter2", "access-0", "refresh-0", "cursor", "/v1", "127.0.0.1:1/"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

#[tokio::test]
async fn an_empty_store_is_signed_out_and_sends_nothing() {
    let server = Fixed::plain(DEVICES, After::Close).await;
    let client = ApiClient::new(&config(&server.url()), Arc::new(HeldTokens::default())).unwrap();
    assert_eq!(client.devices().await.unwrap_err().kind, FailureKind::SignedOut);
    assert!(client.sign_out().await.is_ok());
    assert_eq!(server.request_count(), 0);
}
