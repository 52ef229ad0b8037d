//! Who is here already.

#![allow(clippy::unwrap_used)]

use domain::*;
use wire::changes::{Change, RowId};

use crate::testing::*;

fn phone(number: &str) -> Phone {
    Phone::try_from(number.to_owned()).unwrap()
}

fn known(cache: &crate::Cache, email: Option<&str>, number: Option<&str>) -> Option<LeadId> {
    let keys = ContactKey::of(email, number.map(phone).as_ref());
    cache.find_known_leads(&[keys]).unwrap().remove(0).map(|known| known.lead_id)
}

fn nora() -> Lead {
    Lead { email: Some("Nora@Mail.example".to_owned()), phone: Some(phone("+5511987654321")), ..lead(1, "Nora") }
}

#[test]
fn somebody_is_found_by_either_in_any_of_its_forms() {
    let cache = new_cache();
    cache.apply(vec![put(stage(1, 0)), put(nora()), put(lead(2, "Ben"))]);
    let nora = Some(lead_id(1));
    assert_eq!(known(&cache, Some("nora@mail.EXAMPLE"), None), nora);
    assert_eq!(known(&cache, None, Some("+551187654321")), nora, "without the ninth digit");
    assert_eq!(known(&cache, Some("other@mail.example"), Some("+5511987654321")), nora);
    assert_eq!(known(&cache, Some("other@mail.example"), Some("+5511987654322")), None);
    assert_eq!(known(&cache, None, None), None);
}

#[test]
fn who_was_changed_is_found_by_what_they_have_now_and_who_went_by_nothing() {
    let cache = new_cache();
    cache.apply(vec![put(stage(1, 0)), put(nora())]);
    cache.apply(vec![put(Lead { email: Some("new@mail.example".to_owned()), ..nora() })]);
    assert_eq!(known(&cache, Some("nora@mail.example"), None), None);
    assert_eq!(known(&cache, Some("new@mail.example"), None), Some(lead_id(1)));
    cache.apply(vec![put(Lead { state: LeadState::Deleted, ..nora() })]);
    assert_eq!(known(&cache, Some("nora@mail.example"), None), None, "who was deleted may come again");
    cache.apply(vec![Change::Forget(RowId::Lead(lead_id(1)))]);
    let left = cache.with_reader(|db| db.query_row("SELECT count(*) FROM contact_key", [], |row| row.get::<_, i64>(0)));
    assert_eq!(left, Ok(0));
}

#[test]
fn of_two_with_the_same_number_the_older_is_told_and_after_it_the_other() {
    let cache = new_cache();
    let twin = Lead { name: "Twin".to_owned(), id: lead_id(2), created_at: at(2), ..nora() };
    cache.apply(vec![put(stage(1, 0)), put(twin), put(nora())]);
    assert_eq!(known(&cache, None, Some("+5511987654321")), Some(lead_id(1)));
    cache.apply(vec![Change::Forget(RowId::Lead(lead_id(1)))]);
    assert_eq!(known(&cache, None, Some("+5511987654321")), Some(lead_id(2)));
}

#[test]
fn leads_from_before_the_table_are_filled_in_once_when_the_cache_is_opened() {
    let TestCache { cache, path, dir: _dir } = new_cache();
    cache.apply_page(&finished("s", vec![put(stage(1, 0)), put(nora()), put(lead(2, "Ben"))])).unwrap();
    // As the version before left it.
    cache.with_writer(|db| {
        db.execute_batch("DELETE FROM contact_key; UPDATE sync_state SET has_contact_keys = 0;").unwrap();
    });
    assert_eq!(known(&cache, Some("nora@mail.example"), None), None, "the control");
    cache.close().unwrap();
    let again = crate::Cache::open(&path, &key(7)).unwrap();
    assert_eq!(known(&again, Some("nora@mail.example"), None), Some(lead_id(1)));
    assert_eq!(known(&again, None, Some("+551187654321")), Some(lead_id(1)));
    // Another opening does not do it again.
    again.with_writer(|db| db.execute_batch("DELETE FROM contact_key").unwrap());
    again.close().unwrap();
    let third = crate::Cache::open(&path, &key(7)).unwrap();
    assert_eq!(known(&third, Some("nora@mail.example"), None), None);
}

#[test]
fn nobody_is_looked_for_by_going_through_all() {
    let cache = new_cache();
    let plan: Vec<String> = cache.with_reader(|db| {
        db.prepare("EXPLAIN QUERY PLAN SELECT l.id FROM contact_key k JOIN lead l ON l.n = k.lead_n WHERE k.key = 'a'")
            .unwrap()
            .query_map([], |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    });
    assert!(plan.iter().all(|step| step.starts_with("SEARCH")), "{plan:?}");
}
