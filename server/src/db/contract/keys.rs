//! Sealed keys: made once, replaced in order, forgotten when nothing needs them.

use domain::UnixMs;
use futures_util::future::join_all;

use super::{NOW, TestDatabase, device_id, on_both, owner_id, studio_id, uuid};
use crate::auth::TokenKeyId;
use crate::db::{DbError, NewDevice, NewMembership, StoredTokenKey};
use crate::retention::REPLACED_TOKEN_KEY_KEPT_MS;
use crate::secrets::{SealedRing, SecretError};

on_both!(
    the_first_token_key_is_made_once,
    a_token_key_that_was_replaced_goes_when_no_refresh_token_needs_it,
    a_token_key_in_the_row_of_another_is_not_taken_for_it,
);

async fn ids(db: &TestDatabase) -> Vec<i64> {
    db.database.read_token_keys().await.expect("read").iter().map(|key| key.id.0).collect()
}

/// Adds a token key, sealed as the first one of another database would be: only its row counts here.
async fn add(db: &TestDatabase, id: i64, use_from: UnixMs) {
    let ring = db.database.inner.ring();
    let key = crate::db::keys::new_token_key(&ring, id, use_from, use_from).expect("made");
    change(db, move |mut keys| {
        keys.push(key);
        keys
    })
    .await;
}

/// Changes the token keys past all rules.
async fn change(db: &TestDatabase, plan: impl FnOnce(Vec<StoredTokenKey>) -> Vec<StoredTokenKey> + Send + 'static) {
    let plan = move |tx: &crate::db::sql::Tx<'_>| {
        crate::db::directory::change_token_keys(tx, |keys| Ok::<_, DbError>(plan(keys)))
    };
    db.database.directory().write_for_test(plan).await.expect("changed");
}

async fn the_first_token_key_is_made_once(db: TestDatabase) {
    let made = join_all((0..8).map(|_| db.database.make_first_token_key(NOW))).await;
    assert!(made.iter().all(Result::is_ok), "{made:?}");
    assert_eq!(ids(&db).await, [1]);
    let first = db.database.read_token_keys().await.expect("read").remove(0);
    db.database.make_first_token_key(NOW).await.expect("nothing to do");
    let again = db.database.read_token_keys().await.expect("read").remove(0);
    assert_eq!((again.id, &again.key, again.use_from), (TokenKeyId(1), &first.key, NOW));
}

async fn a_token_key_that_was_replaced_goes_when_no_refresh_token_needs_it(db: TestDatabase) {
    let directory = db.database.directory().clone();
    directory.add_studio(studio_id(1), NOW).await.expect("registered");
    let membership = NewMembership {
        account_id: uuid(9, 1),
        email_folded: "olga@studio.example".to_owned(),
        password_hash: String::new(),
        member_id: owner_id(),
        studio_id: studio_id(1),
        role: domain::Role::Owner,
        email: String::new(),
        name: String::new(),
    };
    assert!(directory.add_membership(membership, NOW).await.expect("joined").is_some());
    let info = wire::device::DeviceInfo { name: String::new(), os: String::new(), app_version: String::new() };
    let form = wire::auth::SessionForm::Bearer;
    let device = NewDevice { id: device_id(1), member_id: owner_id(), form, info, ip: String::new(), over_at: NOW };
    directory.start_session(device, "2.abc".to_owned(), NOW.plus_ms(-1)).await.expect("signed in");

    db.database.make_first_token_key(NOW).await.expect("made");
    for (id, later_ms) in [(2, 1_000), (3, 2_000), (12, 3_000)] {
        add(&db, id, NOW.plus_ms(later_ms)).await;
    }
    let kept = NOW.plus_ms(REPLACED_TOKEN_KEY_KEPT_MS);
    assert_eq!(db.database.forget_token_keys(kept).await.expect("looked"), 0, "not so soon");
    assert_eq!(db.database.forget_token_keys(kept.plus_ms(1_001)).await.expect("looked"), 1);
    assert_eq!(ids(&db).await, [2, 3, 12]);
    assert_eq!(db.database.forget_token_keys(kept.plus_ms(9_000)).await.expect("looked"), 1);
    assert_eq!(ids(&db).await, [2, 12], "one has a refresh token, one is in use");
    directory.purge_sessions(NOW.plus_ms(1)).await.expect("purged");
    assert_eq!(db.database.forget_token_keys(kept.plus_ms(9_000)).await.expect("looked"), 1);
    assert_eq!(ids(&db).await, [12]);
}

async fn a_token_key_in_the_row_of_another_is_not_taken_for_it(db: TestDatabase) {
    db.database.make_first_token_key(NOW).await.expect("made");
    add(&db, 2, NOW).await;
    assert_eq!(ids(&db).await, [1, 2], "the control");
    change(&db, |mut keys| {
        let sealed = keys[0].sealed.clone();
        keys[1].sealed = sealed;
        keys
    })
    .await;
    match db.database.read_token_keys().await.err() {
        Some(DbError::Secret(error)) => assert!(matches!(*error, SecretError::Tampered), "{error}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn data_keys_on_postgres_are_made_once_and_changed_together_with_token_keys() {
    let db = TestDatabase::postgres().await;
    db.database.make_first_token_key(NOW).await.expect("made");
    let directory = db.database.directory();
    let before = directory.read_data_keys().await.expect("read");
    directory.add_first_data_keys(before.keys.clone()).await.expect("nothing to do");
    assert_eq!(directory.read_data_keys().await.expect("read"), before);
    // A plan that fails changes neither.
    let failing = |_: SealedRing, _: Vec<StoredTokenKey>| Err(DbError::NoSuchStudio);
    assert!(matches!(directory.change_keys(failing).await, Err(DbError::NoSuchStudio)));
    let forgetting = |_: SealedRing, keys: Vec<StoredTokenKey>| Ok((SealedRing::default(), keys));
    directory.change_keys(forgetting).await.expect("changed");
    match db.database.read_token_keys().await.err() {
        Some(DbError::Secret(error)) => assert!(matches!(*error, SecretError::KeysMissing), "{error}"),
        other => panic!("{other:?}"),
    }
    assert!(directory.read_data_keys().await.expect("read").keys.is_empty(), "none was made in their place");
}
