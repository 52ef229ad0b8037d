//! What a studio pays: records that come late, twice and in any order, and who is told of them.

use domain::{
    InvalidBillingText, Invoice, InvoiceId, InvoiceStatus, Recording, Role, Subscription, SubscriptionStatus, UnixMs,
};
use wire::changes::{Change, Row, RowId};

use super::{NOW, TestDatabase, changes, on_both, studio_id, upserts, uuid};
use crate::db::{Billing, ImportError, Sight, Tenant, WriteError};

on_both!(
    what_is_recorded_is_told_as_it_was,
    the_same_again_is_no_change,
    what_is_of_an_earlier_moment_changes_nothing,
    an_invoice_that_is_known_at_stripe_keeps_its_id,
    who_may_not_see_it_is_told_nothing_of_it,
    whoever_may_not_see_it_any_more_forgets_all_of_it,
    two_studios_may_have_the_same_invoice,
    a_record_that_can_not_be_is_refused,
    it_is_imported_as_any_row,
);

fn text<T: TryFrom<String, Error = InvalidBillingText>>(text: &str) -> T {
    text.to_owned().try_into().expect("valid")
}

fn subscription() -> Subscription {
    Subscription {
        studio_id: studio_id(1),
        plan: text("Atelier “Łódź” \u{1f4f7}"),
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

/// Every field of it another.
fn ended() -> Subscription {
    Subscription {
        plan: text("Solo"),
        status: SubscriptionStatus::IncompleteExpired,
        seats: 1,
        current_period_end: NOW.plus_ms(2),
        cancel_at_period_end: true,
        ended_at: Some(NOW.plus_ms(3)),
        customer_id: text("cus_other"),
        as_of: NOW.plus_ms(4),
        ..subscription()
    }
}

fn invoice_id(n: u64) -> InvoiceId {
    InvoiceId::from_uuid(uuid(9, n))
}

fn invoice(n: u64) -> Invoice {
    Invoice {
        id: invoice_id(n),
        invoice_id: text(&format!("in_1MtHbELkdIwHu7ix{n}")),
        number: Some(text(&format!("LUM-{n:04}"))),
        status: InvoiceStatus::Open,
        issued_at: NOW,
        period_start: NOW.plus_ms(-1),
        period_end: NOW.plus_ms(1),
        currency: text("PLN"),
        total_minor: 999_999_999_999,
        paid_minor: 0,
        payment_id: None,
        as_of: NOW,
    }
}

/// Every field of it another, but for its id at Stripe.
fn paid(n: u64) -> Invoice {
    Invoice {
        id: invoice_id(1_000 + n),
        number: Some(text("LUM-X")),
        status: InvoiceStatus::Paid,
        issued_at: NOW.plus_ms(5),
        period_start: NOW.plus_ms(6),
        period_end: NOW.plus_ms(7),
        currency: text("JPY"),
        total_minor: -1,
        paid_minor: 8,
        payment_id: Some(text("pi_3MtwBwLkdIwHu7ix28a3tqPa")),
        as_of: NOW.plus_ms(9),
        ..invoice(n)
    }
}

async fn seq(tenant: &Tenant) -> i64 {
    tenant.seq().await.expect("number")
}

/// What a delta after number `after` tells who may see it.
async fn told(tenant: &Tenant, after: i64) -> Vec<Row> {
    let page = tenant.delta_page(Sight::All, Billing::Told, after).await.expect("read").expect("a page");
    upserts(&page.lines)
}

fn rows(subscription: Subscription, invoices: impl IntoIterator<Item = Invoice>) -> Vec<Row> {
    let invoices = invoices.into_iter().map(|invoice| Row::Invoice(Box::new(invoice)));
    [Row::Subscription(Box::new(subscription))].into_iter().chain(invoices).collect()
}

async fn what_is_recorded_is_told_as_it_was(db: TestDatabase) {
    let tenant = db.studio(1).await;
    let mut hints = crate::hints::Hints::listen(&*db.hints, studio_id(1));
    let before = seq(&tenant).await;
    assert_eq!(tenant.record_subscription(subscription()).await.expect("recorded"), Recording::Replace);
    let draft = Invoice { number: None, status: InvoiceStatus::Draft, ..invoice(2) };
    for invoice in [invoice(1), draft.clone()] {
        assert_eq!(tenant.record_invoice(invoice).await.expect("recorded"), Recording::Replace);
    }
    for _ in 0..3 {
        assert_eq!(hints.recv().await.expect("a hint"), crate::hints::Hint::Changed);
    }
    let all = rows(subscription(), [invoice(1), draft]);
    assert_eq!(told(&tenant, before).await, all, "as changes");
    let frame = upserts(&tenant.snapshot_frame(Billing::Told).await.expect("read"));
    assert!(frame.ends_with(&all), "with a snapshot");
    assert_eq!(upserts(&tenant.billing_lines(Billing::Told).await.expect("read")), all, "all of it");

    tenant.record_subscription(ended()).await.expect("recorded");
    tenant.record_invoice(paid(1)).await.expect("recorded");
    let changed = rows(ended(), [Invoice { id: invoice_id(1), ..paid(1) }]);
    assert_eq!(told(&tenant, before + 3).await, changed, "every field of them changes");
}

async fn the_same_again_is_no_change(db: TestDatabase) {
    let tenant = db.studio(1).await;
    tenant.record_subscription(subscription()).await.expect("recorded");
    tenant.record_invoice(invoice(1)).await.expect("recorded");
    let before = seq(&tenant).await;
    assert_eq!(tenant.record_subscription(subscription()).await.expect("known"), Recording::Known);
    let again = Invoice { id: invoice_id(77), ..invoice(1) };
    assert_eq!(tenant.record_invoice(again).await.expect("known"), Recording::Known);
    assert_eq!(seq(&tenant).await, before);
}

async fn what_is_of_an_earlier_moment_changes_nothing(db: TestDatabase) {
    let tenant = db.studio(1).await;
    tenant.record_subscription(ended()).await.expect("recorded");
    tenant.record_invoice(paid(1)).await.expect("recorded");
    let before = seq(&tenant).await;
    assert_eq!(tenant.record_subscription(subscription()).await.expect("left out"), Recording::Outdated);
    assert_eq!(tenant.record_invoice(invoice(1)).await.expect("left out"), Recording::Outdated);
    assert_eq!(seq(&tenant).await, before);
}

async fn an_invoice_that_is_known_at_stripe_keeps_its_id(db: TestDatabase) {
    let tenant = db.studio(1).await;
    for told in [invoice(1), paid(1)] {
        tenant.record_invoice(told).await.expect("recorded");
    }
    let all = upserts(&tenant.billing_lines(Billing::Told).await.expect("read"));
    assert_eq!(all, [Row::Invoice(Box::new(Invoice { id: invoice_id(1), ..paid(1) }))]);
}

async fn who_may_not_see_it_is_told_nothing_of_it(db: TestDatabase) {
    assert_eq!(Role::ALL.map(Billing::of), [Billing::Told, Billing::Told, Billing::Withheld, Billing::Withheld]);
    let (tenant, other) = (db.studio(1).await, db.studio(2).await);
    let before = seq(&tenant).await;
    tenant.record_subscription(subscription()).await.expect("recorded");
    tenant.record_invoice(invoice(1)).await.expect("recorded");
    let page = tenant.delta_page(Sight::All, Billing::Withheld, before).await.expect("read").expect("a page");
    assert_eq!((changes(&page.lines), page.upto), (vec![], before + 2), "but goes on");
    let is_billing = |row: &Row| matches!(row, Row::Subscription(_) | Row::Invoice(_));
    let frame = upserts(&tenant.snapshot_frame(Billing::Withheld).await.expect("read"));
    assert!(!frame.iter().any(is_billing) && !frame.is_empty());
    // Nor is anybody at another studio, whatever they may see there.
    assert!(!upserts(&other.snapshot_frame(Billing::Told).await.expect("read")).iter().any(is_billing));
    assert!(!told(&other, 0).await.iter().any(is_billing));
    for billing in [Billing::Told, Billing::Withheld] {
        assert!(other.billing_lines(billing).await.expect("read").is_empty());
    }
}

async fn whoever_may_not_see_it_any_more_forgets_all_of_it(db: TestDatabase) {
    let tenant = db.studio(1).await;
    tenant.record_subscription(subscription()).await.expect("recorded");
    for n in [1, 2] {
        tenant.record_invoice(invoice(n)).await.expect("recorded");
    }
    let lines = tenant.billing_lines(Billing::Withheld).await.expect("read");
    let ids = [RowId::Subscription(studio_id(1)), RowId::Invoice(invoice_id(1)), RowId::Invoice(invoice_id(2))];
    assert_eq!(changes(&lines), ids.map(Change::Forget));
    let text = String::from_utf8(lines).expect("text");
    assert!(!text.contains("Atelier") && !text.contains("in_"), "ids of ours and nothing else");
}

async fn two_studios_may_have_the_same_invoice(db: TestDatabase) {
    let (one, other) = (db.studio(1).await, db.studio(2).await);
    one.record_invoice(invoice(1)).await.expect("recorded");
    other.record_invoice(paid(1)).await.expect("recorded");
    let all = async |tenant: &Tenant| upserts(&tenant.billing_lines(Billing::Told).await.expect("read"));
    assert_eq!(all(&one).await, [Row::Invoice(Box::new(invoice(1)))]);
    assert_eq!(all(&other).await, [Row::Invoice(Box::new(paid(1)))]);
}

async fn a_record_that_can_not_be_is_refused(db: TestDatabase) {
    let tenant = db.studio(1).await;
    let before = seq(&tenant).await;
    let field = |error: WriteError| match error {
        WriteError::Invalid { field, .. } => field,
        error => panic!("{error}"),
    };
    let elsewhere = Subscription { studio_id: studio_id(2), ..subscription() };
    assert_eq!(field(tenant.record_subscription(elsewhere).await.expect_err("refused")), "studio_id");
    let no_seat = Subscription { seats: 0, ..subscription() };
    assert_eq!(field(tenant.record_subscription(no_seat).await.expect_err("refused")), "seats");
    let unnumbered = Invoice { number: None, ..invoice(1) };
    assert_eq!(field(tenant.record_invoice(unnumbered).await.expect_err("refused")), "number");
    assert_eq!(seq(&tenant).await, before);
}

async fn it_is_imported_as_any_row(db: TestDatabase) {
    let tenant = db.studio(1).await;
    let before = seq(&tenant).await;
    tenant.import(rows(subscription(), [invoice(1)]).into_iter()).await.expect("imported");
    assert_eq!(told(&tenant, before).await, rows(subscription(), [invoice(1)]));
    let elsewhere = Subscription { studio_id: studio_id(2), ..subscription() };
    let error = tenant.import(rows(elsewhere, []).into_iter()).await.expect_err("stopped");
    assert!(matches!(error, ImportError::OtherStudio { row: 1 }));
    let timeless = Invoice { issued_at: UnixMs(0), ..invoice(2) };
    let error = tenant.import([Row::Invoice(Box::new(timeless))].into_iter()).await.expect_err("stopped");
    assert!(matches!(error, ImportError::Billing { row: 1, problem } if problem.field == "issued_at"));
}
