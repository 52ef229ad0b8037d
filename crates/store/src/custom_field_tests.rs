//! The studio's own fields: their list, and conflicts of their values.

#![allow(clippy::unwrap_used)]

use domain::*;
use wire::changes::{Change, RowId};

use crate::outbox_tests::operation_id;
use crate::read::*;
use crate::testing::*;
use crate::{LeadCreation, NewEdit, Verdict};

fn number(n: i64) -> CustomValue {
    CustomValue::Number(n)
}

fn holding(values: &[(u64, i64)]) -> Lead {
    Lead { custom: values.iter().map(|(field, n)| (custom_field_id(*field), number(*n))).collect(), ..lead(1, "Nora") }
}

#[test]
fn fields_are_listed_in_their_order_and_those_that_a_snapshot_lacks_are_gone() {
    let cache = new_cache();
    let mut away = custom_field(1, CustomKind::Date);
    (away.form.position, away.form.is_archived) = (9, true);
    let fields = [custom_field(2, CustomKind::Choice), custom_field(3, CustomKind::Text)];
    // A lead may name a field before it is told.
    cache.apply(vec![put(holding(&[(3, 1)])), put(away.clone()), put(fields[0].clone())]);
    assert_eq!(cache.list_custom_fields().unwrap(), [fields[0].clone(), away.clone()]);
    cache.apply(vec![put(fields[1].clone())]);
    assert_eq!(cache.list_custom_fields().unwrap(), [fields[0].clone(), fields[1].clone(), away]);

    cache.restart_snapshot().unwrap();
    cache.apply_page(&finished("s", vec![put(fields[1].clone())])).unwrap();
    assert_eq!(cache.list_custom_fields().unwrap(), [fields[1].clone()]);
}

#[test]
fn a_lead_that_is_erased_is_not_found_by_its_values_any_more() {
    let cache = new_cache();
    cache.apply(vec![put(custom_field(1, CustomKind::Number)), put(holding(&[(1, 5)]))]);
    let filled = CustomFilter { field_id: custom_field_id(1), test: CustomTest::Filled };
    let filter = LeadFilter { custom: vec![filled], ..LeadFilter::default() };
    assert_eq!(cache.lead_count(&filter).unwrap(), 1, "the control");
    cache.apply(vec![Change::Forget(RowId::Lead(lead_id(1)))]);
    assert_eq!(cache.lead_count(&filter).unwrap(), 0);
    let left: i64 =
        cache.with_reader(|db| db.query_row("SELECT count(*) FROM lead_custom", [], |row| row.get(0)).unwrap());
    assert_eq!(left, 0);
}

#[test]
fn two_fields_of_one_edit_may_each_meet_a_conflict_and_are_decided_apart() {
    let cache = new_cache();
    cache.apply(vec![
        put(custom_field(1, CustomKind::Number)),
        put(custom_field(2, CustomKind::Number)),
        put(holding(&[])),
    ]);
    let edit = LeadEdit::between(&holding(&[]), &holding(&[(1, 10), (2, 20)]));
    let new = NewEdit { id: operation_id(1), at: at(600), edit };
    let edited = cache.edit_leads(&[lead_id(1)], &mut |_| Some(new.clone())).unwrap();
    assert_eq!(edited.leads.len(), 1);
    let detail = || cache.get_lead_detail(lead_id(1)).unwrap();
    let [one, two] = [1, 2].map(|n| LeadField::Custom(custom_field_id(n)));
    assert_eq!((detail().lead.custom.len(), detail().unsent), (2, vec![one, two]));

    let results = [one, two].map(|field| FieldResult { field, outcome: FieldOutcome::Conflict });
    cache.judge_operations(&[(operation_id(1), Verdict::Done(results.to_vec()))], "e").unwrap();
    cache.pull(vec![put(holding(&[(1, 11), (2, 21)]))]);
    let conflicts = detail().conflicts;
    let told: Vec<_> = conflicts.iter().map(|one| (one.field, one.yours.clone(), one.theirs.clone())).collect();
    let value = |n| FieldValue::Custom(Some(number(n)));
    assert_eq!(told, [(one, value(10), value(11)), (two, value(20), value(21))]);
    cache.settle_conflict(operation_id(1), one).unwrap();
    assert_eq!(detail().conflicts.iter().map(|left| left.field).collect::<Vec<_>>(), [two]);
    cache.restore_conflict(&conflicts[0]).unwrap();
    assert!(detail().conflicts == conflicts);
}

#[test]
fn of_a_lead_that_was_added_here_every_value_waits_to_be_sent() {
    let cache = new_cache();
    cache.apply(vec![put(custom_field(1, CustomKind::Number))]);
    let Lead { name, email, phone, stage_id, owner_id, source, tags, notes, value_minor, custom, first_touch, .. } =
        holding(&[(1, 5)]);
    let lead =
        NewLead { name, email, phone, stage_id, owner_id, source, tags, notes, value_minor, custom, first_touch };
    cache.create_leads(&[LeadCreation { id: operation_id(1), lead_id: lead_id(1), at: at(9), lead }]).unwrap();
    let detail = cache.get_lead_detail(lead_id(1)).unwrap();
    assert_eq!(detail.lead.custom, holding(&[(1, 5)]).custom);
    assert!(detail.unsent.contains(&LeadField::Custom(custom_field_id(1))));
}
