//! Sessions in cookies, as browsers have them; and what other people's pages try with them (`docs/adr/0009`).

use std::collections::{BTreeMap, BTreeSet};

use reqwest::header::{AUTHORIZATION, COOKIE, ORIGIN, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use wire::auth::{BrowserSession, Renewed};
use wire::device::DeviceList;
use wire::{ApiErrorCode, CSRF_HEADER};

use crate::harness::{Answer, OWNER, PASSWORD, SALES, TestServer, answer, lead_id, sign_in, studio_id};
use crate::routes::{colleague, example, invitation, routes};

const ACCESS: &str = "__Host-frontdesk-access";
const REFRESH: &str = "__Host-frontdesk-refresh";
const FETCH_SITE: &str = "sec-fetch-site";

/// What a browser holds of a session.
#[derive(Clone, PartialEq, Eq)]
struct Jar {
    access: String,
    refresh: String,
}

impl Jar {
    /// What an answer set.
    fn of(answer: &Answer) -> Self {
        let value =
            |name: &str| set_cookie(answer, name).split(';').next().unwrap().split_once('=').unwrap().1.to_owned();
        Self { access: value(ACCESS), refresh: value(REFRESH) }
    }

    fn header(&self) -> String {
        format!("{ACCESS}={}; theme=dark; {REFRESH}={}", self.access, self.refresh)
    }
}

/// The one header of an answer that sets the cookie.
fn set_cookie(answer: &Answer, name: &str) -> String {
    let all = answer.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap());
    let mut of_name = all.filter(|cookie| cookie.starts_with(&format!("{name}=")));
    let cookie = of_name.next().unwrap_or_else(|| panic!("{name} is not set: {}", answer.text())).to_owned();
    assert_eq!(of_name.next(), None, "{name} is set once");
    cookie
}

fn clears(answer: &Answer) -> bool {
    [ACCESS, REFRESH].iter().all(|name| set_cookie(answer, name).starts_with(&format!("{name}=; Max-Age=0; ")))
}

/// Headers of a request, by name.
type Headers = Vec<(&'static str, String)>;

/// As the server's own page has them in a browser of today.
fn own_page(server: &TestServer) -> Headers {
    vec![
        (FETCH_SITE, "same-origin".to_owned()),
        (ORIGIN.as_str(), server.running.base_url()),
        (CSRF_HEADER, "1".to_owned()),
    ]
}

async fn ask(server: &TestServer, method: Method, path: &str, headers: &Headers, body: Option<&Value>) -> Answer {
    let client = server.anonymous();
    let mut request = client.request(method, path);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    answer(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

/// The same with the cookies, from the server's own page.
async fn ask_with(server: &TestServer, jar: &Jar, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let mut headers = own_page(server);
    headers.push((COOKIE.as_str(), jar.header()));
    ask(server, method, path, &headers, body).await
}

fn in_cookies(email: &str) -> Value {
    let mut body = sign_in(email, PASSWORD);
    body["session"] = json!("cookie");
    body
}

async fn signed_in(server: &TestServer, email: &str) -> (Jar, BrowserSession) {
    let answer = ask(server, Method::POST, "/v1/auth/sign-in", &own_page(server), Some(&in_cookies(email))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    (Jar::of(&answer), answer.json())
}

async fn refresh(server: &TestServer, jar: &Jar, key: Option<&str>) -> Answer {
    let body = key.map_or(json!({}), |key| json!({ "idempotency_key": key }));
    ask_with(server, jar, Method::POST, "/v1/auth/refresh", Some(&body)).await
}

async fn is_alive(server: &TestServer, jar: &Jar) -> bool {
    let answer = ask_with(server, jar, Method::GET, "/v1/devices", None).await;
    if answer.status != StatusCode::OK {
        assert_eq!(answer.code(), ApiErrorCode::SessionRevoked);
    }
    answer.status == StatusCode::OK
}

#[tokio::test]
async fn a_sign_in_puts_its_tokens_where_no_script_finds_them() {
    let server = TestServer::start(2, 1).await;
    let answer = ask(&server, Method::POST, "/v1/auth/sign-in", &own_page(&server), Some(&in_cookies(OWNER))).await;
    for (name, max_age_s) in [(ACCESS, 600), (REFRESH, 30 * 86_400)] {
        let cookie = set_cookie(&answer, name);
        let (value, attributes) = cookie.split_once("; ").unwrap();
        assert_eq!(attributes, format!("Max-Age={max_age_s}; Path=/; Secure; HttpOnly; SameSite=Lax"));
        let token = value.split_once('=').unwrap().1;
        assert!(token.len() >= 43 && !answer.text().contains(token), "not in the body, too");
    }
    assert_eq!(answer.headers.get_all(SET_COOKIE).iter().count(), 2);
    let fields: BTreeMap<String, Value> = answer.json();
    assert_eq!(fields.into_keys().collect::<Vec<_>>(), ["access_expires_in_s", "device_id", "member", "studio"]);

    // What it may: read, and change something.
    let (jar, session) = (Jar::of(&answer), answer.json::<BrowserSession>());
    let devices: DeviceList = ask_with(&server, &jar, Method::GET, "/v1/devices", None).await.json();
    assert_eq!((devices.devices[0].id, devices.devices[0].is_current), (session.device_id, true));
    let path = format!("/v1/leads/{}", lead_id(0));
    let changed = ask_with(&server, &jar, Method::PATCH, &path, Some(&json!({ "notes": "by a browser" }))).await;
    assert_eq!(changed.status, StatusCode::OK);
}

#[tokio::test]
async fn on_loopback_without_tls_the_cookies_go_without_what_needs_it() {
    let server = TestServer::start_plain(2, 1).await;
    let page = own_page(&server);
    let answer = ask(&server, Method::POST, "/v1/auth/sign-in", &page, Some(&in_cookies(OWNER))).await;
    let mut cookies = Vec::new();
    for name in ["frontdesk-access", "frontdesk-refresh"] {
        let cookie = set_cookie(&answer, name);
        let (value, attributes) = cookie.split_once("; ").unwrap();
        assert!(attributes.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{attributes}");
        cookies.push(value.to_owned());
    }
    let with = |cookies: String| [page.clone(), vec![(COOKIE.as_str(), cookies)]].concat();
    let change = json!({ "notes": "here" });
    let path = format!("/v1/leads/{}", lead_id(0));
    let changed = ask(&server, Method::PATCH, &path, &with(cookies.join("; ")), Some(&change)).await;
    assert_eq!(changed.status, StatusCode::OK);
    let as_if_tls = with(format!("__Host-{}", cookies[0]));
    assert_eq!(ask(&server, Method::PATCH, &path, &as_if_tls, Some(&change)).await.status, StatusCode::UNAUTHORIZED);
}

/// What a page of somebody else sends, in browsers of today and of before; and what no page sends.
fn foreign_pages(own: &str) -> Vec<(&'static str, Headers)> {
    let page = |headers: &[(&'static str, &str)]| -> Headers {
        headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let port = own.replace("https://localhost:", "https://localhost:1");
    let plain = own.replace("https://", "http://");
    let longer = format!("{own}.attacker.example");
    vec![
        (
            "another site",
            page(&[(FETCH_SITE, "cross-site"), ("origin", "https://attacker.example"), (CSRF_HEADER, "1")]),
        ),
        ("another site without Origin", page(&[(FETCH_SITE, "cross-site"), (CSRF_HEADER, "1")])),
        (
            "another site that claims our origin",
            page(&[(FETCH_SITE, "cross-site"), ("origin", own), (CSRF_HEADER, "1")]),
        ),
        (
            "a neighbour's subdomain",
            page(&[(FETCH_SITE, "same-site"), ("origin", "https://shop.localhost"), (CSRF_HEADER, "1")]),
        ),
        ("an address somebody typed", page(&[(FETCH_SITE, "none"), (CSRF_HEADER, "1")])),
        ("an unknown word", page(&[(FETCH_SITE, "same-origin-ish"), (CSRF_HEADER, "1")])),
        ("the site told twice", page(&[(FETCH_SITE, "cross-site"), (FETCH_SITE, "same-origin"), (CSRF_HEADER, "1")])),
        (
            "the right site with a wrong origin",
            page(&[(FETCH_SITE, "same-origin"), ("origin", "https://attacker.example"), (CSRF_HEADER, "1")]),
        ),
        ("only an origin, another", page(&[("origin", "https://attacker.example"), (CSRF_HEADER, "1")])),
        ("only an origin, none that is told", page(&[("origin", "null"), (CSRF_HEADER, "1")])),
        ("only an origin, another port", page(&[("origin", &port), (CSRF_HEADER, "1")])),
        ("only an origin, without TLS", page(&[("origin", &plain), (CSRF_HEADER, "1")])),
        ("only an origin, longer", page(&[("origin", &longer), (CSRF_HEADER, "1")])),
        (
            "only an origin, two of them",
            page(&[("origin", own), ("origin", "https://attacker.example"), (CSRF_HEADER, "1")]),
        ),
        ("only an origin, empty", page(&[("origin", ""), (CSRF_HEADER, "1")])),
    ]
}

/// What makes even a request of our own page no proof, where it could change something.
fn unproved(own: &str) -> Vec<(&'static str, Headers)> {
    let from_here = (FETCH_SITE, "same-origin".to_owned());
    vec![
        ("a form on our page", vec![from_here.clone(), ("origin", own.to_owned())]),
        ("another value", vec![from_here.clone(), (CSRF_HEADER, "0".to_owned())]),
        ("no value", vec![from_here.clone(), (CSRF_HEADER, String::new())]),
        ("the value twice", vec![from_here, (CSRF_HEADER, "1".to_owned()), (CSRF_HEADER, "1".to_owned())]),
        ("nothing but the header", vec![(CSRF_HEADER, "1".to_owned())]),
        ("nothing", vec![]),
    ]
}

#[tokio::test]
async fn every_route_that_changes_something_refuses_cookies_that_another_page_sends() {
    let server = TestServer::generous(30, 1).await;
    let own = server.running.base_url();
    let attacks = [foreign_pages(&own), unproved(&own)].concat();
    assert_eq!(attacks.len(), 21);
    let mut turn = 200;
    let changing: Vec<_> = routes(&server)
        .await
        .into_iter()
        .filter(|route| route.method != "GET")
        // It asks for no session, but for the link's secret.
        .filter(|route| route.path != "/join/{token}")
        .collect();
    assert!(changing.len() >= 8);
    for route in changing {
        turn += 1;
        let (jar, _) = signed_in(&server, OWNER).await;
        let other = server.session(OWNER).await;
        let parameters = route.parameters();
        let member =
            if parameters.contains(&"member_id") { colleague(&server, studio_id()).await } else { String::new() };
        let invitation = match parameters.contains(&"invitation_id") {
            true => invitation(&server, &server.client(OWNER).await).await,
            false => String::new(),
        };
        let path = route.path_with(|parameter| match parameter {
            "member_id" => member.clone(),
            "invitation_id" => invitation.clone(),
            "lead_id" => lead_id(turn - 200).to_string(),
            "conversation_id" => crate::harness::conversation_id(turn - 200).to_string(),
            "field_id" => crate::harness::field_id(turn - 200).to_string(),
            "device_id" => other.device_id.to_string(),
            _ => panic!("{route}: say here which {parameter}"),
        });
        // Of what a bearer would send, all but the token.
        let mut example = example(&route, turn, OWNER, &other);
        if let Some(body) = &mut example.body {
            body.as_object_mut().unwrap().remove("refresh_token");
            if route.path == "/v1/auth/sign-in" {
                body["session"] = json!("cookie");
            }
        }
        let before = state(&server).await;
        for (what, mut headers) in attacks.clone() {
            // Signing in has no cookies yet: there it is about whom the visitor is signed in as.
            headers.push((COOKIE.as_str(), jar.header()));
            let refused = ask(&server, route.method(), &path, &headers, example.body.as_ref()).await;
            let told = format!("{route}, {what}: {}", refused.text());
            assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, ApiErrorCode::Forbidden), "{told}");
            assert!(!refused.headers.contains_key(SET_COOKIE), "{told}");
            assert!(!refused.headers.contains_key("access-control-allow-origin"), "{told}");
        }
        assert_eq!(state(&server).await, before, "{route}");
        assert!(is_alive(&server, &jar).await, "{route}");
        // The control: the very same from our own page.
        let done = ask_with(&server, &jar, route.method(), &path, example.body.as_ref()).await;
        assert_eq!(done.status, example.status, "{route}: {}", done.text());
    }
}

#[tokio::test]
async fn a_browser_that_does_not_tell_the_site_is_believed_its_origin() {
    let server = TestServer::start(2, 1).await;
    let (jar, _) = signed_in(&server, OWNER).await;
    let mut headers = own_page(&server);
    headers.retain(|(name, _)| *name != FETCH_SITE);
    headers.push((COOKIE.as_str(), jar.header()));
    let path = format!("/v1/leads/{}", lead_id(0));
    let change = json!({ "notes": "by an old browser" });
    assert_eq!(ask(&server, Method::PATCH, &path, &headers, Some(&change)).await.status, StatusCode::OK);
    headers.retain(|(name, _)| *name != ORIGIN.as_str());
    let refused = ask(&server, Method::PATCH, &path, &headers, Some(&change)).await;
    assert_eq!(refused.code(), ApiErrorCode::Forbidden, "without either there is no proof");
}

/// What nobody's page may have changed.
async fn state(server: &TestServer) -> (i64, u64, i64, i64) {
    let admin = server.running.admin();
    (
        admin.change_seq(studio_id()).await.unwrap(),
        admin.count_audit(studio_id()).await.unwrap(),
        server.database.count("SELECT count(*) FROM device WHERE ended_because IS NULL"),
        server.database.count("SELECT count(*) FROM refresh_token WHERE used_at IS NULL"),
    )
}

#[tokio::test]
async fn a_read_with_cookies_is_for_our_own_pages_too() {
    let server = TestServer::start(2, 1).await;
    let own = server.running.base_url();
    let (jar, _) = signed_in(&server, OWNER).await;
    let read = async |mut headers: Headers| {
        headers.push((COOKIE.as_str(), jar.header()));
        ask(&server, Method::GET, "/v1/devices", &headers, None).await
    };
    for (what, headers) in foreign_pages(&own) {
        let refused = read(headers).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, ApiErrorCode::Forbidden), "{what}");
    }
    for headers in [
        vec![(FETCH_SITE, "same-origin".to_owned())],
        vec![("origin", own.clone())],
        // An old browser's own page, which says nothing. Another's could ask the same, and not read the answer.
        vec![],
    ] {
        let answer = read(headers).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.headers["cross-origin-resource-policy"], "same-origin");
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
    }
    // Asking first, as browsers do for another page's header, is answered with no permission.
    let preflight = vec![
        (FETCH_SITE, "cross-site".to_owned()),
        ("origin", "https://attacker.example".to_owned()),
        ("access-control-request-method", "PATCH".to_owned()),
        ("access-control-request-headers", CSRF_HEADER.to_owned()),
    ];
    let answer = ask(&server, Method::OPTIONS, "/v1/devices", &preflight, None).await;
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{:?}", answer.headers);
}

#[tokio::test]
async fn cookies_and_a_bearer_together_are_refused_and_each_is_good_for_its_own_session_only() {
    let server = TestServer::start(2, 1).await;
    let (jar, _) = signed_in(&server, OWNER).await;
    let bearer = server.session(OWNER).await;
    let devices = async |headers: Headers| {
        let headers = [own_page(&server), headers].concat();
        ask(&server, Method::GET, "/v1/devices", &headers, None).await
    };
    let as_bearer = |token: &str| (AUTHORIZATION.as_str(), format!("Bearer {token}"));
    let cookie = |name: &str, token: &str| (COOKIE.as_str(), format!("{name}={token}"));
    let own = &bearer.tokens.access_token;
    for (what, headers) in [
        ("both", vec![(COOKIE.as_str(), jar.header()), as_bearer(own)]),
        ("both of the same", vec![(COOKIE.as_str(), jar.header()), as_bearer(&jar.access)]),
        (
            "a bearer that is none",
            vec![(COOKIE.as_str(), jar.header()), (AUTHORIZATION.as_str(), "Basic eDp5".to_owned())],
        ),
        ("a bearer and a cookie that is none", vec![cookie(ACCESS, "x"), as_bearer(own)]),
        ("a bearer and the other cookie", vec![cookie(REFRESH, "x"), as_bearer(own)]),
    ] {
        let refused = devices(headers).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::UNPROCESSABLE_ENTITY, ApiErrorCode::InvalidInput),
            "{what}"
        );
    }
    for (what, headers) in [
        ("a bearer's token as a cookie", vec![cookie(ACCESS, own)]),
        ("a cookie's token as a bearer", vec![as_bearer(&jar.access)]),
        ("the cookie twice, another first", vec![(COOKIE.as_str(), format!("{ACCESS}={own}; {}", jar.header()))]),
        ("the cookie twice, another last", vec![(COOKIE.as_str(), format!("{}; {ACCESS}={own}", jar.header()))]),
        ("the cookie twice in two headers", vec![(COOKIE.as_str(), jar.header()), cookie(ACCESS, &jar.access)]),
        ("without its prefix", vec![cookie("frontdesk-access", &jar.access)]),
        ("in another case", vec![cookie("__host-frontdesk-access", &jar.access)]),
        ("quoted", vec![cookie(ACCESS, &format!("\"{}\"", jar.access))]),
        ("the refresh token in its place", vec![cookie(ACCESS, &jar.refresh)]),
    ] {
        let refused = devices(headers).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::UNAUTHORIZED, ApiErrorCode::SessionExpired),
            "{what}"
        );
    }
    // Refresh tokens, too, and none of these ends the session that it is of.
    let in_body = server.refresh(&jar.refresh).await;
    assert_eq!(in_body.code(), ApiErrorCode::SessionExpired, "a cookie's refresh token in a body");
    let planted = Jar { access: jar.access.clone(), refresh: bearer.tokens.refresh_token.clone() };
    assert_eq!(refresh(&server, &planted, None).await.code(), ApiErrorCode::SessionExpired, "a body's in a cookie");
    let both = json!({ "refresh_token": bearer.tokens.refresh_token });
    let both = ask_with(&server, &jar, Method::POST, "/v1/auth/refresh", Some(&both)).await;
    assert_eq!(both.field(), "refresh_token");
    assert!(is_alive(&server, &jar).await, "the control: alone, the cookies are good");
    assert_eq!(server.client_with(own).get("/v1/devices").await.status, StatusCode::OK, "and so is the bearer");
    assert_eq!(refresh(&server, &jar, None).await.status, StatusCode::OK);
    assert_eq!(server.refresh(&bearer.tokens.refresh_token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn cookies_are_renewed_and_one_that_comes_back_ends_the_session() {
    let server = TestServer::start(2, 1).await;
    let (first, session) = signed_in(&server, OWNER).await;
    assert_eq!(session.access_expires_in_s, 600);
    server.clock.advance_ms(600_000);
    let late = ask_with(&server, &first, Method::GET, "/v1/devices", None).await;
    assert_eq!(late.code(), ApiErrorCode::TokenExpired);
    // By then the browser has forgotten the first cookie; what is left says that it may be renewed.
    let left = vec![(COOKIE.as_str(), format!("{REFRESH}={}", first.refresh))];
    let left = [own_page(&server), left].concat();
    assert_eq!(ask(&server, Method::GET, "/v1/devices", &left, None).await.code(), ApiErrorCode::TokenExpired);

    let answer = ask(&server, Method::POST, "/v1/auth/refresh", &left, Some(&json!({}))).await;
    let second = Jar::of(&answer);
    assert_eq!(answer.json::<Renewed>(), Renewed { access_expires_in_s: 600 });
    assert!(!answer.text().contains(&second.access) && !answer.text().contains(&second.refresh));
    assert!(second != first && is_alive(&server, &second).await);

    let stolen = refresh(&server, &first, None).await;
    assert_eq!((stolen.status, stolen.code()), (StatusCode::UNAUTHORIZED, ApiErrorCode::SessionRevoked));
    assert!(clears(&stolen), "the browser forgets what is over");
    assert!(!is_alive(&server, &second).await, "for both");
    assert!(clears(&refresh(&server, &second, None).await));
}

#[tokio::test]
async fn a_renewal_whose_answer_was_lost_may_be_asked_again_with_its_key() {
    const KEY: &str = "4e1243bd-22c6-4d5c-9b0e-1a2b3c4d5e6f";
    let server = TestServer::start(2, 1).await;
    let (first, _) = signed_in(&server, OWNER).await;
    let renewed = Jar::of(&refresh(&server, &first, Some(KEY)).await);
    let again = Jar::of(&refresh(&server, &first, Some(KEY)).await);
    assert_eq!(renewed.refresh, again.refresh);
    assert!(is_alive(&server, &again).await);
    let other = refresh(&server, &first, Some(&KEY.replace('4', "5"))).await;
    assert_eq!(other.code(), ApiErrorCode::SessionRevoked, "another key is another hand");
    assert!(!is_alive(&server, &again).await);
}

/// A hundred renewals of one session at the same time, each with the key of its number.
async fn race(server: &TestServer, jar: &Jar, key: impl Fn(usize) -> Option<String>) -> Vec<Answer> {
    let client = server.anonymous();
    let attempts: Vec<_> = (0..100)
        .map(|n| {
            let body = key(n).map_or(json!({}), |key| json!({ "idempotency_key": key }));
            let mut request = client.request(Method::POST, "/v1/auth/refresh").json(&body);
            for (name, value) in own_page(server) {
                request = request.header(name, value);
            }
            tokio::spawn(answer(request.header(COOKIE, jar.header())))
        })
        .collect();
    let mut answers = Vec::new();
    for attempt in attempts {
        answers.push(attempt.await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_renewals_at_once_one_is_answered_and_nobody_keeps_the_session() {
    let server = TestServer::start(2, 1).await;
    let keys: [fn(usize) -> Option<String>; 2] =
        [|_| None, |n| Some(format!("a key of attempt number {n:08}").replace(' ', "-"))];
    for key in keys {
        let (jar, _) = signed_in(&server, OWNER).await;
        let answers = race(&server, &jar, key).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status.is_success());
        assert_eq!(won.len(), 1, "exactly one is answered");
        assert!(lost.iter().all(|answer| answer.code() == ApiErrorCode::SessionRevoked && clears(answer)));
        assert!(!is_alive(&server, &Jar::of(won[0])).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_retries_of_a_renewal_all_get_the_same_and_the_session_goes_on() {
    let server = TestServer::start(2, 1).await;
    let (jar, _) = signed_in(&server, OWNER).await;
    let answers = race(&server, &jar, |_| Some("the-same-key-of-a-hundred-retries-at-once".to_owned())).await;
    let renewed: BTreeSet<_> = answers.iter().map(|answer| Jar::of(answer).refresh).collect();
    assert_eq!((answers.len(), renewed.len()), (100, 1));
    assert!(is_alive(&server, &Jar::of(&answers[0])).await);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_takes_the_cookies() {
    let server = TestServer::start(2, 1).await;
    let (jar, _) = signed_in(&server, OWNER).await;
    let (other, _) = signed_in(&server, SALES).await;
    for _ in 0..2 {
        let answer = ask_with(&server, &jar, Method::POST, "/v1/auth/sign-out", Some(&json!({}))).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert!(clears(&answer));
        assert!(!is_alive(&server, &jar).await);
    }
    assert_eq!(refresh(&server, &jar, None).await.code(), ApiErrorCode::SessionRevoked);
    assert!(is_alive(&server, &other).await, "the control: nobody else is signed out");
}

#[tokio::test]
async fn a_revoked_browser_stops_at_once() {
    let server = TestServer::start(2, 1).await;
    let (jar, session) = signed_in(&server, OWNER).await;
    assert!(is_alive(&server, &jar).await, "the control");
    let path = format!("/v1/devices/{}", session.device_id);
    let revoked = server.client(OWNER).await.send(Method::DELETE, &path, None).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    assert!(!is_alive(&server, &jar).await);
    assert!(clears(&refresh(&server, &jar, None).await));
}
