//! What surrounds every request: TLS, ids, headers, bounds.

use std::time::Duration;

use reqwest::{Method, StatusCode, tls};
use serde_json::json;
use wire::{ApiErrorCode, REQUEST_ID_HEADER};

use crate::harness::{OWNER, PASSWORD, TestServer, answer, sign_in};

#[tokio::test]
async fn a_client_that_knows_no_tls_1_3_is_refused() {
    let server = TestServer::start(1, 1).await;
    let url = format!("{}/v1/health", server.running.base_url());
    let modern = server.http().build().unwrap();
    assert_eq!(modern.get(&url).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    let old = server.http().tls_version_min(tls::Version::TLS_1_2).tls_version_max(tls::Version::TLS_1_2);
    let error = old.build().unwrap().get(&url).send().await.expect_err("must not connect");
    assert!(format!("{error:?}").contains("ProtocolVersion"), "{error:?}");
}

#[tokio::test]
async fn every_answer_bears_a_request_id_and_the_security_headers() {
    let server = TestServer::start(1, 1).await;
    let client = server.client(OWNER).await;
    for (method, path) in [
        (Method::GET, "/v1/health"),
        (Method::GET, "/v1/devices"),
        (Method::GET, "/v1/sync/changes"),
        (Method::GET, "/v1/sync/changes?cursor=x"),
        (Method::GET, "/nowhere"),
        (Method::PUT, "/v1/devices"),
        (Method::PATCH, "/v1/leads/no-uuid"),
        (Method::POST, "/v1/auth/sign-in"),
    ] {
        let answer = client.send(method.clone(), path, None).await;
        let id = answer.headers[REQUEST_ID_HEADER].to_str().unwrap().to_owned();
        assert!(id.len() >= 8, "{method} {path}");
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.headers[name], value, "{method} {path}");
        }
        assert!(answer.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        if !answer.status.is_success() {
            assert_eq!(answer.refusal().request_id, id);
        }
    }
}

#[tokio::test]
async fn a_well_formed_request_id_is_taken_over_and_another_is_replaced() {
    let server = TestServer::start(1, 1).await;
    let client = server.anonymous();
    for (sent, kept) in [("desk-4711-abcd", true), ("x", false), ("evil id with spaces", false)] {
        let answer = answer(client.request(Method::GET, "/nowhere").header(REQUEST_ID_HEADER, sent)).await;
        assert_eq!(answer.refusal().request_id == sent, kept, "{sent}");
    }
}

#[tokio::test]
async fn an_oversized_body_is_too_large() {
    let server = TestServer::start(1, 1).await;
    let client = server.client(OWNER).await;
    let big = "x".repeat(600 * 1024);
    assert_eq!(client.patch_lead(0, json!({ "notes": big })).await.code(), ApiErrorCode::TooLarge);
    let answer = server.anonymous().send(Method::POST, "/v1/auth/sign-in", Some(sign_in(OWNER, &big))).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::PAYLOAD_TOO_LARGE, ApiErrorCode::TooLarge));
}

#[tokio::test]
async fn a_malformed_body_is_refused_without_being_quoted() {
    let server = TestServer::start(1, 1).await;
    let mut body = sign_in(OWNER, PASSWORD);
    body["device"]["name"] = json!({ "secret": "hunter2" });
    let answer = server.anonymous().send(Method::POST, "/v1/auth/sign-in", Some(body)).await;
    assert_eq!(answer.field(), "device.name");
    assert!(!answer.text().contains("hunter2"));
}

#[tokio::test]
async fn a_parameter_that_is_none_is_invalid_input_like_a_body() {
    let server = TestServer::start(1, 1).await;
    let client = server.client(OWNER).await;
    for (method, path) in [
        (Method::GET, "/v1/sync/changes?cursor=a&cursor=b"),
        (Method::DELETE, "/v1/devices/%FF"),
        (Method::PATCH, "/v1/leads/%FF"),
    ] {
        let answer = client.send(method, path, Some(json!({}))).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::UNPROCESSABLE_ENTITY, ApiErrorCode::InvalidInput),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_document_is_open_and_its_page_may_show_its_own_style_alone() {
    let server = TestServer::start(1, 1).await;
    let document = server.anonymous().get("/v1/openapi.json").await;
    assert_eq!(
        (document.status, &document.headers["content-type"]),
        (StatusCode::OK, &"application/json".parse().unwrap())
    );
    assert_eq!(document.json::<serde_json::Value>()["openapi"], "3.1.0");
    assert_eq!(
        document.headers["content-security-policy"],
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    );

    let page = server.anonymous().get("/v1/docs").await;
    assert_eq!(
        (page.status, &page.headers["content-type"]),
        (StatusCode::OK, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert!(page.text().contains("/v1/leads/{lead_id}"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    let (rest, allowed) = policy.split_once("style-src ").unwrap();
    assert!(allowed.starts_with("'sha256-") && rest == "default-src 'none'; ", "{policy}");
    assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers["x-frame-options"], "DENY");
}

#[tokio::test]
async fn an_unencrypted_server_is_for_loopback_only() {
    let dir = tempfile::tempdir().unwrap();
    let config = |listen: &str| {
        let transport = frontdesk_server::Transport::InsecureHttpLoopback;
        frontdesk_server::Config::new(listen.parse().unwrap(), dir.path().join("data"), transport)
    };
    let refused = frontdesk_server::start(config("0.0.0.0:0")).await;
    assert!(matches!(refused, Err(frontdesk_server::StartError::InsecureBeyondLoopback(_))));
    let running = frontdesk_server::start(config("127.0.0.1:0")).await.unwrap();
    let url = format!("{}/v1/health", running.base_url());
    // A client wants a provider also where it only speaks plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let answer = reqwest::get(&url).await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert!(!answer.headers().contains_key("strict-transport-security"));
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_server_stops_while_streams_are_open() {
    let server = TestServer::start(1, 1).await;
    let client = server.client(OWNER).await;
    let mut stream = client.request(Method::GET, "/v1/sync/events").send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some());
    let stopping = server.running.shutdown();
    tokio::time::timeout(Duration::from_secs(5), stopping).await.expect("in time").unwrap();
    let rest = async { while let Ok(Some(_)) = stream.chunk().await {} };
    tokio::time::timeout(Duration::from_secs(1), rest).await.expect("the stream has ended");
}
