//! What our own export writes is read back as it was: each field that a new lead can have.

#![allow(clippy::unwrap_used)]

use std::fs::File;

use domain::*;
use export::{ExportContext, Format, LeadRecord};
use frontdesk_import::{Defaults, Reading, Refusal, RefusalReason, Studio, inspect, records};
use proptest::prelude::*;
use uuid::Uuid;

fn stages() -> Vec<Stage> {
    let stage = |n: u128, name: &str| Stage {
        id: StageId::from_uuid(Uuid::from_u128(n)),
        name: name.to_owned(),
        position: n as i64,
        colour: "#112233".to_owned(),
        outcome: StageOutcome::Open,
    };
    vec![stage(1, "New"), stage(2, "Trial booked"), stage(3, "=Won")]
}

fn members() -> Vec<Member> {
    let member = |n: u128, name: &str| Member {
        id: MemberId::from_uuid(Uuid::from_u128(n)),
        name: name.to_owned(),
        email: format!("m{n}@studio.example"),
        role: Role::Sales,
        is_former: false,
    };
    vec![member(1, "Asha Rao"), member(2, "Žofie Nováková")]
}

/// Text of what files trip over.
fn text(chars: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let c = prop_oneof![
        prop::sample::select(vec!['=', '+', '-', '@', '\'', '"', ',', ';', '|', '\\', ' ', 'é', '日', '🎉', 'a', '1']),
        any::<char>().prop_filter("none that is refused", |c| !c.is_control()),
    ];
    prop::collection::vec(c, chars).prop_map(String::from_iter)
}

fn filled(chars: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    text(chars).prop_filter("not blank", |text| !text.trim().is_empty())
}

fn touch() -> impl Strategy<Value = Touch> {
    prop::collection::vec(prop::option::of(filled(1..12)), 12).prop_map(|texts| {
        let mut texts = texts.into_iter();
        let mut next = || texts.next().unwrap();
        Touch {
            utm_source: next(),
            utm_medium: next(),
            utm_campaign: next(),
            utm_content: next(),
            utm_term: next(),
            gclid: next(),
            fbclid: next(),
            ctwa_clid: next(),
            form: next(),
            ad: next(),
            campaign: next(),
            referred_by: next(),
        }
    })
}

prop_compose! {
    fn lead()(
        name in filled(1..30),
        email in prop::option::of("[a-z.+]{1,8}@[a-z]{1,8}[.]example"),
        phone in prop::option::of("[+][1-9][0-9]{6,14}"),
        stage in 0..3_usize,
        owner in prop::option::of(0..2_usize),
        tags in prop::collection::btree_set(filled(1..10), 0..4),
        notes in prop_oneof![text(0..60), Just("two\r\nlines\n".to_owned())],
        value_minor in prop::option::of(0..=limits::MAX_VALUE_MINOR),
        first_touch in touch(),
    ) -> NewLead {
        NewLead {
            name,
            email,
            phone: phone.map(|phone| Phone::try_from(phone).unwrap()),
            stage_id: stages()[stage].id,
            owner_id: owner.map(|owner| members()[owner].id),
            source: Source::CsvImport,
            tags: tags.into_iter().collect(),
            // A cell of nothing but spaces is read as it is; so is one of none.
            notes,
            value_minor,
            custom: CustomValues::new(),
            first_touch,
        }
    }
}

fn exported(leads: &[Lead]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let context = ExportContext::new("Europe/Lisbon", "EUR").unwrap();
    let mut writer = export::create(file.path(), Format::Csv, &context).unwrap();
    for lead in leads {
        let stages = stages();
        let stage = &stages.iter().find(|stage| stage.id == lead.stage_id).unwrap().name;
        let members = members();
        let owner = members.iter().find(|member| Some(member.id) == lead.owner_id).map(|member| member.name.as_str());
        writer.write(&LeadRecord::of(lead, stage, owner, 3)).unwrap();
    }
    writer.finish().unwrap();
    file
}

fn read(file: &tempfile::NamedTempFile) -> Vec<Result<NewLead, Refusal>> {
    let found = inspect(&mut File::open(file.path()).unwrap(), None, &[]).unwrap();
    assert!(found.is_ours);
    let (stages, members) = (stages(), members());
    let studio = Studio { stages: &stages, members: &members, currency: "EUR", fields: &[] };
    let defaults = Defaults { stage_id: stages[0].id, owner_id: None, tag: None };
    let targets = found.columns.iter().map(|column| column.guess).collect();
    let reading = Reading::new(targets, defaults, studio, found.is_ours);
    let mut rows = records(File::open(file.path()).unwrap(), &found.dialect).unwrap();
    let mut leads = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        leads.push(reading.read(&row.unwrap()).map(|lead| lead.unwrap()));
    }
    leads
}

fn into_lead(new: NewLead, n: usize) -> Lead {
    new.into_lead(LeadId::from_uuid(Uuid::from_u128(n as u128)), UnixMs(1_795_000_000_000))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn leads_come_back_as_they_were(new in prop::collection::vec(lead(), 1..5)) {
        let leads: Vec<Lead> = new.iter().cloned().enumerate().map(|(n, new)| into_lead(new, n)).collect();
        let read: Vec<NewLead> = read(&exported(&leads)).into_iter().map(Result::unwrap).collect();
        for (read, new) in read.iter().zip(&new) {
            prop_assert!(read == new, "{} came back as {}", json(new), json(read));
        }
        prop_assert_eq!(read.len(), new.len());
    }
}

fn json(new: &NewLead) -> String {
    format!("{:?} {:?} {:?} {:?}", new.name, new.tags, new.notes, new.first_touch)
}

#[test]
fn who_is_archived_or_deleted_in_the_file_does_not_come_back_to_life() {
    let new: NewLead = NewLead {
        name: "Nora".to_owned(),
        email: None,
        phone: None,
        stage_id: stages()[0].id,
        owner_id: None,
        source: Source::Manual,
        tags: vec![],
        notes: String::new(),
        value_minor: None,
        custom: CustomValues::new(),
        first_touch: Touch::default(),
    };
    let states = [LeadState::Active, LeadState::Archived, LeadState::Deleted];
    let leads: Vec<Lead> =
        states.into_iter().enumerate().map(|(n, state)| Lead { state, ..into_lead(new.clone(), n) }).collect();
    let reasons: Vec<_> =
        read(&exported(&leads)).into_iter().map(|row| row.err().map(|refusal| refusal.reason)).collect();
    assert_eq!(reasons, [None, Some(RefusalReason::State), Some(RefusalReason::State)]);
}
