//! What the studio pays comes, changes and goes with the feed, and with nothing else.

#![allow(clippy::unwrap_used)]

use domain::*;
use wire::changes::{Change, RowId};

use crate::testing::*;

/// Every field of it another.
fn ended() -> Subscription {
    Subscription {
        plan: billing_text("Solo"),
        status: SubscriptionStatus::Canceled,
        seats: 1,
        current_period_end: at(10),
        cancel_at_period_end: true,
        ended_at: Some(at(11)),
        customer_id: billing_text("cus_other"),
        subscription_id: billing_text("sub_other"),
        as_of: at(12),
        ..subscription()
    }
}

fn paid(n: u64) -> Invoice {
    Invoice {
        invoice_id: billing_text("in_other"),
        number: None,
        status: InvoiceStatus::Uncollectible,
        issued_at: at(50),
        period_start: at(51),
        period_end: at(52),
        currency: billing_text("JPY"),
        total_minor: -1,
        paid_minor: 7,
        payment_id: Some(billing_text("pi_3MtwBwLkdIwHu7ix28a3tqPa")),
        as_of: at(53),
        ..invoice(n)
    }
}

#[test]
fn it_reads_back_as_it_came_and_every_field_changes() {
    let cache = new_cache();
    assert_eq!((cache.find_subscription().unwrap(), cache.list_invoices().unwrap()), (None, vec![]));
    let applied = cache.apply(vec![put(subscription()), put(invoice(1)), put(invoice(2))]);
    assert!(applied.billing && !applied.studio && !applied.leads);
    assert_eq!(cache.find_subscription().unwrap(), Some(subscription()));
    assert_eq!(cache.list_invoices().unwrap(), [invoice(2), invoice(1)], "the newest first");

    cache.apply(vec![put(ended()), put(paid(1))]);
    assert_eq!(cache.find_subscription().unwrap(), Some(ended()));
    assert_eq!(cache.list_invoices().unwrap(), [paid(1), invoice(2)]);
    assert!(!cache.apply(vec![put(member(1, "Mo"))]).billing, "another row is no change of it");
}

#[test]
fn every_status_reads_back() {
    let cache = new_cache();
    for status in SubscriptionStatus::ALL {
        cache.apply(vec![put(Subscription { status, ..subscription() })]);
        assert_eq!(cache.find_subscription().unwrap().unwrap().status, status);
    }
    for status in InvoiceStatus::ALL {
        cache.apply(vec![put(Invoice { status, ..invoice(1) })]);
        assert_eq!(cache.list_invoices().unwrap()[0].status, status);
    }
}

#[test]
fn what_is_forgotten_is_gone() {
    let cache = new_cache();
    cache.apply(vec![put(subscription()), put(invoice(1)), put(invoice(2))]);
    let forget = |id| Change::Forget(id);
    let elsewhere = StudioId::from_uuid(uuid(6, 2));
    assert!(!cache.apply(vec![forget(RowId::Subscription(elsewhere))]).billing, "another studio's");
    let applied = cache.apply(vec![
        forget(RowId::Subscription(subscription().studio_id)),
        forget(RowId::Invoice(invoice(1).id)),
        forget(RowId::Invoice(InvoiceId::from_uuid(uuid(9, 77)))),
    ]);
    assert!(applied.billing);
    assert_eq!((cache.find_subscription().unwrap(), cache.list_invoices().unwrap()), (None, vec![invoice(2)]));
}

#[test]
fn a_restarted_snapshot_that_does_not_bring_it_sweeps_it() {
    let cache = new_cache();
    cache.apply_page(&finished("one", vec![put(subscription()), put(invoice(1)), put(invoice(2))])).unwrap();
    cache.restart_snapshot().unwrap();
    cache.apply_page(&snapshot("two", vec![put(invoice(2))])).unwrap();
    assert_eq!(cache.list_invoices().unwrap().len(), 2, "not before its end");
    assert!(cache.apply_page(&finished("three", vec![])).unwrap().billing);
    assert_eq!((cache.find_subscription().unwrap(), cache.list_invoices().unwrap()), (None, vec![invoice(2)]));
}
