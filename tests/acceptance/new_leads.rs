//! Leads that are added at a desk: here at once, on the server once, taken back as long as nobody heard of them; and many of
//! them from a file.

use std::path::{Path, PathBuf};

use desk::view::{Connection, DeskEvent, Duplicates, ImportOutcome, ImportPlan, ImportProgress, ImportState};
use desk::{DeskError, ErrorCode, ErrorView, ImportTarget};
use domain::{Lead, LeadEdit, LeadId, LeadState, Member, NewLead, Permission, Role, Source, Touch};
use store::read::{LeadFilter, OutboxCounts};
use testkit::{PASSPHRASE, TestDesk, TestServer};
use wire::changes::Row;

use crate::first_sync::newest_first;
use crate::{STUDIO, manager};

const NOTHING: OutboxCounts = OutboxCounts { waiting: 0, refused: 0, conflicts: 0 };

async fn synced(server: &TestServer, member: &Member) -> anyhow::Result<TestDesk> {
    let mut desk = TestDesk::signed_in(server, member).await?;
    desk.wait_until_synced().await?;
    Ok(desk)
}

async fn new_lead(desk: &TestDesk, name: &str) -> anyhow::Result<NewLead> {
    let stage_id = desk.desk.session().await?.stages.first().expect("stages").id;
    Ok(NewLead {
        name: name.to_owned(),
        email: Some(format!("{}@mail.example", name.to_lowercase())),
        phone: None,
        stage_id,
        owner_id: None,
        source: Source::Manual,
        tags: vec!["walk-in".to_owned()],
        notes: String::new(),
        value_minor: Some(12_000),
        custom: domain::CustomValues::new(),
        first_touch: Touch::default(),
    })
}

async fn lead(desk: &TestDesk, id: LeadId) -> anyhow::Result<Lead> {
    Ok(desk.desk.get_lead_detail(id).await?.lead)
}

async fn until(
    desk: &mut TestDesk,
    what: &str,
    is_so: impl AsyncFn(&TestDesk) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    while !is_so(desk).await? {
        desk.wait_for_event(what, |_| true).await?;
    }
    Ok(())
}

/// Waits until all acts have come back.
async fn until_settled(desk: &mut TestDesk) -> anyhow::Result<()> {
    until(desk, "the outbox to be empty", async |desk| {
        let is_marked = desk.desk.lead_page(newest_first(), 0, 500).await?.rows.iter().any(|row| row.is_unsent);
        Ok(desk.desk.outbox_counts().await?.waiting == 0 && !is_marked)
    })
    .await
}

async fn offline(server: &TestServer, desk: &mut TestDesk) -> anyhow::Result<()> {
    server.wire().unplug();
    desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_added_offline_and_edited_outlives_a_restart_and_is_on_the_server_once() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let mut colleague = synced(&server, server.member(Role::Owner)?).await?;
    let before = colleague.desk.lead_count(LeadFilter::default()).await?;
    offline(&server, &mut desk).await?;
    let id = desk.desk.create_lead(new_lead(&desk, "Mira").await?).await?.lead_id;
    let shown = lead(&desk, id).await?;
    let after = Lead { notes: "Wants to begin in May".to_owned(), ..shown.clone() };
    desk.desk.edit_lead(id, LeadEdit::between(&shown, &after)).await?;

    let mut desk = desk.restart().await;
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    assert_eq!(lead(&desk, id).await?.notes, "Wants to begin in May");
    assert_eq!(desk.desk.outbox_counts().await?, OutboxCounts { waiting: 2, ..NOTHING });
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    until_settled(&mut desk).await?;
    colleague.desk.sync_now().await?;
    until(&mut colleague, "the lead", async |desk| Ok(desk.desk.get_lead_detail(id).await.is_ok())).await?;
    until(&mut colleague, "the edit", async |desk| Ok(!lead(desk, id).await?.notes.is_empty())).await?;
    assert_eq!(colleague.desk.lead_count(LeadFilter::default()).await?, before + 1);
    assert_eq!(lead(&desk, id).await?, lead(&colleague, id).await?);
    assert!(desk.desk.get_lead_detail(id).await?.unsent.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_whose_answer_is_lost_is_added_once() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let before = desk.desk.lead_count(LeadFilter::default()).await?;
    server.wire().cut_after(0);
    let id = desk.desk.create_lead(new_lead(&desk, "Mira").await?).await?.lead_id;
    desk.wait_for_status("cut", |status| status.connection == Connection::Offline).await?;
    assert!(server.wire().cuts() > 0, "the wire really was cut");
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    until_settled(&mut desk).await?;
    assert_eq!(desk.desk.lead_count(LeadFilter::default()).await?, before + 1);
    assert_eq!(desk.desk.get_lead_detail(id).await?.stage_events.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seller_adds_their_own_and_takes_back_only_what_nobody_heard_of() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let seller = server.member(Role::Sales)?.clone();
    let mut desk = synced(&server, &seller).await?;
    let others = NewLead { owner_id: Some(manager(&server).id), ..new_lead(&desk, "Other").await? };
    let refused = desk.desk.create_lead(others).await;
    assert!(matches!(refused, Err(DeskError::Forbidden(Permission::EditLeads))));
    let nameless = NewLead { name: " ".to_owned(), ..new_lead(&desk, "Nobody").await? };
    assert!(matches!(desk.desk.create_lead(nameless).await, Err(DeskError::InvalidInput)));
    assert_eq!(desk.desk.outbox_counts().await?, NOTHING);

    offline(&server, &mut desk).await?;
    let created = desk.desk.create_lead(new_lead(&desk, "Mira").await?).await?;
    let own = NewLead { owner_id: Some(seller.id), ..new_lead(&desk, "Ben").await? };
    let kept = desk.desk.create_lead(own).await?.lead_id;
    assert_eq!(desk.desk.undo(created.undo.expect("it can be taken back")).await?.changed, 1);
    assert!(desk.desk.get_lead_detail(created.lead_id).await.is_err(), "nothing is left of it");
    assert_eq!(desk.desk.outbox_counts().await?, OutboxCounts { waiting: 1, ..NOTHING });
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    until_settled(&mut desk).await?;
    assert!(desk.desk.get_lead_detail(kept).await.is_ok());
    let sent = desk.desk.create_lead(new_lead(&desk, "Lea").await?).await?;
    until_settled(&mut desk).await?;
    let undone = desk.desk.undo(sent.undo.expect("it can be asked for")).await;
    assert!(matches!(undone, Err(DeskError::Forbidden(Permission::DeleteLeads))), "it is the server's by now");
    assert_eq!(lead(&desk, sent.lead_id).await?.state, LeadState::Active);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_takes_back_what_was_sent_by_deleting_it() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let created = desk.desk.create_lead(new_lead(&desk, "Mira").await?).await?;
    until_settled(&mut desk).await?;
    assert_eq!(desk.desk.undo(created.undo.expect("undo")).await?.changed, 1);
    assert_eq!(lead(&desk, created.lead_id).await?.state, LeadState::Deleted);
    let known = desk.desk.find_known_lead(Some("mira@mail.example".to_owned()), None).await?;
    assert_eq!(known, None, "who was deleted may be added again");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_here_already_is_told_while_one_types() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let desk = synced(&server, manager(&server)).await?;
    let created = desk.desk.create_lead(new_lead(&desk, "Mira").await?).await?;
    let known =
        |email: &str, phone: Option<&str>| desk.desk.find_known_lead(Some(email.to_owned()), phone.map(str::to_owned));
    assert_eq!(known("MIRA@mail.example", None).await?.map(|known| known.lead_id), Some(created.lead_id));
    assert_eq!(known("mira@mail.exampl", Some("+44")).await?, None);
    Ok(())
}

/// A file of so many people whom the studio does not know.
pub(crate) fn file_of(people: usize) -> anyhow::Result<(tempfile::TempDir, PathBuf)> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("people.csv");
    let mut text = "Full name;E-mail;Mobile;Notes\r\n".to_owned();
    for n in 0..people {
        text.push_str(&format!("Person {n};person{n}@import.example;+49301{n:07};\"from; the file\"\r\n"));
    }
    std::fs::write(&path, text)?;
    Ok((dir, path))
}

async fn plan_of(desk: &TestDesk, targets: Vec<ImportTarget>, tag: &str) -> anyhow::Result<ImportPlan> {
    let stage_id = desk.desk.session().await?.stages.first().expect("stages").id;
    Ok(ImportPlan { targets, stage_id, owner_id: None, tag: Some(tag.to_owned()), duplicates: Duplicates::Skip })
}

async fn end_of(desk: &mut TestDesk) -> anyhow::Result<ImportProgress> {
    end_where(desk, |progress| !matches!(progress.state, ImportState::Checking | ImportState::Running)).await
}

async fn end_where(desk: &mut TestDesk, is_it: impl Fn(&ImportProgress) -> bool) -> anyhow::Result<ImportProgress> {
    let is_end = |event: &DeskEvent| matches!(event, DeskEvent::ImportProgressed(progress) if is_it(progress));
    match desk.wait_for_event("the end of the import", is_end).await? {
        DeskEvent::ImportProgressed(progress) => Ok(progress),
        other => anyhow::bail!("{other:?}"),
    }
}

/// Imports a file to its end.
async fn import(desk: &mut TestDesk, path: &Path, tag: &str) -> anyhow::Result<ImportProgress> {
    let file = desk.desk.open_import(path.to_owned()).await?;
    let targets = file.columns.iter().map(|column| column.guess).collect();
    let plan = plan_of(desk, targets, tag).await?;
    desk.desk.run_import(file.import_id, plan).await?;
    // One that was looked at before may still be told of.
    let is_over =
        |state: &ImportState| !matches!(state, ImportState::Checking | ImportState::Checked | ImportState::Running);
    end_where(desk, |progress| progress.import_id == file.import_id && is_over(&progress.state)).await
}

pub(crate) fn tagged(tag: &str) -> LeadFilter {
    LeadFilter { tags: vec![tag.to_owned()], ..LeadFilter::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_rows_imported_offline_are_all_on_the_server_once() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let mut colleague = synced(&server, server.member(Role::Owner)?).await?;
    let (_dir, path) = file_of(2_000)?;
    offline(&server, &mut desk).await?;

    let file = desk.desk.open_import(path.clone()).await?;
    use ImportTarget as T;
    let targets: Vec<T> = file.columns.iter().map(|column| column.guess).collect();
    assert_eq!(targets, [T::Name, T::Email, T::Phone, T::Notes]);
    let plan = plan_of(&desk, targets, "Import").await?;
    let first = desk.desk.check_import(file.import_id, plan.clone()).await?;
    assert_eq!(first.len(), 50);
    assert!(first.iter().all(|row| row.outcome == ImportOutcome::New && row.lead.is_some()));
    let checked = end_of(&mut desk).await?;
    assert_eq!((&checked.state, checked.counts.new, checked.counts.imported), (&ImportState::Checked, 2_000, 0));
    assert_eq!(desk.desk.lead_count(tagged("Import")).await?, 0, "a look adds nothing");

    let done = import(&mut desk, &path, "Import").await?;
    assert_eq!((&done.state, done.counts.imported), (&ImportState::Done, 2_000));
    assert_eq!(desk.desk.outbox_counts().await?, OutboxCounts { waiting: 2_000, ..NOTHING });
    // Cut in the middle of sending.
    server.wire().plug_in();
    server.wire().cut_after(20_000);
    desk.desk.sync_now().await?;
    desk.wait_for_status("cut", |status| status.connection == Connection::Offline).await?;
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    until_settled(&mut desk).await?;
    assert_eq!(desk.desk.outbox_counts().await?, NOTHING);
    colleague.desk.sync_now().await?;
    until(&mut colleague, "all of them", async |desk| Ok(desk.desk.lead_count(tagged("Import")).await? >= 2_000))
        .await?;
    assert_eq!(colleague.desk.lead_count(tagged("Import")).await?, 2_000);
    assert_eq!(desk.desk.lead_count(tagged("Import")).await?, 2_000);
    let all = desk.desk.lead_count(LeadFilter::default()).await?;
    assert_eq!(all, colleague.desk.lead_count(LeadFilter::default()).await?);
    let sources = LeadFilter { sources: vec![Source::CsvImport], ..tagged("Import") };
    assert_eq!(colleague.desk.lead_count(sources).await?, 2_000);

    // The same file again finds them all, at either desk.
    for desk in [&mut desk, &mut colleague] {
        let again = import(desk, &path, "Again").await?;
        assert_eq!((again.counts.known, again.counts.imported), (2_000, 0));
        assert_eq!(desk.desk.lead_count(LeadFilter::default()).await?, all);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_ended_in_the_middle_is_finished_by_the_same_file() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    offline(&server, &mut desk).await?;
    let (_dir, path) = file_of(20_000)?;
    let file = desk.desk.open_import(path.clone()).await?;
    let targets = file.columns.iter().map(|column| column.guess).collect();
    let plan = plan_of(&desk, targets, "Import").await?;
    desk.desk.run_import(file.import_id, plan).await?;
    let has_begun =
        |event: &DeskEvent| matches!(event, DeskEvent::ImportProgressed(progress) if progress.counts.imported > 0);
    desk.wait_for_event("the first batches", has_begun).await?;
    // The desk is closed under it.
    let mut desk = desk.restart().await;
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    let part = desk.desk.lead_count(tagged("Import")).await?;
    assert!(part > 0 && part < 20_000, "it really was in the middle: {part}");
    assert_eq!(part % 500, 0, "each batch is whole or not there");
    assert_eq!(desk.desk.outbox_counts().await?.waiting, part, "and so is what is to be sent");
    let rest = import(&mut desk, &path, "Import").await?;
    assert_eq!((rest.counts.known, rest.counts.imported), (part, 20_000 - part));
    assert_eq!(desk.desk.lead_count(tagged("Import")).await?, 20_000);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_and_refused_rows_are_told_and_the_refused_can_be_put_right() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    desk.desk.create_lead(new_lead(&desk, "Mira").await?).await?;
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("odd.csv");
    std::fs::write(
        &path,
        "name,email,phone\nNora,nora@x.example,+5511987654321\nTwin,other@x.example,+551187654321\n\
         M.,MIRA@mail.example,\nWrong,no address,\nBen,,07700 900118\n=1+1,,+49 30 900118\n",
    )?;
    let done = import(&mut desk, &path, "Odd").await?;
    let counts = done.counts;
    let told = (counts.rows, counts.new, counts.in_file, counts.known, counts.refused, counts.imported);
    assert_eq!(told, (6, 2, 1, 1, 2, 2));
    let lines: Vec<_> = done.refusals.iter().map(|refusal| (refusal.line, refusal.column)).collect();
    assert_eq!(lines, [(5, Some(1)), (6, Some(2))]);

    let file = desk.desk.open_import(path.clone()).await?;
    let plan = plan_of(&desk, file.columns.iter().map(|column| column.guess).collect(), "Odd").await?;
    let shown = desk.desk.check_import(file.import_id, plan.clone()).await?;
    assert_eq!(
        shown.iter().map(|row| row.text.as_str()).collect::<Vec<_>>()[3..5],
        ["Wrong · no address", "Ben · 07700 900118"]
    );
    let refused = dir.path().join("refused.csv");
    assert_eq!(desk.desk.save_refused_rows(file.import_id, plan.clone(), refused.clone()).await?, 2);
    let text = std::fs::read_to_string(&refused)?;
    assert!(text.starts_with("name,email,phone,Not imported because\r\nWrong,no address,,"), "{text}");
    assert_eq!(text.lines().count(), 3);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&refused)?.permissions().mode() & 0o777, 0o600);
    }
    // Put right, it imports what it refused.
    std::fs::write(&refused, text.replace("no address", "wrong@x.example").replace("07700 900118", "+4930900119"))?;
    assert_eq!(import(&mut desk, &refused, "Odd").await?.counts.imported, 2);

    // Another file in its place is not taken for it.
    std::fs::write(&path, "name\nSomebody\n")?;
    let changed = desk.desk.check_import(file.import_id, plan).await.expect_err("it is not open any more");
    assert!(matches!(ErrorView::from(changed).code, ErrorCode::ImportChanged | ErrorCode::NotFound));
    Ok(())
}

fn as_new(lead: &Lead) -> NewLead {
    let Lead { name, email, phone, tags, notes, custom, first_touch, .. } = lead.clone();
    NewLead {
        name,
        email,
        phone,
        stage_id: lead.stage_id,
        owner_id: lead.owner_id,
        source: Source::CsvImport,
        tags,
        notes,
        value_minor: lead.value_minor,
        custom,
        first_touch,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_our_own_export_wrote_is_found_to_be_here_row_by_row() -> anyhow::Result<()> {
    use desk::view::{ExportFormat, ExportScope};
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("leads.csv");
    crate::export::export(&mut desk, ExportFormat::Csv, ExportScope::All, &path).await?;
    let file = desk.desk.open_import(path).await?;
    assert!(file.is_ours);
    let plan = plan_of(&desk, file.columns.iter().map(|column| column.guess).collect(), "Back").await?;
    desk.desk.check_import(file.import_id, plan).await?;
    let checked = end_of(&mut desk).await?;
    assert_eq!(checked.state, ImportState::Checked);
    assert_eq!(checked.counts.rows, STUDIO.leads);
    assert!(checked.counts.known + checked.counts.in_file > 0);
    // The demo has leads from before anybody looked at what a name may hold.
    let is_wrong = |row: &&Row| matches!(row, Row::Lead(lead) if as_new(lead).check().is_err());
    let wrong = server.rows.iter().filter(is_wrong).count() as u64;
    assert!(wrong > 0 && wrong < 5, "the control");
    assert_eq!(checked.counts.refused, wrong);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seller_may_not_import_and_what_is_no_table_is_told() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let seller = synced(&server, server.member(Role::Sales)?).await?;
    let (dir, path) = file_of(1)?;
    let refused = seller.desk.open_import(path.clone()).await;
    assert!(matches!(refused, Err(DeskError::Forbidden(Permission::BulkEditLeads))));
    let desk = synced(&server, manager(&server)).await?;
    for (content, code) in [
        (&b""[..], ErrorCode::ImportEmpty),
        (b"\n\n", ErrorCode::ImportEmpty),
        (b"PK\x03\x04", ErrorCode::ImportNotText),
    ] {
        std::fs::write(&path, content)?;
        let error = desk.desk.open_import(path.clone()).await.expect_err("no table");
        assert_eq!(ErrorView::from(error).code, code);
    }
    let error = desk.desk.open_import(dir.path().join("nowhere.csv")).await.expect_err("no file");
    assert_eq!(ErrorView::from(error).code, ErrorCode::ImportUnreadable);
    Ok(())
}
