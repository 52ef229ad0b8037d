//! The audit log.

use uuid::Uuid;
use wire::write::{AuditAction, AuditEntry};

use super::{NOW, TestDatabase, device_id, on_both, owner_id, sales_id};
use crate::db::WriteError;

on_both!(what_was_done_is_kept_once, the_id_of_another_act_is_refused_with_all_of_its_batch);

fn entry(n: u128) -> AuditEntry {
    let id = Uuid::from_u128(n);
    AuditEntry { id, action: AuditAction::LeadsExported, at: NOW, detail: "12 “leads”".to_owned(), row_count: 12 }
}

async fn what_was_done_is_kept_once(db: TestDatabase) {
    let (tenant, other) = (db.studio(1).await, db.studio(2).await);
    let before = tenant.seq().await.expect("number");
    for entries in [vec![entry(1)], vec![entry(1), entry(2)], vec![]] {
        tenant.append_audit(entries, owner_id(), device_id(1), NOW).await.expect("appended");
    }
    assert_eq!(tenant.count_audit().await.expect("count"), 2);
    assert_eq!(tenant.seq().await.expect("number"), before, "clients hold no audit log");
    assert_eq!(other.count_audit().await.expect("count"), 0);
}

async fn the_id_of_another_act_is_refused_with_all_of_its_batch(db: TestDatabase) {
    let tenant = db.studio(1).await;
    tenant.append_audit(vec![entry(1)], owner_id(), device_id(1), NOW).await.expect("appended");
    let changed = AuditEntry { row_count: 13, ..entry(1) };
    for (batch, member) in [(vec![entry(2), changed], owner_id()), (vec![entry(2), entry(1)], sales_id())] {
        let refused = tenant.append_audit(batch, member, device_id(1), NOW).await;
        assert!(matches!(refused, Err(WriteError::Invalid { field: "id", .. })), "{refused:?}");
        assert_eq!(tenant.count_audit().await.expect("count"), 1);
    }
}
