//! Who is a member, and what of it the studio's rows say.

use domain::{DeviceId, Member, MemberId, MemberRefusal, Role, StudioId};
use futures_util::future::{join, join_all};
use wire::auth::SessionForm;
use wire::changes::{Change, Row, RowId};
use wire::device::DeviceInfo;

use super::{
    NOW, TestDatabase, changes, device_id, lead_id, lead_rows, on_both, own, owner, owner_id, sales_id, stage_id,
    studio_id, uuid,
};
use crate::db::{
    Actor, Billing, Directory, Editor, Effect, MemberError, NewDevice, NewMembership, Rotate, Rotation, Sight, Tenant,
    WriteError,
};
use crate::member_acts::{settle, settle_all};

on_both!(
    a_role_is_changed_by_who_may,
    a_member_of_another_studio_is_not_found,
    two_owners_who_demote_each_other_leave_one,
    two_owners_who_remove_each_other_leave_one,
    a_removed_members_sessions_are_over_and_stay_so,
    nobody_signs_in_while_they_are_removed,
    whoever_comes_back_is_the_same_member,
    acts_are_carried_over_once_and_in_order,
    acts_that_were_cut_short_are_carried_over_by_the_job,
    a_removed_members_leads_come_into_the_pool,
    what_a_former_member_did_keeps_their_name,
);

/// The member of number `n` with a device of the same number.
pub(super) fn actor(n: u64) -> Actor {
    Actor { member_id: member_id(n), device_id: device_id(n), studio_id: studio_id(1) }
}

pub(super) fn member_id(n: u64) -> MemberId {
    MemberId::from_uuid(uuid(2, n))
}

pub(super) async fn join_as(directory: &Directory, studio: StudioId, n: u64, role: Role) -> Option<MemberId> {
    let email = format!("m{n}@studio.example");
    let new = NewMembership {
        account_id: uuid(9, n),
        email_folded: email.clone(),
        password_hash: format!("hash {n}"),
        member_id: member_id(n),
        studio_id: studio,
        role,
        name: format!("Member {n}"),
        email,
    };
    directory.add_membership(new, NOW).await.expect("asked")
}

/// Studio 1 with these members, numbered from 1.
pub(super) async fn team(db: &TestDatabase, roles: &[Role]) -> Directory {
    let directory = db.database.directory().clone();
    directory.add_studio(studio_id(1), NOW).await.expect("registered");
    for (n, role) in (1..).zip(roles) {
        assert_eq!(join_as(&directory, studio_id(1), n, *role).await, Some(member_id(n)));
    }
    directory
}

async fn sign_in(directory: &Directory, member: u64, device: u64) -> bool {
    let info = DeviceInfo { name: String::new(), os: String::new(), app_version: String::new() };
    let (id, over_at) = (device_id(device), NOW.plus_ms(1_000_000));
    let device =
        NewDevice { id, member_id: member_id(member), form: SessionForm::Bearer, info, ip: String::new(), over_at };
    directory.start_session(device, format!("token of {id}"), NOW).await.expect("asked")
}

async fn is_live(directory: &Directory, device: u64) -> bool {
    directory.find_live(device_id(device), NOW).await.expect("asked").is_some()
}

async fn role_of(directory: &Directory, n: u64) -> Option<Role> {
    // By a session, as a request would ask.
    let device = 1_000 + n;
    if !is_live(directory, device).await {
        sign_in(directory, n, device).await;
    }
    directory.find_live(device_id(device), NOW).await.expect("asked").map(|session| session.role)
}

fn refusal<T: std::fmt::Debug>(result: Result<T, MemberError>) -> MemberRefusal {
    match result {
        Err(MemberError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

async fn acts(directory: &Directory) -> usize {
    directory.list_acts(studio_id(1)).await.expect("listed").len()
}

async fn a_role_is_changed_by_who_may(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner, Role::Admin, Role::Sales]).await;
    let before = acts(&directory).await;
    let change = async |by, n, to| directory.change_role(actor(by), member_id(n), to, NOW).await;
    assert_eq!(refusal(change(3, 3, Role::Owner).await), MemberRefusal::NotAllowed);
    assert_eq!(refusal(change(2, 1, Role::Sales).await), MemberRefusal::OwnersOnly);
    assert_eq!(refusal(change(2, 2, Role::Owner).await), MemberRefusal::OwnRole);
    assert_eq!(refusal(change(1, 1, Role::Sales).await), MemberRefusal::LastOwner);
    assert_eq!(refusal(directory.remove_member(actor(1), member_id(1), NOW).await), MemberRefusal::LastOwner);
    assert!(!change(1, 3, Role::Sales).await.expect("allowed"), "no change");
    assert_eq!(acts(&directory).await, before, "none of these was an act");

    assert!(change(2, 3, Role::Manager).await.expect("changed"));
    assert_eq!(role_of(&directory, 3).await, Some(Role::Manager));
    assert!(change(1, 3, Role::Owner).await.expect("changed"));
    assert!(change(1, 1, Role::Sales).await.expect("there is another owner"));
    assert_eq!(acts(&directory).await, before + 3);
    assert_eq!(refusal(change(1, 2, Role::Sales).await), MemberRefusal::NotAllowed, "what they were does not count");
}

async fn a_member_of_another_studio_is_not_found(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner, Role::Sales]).await;
    directory.add_studio(studio_id(2), NOW).await.expect("registered");
    join_as(&directory, studio_id(2), 7, Role::Sales).await.expect("joined");
    for stranger in [7, 99] {
        let changed = directory.change_role(actor(1), member_id(stranger), Role::Admin, NOW).await;
        assert!(matches!(changed, Err(MemberError::NotFound)), "{changed:?}");
        let removed = directory.remove_member(actor(1), member_id(stranger), NOW).await;
        assert!(matches!(removed, Err(MemberError::NotFound)), "{removed:?}");
    }
    // Nor does an owner of one studio act at another.
    let elsewhere = Actor { studio_id: studio_id(2), ..actor(1) };
    assert_eq!(refusal(directory.remove_member(elsewhere, member_id(7), NOW).await), MemberRefusal::NotAllowed);
    assert_eq!(role_of(&directory, 7).await, Some(Role::Sales));
}

async fn two_owners_who_demote_each_other_leave_one(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner, Role::Owner]).await;
    for _ in 0..10 {
        let demote = |by, n| directory.change_role(actor(by), member_id(n), Role::Sales, NOW);
        let (one, two) = join(demote(1, 2), demote(2, 1)).await;
        let (winner, lost, last) = if one.is_ok() { (1, two, 2) } else { (2, one, 1) };
        assert_eq!(refusal(lost), MemberRefusal::NotAllowed, "who was second was no owner any more");
        assert_eq!(role_of(&directory, winner).await, Some(Role::Owner));
        assert_eq!(role_of(&directory, last).await, Some(Role::Sales));
        assert!(directory.change_role(actor(winner), member_id(last), Role::Owner, NOW).await.expect("again"));
    }
}

async fn two_owners_who_remove_each_other_leave_one(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner, Role::Owner]).await;
    let remove = |by, n| directory.remove_member(actor(by), member_id(n), NOW);
    let (one, two) = join(remove(1, 2), remove(2, 1)).await;
    let (winner, lost) = if one.is_ok() { (1, two) } else { (2, one) };
    assert_eq!(refusal(lost), MemberRefusal::NotAllowed);
    assert_eq!(role_of(&directory, winner).await, Some(Role::Owner));
    assert_eq!(role_of(&directory, 3 - winner).await, None);
}

async fn a_removed_members_sessions_are_over_and_stay_so(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner, Role::Sales]).await;
    for (member, device) in [(1, 1), (2, 2), (2, 3)] {
        assert!(sign_in(&directory, member, device).await);
    }
    let mut ended = directory.remove_member(actor(1), member_id(2), NOW).await.expect("removed");
    ended.sort();
    assert_eq!(ended, [device_id(2), device_id(3)]);
    assert_eq!([is_live(&directory, 1).await, is_live(&directory, 2).await], [true, false]);
    assert!(!sign_in(&directory, 2, 4).await, "nor do they sign in again");
    assert_eq!(directory.find_membership(uuid(9, 2), None).await.expect("asked"), None);
    let again = directory.remove_member(actor(1), member_id(2), NOW).await;
    assert!(matches!(again, Err(MemberError::NotFound)), "{again:?}");
    let over_at = NOW.plus_ms(1_000_000);
    let old_hash = format!("token of {}", device_id(2));
    let rotate = Rotate {
        old_hash,
        named: None,
        new_hashes: vec!["new".to_owned()],
        form: SessionForm::Bearer,
        ip: String::new(),
        over_at,
    };
    assert_eq!(directory.rotate(rotate, NOW).await.expect("asked"), Rotation::Ended);
}

async fn nobody_signs_in_while_they_are_removed(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner, Role::Sales]).await;
    let devices = 10..20_u64;
    let signing_in = join_all(devices.clone().map(|device| sign_in(&directory, 2, device)));
    let (signed_in, removed) = join(signing_in, directory.remove_member(actor(1), member_id(2), NOW)).await;
    let started: Vec<DeviceId> =
        devices.clone().zip(&signed_in).filter(|(_, started)| **started).map(|(n, _)| device_id(n)).collect();
    let mut ended = removed.expect("removed");
    ended.sort();
    assert_eq!(ended, started, "every session that had begun was ended by the removal");
    for device in devices {
        assert!(!is_live(&directory, device).await);
    }
}

async fn whoever_comes_back_is_the_same_member(db: TestDatabase) {
    let directory = team(&db, &[Role::Owner, Role::Sales]).await;
    assert!(sign_in(&directory, 2, 2).await);
    directory.remove_member(actor(1), member_id(2), NOW).await.expect("removed");
    let email = "m2@studio.example".to_owned();
    let new = NewMembership {
        account_id: uuid(9, 77),
        email_folded: email.clone(),
        password_hash: "another".to_owned(),
        member_id: member_id(77),
        studio_id: studio_id(1),
        role: Role::Manager,
        name: "Member 2".to_owned(),
        email,
    };
    assert_eq!(directory.add_membership(new, NOW).await.expect("asked"), Some(member_id(2)));
    assert_eq!(role_of(&directory, 2).await, Some(Role::Manager));
    assert!(!is_live(&directory, 2).await, "a session that was ended does not come back");
}

async fn acts_are_carried_over_once_and_in_order(db: TestDatabase) {
    let tenant = db.studio(1).await;
    let directory = team(&db, &[Role::Owner, Role::Admin, Role::Sales]).await;
    let change = async |n, to| directory.change_role(actor(1), member_id(n), to, NOW).await.expect("changed");
    change(3, Role::Manager).await;
    change(3, Role::Admin).await;
    let waiting = directory.list_acts(studio_id(1)).await.expect("listed");
    assert_eq!(waiting.len(), 5);
    // Somebody else was slower, and comes with the first of them when all are done.
    let first = waiting[3].clone();
    assert!(matches!(first.effect, Effect::Role { role: Role::Manager, .. }));
    let settled = join_all((0..4).map(|_| settle(&db.database, studio_id(1), NOW))).await;
    assert!(settled.iter().all(Result::is_ok), "{settled:?}");
    let seq = tenant.seq().await.expect("number");
    tenant.carry_over(first, NOW).await.expect("nothing to do");
    assert_eq!(tenant.seq().await.expect("number"), seq);
    let member = tenant.find_member(member_id(3)).await.expect("asked").expect("there");
    assert_eq!((member.role, member.name.as_str()), (Role::Admin, "Member 3"));
    assert_eq!(tenant.count_audit().await.expect("count"), 5);
    assert_eq!(acts(&directory).await, 0);
}

async fn acts_that_were_cut_short_are_carried_over_by_the_job(db: TestDatabase) {
    let tenant = db.studio(1).await;
    team(&db, &[Role::Owner, Role::Sales]).await;
    assert_eq!(tenant.find_member(member_id(2)).await.expect("asked").map(|m| m.name == "Member 2"), Some(false));
    assert_eq!(settle_all(&db.database, NOW).await.expect("settled"), 1);
    assert_eq!(tenant.find_member(member_id(2)).await.expect("asked").map(|m| m.name == "Member 2"), Some(true));
    assert_eq!(settle_all(&db.database, NOW).await.expect("settled"), 0);
}

/// A studio whose seller, of number 2, is removed.
async fn without_seller(db: &TestDatabase, leads: u64) -> Tenant {
    let tenant = db.studio(1).await;
    let directory = team(db, &[Role::Owner, Role::Sales]).await;
    assert_eq!((member_id(1), member_id(2)), (owner_id(), sales_id()));
    settle(&db.database, studio_id(1), NOW).await.expect("settled");
    let rows = (0..leads).flat_map(|n| lead_rows(n, 2)).map(|row| match row {
        Row::Conversation(mut conversation) => {
            // Of leads that are not theirs, too.
            conversation.assignee_id = Some(sales_id());
            Row::Conversation(conversation)
        }
        row => row,
    });
    tenant.import(rows.collect::<Vec<_>>().into_iter()).await.expect("imported");
    directory.remove_member(actor(1), sales_id(), NOW).await.expect("removed");
    tenant
}

async fn a_removed_members_leads_come_into_the_pool(db: TestDatabase) {
    // More than one transaction's worth are theirs.
    let tenant = without_seller(&db, 330).await;
    let opening = |sight| tenant.open_feed(sight);
    let before = (opening(Sight::All).await.expect("opened").totals, opening(own()).await.expect("opened").totals);
    let seq = tenant.seq().await.expect("number");
    settle(&db.database, studio_id(1), NOW.plus_ms(5)).await.expect("settled");

    let lead = tenant.patch_lead(lead_id(2), domain::LeadPatch::default(), owner(), NOW).await;
    assert_eq!(lead.expect("there").owner_id, None);
    let told = tenant.delta_page(Sight::All, Billing::Withheld, seq).await.expect("asked").expect("a page");
    let told = changes(&told.lines);
    let owners: Vec<_> = told
        .iter()
        .filter_map(|change| match change {
            Change::Upsert(Row::Lead(lead)) => Some(lead.owner_id),
            _ => None,
        })
        .collect();
    assert_eq!(owners, vec![None; 110], "each of their leads is told, and no other");
    let assigned = told.iter().filter(
        |change| matches!(change, Change::Upsert(Row::Conversation(conversation)) if conversation.assignee_id.is_some()),
    );
    assert_eq!(assigned.count(), 0);
    assert!(told.contains(&Change::Upsert(Row::Member(Member {
        id: sales_id(),
        name: "Member 2".to_owned(),
        email: String::new(),
        role: Role::Sales,
        is_former: true,
    }))));
    assert!(!told.iter().any(|change| matches!(change, Change::Delete(RowId::Member(_)))));
    // The pool grew by as much as they had; nothing came or went.
    let after = (opening(Sight::All).await.expect("opened").totals, opening(own()).await.expect("opened").totals);
    assert_eq!((after.0, after.1), before);

    let seq = tenant.seq().await.expect("number");
    tenant.release_leads(sales_id(), NOW).await.expect("nothing is left");
    assert_eq!(tenant.seq().await.expect("number"), seq);
}

async fn what_a_former_member_did_keeps_their_name(db: TestDatabase) {
    let tenant = without_seller(&db, 3).await;
    let patch = domain::LeadPatch { stage_id: Some(stage_id(1)), ..domain::LeadPatch::default() };
    tenant
        .patch_lead(lead_id(0), patch, Editor { member_id: sales_id(), ..owner() }, NOW)
        .await
        .expect("their last move");
    settle(&db.database, studio_id(1), NOW).await.expect("settled");
    let page = tenant.delta_page(Sight::All, Billing::Withheld, 0).await.expect("asked").expect("a page");
    let by = changes(&page.lines)
        .into_iter()
        .any(|change| matches!(change, Change::Upsert(Row::StageEvent(event)) if event.member_id == Some(sales_id())));
    assert!(by, "the move is still theirs");
    assert_eq!(tenant.list_members().await.expect("listed").len(), 1);
    let patch = domain::LeadPatch { owner_id: Some(Some(sales_id())), ..domain::LeadPatch::default() };
    let refused = tenant.patch_lead(lead_id(0), patch, owner(), NOW).await;
    assert!(matches!(refused, Err(WriteError::Invalid { field: "owner_id", .. })), "{refused:?}");
}
