//! What every answer bears, whichever route gives it and however it ends (A6, A9): the list of routes is the document that
//! the server itself serves.

use reqwest::{Method, StatusCode};
use serde_json::Value;
use wire::REQUEST_ID_HEADER;

use crate::harness::{Answer, Client, OWNER, TestServer, answer, lead_id};

/// The headers of [`crate::edges`], and an id; in a refusal's body too.
fn assert_dressed(answer: &Answer, what: &str) {
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.headers.get_all(name).iter().collect::<Vec<_>>(), [value], "{name} of {what}");
    }
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{what}: {policy}");
    assert!(!answer.headers.contains_key("server"), "{what}");
    assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control")), "{what}: no other origin");
    let id = answer.headers[REQUEST_ID_HEADER].to_str().unwrap();
    assert!(id.len() >= 8, "{what}");
    // Pages for people tell it in the header alone.
    let is_json = answer.headers.get("content-type").is_some_and(|kind| kind == "application/json");
    if is_json && !answer.text().is_empty() && (answer.status.is_client_error() || answer.status.is_server_error()) {
        assert_eq!(answer.refusal().request_id, id, "{what}");
    }
}

/// Each route's path, its parameters filled in.
async fn paths(client: &Client) -> Vec<String> {
    let document: Value = client.get("/v1/openapi.json").await.json();
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    assert!(paths.len() >= 12, "the control: {paths:?}");
    let fill = |path: String| match path.split_once('{') {
        Some((before, after)) => format!("{before}{}{}", lead_id(0), after.split_once('}').unwrap().1),
        None => path,
    };
    paths.into_iter().map(fill).collect()
}

#[tokio::test]
async fn every_answer_of_every_route_is_dressed() {
    let server = TestServer::generous(1, 1).await;
    let owner = server.client(OWNER).await;
    let mut seen = std::collections::BTreeSet::new();
    for path in paths(&owner).await {
        for client in [&owner, &server.anonymous(), &server.client_with("forged")] {
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "UNHEARD-OF"] {
                let request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), &path);
                let request = request.header("origin", "https://other.example").header("if-none-match", "*");
                let request = request.header("if-modified-since", "Sat, 21 Nov 2026 00:00:00 GMT");
                // A stream of hints never ends: of it, the head is enough.
                let answered = if path == "/v1/sync/events" {
                    let response = request.send().await.unwrap();
                    Answer::head(&response)
                } else {
                    answer(request).await
                };
                seen.insert(answered.status.as_u16());
                assert_dressed(&answered, &format!("{method} {path}"));
            }
        }
    }
    for status in [200, 204, 401, 404, 405, 422] {
        assert!(seen.contains(&status), "the control: {status} is none of {seen:?}");
    }
    assert!(!seen.contains(&500), "{seen:?}");
}

#[tokio::test]
async fn what_is_no_route_is_dressed_too() {
    let server = TestServer::generous(1, 1).await;
    let client = server.anonymous();
    let long = format!("/{}", "x".repeat(9_000));
    for (path, status) in [
        ("/", StatusCode::NOT_FOUND),
        ("/v1", StatusCode::NOT_FOUND),
        ("/v1/leads/", StatusCode::NOT_FOUND),
        ("/v1/auth/", StatusCode::NOT_FOUND),
        ("/favicon.ico", StatusCode::NOT_FOUND),
        ("/v1/%ff%00", StatusCode::NOT_FOUND),
        (&long, StatusCode::URI_TOO_LONG),
    ] {
        let answered = client.get(path).await;
        assert_eq!(answered.status, status, "{path}");
        assert_dressed(&answered, path);
    }
}
