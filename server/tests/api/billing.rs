//! What a studio pays: recorded by its operator, told to those who may see it.

use std::collections::BTreeSet;

use domain::{InvalidBillingText, Invoice, InvoiceStatus, Recording, Subscription, SubscriptionStatus};
use frontdesk_server::Admin;
use serde_json::{Value, json};
use wire::changes::{Change, FeedKind, Row, RowId};

use crate::feed::{Feed, Replica};
use crate::harness::{Client, NOW, OWNER, SALES, STRANGER, TestServer, owner_id, sales_id, studio_id};
use crate::operator::{line, run, set_up};

fn text<T: TryFrom<String, Error = InvalidBillingText>>(text: &str) -> T {
    text.to_owned().try_into().unwrap()
}

fn subscription() -> Subscription {
    Subscription {
        studio_id: studio_id(),
        plan: text("Atelier"),
        status: SubscriptionStatus::Active,
        seats: 5,
        current_period_end: NOW.plus_ms(86_400_000),
        cancel_at_period_end: false,
        ended_at: None,
        customer_id: text("cus_NffrFeUfNV2Hib"),
        subscription_id: text("sub_1MowQVLkdIwHu7ixeRlqHVzs"),
        as_of: NOW,
    }
}

fn invoice(admin: &Admin, n: u64) -> Invoice {
    Invoice {
        id: admin.new_invoice_id(),
        invoice_id: text(&format!("in_1MtHbELkdIwHu7ix{n}")),
        number: Some(text(&format!("LUM-{n:04}"))),
        status: InvoiceStatus::Open,
        issued_at: NOW,
        period_start: NOW,
        period_end: NOW,
        currency: text("EUR"),
        total_minor: 4_900,
        paid_minor: 0,
        payment_id: None,
        as_of: NOW,
    }
}

/// Records the invoice of number `n` and says which it is.
async fn bill(server: &TestServer, n: u64) -> Invoice {
    let admin = server.running.admin();
    let invoice = invoice(admin, n);
    assert_eq!(admin.record_invoice(studio_id(), invoice.clone()).await.unwrap(), Recording::Replace);
    invoice
}

async fn subscribe(server: &TestServer) {
    let recorded = server.running.admin().record_subscription(studio_id(), subscription()).await.unwrap();
    assert_eq!(recorded, Recording::Replace);
}

/// What of it a client holds, by kind and id.
fn held(replica: &Replica) -> Vec<(&str, &str)> {
    let keys = replica.rows.keys().map(|(kind, id)| (kind.as_str(), id.as_str()));
    keys.filter(|(kind, _)| ["subscription", "invoice"].contains(kind)).collect()
}

fn kinds(replica: &Replica) -> Vec<&str> {
    held(replica).into_iter().map(|(kind, _)| kind).collect()
}

/// Everything a feed says, as text.
fn said(feed: &Feed) -> String {
    feed.changes().map(|change| serde_json::to_string(change).unwrap()).collect()
}

#[tokio::test]
async fn it_is_told_to_who_may_see_it_and_to_nobody_else() {
    let server = TestServer::start(6, 2).await;
    let (olga, sami, sten) = (server.client(OWNER).await, server.client(SALES).await, server.client(STRANGER).await);
    let mut replica = Replica::pull(&olga).await;
    let (mut hers, mut theirs) = (Replica::pull(&sami).await, Replica::pull(&sten).await);
    assert!(held(&replica).is_empty(), "nothing is recorded yet");

    subscribe(&server).await;
    let invoice = bill(&server, 1).await;
    replica.update(&olga).await;
    assert_eq!(kinds(&replica), ["invoice", "subscription"]);
    assert_eq!(replica.get("invoice", &invoice.id), Some(&serde_json::to_value(&invoice).unwrap()));
    assert_eq!(replica.get("subscription", &studio_id()), Some(&serde_json::to_value(subscription()).unwrap()));
    assert_eq!(kinds(&Replica::pull(&olga).await), ["invoice", "subscription"], "nor only as changes");

    for (client, replica) in [(&sami, &mut hers), (&sten, &mut theirs)] {
        let delta = Feed::read(client, replica.cursor.as_ref()).await;
        assert_eq!((delta.begin.kind, delta.changes().count()), (FeedKind::Delta, 0));
        replica.update(client).await;
        let snapshot = Feed::read(client, None).await;
        assert!(snapshot.changes().count() > 0, "the control: there is something to be told");
        for text in [said(&snapshot), said(&delta)] {
            assert!(!text.contains("subscription") && !text.contains("invoice") && !text.contains("Atelier"));
        }
        assert!(held(replica).is_empty());
    }
}

#[tokio::test]
async fn with_the_role_it_comes_and_goes_and_nothing_else_is_told_again() {
    let server = TestServer::start(6, 2).await;
    let olga = server.client(OWNER).await;
    subscribe(&server).await;
    let first = bill(&server, 1).await;
    let mut replica = Replica::pull(&olga).await;
    let others = replica.rows.len() - held(&replica).len();

    // Still all leads, but what the studio pays no more. What is recorded meanwhile is not told either.
    server.database.set_role(owner_id(), "manager");
    let second = bill(&server, 2).await;
    let feed = Feed::read(&olga, replica.cursor.as_ref()).await;
    assert_eq!(feed.begin.kind, FeedKind::Delta);
    let told: Vec<_> = feed.changes().cloned().collect();
    let ids = [RowId::Subscription(studio_id()), RowId::Invoice(first.id), RowId::Invoice(second.id)];
    assert_eq!(told, ids.map(Change::Forget));
    replica.update(&olga).await;
    assert_eq!((held(&replica), replica.rows.len()), (vec![], others));
    assert_eq!(Feed::read(&olga, replica.cursor.as_ref()).await.changes().count(), 0, "once is enough");
    bill(&server, 3).await;
    assert_eq!(Feed::read(&olga, replica.cursor.as_ref()).await.changes().count(), 0);

    server.database.set_role(owner_id(), "admin");
    let feed = Feed::read(&olga, replica.cursor.as_ref()).await;
    assert_eq!(feed.begin.kind, FeedKind::Delta);
    let (told, others_told): (Vec<_>, Vec<_>) =
        feed.upserts().into_iter().partition(|row| matches!(row, Row::Subscription(_) | Row::Invoice(_)));
    // The invoice that is newer than the cursor may come as a change once more.
    let told: BTreeSet<_> = told.iter().map(|row| serde_json::to_string(row).unwrap()).collect();
    assert_eq!(told.len(), 4, "all of it");
    assert!(others_told.is_empty(), "and only it: {others_told:?}");
    replica.update(&olga).await;
    assert_eq!(kinds(&replica), ["invoice", "invoice", "invoice", "subscription"]);
    assert_eq!(replica.rows.len(), others + 4);
}

#[tokio::test]
async fn a_snapshot_that_goes_on_in_another_role_holds_what_that_role_may_see() {
    // More than a first page.
    let server = TestServer::start(900, 1).await;
    let olga = server.client(OWNER).await;
    subscribe(&server).await;
    bill(&server, 1).await;
    for (before, after, expected) in
        [("owner", "manager", vec![]), ("manager", "owner", vec!["invoice", "subscription"])]
    {
        server.database.set_role(owner_id(), before);
        let part = Feed::read_pages(&olga, None, 1).await;
        server.database.set_role(owner_id(), after);
        let mut replica = Replica::default();
        replica.apply(&part);
        assert_ne!(kinds(&replica), expected, "{before}");
        let rest = Feed::read(&olga, part.pages.last().map(|(_, cursor)| cursor)).await;
        assert_eq!(rest.begin.kind, FeedKind::Snapshot, "it goes on");
        assert!(rest.begin.rows_before > 0);
        replica.apply(&rest);
        assert_eq!(kinds(&replica), expected, "{before} to {after}");
        assert_eq!(replica.rows.keys().filter(|(kind, _)| kind == "lead").count(), 900);
    }
}

#[tokio::test]
async fn who_sold_and_now_runs_the_studio_is_told_and_the_other_way_round_starts_over_without() {
    let server = TestServer::start(6, 2).await;
    let sami = server.client(SALES).await;
    subscribe(&server).await;
    let mut replica = Replica::pull(&sami).await;
    for (role, expected) in [("admin", vec!["subscription"]), ("sales", vec![])] {
        server.database.set_role(sales_id(), role);
        // Other leads are in sight: the cursor is refused, and the snapshot sweeps what it does not bring.
        let refused = sami.request(reqwest::Method::GET, "/v1/sync/changes");
        let refused = refused.query(&[("cursor", &replica.cursor.as_ref().unwrap().0)]).send().await.unwrap();
        assert_eq!(refused.status(), 410, "{role}");
        replica = Replica::pull(&sami).await;
        assert_eq!(kinds(&replica), expected, "{role}");
    }
}

fn subscription_json() -> Value {
    json!({
        "plan": "Zeisig Atelier", "status": "active", "seats": 5, "current_period_end": "2026-12-01T00:00:00Z",
        "customer_id": "cus_ZeisigUfNV2Hib", "subscription_id": "sub_1ZeisigLkdIwHu7ixeRlqHVzs",
        "as_of": "2026-11-01T00:00:00Z",
    })
}

fn invoice_json(n: u64) -> Value {
    json!({
        "invoice_id": format!("in_1ZeisigLkdIwHu7ix{n}"), "number": format!("Zeisig-{n}"), "status": "paid",
        "issued_at": "2026-11-01T00:00:00Z", "period_start": "2026-11-01T00:00:00Z",
        "period_end": "2026-12-01T00:00:00Z", "currency": "eur", "total_minor": 4_900, "paid_minor": 4_900,
        "payment_id": "pi_3ZeisigLkdIwHu7ix28a3tqPa", "as_of": "2026-11-01T00:00:00Z",
    })
}

#[tokio::test]
async fn an_operator_records_it_from_standard_input_or_a_file_as_often_as_they_like() {
    let dir = tempfile::tempdir().unwrap();
    let (database, data, studio) = set_up(dir.path()).await;
    let studio = studio.to_string();
    let billing = |act: &'static str| ["billing", act, "--data", &data, "--studio", &studio].map(str::to_owned);
    let record = async |act, input: &str| {
        let args = billing(act);
        let output = run(&database, &args.each_ref().map(String::as_str), input).await;
        // However loud the log: what is recorded is not repeated there.
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!log.contains("Zeisig") && !log.contains("4242"), "{log}");
        output
    };
    let first = subscription_json().to_string();
    assert_eq!(line(&record("set", &first).await), "recorded");
    assert_eq!(line(&record("set", &first).await), "known already");
    let mut older = subscription_json();
    older["as_of"] = json!("2026-10-01T00:00:00Z");
    older["status"] = json!("past_due");
    assert_eq!(line(&record("set", &older.to_string()).await), "outdated: what is held is newer");

    let file = dir.path().join("invoices.json");
    std::fs::write(&file, format!("{}\n{}\n", invoice_json(1), invoice_json(2))).unwrap();
    let args = billing("add-invoice");
    let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
    let file = file.display().to_string();
    args.push(&file);
    let said = line(&run(&database, &args, "").await);
    assert_eq!(said, "in_1ZeisigLkdIwHu7ix1 recorded\nin_1ZeisigLkdIwHu7ix2 recorded");
    assert_eq!(line(&record("add-invoice", &invoice_json(2).to_string()).await), "in_1ZeisigLkdIwHu7ix2 known already");

    // A card number is refused at the door, with all that came with it, and not repeated.
    let mut card = invoice_json(3);
    card["number"] = json!("4242 4242 4242 4242");
    let refused = record("add-invoice", &format!("{}{card}", invoice_json(4))).await;
    assert!(!refused.status.success() && refused.stdout.is_empty());
    let complaint = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(complaint.contains("invoice 2: number holds what looks like a card number"), "{complaint}");

    let client = operators_owner(&database, &data, dir.path()).await;
    let told = Feed::read(&client.1, None).await.upserts();
    let invoices: Vec<_> =
        told.iter().filter_map(|row| if let Row::Invoice(i) = row { Some(i) } else { None }).collect();
    assert_eq!(invoices.len(), 2);
    assert!(told.iter().any(|row| matches!(row, Row::Subscription(s) if s.status == SubscriptionStatus::Active)));
    client.0.stop().await;
}

/// The owner whom `set_up` made, signed in at a server of their own.
async fn operators_owner(
    database: &crate::database::TestDatabase,
    data: &str,
    dir: &std::path::Path,
) -> (crate::operator::Serving, Client) {
    let serving = crate::operator::Serving::start(database, data, &dir.join("tls")).await;
    let sign_in = crate::harness::sign_in(crate::operator::EMAIL, crate::operator::PASSWORD);
    let session: wire::auth::Session =
        serving.client.send(reqwest::Method::POST, "/v1/auth/sign-in", Some(sign_in)).await.json();
    let client = serving.signed_in(&session.tokens.access_token);
    (serving, client)
}
