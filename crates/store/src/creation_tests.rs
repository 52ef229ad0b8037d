//! Leads that are added here, what the server says of them, and what becomes of what was done to them meanwhile.

#![allow(clippy::unwrap_used)]

use domain::*;
use wire::changes::{Change, RowId};
use wire::operation::Act;

use crate::read::*;
use crate::testing::*;
use crate::{LeadCreation, NewEdit, StoreError, Verdict};

fn operation_id(n: u64) -> OperationId {
    OperationId::from_uuid(uuid(10, n))
}

fn creation(n: u64, of: u64, name: &str) -> LeadCreation {
    let new = NewLead {
        name: name.to_owned(),
        email: Some(format!("{name}@mail.example")),
        phone: None,
        stage_id: stage_id(1),
        owner_id: None,
        source: Source::Manual,
        tags: vec!["new".to_owned()],
        notes: String::new(),
        value_minor: None,
        custom: CustomValues::new(),
        first_touch: Touch::default(),
    };
    LeadCreation { id: operation_id(n), lead_id: lead_id(of), at: at(500 + n as i64), lead: new }
}

fn new_desk() -> TestCache {
    let cache = new_cache();
    cache.apply(vec![put(stage(1, 0)), put(stage(2, 1)), put(lead(1, "Nora"))]);
    cache
}

impl TestCache {
    fn note(&self, n: u64, of: u64, notes: &str) {
        let edited = self
            .cache
            .edit_leads(&[lead_id(of)], &mut |shown| {
                let after = Lead { notes: notes.to_owned(), ..shown.clone() };
                Some(NewEdit { id: operation_id(n), at: at(500 + n as i64), edit: LeadEdit::between(shown, &after) })
            })
            .unwrap();
        assert_eq!(edited.leads.len(), 1);
    }

    fn waits(&self) -> Vec<OperationId> {
        self.cache.next_operations(100, usize::MAX).unwrap().into_iter().map(|operation| operation.id).collect()
    }

    fn judge(&self, n: u64, verdict: Verdict) {
        self.cache.judge_operations(&[(operation_id(n), verdict)], "e").unwrap();
    }

    fn found(&self, n: u64) -> Option<Lead> {
        self.cache.get_lead_detail(lead_id(n)).ok().map(|detail| detail.lead)
    }
}

/// As the server tells it.
fn told(n: u64, of: u64, name: &str) -> Lead {
    let LeadCreation { lead_id, at, lead, .. } = creation(n, of, name);
    lead.into_lead(lead_id, at)
}

#[test]
fn a_new_lead_is_shown_found_and_waits_with_what_is_done_to_it_behind_it() {
    let cache = new_desk();
    cache.create_leads(&[creation(1, 7, "Mira")]).unwrap();
    cache.note(2, 7, "called");
    let detail = cache.get_lead_detail(lead_id(7)).unwrap();
    assert_eq!((detail.lead.name.as_str(), detail.lead.notes.as_str()), ("Mira", "called"));
    assert_eq!(detail.lead.created_at, at(501));
    assert_eq!(detail.unsent, LeadField::FIXED);
    assert_eq!(cache.search("mira", 5).unwrap().leads.len(), 1);
    assert_eq!(cache.list_tags().unwrap(), ["new"]);
    assert_eq!(cache.outbox_counts().unwrap(), OutboxCounts { waiting: 2, refused: 0, conflicts: 0 });
    let sent = cache.next_operations(9, usize::MAX).unwrap();
    assert!(matches!(&sent[0].act, Act::CreateLead(act) if act.lead.notes.is_empty()), "as it was when it was added");
    assert_eq!(sent[1].id, operation_id(2));
}

#[test]
fn all_of_a_batch_are_added_or_none() {
    let cache = new_desk();
    let taken = cache.create_leads(&[creation(1, 7, "Mira"), creation(2, 1, "Other")]);
    assert_eq!(taken, Err(StoreError::AlreadyExists));
    assert_eq!((cache.found(7), cache.waits()), (None, vec![]));
    cache.create_leads(&[creation(1, 7, "Mira"), creation(2, 8, "Other")]).unwrap();
    assert_eq!(cache.waits(), [1, 2].map(operation_id));
}

#[test]
fn a_new_lead_outlives_the_program() {
    let TestCache { cache, path, dir: _dir } = {
        let cache = new_desk();
        cache.create_leads(&[creation(1, 7, "Mira")]).unwrap();
        cache
    };
    cache.close().unwrap();
    let again = crate::Cache::open(&path, &key(7)).unwrap();
    assert_eq!(again.get_lead_detail(lead_id(7)).unwrap().lead.name, "Mira");
    assert_eq!(again.next_operations(9, usize::MAX).unwrap().len(), 1);
}

#[test]
fn once_told_it_is_a_lead_like_any_other() {
    let cache = new_desk();
    cache.create_leads(&[creation(1, 7, "Mira")]).unwrap();
    cache.note(2, 7, "called");
    cache.judge(1, Verdict::Done(vec![]));
    // Told before the edit came back, and with what a colleague did.
    cache.pull(vec![put(Lead { value_minor: Some(42_000), ..told(1, 7, "Mira") })]);
    let lead = cache.found(7).unwrap();
    assert_eq!((lead.notes.as_str(), lead.value_minor), ("called", Some(42_000)));
    cache.judge(2, Verdict::Done(vec![]));
    cache.pull(vec![put(Lead { notes: "called".to_owned(), ..told(1, 7, "Mira") })]);
    assert_eq!(cache.get_lead_detail(lead_id(7)).unwrap().unsent, []);
    assert_eq!(cache.outbox_counts().unwrap(), OutboxCounts::default());
}

#[test]
fn one_that_is_not_told_of_is_out_of_sight_and_goes() {
    let cache = new_desk();
    cache.create_leads(&[creation(1, 7, "Mira")]).unwrap();
    cache.judge(1, Verdict::Done(vec![]));
    assert!(cache.found(7).is_some(), "until a pull that began after it has told all");
    cache.pull(vec![]);
    assert_eq!(cache.found(7), None);
    assert_eq!(cache.search("mira", 5).unwrap().leads.len(), 0);
}

#[test]
fn a_refused_one_stays_until_it_is_discarded_with_all_that_was_done_to_it() {
    let cache = new_desk();
    cache.create_leads(&[creation(1, 7, "Mira")]).unwrap();
    cache.note(2, 7, "called");
    cache.note(3, 1, "other");
    cache.judge(1, Verdict::Refused(OutboxRefusal::Other("taken".to_owned())));
    assert!(cache.found(7).is_some());
    let states: Vec<_> = cache.list_outbox(0, 9).unwrap().into_iter().map(|row| row.state).collect();
    let refused = OutboxState::Refused(OutboxRefusal::Other("taken".to_owned()));
    assert_eq!(states, [refused, OutboxState::Held, OutboxState::Waiting]);
    assert_eq!(cache.waits(), [operation_id(3)]);
    cache.discard_operation(operation_id(1)).unwrap();
    assert_eq!(cache.found(7), None);
    assert_eq!(cache.waits(), [operation_id(3)], "what was done to another lead stays");
    assert_eq!(cache.outbox_counts().unwrap(), OutboxCounts { waiting: 1, refused: 0, conflicts: 0 });
}

#[test]
fn of_a_new_lead_a_refused_edit_can_be_discarded_alone() {
    let cache = new_desk();
    cache.create_leads(&[creation(1, 7, "Mira")]).unwrap();
    cache.note(2, 7, "called");
    cache.judge(1, Verdict::Done(vec![]));
    cache.judge(2, Verdict::Refused(OutboxRefusal::Forbidden));
    cache.discard_operation(operation_id(2)).unwrap();
    assert_eq!(cache.found(7).unwrap().notes, "", "the lead is as it was added");
}

#[test]
fn a_new_lead_is_not_swept_by_a_snapshot_that_does_not_know_it() {
    let cache = new_desk();
    cache.create_leads(&[creation(1, 7, "Mira")]).unwrap();
    cache.restart_snapshot().unwrap();
    cache.apply_page(&finished("s", vec![put(stage(1, 0))])).unwrap();
    assert_eq!((cache.found(1), cache.found(7).is_some()), (None, true));
}

#[test]
fn a_server_that_was_put_back_is_told_of_it_again_and_it_is_shown_meanwhile() {
    let cache = new_desk();
    cache.create_leads(&[creation(1, 7, "Mira")]).unwrap();
    cache.judge(1, Verdict::Done(vec![]));
    cache.pull(vec![put(told(1, 7, "Mira"))]);
    assert_eq!(cache.waits(), []);
    cache.restart_snapshot().unwrap();
    cache.apply_page(&finished("s", vec![put(stage(1, 0))])).unwrap();
    assert!(cache.found(7).is_some());
    assert_eq!(cache.waits(), [operation_id(1)]);
}

#[test]
fn one_that_a_colleague_deleted_is_gone_with_its_act() {
    let cache = new_desk();
    cache.create_leads(&[creation(1, 7, "Mira")]).unwrap();
    cache.judge(1, Verdict::Done(vec![]));
    cache.pull(vec![put(told(1, 7, "Mira"))]);
    cache.apply(vec![Change::Delete(RowId::Lead(lead_id(7)))]);
    cache.restart_snapshot().unwrap();
    assert_eq!((cache.found(7), cache.waits()), (None, vec![]), "it does not come back");
}

#[test]
fn it_is_taken_back_without_a_trace_only_while_nobody_can_have_heard_of_it() {
    let delete = |lead: &Lead| {
        let after = Lead { state: LeadState::Deleted, ..lead.clone() };
        Some(NewEdit { id: operation_id(9), at: at(600), edit: LeadEdit::between(lead, &after) })
    };
    let cache = new_desk();
    cache.create_leads(&[creation(1, 7, "Mira")]).unwrap();
    cache.note(2, 7, "called");
    let back = cache.take_leads_back(&[lead_id(7)], &mut |lead| delete(lead)).unwrap();
    assert_eq!((back.removed, back.edited, back.kept), (1, 0, 0));
    assert_eq!((cache.found(7), cache.waits()), (None, vec![]));

    cache.create_leads(&[creation(3, 8, "Ben")]).unwrap();
    assert_eq!(cache.waits(), [operation_id(3)], "handed out: the server may know it, whatever comes back");
    let back = cache.take_leads_back(&[lead_id(8)], &mut |_| None).unwrap();
    assert_eq!((back.removed, back.edited, back.kept), (0, 0, 1));
    let back = cache.take_leads_back(&[lead_id(8)], &mut |lead| delete(lead)).unwrap();
    assert_eq!((back.removed, back.edited, back.kept), (0, 1, 0));
    assert_eq!(cache.found(8).unwrap().state, LeadState::Deleted);
    assert_eq!(cache.waits(), [3, 9].map(operation_id));
}

#[test]
fn what_another_run_of_the_program_added_may_have_been_sent_by_it() {
    let TestCache { cache, path, dir: _dir } = {
        let cache = new_desk();
        cache.create_leads(&[creation(1, 7, "Mira")]).unwrap();
        cache
    };
    cache.close().unwrap();
    let again = crate::Cache::open(&path, &key(7)).unwrap();
    let back = again.take_leads_back(&[lead_id(7)], &mut |_| None).unwrap();
    assert_eq!((back.removed, back.kept), (0, 1));
}

#[test]
fn many_that_come_back_at_once_are_settled_piece_by_piece() {
    let cache = new_desk();
    let many: Vec<_> = (0..2_500).map(|n| creation(n, 100 + n, &format!("lead{n}"))).collect();
    cache.create_leads(&many).unwrap();
    let done: Vec<_> = many.iter().map(|one| (one.id, Verdict::Done(vec![]))).collect();
    cache.judge_operations(&done, "e").unwrap();
    cache.pull(many.iter().map(|one| put(one.lead.clone().into_lead(one.lead_id, one.at))).collect());
    let unsent = cache.with_reader(|db| db.query_row("SELECT count(*) FROM lead_base", [], |row| row.get::<_, i64>(0)));
    assert_eq!(unsent, Ok(0));
    assert_eq!(cache.lead_count(&LeadFilter::default()).unwrap(), 2_501);
}
