//! The cache and its outbox against a model that is a few lists: whatever is typed, sent, refused, told, discarded and opened
//! again, in whatever order, both show the same leads and have the same acts to send.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use domain::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use tempfile::TempDir;
use wire::changes::Change;
use wire::operation::{Act, CreateLead, EditLead, Operation};

use crate::outbox_tests::operation_id;
use crate::read::{LeadFilter, OutboxRefusal, OutboxState};
use crate::testing::*;
use crate::{Cache, LeadCreation, NewEdit, Verdict};

/// Sequences in each of the tests at the end, which run beside each other.
const SEQUENCES: u32 = 500;
const STEPS: usize = 50;
/// Leads that the server has told at first, and all that there may come to be.
const TOLD: u64 = 4;
const LEADS: u64 = 7;
const NEVER: usize = usize::MAX;

/// What somebody makes of a lead.
#[derive(Debug, Clone)]
enum Typed {
    Name(u8),
    Notes(u8),
    Tag(u8),
    Stage(u8),
    /// What one of the studio's own fields is to hold.
    Custom(u8, Option<u8>),
    State(bool),
}

#[derive(Debug, Clone)]
enum Step {
    /// Somebody at this desk edits a lead, or adds it.
    Edit(u64, Typed),
    /// A colleague edits it.
    Colleague(u64, Typed),
    /// The desk sends so many acts; the server refuses the one of this number.
    Send {
        limit: usize,
        refuses: usize,
    },
    /// All that changed is told, from the beginning to the end.
    Pull,
    /// A part of it, and then the line breaks.
    PullCut(usize),
    Retry,
    Discard,
    Reopen,
}

fn typed() -> impl Strategy<Value = Typed> {
    prop_oneof![
        (0..3_u8).prop_map(Typed::Name),
        (0..3_u8).prop_map(Typed::Notes),
        (0..4_u8).prop_map(Typed::Tag),
        (1..3_u8).prop_map(Typed::Stage),
        any::<bool>().prop_map(Typed::State),
        (0..2_u8, prop::option::of(0..3_u8)).prop_map(|(field, value)| Typed::Custom(field, value)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..LEADS, typed()).prop_map(|(lead, typed)| Step::Edit(lead, typed)),
        4 => (0..TOLD, typed()).prop_map(|(lead, typed)| Step::Colleague(lead, typed)),
        5 => (1..4_usize).prop_map(|limit| Step::Send { limit, refuses: NEVER }),
        2 => (1..4_usize, 0..2_usize).prop_map(|(limit, refuses)| Step::Send { limit, refuses }),
        4 => Just(Step::Pull),
        2 => (0..3_usize).prop_map(Step::PullCut),
        1 => Just(Step::Retry),
        1 => Just(Step::Discard),
        1 => Just(Step::Reopen),
    ]
}

/// Where an act of the model stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    Waits,
    Done,
    Settles,
    Refused,
}

impl Typed {
    fn to(&self, lead: &mut Lead) {
        match self {
            Self::Name(n) => lead.name = format!("Name {n}"),
            Self::Notes(n) => lead.notes = format!("note {n}"),
            Self::Tag(n) => {
                let tag = format!("tag {n}");
                if lead.tags.contains(&tag) { lead.tags.retain(|one| *one != tag) } else { lead.tags.push(tag) }
            }
            Self::Stage(n) => lead.stage_id = stage_id(u64::from(*n)),
            Self::Custom(field, value) => {
                let id = custom_field_id(u64::from(*field));
                match value {
                    Some(value) => lead.custom.insert(id, CustomValue::Number(i64::from(*value))),
                    None => lead.custom.remove(&id),
                };
            }
            Self::State(is_archived) => {
                lead.state = if *is_archived { LeadState::Archived } else { LeadState::Active };
            }
        }
    }
}

/// The lead with an edit, by the rule that both sides have.
fn merged(lead: &Lead, edit: &LeadEdit, at: UnixMs) -> Lead {
    let patch = merge_lead(edit.clone(), at, lead, None).patch;
    let mut after = lead.clone().patched(patch.clone());
    if patch != LeadPatch::default() {
        after.last_activity_at = after.last_activity_at.max(at);
    }
    after
}

#[derive(Default)]
struct Model {
    /// As the server has them, and as it has told them.
    server: BTreeMap<LeadId, Lead>,
    told: BTreeMap<LeadId, Lead>,
    acts: Vec<(Operation, Stands)>,
    /// Leads that were told since the last act on them began to settle: it is in what was told.
    fresh: BTreeSet<LeadId>,
}

impl Model {
    fn acts_on(&self, id: LeadId) -> impl Iterator<Item = &(Operation, Stands)> {
        self.acts.iter().filter(move |(operation, _)| operation.act.leads().contains(&id))
    }

    /// What is to be shown: what was told, or added here, with the acts on top that are not in it.
    fn shown(&self, id: LeadId) -> Option<Lead> {
        let added = self.acts_on(id).find_map(|(operation, _)| match &operation.act {
            Act::CreateLead(added) => Some(added.lead.clone().into_lead(id, operation.at)),
            _ => None,
        });
        let mut lead = self.told.get(&id).cloned().or(added)?;
        let is_in_it = |stands: &Stands| *stands == Stands::Settles && self.fresh.contains(&id);
        for (operation, _) in self.acts_on(id).filter(|(_, stands)| !is_in_it(stands)) {
            if let Some(act) = operation.act.as_edit() {
                lead = merged(&lead, &act.edit, operation.at);
            }
        }
        Some(lead)
    }

    /// Whether an act waits for a refused one.
    fn is_held(&self, of: usize) -> bool {
        let id = self.acts[of].0.act.leads()[0];
        let before = &self.acts[..of];
        before.iter().any(|(act, stands)| *stands == Stands::Refused && act.act.leads()[0] == id)
    }

    fn to_send(&self) -> Vec<usize> {
        (0..self.acts.len()).filter(|n| self.acts[*n].1 == Stands::Waits && !self.is_held(*n)).collect()
    }

    fn first_refused(&self) -> Option<usize> {
        self.acts.iter().position(|(_, stands)| *stands == Stands::Refused)
    }

    /// A pull begins.
    fn settle(&mut self) {
        for (operation, stands) in self.acts.iter_mut().filter(|(_, stands)| *stands == Stands::Done) {
            *stands = Stands::Settles;
            self.fresh.remove(&operation.act.leads()[0]);
        }
    }

    fn changed(&self) -> Vec<Lead> {
        self.server.values().filter(|lead| self.told.get(&lead.id) != Some(lead)).cloned().collect()
    }

    /// The server does an act.
    fn carry_out(&mut self, of: usize) -> Verdict {
        let (Operation { at, act, .. }, stands) = &mut self.acts[of];
        *stands = Stands::Done;
        match act {
            Act::CreateLead(added) => {
                self.server.insert(added.lead_id, added.lead.clone().into_lead(added.lead_id, *at));
                Verdict::Done(Vec::new())
            }
            Act::EditLead(edit) => {
                let lead = self.server.get_mut(&edit.lead_id).expect("it was told, or added before");
                let fields = merge_lead(edit.edit.clone(), *at, lead, None).fields;
                *lead = merged(lead, &edit.edit, *at);
                Verdict::Done(fields)
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A desk and its model.
struct Pair {
    desk: TestCache,
    model: Model,
    acts: u64,
}

impl Pair {
    fn new() -> Self {
        let desk = copied();
        let told: BTreeMap<_, _> = (0..TOLD).map(|n| (lead_id(n), lead(n, "Name 0"))).collect();
        Self { desk, model: Model { server: told.clone(), told, ..Model::default() }, acts: 0 }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Edit(n, typed) => self.edit(lead_id(*n), typed),
            Step::Colleague(n, typed) => {
                let lead = self.model.server.get_mut(&lead_id(*n)).expect("it is there from the first");
                typed.to(lead);
            }
            Step::Send { limit, refuses } => self.send(*limit, *refuses),
            Step::Pull => {
                self.desk.begin_pull().unwrap();
                self.model.settle();
                self.tell(NEVER);
                self.desk.end_pull(at(5_000)).unwrap();
                self.model.acts.retain(|(_, stands)| *stands != Stands::Settles);
            }
            Step::PullCut(rows) => {
                self.desk.begin_pull().unwrap();
                self.model.settle();
                self.tell(*rows);
            }
            Step::Retry => {
                if let Some(of) = self.model.first_refused() {
                    self.desk.retry_operation(self.model.acts[of].0.id).unwrap();
                    self.model.acts[of].1 = Stands::Waits;
                }
            }
            Step::Discard => self.discard(),
            Step::Reopen => {
                self.desk.close().unwrap();
                self.desk.cache = Cache::open(&self.desk.path, &key(7)).unwrap();
            }
        }
    }

    fn edit(&mut self, id: LeadId, typed: &Typed) {
        self.acts += 1;
        let (operation_id, at) = (operation_id(self.acts), at(600 + self.acts as i64));
        let Some(shown) = self.model.shown(id) else {
            let Lead { name, email, phone, stage_id, owner_id, source, tags, notes, value_minor, custom, .. } =
                lead(0, "Name 1");
            let first_touch = Touch::default();
            let new = NewLead {
                name,
                email,
                phone,
                stage_id,
                owner_id,
                source,
                tags,
                notes,
                value_minor,
                custom,
                first_touch,
            };
            let creation = LeadCreation { id: operation_id, lead_id: id, at, lead: new.clone() };
            self.desk.create_leads(&[creation]).unwrap();
            let act = Act::CreateLead(Box::new(CreateLead { lead_id: id, lead: new }));
            self.model.acts.push((Operation { id: operation_id, at, act }, Stands::Waits));
            return;
        };
        let mut wanted = shown.clone();
        typed.to(&mut wanted);
        let edit = LeadEdit::between(&shown, &wanted);
        let make = &mut |seen: &Lead| {
            assert_eq!(*seen, shown);
            Some(NewEdit { id: operation_id, at, edit: edit.clone() })
        };
        self.desk.edit_leads(&[id], make).unwrap();
        if wanted != shown {
            let act = Act::EditLead(Box::new(EditLead { lead_id: id, edit }));
            self.model.acts.push((Operation { id: operation_id, at, act }, Stands::Waits));
        }
    }

    fn send(&mut self, limit: usize, refuses: usize) {
        let sent = self.desk.operations_to_send(limit, usize::MAX).unwrap();
        let places: Vec<usize> = self.model.to_send().into_iter().take(limit).collect();
        assert_eq!(sent, places.iter().map(|n| self.model.acts[*n].0.clone()).collect::<Vec<_>>());
        let mut verdicts = Vec::new();
        for (n, place) in places.into_iter().enumerate() {
            let id = self.model.acts[place].0.id;
            if n == refuses {
                self.model.acts[place].1 = Stands::Refused;
                verdicts.push((id, Verdict::Refused(OutboxRefusal::Forbidden)));
            } else if !self.model.is_held(place) {
                verdicts.push((id, self.model.carry_out(place)));
            }
        }
        self.desk.judge_operations(&verdicts, "e").unwrap();
    }

    fn tell(&mut self, rows: usize) {
        let told: Vec<Lead> = self.model.changed().into_iter().take(rows).collect();
        let changes: Vec<Change> = told.iter().cloned().map(put).collect();
        self.desk.apply_page(&page("c", changes)).unwrap();
        self.model.fresh.extend(told.iter().map(|lead| lead.id));
        self.model.told.extend(told.into_iter().map(|lead| (lead.id, lead)));
    }

    fn discard(&mut self) {
        let Some(of) = self.model.first_refused() else { return };
        let (operation, _) = self.model.acts.remove(of);
        self.desk.discard_operation(operation.id).unwrap();
        if let Some(id) = operation.act.created_lead() {
            // With all that was done to it.
            self.model.acts.retain(|(act, _)| !act.act.leads().contains(&id));
        }
    }

    fn compare(&self) {
        let mut listed = 0;
        for n in 0..LEADS {
            let found = self.desk.get_lead_detail(lead_id(n)).ok().map(|detail| detail.lead);
            let shown = self.model.shown(lead_id(n));
            listed += u64::from(shown.as_ref().is_some_and(|lead| lead.state == LeadState::Active));
            assert_eq!(found, shown, "lead {n}");
        }
        assert_eq!(self.desk.lead_count(&LeadFilter::default()).unwrap(), listed);
        let rows = self.desk.list_outbox(0, 100).unwrap();
        let rows: Vec<_> = rows.into_iter().map(|row| (row.id, row.state)).collect();
        let expected = self.model.acts.iter().enumerate().filter_map(|(n, (operation, stands))| {
            let state = match stands {
                Stands::Waits if self.model.is_held(n) => OutboxState::Held,
                Stands::Waits => OutboxState::Waiting,
                Stands::Refused => OutboxState::Refused(OutboxRefusal::Forbidden),
                Stands::Done | Stands::Settles => return None,
            };
            Some((operation.id, state))
        });
        assert_eq!(rows, expected.collect::<Vec<_>>());
    }
}

/// A copy of one cache that was made once: making one takes longer than all that is done to it here.
fn copied() -> TestCache {
    static TEMPLATE: OnceLock<TestCache> = OnceLock::new();
    let template = TEMPLATE.get_or_init(|| {
        let cache = new_cache();
        cache.apply(vec![put(stage(1, 0)), put(stage(2, 1))]);
        cache.apply((0..TOLD).map(|n| put(lead(n, "Name 0"))).collect());
        cache.close().unwrap();
        cache
    });
    let memory = std::path::Path::new("/dev/shm");
    let dir = if memory.is_dir() { TempDir::new_in(memory).unwrap() } else { TempDir::new().unwrap() };
    for suffix in ["", "-seal"] {
        let name = format!("cache.db{suffix}");
        std::fs::copy(template.path.with_file_name(&name), dir.path().join(&name)).unwrap();
    }
    let path = dir.path().join("cache.db");
    TestCache { cache: Cache::open(&path, &key(7)).unwrap(), path, dir }
}

/// All of a sequence.
fn follow(steps: &[Step]) {
    let mut pair = Pair::new();
    for step in steps {
        pair.take(step);
        pair.compare();
    }
    assert_eq!(pair.desk.prove(), Ok(()));
}

macro_rules! sequences {
    ($($name:ident)*) => {$(
        proptest! {
            #![proptest_config(ProptestConfig { max_shrink_iters: 2_000, ..ProptestConfig::with_cases(SEQUENCES) })]
            #[test]
            fn $name(steps in prop::collection::vec(step(), STEPS)) {
                follow(&steps);
            }
        }
    )*};
}

// Four of five hundred: each has its own seed.
sequences! {
    the_cache_is_as_its_model_1
    the_cache_is_as_its_model_2
    the_cache_is_as_its_model_3
    the_cache_is_as_its_model_4
}

/// The control: a model with another rule, and a few sequences tell them apart.
#[test]
fn a_model_that_forgets_what_was_refused_is_told_apart() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let told_apart = (0..40).any(|_| {
        let steps = prop::collection::vec(step(), STEPS).new_tree(&mut runner).unwrap().current();
        std::panic::catch_unwind(|| {
            let mut pair = Pair::new();
            for step in &steps {
                pair.take(step);
                // As if a refused act were given up by itself.
                pair.model.acts.retain(|(_, stands)| *stands != Stands::Refused);
                pair.compare();
            }
        })
        .is_err()
    });
    assert!(told_apart);
}
