//! The permission matrix (A2), walked: every route as every role, and as nobody. The matrix is in `permissions.txt`.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Member, MemberId, Permission, Role};
use reqwest::StatusCode;
use secrecy::SecretString;
use serde_json::json;
use wire::auth::Session;
use wire::{ApiErrorBody, ApiErrorCode};

use crate::harness::{OWNER, PASSWORD, SALES, TestServer, conversation_id, field_id, lead_id, studio_id};
use crate::routes::{Route, colleague, example, invitation, routes};

const ADMIN: &str = "ada@studio.example";
const MANAGER: &str = "mina@studio.example";

/// Who calls, in the order of the columns.
const CALLERS: [(&str, Option<(Role, &str)>); 5] = [
    ("nobody", None),
    ("sales", Some((Role::Sales, SALES))),
    ("manager", Some((Role::Manager, MANAGER))),
    ("owner", Some((Role::Owner, OWNER))),
    ("admin", Some((Role::Admin, ADMIN))),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    Session,
    Permission(Permission),
}

struct Line {
    needs: Needs,
    /// Whether each of [`CALLERS`] may.
    may: [bool; 5],
}

fn matrix() -> BTreeMap<Route, Line> {
    let mut matrix = BTreeMap::new();
    let text = include_str!("permissions.txt");
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let words: Vec<_> = line.split_whitespace().collect();
        let [method, path, needs, cells @ ..] = words.as_slice() else { panic!("too short: {line}") };
        let needs = match *needs {
            "nothing" => Needs::Nothing,
            "session" => Needs::Session,
            permission => Needs::Permission(serde_json::from_value(json!(permission)).expect(line)),
        };
        let may = cells.iter().map(|cell| match *cell {
            "yes" => true,
            "no" => false,
            other => panic!("neither yes nor no: {other}"),
        });
        let may = may.collect::<Vec<_>>().try_into().expect(line);
        let before = matrix.insert(Route::new(method, path), Line { needs, may });
        assert!(before.is_none(), "twice: {line}");
    }
    matrix
}

#[tokio::test]
async fn every_route_of_the_server_is_in_the_matrix_and_no_other() {
    let matrix: BTreeSet<_> = matrix().into_keys().collect();
    let routes = routes(&TestServer::start(1, 1).await).await;
    let missing: Vec<_> = routes.difference(&matrix).map(ToString::to_string).collect();
    assert!(missing.is_empty(), "who may call these is not in permissions.txt: {missing:#?}");
    let gone: Vec<_> = matrix.difference(&routes).map(ToString::to_string).collect();
    assert!(gone.is_empty(), "the server has no such routes any more: {gone:#?}");
}

/// The file says for each route what the one matrix in the domain says of the permission it needs.
#[test]
fn the_matrix_is_that_of_the_domain() {
    for (route, line) in matrix() {
        for (n, (column, caller)) in CALLERS.into_iter().enumerate() {
            let expected = match (line.needs, caller) {
                (Needs::Nothing, _) | (Needs::Session, Some(_)) => true,
                (Needs::Session | Needs::Permission(_), None) => false,
                (Needs::Permission(permission), Some((role, _))) => role.allows(permission),
            };
            assert_eq!(line.may[n], expected, "{route} as {column}");
        }
    }
}

/// A studio with somebody of each role and as many leads of the pool as there are turns.
async fn server() -> TestServer {
    let server = TestServer::generous(3 * CALLERS.len() as u64, 1).await;
    for (n, email, role) in [(11, ADMIN, Role::Admin), (12, MANAGER, Role::Manager)] {
        let id = MemberId::from_uuid(uuid::Uuid::from_u128(n));
        let member = Member { id, name: "One more".to_owned(), email: email.to_owned(), role, is_former: false };
        server.running.admin().create_member(studio_id(), member, SecretString::from(PASSWORD)).await.unwrap();
    }
    server
}

#[tokio::test]
async fn every_route_answers_whom_the_matrix_allows_and_refuses_everyone_else() {
    let server = server().await;
    let (mut answered, mut refused) = (0, 0);
    let mut lines: Vec<_> = matrix().into_iter().collect();
    // Last what takes away that of which the others speak.
    lines.sort_by_key(|(route, _)| route.method == "DELETE");
    for (route, line) in lines {
        for (n, (column, caller)) in CALLERS.into_iter().enumerate() {
            let turn = n as u64;
            let email = caller.map_or(OWNER, |(_, email)| email);
            // One of its own for each: it may be refreshed, signed out or revoked.
            let session = server.session(email).await;
            let other = server.session(email).await;
            let path = path_of(&server, &route, turn, &other).await;
            let before = state(&server).await;
            let (status, refusal) = call(&server, &route, &path, turn, email, caller.is_some(), &session).await;
            let told = format!("{route} as {column}: {status} {refusal:?}");
            if line.may[n] {
                answered += 1;
                assert_eq!(status, example(&route, turn, email, &session).status, "{told}");
                continue;
            }
            refused += 1;
            let expected = match caller {
                None => (StatusCode::UNAUTHORIZED, ApiErrorCode::SessionExpired),
                Some(_) => (StatusCode::FORBIDDEN, ApiErrorCode::Forbidden),
            };
            assert_eq!((status, refusal.expect(&told).code), expected, "{told}");
            assert_eq!(state(&server).await, before, "{told}");
        }
    }
    assert_eq!(answered + refused, 5 * routes(&server).await.len());
    assert!(refused > 0, "the control: there is something to refuse");
}

/// What a refused call may not have changed: the studio's rows, its audit log, who is signed in.
async fn state(server: &TestServer) -> (i64, u64, i64, i64) {
    let admin = server.running.admin();
    (
        admin.change_seq(studio_id()).await.unwrap(),
        admin.count_audit(studio_id()).await.unwrap(),
        server.database.count("SELECT count(*) FROM device WHERE ended_because IS NULL"),
        server.database.count("SELECT count(*) FROM refresh_token WHERE used_at IS NULL"),
    )
}

/// The route's path, with what everybody sees in the places of its parameters.
async fn path_of(server: &TestServer, route: &Route, turn: u64, other: &Session) -> String {
    let parameters = route.parameters();
    let member = if parameters.contains(&"member_id") { colleague(server, studio_id()).await } else { String::new() };
    let invitation = match parameters.contains(&"invitation_id") {
        true => invitation(server, &server.client(OWNER).await).await,
        false => String::new(),
    };
    route.path_with(|parameter| match parameter {
        "member_id" => member.clone(),
        "invitation_id" => invitation.clone(),
        "token" => "nobodys".to_owned(),
        // Of the pool, which everybody sees.
        "lead_id" => lead_id(1 + 3 * turn).to_string(),
        // The sender's to choose.
        "field_id" => field_id(100 + turn).to_string(),
        "conversation_id" => conversation_id(1 + 3 * turn).to_string(),
        "device_id" => other.device_id.to_string(),
        _ => panic!("{route}: say here which {parameter} everybody sees"),
    })
}

/// The status, and the body of a refusal. Of an answer that succeeds, which may be one without an end, no more.
async fn call(
    server: &TestServer,
    route: &Route,
    path: &str,
    turn: u64,
    email: &str,
    is_signed_in: bool,
    session: &Session,
) -> (StatusCode, Option<ApiErrorBody>) {
    let client = match is_signed_in {
        true => server.client_with(&session.tokens.access_token),
        false => server.anonymous(),
    };
    let request = client.request(route.method(), path);
    let request = match example(route, turn, email, session).body {
        Some(body) => request.json(&body),
        None => request,
    };
    let response = request.send().await.unwrap();
    let status = response.status();
    let refusal = match status.is_success() {
        true => None,
        // A page for a person is none.
        false => serde_json::from_slice(&response.bytes().await.unwrap()).ok(),
    };
    (status, refusal)
}
