//! What the change feed reads: snapshots and deltas, in pages.

use wire::changes::Row;

use super::{TestDatabase, lead_id, lead_rows, message_id, on_both, own, upserts};
use crate::db::{Billing, Key, Page, Sight, Tenant};

on_both!(
    a_snapshot_in_pages_of_any_size_is_the_whole,
    ties_are_broken_by_id_bytewise,
    a_page_of_few_rows_costs_no_more_where_much_is_out_of_sight,
    leads_that_moved_are_told_in_the_order_they_did,
    a_delta_in_pages_is_the_whole_and_has_no_gap,
    a_page_of_long_texts_ends_early_and_the_next_goes_on,
);

async fn with_leads(db: &TestDatabase, leads: u64, messages: u64) -> Tenant {
    let tenant = db.studio(1).await;
    let rows: Vec<_> = (0..leads).flat_map(|n| lead_rows(n, messages)).collect();
    tenant.import(rows.into_iter()).await.expect("imported");
    // What a shared database must not show.
    let other = db.studio(2).await;
    other.import((900..910).flat_map(|n| lead_rows(n, 2)).collect::<Vec<_>>().into_iter()).await.expect("imported");
    tenant
}

fn leads(rows: &[Row]) -> Vec<domain::LeadId> {
    rows.iter().filter_map(|row| if let Row::Lead(lead) = row { Some(lead.id) } else { None }).collect()
}

fn messages(rows: &[Row]) -> Vec<domain::MessageId> {
    rows.iter().filter_map(|row| if let Row::Message(message) = row { Some(message.id) } else { None }).collect()
}

/// All pages of leads, or of messages, one after the other.
async fn all(tenant: &Tenant, sight: Sight, limit: usize, of_leads: bool) -> Vec<Row> {
    let (mut key, mut rows) = (Key::newest(), Vec::new());
    loop {
        let page: Page = match of_leads {
            true => tenant.lead_page(sight, key, limit).await,
            false => tenant.message_page(sight, key, limit).await,
        }
        .expect("read");
        rows.extend(upserts(&page.lines));
        if !page.more {
            return rows;
        }
        key = page.next;
    }
}

async fn a_snapshot_in_pages_of_any_size_is_the_whole(db: TestDatabase) {
    let tenant = with_leads(&db, 20, 2).await;
    for sight in [Sight::All, own()] {
        let whole = all(&tenant, sight, 1_000, true).await;
        let expected = (0..20).rev().filter(|n| sight == Sight::All || n % 3 != 0).count();
        assert_eq!((leads(&whole).len(), whole.len()), (expected, 3 * expected));
        let told = all(&tenant, sight, 1_000, false).await;
        assert_eq!(messages(&told).len(), 2 * expected);
        for limit in [1, 3, 7, 20] {
            assert_eq!(leads(&all(&tenant, sight, limit, true).await), leads(&whole), "leads by {limit}");
            assert_eq!(messages(&all(&tenant, sight, limit, false).await), messages(&told), "messages by {limit}");
        }
    }
}

async fn ties_are_broken_by_id_bytewise(db: TestDatabase) {
    let tenant = with_leads(&db, 9, 0).await;
    let expected: Vec<_> = (0..9).rev().map(lead_id).collect();
    assert_eq!(leads(&all(&tenant, Sight::All, 2, true).await), expected);
}

async fn a_page_of_few_rows_costs_no_more_where_much_is_out_of_sight(db: TestDatabase) {
    let tenant = db.studio(1).await;
    // One in sight below many that are not.
    let rows = (0..900).filter(|n| *n == 2 || n % 3 == 0).flat_map(|n| lead_rows(n, 1)).collect::<Vec<_>>();
    tenant.import(rows.into_iter()).await.expect("imported");
    let page = tenant.lead_page(own(), Key::newest(), 1).await.expect("read");
    assert_eq!(leads(&upserts(&page.lines)), [lead_id(2)]);
    let page = tenant.message_page(own(), Key::newest(), 1).await.expect("read");
    assert_eq!(messages(&upserts(&page.lines)), [message_id(2_000)]);
}

async fn leads_that_moved_are_told_in_the_order_they_did(db: TestDatabase) {
    let tenant = with_leads(&db, 6, 1).await;
    let before = tenant.seq().await.expect("number");
    for n in [4, 1, 5] {
        let patch = domain::LeadPatch { notes: Some("moved".to_owned()), ..domain::LeadPatch::default() };
        tenant.patch_lead(lead_id(n), patch, super::owner(), super::NOW).await.expect("moved");
    }
    let (page, upto) = tenant.moved_lead_page(Sight::All, before, 2).await.expect("read");
    assert_eq!((leads(&upserts(&page.lines)), page.more), (vec![lead_id(4), lead_id(1)], true));
    assert_eq!(upserts(&page.lines).len(), 8, "with a conversation, a stage event and an edit each");
    assert_eq!(page.rows, 6, "edits are not counted, as they are not among the totals");
    let (page, _) = tenant.moved_lead_page(Sight::All, upto, 2).await.expect("read");
    assert_eq!((leads(&upserts(&page.lines)), page.more), (vec![lead_id(5)], false));
}

async fn a_delta_in_pages_is_the_whole_and_has_no_gap(db: TestDatabase) {
    let tenant = with_leads(&db, 1_200, 2).await;
    let (mut after, mut rows, mut pages) = (0, 0, 0);
    loop {
        let page = tenant.delta_page(Sight::All, Billing::Withheld, after).await.expect("read").expect("a page");
        let told = upserts(&page.lines).len();
        assert_eq!(i64::try_from(told).expect("small"), page.upto - after, "a row for each number");
        (after, rows, pages) = (page.upto, rows + told, pages + 1);
        if !page.more {
            break;
        }
    }
    assert_eq!((rows, pages), (6 + 1_200 * 5, 2));
    assert_eq!(after, tenant.seq().await.expect("number"));
    assert!(
        tenant.delta_page(Sight::All, Billing::Withheld, after + 1).await.expect("read").is_none(),
        "ahead of the studio"
    );
}

async fn a_page_of_long_texts_ends_early_and_the_next_goes_on(db: TestDatabase) {
    let tenant = db.studio(1).await;
    let before = tenant.seq().await.expect("number");
    let long = |row| match row {
        Row::Message(message) => Row::Message(domain::Message { body: "x".repeat(60_000), ..message }),
        row => row,
    };
    tenant.import(lead_rows(0, 100).into_iter().map(long).collect::<Vec<_>>().into_iter()).await.expect("imported");
    let count = |lines: &[u8]| lines.iter().filter(|byte| **byte == b'\n').count();
    let (mut key, mut told, mut pages) = (Key::newest(), 0, 0);
    loop {
        let page = tenant.message_page(Sight::All, key, 4_000).await.expect("read");
        assert!(page.lines.len() < 5 << 20, "{}", page.lines.len());
        (key, told, pages) = (page.next, told + count(&page.lines), pages + 1);
        if !page.more {
            break;
        }
    }
    assert_eq!((told, pages), (100, 2));
    let (mut after, mut told) = (before, 0);
    loop {
        let page = tenant.delta_page(Sight::All, Billing::Withheld, after).await.expect("read").expect("a page");
        assert!(page.lines.len() < 5 << 20, "{}", page.lines.len());
        (after, told) = (page.upto, told + count(&page.lines));
        if !page.more {
            break;
        }
    }
    assert_eq!(told, 103);
}
