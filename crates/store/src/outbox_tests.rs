//! Edits made here, what the server says of them, and what it tells meanwhile.

#![allow(clippy::unwrap_used)]

use domain::*;
use wire::changes::{Change, RowId};

use crate::read::*;
use crate::testing::*;
use crate::{NewEdit, StoreError, Verdict};

pub(crate) fn operation_id(n: u64) -> OperationId {
    OperationId::from_uuid(uuid(10, n))
}

pub(crate) fn new_desk() -> TestCache {
    let cache = new_cache();
    cache.apply(vec![put(stage(1, 0)), put(stage(2, 1)), put(lead(1, "Nora")), put(lead(2, "Ben"))]);
    cache
}

impl TestCache {
    /// Renames a lead, as somebody who sees what is shown.
    pub(crate) fn rename(&self, n: u64, of: u64, name: &str) {
        let edited = self.edit(n, of, |lead| lead.name = name.to_owned());
        assert_eq!(edited, 1);
    }

    pub(crate) fn edit(&self, n: u64, of: u64, change: impl Fn(&mut Lead)) -> usize {
        let make = &mut |shown: &Lead| {
            let mut after = shown.clone();
            change(&mut after);
            Some(edit(n, LeadEdit::between(shown, &after)))
        };
        self.cache.edit_leads(&[lead_id(of)], make).unwrap().leads.len()
    }

    pub(crate) fn shown(&self, n: u64) -> Lead {
        self.cache.get_lead_detail(lead_id(n)).unwrap().lead
    }

    pub(crate) fn waiting(&self) -> Vec<OperationId> {
        self.cache.next_operations(100, usize::MAX).unwrap().into_iter().map(|operation| operation.id).collect()
    }

    pub(crate) fn done(&self, n: u64) {
        let result = FieldResult { field: LeadField::Name, outcome: FieldOutcome::Applied };
        self.cache.judge_operations(&[(operation_id(n), Verdict::Done(vec![result]))], "e").unwrap();
    }

    /// A whole pull of changes.
    pub(crate) fn pull(&self, changes: Vec<Change>) {
        self.cache.begin_pull().unwrap();
        self.apply(changes);
        self.cache.end_pull(at(1_000)).unwrap();
    }
}

fn edit(n: u64, edit: LeadEdit) -> NewEdit {
    NewEdit { id: operation_id(n), at: at(500 + n as i64), edit }
}

fn renamed(n: u64, name: &str) -> Lead {
    Lead { name: name.to_owned(), ..lead(n, "") }
}

#[test]
fn an_edit_is_shown_found_and_waits() {
    let cache = new_desk();
    cache.edit(1, 1, |lead| {
        lead.name = "Eleonora".to_owned();
        lead.tags = vec!["vip".to_owned()];
        lead.stage_id = stage_id(2);
    });
    let detail = cache.get_lead_detail(lead_id(1)).unwrap();
    assert_eq!(detail.lead.name, "Eleonora");
    assert_eq!(detail.lead.last_activity_at, at(501), "an edit is activity");
    assert_eq!(detail.unsent, [LeadField::Name, LeadField::StageId, LeadField::Tags]);
    assert_eq!(cache.search("eleon", 5).unwrap().leads.len(), 1);
    assert_eq!(cache.list_tags().unwrap(), ["vip"]);
    assert_eq!(cache.lead_count(&LeadFilter { stages: vec![stage_id(2)], ..LeadFilter::default() }).unwrap(), 1);
    assert_eq!(cache.waiting(), [operation_id(1)]);
    assert_eq!(cache.outbox_counts().unwrap(), OutboxCounts { waiting: 1, refused: 0, conflicts: 0 });
    let row = &cache.list_outbox(0, 10).unwrap()[0];
    let OutboxAct::LeadEdited { lead_name, changes, .. } = &row.act else { panic!("another act") };
    assert_eq!((lead_name.as_deref(), changes.len()), (Some("Eleonora"), 3));
}

#[test]
fn an_edit_outlives_the_program() {
    let TestCache { cache, path, dir: _dir } = {
        let cache = new_desk();
        cache.rename(1, 1, "Eleonora");
        cache
    };
    cache.close().unwrap();
    let again = crate::Cache::open(&path, &key(7)).unwrap();
    assert_eq!(again.get_lead_detail(lead_id(1)).unwrap().lead.name, "Eleonora");
    assert_eq!(again.next_operations(9, usize::MAX).unwrap().len(), 1);
}

#[test]
fn what_changes_nothing_is_no_edit() {
    let cache = new_desk();
    assert_eq!(cache.edit(1, 1, |_| ()), 0);
    assert_eq!(cache.waiting(), []);
    let missing = cache.edit_leads(&[lead_id(9), lead_id(1)], &mut |_| None).unwrap();
    assert_eq!((missing.missing, missing.leads.len()), (1, 0));
}

#[test]
fn the_same_id_is_not_taken_twice_and_nothing_of_the_second_happens() {
    let cache = new_desk();
    cache.rename(1, 1, "Eleonora");
    let again = &mut |shown: &Lead| {
        let after = Lead { name: "Other".to_owned(), ..shown.clone() };
        Some(edit(1, LeadEdit::between(shown, &after)))
    };
    assert!(cache.edit_leads(&[lead_id(2)], again).is_err());
    assert_eq!(cache.shown(2).name, "Ben");
    assert_eq!(cache.waiting().len(), 1);
}

#[test]
fn what_the_server_tells_comes_below_what_waits() {
    let cache = new_desk();
    cache.rename(1, 1, "Eleonora");
    // A colleague wrote notes; what was renamed here is still shown.
    let told = Lead { notes: "called".to_owned(), ..lead(1, "Nora") };
    cache.pull(vec![put(told.clone())]);
    let shown = cache.shown(1);
    assert_eq!((shown.name.as_str(), shown.notes.as_str()), ("Eleonora", "called"));
    // A colleague renamed, too: theirs stands until somebody decides.
    cache.pull(vec![put(Lead { name: "Norah".to_owned(), ..told })]);
    assert_eq!(cache.shown(1).name, "Norah");
}

#[test]
fn a_done_edit_is_shown_until_a_pull_that_began_after_it_has_ended() {
    let cache = new_desk();
    cache.rename(1, 1, "Eleonora");
    cache.begin_pull().unwrap();
    cache.done(1);
    // This pull may tell of before the edit.
    cache.apply(vec![put(renamed(1, "Nora"))]);
    cache.end_pull(at(600)).unwrap();
    assert_eq!(cache.shown(1).name, "Eleonora");
    assert_eq!(cache.waiting(), [], "it is not sent again");
    assert!(cache.lead_page(&everything(), 0, 9).unwrap().rows.iter().any(|row| row.is_unsent));

    cache.begin_pull().unwrap();
    cache.apply(vec![put(renamed(1, "Eleonora"))]);
    // A colleague takes it back, and the server tells that in the same pull: it is after the edit.
    cache.apply(vec![put(renamed(1, "Nora"))]);
    assert_eq!(cache.shown(1).name, "Nora");
    cache.end_pull(at(600)).unwrap();
    assert_eq!(cache.shown(1).name, "Nora");
    assert!(!cache.lead_page(&everything(), 0, 9).unwrap().rows.iter().any(|row| row.is_unsent));
    assert_eq!(cache.outbox_counts().unwrap(), OutboxCounts::default());
}

pub(crate) fn everything() -> LeadQuery {
    LeadQuery { filter: LeadFilter::default(), sort: LeadSort { column: LeadColumn::Name, descending: false } }
}

#[test]
fn a_pull_that_was_cut_settles_nothing() {
    let cache = new_desk();
    cache.rename(1, 1, "Eleonora");
    cache.done(1);
    cache.begin_pull().unwrap();
    cache.begin_pull().unwrap();
    assert!(cache.lead_page(&everything(), 0, 9).unwrap().rows.iter().any(|row| row.is_unsent));
    assert_eq!(cache.shown(1).name, "Eleonora");
}

#[test]
fn a_conflict_is_kept_until_it_is_decided() {
    let cache = new_desk();
    cache.rename(1, 1, "Eleonora");
    let conflict = FieldResult { field: LeadField::Name, outcome: FieldOutcome::Conflict };
    cache.judge_operations(&[(operation_id(1), Verdict::Done(vec![conflict]))], "e").unwrap();
    cache.pull(vec![put(renamed(1, "Norah"))]);
    let text = |text: &str| FieldValue::Text(Some(text.to_owned()));
    let detail = cache.get_lead_detail(lead_id(1)).unwrap();
    assert_eq!(detail.lead.name, "Norah", "theirs stands");
    let [conflict] = &detail.conflicts[..] else { panic!("one conflict") };
    assert_eq!((&conflict.seen, &conflict.yours, &conflict.theirs), (&text("Nora"), &text("Eleonora"), &text("Norah")));
    assert_eq!(cache.outbox_counts().unwrap().conflicts, 1);
    cache.pull(vec![put(renamed(1, "Eleonora"))]);
    assert_eq!(cache.outbox_counts().unwrap().conflicts, 0, "somebody else came to the same");
    cache.pull(vec![put(renamed(1, "Norah"))]);
    cache.settle_conflict(conflict.operation_id, conflict.field).unwrap();
    assert_eq!(cache.get_lead_detail(lead_id(1)).unwrap().conflicts.len(), 0);
    assert_eq!(cache.outbox_counts().unwrap().conflicts, 0);
}

#[test]
fn a_refused_act_holds_those_after_it_on_the_same_lead_until_it_is_tried_again() {
    let cache = new_desk();
    cache.rename(1, 1, "Eleonora");
    cache.rename(2, 1, "Leonora");
    cache.rename(3, 2, "Benjamin");
    let refusal = OutboxRefusal::Invalid(Some("name".to_owned()));
    cache.judge_operations(&[(operation_id(1), Verdict::Refused(refusal.clone()))], "e").unwrap();
    assert_eq!(cache.waiting(), [operation_id(3)]);
    let states: Vec<_> = cache.list_outbox(0, 9).unwrap().into_iter().map(|row| row.state).collect();
    assert_eq!(states, [OutboxState::Refused(refusal), OutboxState::Held, OutboxState::Waiting]);
    assert_eq!(cache.outbox_counts().unwrap(), OutboxCounts { waiting: 2, refused: 1, conflicts: 0 });
    assert_eq!(cache.shown(1).name, "Leonora", "what was typed is still shown");
    cache.retry_operation(operation_id(1)).unwrap();
    assert_eq!(cache.waiting(), [1, 2, 3].map(operation_id));
}

#[test]
fn a_discarded_act_is_taken_back_and_the_next_ones_stay() {
    let cache = new_desk();
    cache.edit(1, 1, |lead| lead.notes = "mine".to_owned());
    cache.rename(2, 1, "Eleonora");
    assert_eq!(cache.discard_operation(operation_id(1)), Err(StoreError::NotFound), "it was not refused");
    cache.judge_operations(&[(operation_id(1), Verdict::Refused(OutboxRefusal::Forbidden))], "e").unwrap();
    cache.discard_operation(operation_id(1)).unwrap();
    let shown = cache.shown(1);
    assert_eq!((shown.name.as_str(), shown.notes.as_str()), ("Eleonora", "a note"));
    assert_eq!(cache.waiting(), [operation_id(2)]);
}

#[test]
fn an_edit_of_a_lead_that_left_is_still_there_to_be_seen() {
    let cache = new_desk();
    cache.rename(1, 1, "Eleonora");
    cache.apply(vec![Change::Forget(RowId::Lead(lead_id(1)))]);
    assert_eq!(cache.get_lead_detail(lead_id(1)).err(), Some(StoreError::NotFound));
    assert_eq!(cache.waiting(), [operation_id(1)]);
    let row = &cache.list_outbox(0, 9).unwrap()[0];
    assert!(matches!(&row.act, OutboxAct::LeadEdited { lead_name: None, .. }));
    // It comes back: the edit is on top again.
    cache.apply(vec![put(lead(1, "Nora"))]);
    assert_eq!(cache.shown(1).name, "Eleonora");
}

#[test]
fn a_server_that_was_put_back_is_told_again_what_was_done_lately() {
    let cache = new_desk();
    cache.rename(1, 1, "Eleonora");
    cache.done(1);
    cache.pull(vec![put(renamed(1, "Eleonora"))]);
    assert_eq!(cache.waiting(), []);
    cache.restart_snapshot().unwrap();
    assert_eq!(cache.waiting(), [operation_id(1)]);
    cache.apply_page(&finished("s", vec![put(stage(1, 0)), put(renamed(1, "Nora"))])).unwrap();
    assert_eq!(cache.shown(1).name, "Eleonora", "the server has forgotten, this device has not");
    assert_eq!(cache.get_lead_detail(lead_id(2)).err(), Some(StoreError::NotFound), "swept");
}

#[test]
fn what_was_done_is_kept_for_days_and_not_for_ever_and_not_of_a_lead_that_went() {
    let kept = |cache: &TestCache| {
        cache.with_reader(|db| db.query_row("SELECT count(*) FROM outbox", [], |row| row.get::<_, i64>(0)).unwrap())
    };
    let cache = new_desk();
    for (n, of) in [(1, 1), (2, 2)] {
        cache.rename(n, of, "Other");
        cache.done(n);
    }
    cache.pull(vec![put(renamed(1, "Other")), put(renamed(2, "Other"))]);
    assert_eq!(kept(&cache), 2);
    cache.apply(vec![Change::Delete(RowId::Lead(lead_id(2)))]);
    assert_eq!(kept(&cache), 1, "nothing is kept of who was deleted");
    cache.end_pull(at(500 + 8 * 86_400)).unwrap();
    assert_eq!(kept(&cache), 1, "not yet");
    cache.end_pull(at(502 + 8 * 86_400)).unwrap();
    assert_eq!(kept(&cache), 0);
}

#[test]
fn a_batch_has_an_end() {
    let cache = new_desk();
    for n in 1..=5 {
        cache.rename(n, 1, &format!("name {n}"));
    }
    let count = |limit, bytes| cache.next_operations(limit, bytes).unwrap().len();
    assert_eq!((count(3, usize::MAX), count(9, usize::MAX), count(9, 0)), (3, 5, 1));
}

#[test]
fn an_edit_does_not_keep_a_lead_that_a_new_snapshot_does_not_bring() {
    let cache = new_desk();
    cache.restart_snapshot().unwrap();
    cache.apply_page(&snapshot("a", vec![put(stage(1, 0)), put(lead(2, "Ben"))])).unwrap();
    cache.rename(1, 1, "Eleonora");
    cache.apply_page(&finished("b", vec![])).unwrap();
    assert_eq!(cache.get_lead_detail(lead_id(1)).err(), Some(StoreError::NotFound));
    assert_eq!(cache.waiting(), [operation_id(1)], "what was typed is still there to be seen");
}

#[test]
fn a_refused_act_gives_way_to_another_in_one_step() {
    let cache = new_desk();
    cache.rename(1, 1, "Eleonora");
    cache.rename(2, 2, "Benjamin");
    let other = |n, name: &str| {
        let after = Lead { name: name.to_owned(), ..lead(1, "Nora") };
        edit(n, LeadEdit::between(&lead(1, "Nora"), &after))
    };
    let replaced = cache.replace_operation(operation_id(1), lead_id(1), &other(3, "Leonora"));
    assert_eq!(replaced.err(), Some(StoreError::NotFound), "it was not refused");
    cache.judge_operations(&[(operation_id(1), Verdict::Refused(OutboxRefusal::Forbidden))], "e").unwrap();
    let replaced = cache.replace_operation(operation_id(1), lead_id(9), &other(3, "Leonora"));
    assert_eq!(replaced.err(), Some(StoreError::NotFound), "there is no such lead");
    assert_eq!(cache.outbox_counts().unwrap().refused, 1, "and so nothing was given up");
    assert_eq!(cache.shown(1).name, "Eleonora");

    let replaced = cache.replace_operation(operation_id(1), lead_id(1), &other(3, "Leonora")).unwrap();
    assert_eq!(replaced.leads.len(), 1);
    assert_eq!(cache.shown(1).name, "Leonora");
    assert_eq!(cache.waiting(), [2, 3].map(operation_id));
    let links: Vec<i64> = cache.with_reader(|db| {
        let mut statement = db.prepare("SELECT n FROM outbox_link ORDER BY n").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    });
    assert_eq!(links, [1, 2, 3], "the chain goes on, and keeps the place of what was given up");
}

#[test]
fn conflicts_of_all_leads_are_listed_in_pages_and_come_back_when_a_decision_is_taken_back() {
    let cache = new_desk();
    cache.edit(1, 1, |lead| {
        lead.name = "Eleonora".to_owned();
        lead.notes = "mine".to_owned();
    });
    cache.rename(2, 2, "Benjamin");
    let conflict = |field| FieldResult { field, outcome: FieldOutcome::Conflict };
    let both = vec![conflict(LeadField::Name), conflict(LeadField::Notes)];
    let verdicts =
        [(operation_id(1), Verdict::Done(both)), (operation_id(2), Verdict::Done(vec![conflict(LeadField::Name)]))];
    cache.judge_operations(&verdicts, "e").unwrap();
    cache.pull(vec![put(Lead { notes: "theirs".to_owned(), ..renamed(1, "Norah") }), put(renamed(2, "Benny"))]);
    let page = |offset, limit| -> Vec<(String, LeadField)> {
        let rows = cache.list_conflicts(offset, limit).unwrap();
        rows.into_iter().map(|row| (row.lead_name, row.conflict.field)).collect()
    };
    let all = [("Benny", LeadField::Name), ("Norah", LeadField::Name), ("Norah", LeadField::Notes)]
        .map(|(name, field)| (name.to_owned(), field));
    assert_eq!(page(0, 9), all);
    assert_eq!([page(0, 1), page(1, 1), page(2, 5), page(3, 5)].concat(), all);

    let decided = cache.list_conflicts(1, 1).unwrap().remove(0).conflict;
    cache.settle_conflict(decided.operation_id, decided.field).unwrap();
    assert_eq!(cache.outbox_counts().unwrap().conflicts, 2);
    cache.restore_conflict(&decided).unwrap();
    assert_eq!(page(0, 9), all);
    cache.apply(vec![Change::Forget(RowId::Lead(lead_id(1)))]);
    assert_eq!(cache.restore_conflict(&decided).err(), Some(StoreError::NotFound));
}
