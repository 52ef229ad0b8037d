//! Edits: done at once, on disk, and on the server when it can be reached; never twice, never lost, never over somebody
//! else's in silence.

use desk::view::{Acted, BulkChange, ConflictChoice, Connection, ExportScope, SignOutEnd, UnsentAudit, UnsentCounts};
use domain::{Edited, FieldValue, Lead, LeadEdit, LeadField, LeadId, Member, Role};
use reqwest::Method;
use serde_json::json;
use store::read::{OutboxCounts, OutboxRefusal, OutboxState};
use testkit::{PASSPHRASE, TestDesk, TestServer};

use crate::first_sync::newest_first;
use crate::{STUDIO, manager};

pub(crate) const NOTHING: OutboxCounts = OutboxCounts { waiting: 0, refused: 0, conflicts: 0 };

pub(crate) async fn synced(server: &TestServer, member: &Member) -> anyhow::Result<TestDesk> {
    let mut desk = TestDesk::signed_in(server, member).await?;
    desk.wait_until_synced().await?;
    Ok(desk)
}

pub(crate) async fn lead(desk: &TestDesk, id: LeadId) -> anyhow::Result<Lead> {
    Ok(desk.desk.get_lead_detail(id).await?.lead)
}

pub(crate) async fn nth(desk: &TestDesk, n: u64) -> anyhow::Result<LeadId> {
    Ok(desk.desk.lead_page(newest_first(), n, 1).await?.rows.remove(0).id)
}

/// Edits a lead as somebody who sees what is shown.
pub(crate) async fn edit(desk: &TestDesk, id: LeadId, change: impl FnOnce(&mut Lead)) -> anyhow::Result<Acted> {
    let shown = lead(desk, id).await?;
    let mut after = shown.clone();
    change(&mut after);
    Ok(desk.desk.edit_lead(id, LeadEdit::between(&shown, &after)).await?)
}

/// Waits until the cache is as `is_so` says, looking whenever something changed.
pub(crate) async fn until(
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
pub(crate) async fn until_settled(desk: &mut TestDesk) -> anyhow::Result<()> {
    until(desk, "the outbox to be empty", async |desk| {
        let is_marked = desk.desk.lead_page(newest_first(), 0, 500).await?.rows.iter().any(|row| row.is_unsent);
        Ok(desk.desk.outbox_counts().await?.waiting == 0 && !is_marked)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_edited_offline_outlives_a_restart_and_reaches_colleagues() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let mut colleague = synced(&server, server.member(Role::Owner)?).await?;
    let id = nth(&desk, 7).await?;
    server.wire().unplug();
    desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    edit(&desk, id, |lead| {
        lead.name = "Edited in a tunnel".to_owned();
        lead.tags.push("tunnel".to_owned());
    })
    .await?;
    assert_eq!(lead(&desk, id).await?.name, "Edited in a tunnel");

    let mut desk = desk.restart().await;
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    assert_eq!(lead(&desk, id).await?.name, "Edited in a tunnel");
    assert_eq!(desk.desk.outbox_counts().await?, OutboxCounts { waiting: 1, ..NOTHING });
    let detail = desk.desk.get_lead_detail(id).await?;
    assert_eq!(detail.unsent, [LeadField::Name, LeadField::Tags]);

    assert_eq!(server.wire().cuts(), 1, "the cable really was pulled");
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    colleague.desk.sync_now().await?;
    until_settled(&mut desk).await?;
    until(&mut colleague, "the edit", async |desk| Ok(lead(desk, id).await?.name == "Edited in a tunnel")).await?;
    assert!(lead(&colleague, id).await?.tags.contains(&"tunnel".to_owned()));
    assert_eq!(lead(&desk, id).await?, lead(&colleague, id).await?);
    assert!(desk.desk.get_lead_detail(id).await?.unsent.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_whose_answer_is_lost_is_done_once() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let id = nth(&desk, 3).await?;
    let moves = desk.desk.get_lead_detail(id).await?.stage_events.len();
    let stages = desk.desk.session().await?.stages;
    let from = lead(&desk, id).await?.stage_id;
    let to = stages.iter().map(|stage| stage.id).find(|stage| *stage != from).expect("another stage");

    // The request goes out, nothing comes back.
    server.wire().cut_after(0);
    edit(&desk, id, |lead| lead.stage_id = to).await?;
    desk.wait_for_status("cut", |status| status.connection == Connection::Offline).await?;
    assert!(server.wire().cuts() > 0, "the wire really was cut");
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    until_settled(&mut desk).await?;
    let detail = desk.desk.get_lead_detail(id).await?;
    assert_eq!((detail.lead.stage_id, detail.stage_events.len()), (to, moves + 1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_edit_the_same_lead_both_keep_what_they_did_or_decide() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let mut colleague = synced(&server, server.member(Role::Owner)?).await?;
    let id = nth(&desk, 5).await?;
    let seen = lead(&desk, id).await?;
    server.wire().unplug();
    desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    edit(&desk, id, |lead| {
        lead.notes = "Mine, from the train".to_owned();
        lead.email = Some("mine@mail.example".to_owned());
        lead.tags.push("mine".to_owned());
    })
    .await?;
    // The colleague is past the wire.
    let tags = [seen.tags.clone(), vec!["theirs".to_owned()]].concat();
    let theirs = json!({ "notes": "Theirs, from the desk", "value_minor": 4_200, "tags": tags });
    server.colleague(manager(&server)).await?.send(Method::PATCH, &format!("/v1/leads/{id}"), &theirs).await?;
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    colleague.desk.sync_now().await?;
    until_settled(&mut desk).await?;

    let detail = desk.desk.get_lead_detail(id).await?;
    assert_eq!(detail.lead.email.as_deref(), Some("mine@mail.example"));
    assert_eq!(detail.lead.value_minor, Some(4_200));
    assert!(["mine", "theirs"].iter().all(|tag| detail.lead.tags.iter().any(|there| there == tag)));
    assert_eq!(detail.lead.notes, "Theirs, from the desk", "it stands until somebody decides");
    let [conflict] = &detail.conflicts[..] else { panic!("{:?}", detail.conflicts.len()) };
    assert_eq!(conflict.field, LeadField::Notes);
    assert_eq!(conflict.yours, FieldValue::Text(Some("Mine, from the train".to_owned())));
    assert_eq!(conflict.theirs, FieldValue::Text(Some("Theirs, from the desk".to_owned())));
    assert_eq!(desk.desk.outbox_counts().await?.conflicts, 1);

    desk.desk.settle_conflict(id, conflict.operation_id, LeadField::Notes, ConflictChoice::Both).await?;
    until_settled(&mut desk).await?;
    assert_eq!(desk.desk.outbox_counts().await?, NOTHING);
    let both = "Theirs, from the desk\n\nMine, from the train";
    until(&mut colleague, "both", async |desk| Ok(lead(desk, id).await?.notes == both)).await?;
    assert_eq!(lead(&desk, id).await?, lead(&colleague, id).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_is_shown_kept_and_given_up_only_on_a_word() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let sales = server.member(Role::Sales)?;
    let mut desk = synced(&server, sales).await?;
    let [gone, stays] = [nth(&desk, 1).await?, nth(&desk, 2).await?];
    server.wire().unplug();
    desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    edit(&desk, gone, |lead| lead.notes = "What I promised them".to_owned()).await?;
    edit(&desk, stays, |lead| lead.notes = "Another".to_owned()).await?;
    let owner = json!({ "owner_id": manager(&server).id });
    server.colleague(manager(&server)).await?.send(Method::PATCH, &format!("/v1/leads/{gone}"), &owner).await?;
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    until(&mut desk, "the refusal", async |desk| {
        Ok(desk.desk.outbox_counts().await? == OutboxCounts { waiting: 0, refused: 1, conflicts: 0 }
            && desk.desk.get_lead_detail(gone).await.is_err())
    })
    .await?;
    let rows = desk.desk.list_outbox(0, 10).await?;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].state, OutboxState::Refused(OutboxRefusal::NotFound));
    assert_eq!(lead(&desk, stays).await?.notes, "Another", "one that is refused stops no other");

    // It is counted before the account may leave, and goes only on somebody's word.
    let left = UnsentCounts { audit: 0, edits: 1, drafts: 0 };
    assert_eq!(desk.desk.sign_out(UnsentAudit::Keep).await?, SignOutEnd::Unsent { left: Some(left) });
    desk.desk.retry_act(rows[0].id).await?;
    until(&mut desk, "the refusal again", async |desk| Ok(desk.desk.outbox_counts().await?.refused == 1)).await?;
    desk.desk.discard_act(rows[0].id).await?;
    assert_eq!(desk.desk.outbox_counts().await?, NOTHING);
    assert_eq!(
        desk.desk.sign_out(UnsentAudit::Keep).await?,
        SignOutEnd::Erased { lost: Some(UnsentCounts::default()) }
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_leads_change_in_one_act_which_can_be_taken_back() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let rows = desk.desk.lead_page(newest_first(), 0, 120).await?.rows;
    let before: Vec<Lead> = {
        let mut leads = Vec::new();
        for row in &rows {
            leads.push(lead(&desk, row.id).await?);
        }
        leads
    };
    let scope = ExportScope::Selection(rows.iter().map(|row| row.id).collect());
    let acted = desk.desk.change_leads(scope.clone(), BulkChange::AddTags(vec!["spring fair".to_owned()])).await?;
    assert_eq!(acted.changed, 120);
    until_settled(&mut desk).await?;
    let again = desk.desk.change_leads(scope, BulkChange::AddTags(vec!["spring fair".to_owned()])).await?;
    assert_eq!(again, Acted { changed: 0, undo: None }, "they have it already");
    desk.desk.undo(acted.undo.expect("can be taken back")).await?;
    until_settled(&mut desk).await?;
    for was in before {
        assert_eq!(lead(&desk, was.id).await?.tags, was.tags);
    }
    assert!(desk.desk.undo(acted.undo.expect("known")).await.is_err(), "once");

    let sales = synced(&server, server.member(Role::Sales)?).await?;
    let id = nth(&sales, 0).await?;
    let change = BulkChange::RemoveTags(vec!["x".to_owned()]);
    assert!(sales.desk.change_leads(ExportScope::Selection(vec![id]), change).await.is_err(), "managers and above");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_lead_may_hold_is_refused_at_once() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let desk = synced(&server, manager(&server)).await?;
    let id = nth(&desk, 0).await?;
    let name = lead(&desk, id).await?.name;
    let blank = LeadEdit { name: Some(Edited { from: name.clone(), to: "  ".to_owned() }), ..LeadEdit::default() };
    let refused = desk.desk.edit_lead(id, blank).await.map_err(|error| desk::ErrorView::from(error).code);
    assert_eq!(refused, Err(desk::ErrorCode::InvalidInput));
    assert_eq!(lead(&desk, id).await?.name, name);
    assert_eq!(desk.desk.outbox_counts().await?, NOTHING);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_put_back_to_before_an_edit_is_told_it_again() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let id = nth(&desk, 4).await?;
    let (server, backup) = crate::session_expired::back_up(server).await?;
    desk.desk.sync_now().await?;
    edit(&desk, id, |lead| lead.notes = "After the backup".to_owned()).await?;
    until_settled(&mut desk).await?;
    let server = server.restart_after(|data| backup.put_studios_back(data)).await?;
    desk.desk.sync_now().await?;
    desk.wait_for_status("starting over", |status| status.first_sync.is_some()).await?;
    desk.wait_until_synced().await?;
    until_settled(&mut desk).await?;
    assert_eq!(lead(&desk, id).await?.notes, "After the backup");
    let mut other = synced(&server, server.member(Role::Owner)?).await?;
    until(&mut other, "the edit", async |desk| Ok(lead(desk, id).await?.notes == "After the backup")).await
}
