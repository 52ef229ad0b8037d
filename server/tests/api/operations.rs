//! What devices did, as it is sent: in order, in part, again.

use domain::OperationId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::operation::{Done, OperationOutcome, OperationResults, RefusalReason, Refused};

use crate::database::OPERATION;
use crate::feed::Replica;
use crate::harness::{Answer, Client, OWNER, SALES, TestServer, lead_id, studio_id};

fn operation(n: u128, lead: u64, edit: Value) -> Value {
    json!({ "id": Uuid::from_u128(n), "at": 1_790_000_000_000_i64, "act": { "edit_lead": { "lead_id": lead_id(lead), "edit": edit } } })
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
    assert_eq!(server.running.admin().change_seq(studio_id()).await.unwrap(), before + 1);
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
    let refused =
        |reason, field: Option<&str>| OperationOutcome::Refused(Refused { reason, field: field.map(str::to_owned) });
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
            let refused = Refused { reason: RefusalReason::NotFound, field: None };
            assert_eq!(outcome, OperationOutcome::Refused(refused));
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
    let forbidden = Refused { reason: RefusalReason::Forbidden, field: None };
    let outcomes = outcomes(&vik, &batch).await;
    assert_eq!(outcomes[..2], [OperationOutcome::Refused(forbidden), OperationOutcome::Held]);
    assert_eq!(is_done(&outcomes[2]), Some(false));
    let replica = Replica::pull(&vik).await;
    let states = [1, 2].map(|n| replica.get("lead", &lead_id(n)).unwrap()["state"].clone());
    assert_eq!(states, [json!("archived"), json!("active")]);
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
