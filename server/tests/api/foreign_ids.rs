//! Ids that are out of the caller's reach: of another studio, or out of their sight (A2, A4). Whoever calls with one
//! learns nothing that an id which does not exist would not tell them: the same status, headers and body, byte by byte.

use std::collections::BTreeMap;

use domain::StudioId;
use reqwest::header::{DATE, HeaderName};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::REQUEST_ID_HEADER;
use wire::changes::Row;

use crate::feed::Feed;
use crate::harness::{
    Client, OWNER, PASSWORD, SALES, STRANGER, TestServer, conversation_id, field_id, lead_id, message_id,
    other_studio_id, owner_id, rows, sign_in, stage_id, stranger_id, studio_id,
};
use crate::routes::{Example, colleague, example, invitation, routes, text_field};

/// All that an answer says, but for the hour and the request's id, which is the same for both.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    status: StatusCode,
    headers: BTreeMap<String, Vec<u8>>,
    body: String,
}

async fn said(client: &Client, method: Method, path: &str, body: Option<&Value>) -> Said {
    let request = client.request(method, path).header(REQUEST_ID_HEADER, "the-same-for-both");
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    let response = request.send().await.unwrap();
    let status = response.status();
    let told = |name: &&HeaderName| **name != DATE;
    let names: Vec<_> = response.headers().keys().filter(told).cloned().collect();
    let headers = names.iter().map(|name| {
        let values = response.headers().get_all(name).iter().map(|value| value.as_bytes());
        (name.to_string(), values.collect::<Vec<_>>().join(&b'\n'))
    });
    let headers = headers.collect();
    Said { status, headers, body: response.text().await.unwrap() }
}

/// Like [`rows`], each under an id of its own.
fn other_rows() -> impl Iterator<Item = Row> {
    rows(3, 1).into_iter().map(|row| {
        let mut row = serde_json::to_value(&row).unwrap();
        for fields in row.as_object_mut().unwrap().values_mut() {
            for owner in ["owner_id", "assignee_id", "author_id"] {
                if fields.get(owner).is_some() {
                    fields[owner] = Value::Null;
                }
            }
        }
        serde_json::from_str(&row.to_string().replace("-7000-8000-", "-7000-9000-")).unwrap()
    })
}

fn of_other_studio(id: impl ToString) -> String {
    id.to_string().replace("-7000-8000-", "-7000-9000-")
}

const NEWER: &str = "-7000-a000-";

/// Well-formed, and nobody's.
fn absent(id: &str) -> String {
    let absent = id.replace("-7000-8000-", NEWER).replace("-7000-9000-", NEWER);
    match absent == id {
        // A device's, which is not one of ours made for the test.
        true => Uuid::from_u128(Uuid::parse_str(id).unwrap().as_u128() ^ 0x5a5a).to_string(),
        false => absent,
    }
}

/// Somebody and the ids, by the parameter that takes them, which exist and are out of their reach; and who has them.
struct Case {
    what: &'static str,
    caller: &'static str,
    holder: &'static str,
    lead: String,
    conversation: String,
    studio: StudioId,
}

#[tokio::test]
async fn an_id_out_of_reach_is_answered_as_one_that_does_not_exist_by_every_route_that_takes_one() {
    let server = TestServer::generous(6, 1).await;
    server.running.admin().import(other_studio_id(), other_rows()).await.unwrap();
    let cases = [
        Case {
            what: "another studio's",
            caller: STRANGER,
            holder: OWNER,
            studio: studio_id(),
            lead: lead_id(1).to_string(),
            conversation: conversation_id(1).to_string(),
        },
        Case {
            what: "another studio's, the other way round",
            caller: OWNER,
            holder: STRANGER,
            studio: other_studio_id(),
            lead: of_other_studio(lead_id(1)),
            conversation: of_other_studio(conversation_id(1)),
        },
        Case {
            what: "another studio's, to a role that may little",
            caller: SALES,
            holder: STRANGER,
            studio: other_studio_id(),
            lead: of_other_studio(lead_id(2)),
            conversation: of_other_studio(conversation_id(2)),
        },
        Case {
            what: "a colleague's",
            caller: SALES,
            holder: OWNER,
            studio: studio_id(),
            lead: lead_id(0).to_string(),
            conversation: conversation_id(0).to_string(),
        },
    ];
    let mut with_ids: Vec<_> = routes(&server)
        .await
        .into_iter()
        .filter(|route| !route.parameters().is_empty())
        // What stands in it is a secret and no id.
        .filter(|route| route.parameters() != ["token"])
        // The sender chooses it, in their own studio: `custom_fields.rs`.
        .filter(|route| route.parameters() != ["field_id"])
        .collect();
    // Last what takes away that of which the others speak.
    with_ids.sort_by_key(|route| route.method == "DELETE");
    assert!(with_ids.len() >= 4, "{with_ids:?}");
    for (n, case) in cases.iter().enumerate() {
        for route in &with_ids {
            let turn = 100 + n as u64;
            let (caller, holder) = (server.session(case.caller).await, server.session(case.holder).await);
            let device = server.session(case.holder).await.device_id.to_string();
            let member = colleague(&server, case.studio).await;
            let invitation = invitation(&server, &server.client(case.holder).await).await;
            let ids = |parameter: &str| match parameter {
                "member_id" => member.clone(),
                "invitation_id" => invitation.clone(),
                "lead_id" => case.lead.clone(),
                "conversation_id" => case.conversation.clone(),
                "device_id" => device.clone(),
                _ => panic!("{route}: say here which {parameter} is out of reach"),
            };
            let Example { body, status } = example(route, turn, case.caller, &caller);
            let client = server.client_with(&caller.tokens.access_token);
            let before = changes(&server).await;
            let foreign = said(&client, route.method(), &route.path_with(ids), body.as_ref()).await;
            let unknown = route.path_with(|parameter| absent(&ids(parameter)));
            let unknown = said(&client, route.method(), &unknown, body.as_ref()).await;
            assert_eq!(foreign, unknown, "{route} with {}", case.what);
            assert!([StatusCode::NOT_FOUND, StatusCode::FORBIDDEN].contains(&foreign.status), "{route}: {foreign:?}");
            assert_eq!(changes(&server).await, before, "{route} with {}", case.what);

            // The control: to whom it belongs, it is there.
            let client = server.client_with(&holder.tokens.access_token);
            let own = said(&client, route.method(), &route.path_with(ids), body.as_ref()).await;
            assert_eq!(own.status, status, "{route} with {}, by their own: {own:?}", case.what);
        }
    }
}

async fn changes(server: &TestServer) -> [i64; 2] {
    let admin = server.running.admin();
    [admin.change_seq(studio_id()).await.unwrap(), admin.change_seq(other_studio_id()).await.unwrap()]
}

#[tokio::test]
async fn an_id_out_of_reach_in_a_body_is_answered_as_one_that_does_not_exist() {
    let server = TestServer::generous(6, 1).await;
    server.running.admin().import(other_studio_id(), other_rows()).await.unwrap();
    let stranger = server.client(STRANGER).await;
    let own_lead = format!("/v1/leads/{}", of_other_studio(lead_id(0)));
    let own_conversation = format!("/v1/conversations/{}/messages", of_other_studio(conversation_id(0)));
    let with_stage = |id: &str| json!({ "stage_id": id });
    let with_owner = |id: &str| json!({ "owner_id": id });
    let in_studio = |id: &str| {
        let mut body = sign_in(STRANGER, PASSWORD);
        body["studio_id"] = json!(id);
        body
    };
    let message = |id: &str| json!({ "id": id, "direction": "inbound", "body": "Hello" });
    let act = |id: &str| {
        let entry = json!({ "id": id, "action": "leads_exported", "at": 1, "detail": "csv all", "row_count": 1 });
        json!({ "entries": [entry] })
    };
    let entry = Uuid::from_u128(0x0190_0000_0008_7000_8000_0000_0000_0001).to_string();
    let recorded = server.client(OWNER).await.send(Method::POST, "/v1/audit", Some(act(&entry))).await;
    assert_eq!(recorded.status, StatusCode::NO_CONTENT, "the first studio has it");

    type Body<'a> = &'a dyn Fn(&str) -> Value;
    let operation = |act: Value| json!({ "operations": [{ "id": Uuid::from_u128(1), "at": 1, "act": act }] });
    let edit = |id: &str| operation(json!({ "edit_lead": { "lead_id": id, "edit": {} } }));
    let merge =
        |id: &str| operation(json!({ "merge_leads": { "lead_id": of_other_studio(lead_id(0)), "duplicate_id": id } }));
    let reply = |id: &str| {
        operation(json!({ "reply": { "message_id": message_id(950), "conversation_id": id, "body": "Hello" } }))
    };
    let look = |id: &str| json!({ "lead_id": id });
    let define = format!("/v1/custom-fields/{}", field_id(1));
    let defined = server.client(OWNER).await.send(Method::PUT, &define, Some(text_field("Style"))).await;
    assert_eq!(defined.status, StatusCode::OK, "the first studio has it");
    let with_value = |id: &str| json!({ "custom": { id: { "text": "Ballet" } } });
    let cases: [(Method, &str, Body<'_>, String, StatusCode); 10] = [
        (Method::PATCH, &own_lead, &with_value, field_id(1).to_string(), StatusCode::UNPROCESSABLE_ENTITY),
        (Method::PATCH, &own_lead, &with_stage, stage_id(1).to_string(), StatusCode::UNPROCESSABLE_ENTITY),
        (Method::PATCH, &own_lead, &with_owner, owner_id().to_string(), StatusCode::UNPROCESSABLE_ENTITY),
        (Method::POST, "/v1/auth/sign-in", &in_studio, studio_id().to_string(), StatusCode::UNAUTHORIZED),
        // Refused, each by itself.
        (Method::POST, "/v1/sync/operations", &edit, lead_id(1).to_string(), StatusCode::OK),
        (Method::POST, "/v1/sync/operations", &merge, lead_id(1).to_string(), StatusCode::OK),
        (Method::POST, "/v1/sync/operations", &reply, conversation_id(1).to_string(), StatusCode::OK),
        (Method::PUT, "/v1/presence", &look, lead_id(1).to_string(), StatusCode::NOT_FOUND),
        // These two name what the sender makes: an id is taken only where it is, in the sender's own studio.
        (Method::POST, &own_conversation, &message, message_id(1).to_string(), StatusCode::CREATED),
        (Method::POST, "/v1/audit", &act, entry, StatusCode::NO_CONTENT),
    ];
    for (method, path, body, id, status) in cases {
        let foreign = said(&stranger, method.clone(), path, Some(&body(&id))).await;
        let other = absent(&id);
        let mut unknown = said(&stranger, method.clone(), path, Some(&body(&other))).await;
        unknown.body = unknown.body.replace(&other, &id);
        assert_eq!(foreign, unknown, "{method} {path}");
        assert_eq!(foreign.status, status, "{method} {path}: {foreign:?}");
    }
    // The control: what is the studio's own is taken.
    for own in [with_stage(&of_other_studio(stage_id(1))), with_owner(&stranger_id().to_string())] {
        assert_eq!(stranger.send(Method::PATCH, &own_lead, Some(own)).await.status, StatusCode::OK);
    }
    let home = stranger.send(Method::POST, "/v1/auth/sign-in", Some(in_studio(&other_studio_id().to_string()))).await;
    assert_eq!(home.status, StatusCode::OK);
}

#[tokio::test]
async fn a_cursor_of_somebody_else_is_answered_as_one_that_nobody_has() {
    let server = TestServer::generous(6, 1).await;
    server.running.admin().import(other_studio_id(), other_rows()).await.unwrap();
    let olga = server.client(OWNER).await;
    let cursor = Feed::read(&olga, None).await.end.unwrap().0;
    let changes = |cursor: &str| format!("/v1/sync/changes?cursor={cursor}");
    let mut unknown = cursor.clone();
    // Not at its end, where the last bits of the text may stand for nothing.
    let place = unknown.len() / 2;
    let other = if unknown.as_bytes()[place] == b'A' { "B" } else { "A" };
    unknown.replace_range(place..=place, other);
    for caller in [STRANGER, SALES] {
        let client = server.client(caller).await;
        let foreign = said(&client, Method::GET, &changes(&cursor), None).await;
        assert_eq!(foreign, said(&client, Method::GET, &changes(&unknown), None).await, "{caller}");
        assert_eq!(foreign.status, StatusCode::GONE, "{caller}");
    }
    assert_eq!(olga.get(&changes(&cursor)).await.status, StatusCode::OK, "the control");
}
