//! Who may sign in, and the sessions of those who did.

use std::collections::HashSet;

use domain::{Role, StudioId, UnixMs};
use futures_util::future::join_all;
use wire::auth::SessionForm;
use wire::device::{DeviceInfo, SessionEnd};

use super::{NOW, TestDatabase, device_id, on_both, owner_id, sales_id, studio_id, uuid};
use crate::db::{DbError, Directory, NewDevice, NewMembership, Rotate, Rotation, SessionState};

on_both!(
    an_account_is_found_by_its_address_and_keeps_its_password,
    somebody_is_a_member_of_a_studio_once,
    a_membership_is_that_of_the_studio_named_or_the_first,
    a_membership_of_an_unregistered_studio_is_refused,
    a_session_lives_until_it_ends_or_expires,
    devices_are_listed_the_one_seen_last_first,
    a_token_is_exchanged_once_and_its_reuse_ends_the_session,
    of_many_exchanges_at_once_one_wins_and_the_session_ends,
    the_same_exchange_again_is_answered_again_until_its_token_is_used,
    what_ended_long_ago_is_forgotten,
    of_a_token_that_is_not_known_the_session_it_names_is_asked_for,
    of_a_session_that_was_forgotten_it_stays_known_whether_somebody_ended_it,
    a_session_that_ran_out_is_ended_by_who_says_so,
    studios_are_listed_in_the_order_they_were_registered,
    a_session_signed_out_or_revoked_is_over,
    nobody_revokes_what_is_not_theirs,
);

const LATER: UnixMs = UnixMs(NOW.0 + 1_000_000);

async fn join(directory: &Directory, studio: StudioId, n: u64, at: i64) -> Result<bool, DbError> {
    let new = NewMembership {
        account_id: uuid(9, n),
        email_folded: "olga@studio.example".to_owned(),
        password_hash: format!("hash {n}"),
        member_id: domain::MemberId::from_uuid(uuid(2, n)),
        studio_id: studio,
        role: Role::Owner,
        name: "Olga".to_owned(),
        email: "Olga@studio.example".to_owned(),
    };
    Ok(directory.add_membership(new, NOW.plus_ms(at)).await?.is_some())
}

/// With one account that is the owner of studio 1.
async fn with_owner(db: &TestDatabase) -> Directory {
    let directory = db.database.directory().clone();
    directory.add_studio(studio_id(1), NOW).await.expect("registered");
    assert!(join(&directory, studio_id(1), 1, 0).await.expect("joined"));
    directory
}

async fn sign_in(directory: &Directory, n: u64, hash: &str) {
    let info = DeviceInfo { name: format!("Desk {n}"), os: "Debian".to_owned(), app_version: "1".to_owned() };
    let (id, ip) = (device_id(n), "192.0.2.7".to_owned());
    let device = NewDevice { id, member_id: owner_id(), form: SessionForm::Bearer, info, ip, over_at: LATER };
    directory.start_session(device, hash.to_owned(), NOW.plus_ms(i64::try_from(n).expect("small"))).await.expect("in");
}

async fn rotate(directory: &Directory, old: &str, new: &str, at: UnixMs) -> Rotation {
    rotate_to_any(directory, old, &[new], at).await
}

async fn rotate_to_any(directory: &Directory, old: &str, new: &[&str], at: UnixMs) -> Rotation {
    let new_hashes = new.iter().map(ToString::to_string).collect();
    let (old_hash, ip) = (old.to_owned(), "192.0.2.8".to_owned());
    let rotate = Rotate { old_hash, named: None, new_hashes, form: SessionForm::Bearer, ip, over_at: LATER };
    directory.rotate(rotate, at).await.expect("asked")
}

/// With a token of which nothing is known, which says that it is of the session of number `n`.
async fn rotate_unknown(directory: &Directory, n: u64) -> Rotation {
    let (old_hash, new_hashes) = ("unknown".to_owned(), vec!["new".to_owned()]);
    let named = Some(device_id(n));
    let rotate = Rotate { old_hash, named, new_hashes, form: SessionForm::Bearer, ip: String::new(), over_at: LATER };
    directory.rotate(rotate, NOW).await.expect("asked")
}

async fn state(directory: &Directory, n: u64, at: UnixMs) -> SessionState {
    directory.find_session(device_id(n), at).await.expect("asked")
}

async fn lives(directory: &Directory, n: u64) -> bool {
    directory.find_live(device_id(n), NOW).await.expect("asked").is_some()
}

async fn an_account_is_found_by_its_address_and_keeps_its_password(db: TestDatabase) {
    let directory = with_owner(&db).await;
    directory.add_studio(studio_id(2), NOW).await.expect("registered");
    assert!(join(&directory, studio_id(2), 2, 1).await.expect("joined"));
    let account = directory.find_account("olga@studio.example".to_owned()).await.expect("asked").expect("found");
    assert_eq!((account.id, &*account.password_hash), (uuid(9, 1), "hash 1"));
    for unknown in ["Olga@studio.example", "olga@studio.exampl_", "%", ""] {
        assert!(directory.find_account(unknown.to_owned()).await.expect("asked").is_none(), "{unknown}");
    }
    let nul = directory.find_account("olga@studio.example\u{0}".to_owned()).await;
    assert!(matches!(nul, Err(DbError::NulCharacter)));
}

async fn somebody_is_a_member_of_a_studio_once(db: TestDatabase) {
    let directory = with_owner(&db).await;
    assert!(!join(&directory, studio_id(1), 2, 1).await.expect("asked"));
    let at_once = join_all((3..13).map(|n| join(&directory, studio_id(1), n, 1))).await;
    assert!(at_once.into_iter().all(|added| !added.expect("asked")));
}

async fn a_membership_is_that_of_the_studio_named_or_the_first(db: TestDatabase) {
    let directory = with_owner(&db).await;
    directory.add_studio(studio_id(2), NOW).await.expect("registered");
    assert!(join(&directory, studio_id(2), 2, -1).await.expect("joined"));
    let find = async |studio| directory.find_membership(uuid(9, 1), studio).await.expect("asked").map(|m| m.studio_id);
    assert_eq!(find(None).await, Some(studio_id(2)), "it joined that one before");
    assert_eq!(find(Some(studio_id(1))).await, Some(studio_id(1)));
    assert_eq!(find(Some(studio_id(3))).await, None);
}

async fn a_membership_of_an_unregistered_studio_is_refused(db: TestDatabase) {
    let directory = with_owner(&db).await;
    assert!(join(&directory, studio_id(7), 2, 0).await.is_err());
}

async fn a_session_lives_until_it_ends_or_expires(db: TestDatabase) {
    let directory = with_owner(&db).await;
    sign_in(&directory, 1, "a").await;
    let session = directory.find_live(device_id(1), NOW).await.expect("asked").expect("alive");
    assert_eq!((session.member_id, session.studio_id, session.role), (owner_id(), studio_id(1), Role::Owner));
    assert!(directory.find_live(device_id(1), LATER).await.expect("asked").is_none());
    assert!(directory.find_live(device_id(2), NOW).await.expect("asked").is_none());
}

async fn devices_are_listed_the_one_seen_last_first(db: TestDatabase) {
    let directory = with_owner(&db).await;
    for (n, hash) in [(1, "a"), (2, "b"), (3, "c")] {
        sign_in(&directory, n, hash).await;
    }
    assert!(matches!(rotate(&directory, "a", "d", NOW.plus_ms(50)).await, Rotation::Rotated { .. }));
    directory.revoke_device(device_id(2), owner_id(), NOW).await.expect("revoked");
    let listed = directory.list_devices(owner_id(), device_id(3), NOW).await.expect("listed");
    let seen: Vec<_> = listed.devices.iter().map(|device| (device.id, device.is_current, device.ip.as_str())).collect();
    assert_eq!(seen, [(device_id(1), false, "192.0.2.8"), (device_id(3), true, "192.0.2.7")]);
    let first = &listed.devices[0];
    assert_eq!((first.signed_in_at, first.last_seen_at), (NOW.plus_ms(1), NOW.plus_ms(50)));
    let ended: Vec<_> = listed.ended.iter().map(|ended| (ended.device.id, ended.ended_because)).collect();
    assert_eq!(ended, [(device_id(2), SessionEnd::Revoked)]);
    let others = directory.list_devices(sales_id(), device_id(3), NOW).await.expect("listed");
    assert!(others.devices.is_empty() && others.ended.is_empty());
}

async fn a_token_is_exchanged_once_and_its_reuse_ends_the_session(db: TestDatabase) {
    let directory = with_owner(&db).await;
    sign_in(&directory, 1, "a").await;
    assert_eq!(rotate(&directory, "unknown", "x", NOW).await, Rotation::Refused);
    let rotated = Rotation::Rotated { device_id: device_id(1), member_id: owner_id(), again: None };
    assert_eq!(rotate(&directory, "a", "b", NOW).await, rotated);
    assert_eq!(rotate(&directory, "b", "c", NOW).await, rotated);
    assert!(lives(&directory, 1).await);
    let reused = Rotation::Reused { device_id: device_id(1), studio_id: studio_id(1) };
    assert_eq!(rotate(&directory, "a", "d", NOW).await, reused);
    assert!(!lives(&directory, 1).await);
    assert_eq!(rotate(&directory, "c", "e", NOW).await, Rotation::Ended, "the newest went with it");
}

async fn of_many_exchanges_at_once_one_wins_and_the_session_ends(db: TestDatabase) {
    let directory = with_owner(&db).await;
    sign_in(&directory, 1, "a").await;
    // Connections that have yet to be made would let one attempt after the other in.
    join_all((0..100).map(|_| lives(&directory, 1))).await;
    let attempts = (0..100).map(|n| {
        let directory = directory.clone();
        tokio::spawn(async move { rotate(&directory, "a", &format!("new {n}"), NOW).await })
    });
    let results: Vec<_> = join_all(attempts).await.into_iter().map(|result| result.expect("asked")).collect();
    let count = |wanted: fn(&Rotation) -> bool| results.iter().filter(|result| wanted(result)).count();
    assert_eq!(count(|result| matches!(result, Rotation::Rotated { .. })), 1, "{results:?}");
    assert_eq!(count(|result| matches!(result, Rotation::Reused { .. })), 1, "the next one ends it: {results:?}");
    assert_eq!(count(|result| *result == Rotation::Ended), 98, "and nothing is told twice: {results:?}");
    assert!(!lives(&directory, 1).await);
}

async fn a_session_signed_out_or_revoked_is_over(db: TestDatabase) {
    let directory = with_owner(&db).await;
    for (n, hash) in [(1, "a"), (2, "b"), (3, "c")] {
        sign_in(&directory, n, hash).await;
    }
    assert_eq!(directory.sign_out("unknown".to_owned(), NOW).await.expect("asked"), None);
    let ended = directory.sign_out("a".to_owned(), NOW).await.expect("asked");
    assert_eq!(ended, Some((device_id(1), studio_id(1))));
    assert!(directory.revoke_device(device_id(2), owner_id(), NOW).await.expect("asked"));
    assert!(!directory.revoke_device(device_id(2), owner_id(), NOW).await.expect("asked"), "it is over already");
    let alive: HashSet<_> = join_all((1..=3).map(|n| lives(&directory, n))).await.into_iter().enumerate().collect();
    assert_eq!(alive, HashSet::from([(0, false), (1, false), (2, true)]));
    assert_eq!(rotate(&directory, "a", "x", NOW).await, Rotation::Ended);
    assert_eq!(rotate(&directory, "b", "x", NOW).await, Rotation::Ended);
}

async fn nobody_revokes_what_is_not_theirs(db: TestDatabase) {
    let directory = with_owner(&db).await;
    sign_in(&directory, 1, "a").await;
    assert!(!directory.revoke_device(device_id(1), sales_id(), NOW).await.expect("asked"));
    assert!(lives(&directory, 1).await);
}

async fn the_same_exchange_again_is_answered_again_until_its_token_is_used(db: TestDatabase) {
    let directory = with_owner(&db).await;
    sign_in(&directory, 1, "a").await;
    let rotated = |again| Rotation::Rotated { device_id: device_id(1), member_id: owner_id(), again };
    assert_eq!(rotate(&directory, "a", "b", NOW).await, rotated(None));
    let at_once = join_all((0..20).map(|_| rotate(&directory, "a", "b", NOW))).await;
    assert!(at_once.iter().all(|rotation| *rotation == rotated(Some(0))), "{at_once:?}");
    let with_another_key = rotate_to_any(&directory, "a", &["b of a newer key", "b"], NOW).await;
    assert_eq!(with_another_key, rotated(Some(1)), "what was given is given again, whichever key is in use by now");
    assert_eq!(rotate(&directory, "b", "c", NOW).await, rotated(None));
    let reused = Rotation::Reused { device_id: device_id(1), studio_id: studio_id(1) };
    assert_eq!(rotate(&directory, "a", "b", NOW).await, reused);
}

async fn what_ended_long_ago_is_forgotten(db: TestDatabase) {
    let directory = with_owner(&db).await;
    for (n, hash) in [(1, "a"), (2, "b"), (3, "c")] {
        sign_in(&directory, n, hash).await;
    }
    rotate(&directory, "a", "d", NOW).await;
    directory.revoke_device(device_id(1), owner_id(), NOW).await.expect("revoked");
    directory.revoke_device(device_id(2), owner_id(), NOW.plus_ms(10)).await.expect("revoked");
    let purged = directory.purge_sessions(NOW.plus_ms(10)).await.expect("purged");
    assert_eq!((purged.devices, purged.refresh_tokens), (1, 2));
    let listed = directory.list_devices(owner_id(), device_id(3), NOW.plus_ms(10)).await.expect("listed");
    assert_eq!((listed.devices.len(), listed.ended.len()), (1, 1));
    assert_eq!(rotate(&directory, "d", "e", NOW).await, Rotation::Refused);
}

async fn of_a_token_that_is_not_known_the_session_it_names_is_asked_for(db: TestDatabase) {
    let directory = with_owner(&db).await;
    for (n, hash) in [(1, "a"), (2, "b"), (3, "c")] {
        sign_in(&directory, n, hash).await;
    }
    directory.revoke_device(device_id(1), owner_id(), NOW).await.expect("revoked");
    assert_eq!(rotate_unknown(&directory, 1).await, Rotation::Ended);
    assert_eq!(rotate_unknown(&directory, 2).await, Rotation::Refused, "who only names a session ends none");
    assert_eq!(rotate_unknown(&directory, 9).await, Rotation::Refused);
    assert_eq!(rotate(&directory, "b", "d", LATER).await, Rotation::Refused, "it ran out");
    assert!(lives(&directory, 2).await && lives(&directory, 3).await);
    assert_eq!(state(&directory, 1, NOW).await, SessionState::Ended);
    assert_eq!([state(&directory, 2, LATER).await, state(&directory, 9, NOW).await], [SessionState::Gone; 2]);
}

async fn of_a_session_that_was_forgotten_it_stays_known_whether_somebody_ended_it(db: TestDatabase) {
    let directory = with_owner(&db).await;
    for (n, hash) in [(1, "a"), (2, "b"), (3, "c")] {
        sign_in(&directory, n, hash).await;
    }
    directory.revoke_device(device_id(1), owner_id(), NOW).await.expect("revoked");
    assert_eq!(directory.purge_sessions(LATER.plus_ms(1)).await.expect("purged").devices, 3);
    let states = async || join_all((1..=4).map(|n| state(&directory, n, NOW))).await;
    let (ended, gone) = (SessionState::Ended, SessionState::Gone);
    assert_eq!(states().await, [ended, gone, gone, gone]);
    assert_eq!(rotate_unknown(&directory, 1).await, Rotation::Ended);
    assert_eq!(rotate_unknown(&directory, 2).await, Rotation::Refused);
    // What nobody is signed in on any more may still hold what it had.
    let others = directory.revoke_others(device_id(4), owner_id(), NOW).await.expect("revoked");
    assert_eq!(others, []);
    assert_eq!(states().await, [ended, ended, ended, gone]);
    assert_eq!(rotate_unknown(&directory, 2).await, Rotation::Ended);
}

async fn a_session_that_ran_out_is_ended_by_who_says_so(db: TestDatabase) {
    let directory = with_owner(&db).await;
    for (n, hash) in [(1, "a"), (2, "b"), (3, "c")] {
        sign_in(&directory, n, hash).await;
    }
    let later = LATER.plus_ms(5);
    assert!(directory.revoke_device(device_id(1), owner_id(), later).await.expect("asked"));
    assert!(!directory.revoke_device(device_id(1), owner_id(), later).await.expect("asked"), "once");
    let listed = directory.list_devices(owner_id(), device_id(9), later).await.expect("listed");
    let ended = |n| listed.ended.iter().find(|ended| ended.device.id == device_id(n)).expect("listed");
    assert_eq!((ended(1).ended_because, ended(1).ended_at), (SessionEnd::Revoked, LATER), "over since it ran out");
    assert_eq!((ended(2).ended_because, ended(2).ended_at), (SessionEnd::RanOut, LATER), "the control");
    assert_eq!(directory.revoke_others(device_id(3), owner_id(), later).await.expect("revoked"), []);
    let states = join_all((1..=3).map(|n| state(&directory, n, later))).await;
    assert_eq!(states, [SessionState::Ended, SessionState::Ended, SessionState::Gone], "all but the one that asks");
}

async fn studios_are_listed_in_the_order_they_were_registered(db: TestDatabase) {
    let directory = with_owner(&db).await;
    directory.add_studio(studio_id(3), NOW.plus_ms(-1)).await.expect("registered");
    directory.add_studio(studio_id(2), NOW).await.expect("registered");
    assert_eq!(directory.list_studios().await.expect("listed"), [studio_id(3), studio_id(1), studio_id(2)]);
}
