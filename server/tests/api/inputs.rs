//! Everything a client can send, and what is wrong with it (A7): each field of each body, each parameter, each route's
//! bound. A refusal names the field and quotes nothing.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use wire::ApiErrorCode;

use crate::harness::{
    Answer, Client, OWNER, PASSWORD, TestServer, answer, conversation_id, field_id, lead_id, message_id, option_id,
    owner_id, sales_id, sign_in, stage_id,
};
use crate::routes::text_field;

/// Stands in each wrong value, so that it can be looked for.
const CANARY: &str = "Zeisig";

/// A route that takes a body, one that it accepts, and how large one may be.
struct Bodied {
    method: Method,
    path: String,
    good: Value,
    max_bytes: usize,
}

fn bodied() -> [Bodied; 11] {
    const SMALL: usize = 16 * 1024;
    const LARGE: usize = 512 * 1024;
    let audit = json!({
        "id": uuid::Uuid::from_u128(7), "action": "leads_exported", "at": 1_790_000_000_000_i64, "detail": "csv all",
        "row_count": 3,
    });
    let edit = json!({
        "name": { "from": "x", "to": "Nora" }, "stage_id": { "from": stage_id(0), "to": stage_id(1) },
        "tags": { "from": ["a"], "to": ["b"] },
    });
    let operation = json!({
        "id": uuid::Uuid::from_u128(8), "at": 1_790_000_000_000_i64,
        "act": { "edit_lead": { "lead_id": lead_id(0), "edit": edit } },
    });
    let choice = json!({
        "name": "Package", "kind": "choice", "position": 3, "is_in_list": true, "is_archived": false,
        "options": [{ "id": option_id(0), "name": "Mini", "is_retired": false }],
    });
    let route = |method, path: String, good, max_bytes| Bodied { method, path, good, max_bytes };
    [
        route(Method::POST, "/v1/auth/sign-in".to_owned(), sign_in(OWNER, PASSWORD), SMALL),
        route(Method::POST, "/v1/auth/refresh".to_owned(), json!({ "refresh_token": "x" }), SMALL),
        route(Method::POST, "/v1/auth/sign-out".to_owned(), json!({ "refresh_token": "x" }), SMALL),
        route(
            Method::PATCH,
            format!("/v1/leads/{}", lead_id(0)),
            json!({
                "name": "Nora", "email": "nora@example.org", "phone": "+447700900118", "stage_id": stage_id(1),
                "owner_id": owner_id(), "tags": ["a"], "notes": "b", "value_minor": 5,
                "state": "archived", "custom": { field_id(0).to_string(): { "text": "Ballet" } },
            }),
            LARGE,
        ),
        route(
            Method::POST,
            format!("/v1/conversations/{}/messages", conversation_id(0)),
            json!({ "id": message_id(900), "direction": "inbound", "body": "hello" }),
            LARGE,
        ),
        route(Method::POST, "/v1/audit".to_owned(), json!({ "entries": [audit] }), LARGE),
        route(Method::PATCH, format!("/v1/members/{}", sales_id()), json!({ "role": "manager" }), LARGE),
        route(
            Method::POST,
            "/v1/invitations".to_owned(),
            json!({ "email": "guest@example.org", "role": "sales" }),
            LARGE,
        ),
        route(Method::POST, "/v1/sync/operations".to_owned(), json!({ "operations": [operation] }), LARGE),
        route(Method::PUT, "/v1/presence".to_owned(), json!({ "lead_id": lead_id(0) }), LARGE),
        route(Method::PUT, format!("/v1/custom-fields/{}", field_id(1)), choice, LARGE),
    ]
}

/// What is wrong with the field at `pointer` when it is `value`.
struct Wrong {
    route: &'static str,
    pointer: &'static str,
    value: Value,
}

/// Wrong by length, range or form; that each field has a type and may not be missing is tried of all.
fn wrong() -> Vec<Wrong> {
    let long = |chars: usize| json!(format!("{CANARY}{}", "x".repeat(chars)));
    let mut wrong = Vec::new();
    let mut add = |route, pointer, values: Vec<Value>| {
        wrong.extend(values.into_iter().map(|value| Wrong { route, pointer, value }));
    };
    let nul = || json!(format!("{CANARY}\u{0}"));
    let line_break = || json!(format!("{CANARY}\nx"));

    let route = "/v1/auth/sign-in";
    add(route, "/email", vec![long(250), nul(), line_break()]);
    add(route, "/password", vec![long(1_024)]);
    add(route, "/studio_id", vec![json!(CANARY), json!("0190")]);
    for pointer in ["/device/name", "/device/os", "/device/app_version"] {
        add(route, pointer, vec![long(100), nul(), line_break()]);
    }
    add("/v1/auth/refresh", "/idempotency_key", vec![json!(CANARY), long(128), json!("Zeisig Zeisig Zeisig Zeisig é")]);

    let route = "/v1/leads/";
    add(route, "/name", vec![json!(""), json!("  \t"), long(200), nul(), line_break()]);
    add(route, "/email", vec![json!(CANARY), json!(format!("{CANARY}@")), long(260), json!(""), nul()]);
    add(route, "/phone", vec![json!(CANARY), json!("07700 900118"), json!(""), json!("+1"), long(20)]);
    add(route, "/stage_id", vec![json!(CANARY), json!(stage_id(77))]);
    add(route, "/owner_id", vec![json!(CANARY), json!(stage_id(77))]);
    add(route, "/tags", vec![json!(vec![CANARY; 51])]);
    add(route, "/tags/0", vec![json!(""), long(60), nul(), line_break()]);
    add(route, "/notes", vec![long(65_536), nul()]);
    add(route, "/state", vec![json!(CANARY), json!("")]);
    add(route, "/value_minor", vec![json!(-1), json!(1_i64 << 53), json!(0.5), json!(CANARY)]);

    const STYLE: &str = "/custom/01900000-0009-7000-8000-000000000000";
    let texts = [json!(""), json!(" "), long(200), nul(), line_break()];
    let others = [json!({ "number": 1 }), json!({ "yes_no": true }), json!({}), json!(CANARY)];
    add(route, STYLE, texts.into_iter().map(|text| json!({ "text": text })).chain(others).collect());

    let route = "/v1/custom-fields/";
    add(route, "/name", vec![json!(""), json!("  \t"), long(60), nul(), line_break()]);
    add(route, "/kind", vec![json!(CANARY), json!("")]);
    add(route, "/position", vec![json!(-1), json!(1_i64 << 53), json!(0.5), json!(CANARY)]);
    let option = |n: u64| json!({ "id": option_id(n), "name": n.to_string(), "is_retired": true });
    add(route, "/options", vec![json!([]), (0..101).map(option).collect()]);
    add(route, "/options/0/id", vec![json!(CANARY), json!("0190")]);
    add(route, "/options/0/name", vec![json!(""), json!(" "), long(60), nul(), line_break()]);

    let route = "/v1/conversations/";
    add(route, "/id", vec![json!(CANARY), json!("")]);
    add(route, "/direction", vec![json!(CANARY), json!("")]);
    add(route, "/body", vec![json!(""), json!(" \n "), long(65_536), nul()]);

    add("/v1/presence", "/lead_id", vec![json!(CANARY), json!("0190")]);
    add("/v1/members/", "/role", vec![json!(CANARY), json!("")]);
    add("/v1/invitations", "/role", vec![json!(CANARY), json!("")]);
    add("/v1/invitations", "/email", vec![json!(CANARY), json!(""), long(260), nul(), line_break()]);

    let route = "/v1/audit";
    let entry = bodied()[5].good["entries"][0].clone();
    add(route, "/entries", vec![Value::Array(vec![entry; 501])]);
    let operations = "/v1/sync/operations";
    let operation = bodied()[8].good["operations"][0].clone();
    add(operations, "/operations", vec![Value::Array(vec![operation; 101])]);
    add(operations, "/operations/0/id", vec![json!(CANARY)]);
    add(operations, "/operations/0/at", vec![json!(1_i64 << 53), json!(-(1_i64 << 53)), json!(1.5), json!(CANARY)]);
    add(route, "/entries/0/id", vec![json!(CANARY)]);
    add(route, "/entries/0/action", vec![json!(CANARY)]);
    add(route, "/entries/0/at", vec![json!(1_i64 << 53), json!(-(1_i64 << 53)), json!(1.5), json!(CANARY)]);
    add(route, "/entries/0/detail", vec![long(200), nul(), line_break()]);
    add(route, "/entries/0/row_count", vec![json!(-1), json!((1_u64 << 53) + 1), json!(u64::MAX), json!(CANARY)]);
    wrong
}

/// The name that a refusal gives the field at a JSON pointer: `/tags/0` is `tags[0]`.
fn field_of(pointer: &str) -> String {
    let mut name = String::new();
    for part in pointer.split('/').skip(1) {
        match part.parse::<usize>() {
            Ok(index) => name.push_str(&format!("[{index}]")),
            Err(_) if name.is_empty() => name.push_str(part),
            Err(_) => name.push_str(&format!(".{part}")),
        }
    }
    name
}

/// The pointers of every field in `value`, those of objects within too.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => return,
    };
    for (name, value) in inner {
        let pointer = format!("{at}/{name}");
        pointers(value, &pointer, into);
        into.push(pointer);
    }
}

fn assert_refused(answer: &Answer, field: &str, what: &str) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}: {}", answer.text());
    assert_eq!(answer.field(), field, "{what}");
    assert!(!answer.text().contains(CANARY), "{what} is quoted: {}", answer.text());
}

fn set(body: &Value, pointer: &str, value: Value) -> Value {
    let mut body = body.clone();
    match body.pointer_mut(pointer) {
        Some(field) => *field = value,
        None => body[&pointer[1..]] = value,
    }
    body
}

/// Somebody who may all, at a studio that has the field of which a lead is given a value.
async fn signed_in(server: &TestServer) -> Client {
    let client = server.client(OWNER).await;
    let path = format!("/v1/custom-fields/{}", field_id(0));
    assert_eq!(client.send(Method::PUT, &path, Some(text_field("Style"))).await.status, StatusCode::OK);
    client
}

#[tokio::test]
async fn every_route_that_takes_a_body_is_tried_here() {
    let server = TestServer::generous(1, 1).await;
    let document: Value = server.anonymous().get("/v1/openapi.json").await.json();
    let mut described = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let fixed = path.split('{').next().unwrap();
        for (method, operation) in item.as_object().unwrap() {
            // A form that people fill in is tried in `invitations.rs`.
            if operation["requestBody"]["content"].get("application/json").is_some() {
                described += 1;
                let is_tried = |route: &Bodied| {
                    route.method.as_str().eq_ignore_ascii_case(method) && route.path.starts_with(fixed)
                };
                assert!(bodied().iter().any(is_tried), "{method} {path} is missing in the table above");
            }
        }
    }
    assert!(described >= bodied().len(), "the control");
}

#[tokio::test]
async fn every_field_is_checked_and_named() {
    // So many requests in one moment are held up otherwise.
    let server = TestServer::generous(1, 1).await;
    let client = signed_in(&server).await;
    let routes = bodied();
    for Wrong { route, pointer, value } in wrong() {
        let of = routes.iter().find(|of| of.path.starts_with(route)).unwrap();
        let body = set(&of.good, pointer, value);
        let answer = client.send(of.method.clone(), &of.path, Some(body)).await;
        assert_refused(&answer, &field_of(pointer), &format!("{route} {pointer}"));
    }
}

#[tokio::test]
async fn every_field_has_a_type_and_no_body_has_a_field_too_many() {
    let server = TestServer::generous(1, 1).await;
    let client = signed_in(&server).await;
    for Bodied { method, path, good, .. } in bodied() {
        let send = async |body: Value| client.send(method.clone(), &path, Some(body)).await;
        let mut fields = Vec::new();
        pointers(&good, "", &mut fields);
        assert!(!fields.is_empty());
        for pointer in &fields {
            let is_truth_value = good.pointer(pointer).is_some_and(Value::is_boolean);
            let other = if is_truth_value { json!(CANARY) } else { json!(true) };
            let refused = send(set(&good, pointer, other)).await;
            assert_refused(&refused, &field_of(pointer), &format!("{path} {pointer} of another type"));
        }
        for object in [""].into_iter().chain(fields.iter().map(String::as_str)) {
            let mut body = good.clone();
            let Some(Value::Object(inner)) = body.pointer_mut(object) else { continue };
            inner.insert("unheard_of".to_owned(), json!(CANARY));
            // An object of which one field says which kind it is: two of them say nothing.
            let is_choice = object.ends_with("/act") || object.starts_with("/custom/");
            let name = if is_choice { field_of(object) } else { field_of(&format!("{object}/unheard_of")) };
            assert_refused(&send(body).await, &name, &format!("{path} with a field too many in {object:?}"));
        }
        let accepted = send(good).await;
        assert_ne!(accepted.status, StatusCode::UNPROCESSABLE_ENTITY, "the control, {path}: {}", accepted.text());
    }
}

#[tokio::test]
async fn no_body_is_taken_that_is_not_json() {
    let server = TestServer::generous(1, 1).await;
    let client = signed_in(&server).await;
    for Bodied { method, path, good, .. } in bodied() {
        let send = async |content_type: Option<&'static str>, body: String| {
            let request = client.request(method.clone(), &path).body(body);
            answer(match content_type {
                Some(value) => request.header("content-type", value),
                None => request,
            })
            .await
        };
        for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("")] {
            assert_refused(&send(content_type, good.to_string()).await, "content-type", &path);
        }
        for body in ["", CANARY, "{", "[]", "null", "{}{}", "\u{feff}{}"] {
            let refused = send(Some("application/json"), body.to_owned()).await;
            assert_eq!(refused.code(), ApiErrorCode::InvalidInput, "{path}: {body:?}");
            assert!(!refused.text().contains(CANARY));
        }
        let twice =
            good.to_string().replacen('{', "{\"refresh_token\":\"x\",\"name\":\"x\",\"entries\":[],\"body\":\"x\",", 1);
        let refused = send(Some("application/json"), twice).await;
        assert_eq!(refused.code(), ApiErrorCode::InvalidInput, "{path}: a field that is there twice");
        let deep = format!("{{\"name\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
        let refused = send(Some("application/json"), deep).await;
        assert_eq!(refused.code(), ApiErrorCode::InvalidInput, "{path}: nested too deep");
        let accepted = send(Some("Application/JSON; charset=utf-8"), good.to_string()).await;
        assert_ne!(accepted.status, StatusCode::UNPROCESSABLE_ENTITY, "the control, {path}: {}", accepted.text());
    }
}

#[tokio::test]
async fn every_route_bounds_its_body() {
    let server = TestServer::generous(1, 1).await;
    let client = signed_in(&server).await;
    for Bodied { method, path, good, max_bytes } in bodied() {
        // White space is JSON, and no field is too long.
        for (bytes, is_taken) in [(max_bytes, true), (max_bytes + 1, false)] {
            for chunked in [false, true] {
                let body = good.to_string();
                let body = " ".repeat(bytes - body.len()) + &body;
                let body = if chunked {
                    let piece = bytes::Bytes::from(body);
                    reqwest::Body::wrap_stream(futures_util::stream::iter([Ok::<_, std::io::Error>(piece)]))
                } else {
                    body.into()
                };
                let request = client.request(method.clone(), &path).header("content-type", "application/json");
                let answer = answer(request.body(body)).await;
                let too_large = answer.status == StatusCode::PAYLOAD_TOO_LARGE;
                assert_eq!(!too_large, is_taken, "{path}: {bytes} bytes, chunked: {chunked}: {}", answer.status);
                assert!(!too_large || answer.code() == ApiErrorCode::TooLarge);
            }
        }
    }
}

#[tokio::test]
async fn every_parameter_of_a_path_or_query_is_checked() {
    let server = TestServer::generous(1, 1).await;
    let client = signed_in(&server).await;
    for (query, field) in [
        (format!("cursor={CANARY}&cursor={CANARY}"), "cursor"),
        (format!("curser={CANARY}"), "curser"),
        (format!("cursor=x&unheard_of={CANARY}"), "unheard_of"),
    ] {
        assert_refused(&client.get(&format!("/v1/sync/changes?{query}")).await, field, &query);
    }
    for cursor in ["", CANARY, "%00", "%F0%9F%98%80", &"x".repeat(5_000)] {
        let refused = client.get(&format!("/v1/sync/changes?cursor={cursor}")).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::GONE, ApiErrorCode::CursorInvalid), "{cursor}");
    }
    let id = lead_id(0).to_string();
    // What is no id names nothing; that of something else as little.
    for wrong in [CANARY, "0", &id[1..], &format!("{id}0"), "%00", "..", &"x".repeat(5_000)] {
        for (method, path, body) in [
            (Method::PATCH, format!("/v1/leads/{wrong}"), json!({ "notes": "x" })),
            (Method::DELETE, format!("/v1/leads/{wrong}"), Value::Null),
            (Method::PUT, format!("/v1/custom-fields/{wrong}"), text_field("Style")),
            (Method::DELETE, format!("/v1/devices/{wrong}"), Value::Null),
            (
                Method::POST,
                format!("/v1/conversations/{wrong}/messages"),
                json!({ "id": message_id(901), "direction": "inbound", "body": "x" }),
            ),
        ] {
            let refused = client.send(method.clone(), &path, Some(body)).await;
            assert_eq!(refused.code(), ApiErrorCode::NotFound, "{method} {path}: {}", refused.text());
            assert!(!refused.text().contains(CANARY));
        }
    }
}
