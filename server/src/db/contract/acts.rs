//! What is done on devices besides edits: leads that are added or turn out to be one, answers.

use domain::{
    Channel, Conversation, DeliveryStatus, Direction, FieldEdit, Lead, LeadPatch, LeadState, MemberId, NewLead,
    OperationId, Source, StageId, UnixMs,
};
use wire::changes::{Change, Row, RowId, Totals};
use wire::operation::{Act, CreateLead, Done, MergeLeads, Operation, OperationOutcome, RefusalReason, Refused, Reply};

use super::{
    NOW, TestDatabase, changes, conversation_id, lead_id, lead_rows, message_id, on_both, own, owner, owner_id,
    sales_id, seller, stage_id, uuid,
};
use crate::db::{Billing, Editor, Sight, Tenant};

on_both!(
    a_lead_that_was_added_is_told_with_the_stage_it_came_into,
    an_id_that_is_or_was_anothers_is_taken,
    sales_add_leads_for_themselves_and_for_the_pool,
    a_stage_or_an_owner_of_nobody_is_refused_to_a_new_lead,
    an_answer_is_queued_and_shown_by_its_conversation,
    what_cant_be_answered_is_refused,
    what_hangs_on_a_duplicate_comes_to_the_lead,
    of_a_merge_everybody_is_told_what_they_see,
    what_cant_be_merged_is_refused_and_nothing_happens,
);

/// Three leads, the second nobody's and the third the seller's, each with two messages.
async fn studio(db: &TestDatabase) -> Tenant {
    let tenant = db.studio(1).await;
    let rows: Vec<_> = (0..3).flat_map(|n| lead_rows(n, 2)).collect();
    tenant.import(rows.into_iter()).await.expect("imported");
    tenant
}

async fn carry_out(tenant: &Tenant, n: u64, act: Act, by: Editor) -> OperationOutcome {
    let operation = Operation { id: OperationId::from_uuid(uuid(40, n)), at: NOW.plus_ms(-60_000), act };
    tenant.carry_out(operation, by, NOW).await.expect("the database answers")
}

fn done(is_repeated: bool) -> OperationOutcome {
    OperationOutcome::Done(Done { is_repeated, fields: Vec::new() })
}

fn refused(reason: RefusalReason, field: Option<&str>) -> OperationOutcome {
    OperationOutcome::Refused(Refused { reason, field: field.map(str::to_owned) })
}

fn new_lead(owner_id: Option<MemberId>) -> NewLead {
    NewLead {
        name: "Nora".to_owned(),
        email: Some("nora@mail.example".to_owned()),
        phone: None,
        stage_id: stage_id(1),
        owner_id,
        source: Source::Referral,
        tags: vec!["vip".to_owned()],
        notes: "rang".to_owned(),
        value_minor: Some(5),
        custom: domain::CustomValues::new(),
        first_touch: domain::Touch { referred_by: Some("Ada".to_owned()), ..domain::Touch::default() },
    }
}

fn create(n: u64, lead: NewLead) -> Act {
    Act::CreateLead(Box::new(CreateLead { lead_id: lead_id(n), lead }))
}

fn reply(message: u64, conversation: u64, body: &str) -> Act {
    let (message_id, conversation_id) = (message_id(message), conversation_id(conversation));
    Act::Reply(Reply { message_id, conversation_id, body: body.to_owned() })
}

fn merge(lead: u64, duplicate: u64) -> Act {
    Act::MergeLeads(MergeLeads { lead_id: lead_id(lead), duplicate_id: lead_id(duplicate) })
}

async fn since(tenant: &Tenant, sight: Sight, after: i64) -> Vec<Change> {
    let page = tenant.delta_page(sight, Billing::Withheld, after).await.expect("read").expect("a page");
    assert!(!page.more);
    changes(&page.lines)
}

async fn seq(tenant: &Tenant) -> i64 {
    tenant.seq().await.expect("number")
}

async fn totals(tenant: &Tenant, sight: Sight) -> Totals {
    tenant.open_feed(sight).await.expect("read").totals
}

async fn get(tenant: &Tenant, n: u64) -> Lead {
    tenant.patch_lead(lead_id(n), LeadPatch::default(), owner(), NOW).await.expect("there")
}

async fn a_lead_that_was_added_is_told_with_the_stage_it_came_into(db: TestDatabase) {
    let tenant = studio(&db).await;
    let (before, counted) = (seq(&tenant).await, totals(&tenant, own()).await);
    assert_eq!(carry_out(&tenant, 1, create(50, new_lead(Some(sales_id()))), owner()).await, done(false));
    let told = since(&tenant, own(), before).await;
    let [Change::Upsert(Row::Lead(lead)), Change::Upsert(Row::StageEvent(event))] = &*told else { panic!("{told:?}") };
    let at = NOW.plus_ms(-60_000);
    assert!(**lead == new_lead(Some(sales_id())).into_lead(lead_id(50), at), "as it was added, and then");
    assert_eq!((lead.state, lead.last_activity_at), (LeadState::Active, at));
    assert_eq!((event.lead_id, event.from_stage_id, event.to_stage_id), (lead.id, None, stage_id(1)));
    assert_eq!((event.member_id, event.at), (Some(owner_id()), at));
    let expected = Totals { leads: counted.leads + 1, stage_events: counted.stage_events + 1, ..counted };
    assert_eq!(totals(&tenant, own()).await, expected);
}

async fn an_id_that_is_or_was_anothers_is_taken(db: TestDatabase) {
    let tenant = studio(&db).await;
    carry_out(&tenant, 1, create(50, new_lead(None)), owner()).await;
    let before = seq(&tenant).await;
    assert_eq!(carry_out(&tenant, 1, create(50, new_lead(None)), owner()).await, done(true), "the same again");
    let taken = refused(RefusalReason::Taken, None);
    assert_eq!(carry_out(&tenant, 2, create(50, new_lead(None)), owner()).await, taken);
    assert_eq!(carry_out(&tenant, 3, create(0, new_lead(None)), seller()).await, taken, "out of sight, too");
    assert_eq!(seq(&tenant).await, before);
    tenant.delete_lead(lead_id(50), Sight::All).await.expect("deleted");
    assert_eq!(carry_out(&tenant, 4, create(50, new_lead(None)), owner()).await, taken, "it is told as gone");
    assert_eq!(carry_out(&tenant, 1, create(50, new_lead(None)), owner()).await, done(true), "it was done then");
}

async fn sales_add_leads_for_themselves_and_for_the_pool(db: TestDatabase) {
    let tenant = studio(&db).await;
    let before = seq(&tenant).await;
    let forbidden = refused(RefusalReason::Forbidden, None);
    assert_eq!(carry_out(&tenant, 1, create(50, new_lead(Some(owner_id()))), seller()).await, forbidden);
    assert_eq!(seq(&tenant).await, before);
    assert_eq!(carry_out(&tenant, 2, create(50, new_lead(Some(sales_id()))), seller()).await, done(false));
    assert_eq!(carry_out(&tenant, 3, create(51, new_lead(None)), seller()).await, done(false));
    assert_eq!(
        carry_out(&tenant, 4, create(52, new_lead(Some(owner_id()))), owner()).await,
        done(false),
        "the control"
    );
}

async fn a_stage_or_an_owner_of_nobody_is_refused_to_a_new_lead(db: TestDatabase) {
    let tenant = studio(&db).await;
    let before = seq(&tenant).await;
    let nobody = Some(MemberId::from_uuid(uuid(2, 99)));
    let nowhere = NewLead { stage_id: StageId::from_uuid(uuid(3, 99)), ..new_lead(None) };
    for (n, lead, field) in [(1, new_lead(nobody), "owner_id"), (2, nowhere, "stage_id")] {
        let expected = refused(RefusalReason::Invalid, Some(field));
        assert_eq!(carry_out(&tenant, n, create(50, lead), owner()).await, expected);
    }
    assert_eq!(seq(&tenant).await, before);
}

async fn an_answer_is_queued_and_shown_by_its_conversation(db: TestDatabase) {
    let tenant = studio(&db).await;
    let (before, counted) = (seq(&tenant).await, totals(&tenant, own()).await);
    let long = "é".repeat(300);
    assert_eq!(carry_out(&tenant, 1, reply(50, 2, &long), seller()).await, done(false));
    let told = since(&tenant, own(), before).await;
    let [
        Change::Upsert(Row::Lead(lead)),
        Change::Upsert(Row::Conversation(conversation)),
        Change::Upsert(Row::Message(message)),
    ] = &*told
    else {
        panic!("{told:?}")
    };
    assert_eq!((lead.id, lead.last_activity_at), (lead_id(2), NOW));
    assert_eq!((conversation.unread_count, conversation.preview_direction), (0, Direction::Outbound));
    assert_eq!((conversation.preview.as_str(), conversation.last_message_at), (&*"é".repeat(160), NOW));
    assert_eq!((message.id, message.lead_id, message.body.as_str()), (message_id(50), lead_id(2), &*long));
    assert_eq!((message.author_id, message.status), (Some(sales_id()), DeliveryStatus::Queued));
    assert_eq!((message.direction, message.sent_at), (Direction::Outbound, NOW), "by the server's clock");
    let expected = Totals { messages: counted.messages + 1, ..counted };
    assert_eq!(totals(&tenant, own()).await, expected);
    let before = seq(&tenant).await;
    assert_eq!(carry_out(&tenant, 1, reply(50, 2, &long), seller()).await, done(true));
    assert_eq!(seq(&tenant).await, before);
}

async fn what_cant_be_answered_is_refused(db: TestDatabase) {
    let tenant = studio(&db).await;
    let notes = lead_rows(3, 1).into_iter().map(|row| match row {
        Row::Conversation(of) => Row::Conversation(Conversation { channel: Channel::CallNote, ..of }),
        row => row,
    });
    tenant.import(notes.collect::<Vec<_>>().into_iter()).await.expect("imported");
    let put_away = |state| LeadPatch { state: Some(state), ..LeadPatch::default() };
    tenant.patch_lead(lead_id(1), put_away(LeadState::Deleted), owner(), NOW).await.expect("deleted");
    let before = seq(&tenant).await;
    let invalid = refused(RefusalReason::Invalid, Some("conversation_id"));
    for (n, act, by, expected) in [
        (1, reply(50, 0, "x"), seller(), refused(RefusalReason::NotFound, None)),
        (2, reply(50, 9, "x"), owner(), refused(RefusalReason::NotFound, None)),
        (3, reply(50, 1, "x"), owner(), refused(RefusalReason::LeadDeleted, None)),
        (4, reply(50, 3, "x"), owner(), invalid),
        (5, reply(0, 0, "x"), owner(), refused(RefusalReason::Taken, None)),
    ] {
        assert_eq!(carry_out(&tenant, n, act, by).await, expected, "{n}");
    }
    assert_eq!(seq(&tenant).await, before);
    tenant.patch_lead(lead_id(1), put_away(LeadState::Archived), owner(), NOW).await.expect("restored");
    assert_eq!(carry_out(&tenant, 3, reply(50, 1, "x"), owner()).await, done(false), "the same, when it is back");
    tenant.delete_lead(lead_id(1), Sight::All).await.expect("deleted");
    assert_eq!(carry_out(&tenant, 6, reply(50, 0, "x"), owner()).await, refused(RefusalReason::Taken, None));
}

async fn what_hangs_on_a_duplicate_comes_to_the_lead(db: TestDatabase) {
    let tenant = studio(&db).await;
    let own_notes = LeadPatch { notes: Some("hers".to_owned()), ..LeadPatch::default() };
    tenant.patch_lead(lead_id(2), own_notes, owner(), NOW).await.expect("changed");
    let rang = LeadPatch { notes: Some("line\nline\n".to_owned()), ..LeadPatch::default() };
    tenant.patch_lead(lead_id(1), rang, owner(), NOW).await.expect("changed");
    let (kept, duplicate) = (get(&tenant, 2).await, get(&tenant, 1).await);
    let (before, counted) = (seq(&tenant).await, totals(&tenant, Sight::All).await);
    assert_eq!(carry_out(&tenant, 1, merge(2, 1), owner()).await, done(false));
    let told = since(&tenant, Sight::All, before).await;
    assert_eq!(told.len(), 2 + 1 + 1 + 1 + 2 + 2, "both leads, what moved, and an edit of each");
    let mut edits = Vec::new();
    for change in &told {
        let of = match change {
            Change::Upsert(Row::Lead(_)) => continue,
            Change::Upsert(Row::LeadEdit(edit)) => {
                edits.push(edit);
                continue;
            }
            Change::Upsert(Row::Conversation(conversation)) => conversation.lead_id,
            Change::Upsert(Row::Message(message)) => message.lead_id,
            Change::Upsert(Row::StageEvent(event)) => event.lead_id,
            other => panic!("{other:?}"),
        };
        assert_eq!(of, lead_id(2), "{change:?}");
    }
    // One that moved, and those of the merge.
    assert_eq!(edits.iter().map(|edit| edit.lead_id).collect::<Vec<_>>(), [lead_id(2), lead_id(2), lead_id(1)]);
    let state = FieldEdit::between(&duplicate, &Lead { state: LeadState::Deleted, ..duplicate.clone() });
    assert_eq!((edits[1].id, &edits[2].changes), (OperationId::from_uuid(uuid(40, 1)), &state));
    let (united, gone) = (get(&tenant, 2).await, get(&tenant, 1).await);
    let expected =
        Lead { updated_at: NOW, last_activity_at: NOW, ..kept.united_with(&duplicate).expect("there is room") };
    assert!(united == expected, "{united:?}");
    assert_eq!((&*united.notes, &united.phone), ("hers\n\nline\nline\n", &duplicate.phone));
    assert!(gone == Lead { state: LeadState::Deleted, updated_at: NOW, last_activity_at: NOW, ..duplicate });
    assert_eq!(totals(&tenant, Sight::All).await, counted, "nothing came or went");
    let before = seq(&tenant).await;
    assert_eq!(carry_out(&tenant, 1, merge(2, 1), owner()).await, done(true));
    assert_eq!(seq(&tenant).await, before);
    // What moved goes with the lead, and nothing of it stays with the duplicate.
    tenant.delete_lead(lead_id(1), Sight::All).await.expect("deleted");
    let gone = [RowId::LeadEdit(edits[2].id), RowId::Lead(lead_id(1))].map(Change::Delete);
    assert_eq!(since(&tenant, Sight::All, before).await, gone);
    tenant.delete_lead(lead_id(2), Sight::All).await.expect("deleted");
    assert_eq!(totals(&tenant, Sight::All).await, Totals { leads: 1, conversations: 1, messages: 2, stage_events: 1 });
}

async fn of_a_merge_everybody_is_told_what_they_see(db: TestDatabase) {
    let tenant = studio(&db).await;
    let (before, counted) = (seq(&tenant).await, totals(&tenant, own()).await);
    // From the seller's to the owner's.
    assert_eq!(carry_out(&tenant, 1, merge(0, 2), owner()).await, done(false));
    let told = since(&tenant, own(), before).await;
    let (seen, forgotten): (Vec<_>, Vec<_>) = told.into_iter().partition(|change| matches!(change, Change::Upsert(_)));
    let [Change::Upsert(Row::Lead(duplicate)), Change::Upsert(Row::LeadEdit(edit))] = &*seen else {
        panic!("{seen:?}")
    };
    assert_eq!(edit.lead_id, lead_id(2));
    assert_eq!((duplicate.id, duplicate.state), (lead_id(2), LeadState::Deleted));
    let moved = [
        RowId::Conversation(conversation_id(2)),
        RowId::StageEvent(domain::StageEventId::from_uuid(uuid(7, 2))),
        RowId::Message(message_id(2_000)),
        RowId::Message(message_id(2_001)),
        RowId::Lead(lead_id(0)),
        RowId::LeadEdit(OperationId::from_uuid(uuid(40, 1))),
    ];
    assert_eq!(forgotten.len(), moved.len(), "{forgotten:?}");
    assert!(moved.iter().all(|id| forgotten.contains(&Change::Forget(*id))), "{forgotten:?}");
    let expected = Totals {
        conversations: counted.conversations - 1,
        messages: counted.messages - 2,
        stage_events: counted.stage_events - 1,
        ..counted
    };
    assert_eq!(totals(&tenant, own()).await, expected);
}

async fn what_cant_be_merged_is_refused_and_nothing_happens(db: TestDatabase) {
    let tenant = studio(&db).await;
    let tags =
        |n: u64| LeadPatch { tags: Some((0..40).map(|tag| format!("{n} {tag}")).collect()), ..LeadPatch::default() };
    for n in [0, 1] {
        tenant.patch_lead(lead_id(n), tags(n), owner(), NOW).await.expect("changed");
    }
    let before = seq(&tenant).await;
    for (n, act, by, expected) in [
        (1, merge(2, 1), seller(), refused(RefusalReason::Forbidden, None)),
        (2, merge(2, 9), owner(), refused(RefusalReason::NotFound, None)),
        (3, merge(9, 2), owner(), refused(RefusalReason::NotFound, None)),
        (4, merge(0, 1), owner(), refused(RefusalReason::Invalid, Some("tags"))),
    ] {
        assert_eq!(carry_out(&tenant, n, act, by).await, expected, "{n}");
    }
    assert_eq!(seq(&tenant).await, before, "what had moved by then is where it was");
    assert_eq!(carry_out(&tenant, 5, merge(2, 1), owner()).await, done(false), "the control");
    let late = UnixMs(NOW.0 + 1);
    for (n, act) in [(6, merge(2, 1)), (7, merge(1, 2)), (8, merge(0, 1))] {
        let operation = Operation { id: OperationId::from_uuid(uuid(40, n)), at: late, act };
        let outcome = tenant.carry_out(operation, owner(), late).await.expect("answered");
        assert_eq!(outcome, refused(RefusalReason::LeadDeleted, None), "nobody merges twice");
    }
}
