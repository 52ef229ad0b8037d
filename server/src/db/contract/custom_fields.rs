//! The studio's own fields, and what leads hold of them.

use std::collections::BTreeMap;

use domain::{
    ChoiceOption, ChoiceOptionId, CustomField, CustomFieldForm, CustomFieldId, CustomKind, CustomValue, CustomValues,
    Edited, FieldEdit, FieldOutcome, FieldResult, FieldValue, Lead, LeadEdit, LeadField, LeadPatch, LeadState,
    OperationId, Touch, custom_path, limits,
};
use wire::changes::{Change, Row};
use wire::operation::{Act, Done, EditLead, MergeLeads, Operation, OperationOutcome, RefusalReason, Refused};

use super::{
    NOW, TestDatabase, changes, lead, lead_id, lead_rows, on_both, own, owner, owner_id, sales_id, seller, stage_id,
    upserts, uuid,
};
use crate::db::{Billing, ImportError, Sight, Tenant, WriteError};

on_both!(
    a_field_is_told_to_everybody_as_often_as_it_changes_and_who_changed_it_is_on_record,
    what_may_not_stand_beside_the_others_is_refused_and_nothing_happens,
    a_lead_is_given_what_its_fields_can_hold_and_nothing_else,
    an_act_with_a_value_that_no_field_holds_is_refused,
    of_two_who_fill_in_the_same_field_the_first_stands_and_both_are_kept,
    what_does_not_speak_of_them_leaves_them_alone,
    a_merge_takes_over_what_the_lead_lacks,
    what_is_erased_leaves_no_value,
    what_is_imported_is_checked,
    the_longest_lead_and_its_longest_edit_fit_a_line,
);

pub(super) fn field_id(n: u64) -> CustomFieldId {
    CustomFieldId::from_uuid(uuid(50, n))
}

fn option(n: u64, name: &str) -> ChoiceOption {
    ChoiceOption { id: option_id(n), name: name.to_owned(), is_retired: false }
}

fn option_id(n: u64) -> ChoiceOptionId {
    ChoiceOptionId::from_uuid(uuid(51, n))
}

/// The field of number `n`, of the kind that stands there; a choice has the options 1 and 2.
pub(super) fn field(n: u64) -> CustomField {
    let kind = CustomKind::ALL[usize::try_from(n).expect("small") % CustomKind::ALL.len()];
    let options =
        if kind == CustomKind::Choice { vec![option(1, "Gold"), option(2, "“Silver”")] } else { Vec::new() };
    let form = CustomFieldForm {
        name: format!("Field {n}"),
        kind,
        options,
        position: i64::try_from(n).expect("small"),
        is_in_list: n.is_multiple_of(2),
        is_archived: false,
    };
    CustomField { id: field_id(n), form }
}

fn text(text: &str) -> CustomValue {
    CustomValue::Text(text.to_owned())
}

/// A value of each kind, in their order, so that the field of number `n` can hold the `n`th.
fn values() -> [CustomValue; 5] {
    let day = chrono::NaiveDate::from_ymd_opt(2027, 2, 28).expect("a day");
    [
        text("Łódź \u{202e} \"x\""),
        CustomValue::Number(-limits::EXACT_INTEGER),
        CustomValue::Date(day),
        CustomValue::YesNo(false),
        CustomValue::Choice(option_id(2)),
    ]
}

async fn put(tenant: &Tenant, field: &CustomField) -> Result<CustomField, WriteError> {
    tenant.put_custom_field(field.clone(), owner(), NOW).await
}

/// A studio with a field of each kind, and three leads.
async fn with_fields(db: &TestDatabase) -> Tenant {
    let tenant = db.studio(1).await;
    for n in 0..5 {
        put(&tenant, &field(n)).await.expect("added");
    }
    tenant.import((0..3).flat_map(|n| lead_rows(n, 1)).collect::<Vec<_>>().into_iter()).await.expect("imported");
    tenant
}

fn filled(values: impl IntoIterator<Item = (u64, Option<CustomValue>)>) -> LeadPatch {
    let custom = values.into_iter().map(|(n, value)| (field_id(n), value)).collect();
    LeadPatch { custom, ..LeadPatch::default() }
}

async fn patch(tenant: &Tenant, n: u64, patch: LeadPatch) -> Result<Lead, WriteError> {
    tenant.patch_lead(lead_id(n), patch, owner(), NOW).await
}

async fn seq(tenant: &Tenant) -> i64 {
    tenant.seq().await.expect("number")
}

async fn since(tenant: &Tenant, sight: Sight, after: i64) -> Vec<Change> {
    let page = tenant.delta_page(sight, Billing::Withheld, after).await.expect("read").expect("a page");
    changes(&page.lines)
}

fn edit(n: u64, lead: u64, edits: impl IntoIterator<Item = (u64, Edited<Option<CustomValue>>)>) -> Operation {
    let custom = edits.into_iter().map(|(n, edited)| (field_id(n), edited)).collect();
    act(n, edited(lead, LeadEdit { custom, ..LeadEdit::default() }))
}

fn edited(lead: u64, edit: LeadEdit) -> Act {
    Act::EditLead(Box::new(EditLead { lead_id: lead_id(lead), edit }))
}

fn act(n: u64, act: Act) -> Operation {
    Operation { id: OperationId::from_uuid(uuid(40, n)), at: NOW, act }
}

async fn carry_out(tenant: &Tenant, operation: Operation) -> OperationOutcome {
    tenant.carry_out(operation, owner(), NOW).await.expect("the database answers")
}

fn done(fields: &[(u64, FieldOutcome)]) -> OperationOutcome {
    let fields =
        fields.iter().map(|(n, outcome)| FieldResult { field: LeadField::Custom(field_id(*n)), outcome: *outcome });
    OperationOutcome::Done(Done { is_repeated: false, fields: fields.collect() })
}

fn refused(field: String) -> OperationOutcome {
    OperationOutcome::Refused(Refused { reason: RefusalReason::Invalid, field: Some(field) })
}

async fn a_field_is_told_to_everybody_as_often_as_it_changes_and_who_changed_it_is_on_record(db: TestDatabase) {
    let (tenant, other) = (db.studio(1).await, db.studio(2).await);
    let first = field(4);
    let form = |form: CustomFieldForm| CustomField { form, ..first.clone() };
    let renamed = form(CustomFieldForm { name: "Plan".to_owned(), is_in_list: false, ..first.form.clone() });
    let mut longer = renamed.clone();
    longer.form.options.insert(0, option(3, "Bronze"));
    let mut retired = longer.clone();
    retired.form.options[1].is_retired = true;
    let mut away = retired.clone();
    away.form.is_archived = true;
    for (n, now) in [&first, &renamed, &longer, &retired, &away, &retired].into_iter().enumerate() {
        let before = seq(&tenant).await;
        assert_eq!(put(&tenant, now).await.expect("taken"), *now);
        assert_eq!(seq(&tenant).await, before + 1);
        for sight in [Sight::All, own()] {
            let told = since(&tenant, sight, before).await;
            assert_eq!(told, [Change::Upsert(Row::CustomField(Box::new(now.clone())))], "{n}");
        }
        assert_eq!(put(&tenant, now).await.expect("again is no error"), *now);
        let on_record = tenant.count_audit().await.expect("count");
        assert_eq!((seq(&tenant).await, on_record), (before + 1, n as u64 + 1), "again changes nothing");
    }
    // In the order of their positions, after the stages.
    let mut before_it = field(7);
    before_it.form.position = 1;
    put(&tenant, &before_it).await.expect("added");
    let frame = upserts(&tenant.snapshot_frame(Billing::Withheld).await.expect("read"));
    let last_stage = frame.iter().rposition(|row| matches!(row, Row::Stage(_))).expect("stages");
    let expected = [&before_it, &retired].map(|field| Row::CustomField(Box::new(field.clone())));
    assert_eq!(frame[last_stage + 1..], expected);
    assert_eq!(tenant.list_custom_fields().await.expect("read"), [before_it, retired]);
    let acts = tenant.store().read(|tx| {
        let sql = "SELECT action, member_id, detail FROM audit_entry ORDER BY action, detail";
        let texts = |row: &crate::db::sql::Row<'_>| Ok([row.text(0)?, row.text(1)?, row.text(2)?].map(str::to_owned));
        tx.query_all(sql, &[], texts)
    });
    let by_owner = |action: &str, n| [action.to_owned(), owner_id().to_string(), field_id(n).to_string()];
    let mut expected = vec![by_owner("custom_field_added", 4), by_owner("custom_field_added", 7)];
    expected.extend((0..5).map(|_| by_owner("custom_field_changed", 4)));
    assert_eq!(acts.await.expect("read"), expected);
    assert_eq!(other.list_custom_fields().await.expect("read"), [], "another studio has its own");
    put(&other, &first).await.expect("under the same id");
}

async fn what_may_not_stand_beside_the_others_is_refused_and_nothing_happens(db: TestDatabase) {
    let tenant = with_fields(&db).await;
    let before = (seq(&tenant).await, tenant.count_audit().await.expect("count"));
    let with = |n, change: fn(&mut CustomFieldForm)| {
        let mut field = field(n);
        change(&mut field.form);
        field
    };
    for (wrong, expected) in [
        (with(4, |form| form.kind = CustomKind::Text), "options"),
        (with(0, |form| form.kind = CustomKind::Number), "kind"),
        (with(4, |form| form.options.truncate(1)), "options"),
        (with(4, |form| form.options[1].name = "gold".to_owned()), "options[1]"),
        (with(1, |form| form.name = "FIELD 2 ".to_owned()), "name"),
        (with(9, |form| form.name = "Field 0".to_owned()), "name"),
        (with(1, |form| form.position = -1), "position"),
    ] {
        match put(&tenant, &wrong).await {
            Err(WriteError::InvalidField(error)) => assert_eq!(error.field, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
    assert_eq!((seq(&tenant).await, tenant.count_audit().await.expect("count")), before);
    for n in 5..limits::CUSTOM_FIELDS as u64 {
        put(&tenant, &field(n)).await.expect("there is room");
    }
    let one_more = put(&tenant, &field(limits::CUSTOM_FIELDS as u64)).await;
    assert!(
        matches!(&one_more, Err(WriteError::InvalidField(error)) if error.field == "custom_fields"),
        "{one_more:?}"
    );
}

async fn a_lead_is_given_what_its_fields_can_hold_and_nothing_else(db: TestDatabase) {
    let tenant = with_fields(&db).await;
    // What was put away may have been typed before it was.
    let mut away = field(4);
    (away.form.is_archived, away.form.options[1].is_retired) = (true, true);
    put(&tenant, &away).await.expect("put away");
    let before = seq(&tenant).await;
    let given = patch(&tenant, 0, filled((0..).zip(values().map(Some)))).await.expect("each can hold its own");
    let expected: CustomValues = (0..).map(field_id).zip(values()).collect();
    assert_eq!(given.custom, expected);
    let told = since(&tenant, Sight::All, before).await;
    let [Change::Upsert(Row::Lead(told)), Change::Upsert(Row::LeadEdit(edit))] = &*told else { panic!("{told:?}") };
    assert!(**told == given, "as it was written");
    assert_eq!(edit.changes, FieldEdit::between(&lead(0), &given));
    assert_eq!(edit.changes.len(), 5);

    let cleared = patch(&tenant, 0, filled([(0, None), (1, Some(CustomValue::Number(7)))])).await.expect("changed");
    let mut expected = expected;
    expected.remove(&field_id(0));
    expected.insert(field_id(1), CustomValue::Number(7));
    assert_eq!(cleared.custom, expected, "what is not named stays");

    let other = db.studio(2).await;
    put(&other, &CustomField { id: field_id(90), ..field(0) }).await.expect("added");
    let before = seq(&tenant).await;
    for (n, value) in [
        (90, Some(text("another studio's"))),
        (91, None),
        (0, Some(CustomValue::Number(1))),
        (4, Some(CustomValue::Choice(option_id(3)))),
        (0, Some(text(" "))),
    ] {
        match patch(&tenant, 0, LeadPatch { notes: Some("x".to_owned()), ..filled([(n, value)]) }).await {
            Err(WriteError::InvalidField(error)) => assert_eq!(error.field, custom_path(field_id(n))),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seq(&tenant).await, before, "nothing of it happened");
    let unseen = tenant.patch_lead(lead_id(0), filled([(91, None)]), seller(), NOW).await;
    assert!(matches!(unseen, Err(WriteError::NotFound)), "{unseen:?}");
}

async fn an_act_with_a_value_that_no_field_holds_is_refused(db: TestDatabase) {
    let tenant = with_fields(&db).await;
    let before = seq(&tenant).await;
    let from_nothing = |to| Edited { from: None, to: Some(to) };
    for (operation, n) in [
        (edit(1, 0, [(90, from_nothing(text("x")))]), 90),
        (edit(2, 0, [(1, from_nothing(text("x")))]), 1),
        (edit(3, 0, [(1, Edited { from: Some(text("x")), to: None })]), 1),
        (edit(4, 0, [(0, from_nothing(text("x"))), (4, from_nothing(CustomValue::Choice(option_id(9))))]), 4),
    ] {
        assert_eq!(carry_out(&tenant, operation).await, refused(custom_path(field_id(n))));
    }
    let new = |custom| {
        let new = domain::NewLead {
            name: "Nora".to_owned(),
            email: None,
            phone: None,
            stage_id: stage_id(0),
            owner_id: None,
            source: domain::Source::Manual,
            tags: Vec::new(),
            notes: String::new(),
            value_minor: None,
            custom,
            first_touch: Touch::default(),
        };
        act(9, Act::CreateLead(Box::new(wire::operation::CreateLead { lead_id: lead_id(70), lead: new })))
    };
    let wrong = CustomValues::from([(field_id(2), CustomValue::YesNo(true))]);
    assert_eq!(carry_out(&tenant, new(wrong)).await, refused(custom_path(field_id(2))));
    assert_eq!(seq(&tenant).await, before, "nothing of it happened");
    let right = CustomValues::from([(field_id(3), CustomValue::YesNo(true))]);
    assert_eq!(carry_out(&tenant, new(right.clone())).await, done(&[]), "the control");
    assert_eq!(patch(&tenant, 70, LeadPatch::default()).await.expect("there").custom, right);
}

async fn of_two_who_fill_in_the_same_field_the_first_stands_and_both_are_kept(db: TestDatabase) {
    let tenant = with_fields(&db).await;
    let before = seq(&tenant).await;
    let to = |value: &str| Edited { from: None, to: Some(text(value)) };
    let day = Edited { from: None, to: Some(values()[2].clone()) };
    assert_eq!(carry_out(&tenant, edit(1, 0, [(0, to("Ballet"))])).await, done(&[(0, FieldOutcome::Applied)]));
    let second = edit(2, 0, [(0, to("Jazz")), (2, day)]);
    let both = [(0, FieldOutcome::Conflict), (2, FieldOutcome::Applied)];
    assert_eq!(carry_out(&tenant, second).await, done(&both));
    let told = since(&tenant, Sight::All, before).await;
    let [Change::Upsert(Row::Lead(lead)), Change::Upsert(Row::LeadEdit(_)), Change::Upsert(Row::LeadEdit(second))] =
        &*told
    else {
        panic!("{told:?}")
    };
    assert_eq!(lead.custom, CustomValues::from([(field_id(0), text("Ballet")), (field_id(2), values()[2].clone())]));
    let lost = FieldEdit {
        field: LeadField::Custom(field_id(0)),
        from: FieldValue::Custom(None),
        to: FieldValue::Custom(Some(text("Jazz"))),
        outcome: FieldOutcome::Conflict,
    };
    assert_eq!((&second.changes[0], second.changes.len()), (&lost, 2));
}

async fn what_does_not_speak_of_them_leaves_them_alone(db: TestDatabase) {
    let tenant = with_fields(&db).await;
    let given = patch(&tenant, 2, filled((0..).zip(values().map(Some)))).await.expect("given").custom;
    // As a client wrote it that had never heard of them.
    let old = r#"{"notes":{"from":"line\nline","to":"rang"},"stage_id":null}"#;
    let old: LeadEdit = serde_json::from_str(old).expect("an edit");
    assert!(matches!(carry_out(&tenant, act(1, edited(2, old))).await, OperationOutcome::Done(_)));
    let over = |owner_id| LeadPatch { owner_id: Some(owner_id), ..LeadPatch::default() };
    patch(&tenant, 2, over(Some(owner_id()))).await.expect("handed over");
    patch(&tenant, 2, over(Some(sales_id()))).await.expect("and back");
    let said = wire::write::RecordMessage {
        id: super::message_id(900),
        direction: domain::Direction::Inbound,
        body: "hello".to_owned(),
    };
    tenant.record_message(super::conversation_id(2), said, owner_id(), Sight::All, NOW).await.expect("recorded");
    tenant.release_leads(sales_id(), NOW).await.expect("released");
    let stands = patch(&tenant, 2, LeadPatch::default()).await.expect("there");
    assert_eq!((stands.custom, stands.notes.as_str(), stands.owner_id), (given, "rang", None));
}

async fn a_merge_takes_over_what_the_lead_lacks(db: TestDatabase) {
    let tenant = with_fields(&db).await;
    patch(&tenant, 0, filled([(0, Some(text("Ballet")))])).await.expect("given");
    let theirs = filled([(0, Some(text("Jazz"))), (3, Some(CustomValue::YesNo(true)))]);
    let duplicate = patch(&tenant, 1, theirs).await.expect("given");
    let before = seq(&tenant).await;
    let merge = MergeLeads { lead_id: lead_id(0), duplicate_id: lead_id(1) };
    assert_eq!(carry_out(&tenant, act(1, Act::MergeLeads(merge))).await, done(&[]));
    let stands = patch(&tenant, 0, LeadPatch::default()).await.expect("there").custom;
    assert_eq!(stands, CustomValues::from([(field_id(0), text("Ballet")), (field_id(3), CustomValue::YesNo(true))]));
    let gone = patch(&tenant, 1, LeadPatch::default()).await.expect("there");
    assert_eq!((gone.state, gone.custom), (LeadState::Deleted, duplicate.custom), "it can be restored");
    let told = since(&tenant, Sight::All, before).await;
    let took_over = told.iter().any(|change| match change {
        Change::Upsert(Row::LeadEdit(edit)) => {
            edit.changes.iter().any(|change| change.field == LeadField::Custom(field_id(3)))
        }
        _ => false,
    });
    assert!(took_over, "its history says so: {told:?}");
}

async fn what_is_erased_leaves_no_value(db: TestDatabase) {
    let tenant = with_fields(&db).await;
    let word = "Zaunkoenig";
    patch(&tenant, 0, filled([(0, Some(text(word)))])).await.expect("given");
    carry_out(&tenant, edit(1, 0, [(0, Edited { from: Some(text(word)), to: None })])).await;
    let found = async || {
        let count =
            |sql: &'static str| tenant.store().read(move |tx| tx.find(sql, &["%Zaunkoenig%".into()], |row| row.int(0)));
        let counts = [
            count("SELECT count(*) FROM lead WHERE custom LIKE $1").await,
            count("SELECT count(*) FROM lead_edit WHERE changes LIKE $1").await,
            count("SELECT count(*) FROM operation WHERE fields LIKE $1").await,
            count("SELECT count(*) FROM audit_entry WHERE detail LIKE $1").await,
        ];
        counts.map(|count| count.expect("read").expect("a row"))
    };
    assert_eq!(found().await, [0, 2, 0, 0], "the control: the history has it");
    tenant.delete_lead(lead_id(0), Sight::All).await.expect("erased");
    assert_eq!(found().await, [0; 4]);
    assert_eq!(tenant.list_custom_fields().await.expect("read").len(), 5, "the field stays");
}

async fn what_is_imported_is_checked(db: TestDatabase) {
    let tenant = db.studio(1).await;
    let with = |n, custom: [(u64, CustomValue); 1]| {
        let custom = custom.into_iter().map(|(n, value)| (field_id(n), value)).collect();
        Row::Lead(Box::new(Lead { custom, ..lead(n) }))
    };
    let field_row = |n| Row::CustomField(Box::new(field(n)));
    let before = seq(&tenant).await;
    for wrong in [
        vec![with(0, [(0, text("x"))])],
        vec![field_row(0), with(0, [(0, CustomValue::Number(1))])],
        vec![field_row(0), Row::CustomField(Box::new(CustomField { id: field_id(9), ..field(0) }))],
    ] {
        let (row, error) = (wrong.len() as u64, tenant.import(wrong.into_iter()).await.expect_err("stopped"));
        assert!(matches!(&error, ImportError::Custom { row: at, .. } if *at == row), "{error:?}");
    }
    assert_eq!(seq(&tenant).await, before);
    let right = [field_row(0), with(0, [(0, text("x"))]), field_row(1)];
    tenant.import(right.clone().into_iter()).await.expect("imported");
    tenant.import([with(1, [(1, CustomValue::Number(1))])].into_iter()).await.expect("of a field that was there");
    let told: BTreeMap<_, _> = since(&tenant, Sight::All, before).await.into_iter().enumerate().collect();
    assert_eq!((told.len(), &told[&0]), (4, &Change::Upsert(right[0].clone())));
}

/// As long as what may be typed into the fields of a lead can be, `c` telling one text from another.
fn longest(c: char) -> Lead {
    let line = |chars: usize| Some(c.to_string().repeat(chars));
    let touch = Touch {
        utm_source: line(limits::TOUCH_CHARS),
        utm_medium: line(limits::TOUCH_CHARS),
        utm_campaign: line(limits::TOUCH_CHARS),
        utm_content: line(limits::TOUCH_CHARS),
        utm_term: line(limits::TOUCH_CHARS),
        gclid: line(limits::TOUCH_CHARS),
        fbclid: line(limits::TOUCH_CHARS),
        ctwa_clid: line(limits::TOUCH_CHARS),
        form: line(limits::TOUCH_CHARS),
        ad: line(limits::TOUCH_CHARS),
        campaign: line(limits::TOUCH_CHARS),
        referred_by: line(limits::TOUCH_CHARS),
    };
    let tag = |n: usize| format!("{n:02}{}", c.to_string().repeat(limits::TAG_CHARS - 2));
    let (control, letter, n) = if c == '\u{1f600}' { ("\u{1}", "x", 0) } else { ("\u{2}", "y", 1) };
    Lead {
        name: c.to_string().repeat(limits::NAME_CHARS),
        email: Some(format!("{}@mail.example", letter.repeat(limits::EMAIL_BYTES - 13))),
        campaign: line(limits::TOUCH_CHARS),
        tags: (0..limits::TAGS).map(tag).collect(),
        // No byte takes more room in JSON.
        notes: control.repeat(limits::NOTES_BYTES),
        value_minor: Some(limits::MAX_VALUE_MINOR - n),
        custom: (0..limits::CUSTOM_FIELDS as u64)
            .map(|n| (field_id(n), CustomValue::Text(c.to_string().repeat(limits::CUSTOM_TEXT_CHARS))))
            .collect(),
        first_touch: touch.clone(),
        last_touch: touch,
        ..lead(0)
    }
}

async fn the_longest_lead_and_its_longest_edit_fit_a_line(db: TestDatabase) {
    let tenant = db.studio(1).await;
    for n in 0..limits::CUSTOM_FIELDS as u64 {
        put(&tenant, &CustomField { id: field_id(n), form: CustomFieldForm { name: n.to_string(), ..field(0).form } })
            .await
            .expect("added");
    }
    let (one, other) = (longest('\u{1f600}'), longest('\u{1f60a}'));
    tenant.import([Row::Lead(Box::new(one.clone()))].into_iter()).await.expect("it fits a line");
    let before = seq(&tenant).await;
    let all = LeadEdit {
        stage_id: Some(Edited { from: one.stage_id, to: stage_id(1) }),
        owner_id: Some(Edited { from: one.owner_id, to: None }),
        state: Some(Edited { from: LeadState::Active, to: LeadState::Archived }),
        ..LeadEdit::between(&one, &other)
    };
    all.wanted().check().expect("it may be typed");
    let wanted = all.fields().count();
    assert!(matches!(carry_out(&tenant, act(1, edited(0, all))).await, OperationOutcome::Done(_)));
    let mut told = since(&tenant, Sight::All, before).await;
    let Some(Change::Upsert(Row::LeadEdit(edit))) = told.pop() else { panic!("its history is told") };
    assert_eq!((edit.changes.len(), wanted), (58, 58), "all but the number");
    let Some(Change::Upsert(Row::Lead(lead))) = told.into_iter().next() else { panic!("the lead is told") };
    assert!(lead.custom == other.custom && lead.notes == other.notes);
}
