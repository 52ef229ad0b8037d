//! The sequence of changes has no gap and a reader skips no commit, however many write at once.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::{Direction, MessageId};
use wire::changes::Row;
use wire::write::RecordMessage;

use super::{NOW, TestDatabase, conversation_id, lead_rows, on_both, owner_id, upserts, uuid};
use crate::db::{Billing, Sight};
use crate::hints::{Hint, Hints};

on_both!(a_cursor_skips_no_commit_of_many_writers, a_change_is_announced_once_it_is_there);

async fn a_cursor_skips_no_commit_of_many_writers(db: TestDatabase) {
    const WRITERS: u64 = 8;
    const MESSAGES: u64 = 25;
    let tenant = db.studio(1).await;
    tenant.import((0..WRITERS).flat_map(|n| lead_rows(n, 0)).collect::<Vec<_>>().into_iter()).await.expect("imported");
    let start = tenant.seq().await.expect("number");

    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn({
        let (tenant, done) = (tenant.clone(), Arc::clone(&done));
        async move {
            let (mut after, mut seen) = (start, HashSet::new());
            loop {
                // Asked before the page is read: what was written until then is on it.
                let last = done.load(Ordering::SeqCst);
                let page =
                    tenant.delta_page(Sight::All, Billing::Withheld, after).await.expect("read").expect("a page");
                for row in upserts(&page.lines) {
                    if let Row::Message(message) = row {
                        seen.insert(message.id);
                    }
                }
                after = page.upto;
                if last && !page.more {
                    return (after, seen);
                }
            }
        }
    });
    let writers = (0..WRITERS).map(|writer| {
        let tenant = tenant.clone();
        tokio::spawn(async move {
            for n in 0..MESSAGES {
                let id = MessageId::from_uuid(uuid(6, writer * 1_000 + n));
                let record = RecordMessage { id, direction: Direction::Inbound, body: "x".to_owned() };
                let conversation = conversation_id((writer + n) % WRITERS);
                tenant.record_message(conversation, record, owner_id(), Sight::All, NOW).await.expect("recorded");
            }
        })
    });
    for writer in futures_util::future::join_all(writers).await {
        writer.expect("it wrote");
    }
    done.store(true, Ordering::SeqCst);
    let (after, seen) = reader.await.expect("it read");
    assert_eq!(seen.len(), usize::try_from(WRITERS * MESSAGES).expect("small"));
    // A message, its conversation and its lead each time.
    assert_eq!(after - start, i64::try_from(3 * WRITERS * MESSAGES).expect("small"));
}

async fn a_change_is_announced_once_it_is_there(db: TestDatabase) {
    let tenant = db.studio(1).await;
    let (mut here, mut elsewhere) = (db.hints.listen(super::studio_id(1)), db.hints.listen(super::studio_id(2)));
    tenant.import(lead_rows(0, 0).into_iter()).await.expect("imported");
    assert_eq!(here.try_recv(), Ok(Hint::Changed));
    assert!(tenant.delete_lead(super::lead_id(9), Sight::All).await.is_err());
    assert!(here.try_recv().is_err(), "nothing happened");
    assert!(elsewhere.try_recv().is_err());
}
