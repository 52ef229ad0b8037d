//! Changing and deleting leads.

use domain::{FieldEdit, LeadPatch, LeadState, UnixMs};
use wire::changes::{Change, Row, RowId};

use super::{
    NOW, TestDatabase, changes, conversation_id, lead, lead_id, lead_rows, message_id, on_both, own, owner, owner_id,
    sales_id, seller, stage_id, upserts, uuid,
};
use crate::db::{Billing, Editor, Sight, Tenant, WriteError};

on_both!(
    a_lead_reads_back_as_written_whatever_is_in_it,
    a_patch_changes_what_it_names_and_nothing_else,
    a_patch_that_changes_nothing_writes_nothing,
    a_lead_out_of_sight_is_not_found,
    a_stage_or_an_owner_of_nobody_is_refused_and_nothing_happens,
    a_move_leaves_an_event,
    a_lead_handed_over_is_counted_for_its_new_owner_and_forgotten_by_the_old,
    a_lead_is_put_away_and_comes_back_by_whom_its_state_allows,
    a_deleted_lead_takes_all_of_its_own_with_it,
);

async fn with_leads(db: &TestDatabase, leads: u64, messages: u64) -> Tenant {
    let tenant = db.studio(1).await;
    let rows: Vec<_> = (0..leads).flat_map(|n| lead_rows(n, messages)).collect();
    tenant.import(rows.into_iter()).await.expect("imported");
    tenant
}

fn notes(text: &str) -> LeadPatch {
    LeadPatch { notes: Some(text.to_owned()), ..LeadPatch::default() }
}

async fn patch(tenant: &Tenant, n: u64, patch: LeadPatch, by: Editor) -> Result<domain::Lead, WriteError> {
    tenant.patch_lead(lead_id(n), patch, by, NOW).await
}

/// What was told after number `after`.
async fn since(tenant: &Tenant, sight: Sight, after: i64) -> Vec<Change> {
    let page = tenant.delta_page(sight, Billing::Withheld, after).await.expect("read").expect("a page");
    assert!(!page.more);
    changes(&page.lines)
}

async fn a_lead_reads_back_as_written_whatever_is_in_it(db: TestDatabase) {
    let tenant = with_leads(&db, 9, 0).await;
    let page = tenant.delta_page(Sight::All, Billing::Withheld, 0).await.expect("read").expect("a page");
    let told: Vec<_> = upserts(&page.lines).into_iter().filter(|row| matches!(row, Row::Lead(_))).collect();
    let written: Vec<_> = (0..9).map(|n| Row::Lead(Box::new(lead(n)))).collect();
    assert_eq!(told, written);
}

async fn a_patch_changes_what_it_names_and_nothing_else(db: TestDatabase) {
    let tenant = with_leads(&db, 1, 0).await;
    let before = tenant.seq().await.expect("number");
    let wanted = LeadPatch {
        email: Some(None),
        value_minor: Some(Some(-7)),
        tags: Some(vec!["é".to_owned(), String::new()]),
        ..notes("O'Neill \\ \"x\"")
    };
    let changed = patch(&tenant, 0, wanted, owner()).await.expect("changed");
    let expected = domain::Lead {
        email: None,
        value_minor: Some(-7),
        tags: vec!["é".to_owned(), String::new()],
        notes: "O'Neill \\ \"x\"".to_owned(),
        updated_at: NOW,
        last_activity_at: NOW,
        ..lead(0)
    };
    assert_eq!(changed, expected);
    let told = since(&tenant, Sight::All, before).await;
    let [Change::Upsert(Row::Lead(told)), Change::Upsert(Row::LeadEdit(edit))] = &*told else { panic!("{told:?}") };
    assert!(**told == expected, "{told:?}");
    assert_eq!((edit.lead_id, edit.member_id, edit.at), (lead_id(0), owner_id(), NOW));
    assert_eq!(edit.changes, FieldEdit::between(&lead(0), &expected));
    assert_eq!(edit.changes.len(), 4);
}

async fn a_patch_that_changes_nothing_writes_nothing(db: TestDatabase) {
    let tenant = with_leads(&db, 1, 0).await;
    let before = tenant.seq().await.expect("number");
    let unchanged = patch(&tenant, 0, notes("line\nline"), owner()).await.expect("accepted");
    assert_eq!((unchanged, tenant.seq().await.expect("number")), (lead(0), before));
}

async fn a_lead_out_of_sight_is_not_found(db: TestDatabase) {
    let tenant = with_leads(&db, 3, 0).await;
    let before = tenant.seq().await.expect("number");
    assert!(matches!(patch(&tenant, 0, notes("x"), seller()).await, Err(WriteError::NotFound)));
    assert!(matches!(tenant.delete_lead(lead_id(0), own()).await, Err(WriteError::NotFound)));
    assert!(matches!(patch(&tenant, 7, notes("x"), owner()).await, Err(WriteError::NotFound)));
    assert_eq!(tenant.seq().await.expect("number"), before);
    for n in [1, 2] {
        patch(&tenant, n, notes("x"), seller()).await.expect("nobody's and one's own are in sight");
    }
}

async fn a_stage_or_an_owner_of_nobody_is_refused_and_nothing_happens(db: TestDatabase) {
    let tenant = with_leads(&db, 1, 0).await;
    // It is there, but in the other studio.
    let other = db.studio(2).await;
    let stranger = domain::MemberId::from_uuid(uuid(2, 77));
    other.put_member(super::member(stranger, domain::Role::Owner)).await.expect("added");
    let before = tenant.seq().await.expect("number");
    for (wrong, field) in [
        (LeadPatch { stage_id: Some(stage_id(9)), ..notes("x") }, "stage_id"),
        (LeadPatch { owner_id: Some(Some(stranger)), ..notes("x") }, "owner_id"),
    ] {
        let refused = patch(&tenant, 0, wrong, owner()).await;
        assert!(matches!(refused, Err(WriteError::Invalid { field: f, .. }) if f == field), "{refused:?}");
    }
    assert_eq!(tenant.seq().await.expect("number"), before);
    assert_eq!(patch(&tenant, 0, LeadPatch::default(), owner()).await.expect("read"), lead(0));
}

async fn a_move_leaves_an_event(db: TestDatabase) {
    let tenant = with_leads(&db, 1, 0).await;
    let before = tenant.seq().await.expect("number");
    patch(&tenant, 0, LeadPatch { stage_id: Some(stage_id(1)), ..LeadPatch::default() }, owner()).await.expect("moved");
    let told = since(&tenant, Sight::All, before).await;
    let [Change::Upsert(Row::Lead(_)), Change::Upsert(Row::StageEvent(event)), Change::Upsert(Row::LeadEdit(_))] =
        &*told
    else {
        panic!("{told:?}")
    };
    let (from, to) = (event.from_stage_id, event.to_stage_id);
    assert_eq!((from, to, event.member_id, event.at), (Some(stage_id(0)), stage_id(1), Some(owner_id()), NOW));
}

async fn a_lead_handed_over_is_counted_for_its_new_owner_and_forgotten_by_the_old(db: TestDatabase) {
    let tenant = with_leads(&db, 3, 2).await;
    let totals = |sight| {
        let tenant = tenant.clone();
        async move { tenant.open_feed(sight).await.expect("read").totals }
    };
    let count =
        |totals: wire::changes::Totals| (totals.leads, totals.conversations, totals.messages, totals.stage_events);
    assert_eq!(count(totals(Sight::All).await), (3, 3, 6, 3));
    assert_eq!(count(totals(own()).await), (2, 2, 4, 2));
    let before = tenant.seq().await.expect("number");
    let hand_over = LeadPatch { owner_id: Some(Some(owner_id())), ..LeadPatch::default() };
    patch(&tenant, 2, hand_over, owner()).await.expect("handed over");
    assert_eq!(count(totals(own()).await), (1, 1, 2, 1));
    assert_eq!(count(totals(Sight::All).await), (3, 3, 6, 3));

    let forgotten = since(&tenant, own(), before).await;
    assert!(forgotten.iter().all(|change| matches!(change, Change::Forget(_))), "{forgotten:?}");
    assert_eq!(forgotten.len(), 1 + 1 + 1 + 1 + 2);
    let told = since(&tenant, Sight::All, before).await;
    assert!(told.iter().all(|change| matches!(change, Change::Upsert(_))) && told.len() == 6, "the control: {told:?}");
    let back = LeadPatch { owner_id: Some(Some(sales_id())), ..LeadPatch::default() };
    patch(&tenant, 2, back, owner()).await.expect("handed back");
    assert_eq!(count(totals(own()).await), (2, 2, 4, 2));
}

async fn a_lead_is_put_away_and_comes_back_by_whom_its_state_allows(db: TestDatabase) {
    use LeadState::{Active, Archived, Deleted};
    let tenant = with_leads(&db, 3, 1).await;
    let before = tenant.open_feed(Sight::All).await.expect("read").totals;
    let to = |state| LeadPatch { state: Some(state), ..LeadPatch::default() };
    for (state, by, is_allowed) in [
        (Archived, seller(), true),
        (Deleted, seller(), false),
        (Active, seller(), true),
        (Deleted, owner(), true),
        (Active, seller(), false),
        (Archived, seller(), false),
        (Active, owner(), true),
    ] {
        let (was, seq) = (patch(&tenant, 2, LeadPatch::default(), owner()).await.expect("there"), tenant.seq().await);
        let changed = patch(&tenant, 2, to(state), by).await;
        if is_allowed {
            let expected = domain::Lead { state, updated_at: NOW, last_activity_at: NOW, ..was };
            assert_eq!(changed.expect("changed"), expected);
            let told = since(&tenant, own(), seq.expect("number")).await;
            let [Change::Upsert(Row::Lead(lead)), Change::Upsert(Row::LeadEdit(_))] = &*told else {
                panic!("{told:?}")
            };
            assert!(**lead == expected, "who deleted it can restore it");
        } else {
            assert!(matches!(changed, Err(WriteError::Forbidden)), "{changed:?}");
            assert_eq!(patch(&tenant, 2, LeadPatch::default(), owner()).await.expect("there"), was);
        }
    }
    // The rest of a deleted lead is anybody's who sees it.
    patch(&tenant, 2, to(Deleted), owner()).await.expect("deleted");
    let noted = patch(&tenant, 2, notes("rang"), seller()).await.expect("noted");
    assert_eq!((noted.state, noted.notes.as_str()), (Deleted, "rang"));
    let seen_as_it_is = patch(&tenant, 2, to(Deleted), seller()).await.expect("nothing changes");
    assert_eq!(seen_as_it_is, noted);
    assert_eq!(tenant.open_feed(Sight::All).await.expect("read").totals, before, "it counts until it is purged");
}

async fn a_deleted_lead_takes_all_of_its_own_with_it(db: TestDatabase) {
    let tenant = with_leads(&db, 3, 2).await;
    let edited = tenant.seq().await.expect("number");
    patch(&tenant, 1, notes("rang"), owner()).await.expect("changed");
    let [_, Change::Upsert(Row::LeadEdit(edit))] = &*since(&tenant, Sight::All, edited).await else {
        panic!("no edit")
    };
    let before = tenant.seq().await.expect("number");
    tenant.delete_lead(lead_id(1), own()).await.expect("deleted");
    let told = since(&tenant, Sight::All, before).await;
    let gone: Vec<_> = [
        RowId::Message(message_id(1_000)),
        RowId::Message(message_id(1_001)),
        RowId::Conversation(conversation_id(1)),
        RowId::StageEvent(domain::StageEventId::from_uuid(uuid(7, 1))),
        RowId::LeadEdit(edit.id),
        RowId::Lead(lead_id(1)),
    ]
    .into_iter()
    .map(Change::Delete)
    .collect();
    assert_eq!(told.len(), gone.len());
    assert!(gone.iter().all(|change| told.contains(change)), "{told:?}");
    assert!(matches!(tenant.delete_lead(lead_id(1), Sight::All).await, Err(WriteError::NotFound)));
    let left = tenant.open_feed(Sight::All).await.expect("read").totals;
    assert_eq!((left.leads, left.messages), (2, 4));
    let late = UnixMs(NOW.0 + 1);
    let again = tenant.patch_lead(lead_id(1), notes("x"), owner(), late).await;
    assert!(matches!(again, Err(WriteError::NotFound)));
}
