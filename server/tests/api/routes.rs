//! Which routes the server has, and a request for each that it answers.
//!
//! Tests that have to hold for every route take them from here, so that a new one can't be forgotten: it is in the list
//! by itself, and without an example the tests fail.

use std::collections::BTreeSet;

use domain::{Member, MemberId, Role, StudioId};
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;
use wire::auth::Session;

use crate::harness::{Client, PASSWORD, TestServer, lead_id, message_id, sign_in};

/// A route: `PATCH`, `/v1/leads/{lead_id}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    pub method: String,
    pub path: String,
}

impl Route {
    pub fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned() }
    }

    pub fn method(&self) -> Method {
        self.method.parse().unwrap()
    }

    /// What stands between braces in its path.
    pub fn parameters(&self) -> Vec<&str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
    }

    /// The path, with what `id` gives for each parameter.
    pub fn path_with(&self, id: impl Fn(&str) -> String) -> String {
        let parts = self.path.split('/').map(|part| match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
            Some(parameter) => id(parameter),
            None => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("/")
    }
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Every route of the server, as the document tells that it serves, which is made from its router.
pub async fn routes(server: &TestServer) -> BTreeSet<Route> {
    let document: Value = server.anonymous().get("/v1/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, methods): (&String, &Value)| -> Vec<Route> {
        let methods = methods.as_object().unwrap().keys();
        methods.map(|method| Route::new(&method.to_uppercase(), path)).collect()
    };
    let routes: BTreeSet<_> = paths.iter().flat_map(of_path).collect();
    assert!(routes.len() >= 14, "the document is read no more: {routes:?}");
    routes
}

/// A request that is answered to whoever may make it.
pub struct Example {
    pub body: Option<Value>,
    /// How it is answered.
    pub status: StatusCode,
}

/// A request of the route for the member with `email`, in `session`, which it may use up. Each `turn` makes another
/// one, so that none repeats what one before has done.
pub fn example(route: &Route, turn: u64, email: &str, session: &Session) -> Example {
    let (body, status) = match (route.method.as_str(), route.path.as_str()) {
        ("GET", "/v1/health") => (None, StatusCode::NO_CONTENT),
        ("POST", "/v1/auth/sign-in") => (Some(sign_in(email, PASSWORD)), StatusCode::OK),
        ("POST", "/v1/auth/refresh") => (Some(with_refresh_token(session)), StatusCode::OK),
        ("POST", "/v1/auth/sign-out") => (Some(with_refresh_token(session)), StatusCode::NO_CONTENT),
        ("GET", "/v1/openapi.json" | "/v1/docs" | "/v1/devices" | "/v1/sync/changes" | "/v1/sync/events") => {
            (None, StatusCode::OK)
        }
        ("POST", "/v1/devices/revoke-others") => (None, StatusCode::OK),
        ("DELETE", "/v1/devices/{device_id}" | "/v1/leads/{lead_id}") => (None, StatusCode::NO_CONTENT),
        ("PATCH", "/v1/leads/{lead_id}") => (Some(json!({ "notes": format!("turn {turn}") })), StatusCode::OK),
        ("POST", "/v1/conversations/{conversation_id}/messages") => {
            let message = json!({ "id": message_id(70_000 + turn), "direction": "inbound", "body": "Hello" });
            (Some(message), StatusCode::CREATED)
        }
        // The pages of an invitation, for a link that leads to none.
        ("GET" | "POST", "/join/{token}") => (None, StatusCode::NOT_FOUND),
        ("GET", "/v1/members" | "/v1/invitations") => (None, StatusCode::OK),
        ("PATCH", "/v1/members/{member_id}") => (Some(json!({ "role": "manager" })), StatusCode::OK),
        ("DELETE", "/v1/members/{member_id}" | "/v1/invitations/{invitation_id}") => (None, StatusCode::NO_CONTENT),
        ("POST", "/v1/invitations") => {
            (Some(json!({ "email": format!("guest{turn}@example.org"), "role": "sales" })), StatusCode::CREATED)
        }
        ("POST", "/v1/invitations/{invitation_id}/send") => (None, StatusCode::OK),
        ("POST", "/v1/sync/operations") => {
            let id = Uuid::from_u128(0xa0d2 << 64 | u128::from(turn));
            let act = json!({ "edit_lead": { "lead_id": lead_id(0), "edit": {} } });
            (Some(json!({ "operations": [{ "id": id, "at": 1, "act": act }] })), StatusCode::OK)
        }
        ("GET", "/v1/custom-fields") => (None, StatusCode::OK),
        ("PUT", "/v1/custom-fields/{field_id}") => (Some(text_field(&format!("Field {turn}"))), StatusCode::OK),
        ("PUT", "/v1/presence") => (Some(json!({ "lead_id": null })), StatusCode::NO_CONTENT),
        ("POST", "/v1/audit") => {
            let id = Uuid::from_u128(0xa0d1 << 64 | u128::from(turn));
            let entry = json!({ "id": id, "action": "leads_exported", "at": 1, "detail": "csv all", "row_count": 1 });
            (Some(json!({ "entries": [entry] })), StatusCode::NO_CONTENT)
        }
        _ => panic!("{route} is new: say here what a request of it looks like"),
    };
    Example { body, status }
}

/// What a studio says of a field of one line.
pub fn text_field(name: &str) -> Value {
    json!({
        "name": name, "kind": "text", "options": [], "position": 0, "is_in_list": true, "is_archived": false,
    })
}

fn with_refresh_token(session: &Session) -> Value {
    json!({ "refresh_token": session.tokens.refresh_token })
}

/// Somebody who sells at the studio, for others to change or remove.
pub async fn colleague(server: &TestServer, studio_id: StudioId) -> String {
    let id = MemberId::from_uuid(Uuid::now_v7());
    let email = format!("{id}@example.org");
    let member = Member { id, name: "One more".to_owned(), email, role: Role::Sales, is_former: false };
    server.running.admin().create_member(studio_id, member, SecretString::from(PASSWORD)).await.unwrap();
    id.to_string()
}

/// An invitation that is old enough to be sent again.
pub async fn invitation(server: &TestServer, owner: &Client) -> String {
    let guest = json!({ "email": format!("{}@example.org", Uuid::now_v7()), "role": "sales" });
    let invited = owner.send(Method::POST, "/v1/invitations", Some(guest)).await;
    assert_eq!(invited.status, StatusCode::CREATED);
    server.clock.advance_ms(60_000);
    invited.json::<Value>()["id"].as_str().unwrap().to_owned()
}
