//! Which token a call carries: against a server that ends the session when a refresh token comes twice, unless it is a
//! retry.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use frontdesk_api_client::{ApiClient, FailureKind, HeldTokens, TokenStore, TokenStoreFailed, Tokens};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use support::{config, signed_in};
use tokio::sync::Notify;
use wire::ApiErrorCode;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// What happened, in order, on the server and in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Event {
    Saved(String),
    /// The key of an exchange was saved, with the token that is to be exchanged.
    KeySaved(String),
    Refreshed(String),
    /// The last exchange, answered again.
    RefreshedAgain(String),
    Revoked,
    Served(String),
    Expired(String),
    SignedOut(String),
}

type Log = Arc<Mutex<Vec<Event>>>;

/// The n-th tokens are `access-n` and `refresh-n`.
struct Server {
    mock: MockServer,
    log: Log,
}

/// How the server behaves.
#[derive(Clone, Copy)]
struct Manners {
    /// Number of the tokens that are valid at first.
    newest: u32,
    expires_in_s: u64,
    refresh_takes: Duration,
    /// Of the first so many exchanges the answer is lost on its way, at a gateway.
    lost_answers: u32,
    /// Says of every access token that it is expired.
    is_never_content: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self { newest: 1, expires_in_s: 900, refresh_takes: Duration::ZERO, lost_answers: 0, is_never_content: false }
    }
}

fn refusal(code: &str) -> ResponseTemplate {
    ResponseTemplate::new(401).set_body_json(json!({"code": code, "message": "m", "request_id": "r"}))
}

impl Server {
    async fn start(manners: Manners) -> Self {
        let (mock, log) = (MockServer::start().await, Log::default());
        // `None`: the family is dead.
        let newest = Arc::new(Mutex::new(Some(manners.newest)));
        let (state, events) = (Arc::clone(&newest), Arc::clone(&log));
        // The key of the last exchange, and how many answers are still to be lost.
        let exchange = Mutex::new((None::<String>, manners.lost_answers));
        Mock::given(method("POST"))
            .and(path("/v1/auth/refresh"))
            .respond_with(move |request: &Request| {
                let (token, key) = (refresh_token(request), idempotency_key(request));
                let (mut newest, mut exchange) = (state.lock().unwrap(), exchange.lock().unwrap());
                let current = match *newest {
                    Some(n) if token == format!("refresh-{n}") => {
                        *newest = Some(n + 1);
                        exchange.0 = Some(key);
                        events.lock().unwrap().push(Event::Refreshed(token));
                        n + 1
                    }
                    Some(n) if token == format!("refresh-{}", n - 1) && exchange.0 == Some(key) => {
                        events.lock().unwrap().push(Event::RefreshedAgain(token));
                        n
                    }
                    _ => {
                        *newest = None;
                        events.lock().unwrap().push(Event::Revoked);
                        return refusal("session_revoked");
                    }
                };
                if exchange.1 > 0 {
                    exchange.1 -= 1;
                    return ResponseTemplate::new(502);
                }
                ResponseTemplate::new(200).set_delay(manners.refresh_takes).set_body_json(json!({
                    "access_token": format!("access-{current}"),
                    "access_expires_in_s": manners.expires_in_s,
                    "refresh_token": format!("refresh-{current}"),
                }))
            })
            .mount(&mock)
            .await;
        let (state, events) = (Arc::clone(&newest), Arc::clone(&log));
        Mock::given(method("GET"))
            .and(path("/v1/devices"))
            .respond_with(move |request: &Request| {
                let token = request.headers["authorization"].to_str().unwrap().trim_start_matches("Bearer ").to_owned();
                let is_newest = state.lock().unwrap().is_some_and(|n| token == format!("access-{n}"));
                if is_newest && !manners.is_never_content {
                    events.lock().unwrap().push(Event::Served(token));
                    ResponseTemplate::new(200).set_body_json(json!({"devices": []}))
                } else {
                    events.lock().unwrap().push(Event::Expired(token));
                    refusal("token_expired")
                }
            })
            .mount(&mock)
            .await;
        let events = Arc::clone(&log);
        Mock::given(method("POST"))
            .and(path("/v1/auth/sign-out"))
            .respond_with(move |request: &Request| {
                events.lock().unwrap().push(Event::SignedOut(refresh_token(request)));
                ResponseTemplate::new(204)
            })
            .mount(&mock)
            .await;
        Self { mock, log }
    }

    fn client(&self, store: Arc<dyn TokenStore>) -> ApiClient {
        ApiClient::new(&config(&self.mock.uri()), store).unwrap()
    }

    fn events(&self) -> Vec<Event> {
        self.log.lock().unwrap().clone()
    }

    fn count(&self, is_counted: impl Fn(&Event) -> bool) -> usize {
        self.events().into_iter().filter(is_counted).count()
    }

    fn refresh_count(&self) -> usize {
        self.count(|event| matches!(event, Event::Refreshed(_)))
    }
}

fn refresh_token(request: &Request) -> String {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    body["refresh_token"].as_str().unwrap().to_owned()
}

fn idempotency_key(request: &Request) -> String {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let key = body["idempotency_key"].as_str().unwrap().to_owned();
    assert!(key.len() >= wire::auth::MIN_IDEMPOTENCY_KEY_CHARS, "{key}");
    key
}

fn tokens(n: u32) -> Tokens {
    Tokens {
        access_token: Some(format!("access-{n}").into()),
        refresh_token: format!("refresh-{n}").into(),
        idempotency_key: None,
    }
}

/// A store that notes what is saved, and fails when told to.
struct NotingStore {
    held: HeldTokens,
    log: Log,
    /// How often it still fails to save new tokens.
    failures: Mutex<u32>,
    saved: Notify,
}

impl NotingStore {
    fn new(server: &Server, tokens: Tokens) -> Arc<Self> {
        let log = Arc::clone(&server.log);
        Arc::new(Self { held: HeldTokens::new(tokens), log, failures: Mutex::new(0), saved: Notify::new() })
    }
}

impl TokenStore for NotingStore {
    fn load(&self) -> Result<Option<Tokens>, TokenStoreFailed> {
        self.held.load()
    }

    fn save(&self, tokens: &Tokens) -> Result<(), TokenStoreFailed> {
        let mut failures = self.failures.lock().unwrap();
        if *failures > 0 && tokens.idempotency_key.is_none() {
            *failures -= 1;
            return Err(TokenStoreFailed);
        }
        let token = tokens.refresh_token.expose_secret().to_owned();
        let event = if tokens.idempotency_key.is_some() { Event::KeySaved(token) } else { Event::Saved(token) };
        self.log.lock().unwrap().push(event);
        self.held.save(tokens)?;
        if tokens.idempotency_key.is_none() {
            self.saved.notify_one();
        }
        Ok(())
    }
}

#[tokio::test]
async fn twenty_calls_with_an_expired_token_refresh_once() {
    let server = Server::start(Manners { refresh_takes: Duration::from_millis(50), ..Manners::default() }).await;
    let store = Arc::new(HeldTokens::new(Tokens { access_token: Some("access-0".into()), ..tokens(1) }));
    let client = server.client(store.clone());
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.devices().await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(server.refresh_count(), 1);
    assert!(server.count(|event| matches!(event, Event::Expired(_))) >= 1, "the token had expired");
    assert_eq!(server.count(|event| matches!(event, Event::Served(_))), 20);
    assert_eq!(store.load().unwrap().unwrap().refresh_token.expose_secret(), "refresh-2");
}

#[tokio::test]
async fn new_tokens_are_saved_before_they_are_used() {
    let server = Server::start(Manners::default()).await;
    let store = NotingStore::new(&server, Tokens { access_token: None, ..tokens(1) });
    server.client(store).devices().await.unwrap();
    assert_eq!(
        server.events(),
        [
            Event::KeySaved("refresh-1".to_owned()),
            Event::Refreshed("refresh-1".to_owned()),
            Event::Saved("refresh-2".to_owned()),
            Event::Served("access-2".to_owned())
        ]
    );
}

#[tokio::test]
async fn tokens_that_could_not_be_saved_are_saved_by_the_next_call_and_not_refreshed_again() {
    let server = Server::start(Manners::default()).await;
    let store = NotingStore::new(&server, Tokens { access_token: None, ..tokens(1) });
    *store.failures.lock().unwrap() = 2;
    let client = server.client(store.clone());
    for _ in 0..2 {
        let failure = client.devices().await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::TokensUnavailable);
        assert!(failure.is_transient());
    }
    client.devices().await.unwrap();
    assert_eq!(
        server.events(),
        [
            Event::KeySaved("refresh-1".to_owned()),
            Event::Refreshed("refresh-1".to_owned()),
            Event::Saved("refresh-2".to_owned()),
            Event::Served("access-2".to_owned())
        ]
    );
}

#[tokio::test]
async fn a_refresh_whose_answer_was_lost_is_sent_again_and_not_another() {
    let server = Server::start(Manners { lost_answers: 2, ..Manners::default() }).await;
    let store = NotingStore::new(&server, Tokens { access_token: None, ..tokens(1) });
    let client = server.client(store.clone());
    for _ in 0..2 {
        assert_eq!(client.devices().await.unwrap_err().kind, FailureKind::ServerFailed);
    }
    client.devices().await.unwrap();
    let token = || "refresh-1".to_owned();
    assert_eq!(
        server.events(),
        [
            Event::KeySaved(token()),
            Event::Refreshed(token()),
            Event::RefreshedAgain(token()),
            Event::RefreshedAgain(token()),
            Event::Saved("refresh-2".to_owned()),
            Event::Served("access-2".to_owned())
        ]
    );
}

#[tokio::test]
async fn a_refresh_whose_answer_was_lost_is_sent_again_by_the_next_run() {
    let server = Server::start(Manners { lost_answers: 1, ..Manners::default() }).await;
    let store = NotingStore::new(&server, Tokens { access_token: None, ..tokens(1) });
    let crashed = server.client(store.clone()).devices().await;
    assert_eq!(crashed.unwrap_err().kind, FailureKind::ServerFailed);
    server.client(store.clone()).devices().await.unwrap();
    assert_eq!(server.count(|event| matches!(event, Event::RefreshedAgain(_))), 1);
    assert_eq!(server.count(|event| *event == Event::Revoked), 0);
    assert!(store.load().unwrap().unwrap().idempotency_key.is_none(), "no key is kept for the next exchange");
}

#[tokio::test]
async fn each_exchange_has_a_key_of_its_own() {
    let mock = MockServer::start().await;
    let keys = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&keys);
    Mock::given(path("/v1/auth/refresh"))
        .respond_with(move |request: &Request| {
            seen.lock().unwrap().push(idempotency_key(request));
            ResponseTemplate::new(200).set_body_json(json!({
                "access_token": "access-2", "access_expires_in_s": 0, "refresh_token": "refresh-2",
            }))
        })
        .mount(&mock)
        .await;
    Mock::given(path("/v1/devices"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"devices": []})))
        .mount(&mock)
        .await;
    let store = Arc::new(HeldTokens::new(Tokens { access_token: None, ..tokens(1) }));
    let client = ApiClient::new(&config(&mock.uri()), store).unwrap();
    for _ in 0..2 {
        client.devices().await.unwrap();
    }
    let keys = keys.lock().unwrap();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1]);
}

#[tokio::test]
async fn nothing_is_exchanged_when_the_key_can_not_be_saved() {
    /// Can be read, and not written.
    struct ReadOnly(HeldTokens);
    impl TokenStore for ReadOnly {
        fn load(&self) -> Result<Option<Tokens>, TokenStoreFailed> {
            self.0.load()
        }
        fn save(&self, _: &Tokens) -> Result<(), TokenStoreFailed> {
            Err(TokenStoreFailed)
        }
    }
    let server = Server::start(Manners::default()).await;
    let store = ReadOnly(HeldTokens::new(Tokens { access_token: None, ..tokens(1) }));
    let failure = server.client(Arc::new(store)).devices().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::TokensUnavailable);
    assert_eq!(server.events(), [], "the token is as good as before");
}

#[tokio::test]
async fn a_refresh_goes_on_when_the_call_that_wanted_it_is_dropped() {
    let server = Server::start(Manners { refresh_takes: Duration::from_millis(300), ..Manners::default() }).await;
    let store = NotingStore::new(&server, Tokens { access_token: None, ..tokens(1) });
    let client = server.client(store.clone());
    let dropped = tokio::time::timeout(Duration::from_millis(100), client.devices()).await;
    assert!(dropped.is_err(), "it was dropped in the middle");
    tokio::time::timeout(Duration::from_secs(5), store.saved.notified()).await.expect("the tokens arrive all the same");
    client.devices().await.unwrap();
    assert_eq!(server.refresh_count(), 1);
    assert_eq!(server.count(|event| *event == Event::Revoked), 0);
}

#[tokio::test]
async fn a_token_past_its_time_is_not_even_sent() {
    let server = Server::start(Manners { expires_in_s: 0, ..Manners::default() }).await;
    let client = server.client(Arc::new(HeldTokens::new(tokens(1))));
    // Out of the store, its time is not known, and it is tried; from then on it is.
    client.devices().await.unwrap();
    assert_eq!(server.refresh_count(), 0);
    let client = server.client(Arc::new(HeldTokens::new(Tokens { access_token: None, ..tokens(1) })));
    for _ in 0..3 {
        client.devices().await.unwrap();
    }
    assert_eq!(server.refresh_count(), 3);
    assert_eq!(server.count(|event| matches!(event, Event::Expired(_))), 0);
}

#[tokio::test]
async fn a_token_that_is_good_for_ever_is_no_trouble() {
    let server = Server::start(Manners { expires_in_s: u64::MAX, ..Manners::default() }).await;
    let client = server.client(Arc::new(HeldTokens::new(Tokens { access_token: None, ..tokens(1) })));
    for _ in 0..3 {
        client.devices().await.unwrap();
    }
    assert_eq!(server.refresh_count(), 1);
}

#[tokio::test]
async fn tokens_refreshed_by_another_program_are_taken_over() {
    let server = Server::start(Manners { newest: 7, ..Manners::default() }).await;
    let store = Swapping { held: HeldTokens::new(tokens(6)), after_first_load: Mutex::new(Some(tokens(7))) };
    server.client(Arc::new(store)).devices().await.unwrap();
    assert_eq!(
        server.events(),
        [Event::Expired("access-6".to_owned()), Event::Served("access-7".to_owned())],
        "nothing was refreshed: that would have ended the session"
    );
}

/// A store that another program writes to right after it was read.
struct Swapping {
    held: HeldTokens,
    after_first_load: Mutex<Option<Tokens>>,
}

impl TokenStore for Swapping {
    fn load(&self) -> Result<Option<Tokens>, TokenStoreFailed> {
        let found = self.held.load();
        if let Some(next) = self.after_first_load.lock().unwrap().take() {
            self.held.save(&next)?;
        }
        found
    }

    fn save(&self, tokens: &Tokens) -> Result<(), TokenStoreFailed> {
        self.held.save(tokens)
    }
}

#[tokio::test]
async fn a_revoked_session_says_so_and_is_not_transient() {
    let server = Server::start(Manners { newest: 9, ..Manners::default() }).await;
    let store = Arc::new(HeldTokens::new(tokens(1)));
    let failure = server.client(store.clone()).devices().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Api(ApiErrorCode::SessionRevoked));
    assert!(!failure.is_transient());
    assert!(store.load().unwrap().is_some(), "emptying the store is the caller's");
}

/// A server that knows no access token but `access-2`, and answers a refresh as it is told.
async fn forgetful_server(refreshed: ResponseTemplate, refreshes: u64) -> MockServer {
    let mock = MockServer::start().await;
    let lists = |request: &Request| match request.headers["authorization"].to_str().unwrap() {
        "Bearer access-2" => ResponseTemplate::new(200).set_body_json(json!({"devices": []})),
        _ => refusal("session_expired"),
    };
    Mock::given(path("/v1/devices")).respond_with(lists).mount(&mock).await;
    Mock::given(path("/v1/auth/refresh")).respond_with(refreshed).expect(refreshes).mount(&mock).await;
    mock
}

#[tokio::test]
async fn an_access_token_that_is_not_known_is_exchanged_before_the_session_is_given_up() {
    let next = json!({"access_token": "access-2", "access_expires_in_s": 600, "refresh_token": "refresh-2"});
    let mock = forgetful_server(ResponseTemplate::new(200).set_body_json(next), 1).await;
    let store = Arc::new(HeldTokens::new(tokens(1)));
    let client = ApiClient::new(&config(&mock.uri()), store.clone()).unwrap();
    client.devices().await.unwrap();
    assert_eq!(store.load().unwrap().unwrap().refresh_token.expose_secret(), "refresh-2");
}

#[tokio::test]
async fn a_session_that_is_not_known_is_not_taken_for_revoked_and_another_takes_its_place() {
    for code in ["session_expired", "token_expired"] {
        let mock = forgetful_server(refusal(code), 2).await;
        let store = Arc::new(HeldTokens::new(tokens(1)));
        let client = ApiClient::new(&config(&mock.uri()), store.clone()).unwrap();
        for _ in 0..2 {
            let failure = client.devices().await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Api(ApiErrorCode::SessionExpired), "{code}");
        }
        assert_eq!(store.load().unwrap().unwrap().refresh_token.expose_secret(), "refresh-1", "nothing is emptied");
        client.adopt(tokens(2)).await.unwrap();
        client.devices().await.unwrap();
        assert_eq!(store.load().unwrap().unwrap().refresh_token.expose_secret(), "refresh-2");
    }
}

#[tokio::test]
async fn tokens_that_the_store_does_not_take_do_not_take_the_place_of_others() {
    let mock = forgetful_server(refusal("session_expired"), 1).await;
    let store = Arc::new(FullStore(HeldTokens::new(Tokens { idempotency_key: Some("k".into()), ..tokens(1) })));
    let client = ApiClient::new(&config(&mock.uri()), store.clone()).unwrap();
    assert_eq!(client.adopt(tokens(2)).await.unwrap_err().kind, FailureKind::TokensUnavailable);
    let failure = client.devices().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Api(ApiErrorCode::SessionExpired), "the session is the one there was");
}

/// A store that can be read and not written.
struct FullStore(HeldTokens);

impl TokenStore for FullStore {
    fn load(&self) -> Result<Option<Tokens>, TokenStoreFailed> {
        self.0.load()
    }

    fn save(&self, _: &Tokens) -> Result<(), TokenStoreFailed> {
        Err(TokenStoreFailed)
    }
}

#[tokio::test]
async fn a_refresh_that_fails_for_now_leaves_the_tokens() {
    let mock = MockServer::start().await;
    Mock::given(path("/v1/auth/refresh")).respond_with(ResponseTemplate::new(503)).expect(2).mount(&mock).await;
    let store = Arc::new(HeldTokens::new(Tokens { access_token: None, ..tokens(1) }));
    let client = ApiClient::new(&config(&mock.uri()), store.clone()).unwrap();
    for _ in 0..2 {
        assert_eq!(client.devices().await.unwrap_err().kind, FailureKind::ServerFailed);
    }
    assert_eq!(store.load().unwrap().unwrap().refresh_token.expose_secret(), "refresh-1");
}

#[tokio::test]
async fn a_server_that_refuses_even_new_tokens_does_not_loop() {
    let server = Server::start(Manners { is_never_content: true, ..Manners::default() }).await;
    let failure = server.client(Arc::new(HeldTokens::new(tokens(1)))).devices().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Api(ApiErrorCode::TokenExpired));
    assert!(!failure.is_transient());
    assert_eq!(server.refresh_count(), 2);
    assert_eq!(server.count(|event| matches!(event, Event::Expired(_))), 3);
}

#[tokio::test]
async fn a_store_that_can_not_be_read_is_not_signed_out() {
    struct Unreadable;
    impl TokenStore for Unreadable {
        fn load(&self) -> Result<Option<Tokens>, TokenStoreFailed> {
            Err(TokenStoreFailed)
        }
        fn save(&self, _: &Tokens) -> Result<(), TokenStoreFailed> {
            Err(TokenStoreFailed)
        }
    }
    let server = Server::start(Manners::default()).await;
    let client = server.client(Arc::new(Unreadable));
    assert_eq!(client.devices().await.unwrap_err().kind, FailureKind::TokensUnavailable);
    assert_eq!(client.sign_out().await.unwrap_err().kind, FailureKind::TokensUnavailable);
}

#[tokio::test]
async fn signing_in_puts_the_tokens_in_the_store_and_signing_out_ends_them() {
    let server = Server::start(Manners::default()).await;
    Mock::given(method("POST"))
        .and(path("/v1/auth/sign-in"))
        .respond_with(ResponseTemplate::new(200).set_body_json(session()))
        .mount(&server.mock)
        .await;
    let store = NotingStore::new(&server, tokens(0));
    let client = server.client(store.clone());
    let credentials = serde_json::from_value(json!({
        "email": "alice@example.com", "password": "a password",
        "device": {"name": "desk", "os": "Debian", "app_version": "0.1.0"},
    }))
    .unwrap();
    let signed_in = client.sign_in(&credentials).await.unwrap();
    assert_eq!(signed_in.device_id.to_string(), "01890000-0000-7000-8000-000000000001");
    assert!(!format!("{signed_in:?}").contains("lice"), "{signed_in:?}");
    client.devices().await.unwrap();
    client.sign_out().await.unwrap();
    store.held.take();
    assert_eq!(client.devices().await.unwrap_err().kind, FailureKind::SignedOut);
    assert_eq!(
        server.events(),
        [
            Event::Saved("refresh-1".to_owned()),
            Event::Served("access-1".to_owned()),
            Event::SignedOut("refresh-1".to_owned())
        ]
    );
}

#[tokio::test]
async fn ending_a_session_that_has_ended_is_no_error() {
    let mock = MockServer::start().await;
    Mock::given(path("/v1/auth/sign-out")).respond_with(refusal("session_revoked")).expect(1).mount(&mock).await;
    ApiClient::new(&config(&mock.uri()), signed_in()).unwrap().sign_out().await.unwrap();
}

fn session() -> Value {
    json!({
        "access_token": "access-1", "access_expires_in_s": 900, "refresh_token": "refresh-1",
        "device_id": "01890000-0000-7000-8000-000000000001",
        "studio": {
            "id": "01890000-0000-7000-8000-000000000002", "name": "Studio", "brand_colour": "#336699",
            "time_zone": "Europe/Lisbon", "currency": "EUR",
        },
        "member": {
            "id": "01890000-0000-7000-8000-000000000003", "name": "Alice", "email": "alice@example.com",
            "role": "owner",
        },
    })
}
