//! What staff change over the API.

use domain::{Lead, LeadState, Message, MessageId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::ApiErrorCode;

use crate::database::AUDIT;
use crate::feed::Replica;
use crate::harness::{
    NOW, OWNER, SALES, STRANGER, TestServer, conversation_id, lead_id, message_id, owner_id, sales_id, stage_id,
    studio_id,
};

#[tokio::test]
async fn a_patch_changes_what_it_names_and_a_stage_move_leaves_an_event() {
    let server = TestServer::start(3, 2).await;
    let client = server.client(OWNER).await;
    let mut replica = Replica::pull(&client).await;
    server.clock.advance_ms(7_000);

    let patch = json!({ "name": "Nora", "email": null, "stage_id": stage_id(1), "tags": ["vip"], "value_minor": 5 });
    let lead: Lead = client.patch_lead(0, patch).await.json();
    assert_eq!((lead.name.as_str(), lead.email.as_deref(), lead.value_minor), ("Nora", None, Some(5)));
    assert_eq!(lead.notes, "line\nline", "what is not named stays");
    assert_eq!((lead.updated_at, lead.last_activity_at), (NOW.plus_ms(7_000), NOW.plus_ms(7_000)));

    replica.update(&client).await;
    assert_eq!(replica.get("lead", &lead.id), Some(&serde_json::to_value(&lead).unwrap()));
    let events = replica.of_lead("stage_event", &lead.id);
    let moved = events.iter().find(|event| event["member_id"] == json!(owner_id())).unwrap();
    assert_eq!(moved["from_stage_id"], json!(stage_id(0)));
    assert_eq!(moved["to_stage_id"], json!(stage_id(1)));
    assert_eq!(moved["at"], json!(NOW.plus_ms(7_000)));
}

#[tokio::test]
async fn a_patch_that_changes_nothing_writes_nothing() {
    let server = TestServer::start(3, 2).await;
    let client = server.client(OWNER).await;
    let before = server.running.admin().change_seq(studio_id()).await.unwrap();
    let answer = client.patch_lead(0, json!({ "notes": "line\nline", "stage_id": stage_id(0) })).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(server.running.admin().change_seq(studio_id()).await.unwrap(), before);
}

#[tokio::test]
async fn a_bad_patch_names_the_field_and_changes_nothing() {
    let server = TestServer::start(3, 2).await;
    let client = server.client(OWNER).await;
    let before = server.running.admin().change_seq(studio_id()).await.unwrap();
    for (patch, field) in [
        (json!({ "name": "Nora", "phone": "0770" }), "phone"),
        (json!({ "name": "Nora", "stage_id": Uuid::nil() }), "stage_id"),
        (json!({ "name": "Nora", "owner_id": Uuid::nil() }), "owner_id"),
        (json!({ "name": "" }), "name"),
        (json!({ "email": "no address" }), "email"),
        (json!({ "tags": ["a", ""] }), "tags[1]"),
        (json!({ "value_minor": -1 }), "value_minor"),
        (json!({ "revision": 3 }), "revision"),
    ] {
        assert_eq!(client.patch_lead(0, patch).await.field(), field);
    }
    assert_eq!(server.running.admin().change_seq(studio_id()).await.unwrap(), before);
}

#[tokio::test]
async fn a_recorded_message_shows_in_its_conversation_and_lead() {
    let server = TestServer::start(3, 2).await;
    let client = server.client(OWNER).await;
    let mut replica = Replica::pull(&client).await;
    let long = "ä".repeat(200);
    let answer = client.record(1, message_id(900), "inbound", &long).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let message: Message = answer.json();
    assert_eq!((message.author_id, message.sent_at), (None, NOW));
    replica.update(&client).await;
    let conversation = replica.get("conversation", &conversation_id(1)).unwrap();
    assert_eq!(conversation["preview"], json!("ä".repeat(160)));
    assert_eq!(conversation["unread_count"], json!(2));
    assert_eq!(conversation["last_message_at"], json!(NOW));
    assert_eq!(replica.get("lead", &lead_id(1)).unwrap()["last_activity_at"], json!(NOW));

    let reply: Message = client.record(1, message_id(901), "outbound", "answered").await.json();
    assert_eq!(reply.author_id, Some(owner_id()));
    replica.update(&client).await;
    let conversation = replica.get("conversation", &conversation_id(1)).unwrap();
    assert_eq!((&conversation["unread_count"], &conversation["preview_direction"]), (&json!(0), &json!("outbound")));
    assert_eq!(replica.get("message", &reply.id), Some(&serde_json::to_value(&reply).unwrap()));
}

#[tokio::test]
async fn the_same_message_again_is_the_same_and_another_under_its_id_is_an_error() {
    let server = TestServer::start(3, 2).await;
    let client = server.client(OWNER).await;
    let first: Message = client.record(0, message_id(900), "inbound", "hello").await.json();
    server.clock.advance_ms(9_000);
    let seq = server.running.admin().change_seq(studio_id()).await.unwrap();
    let again = client.record(0, message_id(900), "inbound", "hello").await;
    assert_eq!((again.status, again.json::<Message>()), (StatusCode::OK, first));
    assert_eq!(client.record(0, message_id(900), "inbound", "other").await.field(), "id");
    assert_eq!(client.record(0, message_id(900), "outbound", "hello").await.field(), "id");
    assert_eq!(client.record(1, message_id(900), "inbound", "hello").await.field(), "id");
    assert_eq!(server.running.admin().change_seq(studio_id()).await.unwrap(), seq);

    assert_eq!(client.record(0, message_id(901), "inbound", &"x".repeat(65_537)).await.field(), "body");
    assert_eq!(client.record(0, message_id(901), "inbound", &"\u{1}".repeat(65_536)).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_deleted_lead_takes_everything_with_it() {
    let server = TestServer::start(3, 4).await;
    let client = server.client(OWNER).await;
    let mut replica = Replica::pull(&client).await;
    assert_eq!(client.delete_lead(1).await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.delete_lead(1).await.code(), ApiErrorCode::NotFound);
    assert_eq!(client.record(1, message_id(900), "inbound", "hi").await.code(), ApiErrorCode::NotFound);
    replica.update(&client).await;
    for kind in ["conversation", "message", "stage_event", "lead_edit"] {
        assert!(replica.of_lead(kind, &lead_id(1)).is_empty(), "{kind}");
    }
    assert_eq!(replica.rows, Replica::pull(&client).await.rows);
}

#[tokio::test]
async fn an_id_that_a_sender_chose_keeps_no_lead_from_being_deleted() {
    let server = TestServer::start(3, 2).await;
    let client = server.client(OWNER).await;
    let as_the_lead = MessageId::from_uuid(*lead_id(1).as_uuid());
    assert_eq!(client.record(1, as_the_lead, "inbound", "hi").await.status, StatusCode::CREATED);
    let mut replica = Replica::pull(&client).await;
    assert_eq!(client.delete_lead(1).await.status, StatusCode::NO_CONTENT);
    replica.update(&client).await;
    assert_eq!(replica.rows, Replica::pull(&client).await.rows);
}

#[tokio::test]
async fn the_id_of_a_deleted_message_is_never_that_of_another() {
    let server = TestServer::start(3, 2).await;
    let client = server.client(OWNER).await;
    let mut replica = Replica::pull(&client).await;
    assert_eq!(client.record(0, message_id(900), "inbound", "hi").await.status, StatusCode::CREATED);
    assert_eq!(client.delete_lead(0).await.status, StatusCode::NO_CONTENT);
    // Else its deletion, told after it, would take it away again from whoever has yet to hear of both.
    assert_eq!(client.record(1, message_id(900), "inbound", "hi").await.field(), "id");
    assert_eq!(client.delete_lead(1).await.status, StatusCode::NO_CONTENT);
    replica.update(&client).await;
    assert_eq!(replica.rows, Replica::pull(&client).await.rows);
}

#[tokio::test]
async fn another_studios_rows_do_not_exist() {
    let server = TestServer::start(3, 2).await;
    let stranger = server.client(STRANGER).await;
    assert_eq!(stranger.patch_lead(0, json!({ "name": "Mine" })).await.code(), ApiErrorCode::NotFound);
    assert_eq!(stranger.delete_lead(0).await.code(), ApiErrorCode::NotFound);
    assert_eq!(stranger.record(0, message_id(900), "inbound", "hi").await.code(), ApiErrorCode::NotFound);
    let unknown: Value = stranger.patch_lead(77, json!({ "name": "Mine" })).await.json();
    let foreign: Value = stranger.patch_lead(0, json!({ "name": "Mine" })).await.json();
    assert_eq!((&unknown["code"], &unknown["message"]), (&foreign["code"], &foreign["message"]));
}

#[tokio::test]
async fn sales_reach_their_own_leads_and_the_pool_only() {
    let server = TestServer::start(3, 2).await;
    let sami = server.client(SALES).await;
    assert_eq!(sami.patch_lead(0, json!({ "name": "Olga's" })).await.code(), ApiErrorCode::NotFound);
    assert_eq!(sami.record(0, message_id(900), "inbound", "hi").await.code(), ApiErrorCode::NotFound);
    for own_or_pool in [1, 2] {
        assert_eq!(sami.patch_lead(own_or_pool, json!({ "name": "Sami's" })).await.status, StatusCode::OK);
    }
    let taken: Lead = sami.patch_lead(1, json!({ "owner_id": sales_id() })).await.json();
    assert_eq!(taken.owner_id, Some(sales_id()));
}

#[tokio::test]
async fn sales_delete_no_lead_not_even_their_own_and_learn_nothing_of_the_others() {
    let server = TestServer::start(3, 2).await;
    let (olga, sami) = (server.client(OWNER).await, server.client(SALES).await);
    let before = server.running.admin().change_seq(studio_id()).await.unwrap();
    // Olga's, the pool's, Sami's own, and one that is not there.
    for n in [0, 1, 2, 77] {
        let answer = sami.delete_lead(n).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, ApiErrorCode::Forbidden), "{n}");
    }
    assert_eq!(server.running.admin().change_seq(studio_id()).await.unwrap(), before);
    assert_eq!(olga.delete_lead(2).await.status, StatusCode::NO_CONTENT, "the control: who may, does");
}

#[tokio::test]
async fn a_lead_is_archived_by_anybody_and_deleted_or_restored_by_who_may_delete() {
    let server = TestServer::start(3, 2).await;
    let (olga, sami) = (server.client(OWNER).await, server.client(SALES).await);
    let mut replica = Replica::pull(&sami).await;
    let state = |state: &str| json!({ "state": state });
    assert_eq!(sami.patch_lead(2, state("archived")).await.json::<Lead>().state, LeadState::Archived);
    let refused = sami.patch_lead(2, state("deleted")).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, ApiErrorCode::Forbidden));
    assert_eq!(olga.patch_lead(2, state("deleted")).await.json::<Lead>().state, LeadState::Deleted);
    assert_eq!(sami.patch_lead(2, state("active")).await.code(), ApiErrorCode::Forbidden);
    replica.update(&sami).await;
    assert_eq!(replica.get("lead", &lead_id(2)).unwrap()["state"], json!("deleted"), "it is told, and not gone");
    assert_eq!(olga.patch_lead(2, state("active")).await.json::<Lead>().state, LeadState::Active);
    replica.update(&sami).await;
    assert_eq!(replica.rows, Replica::pull(&sami).await.rows);
    assert_eq!(olga.patch_lead(2, state("gone")).await.field(), "state");
}

#[tokio::test]
async fn audit_entries_are_kept_once_and_never_changed() {
    let server = TestServer::start(1, 1).await;
    let client = server.client(SALES).await;
    let entry = |n: u128, rows: u64| {
        let id = Uuid::from_u128(n);
        json!({ "id": id, "action": "leads_exported", "at": 1, "detail": "csv all", "row_count": rows })
    };
    let post = |entries: Vec<Value>| client.send(Method::POST, "/v1/audit", Some(json!({ "entries": entries })));
    let admin = server.running.admin();
    let made = admin.count_audit(studio_id()).await.unwrap();
    let count = async || admin.count_audit(studio_id()).await.map(|all| all - made);

    assert_eq!(post(vec![entry(1, 10), entry(2, 20)]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(post(vec![entry(2, 20), entry(3, 30)]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(count().await.unwrap(), 3);
    assert_eq!(post(vec![entry(4, 40), entry(1, 11)]).await.field(), "id");
    assert_eq!(count().await.unwrap(), 3, "all of a batch or nothing");
    assert_eq!(post((10..511).map(|n| entry(n, 1)).collect()).await.field(), "entries");

    for sql in ["UPDATE audit_entry SET row_count = 0", "DELETE FROM audit_entry"] {
        let refusal = server.database.refusal(studio_id(), &sql.replace("audit_entry", AUDIT));
        assert!(refusal.contains("append-only") || refusal.contains("permission denied"), "{refusal}");
    }
}
