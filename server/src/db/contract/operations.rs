//! What is done on devices: once, in whatever order and however often it arrives.

use domain::{
    Edited, FieldEdit, FieldOutcome, FieldResult, FieldValue, LeadEdit, LeadEditRecord, LeadField, LeadPatch,
    LeadState, OperationId, StageId, UnixMs,
};
use futures_util::future::join_all;
use wire::changes::{Change, Row};
use wire::operation::{Act, Done, EditLead, Operation, OperationOutcome, RefusalReason, Refused};

use super::{
    NOW, TestDatabase, changes, device_id, lead, lead_id, lead_rows, on_both, owner, owner_id, sales_id, seller,
    stage_id, upserts, uuid,
};
use crate::db::{Billing, Editor, Key, Sight, Tenant};

on_both!(
    an_operation_is_done_once_however_often_it_comes,
    of_many_copies_at_once_one_is_done,
    the_id_of_another_act_is_refused_and_nothing_happens,
    two_editors_of_different_fields_both_have_their_way_and_of_the_same_field_the_first,
    of_two_moves_the_later_one_stands_and_both_are_told,
    what_is_refused_is_not_kept,
    a_clock_that_is_ahead_wins_nothing,
    a_delete_is_undone_only_by_who_saw_it_and_may,
    the_history_keeps_both_sides_of_a_conflict,
    an_id_that_an_edit_has_is_no_operations,
    a_studios_operations_are_its_own,
);

async fn studio(db: &TestDatabase) -> Tenant {
    let tenant = db.studio(1).await;
    let rows: Vec<_> = (0..3).flat_map(|n| lead_rows(n, 0)).collect();
    tenant.import(rows.into_iter()).await.expect("imported");
    tenant
}

fn operation(n: u64, at: UnixMs, edit: LeadEdit) -> Operation {
    let act = Act::EditLead(Box::new(EditLead { lead_id: lead_id(0), edit }));
    Operation { id: OperationId::from_uuid(uuid(40, n)), at, act }
}

fn notes(to: &str) -> LeadEdit {
    let edited = Edited { from: lead(0).notes, to: to.to_owned() };
    LeadEdit { notes: Some(edited), ..LeadEdit::default() }
}

fn moved(from: StageId, to: StageId) -> LeadEdit {
    LeadEdit { stage_id: Some(Edited { from, to }), ..LeadEdit::default() }
}

fn done(is_repeated: bool, field: LeadField, outcome: FieldOutcome) -> OperationOutcome {
    OperationOutcome::Done(Done { is_repeated, fields: vec![FieldResult { field, outcome }] })
}

fn refused(reason: RefusalReason, field: Option<&str>) -> OperationOutcome {
    OperationOutcome::Refused(Refused { reason, field: field.map(str::to_owned) })
}

async fn carry_out(tenant: &Tenant, operation: &Operation) -> OperationOutcome {
    tenant.carry_out(operation.clone(), owner(), NOW).await.expect("the database answers")
}

async fn since(tenant: &Tenant, after: i64) -> Vec<Row> {
    let page = tenant.delta_page(Sight::All, Billing::Withheld, after).await.expect("read").expect("a page");
    let upserts = changes(&page.lines).into_iter().map(|change| match change {
        Change::Upsert(row) => row,
        other => panic!("{other:?}"),
    });
    upserts.collect()
}

async fn seq(tenant: &Tenant) -> i64 {
    tenant.seq().await.expect("number")
}

async fn an_operation_is_done_once_however_often_it_comes(db: TestDatabase) {
    let tenant = studio(&db).await;
    let first = operation(1, NOW, notes("mine"));
    assert_eq!(carry_out(&tenant, &first).await, done(false, LeadField::Notes, FieldOutcome::Applied));
    // A colleague writes over it; the copy that comes late does not bring it back.
    let over = LeadPatch { notes: Some("theirs".to_owned()), ..LeadPatch::default() };
    tenant.patch_lead(lead_id(0), over, owner(), NOW).await.expect("changed");
    let before = seq(&tenant).await;
    assert_eq!(carry_out(&tenant, &first).await, done(true, LeadField::Notes, FieldOutcome::Applied));
    assert_eq!(seq(&tenant).await, before, "nothing was written");
    let again = operation(2, NOW, notes("mine"));
    assert_eq!(carry_out(&tenant, &again).await, done(false, LeadField::Notes, FieldOutcome::Conflict), "the control");
}

async fn of_many_copies_at_once_one_is_done(db: TestDatabase) {
    let tenant = studio(&db).await;
    let before = seq(&tenant).await;
    let edit = operation(1, NOW, moved(lead(0).stage_id, stage_id(2)));
    let outcomes = join_all((0..16).map(|_| carry_out(&tenant, &edit))).await;
    let (first, repeated): (Vec<_>, Vec<_>) = outcomes
        .into_iter()
        .partition(|outcome| matches!(outcome, OperationOutcome::Done(Done { is_repeated: false, .. })));
    assert_eq!((first.len(), repeated.len()), (1, 15));
    assert!(repeated.iter().all(|outcome| *outcome == done(true, LeadField::StageId, FieldOutcome::Applied)));
    assert_eq!(since(&tenant, before).await.len(), 3, "one lead, one move, and one edit");
}

async fn the_id_of_another_act_is_refused_and_nothing_happens(db: TestDatabase) {
    let tenant = studio(&db).await;
    carry_out(&tenant, &operation(1, NOW, notes("mine"))).await;
    let before = seq(&tenant).await;
    for other in [operation(1, NOW, notes("other")), operation(1, NOW.plus_ms(-1), notes("mine"))] {
        assert_eq!(carry_out(&tenant, &other).await, refused(RefusalReason::OtherAct, None));
    }
    let somebody = Editor { member_id: sales_id(), ..owner() };
    let theirs = tenant.carry_out(operation(1, NOW, notes("mine")), somebody, NOW).await.expect("answered");
    assert_eq!(theirs, refused(RefusalReason::OtherAct, None), "what it came to is for who did it");
    let elsewhere = Editor { device_id: device_id(2), ..owner() };
    let theirs = tenant.carry_out(operation(1, NOW, notes("mine")), elsewhere, NOW).await.expect("answered");
    assert_eq!(theirs, done(true, LeadField::Notes, FieldOutcome::Applied), "on whichever of their devices");
    assert_eq!(seq(&tenant).await, before);
}

async fn two_editors_of_different_fields_both_have_their_way_and_of_the_same_field_the_first(db: TestDatabase) {
    let tenant = studio(&db).await;
    let before = seq(&tenant).await;
    let tags = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
    let added = [&lead(0).tags[..], &tags(&["vip"])].concat();
    let one = LeadEdit {
        name: Some(Edited { from: lead(0).name, to: "Nora".to_owned() }),
        tags: Some(Edited { from: lead(0).tags, to: added.clone() }),
        ..LeadEdit::default()
    };
    let two = LeadEdit {
        name: Some(Edited { from: lead(0).name, to: "Norah".to_owned() }),
        tags: Some(Edited { from: lead(0).tags, to: tags(&["cold"]) }),
        ..notes("rang twice")
    };
    carry_out(&tenant, &operation(1, NOW, one)).await;
    let outcome = carry_out(&tenant, &operation(2, NOW, two)).await;
    let expected = [
        (LeadField::Name, FieldOutcome::Conflict),
        (LeadField::Tags, FieldOutcome::Merged),
        (LeadField::Notes, FieldOutcome::Applied),
    ];
    let fields = expected.map(|(field, outcome)| FieldResult { field, outcome }).to_vec();
    assert_eq!(outcome, OperationOutcome::Done(Done { is_repeated: false, fields }));
    match since(&tenant, before).await.as_slice() {
        [Row::Lead(lead), Row::LeadEdit(_), Row::LeadEdit(_)] => assert_eq!(
            (lead.name.as_str(), lead.notes.as_str(), &lead.tags),
            ("Nora", "rang twice", &tags(&["vip", "cold"])),
        ),
        other => panic!("{other:?}"),
    }
}

async fn of_two_moves_the_later_one_stands_and_both_are_told(db: TestDatabase) {
    let tenant = studio(&db).await;
    let from = lead(0).stage_id;
    let others: Vec<_> = (0..3).map(stage_id).filter(|stage| *stage != from).collect();
    let before = seq(&tenant).await;
    let later = operation(1, NOW.plus_ms(-1_000), moved(from, others[0]));
    assert_eq!(carry_out(&tenant, &later).await, done(false, LeadField::StageId, FieldOutcome::Applied));
    let earlier = operation(2, NOW.plus_ms(-9_000), moved(from, others[1]));
    assert_eq!(carry_out(&tenant, &earlier).await, done(false, LeadField::StageId, FieldOutcome::Superseded));
    let (mut stands, mut moves, mut edits) = (None, Vec::new(), Vec::new());
    for row in since(&tenant, before).await {
        match row {
            Row::Lead(lead) => stands = Some(lead.stage_id),
            Row::StageEvent(event) => moves.push((event.at, event.from_stage_id, event.to_stage_id)),
            Row::LeadEdit(edit) => edits.push((edit.at, edit.changes[0].outcome)),
            other => panic!("{other:?}"),
        }
    }
    moves.sort();
    assert_eq!(stands, Some(others[0]));
    let expected = [(-9_000, others[1]), (-1_000, others[0])].map(|(ms, to)| (NOW.plus_ms(ms), Some(from), to));
    assert_eq!(moves, expected);
    edits.sort_by_key(|(at, _)| *at);
    let expected = [(-9_000, FieldOutcome::Superseded), (-1_000, FieldOutcome::Applied)];
    assert_eq!(edits, expected.map(|(ms, outcome)| (NOW.plus_ms(ms), outcome)));
    let unknown = operation(3, NOW.plus_ms(-9_000), moved(StageId::from_uuid(uuid(3, 99)), others[1]));
    assert_eq!(carry_out(&tenant, &unknown).await, refused(RefusalReason::Invalid, Some("stage_id")));
}

async fn what_is_refused_is_not_kept(db: TestDatabase) {
    let tenant = studio(&db).await;
    let before = seq(&tenant).await;
    let edit = operation(1, NOW, notes("mine"));
    let unassigned = tenant.carry_out(edit.clone(), seller(), NOW);
    assert_eq!(unassigned.await.expect("answered"), refused(RefusalReason::NotFound, None));
    let nobody = LeadEdit {
        owner_id: Some(Edited { from: lead(0).owner_id, to: Some(domain::MemberId::from_uuid(uuid(2, 99))) }),
        ..LeadEdit::default()
    };
    assert_eq!(carry_out(&tenant, &operation(2, NOW, nobody)).await, refused(RefusalReason::Invalid, Some("owner_id")));
    let crowd = (0..60).map(|n| n.to_string()).collect();
    let crowd = LeadEdit { tags: Some(Edited { from: lead(0).tags, to: crowd }), ..LeadEdit::default() };
    assert_eq!(carry_out(&tenant, &operation(3, NOW, crowd)).await, refused(RefusalReason::Invalid, Some("tags")));
    assert_eq!(seq(&tenant).await, before, "nothing of it happened");
    assert_eq!(carry_out(&tenant, &edit).await, done(false, LeadField::Notes, FieldOutcome::Applied), "by who may");
}

async fn a_clock_that_is_ahead_wins_nothing(db: TestDatabase) {
    let tenant = studio(&db).await;
    let from = lead(0).stage_id;
    let others: Vec<_> = (0..3).map(stage_id).filter(|stage| *stage != from).collect();
    let ahead = operation(1, NOW.plus_ms(86_400_000), moved(from, others[0]));
    assert_eq!(carry_out(&tenant, &ahead).await, done(false, LeadField::StageId, FieldOutcome::Applied));
    let honest = operation(2, NOW.plus_ms(5_000), moved(from, others[1]));
    let outcome = tenant.carry_out(honest, owner(), NOW.plus_ms(5_000)).await.expect("answered");
    assert_eq!(outcome, done(false, LeadField::StageId, FieldOutcome::Applied));
}

async fn a_delete_is_undone_only_by_who_saw_it_and_may(db: TestDatabase) {
    use LeadState::{Active, Archived, Deleted};
    let tenant = studio(&db).await;
    let to = |n, from, to| {
        let edit = LeadEdit { state: Some(Edited { from, to }), ..LeadEdit::default() };
        Operation {
            act: Act::EditLead(Box::new(EditLead { lead_id: lead_id(2), edit })),
            ..operation(n, NOW, LeadEdit::default())
        }
    };
    let state = |outcome| done(false, LeadField::State, outcome);
    let forbidden = refused(RefusalReason::Forbidden, None);
    for (n, from, wanted, by, expected) in [
        (1, Active, Deleted, seller(), forbidden.clone()),
        (2, Active, Archived, seller(), state(FieldOutcome::Applied)),
        (3, Active, Deleted, owner(), state(FieldOutcome::Applied)),
        (4, Archived, Active, seller(), state(FieldOutcome::Superseded)),
        (5, Deleted, Active, seller(), forbidden),
        (6, Deleted, Active, owner(), state(FieldOutcome::Applied)),
        (7, Deleted, Archived, owner(), state(FieldOutcome::Applied)),
    ] {
        let outcome = tenant.carry_out(to(n, from, wanted), by, NOW).await.expect("answered");
        assert_eq!(outcome, expected, "{n}: {from:?} -> {wanted:?}");
    }
    let stands = tenant.patch_lead(lead_id(2), LeadPatch::default(), owner(), NOW).await.expect("there").state;
    assert_eq!(stands, Archived, "of the two who restored it, the one who keeps it further away");
}

async fn the_history_keeps_both_sides_of_a_conflict(db: TestDatabase) {
    let tenant = studio(&db).await;
    let before = seq(&tenant).await;
    for (n, text) in [(1, "mine"), (2, "theirs"), (3, "mine")] {
        carry_out(&tenant, &operation(n, NOW.plus_ms(-1_000), notes(text))).await;
    }
    let told = since(&tenant, before).await;
    let [Row::Lead(lead), Row::LeadEdit(first), Row::LeadEdit(second)] = &*told else { panic!("{told:?}") };
    assert_eq!(lead.notes, "mine");
    let text = |text: &str| FieldValue::Text(Some(text.to_owned()));
    for (n, edit, to, outcome) in
        [(1, first, "mine", FieldOutcome::Applied), (2, second, "theirs", FieldOutcome::Conflict)]
    {
        let changes = vec![FieldEdit { field: LeadField::Notes, from: text("line\nline"), to: text(to), outcome }];
        let (id, at) = (OperationId::from_uuid(uuid(40, n)), NOW.plus_ms(-1_000));
        assert!(*edit == LeadEditRecord { id, lead_id: lead_id(0), member_id: owner_id(), at, changes }, "{edit:?}");
    }
    // A snapshot tells them with the lead.
    let page = tenant.lead_page(Sight::All, Key::newest(), 9).await.expect("read");
    let edits = upserts(&page.lines).into_iter().filter(|row| matches!(row, Row::LeadEdit(_)));
    assert_eq!(edits.collect::<Vec<_>>(), told[1..]);
}

async fn an_id_that_an_edit_has_is_no_operations(db: TestDatabase) {
    let tenant = studio(&db).await;
    let before = seq(&tenant).await;
    let patch = LeadPatch { notes: Some("patched".to_owned()), ..LeadPatch::default() };
    tenant.patch_lead(lead_id(0), patch, owner(), NOW).await.expect("changed");
    let [_, Row::LeadEdit(edit)] = &*since(&tenant, before).await else { panic!("no edit") };
    let theirs = Operation { id: edit.id, ..operation(1, NOW, moved(lead(0).stage_id, stage_id(2))) };
    assert_eq!(carry_out(&tenant, &theirs).await, refused(RefusalReason::OtherAct, None));
    tenant.delete_lead(lead_id(0), Sight::All).await.expect("deleted");
    assert_eq!(carry_out(&tenant, &theirs).await, refused(RefusalReason::OtherAct, None), "it is told as gone");
}

async fn a_studios_operations_are_its_own(db: TestDatabase) {
    let tenant = studio(&db).await;
    carry_out(&tenant, &operation(1, NOW, notes("mine"))).await;
    let other = db.studio(2).await;
    let rows: Vec<_> = lead_rows(0, 0).into_iter().collect();
    other.import(rows.into_iter()).await.expect("imported");
    let outcome = carry_out(&other, &operation(1, NOW, notes("other"))).await;
    assert_eq!(outcome, done(false, LeadField::Notes, FieldOutcome::Applied), "the same id there is another act");
}
