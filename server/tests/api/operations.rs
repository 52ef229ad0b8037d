//! What devices did, as it is sent: in order, in part, again.

use domain::OperationId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::operation::{Done, OperationOutcome, OperationResults, RefusalReason, Refused};

use crate::database::OPERATION;
use crate::feed::Replica;
use crate::harness::{
    Answer, Client, OWNER, SALES, TestServer, conversation_id, lead_id, message_id, owner_id, stage_id, studio_id,
};

fn operation(n: u128, lead: u64, edit: Value) -> Value {
    json!({ "id": Uuid::from_u128(n), "at": 1_790_000_000_000_i64, "act": { "edit_lead": { "lead_id": lead_id(lead), "edit": edit } } })
}

fn act(n: u128, act: Value) -> Value {
    json!({ "id": Uuid::from_u128(n), "at": 1_790_000_000_000_i64, "act": act })
}

fn refused(reason: RefusalReason, field: Option<&str>) -> OperationOutcome {
    OperationOutcome::Refused(Refused { reason, field: field.map(str::to_owned) })
}

fn notes(from: &str, to: &str) -> Value {
    json!({ "notes": { "from": from, "to": to } })
}

async fn push(client: &Client, operations: &[Value]) -> Answer {
    client.send(Method::POST, "/v1/sync/operations", Some(json!({ "operations": operations }))).await
}

async fn outcomes(client: &Client, operations: &[Value]) -> Vec<OperationOutcome> {
    let answer = push(client, operations).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let ids: Vec<OperationId> =
        operations.iter().map(|operation| serde_json::from_value(operation["id"].clone()).unwrap()).collect();
    let results = answer.json::<OperationResults>().results;
    assert_eq!(results.iter().map(|result| result.id).collect::<Vec<_>>(), ids, "one for each, in their order");
    results.into_iter().map(|result| result.outcome).collect()
}

fn is_done(outcome: &OperationOutcome) -> Option<bool> {
    match outcome {
        OperationOutcome::Done(Done { is_repeated, .. }) => Some(*is_repeated),
        OperationOutcome::Refused(_) | OperationOutcome::Held => None,
    }
}

#[tokio::test]
async fn what_was_done_is_done_once_and_colleagues_are_told() {
    let server = TestServer::start(3, 1).await;
    let (olga, colleague) = (server.client(OWNER).await, server.client(OWNER).await);
    let mut replica = Replica::pull(&colleague).await;
    let both = [operation(1, 0, notes("line\nline", "one")), operation(2, 0, notes("one", "two"))];
    assert_eq!(outcomes(&olga, &both).await.iter().map(is_done).collect::<Vec<_>>(), [Some(false); 2]);
    replica.update(&colleague).await;
    assert_eq!(replica.get("lead", &lead_id(0)).unwrap()["notes"], json!("two"));
    let before = server.running.admin().change_seq(studio_id()).await.unwrap();
    // The answer was lost, so the same is sent again, with something new.
    let again = [both[0].clone(), both[1].clone(), operation(3, 0, notes("two", "three"))];
    let again = outcomes(&olga, &again).await;
    assert_eq!(again.iter().map(is_done).collect::<Vec<_>>(), [Some(true), Some(true), Some(false)]);
    assert_eq!(server.running.admin().change_seq(studio_id()).await.unwrap(), before + 2, "a lead and its edit");
}

#[tokio::test]
async fn what_was_done_stays_on_record_whatever_a_server_tries() {
    let server = TestServer::start(1, 1).await;
    let done = [operation(1, 0, notes("line\nline", "one"))];
    assert_eq!(is_done(&outcomes(&server.client(OWNER).await, &done).await[0]), Some(false));
    for sql in [format!("UPDATE {OPERATION} SET fields = '[]'"), format!("DELETE FROM {OPERATION}")] {
        let refusal = server.database.refusal(studio_id(), &sql);
        assert!(refusal.contains("stays done") || refusal.contains("permission denied"), "{refusal}");
    }
}

#[tokio::test]
async fn one_that_is_refused_holds_those_after_it_on_the_same_lead_and_no_others() {
    let server = TestServer::start(3, 1).await;
    let olga = server.client(OWNER).await;
    let batch = [
        operation(1, 0, json!({ "name": { "from": "x", "to": "  " } })),
        operation(2, 0, notes("line\nline", "one")),
        operation(3, 1, notes("line\nline", "one")),
        operation(4, 99, notes("line\nline", "one")),
    ];
    let outcomes = outcomes(&olga, &batch).await;
    assert_eq!(outcomes[0], refused(RefusalReason::Invalid, Some("name")));
    assert_eq!(outcomes[1], OperationOutcome::Held);
    assert_eq!(is_done(&outcomes[2]), Some(false));
    assert_eq!(outcomes[3], refused(RefusalReason::NotFound, None));
    let held = [batch[1].clone()];
    assert_eq!(is_done(&self::outcomes(&olga, &held).await[0]), Some(false), "by itself it is done: nothing was kept");
}

#[tokio::test]
async fn sales_edit_what_they_see_and_the_rest_does_not_exist() {
    let server = TestServer::start(9, 1).await;
    let (vik, olga) = (server.client(SALES).await, server.client(OWNER).await);
    let replica = Replica::pull(&vik).await;
    let (mut seen, mut unseen) = (0, 0);
    for lead in 0..9 {
        let edit = [operation(u128::from(lead) + 1, lead, notes("line\nline", "by Vik"))];
        let outcome = outcomes(&vik, &edit).await.remove(0);
        if replica.get("lead", &lead_id(lead)).is_some() {
            assert_eq!(is_done(&outcome), Some(false));
            seen += 1;
        } else {
            assert_eq!(outcome, refused(RefusalReason::NotFound, None));
            unseen += 1;
        }
    }
    assert!(seen > 0 && unseen > 0);
    let all = Replica::pull(&olga).await;
    let edited = (0..9).filter(|lead| all.get("lead", &lead_id(*lead)).unwrap()["notes"] == json!("by Vik")).count();
    assert_eq!(edited, seen);
}

#[tokio::test]
async fn who_may_not_delete_is_refused_and_the_rest_of_what_they_did_is_done() {
    let server = TestServer::start(3, 1).await;
    let vik = server.client(SALES).await;
    let state = |from: &str, to: &str| json!({ "state": { "from": from, "to": to } });
    let batch = [
        operation(1, 2, state("active", "deleted")),
        operation(2, 2, notes("line\nline", "one")),
        operation(3, 1, state("active", "archived")),
    ];
    let outcomes = outcomes(&vik, &batch).await;
    assert_eq!(outcomes[..2], [refused(RefusalReason::Forbidden, None), OperationOutcome::Held]);
    assert_eq!(is_done(&outcomes[2]), Some(false));
    let replica = Replica::pull(&vik).await;
    let states = [1, 2].map(|n| replica.get("lead", &lead_id(n)).unwrap()["state"].clone());
    assert_eq!(states, [json!("archived"), json!("active")]);
}

fn create(n: u128, lead: u64, name: &str) -> Value {
    let new = json!({
        "name": name, "email": null, "phone": null, "stage_id": stage_id(0), "owner_id": null, "source": "manual",
        "tags": [], "notes": "", "value_minor": null, "first_touch": { "form": "Open day" },
    });
    act(n, json!({ "create_lead": { "lead_id": lead_id(lead), "lead": new } }))
}

fn reply(n: u128, conversation: u64, body: &str) -> Value {
    let said = json!({
        "message_id": message_id(900 + u64::try_from(n).unwrap()), "conversation_id": conversation_id(conversation),
        "body": body,
    });
    act(n, json!({ "reply": said }))
}

fn merge(n: u128, lead: u64, duplicate: u64) -> Value {
    act(n, json!({ "merge_leads": { "lead_id": lead_id(lead), "duplicate_id": lead_id(duplicate) } }))
}

#[tokio::test]
async fn a_day_without_a_network_arrives_at_once_and_once() {
    let server = TestServer::start(3, 2).await;
    let olga = server.client(OWNER).await;
    let mut replica = Replica::pull(&olga).await;
    let day = [
        create(1, 70, "Nora"),
        operation(2, 70, json!({ "notes": { "from": "", "to": "rang twice" } })),
        reply(3, 1, "See you on Saturday"),
        merge(4, 1, 2),
        operation(5, 2, json!({ "state": { "from": "deleted", "to": "active" } })),
    ];
    assert_eq!(outcomes(&olga, &day).await.iter().map(is_done).collect::<Vec<_>>(), [Some(false); 5]);
    assert_eq!(outcomes(&olga, &day).await.iter().map(is_done).collect::<Vec<_>>(), [Some(true); 5]);
    replica.update(&olga).await;
    assert_eq!(replica.rows, Replica::pull(&olga).await.rows);
    let lead = replica.get("lead", &lead_id(70)).unwrap();
    assert_eq!((&lead["name"], &lead["notes"]), (&json!("Nora"), &json!("rang twice")));
    assert_eq!(replica.of_lead("stage_event", &lead_id(70)).len(), 1);
    let answer = replica.get("message", &message_id(903)).unwrap();
    assert_eq!((&answer["status"], &answer["body"]), (&json!("queued"), &json!("See you on Saturday")));
    assert_eq!(answer["author_id"], json!(owner_id()));
    assert_eq!(replica.of_lead("conversation", &lead_id(1)).len(), 2);
    assert!(replica.of_lead("conversation", &lead_id(2)).is_empty());
    assert_eq!(replica.get("lead", &lead_id(2)).unwrap()["state"], json!("active"), "restored, and empty");
}

#[tokio::test]
async fn the_history_of_edits_comes_with_the_lead_to_whom_sees_it() {
    let server = TestServer::start(3, 1).await;
    let (olga, vik) = (server.client(OWNER).await, server.client(SALES).await);
    let mut replica = Replica::pull(&vik).await;
    outcomes(&olga, &[operation(1, 2, notes("line\nline", "one")), operation(2, 2, notes("line\nline", "two"))]).await;
    olga.patch_lead(0, json!({ "notes": "not Vik's" })).await;
    olga.patch_lead(2, json!({ "state": "archived" })).await;
    replica.update(&vik).await;
    assert_eq!(replica.rows, Replica::pull(&vik).await.rows);
    assert!(replica.of_lead("lead_edit", &lead_id(0)).is_empty());
    let mut edits = replica.of_lead("lead_edit", &lead_id(2));
    edits.sort_by_key(|edit| edit["changes"][0]["to"].to_string());
    let told: Vec<_> = edits.iter().map(|edit| edit["changes"].clone()).collect();
    let change = |field: &str, kind: &str, from: &str, to: &str, outcome: &str| json!([{ "field": field, "from": { kind: from }, "to": { kind: to }, "outcome": outcome }]);
    let expected = [
        change("state", "state", "active", "archived", "applied"),
        change("notes", "text", "line\nline", "one", "applied"),
        change("notes", "text", "line\nline", "two", "conflict"),
    ];
    assert_eq!(told, expected);
    assert!(edits.iter().all(|edit| edit["member_id"] == json!(owner_id())));
    olga.patch_lead(2, json!({ "owner_id": owner_id() })).await;
    replica.update(&vik).await;
    assert!(replica.of_lead("lead_edit", &lead_id(2)).is_empty(), "it goes out of sight with the lead");
    assert_eq!(Replica::pull(&olga).await.of_lead("lead_edit", &lead_id(2)).len(), 4, "the control");
}

#[tokio::test]
async fn acts_are_held_behind_what_shares_a_lead_or_a_conversation_with_them() {
    let server = TestServer::start(6, 1).await;
    let olga = server.client(OWNER).await;
    let batch = [
        merge(1, 0, 99),
        merge(2, 1, 0),
        operation(3, 1, notes("line\nline", "one")),
        reply(4, 1, " "),
        reply(5, 1, "one"),
        reply(6, 2, "one"),
        merge(7, 4, 3),
    ];
    let outcomes = outcomes(&olga, &batch).await;
    assert_eq!(outcomes[0], refused(RefusalReason::NotFound, None));
    assert_eq!(outcomes[1..3], [OperationOutcome::Held, OperationOutcome::Held], "and what shares one with those");
    assert_eq!(outcomes[3], refused(RefusalReason::Invalid, Some("body")));
    assert_eq!(outcomes[4], OperationOutcome::Held);
    assert_eq!(outcomes[5..].iter().map(is_done).collect::<Vec<_>>(), [Some(false); 2]);
    assert_eq!(
        is_done(&self::outcomes(&olga, &batch[4..5]).await[0]),
        Some(false),
        "the control: by itself it is done"
    );
}

#[tokio::test]
async fn what_is_wrong_with_an_act_is_named_and_nothing_of_it_is_done() {
    let server = TestServer::start(3, 1).await;
    let (olga, vik) = (server.client(OWNER).await, server.client(SALES).await);
    let before = server.running.admin().change_seq(studio_id()).await.unwrap();
    let with = |field: &str, value: Value| {
        let mut operation = create(1, 70, "Nora");
        operation["act"]["create_lead"]["lead"][field] = value;
        operation
    };
    for (operation, field) in [
        (create(1, 70, " "), "name"),
        (with("email", json!("no address")), "email"),
        (with("first_touch", json!({ "gclid": "x\u{0}" })), "first_touch.gclid"),
        (with("stage_id", json!(Uuid::nil())), "stage_id"),
        (with("owner_id", json!(Uuid::nil())), "owner_id"),
        (merge(1, 0, 0), "duplicate_id"),
        (reply(1, 0, &"x".repeat(65_537)), "body"),
    ] {
        assert_eq!(outcomes(&olga, &[operation]).await[0], refused(RefusalReason::Invalid, Some(field)));
    }
    for (operation, reason) in [
        (with("owner_id", json!(owner_id())), RefusalReason::Forbidden),
        (merge(1, 1, 2), RefusalReason::Forbidden),
        (create(1, 0, "Nora"), RefusalReason::Taken),
        (reply(1, 0, "x"), RefusalReason::NotFound),
    ] {
        assert_eq!(outcomes(&vik, &[operation]).await[0], refused(reason, None));
    }
    for (operation, field) in [
        (with("state", json!("active")), "operations[0].act.create_lead.lead.state"),
        (with("source", json!("hearsay")), "operations[0].act.create_lead.lead.source"),
        (act(1, json!({ "reply": { "body": "x" } })), "operations[0].act.reply"),
    ] {
        assert_eq!(push(&olga, &[operation]).await.field(), field);
    }
    assert_eq!(server.running.admin().change_seq(studio_id()).await.unwrap(), before);
}

#[tokio::test]
async fn a_batch_is_bounded_and_what_is_wrong_in_it_is_named() {
    let server = TestServer::start(1, 1).await;
    let olga = server.client(OWNER).await;
    let many: Vec<_> = (0..101).map(|n| operation(n + 1, 0, notes("x", "y"))).collect();
    assert_eq!(push(&olga, &many).await.field(), "operations");
    assert_eq!(outcomes(&olga, &many[..100]).await.len(), 100, "the control");
    let at = |value: Value| {
        let mut operation = operation(1_000, 0, notes("x", "y"));
        operation["at"] = value;
        operation
    };
    for (operation, field) in [
        (at(json!(1_i64 << 53)), "operations[0].at"),
        (at(json!("now")), "operations[0].at"),
        (operation(1_000, 0, json!({ "notes": { "to": "y" } })), "operations[0].act.edit_lead.edit.notes"),
        (operation(1_000, 0, json!({ "colour": { "from": 1, "to": 2 } })), "operations[0].act.edit_lead.edit.colour"),
    ] {
        assert_eq!(push(&olga, &[operation]).await.field(), field);
    }
}

#[tokio::test]
async fn what_was_made_before_the_studio_was_put_back_is_refused_before_any_of_it_is_done() {
    let server = TestServer::start(1, 1).await;
    let olga = server.client(OWNER).await;
    let made_in = async |epoch: &str, n: u128| {
        let body = json!({ "epoch": epoch, "operations": [operation(n, 0, notes("", "x"))] });
        olga.send(Method::POST, "/v1/sync/operations", Some(body)).await
    };
    let epoch = push(&olga, &[]).await.json::<OperationResults>().epoch;
    assert_eq!(made_in(&epoch, 1).await.json::<OperationResults>().epoch, epoch, "the control");
    let admin = server.running.admin();
    let before = admin.change_seq(studio_id()).await.unwrap();
    admin.reset_cursors(studio_id()).await.unwrap();
    let refused = made_in(&epoch, 2).await;
    assert_eq!(refused.status, StatusCode::GONE);
    assert_eq!(refused.refusal().code, wire::ApiErrorCode::CursorInvalid);
    assert_eq!(admin.change_seq(studio_id()).await.unwrap(), before, "nothing of it was done");
    let epoch = push(&olga, &[]).await.json::<OperationResults>().epoch;
    assert!(made_in(&epoch, 2).await.status.is_success());
}
