//! Making studios and describing them and their members.

use domain::{Member, Role, Studio};

use super::{NOW, TestDatabase, member, on_both, owner_id, sales_id, studio, studio_id};
use crate::db::DbError;

on_both!(
    an_unknown_studio_is_no_studio,
    a_studio_that_is_made_twice_is_one,
    a_studio_and_its_members_read_back_as_written,
    two_studios_may_use_the_same_ids,
    a_studio_is_found_again_after_a_restart,
    an_epoch_is_drawn_once_and_ended_once,
);

async fn an_unknown_studio_is_no_studio(db: TestDatabase) {
    assert!(matches!(db.database.tenant(studio_id(1)).await, Err(DbError::NoSuchStudio)));
    // Registered is not made: until it is, it has no rows.
    db.database.directory().add_studio(studio_id(1), NOW).await.expect("registered");
    assert!(matches!(db.database.tenant(studio_id(1)).await, Err(DbError::NoSuchStudio)));
    db.database.create_tenant(studio_id(1)).await.expect("made");
    let tenant = db.database.tenant(studio_id(1)).await.expect("found");
    assert_eq!(tenant.seq().await.expect("number"), 0);
    assert_eq!(tenant.find_studio().await.expect("read"), None);
}

async fn a_studio_that_is_made_twice_is_one(db: TestDatabase) {
    let first = db.studio(1).await;
    let seq = first.seq().await.expect("number");
    db.database.directory().add_studio(studio_id(1), NOW).await.expect("again is no error");
    let second = db.database.create_tenant(studio_id(1)).await.expect("again is no error");
    assert_eq!(second.seq().await.expect("number"), seq);
}

async fn a_studio_and_its_members_read_back_as_written(db: TestDatabase) {
    let tenant = db.studio(1).await;
    assert_eq!(tenant.find_studio().await.expect("read"), Some(studio(studio_id(1))));
    let renamed = Studio { name: "Other".to_owned(), ..studio(studio_id(1)) };
    tenant.put_studio(renamed.clone()).await.expect("described anew");
    assert_eq!(tenant.find_studio().await.expect("read"), Some(renamed));
    assert_eq!(tenant.find_member(owner_id()).await.expect("read"), Some(member(owner_id(), Role::Owner)));
    let promoted = Member { role: Role::Manager, ..member(sales_id(), Role::Sales) };
    tenant.put_member(promoted.clone()).await.expect("changed");
    assert_eq!(tenant.find_member(sales_id()).await.expect("read"), Some(promoted));
    let nobody = domain::MemberId::from_uuid(super::uuid(2, 99));
    assert_eq!(tenant.find_member(nobody).await.expect("read"), None);
}

async fn two_studios_may_use_the_same_ids(db: TestDatabase) {
    let (one, other) = (db.studio(1).await, db.studio(2).await);
    let renamed = Member { name: "Only there".to_owned(), ..member(owner_id(), Role::Admin) };
    other.put_member(renamed.clone()).await.expect("changed");
    assert_eq!(one.find_member(owner_id()).await.expect("read"), Some(member(owner_id(), Role::Owner)));
    assert_eq!(other.find_member(owner_id()).await.expect("read"), Some(renamed));
    assert_eq!(one.seq().await.expect("number") + 1, other.seq().await.expect("number"), "each has its own sequence");
}

async fn a_studio_is_found_again_after_a_restart(db: TestDatabase) {
    db.studio(1).await;
    let again = crate::db::Database::open(&db.url, &super::test_secret(), db.hints.clone()).await.expect("opens");
    let tenant = again.tenant(studio_id(1)).await.expect("found");
    assert_eq!(tenant.find_studio().await.expect("read"), Some(studio(studio_id(1))));
}

async fn an_epoch_is_drawn_once_and_ended_once(db: TestDatabase) {
    let (tenant, other) = (db.studio(1).await, db.studio(2).await);
    let first = tenant.epoch().await.expect("read");
    assert_ne!(other.epoch().await.expect("read"), first);
    let again = db.database.create_tenant(studio_id(1)).await.expect("again is no error");
    assert_eq!(again.epoch().await.expect("read"), first);
    for _ in 0..2 {
        tenant.end_epoch(first.clone()).await.expect("ended");
    }
    let second = tenant.epoch().await.expect("read");
    assert_ne!(second, first);
    tenant.end_epoch(first).await.expect("no longer that one");
    assert_eq!(tenant.epoch().await.expect("read"), second);
}
