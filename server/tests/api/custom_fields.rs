//! The studio's own fields, from their definition to what leads hold of them.

use domain::{CustomField, Lead};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::ApiErrorCode;
use wire::custom_field::CustomFieldList;
use wire::operation::OperationResults;

use crate::feed::Replica;
use crate::harness::{
    Answer, Client, OWNER, SALES, STRANGER, TestServer, field_id, lead_id, option_id, owner_id, studio_id,
};
use crate::routes::text_field;

fn plan() -> Value {
    let option = |n: u64, name: &str| json!({ "id": option_id(n), "name": name, "is_retired": false });
    json!({
        "name": "Package", "kind": "choice", "position": 1, "is_in_list": true, "is_archived": false,
        "options": [option(0, "Mini"), option(1, "Classic")],
    })
}

async fn define(client: &Client, n: u64, form: Value) -> Answer {
    client.send(Method::PUT, &format!("/v1/custom-fields/{}", field_id(n)), Some(form)).await
}

async fn seq(server: &TestServer) -> i64 {
    server.running.admin().change_seq(studio_id()).await.unwrap()
}

fn given(values: &[(u64, Value)]) -> Value {
    json!({ "custom": values.iter().map(|(n, value)| (field_id(*n).to_string(), value.clone())).collect::<serde_json::Map<_, _>>() })
}

/// A device's edit of lead 0, by which a field becomes `to` for who saw `from`.
fn edit(n: u128, from: Value, to: Value) -> Value {
    let edit = json!({ "custom": { field_id(0).to_string(): { "from": from, "to": to } } });
    json!({
        "id": Uuid::from_u128(n), "at": 1_790_000_000_000_i64,
        "act": { "edit_lead": { "lead_id": lead_id(0), "edit": edit } },
    })
}

async fn push(client: &Client, operation: Value) -> Value {
    let answer = client.send(Method::POST, "/v1/sync/operations", Some(json!({ "operations": [operation] }))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    serde_json::to_value(&answer.json::<OperationResults>().results[0].outcome).unwrap()
}

#[tokio::test]
async fn a_field_lives_from_its_definition_until_it_is_put_away_and_everybody_is_told() {
    let server = TestServer::start(3, 1).await;
    let (olga, sami) = (server.client(OWNER).await, server.client(SALES).await);
    let mut replica = Replica::pull(&sami).await;
    let mut form = plan();
    let defined = define(&olga, 0, form.clone()).await;
    assert_eq!(defined.status, StatusCode::OK, "{}", defined.text());
    let mut whole = form.clone();
    whole["id"] = json!(field_id(0));
    assert_eq!(defined.json::<Value>(), whole);

    form["name"] = json!("Plan");
    form["options"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "id": option_id(2), "name": "Signature", "is_retired": false }));
    form["options"][0]["is_retired"] = json!(true);
    form["is_archived"] = json!(true);
    let before = seq(&server).await;
    for _ in 0..2 {
        assert_eq!(define(&olga, 0, form.clone()).await.status, StatusCode::OK);
        assert_eq!(seq(&server).await, before + 1, "again changes nothing");
    }
    replica.update(&sami).await;
    let told: CustomField = serde_json::from_value(replica.get("custom_field", &field_id(0)).unwrap().clone()).unwrap();
    assert_eq!(serde_json::to_value(&told.form).unwrap(), form);
    assert_eq!(replica.rows, Replica::pull(&sami).await.rows);
    let listed = sami.get("/v1/custom-fields").await.json::<CustomFieldList>();
    assert_eq!(listed.fields, [told]);
}

#[tokio::test]
async fn what_a_field_may_not_become_is_named_and_nothing_happens() {
    let server = TestServer::start(1, 1).await;
    let olga = server.client(OWNER).await;
    define(&olga, 0, plan()).await;
    define(&olga, 1, text_field("Style")).await;
    let before = (seq(&server).await, server.running.admin().count_audit(studio_id()).await.unwrap());
    let with = |field: &str, value: Value| {
        let mut form = plan();
        form[field] = value;
        form
    };
    let fewer = json!([plan()["options"][0]]);
    let mut as_text = text_field("Package");
    as_text["position"] = json!(1);
    for (n, form, field) in [
        (0, as_text, "kind"),
        (0, with("options", fewer), "options"),
        (0, with("name", json!("style ")), "name"),
        (7, text_field("STYLE"), "name"),
        (1, with("kind", json!("text")), "options"),
    ] {
        assert_eq!(define(&olga, n, form).await.field(), field);
    }
    assert_eq!(
        define(&server.client(SALES).await, 0, with("name", json!("Plan"))).await.code(),
        ApiErrorCode::Forbidden
    );
    assert_eq!((seq(&server).await, server.running.admin().count_audit(studio_id()).await.unwrap()), before);
}

#[tokio::test]
async fn a_field_is_its_own_studios_whoever_uses_its_id() {
    let server = TestServer::start(1, 1).await;
    let (olga, sten) = (server.client(OWNER).await, server.client(STRANGER).await);
    define(&olga, 0, plan()).await;
    let before = seq(&server).await;
    // Chosen by the sender: taken only where it is, in their own studio.
    let theirs = define(&sten, 0, text_field("Style")).await;
    assert_eq!((theirs.status, theirs.json::<Value>()["kind"].clone()), (StatusCode::OK, json!("text")));
    assert_eq!(seq(&server).await, before);
    let listed = async |client: &Client| client.get("/v1/custom-fields").await.json::<CustomFieldList>().fields;
    assert_eq!(
        (listed(&olga).await[0].form.name.as_str(), listed(&sten).await[0].form.name.as_str()),
        ("Package", "Style")
    );
}

#[tokio::test]
async fn values_are_given_changed_cleared_and_erased() {
    let server = TestServer::start(3, 1).await;
    let olga = server.client(OWNER).await;
    define(&olga, 0, plan()).await;
    define(&olga, 1, text_field("Style")).await;
    let mut replica = Replica::pull(&olga).await;
    let gold = json!({ "choice": option_id(1) });
    let both = olga.patch_lead(0, given(&[(0, gold.clone()), (1, json!({ "text": "Ballet" }))])).await;
    assert_eq!(both.json::<Lead>().custom.len(), 2);
    let one = olga.patch_lead(0, given(&[(1, Value::Null)])).await;
    assert_eq!(one.json::<Value>()["custom"], json!({ field_id(0).to_string(): gold }));
    // A client that does not speak of them leaves them alone.
    let noted = olga.patch_lead(0, json!({ "notes": "rang" })).await;
    assert_eq!(noted.json::<Value>()["custom"], json!({ field_id(0).to_string(): gold }));
    replica.update(&olga).await;
    assert_eq!(replica.get("lead", &lead_id(0)), Some(&noted.json()));

    let before = seq(&server).await;
    for (n, value) in [(7, json!({ "text": "x" })), (1, gold), (0, json!({ "choice": option_id(9) })), (9, Value::Null)]
    {
        let refused = olga.patch_lead(0, given(&[(n, value)])).await;
        assert_eq!(
            (refused.status, refused.field()),
            (StatusCode::UNPROCESSABLE_ENTITY, format!("custom.{}", field_id(n)))
        );
    }
    assert_eq!(seq(&server).await, before);
    assert_eq!(olga.delete_lead(0).await.status, StatusCode::NO_CONTENT);
    replica.update(&olga).await;
    assert_eq!(replica.rows, Replica::pull(&olga).await.rows);
    assert!(!serde_json::to_string(&replica.rows.values().collect::<Vec<_>>()).unwrap().contains("Ballet"));
}

#[tokio::test]
async fn of_two_devices_that_fill_in_the_same_field_the_second_is_told_of_a_conflict() {
    let server = TestServer::start(3, 1).await;
    let (desk, laptop) = (server.client(OWNER).await, server.client(OWNER).await);
    define(&desk, 0, text_field("Style")).await;
    let text = |text: &str| json!({ "text": text });
    let outcome = |outcome: &str| {
        let field = json!({ "field": { "custom": field_id(0) }, "outcome": outcome });
        json!({ "done": { "is_repeated": false, "fields": [field] } })
    };
    assert_eq!(push(&desk, edit(1, Value::Null, text("Ballet"))).await, outcome("applied"));
    assert_eq!(push(&laptop, edit(2, Value::Null, text("Jazz"))).await, outcome("conflict"));
    let refused = json!({ "refused": { "reason": "invalid", "field": format!("custom.{}", field_id(0)) } });
    assert_eq!(push(&laptop, edit(3, Value::Null, json!({ "number": 1 }))).await, refused);
    let replica = Replica::pull(&laptop).await;
    let lead = replica.get("lead", &lead_id(0)).unwrap();
    assert_eq!(lead["custom"], json!({ field_id(0).to_string(): text("Ballet") }));
    let mut edits = replica.of_lead("lead_edit", &lead_id(0));
    edits.sort_by_key(|edit| edit["id"].to_string());
    let kept: Vec<_> = edits.iter().map(|edit| (&edit["member_id"], &edit["changes"])).collect();
    let change = |to: &str, outcome: &str| {
        let side = |value: Value| json!({ "custom": value });
        json!([{ "field": { "custom": field_id(0) }, "from": side(Value::Null), "to": side(text(to)), "outcome": outcome }])
    };
    let (first, second) = (change("Ballet", "applied"), change("Jazz", "conflict"));
    assert_eq!(kept, [(&json!(owner_id()), &first), (&json!(owner_id()), &second)]);
}
