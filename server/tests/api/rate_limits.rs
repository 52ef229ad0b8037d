//! Who asks too often is told when to come back; nobody else notices.

use frontdesk_server::Config;
use reqwest::header::RETRY_AFTER;
use reqwest::{Method, StatusCode};
use wire::ApiErrorCode;

use crate::harness::{Answer, Client, OWNER, PASSWORD, SALES, TestServer, answer, sign_in};

/// Sends it over and over; how often it is granted before it is refused, and the refusal.
async fn exhaust(client: &Client, path: &str, forwarded_for: Option<&str>) -> (u32, Answer) {
    for granted in 0..10_000 {
        let got = get(client, path, forwarded_for).await;
        if got.status == StatusCode::TOO_MANY_REQUESTS {
            return (granted, got);
        }
    }
    panic!("it is never refused");
}

async fn get(client: &Client, path: &str, forwarded_for: Option<&str>) -> Answer {
    let request = client.request(Method::GET, path);
    answer(match forwarded_for {
        Some(addresses) => request.header("x-forwarded-for", addresses),
        None => request,
    })
    .await
}

/// What every refusal of this kind says.
fn assert_told_to_wait(refused: &Answer, seconds: u64) {
    let refusal = refused.refusal();
    assert_eq!((refusal.code, refusal.retry_after_s), (ApiErrorCode::TooManyRequests, Some(seconds)));
    assert_eq!(refused.headers[RETRY_AFTER], seconds.to_string().as_str());
    assert_eq!(refused.headers["x-content-type-options"], "nosniff");
}

fn with_rates(text: &'static str) -> impl FnOnce(Config) -> Config {
    move |mut config| {
        for setting in text.split(';') {
            let (name, rate) = setting.split_once('=').unwrap();
            assert!(config.rates.set_by_setting(name, rate.parse().unwrap()), "{name}");
        }
        config
    }
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_refused_until_the_time_it_is_told() {
    let rates = with_rates("FRONTDESK_RATE_API_ADDRESS=20/min burst 5");
    let server = TestServer::start_with(1, 1, rates).await;
    let client = server.anonymous();
    let (granted, refused) = exhaust(&client, "/v1/health", None).await;
    assert_eq!(granted, 5);
    assert_told_to_wait(&refused, 3);
    assert_eq!(get(&client, "/nowhere", None).await.status, StatusCode::TOO_MANY_REQUESTS, "whatever it asks for");
    let (signing_in, _) = (server.session(OWNER).await, "counted apart");
    assert!(!signing_in.tokens.access_token.is_empty());

    server.clock.advance_ms(2_999);
    assert_told_to_wait(&get(&client, "/v1/health", None).await, 1);
    server.clock.advance_ms(1);
    assert_eq!(get(&client, "/v1/health", None).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_forged_header_gains_nothing() {
    for trusted_proxies in [0, 1, 2] {
        let server = TestServer::start_with(1, 1, |config| {
            with_rates("FRONTDESK_RATE_API_ADDRESS=1/h burst 5")(Config { trusted_proxies, ..config })
        })
        .await;
        let client = server.anonymous();
        // What the proxies make of whatever a client at 203.0.113.5 claims.
        let appended = ["", ", 203.0.113.5", ", 203.0.113.5, 192.0.2.1"][usize::from(trusted_proxies)];
        for n in 0..5 {
            let claimed = format!("198.51.100.{n}{appended}");
            let granted = get(&client, "/v1/health", Some(&claimed)).await;
            assert_eq!(granted.status, StatusCode::NO_CONTENT, "{claimed}");
        }
        for claimed in ["198.51.100.77", "127.0.0.1", "::1", "10.0.0.1, 10.0.0.2, 10.0.0.3", "", "nonsense"] {
            let refused = get(&client, "/v1/health", Some(&format!("{claimed}{appended}"))).await;
            assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{claimed:?} behind {trusted_proxies}");
        }
        let another = get(&client, "/v1/health", Some(&appended.replace("203.0.113.5", "203.0.113.6"))).await;
        let lets_in = another.status == StatusCode::NO_CONTENT;
        assert_eq!(lets_in, trusted_proxies > 0, "the control: behind proxies, clients are told apart");
    }
}

#[tokio::test]
async fn a_device_shows_the_address_that_the_trusted_proxy_saw() {
    for (trusted_proxies, seen) in [(0, "127.0.0.1"), (1, "2001:db8::7")] {
        let server = TestServer::start_with(1, 1, |config| Config { trusted_proxies, ..config }).await;
        let request = server.anonymous().request(Method::POST, "/v1/auth/sign-in").json(&sign_in(OWNER, PASSWORD));
        let session = answer(request.header("x-forwarded-for", "10.9.8.7, 2001:db8::7")).await;
        let session: wire::auth::Session = session.json();
        let devices = server.client_with(&session.tokens.access_token).get("/v1/devices").await;
        assert_eq!(devices.json::<wire::device::DeviceList>().devices[0].ip, seen);
    }
}

#[tokio::test]
async fn one_device_that_asks_too_often_leaves_the_others_alone() {
    let rates = with_rates("FRONTDESK_RATE_API_DEVICE=60/min burst 7");
    let server = TestServer::start_with(1, 1, rates).await;
    let (busy, quiet) = (server.client(OWNER).await, server.client(OWNER).await);
    let (granted, refused) = exhaust(&busy, "/v1/devices", None).await;
    assert_eq!(granted, 7);
    assert_told_to_wait(&refused, 1);
    for path in ["/v1/sync/changes", "/v1/sync/events"] {
        assert_eq!(get(&busy, path, None).await.code(), ApiErrorCode::TooManyRequests, "{path}");
    }
    assert_eq!(quiet.get("/v1/devices").await.status, StatusCode::OK);
    server.clock.advance_ms(1_000);
    assert_eq!(busy.get("/v1/devices").await.status, StatusCode::OK);

    // A token that nobody issued uses up nobody's.
    let forged = server.client_with("a.b.c");
    for _ in 0..20 {
        assert_eq!(forged.get("/v1/devices").await.code(), ApiErrorCode::SessionExpired);
    }
}

#[tokio::test]
async fn pages_of_invitations_are_counted_with_the_sign_ins_and_not_with_the_rest() {
    let rates = with_rates("FRONTDESK_RATE_AUTH_ADDRESS=20/min burst 5;FRONTDESK_RATE_API_ADDRESS=1/h burst 3");
    let server = TestServer::start_with(1, 1, rates).await;
    let client = server.anonymous();
    // Links are guessed by looking and by posting.
    let post = async || {
        let request = client.request(Method::POST, "/join/guessed");
        answer(request.header("content-type", "application/x-www-form-urlencoded").body("password=guessed")).await
    };
    for n in 0..2 {
        let looked = get(&client, "/join/guessed", None).await.status;
        let posted = post().await.status;
        assert!([looked, posted].iter().all(|status| *status != StatusCode::TOO_MANY_REQUESTS), "{n}");
    }
    let signed_in = client.send(Method::POST, "/v1/auth/sign-in", Some(sign_in(OWNER, PASSWORD))).await;
    assert_eq!(signed_in.status, StatusCode::OK, "the control: the fifth");
    assert_told_to_wait(&get(&client, "/join/guessed", None).await, 3);
    assert_told_to_wait(&post().await, 3);
    let signing_in = client.send(Method::POST, "/v1/auth/sign-in", Some(sign_in(OWNER, PASSWORD))).await;
    assert_told_to_wait(&signing_in, 3);
    for n in 0..3 {
        assert_eq!(get(&client, "/v1/health", None).await.status, StatusCode::NO_CONTENT, "counted apart: {n}");
    }
    server.clock.advance_ms(3_000);
    assert_ne!(get(&client, "/join/guessed", None).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn passwords_of_one_account_can_not_be_tried_without_end() {
    let server = TestServer::start(1, 1).await;
    let client = server.anonymous();
    let attempt = async |email: &str, password: &str| {
        client.send(Method::POST, "/v1/auth/sign-in", Some(sign_in(email, password))).await
    };
    for n in 0..20 {
        // However it is written, it is the same account.
        let email = [OWNER.to_owned(), OWNER.to_uppercase(), format!(" {OWNER} ")][n % 3].clone();
        assert_eq!(attempt(&email, "a guess at random").await.code(), ApiErrorCode::InvalidCredentials, "guess {n}");
    }
    assert_told_to_wait(&attempt(OWNER, "a guess at random").await, 60);
    assert_eq!(attempt(OWNER, PASSWORD).await.code(), ApiErrorCode::TooManyRequests, "the right one as well");
    assert_eq!(attempt(SALES, PASSWORD).await.status, StatusCode::OK, "another account is not concerned");
    server.clock.advance_ms(60_000);
    assert_eq!(attempt(OWNER, PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_address_that_tries_many_accounts_is_refused() {
    let server = TestServer::start_with(1, 1, with_rates("FRONTDESK_RATE_AUTH_ADDRESS=30/min burst 10")).await;
    let client = server.anonymous();
    for n in 0..10 {
        let guess = sign_in(&format!("n{n}@studio.example"), PASSWORD);
        let refused = client.send(Method::POST, "/v1/auth/sign-in", Some(guess)).await;
        assert_eq!(refused.code(), ApiErrorCode::InvalidCredentials);
    }
    for path in ["/v1/auth/sign-in", "/v1/auth/refresh", "/v1/auth/sign-out"] {
        assert_told_to_wait(&client.send(Method::POST, path, None).await, 2);
    }
    assert_eq!(client.get("/v1/health").await.status, StatusCode::NO_CONTENT, "the API is counted apart");
}

/// What the defaults have to bear: a studio's devices behind one address, all switched on at the same moment.
#[tokio::test]
async fn twenty_desks_behind_one_address_start_without_being_held_up() {
    let server = TestServer::start(30, 2).await;
    for n in 0..20 {
        let client = server.client(if n % 2 == 0 { OWNER } else { SALES }).await;
        for path in ["/v1/sync/changes", "/v1/devices", "/v1/sync/changes", "/v1/devices"] {
            assert_eq!(client.get(path).await.status, StatusCode::OK, "desk {n}: {path}");
        }
        let hints = client.request(Method::GET, "/v1/sync/events").send().await.unwrap();
        assert_eq!(hints.status(), StatusCode::OK);
    }
}
