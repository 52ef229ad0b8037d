//! The studio's own fields: defined once for all of it, filled in offline too, merged like any other, in lists, imports and
//! exports.

use chrono::NaiveDate;
use desk::view::{
    ConflictChoice, Connection, DeskEvent, Duplicates, ExportFormat, ExportRequest, ExportScope, ExportState,
    ImportPlan, ImportState,
};
use desk::{DeskError, ErrorCode, ErrorView, ImportTarget};
use domain::{
    ChoiceOption, ChoiceOptionId, CustomFieldForm, CustomFieldId, CustomKind, CustomValue, FieldValue, LeadField,
    Permission, Role,
};
use store::read::{CustomFilter, CustomTest, LeadFilter};
use testkit::{TestDesk, TestServer};
use uuid::Uuid;

use crate::edits::{edit, lead, nth, synced, until, until_settled};
use crate::{STUDIO, manager};

fn option(name: &str) -> ChoiceOption {
    ChoiceOption { id: ChoiceOptionId::from_uuid(Uuid::now_v7()), name: name.to_owned(), is_retired: false }
}

fn form(name: &str, kind: CustomKind, options: Vec<ChoiceOption>) -> CustomFieldForm {
    CustomFieldForm { name: name.to_owned(), kind, options, position: 9, is_in_list: true, is_archived: false }
}

/// Defines a field and waits until it is here.
async fn define(desk: &mut TestDesk, form: CustomFieldForm) -> anyhow::Result<CustomFieldId> {
    let id = CustomFieldId::from_uuid(Uuid::now_v7());
    desk.desk.save_custom_field(id, form).await?;
    until(desk, "the field", async |desk| Ok(knows(desk, id).await?)).await?;
    Ok(id)
}

async fn knows(desk: &TestDesk, id: CustomFieldId) -> anyhow::Result<bool> {
    Ok(desk.desk.session().await?.fields.iter().any(|field| field.id == id))
}

fn code(error: DeskError) -> ErrorCode {
    ErrorView::from(error).code
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_is_defined_once_filled_in_offline_and_found_by_colleagues() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let mut colleague = synced(&server, server.member(Role::Sales)?).await?;
    let seats = define(&mut desk, form("Seats", CustomKind::Number, vec![])).await?;
    let options = vec![option("Gold"), option("Silver")];
    let plan = define(&mut desk, form("Plan", CustomKind::Choice, options.clone())).await?;
    colleague.desk.sync_now().await?;
    until(&mut colleague, "the fields", async |desk| Ok(knows(desk, plan).await?)).await?;

    server.wire().unplug();
    desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    // One that the colleague sees too.
    let mut n = 0;
    let id = loop {
        let id = nth(&desk, n).await?;
        if lead(&desk, id).await?.owner_id.is_none() {
            break id;
        }
        n += 1;
    };
    edit(&desk, id, |lead| {
        lead.custom.insert(seats, CustomValue::Number(42_500));
        lead.custom.insert(plan, CustomValue::Choice(options[1].id));
    })
    .await?;
    let unsent = desk.desk.get_lead_detail(id).await?.unsent;
    assert_eq!(unsent.len(), 2);
    assert!([seats, plan].iter().all(|id| unsent.contains(&LeadField::Custom(*id))));
    // Nobody else's field holds the value, nor another kind of it, nor an option of no list.
    for (field, value) in [
        (CustomFieldId::from_uuid(Uuid::now_v7()), CustomValue::Number(1)),
        (seats, CustomValue::YesNo(true)),
        (plan, CustomValue::Choice(option("Bronze").id)),
    ] {
        let refused = edit(&desk, id, |lead| drop(lead.custom.insert(field, value))).await;
        let refused = refused.expect_err("no field can hold it").downcast::<DeskError>()?;
        assert_eq!(code(refused), ErrorCode::InvalidInput);
    }
    assert_eq!(server.wire().cuts(), 1, "the cable really was pulled");
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    colleague.desk.sync_now().await?;
    until_settled(&mut desk).await?;
    until(&mut colleague, "the values", async |desk| Ok(lead(desk, id).await?.custom.contains_key(&seats))).await?;
    assert_eq!(lead(&desk, id).await?, lead(&colleague, id).await?);

    let asked = |field_id, test| LeadFilter { custom: vec![CustomFilter { field_id, test }], ..LeadFilter::default() };
    let within = |from, to| asked(seats, CustomTest::Number { from: Some(from), to: Some(to) });
    for (filter, count) in [
        (within(42_500, 50_000), 1),
        (within(0, 42_499), 0),
        (asked(plan, CustomTest::Choice(vec![options[1].id])), 1),
        (asked(plan, CustomTest::Choice(vec![options[0].id])), 0),
        (asked(plan, CustomTest::Filled), 1),
    ] {
        assert_eq!(colleague.desk.lead_count(filter).await?, count);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_fill_in_the_same_field_are_asked_which_stands() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let mut colleague = synced(&server, server.member(Role::Owner)?).await?;
    let day = define(&mut desk, form("Trial day", CustomKind::Date, vec![])).await?;
    colleague.desk.sync_now().await?;
    until(&mut colleague, "the field", async |desk| Ok(knows(desk, day).await?)).await?;
    let id = nth(&desk, 4).await?;
    let date = |n| CustomValue::Date(NaiveDate::from_ymd_opt(2026, 12, n).expect("a day"));
    server.wire().unplug();
    desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    edit(&desk, id, |lead| drop(lead.custom.insert(day, date(1)))).await?;
    colleague_fills_in(&server, id, day).await?;
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    until_settled(&mut desk).await?;
    let detail = desk.desk.get_lead_detail(id).await?;
    let [conflict] = &detail.conflicts[..] else { panic!("{} conflicts", detail.conflicts.len()) };
    assert_eq!(conflict.field, LeadField::Custom(day));
    let value = |n| FieldValue::Custom(Some(date(n)));
    assert_eq!((&conflict.yours, &conflict.theirs), (&value(1), &value(2)));
    let both = desk.desk.settle_conflict(id, conflict.operation_id, conflict.field, ConflictChoice::Both).await;
    assert_eq!(both.map(|_| ()).map_err(code), Err(ErrorCode::InvalidInput), "a day is one");
    desk.desk.settle_conflict(id, conflict.operation_id, conflict.field, ConflictChoice::Yours).await?;
    until_settled(&mut desk).await?;
    colleague.desk.sync_now().await?;
    until(&mut colleague, "the decision", async |desk| Ok(lead(desk, id).await?.custom.get(&day) == Some(&date(1))))
        .await?;
    let edits = colleague.desk.get_lead_detail(id).await?.edits;
    let told = edits.iter().flat_map(|edit| &edit.changes).filter(|change| change.field == LeadField::Custom(day));
    assert_eq!(told.count(), 3, "the history keeps both, and the decision");
    Ok(())
}

/// Past the wire, as a colleague whose network is fine.
async fn colleague_fills_in(server: &TestServer, id: domain::LeadId, day: CustomFieldId) -> anyhow::Result<()> {
    let theirs = serde_json::json!({ "custom": { day.to_string(): { "date": "2026-12-02" } } });
    let colleague = server.colleague(manager(server)).await?;
    colleague.send(reqwest::Method::PATCH, &format!("/v1/leads/{id}"), &theirs).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sells_defines_no_field_and_nobody_does_what_no_field_may_be() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let sales = synced(&server, server.member(Role::Sales)?).await?;
    let id = CustomFieldId::from_uuid(Uuid::now_v7());
    let refused = sales.desk.save_custom_field(id, form("Mine", CustomKind::Text, vec![])).await;
    assert!(matches!(refused, Err(DeskError::Forbidden(Permission::ManageFields))));

    let mut desk = synced(&server, manager(&server)).await?;
    let options = vec![option("Gold"), option("Silver")];
    let plan = define(&mut desk, form("Plan", CustomKind::Choice, options.clone())).await?;
    for wrong in [
        form("Plan", CustomKind::Text, vec![]),
        form("Plan", CustomKind::Choice, options[..1].to_vec()),
        form(" ", CustomKind::Choice, options.clone()),
    ] {
        let refused = desk.desk.save_custom_field(plan, wrong).await;
        assert_eq!(refused.map_err(code), Err(ErrorCode::InvalidInput));
    }
    let refused = desk.desk.save_custom_field(id, form("PLAN", CustomKind::Text, vec![])).await;
    assert_eq!(refused.map_err(code), Err(ErrorCode::InvalidInput), "the name is taken");
    server.wire().unplug();
    desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    let offline = desk.desk.save_custom_field(plan, form("Plan B", CustomKind::Choice, options)).await;
    assert_eq!(offline.map_err(code), Err(ErrorCode::ServerUnreachable));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_of_them_is_imported_again() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let options = vec![option("Gold"), option("Silver")];
    let plan = define(&mut desk, form("Plan", CustomKind::Choice, options.clone())).await?;
    let folder = tempfile::tempdir()?;
    let source = folder.path().join("leads.csv");
    std::fs::write(&source, "name,e-mail,Plan\nZita,zita@mail.example,silver\nYara,yara@mail.example,Bronze\n")?;
    let file = desk.desk.open_import(source).await?;
    let targets: Vec<ImportTarget> = file.columns.iter().map(|column| column.guess).collect();
    assert_eq!(targets, [ImportTarget::Name, ImportTarget::Email, ImportTarget::Custom(plan)]);
    let stage_id = desk.desk.session().await?.stages[0].id;
    let plan_of = ImportPlan { targets, stage_id, owner_id: None, tag: None, duplicates: Duplicates::Skip };
    desk.desk.run_import(file.import_id, plan_of).await?;
    let is_done = |event: &DeskEvent| matches!(event, DeskEvent::ImportProgressed(p) if p.state == ImportState::Done);
    let DeskEvent::ImportProgressed(done) = desk.wait_for_event("the import", is_done).await? else { unreachable!() };
    assert_eq!((done.counts.imported, done.counts.refused), (1, 1));
    assert_eq!(done.refusals[0].reason, desk::RefusalReason::Choice);

    let filter = LeadFilter {
        custom: vec![CustomFilter { field_id: plan, test: CustomTest::Choice(vec![options[1].id]) }],
        ..LeadFilter::default()
    };
    let query = store::read::LeadQuery { filter, ..crate::first_sync::newest_first() };
    assert_eq!(desk.desk.lead_count(query.filter.clone()).await?, 1);
    let path = folder.path().join("out.csv");
    let request = ExportRequest { format: ExportFormat::Csv, scope: ExportScope::View(query) };
    desk.desk.start_export(request, path.clone()).await?;
    let is_done = |event: &DeskEvent| matches!(event, DeskEvent::ExportProgressed(p) if p.state == ExportState::Done);
    desk.wait_for_event("the export", is_done).await?;
    let text = std::fs::read_to_string(&path)?;
    let mut lines = text.lines();
    assert!(lines.next().is_some_and(|headings| headings.ends_with(",custom: Plan")));
    assert!(lines.next().is_some_and(|row| row.contains("Zita") && row.ends_with(",Silver")));
    let again = desk.desk.open_import(path).await?;
    assert!(again.is_ours);
    assert_eq!(again.columns.last().map(|column| column.guess), Some(ImportTarget::Custom(plan)));
    Ok(())
}
