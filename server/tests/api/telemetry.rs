//! Telemetry arrives when it is asked for, holds what it may and nothing else, and is in nobody's way.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::response::IntoResponse;
use axum_server::tls_rustls::RustlsConfig;
use frontdesk_server::{Config, TelemetryConfig};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use wire::REQUEST_ID_HEADER;

use crate::harness::{Client, OWNER, PASSWORD, TestServer, answer, lead_id, message_id, sign_in, studio_id};
use crate::operator::{Serving, set_up};

/// Stands in everything personal that is sent.
const CANARY: &str = "Zeisig";
const PHONE: &str = "+447700900187";
const REQUEST_ID: &str = "0198c7a1-0000-7000-8000-00000000abcd";
/// What must happen happens well within it.
const LONG: Duration = Duration::from_secs(60);

/// Something that was posted.
#[derive(Debug)]
struct Post {
    path: String,
    headers: axum::http::HeaderMap,
    body: String,
}

/// A Sentry and a PostHog that keep what they are sent.
struct Sink {
    address: SocketAddr,
    posts: mpsc::UnboundedReceiver<Post>,
}

impl Sink {
    /// Over TLS with the certificate in `tls`, or plainly; each post is answered with `status`.
    async fn start(tls: Option<&frontdesk_server::CertificateFiles>, status: StatusCode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, posts) = mpsc::unbounded_channel();
        let keep = move |request: Request| {
            let sender = sender.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
                let body = String::from_utf8(body.to_vec()).unwrap();
                // Nobody may be listening any more.
                let _ = sender.send(Post { path: parts.uri.path().to_owned(), headers: parts.headers, body });
                (axum::http::StatusCode::from_u16(status.as_u16()).unwrap(), [("retry-after", "600")]).into_response()
            }
        };
        let app = axum::Router::new().fallback(keep).into_make_service();
        match tls {
            Some(files) => {
                let config = RustlsConfig::from_pem_file(&files.cert, &files.key).await.unwrap();
                tokio::spawn(axum_server::from_tcp_rustls(listener, config).unwrap().serve(app));
            }
            None => {
                tokio::spawn(axum_server::from_tcp(listener).unwrap().serve(app));
            }
        }
        Self { address, posts }
    }

    fn config(&self) -> TelemetryConfig {
        TelemetryConfig {
            sentry: Some(format!("http://0af3@{}/42", self.address).parse().unwrap()),
            posthog: Some((format!("http://{}", self.address).parse().unwrap(), "phc_0af3".parse().unwrap())),
            root_certificates: None,
        }
    }

    async fn next(&mut self) -> Post {
        tokio::time::timeout(LONG, self.posts.recv()).await.expect("something is posted").unwrap()
    }

    /// The events of everything posted until there are so many of each kind.
    async fn events(&mut self, failures: usize, uses: usize) -> (Vec<Value>, Vec<Value>, String) {
        let (mut told, mut counted, mut raw) = (Vec::new(), Vec::new(), String::new());
        while told.len() < failures || counted.len() < uses {
            let Post { path, headers, body } = self.next().await;
            raw += &format!("{path} {headers:?} {body}\n");
            match path.as_str() {
                "/api/42/envelope/" => told.push(of_envelope(&headers, &body)),
                "/batch/" => counted.extend(of_batch(&body)),
                other => panic!("posted to {other}"),
            }
        }
        (told, counted, raw)
    }
}

/// The one event of an envelope, whose form is checked.
fn of_envelope(headers: &axum::http::HeaderMap, body: &str) -> Value {
    let lines: Vec<_> = body.split('\n').collect();
    let [header, item, event] = lines[..] else { panic!("three lines: {body}") };
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(parse(item), json!({ "type": "event", "length": event.len() }));
    let event = parse(event);
    assert_eq!(parse(header), json!({ "event_id": event["event_id"] }));
    assert_eq!(headers["content-type"], "application/x-sentry-envelope");
    let auth = headers["x-sentry-auth"].to_str().unwrap();
    assert!(auth.starts_with("Sentry sentry_version=7, ") && auth.ends_with("sentry_key=0af3"), "{auth}");
    event
}

fn of_batch(body: &str) -> Vec<Value> {
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["api_key"], "phc_0af3");
    body["batch"].as_array().unwrap().clone()
}

/// Every key in the value, with those of objects within.
fn keys(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                into.insert(name.clone());
                keys(value, into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, into)),
        _ => {}
    }
}

fn assert_only(events: &[Value], allowed: &[&str]) {
    let mut found = BTreeSet::new();
    events.iter().for_each(|event| keys(event, &mut found));
    let allowed: BTreeSet<_> = allowed.iter().map(|name| (*name).to_owned()).collect();
    assert!(found.is_subset(&allowed), "{:?}", found.difference(&allowed).collect::<Vec<_>>());
}

/// Asks in every way with something personal in every place; the last request fails, because its table is gone.
async fn ask_with_personal_data(server: &TestServer) -> Client {
    let anonymous = server.anonymous();
    let mut device = sign_in(OWNER, PASSWORD);
    device["device"]["name"] = json!(format!("{CANARY}'s desk"));
    let signing_in = anonymous.request(Method::POST, "/v1/auth/sign-in").json(&device);
    let session = answer(signing_in.header("user-agent", CANARY).header(REQUEST_ID_HEADER, "Zeisig-was-here")).await;
    let session: wire::auth::Session = session.json();
    let client = server.client_with(&session.tokens.access_token);
    let patch = json!({ "name": CANARY, "email": "zeisig@example.org", "phone": PHONE, "notes": CANARY });
    assert_eq!(client.patch_lead(0, patch).await.status, StatusCode::OK);
    assert_eq!(client.record(0, message_id(900), "inbound", CANARY).await.status, StatusCode::CREATED);
    assert_eq!(client.get("/v1/sync/changes").await.status, StatusCode::OK);
    assert_eq!(client.get(&format!("/{CANARY}?{CANARY}={PHONE}")).await.status, StatusCode::NOT_FOUND);
    server.database.take_away_audit(studio_id());
    let entry = json!({
        "id": uuid::Uuid::from_u128(1), "action": "leads_exported", "at": 1, "detail": CANARY, "row_count": 1,
    });
    for id in [REQUEST_ID, "Zeisig-is-no-uuid"] {
        let failing = client.request(Method::POST, "/v1/audit").json(&json!({ "entries": [entry] }));
        let failed = answer(failing.header(REQUEST_ID_HEADER, id).header("referer", CANARY)).await;
        assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR, "the fault: {}", failed.text());
    }
    client
}

#[tokio::test]
async fn failures_and_uses_are_told_and_nothing_personal() {
    let mut sink = Sink::start(None, StatusCode::OK).await;
    let telemetry = sink.config();
    let server = TestServer::start_with(1, 1, |config| Config { telemetry, ..config }).await;
    ask_with_personal_data(&server).await;
    let (told, counted, raw) = sink.events(2, 4).await;

    assert_eq!(told.len(), 2);
    assert_eq!(told[0]["tags"], json!({ "code": "internal", "status": "500", "request_id": REQUEST_ID }));
    assert_eq!(told[1]["tags"], json!({ "code": "internal", "status": "500" }), "what is no UUID is not repeated");
    for event in &told {
        assert_eq!((&event["transaction"], &event["level"]), (&json!("/v1/audit"), &json!("error")));
        assert_eq!(event["release"], format!("frontdesk-server@{}", env!("CARGO_PKG_VERSION")));
    }
    let names: Vec<_> = counted.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["signed_in", "lead_changed", "message_recorded", "synced"]);
    let who: BTreeSet<_> = counted.iter().map(|event| event["distinct_id"].as_str().unwrap()).collect();
    assert_eq!((who.len(), who.first().unwrap().len()), (1, 32), "one studio, by its hash");

    assert_only(
        &told,
        &[
            "event_id",
            "timestamp",
            "platform",
            "level",
            "logger",
            "release",
            "logentry",
            "formatted",
            "transaction",
            "tags",
            "code",
            "status",
            "request_id",
        ],
    );
    assert_only(
        &counted,
        &[
            "event",
            "distinct_id",
            "timestamp",
            "properties",
            "release",
            "$lib",
            "$process_person_profile",
            "$geoip_disable",
        ],
    );
    let lead = lead_id(0).to_string();
    let studio = studio_id().to_string();
    let secrets =
        [CANARY, "zeisig", "example", "7700900187", OWNER, "127.0.0.1:1", &lead, &studio, "audit_entry", "no such"];
    let silent = |raw: &str| secrets.iter().all(|secret| !raw.contains(secret));
    assert!(silent(&raw), "{raw}");
    assert!(!silent(&format!("{raw}{CANARY}")), "the control: it would have been found");
}

#[tokio::test]
async fn what_still_waits_is_sent_when_the_server_stops() {
    let mut sink = Sink::start(None, StatusCode::OK).await;
    let telemetry = sink.config();
    let server = TestServer::start_with(1, 1, |config| Config { telemetry, ..config }).await;
    server.client(OWNER).await;
    server.running.shutdown().await.unwrap();
    let post = sink.posts.try_recv().expect("it was posted before the server had stopped");
    assert_eq!(of_batch(&post.body)[0]["event"], "signed_in");
}

#[tokio::test]
async fn telemetry_goes_over_tls_to_whom_it_is_for_only() {
    let dir = tempfile::tempdir().unwrap();
    let hosts = ["localhost".to_owned()];
    let today = domain::UnixMs(chrono::Utc::now().timestamp_millis());
    let [own, other] = ["own", "other"]
        .map(|name| frontdesk_server::write_throw_away(&dir.path().join(name), &hosts, 2, today).unwrap());
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut sink = Sink::start(Some(&own), StatusCode::OK).await;
    for (authority, is_trusted) in [(&other, false), (&own, true)] {
        let telemetry = TelemetryConfig {
            sentry: None,
            posthog: Some((
                format!("https://localhost:{}", sink.address.port()).parse().unwrap(),
                "phc_0af3".parse().unwrap(),
            )),
            root_certificates: Some(authority.ca.clone()),
        };
        let server = TestServer::start_with(1, 1, |config| Config { telemetry, ..config }).await;
        server.client(OWNER).await;
        server.running.shutdown().await.unwrap();
        assert_eq!(sink.posts.try_recv().is_ok(), is_trusted);
    }
}

#[tokio::test]
async fn a_service_that_is_slow_or_gone_is_in_nobodys_way() {
    // It takes connections and never says a word.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let telemetry = TelemetryConfig {
        sentry: Some(format!("http://0af3@{}/42", silent.local_addr().unwrap()).parse().unwrap()),
        ..TelemetryConfig::default()
    };
    let server = TestServer::start_with(1, 1, |config| Config { telemetry, ..config }).await;
    let client = server.client(OWNER).await;
    server.database.take_away_audit(studio_id());
    let entry =
        json!({ "id": uuid::Uuid::from_u128(1), "action": "leads_exported", "at": 1, "detail": "", "row_count": 1 });
    let began = Instant::now();
    // More than the queue holds.
    for _ in 0..400 {
        let failed = client.send(Method::POST, "/v1/audit", Some(json!({ "entries": [entry] }))).await;
        assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
    let taken = began.elapsed();
    let (_connection, _) = silent.accept().await.expect("the fault: it was connected to, and says nothing");
    assert!(taken < LONG, "{taken:?}");
    let began = Instant::now();
    server.running.shutdown().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(20), "it does not wait for the service");
}

#[tokio::test]
async fn a_service_that_asks_to_be_left_alone_is() {
    let mut sink = Sink::start(None, StatusCode::TOO_MANY_REQUESTS).await;
    let telemetry = TelemetryConfig { sentry: None, ..sink.config() };
    let server = TestServer::start_with(1, 1, |config| Config { telemetry, ..config }).await;
    server.client(OWNER).await;
    sink.next().await;
    server.client(OWNER).await;
    server.running.shutdown().await.unwrap();
    assert!(sink.posts.try_recv().is_err(), "not asked again within the time it wanted");
}

#[tokio::test]
async fn without_its_variables_nothing_is_connected_to() {
    let dir = tempfile::tempdir().unwrap();
    let (database, data, _) = set_up(dir.path()).await;
    let mut sink = Sink::start(None, StatusCode::OK).await;
    let dsn = format!("http://0af3@{}/42", sink.address);
    let host = format!("http://{}", sink.address);
    let on = [
        ("FRONTDESK_SENTRY_DSN", dsn.as_str()),
        ("FRONTDESK_POSTHOG_HOST", &host),
        ("FRONTDESK_POSTHOG_KEY", "phc_0af3"),
    ];
    for (variables, is_on) in [(&[][..], false), (&on, true)] {
        let serving = Serving::start_with(&database, &data, &dir.path().join("tls"), variables).await;
        let body = sign_in(crate::operator::EMAIL, crate::operator::PASSWORD);
        let signed_in = serving.client.send(Method::POST, "/v1/auth/sign-in", Some(body)).await;
        assert_eq!(signed_in.status, StatusCode::OK);
        let log = serving.stop().await;
        assert!(!log.contains("0af3") && !log.contains(&host), "{log}");
        assert_eq!(sink.posts.try_recv().is_ok(), is_on);
    }
    assert!(Path::new(&data).exists());
}
