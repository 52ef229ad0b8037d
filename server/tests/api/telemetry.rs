//! Telemetry arrives when it is asked for, holds what it may and nothing else, and is in nobody's way.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::response::IntoResponse;
use axum::serve::ListenerExt;
use axum_server::tls_rustls::RustlsConfig;
use frontdesk_server::{Admin, CertificateFiles, Config, SecretSource, SystemClock, TelemetryConfig};
use reqwest::{Method, StatusCode};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use wire::REQUEST_ID_HEADER;
use wire::auth::Session;
use wire::member::MemberList;

use crate::feed::Feed;
use crate::harness::{Answer, Client, OWNER, TestServer, answer, lead_id, message_id, sign_in};
use crate::mailbox::wait_for_mails;
use crate::operator::{CANARY, EMAIL, PASSWORD, PHONE, Serving, line, personal_rows, run_with, set_up};

const REQUEST_ID: &str = "0198c7a1-0000-7000-8000-00000000abcd";
/// From which a proxy says that a client asks.
const CLIENT_IP: &str = "203.0.113.77";
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
    /// Connections that were made, whatever came of them. Not counted with TLS.
    connections: Arc<AtomicUsize>,
}

impl Sink {
    /// Each post is answered with `status`.
    async fn start(status: StatusCode) -> Self {
        let (app, posts) = keep(status);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let listener = listener.tap_io(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        tokio::spawn(axum::serve(listener, app.into_make_service()).into_future());
        Self { address, posts, connections }
    }

    /// The same over TLS of one version.
    async fn start_tls(files: &CertificateFiles, version: &'static rustls::SupportedProtocolVersion) -> Self {
        let (app, posts) = keep(StatusCode::OK);
        let chain = CertificateDer::pem_file_iter(&files.cert).unwrap().map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
        let tls = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let server = axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(Arc::new(tls))).unwrap();
        tokio::spawn(server.serve(app.into_make_service()));
        Self { address, posts, connections: Arc::default() }
    }

    /// By a name and not by an address, so that no address is in what is sent but one that ought not to be.
    fn dsn(&self) -> String {
        format!("http://0af3@localhost:{}/42", self.address.port())
    }

    fn host(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    fn config(&self) -> TelemetryConfig {
        TelemetryConfig {
            sentry: Some(self.dsn().parse().unwrap()),
            posthog: Some((self.host().parse().unwrap(), "phc_0af3".parse().unwrap())),
            root_certificates: None,
        }
    }

    /// All that was posted so far: failures, uses, and everything as it came.
    fn take(&mut self) -> (Vec<Value>, Vec<Value>, String) {
        let (mut failures, mut uses, mut raw) = (Vec::new(), Vec::new(), String::new());
        while let Ok(Post { path, headers, body }) = self.posts.try_recv() {
            raw += &format!("{path} {headers:?} {body}\n");
            match path.as_str() {
                "/api/42/envelope/" => failures.push(of_envelope(&headers, &body)),
                "/batch/" => uses.extend(of_batch(&headers, &body)),
                other => panic!("posted to {other}"),
            }
        }
        (failures, uses, raw)
    }
}

fn keep(status: StatusCode) -> (axum::Router, mpsc::UnboundedReceiver<Post>) {
    let (sender, posts) = mpsc::unbounded_channel();
    let keep = move |request: Request| {
        let sender = sender.clone();
        async move {
            let (parts, body) = request.into_parts();
            assert_eq!(parts.method, axum::http::Method::POST);
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            // Nobody may be listening any more.
            let _ = sender.send(Post { path: parts.uri.path().to_owned(), headers: parts.headers, body });
            (axum::http::StatusCode::from_u16(status.as_u16()).unwrap(), [("retry-after", "600")]).into_response()
        }
    };
    (axum::Router::new().fallback(keep), posts)
}

/// The one event of an envelope, whose form is checked: three lines of JSON, of which each tells what the next is.
fn of_envelope(headers: &axum::http::HeaderMap, body: &str) -> Value {
    let lines: Vec<_> = body.split('\n').collect();
    let [header, item, event] = lines[..] else { panic!("three lines: {body}") };
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(parse(item), json!({ "type": "event", "length": event.len() }));
    let event = parse(event);
    assert_eq!(parse(header), json!({ "event_id": event["event_id"] }));
    assert_eq!(event["event_id"].as_str().map(str::len), Some(32));
    assert_eq!(headers["content-type"], "application/x-sentry-envelope");
    let auth = headers["x-sentry-auth"].to_str().unwrap();
    assert!(auth.starts_with("Sentry sentry_version=7, ") && auth.ends_with("sentry_key=0af3"), "{auth}");
    event
}

fn of_batch(headers: &axum::http::HeaderMap, body: &str) -> Vec<Value> {
    assert_eq!(headers["content-type"], "application/json");
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["api_key"], "phc_0af3");
    let events = body["batch"].as_array().unwrap().clone();
    for event in &events {
        chrono::DateTime::parse_from_rfc3339(event["timestamp"].as_str().unwrap()).unwrap();
    }
    events
}

fn names(uses: &[Value]) -> Vec<&str> {
    uses.iter().map(|event| event["event"].as_str().unwrap()).collect()
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

/// There are these keys, and no others.
fn assert_keys(events: &[Value], expected: &[&str]) {
    let mut found = BTreeSet::new();
    events.iter().for_each(|event| keys(event, &mut found));
    let expected: BTreeSet<_> = expected.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(found, expected);
}

/// Asks for what fails, because a table was taken away.
async fn ask_for_what_fails(client: &Client, request_id: &str) -> Answer {
    let entry = json!({
        "id": uuid::Uuid::from_u128(1), "action": "leads_exported", "at": 1, "detail": CANARY, "row_count": 1,
    });
    let failing = client.request(Method::POST, "/v1/audit").json(&json!({ "entries": [entry] }));
    let failed = answer(failing.header(REQUEST_ID_HEADER, request_id).header("referer", CANARY)).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR, "the fault: {}", failed.text());
    failed
}

#[tokio::test]
async fn failures_and_uses_are_told_and_nothing_personal() {
    let dir = tempfile::tempdir().unwrap();
    let (database, data, studio) = set_up(dir.path()).await;
    let url = database.url().parse().unwrap();
    let admin = Admin::open(&url, &SecretSource::in_dir(data.as_ref()), Arc::new(SystemClock)).await.unwrap();
    admin.import(studio, personal_rows().into_iter()).await.unwrap();
    drop(admin);
    let mut sink = Sink::start(StatusCode::OK).await;
    let mails = dir.path().join("mail");
    let variables = [
        ("FRONTDESK_SENTRY_DSN", sink.dsn()),
        ("FRONTDESK_POSTHOG_HOST", sink.host()),
        ("FRONTDESK_POSTHOG_KEY", "phc_0af3".to_owned()),
        ("FRONTDESK_MAIL", format!("folder:{}", mails.display())),
        ("FRONTDESK_MAIL_FROM", format!("{CANARY} <desk@studio.example>")),
        ("FRONTDESK_TRUSTED_PROXIES", "1".to_owned()),
    ];
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let serving = Serving::start_with(&database, &data, &dir.path().join("tls"), &variables).await;
    let anonymous = &serving.client;

    // In every way, with something personal in every place.
    let wrong = anonymous.send(Method::POST, "/v1/auth/sign-in", Some(sign_in(EMAIL, "Zeisig's wrong password")));
    assert_eq!(wrong.await.status, StatusCode::UNAUTHORIZED);
    let mut device = sign_in(EMAIL, PASSWORD);
    device["device"]["name"] = json!(format!("{CANARY}'s desk"));
    let signing_in = anonymous.request(Method::POST, "/v1/auth/sign-in").json(&device);
    let signing_in = signing_in.header("user-agent", CANARY).header("x-forwarded-for", CLIENT_IP);
    let session: Session = answer(signing_in.header(REQUEST_ID_HEADER, "Zeisig-was-here")).await.json();
    let client = serving.signed_in(&session.tokens.access_token);
    assert!(Feed::read(&client, None).await.end.is_some());
    let patch = json!({ "name": CANARY, "email": "zeisig@example.org", "phone": PHONE, "notes": CANARY });
    assert_eq!(client.patch_lead(0, patch).await.status, StatusCode::OK);
    assert_eq!(client.patch_lead(0, json!({ CANARY: CANARY })).await.field(), CANARY);
    assert_eq!(client.record(0, message_id(900), "inbound", CANARY).await.status, StatusCode::CREATED);
    assert_eq!(client.delete_lead(3).await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.get(&format!("/{CANARY}?{CANARY}={PHONE}")).await.status, StatusCode::NOT_FOUND);
    let invitation = json!({ "email": "zeisig.junior@studio.example", "role": "sales" });
    assert_eq!(client.send(Method::POST, "/v1/invitations", Some(invitation)).await.status, StatusCode::CREATED);
    let (_, link) = wait_for_mails(&mails, 1).await.pop().unwrap().link();
    let fields = format!("full_name=Nora+{CANARY}&password=Zeisig+is+welcome");
    let joining = anonymous.request(Method::POST, &link).body(fields);
    let joined = answer(joining.header("content-type", "application/x-www-form-urlencoded")).await;
    assert_eq!(joined.status, StatusCode::OK, "{}", joined.text());
    let members: MemberList = client.get("/v1/members").await.json();
    let junior = members.members.iter().find(|member| member.email.contains("junior")).expect("a member").id;
    let removed = client.send(Method::DELETE, &format!("/v1/members/{junior}"), None).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    database.take_away_audit(studio);
    ask_for_what_fails(&client, REQUEST_ID).await;
    ask_for_what_fails(&client, "Zeisig-is-no-uuid").await;
    let log = serving.stop().await;
    let (failures, uses, raw) = sink.take();

    assert_eq!(failures.len(), 2, "{raw}\n{log}");
    assert_eq!(failures[0]["tags"], json!({ "status": "500", "request_id": REQUEST_ID }));
    assert_eq!(failures[1]["tags"], json!({ "status": "500" }), "what is no UUID is not repeated");
    for event in &failures {
        assert_eq!((&event["transaction"], &event["level"]), (&json!("/v1/audit"), &json!("error")));
        assert_eq!(event["release"], format!("frontdesk-server@{}", env!("CARGO_PKG_VERSION")));
        let exception = &event["exception"]["values"][0];
        let frame = &exception["stacktrace"]["frames"][0];
        assert_eq!(
            (&exception["type"], &frame["filename"]),
            (&json!("database"), &json!("server/src/routes/audit.rs"))
        );
        assert_eq!(event["fingerprint"][1], format!("server/src/routes/audit.rs:{}", frame["lineno"]));
    }
    // The feed's task may be a little behind its last line.
    let mut counted = names(&uses);
    counted.sort_unstable();
    let expected = [
        "full_sync_finished",
        "invitation_accepted",
        "member_invited",
        "member_removed",
        "server_started",
        "sign_in_refused",
        "signed_in",
    ];
    assert_eq!(counted, expected);
    let who = |of_studio: bool| -> BTreeSet<_> {
        let is_meant = |event: &&Value| {
            let of_installation = ["server_started", "sign_in_refused"].contains(&event["event"].as_str().unwrap());
            of_installation != of_studio
        };
        uses.iter().filter(is_meant).map(|event| event["properties"]["distinct_id"].as_str().unwrap()).collect()
    };
    assert_eq!((who(true).len(), who(false).len()), (1, 1), "one studio, one installation");
    assert!(who(true).is_disjoint(&who(false)) && who(true).first().unwrap().len() == 32);
    let refused = uses.iter().find(|event| event["event"] == "sign_in_refused").unwrap();
    assert_eq!(refused["properties"]["reason"], "invalid_credentials");

    #[rustfmt::skip]
    assert_keys(&failures, &[
        "event_id", "timestamp", "platform", "level", "logger", "release", "sdk", "name", "version", "settings", "infer_ip",
        "exception", "values", "type", "stacktrace", "frames", "filename", "lineno", "in_app", "fingerprint", "transaction",
        "tags", "status", "request_id",
    ]);
    #[rustfmt::skip]
    assert_keys(&uses, &[
        "event", "timestamp", "properties", "distinct_id", "reason", "release", "$lib", "$process_person_profile",
        "$geoip_disable",
    ]);
    let ids = [lead_id(0).to_string(), studio.to_string(), session.member.id.to_string(), junior.to_string()];
    let secrets =
        ["zeisig", "studio.example", "example.org", "7700900187", "127.0.0.1", "::1", CLIENT_IP, "audit_entry"];
    let find = |raw: &str| {
        let raw = raw.to_lowercase();
        let ids = ids.iter().map(String::as_str);
        secrets.into_iter().chain(ids).filter(|secret| raw.contains(secret)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(find(&raw), Vec::<String>::new(), "{raw}");
    assert_eq!(find(&format!("{raw}{CANARY}")), ["zeisig"], "the control: it would have been found");
    assert!(!log.contains("telemetry is lost"), "{log}");
}

#[tokio::test]
async fn what_still_waits_is_sent_when_the_server_stops() {
    let mut sink = Sink::start(StatusCode::OK).await;
    let telemetry = sink.config();
    let server = TestServer::start_with(1, 1, |config| Config { telemetry, ..config }).await;
    server.client(OWNER).await;
    server.running.shutdown().await.unwrap();
    let (_, uses, _) = sink.take();
    assert_eq!(names(&uses), ["server_started", "signed_in"], "posted before the server had stopped");
}

#[tokio::test]
async fn telemetry_goes_by_tls_1_3_to_whom_it_is_for_only() {
    let dir = tempfile::tempdir().unwrap();
    let hosts = ["localhost".to_owned()];
    let today = domain::UnixMs(chrono::Utc::now().timestamp_millis());
    let [own, other] = ["own", "other"]
        .map(|name| frontdesk_server::write_throw_away(&dir.path().join(name), &hosts, 2, today).unwrap());
    let (new, old) = (&rustls::version::TLS13, &rustls::version::TLS12);
    for (authority, version, arrives) in [(&other, new, false), (&own, old, false), (&own, new, true)] {
        let mut sink = Sink::start_tls(&own, version).await;
        let host = format!("https://localhost:{}", sink.address.port());
        let telemetry = TelemetryConfig {
            sentry: None,
            posthog: Some((host.parse().unwrap(), "phc_0af3".parse().unwrap())),
            root_certificates: Some(authority.ca.clone()),
        };
        let server = TestServer::start_with(1, 1, |config| Config { telemetry, ..config }).await;
        server.client(OWNER).await;
        server.running.shutdown().await.unwrap();
        assert_eq!(sink.posts.try_recv().is_ok(), arrives);
    }
}

#[tokio::test]
async fn a_service_that_is_slow_or_gone_is_in_nobodys_way_and_the_log_counts_what_is_lost() {
    // More than the queue holds.
    const FAILURES: u64 = 300;
    let dir = tempfile::tempdir().unwrap();
    let (database, data, studio) = set_up(dir.path()).await;
    database.take_away_audit(studio);
    // It takes connections and never says a word.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut sink = Sink::start(StatusCode::OK).await;
    for (address, failures, all_lost) in
        [(silent.local_addr().unwrap(), FAILURES, true), (gone, FAILURES, true), (sink.address, 20, false)]
    {
        let dsn = format!("http://0af3@{address}/42");
        let variables = [("FRONTDESK_SENTRY_DSN", dsn.as_str())];
        let serving = Serving::start_with(&database, &data, &dir.path().join("tls"), &variables).await;
        let signed_in = serving.client.send(Method::POST, "/v1/auth/sign-in", Some(sign_in(EMAIL, PASSWORD))).await;
        let client = serving.signed_in(&signed_in.json::<Session>().tokens.access_token);
        let mut slowest = Duration::ZERO;
        for _ in 0..failures {
            let began = Instant::now();
            ask_for_what_fails(&client, REQUEST_ID).await;
            slowest = slowest.max(began.elapsed());
        }
        assert!(slowest < Duration::from_secs(5), "no request waits for a time-out: {slowest:?}");
        // Nor does the end, which has to come in time here.
        let log = serving.stop().await;
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let told = lines.filter(|line| line["service"] == "sentry" && line["level"] == "WARN");
        let lost: u64 = told.map(|line| line["lost"].as_u64().expect("a count")).sum();
        assert_eq!(lost, if all_lost { failures } else { 0 }, "{address}");
    }
    let connected = tokio::time::timeout(LONG, silent.accept()).await;
    connected.expect("the fault: it was connected to, and said nothing").unwrap();
    assert_eq!(sink.take().0.len(), 20, "the control: they arrive where somebody listens");
}

#[tokio::test]
async fn a_service_that_asks_to_be_left_alone_is() {
    let mut sink = Sink::start(StatusCode::TOO_MANY_REQUESTS).await;
    let telemetry = TelemetryConfig { sentry: None, ..sink.config() };
    let server = TestServer::start_with(1, 1, |config| Config { telemetry, ..config }).await;
    let asked = tokio::time::timeout(LONG, sink.posts.recv()).await.expect("it is asked once").unwrap();
    assert_eq!(names(&of_batch(&asked.headers, &asked.body)), ["server_started"]);
    server.client(OWNER).await;
    server.running.shutdown().await.unwrap();
    assert!(sink.posts.try_recv().is_err(), "not asked again within the time it wanted");
}

#[tokio::test]
async fn without_its_variables_nothing_is_connected_to() {
    let dir = tempfile::tempdir().unwrap();
    let (database, data, _) = set_up(dir.path()).await;
    let mut sink = Sink::start(StatusCode::OK).await;
    let (dsn, host) = (sink.dsn(), sink.host());
    let on = [
        ("FRONTDESK_SENTRY_DSN", dsn.as_str()),
        ("FRONTDESK_POSTHOG_HOST", &host),
        ("FRONTDESK_POSTHOG_KEY", "phc_0af3"),
    ];
    for (variables, is_on) in [(&[][..], false), (&on, true)] {
        let serving = Serving::start_with(&database, &data, &dir.path().join("tls"), variables).await;
        let signed_in = serving.client.send(Method::POST, "/v1/auth/sign-in", Some(sign_in(EMAIL, PASSWORD))).await;
        assert_eq!(signed_in.status, StatusCode::OK);
        let log = serving.stop().await;
        assert!(!log.contains("0af3") && !log.contains(&host), "{log}");
        assert_eq!(sink.connections.load(Ordering::SeqCst) > 0, is_on);
        assert_eq!(sink.take().1.is_empty(), !is_on);
    }
}

#[tokio::test]
async fn check_config_says_what_telemetry_would_fail_at() {
    let dir = tempfile::tempdir().unwrap();
    let (database, data, _) = set_up(dir.path()).await;
    let authorities = dir.path().join("tls/ca.pem").display().to_string();
    let missing = dir.path().join("missing.pem").display().to_string();
    let check = ["check-config", "--data", &data, "--insecure-http-loopback"];
    for (file, is_fine) in [(&missing, false), (&authorities, true)] {
        let dsn = "https://0af3beef@sentry.example.org/42";
        let variables = [("FRONTDESK_SENTRY_DSN", dsn), ("FRONTDESK_TELEMETRY_CA", file)];
        let output = run_with(&database, &check, "", &variables).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.success(), is_fine, "{said}");
        assert_eq!(said.contains(&format!("telemetry: {missing}: ")), !is_fine, "{said}");
        assert!(!said.contains("0af3beef"), "{said}");
        if is_fine {
            assert!(line(&output).contains("FRONTDESK_SENTRY_DSN"));
        }
    }
}
