//! The list against a naive one in memory.

#![allow(clippy::unwrap_used)]

use chrono::NaiveDate;
use domain::*;
use proptest::prelude::*;

use super::Tuning;
use crate::read::*;
use crate::table::lead::{name_key, value_key};
use crate::testing::*;

const MEMBERS: [&str; 3] = ["Zoë", "anna", "Ben"];
const POSITIONS: [i64; 4] = [3, 1, 2, 1];

fn passes(filter: &LeadFilter, lead: &Lead) -> bool {
    let any = |list_is_empty: bool, found: bool| list_is_empty || found;
    lead.state == filter.state
        && any(filter.stages.is_empty(), filter.stages.contains(&lead.stage_id))
        && any(
            filter.owners.is_empty(),
            filter.owners.iter().any(|owner| match owner {
                OwnerFilter::Unassigned => lead.owner_id.is_none(),
                OwnerFilter::Member(member) => lead.owner_id == Some(*member),
            }),
        )
        && any(filter.sources.is_empty(), filter.sources.contains(&lead.source))
        && any(filter.tags.is_empty(), filter.tags.iter().any(|tag| lead.tags.contains(tag)))
        && filter.custom.iter().all(|asked| passes_custom(asked, lead))
        && filter.created_from.is_none_or(|from| lead.created_at >= from)
        && filter.created_before.is_none_or(|before| lead.created_at < before)
        && filter.active_from.is_none_or(|from| lead.last_activity_at >= from)
        && filter.active_before.is_none_or(|before| lead.last_activity_at < before)
}

/// Fields are of their number's kind; the one after the last never came.
const NO_FIELD: u64 = 5;

fn passes_custom(CustomFilter { field_id, test }: &CustomFilter, lead: &Lead) -> bool {
    let is_here = *field_id != custom_field_id(NO_FIELD);
    let value = lead.custom.get(field_id).filter(|_| is_here);
    let within = |value: i64, from: Option<i64>, to: Option<i64>| {
        from.is_none_or(|from| value >= from) && to.is_none_or(|to| value <= to)
    };
    match (test, value) {
        (CustomTest::Filled, value) => value.is_some(),
        (CustomTest::Empty, value) => value.is_none(),
        // An empty list excludes nothing where the field is a choice.
        (CustomTest::Choice(options), _) if options.is_empty() => *field_id == custom_field_id(4),
        (CustomTest::StartsWith(begin), Some(CustomValue::Text(text))) => fold(text).starts_with(&fold(begin)),
        (CustomTest::Number { from, to }, Some(CustomValue::Number(number))) => within(*number, *from, *to),
        (CustomTest::Date { from, to }, Some(CustomValue::Date(date))) => {
            from.is_none_or(|from| *date >= from) && to.is_none_or(|to| *date <= to)
        }
        (CustomTest::YesNo(wanted), Some(CustomValue::YesNo(yes))) => wanted == yes,
        (CustomTest::Choice(options), Some(CustomValue::Choice(option))) => options.contains(option),
        _ => false,
    }
}

fn naive(leads: &[Lead], query: &LeadQuery) -> Vec<LeadId> {
    let number = |id: uuid::Uuid| (id.as_u64_pair().1 & 0xff) as usize;
    let mut found: Vec<&Lead> = leads.iter().filter(|lead| passes(&query.filter, lead)).collect();
    found.sort_by_cached_key(|lead| {
        let (number, text) = match query.sort.column {
            LeadColumn::Name => (0, name_key(&fold(&lead.name)).to_owned()),
            // Stage 9 never came: last. Of equal position, by id.
            LeadColumn::Stage => match number(*lead.stage_id.as_uuid()) {
                9 => (i64::MAX, String::new()),
                stage => (POSITIONS[stage] * 10 + stage as i64, String::new()),
            },
            LeadColumn::Owner => match lead.owner_id {
                None => (0, String::new()),
                // Member 9 never came: last.
                Some(id) if number(*id.as_uuid()) == 9 => (2, String::new()),
                Some(id) => (1, fold(MEMBERS[number(*id.as_uuid())])),
            },
            LeadColumn::Source => (crate::code::Code::code(lead.source), String::new()),
            LeadColumn::Value => (value_key(lead.value_minor), String::new()),
            LeadColumn::CreatedAt => (lead.created_at.0, String::new()),
            LeadColumn::LastActivityAt => (lead.last_activity_at.0, String::new()),
        };
        (number, text, lead.id)
    });
    if query.sort.descending {
        found.reverse();
    }
    found.into_iter().map(|lead| lead.id).collect()
}

fn some_source() -> impl Strategy<Value = Source> {
    prop::sample::select(vec![Source::Manual, Source::Webhook, Source::Referral])
}

fn some_stage() -> impl Strategy<Value = StageId> {
    prop::sample::select(vec![0u64, 1, 2, 3, 9]).prop_map(stage_id)
}

fn some_owner() -> impl Strategy<Value = Option<MemberId>> {
    prop::sample::select(vec![None, Some(0u64), Some(1), Some(2), Some(9)]).prop_map(|n| n.map(member_id))
}

fn some_tags() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop::sample::select(vec!["vip", "trial", "x"]).prop_map(str::to_owned), 0..3)
}

fn some_date() -> impl Strategy<Value = NaiveDate> {
    (1..4u32).prop_map(|day| NaiveDate::from_ymd_opt(2026, 1, day).unwrap())
}

fn some_begin() -> impl Strategy<Value = String> {
    prop_oneof!["[aÁb]{0,2}", "\\PC{0,3}", Just("'%_".to_owned())]
}

fn some_option() -> impl Strategy<Value = ChoiceOptionId> {
    (0..3u64).prop_map(option_id)
}

fn some_custom() -> impl Strategy<Value = CustomValues> {
    let text = (some_begin(), some_begin()).prop_map(|(one, other)| CustomValue::Text(format!("{one}{other}")));
    let values = (
        text,
        prop_oneof![8 => -2..3i64, 1 => Just(i64::MIN), 1 => Just(i64::MAX)].prop_map(CustomValue::Number),
        some_date().prop_map(CustomValue::Date),
        any::<bool>().prop_map(CustomValue::YesNo),
        some_option().prop_map(CustomValue::Choice),
    );
    (values, prop::collection::btree_set(0..=NO_FIELD, 0..4)).prop_map(|((a, b, c, d, e), fields)| {
        let values = [a.clone(), b, c, d, e, a];
        fields.into_iter().map(|n| (custom_field_id(n), values[n as usize].clone())).collect()
    })
}

fn some_custom_filter() -> impl Strategy<Value = CustomFilter> {
    let number = || prop::option::of(prop_oneof![8 => -2..3i64, 1 => Just(i64::MIN)]);
    let date = || prop::option::of(some_date());
    let test = prop_oneof![
        Just(CustomTest::Filled),
        Just(CustomTest::Empty),
        some_begin().prop_map(CustomTest::StartsWith),
        (number(), number()).prop_map(|(from, to)| CustomTest::Number { from, to }),
        (date(), date()).prop_map(|(from, to)| CustomTest::Date { from, to }),
        any::<bool>().prop_map(CustomTest::YesNo),
        prop::collection::vec(some_option(), 0..3).prop_map(CustomTest::Choice),
    ];
    // As a rule a test of the field's kind.
    (test, any::<bool>(), 0..=NO_FIELD).prop_map(|(test, fits, n)| {
        let of_kind = match test {
            CustomTest::Filled | CustomTest::Empty => n,
            CustomTest::StartsWith(_) => 0,
            CustomTest::Number { .. } => 1,
            CustomTest::Date { .. } => 2,
            CustomTest::YesNo(_) => 3,
            CustomTest::Choice(_) => 4,
        };
        CustomFilter { field_id: custom_field_id(if fits { of_kind } else { n }), test }
    })
}

fn some_state() -> impl Strategy<Value = LeadState> {
    prop_oneof![3 => Just(LeadState::Active), 1 => Just(LeadState::Archived), 1 => Just(LeadState::Deleted)]
}

fn some_time() -> impl Strategy<Value = UnixMs> {
    prop_oneof![8 => (0..6i64).prop_map(UnixMs), 1 => Just(UnixMs(i64::MIN)), 1 => Just(UnixMs(i64::MAX))]
}

fn some_lead() -> impl Strategy<Value = Lead> {
    let name = prop_oneof!["[aÁbz]{0,3}", "[A-C]{70}", "\\PC{0,4}"];
    let value = prop_oneof![Just(None), (-2..3i64).prop_map(Some), Just(Some(i64::MAX))];
    let times = (some_time(), some_time());
    let more = (some_state(), some_custom());
    (0..12u64, name, some_stage(), some_owner(), some_source(), some_tags(), value, times, more).prop_map(
        |(n, name, stage_id, owner_id, source, tags, value_minor, (created_at, last_activity_at), (state, custom))| {
            Lead {
                custom,
                state,
                stage_id,
                owner_id,
                source,
                tags,
                value_minor,
                created_at,
                last_activity_at,
                ..lead(n, &name)
            }
        },
    )
}

fn few<T: std::fmt::Debug + Clone>(one: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![3 => Just(Vec::new()), 2 => prop::collection::vec(one, 1..3)]
}

fn some_query() -> impl Strategy<Value = LeadQuery> {
    let owner = some_owner().prop_map(|owner| owner.map_or(OwnerFilter::Unassigned, OwnerFilter::Member));
    let tag = prop::sample::select(vec!["vip", "trial", "nowhere"]).prop_map(str::to_owned);
    let time = || prop::option::weighted(0.2, some_time());
    let column = prop::sample::select(vec![
        LeadColumn::Name,
        LeadColumn::Stage,
        LeadColumn::Owner,
        LeadColumn::Source,
        LeadColumn::Value,
        LeadColumn::CreatedAt,
        LeadColumn::LastActivityAt,
    ]);
    let lists = (few(some_stage()), few(owner), few(some_source()), few(tag));
    let times = (time(), time(), time(), time());
    (some_state(), lists, times, column, any::<bool>(), few(some_custom_filter())).prop_map(
        |(state, (stages, owners, sources, tags), times, column, down, custom)| {
            let (created_from, created_before, active_from, active_before) = times;
            LeadQuery {
                filter: LeadFilter {
                    state,
                    stages,
                    owners,
                    sources,
                    tags,
                    created_from,
                    created_before,
                    active_from,
                    active_before,
                    custom,
                },
                sort: LeadSort { column, descending: down },
            }
        },
    )
}

/// Every lead once, in its last form, as the cache must hold it.
fn last_forms(leads: &[Lead]) -> Vec<Lead> {
    let by_id: std::collections::BTreeMap<LeadId, Lead> = leads.iter().map(|lead| (lead.id, lead.clone())).collect();
    by_id.into_values().collect()
}

/// Paths that would otherwise need a million leads.
fn tunings() -> impl Strategy<Value = Tuning> {
    prop::sample::select(vec![
        Tuning { spacing_min: 2, spacing_max: 2, sorted_rows: 0, sorted_scan: 0 },
        Tuning { spacing_min: 1, spacing_max: 4, sorted_rows: 2, sorted_scan: 4 },
        Tuning::default(),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_list_is_what_a_naive_one_says(
        tuning in tunings(),
        leads in prop::collection::vec(some_lead(), 0..40),
        queries in prop::collection::vec((some_query(), 0..14u64, 1..6u32), 1..12),
    ) {
        let cache = new_cache();
        cache.set_list_tuning(tuning);
        let mut studio: Vec<_> = (0..4).map(|n| put(stage(n, POSITIONS[n as usize]))).collect();
        studio.extend((0..3).map(|n| put(member(n, MEMBERS[n as usize]))));
        studio.extend((0..NO_FIELD).map(|n| put(custom_field(n, CustomKind::ALL[n as usize]))));
        cache.apply(studio);
        // In two pages, so that leads are updated within one and across both.
        let (first, second) = leads.split_at(leads.len() / 2);
        for (part, so_far) in [(first, first), (second, &leads[..])] {
            cache.apply(part.iter().cloned().map(put).collect());
            let held = last_forms(so_far);
            for (query, offset, limit) in &queries {
                let expected = naive(&held, query);
                let page = |offset: u64| -> Vec<LeadId> {
                    let page = cache.lead_page(query, offset, *limit).unwrap();
                    page.rows.iter().map(|row| row.id).collect()
                };
                let stretch = |offset: u64| -> Vec<LeadId> {
                    expected.iter().skip(offset as usize).take(*limit as usize).copied().collect()
                };
                // Before and after the count is known, and again from memory.
                prop_assert_eq!(page(*offset), stretch(*offset));
                prop_assert_eq!(cache.lead_count(&query.filter).unwrap(), expected.len() as u64);
                for offset in [*offset, 0, expected.len().saturating_sub(2) as u64, u64::MAX] {
                    prop_assert_eq!(page(offset), stretch(offset));
                }
                let mut exported = Vec::new();
                cache.for_each_lead(crate::LeadScope::View(query), &mut |lead| {
                    exported.push(lead.lead.id);
                    std::ops::ControlFlow::Continue(())
                }).unwrap();
                prop_assert_eq!(exported, expected);
            }
            let mut all = Vec::new();
            cache.for_each_lead(crate::LeadScope::All, &mut |lead| {
                all.push(lead.lead.id);
                std::ops::ControlFlow::Continue(())
            }).unwrap();
            all.sort_unstable();
            let kept = held.iter().filter(|lead| lead.state != LeadState::Deleted);
            prop_assert_eq!(&all, &kept.map(|lead| lead.id).collect::<Vec<_>>());
            prop_assert_eq!(cache.scope_count(crate::LeadScope::All).unwrap(), all.len() as u64);
        }
    }
}

#[test]
fn a_row_shows_what_the_lead_holds() {
    let cache = new_cache();
    let whole = Lead {
        email: Some("n@x.example".to_owned()),
        phone: Some(phone("+447700900118")),
        owner_id: Some(member_id(1)),
        tags: vec!["vip".to_owned()],
        value_minor: Some(1250),
        state: LeadState::Archived,
        custom: [(custom_field_id(1), CustomValue::Number(3))].into(),
        ..lead(1, "Nora")
    };
    cache.apply(vec![put(whole.clone())]);
    let sort = LeadSort { column: LeadColumn::Name, descending: false };
    let filter = LeadFilter { state: LeadState::Archived, ..LeadFilter::default() };
    let page = cache.lead_page(&LeadQuery { filter, sort }, 0, 5).unwrap();
    let row = &page.rows[0];
    assert_eq!((&row.name, &row.email, &row.tags), (&whole.name, &whole.email, &whole.tags));
    assert_eq!(row.phone.as_deref(), Some("+447700900118"));
    assert_eq!((row.stage_id, row.owner_id, row.source), (whole.stage_id, whole.owner_id, whole.source));
    assert_eq!(row.custom, whole.custom);
    assert_eq!((row.value_minor, row.state, row.created_at), (Some(1250), LeadState::Archived, whole.created_at));
}

#[test]
fn a_view_that_was_saved_before_there_were_lists_of_states_is_one_of_active_leads() {
    let saved = r#"{"stages":[],"owners":[],"sources":["webhook"],"tags":[],"created_from":null,"created_before":null,
                    "active_from":null,"active_before":null}"#;
    let filter: LeadFilter = serde_json::from_str(saved).unwrap();
    assert_eq!((filter.state, filter.sources), (LeadState::Active, vec![Source::Webhook]));
}

#[test]
fn walks_are_answered_by_their_index_alone() {
    let cache = new_cache();
    cache.apply(vec![put(lead(1, "Nora"))]);
    let filter = |state| LeadFilter {
        state,
        sources: vec![Source::Webhook],
        created_from: Some(UnixMs(0)),
        ..LeadFilter::default()
    };
    let states = [LeadState::Active, LeadState::Archived, LeadState::Deleted];
    let columns = [
        LeadColumn::Name,
        LeadColumn::Stage,
        LeadColumn::Owner,
        LeadColumn::Source,
        LeadColumn::Value,
        LeadColumn::CreatedAt,
        LeadColumn::LastActivityAt,
    ];
    for (state, column) in states.into_iter().flat_map(|state| columns.map(|column| (state, column))) {
        let plan: Vec<String> = cache.with_reader(|db| {
            let resolved = super::filter::Resolved::new(db, &filter(state)).unwrap();
            let walk = super::list::walk_of(db, &resolved, column, true).unwrap();
            let mut plans = Vec::new();
            for sql in walk.sql_of_all() {
                let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
                plans.extend(statement.query_map([], |row| row.get::<_, String>(3)).unwrap().map(Result::unwrap));
            }
            plans
        });
        assert!(!plan.is_empty());
        for step in plan {
            let is_good = step.contains("SEARCH") && step.contains("COVERING INDEX") && step.contains("state=?");
            assert!(is_good && !step.contains("TEMP B-TREE"), "{state:?} {column:?}: {step}");
        }
    }
}
