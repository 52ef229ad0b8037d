//! Leads that are put away, brought back and merged, and what is left to decide: offline too, and the same for everybody in
//! the end.

use desk::view::{BulkChange, ConflictChoice, Connection, ExportScope};
use desk::{ErrorCode, ErrorView};
use domain::{FieldOutcome, LeadEdit, LeadField, LeadId, LeadState, MergeProblem, Role};
use reqwest::Method;
use serde_json::json;
use store::read::{Folder, LeadFilter, LeadQuery, OutboxCounts, OutboxRefusal, OutboxState};
use testkit::{TestDesk, TestServer};

use crate::edits::{NOTHING, edit, lead, nth, synced, until, until_settled};
use crate::first_sync::newest_first;
use crate::{STUDIO, manager};

fn of_state(state: LeadState) -> LeadFilter {
    LeadFilter { state, ..LeadFilter::default() }
}

async fn count(desk: &TestDesk, state: LeadState) -> anyhow::Result<u64> {
    Ok(desk.desk.lead_count(of_state(state)).await?)
}

/// The first leads of the list whose conversations are in the inbox.
async fn heard_of(desk: &TestDesk, many: usize) -> anyhow::Result<Vec<LeadId>> {
    let mut leads: Vec<LeadId> = Vec::new();
    for row in desk.desk.conversation_page(Folder::Open, 0, 500).await?.rows {
        if leads.len() < many
            && !leads.contains(&row.lead_id)
            && lead(desk, row.lead_id).await?.state == LeadState::Active
        {
            leads.push(row.lead_id);
        }
    }
    anyhow::ensure!(leads.len() == many, "the studio has leads with open conversations");
    Ok(leads)
}

async fn is_in_inbox(desk: &TestDesk, id: LeadId) -> anyhow::Result<bool> {
    Ok(desk.desk.conversation_page(Folder::Open, 0, 500).await?.rows.iter().any(|row| row.lead_id == id))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_is_deleted_offline_is_out_of_sight_for_all_until_it_is_restored() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let mut colleague = synced(&server, server.member(Role::Owner)?).await?;
    let [id] = heard_of(&desk, 1).await?[..] else { unreachable!("one was asked for") };
    let before = [count(&desk, LeadState::Active).await?, count(&desk, LeadState::Deleted).await?];
    server.wire().unplug();
    desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    edit(&desk, id, |lead| lead.state = LeadState::Deleted).await?;
    assert_eq!(count(&desk, LeadState::Active).await?, before[0] - 1);
    assert_eq!(count(&desk, LeadState::Deleted).await?, before[1] + 1);
    assert!(!is_in_inbox(&desk, id).await?);
    assert!(is_in_inbox(&colleague, id).await?, "nobody else has heard of it");
    assert_eq!(server.wire().cuts(), 1, "the cable really was pulled");

    server.wire().plug_in();
    desk.desk.sync_now().await?;
    colleague.desk.sync_now().await?;
    until(&mut colleague, "the deletion", async |desk| Ok(!is_in_inbox(desk, id).await?)).await?;
    assert_eq!(count(&colleague, LeadState::Deleted).await?, before[1] + 1);
    // Whoever sees that it was deleted brings it back.
    edit(&colleague, id, |lead| lead.state = LeadState::Active).await?;
    until(&mut desk, "the lead", async |desk| is_in_inbox(desk, id).await).await?;
    assert_eq!(count(&desk, LeadState::Active).await?, before[0]);
    let states: Vec<_> = desk.desk.get_lead_detail(id).await?.edits.iter().map(|edit| edit.member_id).collect();
    assert_eq!(states, [server.member(Role::Owner)?.id, manager(&server).id], "the history tells who did it");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_deleted_and_brought_back_but_not_by_everybody() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let rows = desk.desk.lead_page(newest_first(), 0, 60).await?.rows;
    let scope = ExportScope::Selection(rows.iter().map(|row| row.id).collect());
    let active = count(&desk, LeadState::Active).await?;
    let acted = desk.desk.change_leads(scope, BulkChange::State(LeadState::Deleted)).await?;
    assert_eq!(acted.changed, 60);
    until_settled(&mut desk).await?;
    assert_eq!(count(&desk, LeadState::Active).await?, active - 60);
    desk.desk.undo(acted.undo.expect("can be taken back")).await?;
    until_settled(&mut desk).await?;
    assert_eq!(count(&desk, LeadState::Active).await?, active);

    // A whole view, to the archive and back from there.
    let view = |state| ExportScope::View(LeadQuery { filter: of_state(state), ..newest_first() });
    let archived = count(&desk, LeadState::Archived).await?;
    desk.desk.change_leads(view(LeadState::Active), BulkChange::State(LeadState::Archived)).await?;
    assert_eq!(
        (count(&desk, LeadState::Active).await?, count(&desk, LeadState::Archived).await?),
        (0, active + archived)
    );
    desk.desk.change_leads(view(LeadState::Archived), BulkChange::State(LeadState::Active)).await?;
    assert_eq!(count(&desk, LeadState::Archived).await?, 0);

    let sales = synced(&server, server.member(Role::Sales)?).await?;
    let id = nth(&sales, 0).await?;
    let forbidden = |error: desk::DeskError| ErrorView::from(error).code;
    let shown = lead(&sales, id).await?;
    let gone = domain::Lead { state: LeadState::Deleted, ..shown.clone() };
    let refused = sales.desk.edit_lead(id, LeadEdit::between(&shown, &gone)).await.map_err(forbidden);
    assert_eq!(refused, Err(ErrorCode::NotAllowed));
    assert_eq!(sales.desk.merge_leads(id, nth(&sales, 1).await?).await.map_err(forbidden), Err(ErrorCode::NotAllowed));
    assert_eq!(lead(&sales, id).await?.state, LeadState::Active);
    edit(&sales, id, |lead| lead.state = LeadState::Archived).await?;
    assert_eq!(lead(&sales, id).await?.state, LeadState::Archived, "the control: this they may");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_leads_are_merged_offline_and_are_one_for_everybody() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let mut colleague = synced(&server, server.member(Role::Owner)?).await?;
    let [kept, duplicate] = heard_of(&desk, 2).await?[..] else { unreachable!("two were asked for") };
    edit(&desk, duplicate, |lead| lead.notes = "Told me on the phone".to_owned()).await?;
    until_settled(&mut desk).await?;
    let talk = |detail: store::read::LeadDetail| -> Vec<_> {
        let mut ids: Vec<_> = detail.conversations.iter().map(|row| row.id).collect();
        ids.sort_unstable();
        ids
    };
    let mut both = [kept, duplicate].map(|_| Vec::new());
    for (place, id) in [kept, duplicate].into_iter().enumerate() {
        both[place] = talk(desk.desk.get_lead_detail(id).await?);
    }
    let mut both = both.concat();
    both.sort_unstable();

    server.wire().unplug();
    desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    let preview = desk.desk.preview_merge(kept, duplicate).await?;
    assert!(preview.problem.is_none() && preview.changes.iter().any(|change| change.field == LeadField::Notes));
    desk.desk.merge_leads(kept, duplicate).await?;
    let detail = desk.desk.get_lead_detail(kept).await?;
    assert!(detail.lead.notes.contains("Told me on the phone"));
    assert_eq!((talk(detail.clone()), detail.merges.len()), (both.clone(), 1));
    assert!(is_in_inbox(&desk, kept).await? && !is_in_inbox(&desk, duplicate).await?);
    assert_eq!(lead(&desk, duplicate).await?.state, LeadState::Deleted);
    let again = desk.desk.preview_merge(kept, duplicate).await?;
    assert_eq!(again.problem, Some(MergeProblem::Deleted));
    assert!(desk.desk.merge_leads(kept, duplicate).await.is_err());

    server.wire().plug_in();
    desk.desk.sync_now().await?;
    colleague.desk.sync_now().await?;
    until_settled(&mut desk).await?;
    until(&mut colleague, "the merge", async |desk| Ok(lead(desk, duplicate).await?.state == LeadState::Deleted))
        .await?;
    until(&mut colleague, "its talk", async |desk| {
        Ok(desk.desk.get_lead_detail(kept).await?.conversations.len() == both.len())
    })
    .await?;
    for one in [&desk, &colleague] {
        let detail = one.desk.get_lead_detail(kept).await?;
        assert_eq!((talk(detail.clone()), detail.merges.len()), (both.clone(), 0));
        assert!(talk(one.desk.get_lead_detail(duplicate).await?).is_empty());
    }
    assert_eq!(lead(&desk, kept).await?, lead(&colleague, kept).await?);
    assert_eq!(desk.desk.outbox_counts().await?, NOTHING);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_that_the_server_refuses_is_kept_and_goes_back_when_it_is_given_up() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let [kept, duplicate] = heard_of(&desk, 2).await?[..] else { unreachable!("two were asked for") };
    let [was, was_duplicate] = [lead(&desk, kept).await?, lead(&desk, duplicate).await?];
    server.wire().unplug();
    desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    desk.desk.merge_leads(kept, duplicate).await?;
    // The colleague is past the wire.
    let deleted = json!({ "state": "deleted" });
    server.colleague(manager(&server)).await?.send(Method::PATCH, &format!("/v1/leads/{kept}"), &deleted).await?;
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    until(&mut desk, "the refusal", async |desk| {
        Ok(desk.desk.outbox_counts().await? == OutboxCounts { waiting: 0, refused: 1, conflicts: 0 }
            && lead(desk, kept).await?.state == LeadState::Deleted)
    })
    .await?;
    let row = desk.desk.list_outbox(0, 10).await?.remove(0);
    assert_eq!(row.state, OutboxState::Refused(OutboxRefusal::LeadDeleted));
    desk.desk.discard_act(row.id).await?;
    assert_eq!(lead(&desk, duplicate).await?, was_duplicate);
    assert_eq!(lead(&desk, kept).await?.notes, was.notes);
    assert!(is_in_inbox(&desk, duplicate).await? && !is_in_inbox(&desk, kept).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_decided_is_listed_and_a_decision_can_be_taken_back() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let id = nth(&desk, 5).await?;
    let seen = lead(&desk, id).await?;
    server.wire().unplug();
    desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    edit(&desk, id, |lead| lead.notes = "Mine".to_owned()).await?;
    let theirs = json!({ "notes": "Theirs" });
    server.colleague(manager(&server)).await?.send(Method::PATCH, &format!("/v1/leads/{id}"), &theirs).await?;
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    until(&mut desk, "the conflict", async |desk| Ok(desk.desk.outbox_counts().await?.conflicts == 1)).await?;
    until_settled(&mut desk).await?;
    let rows = desk.desk.list_conflicts(0, 10).await?;
    assert_eq!((rows.len(), rows[0].lead_name.as_str()), (1, seen.name.as_str()));
    assert!(desk.desk.list_conflicts(1, 10).await?.is_empty());
    let operation_id = rows[0].conflict.operation_id;
    for choice in [ConflictChoice::Theirs, ConflictChoice::Yours] {
        let acted = desk.desk.settle_conflict(id, operation_id, LeadField::Notes, choice).await?;
        assert_eq!(desk.desk.outbox_counts().await?.conflicts, 0, "{choice:?}");
        until_settled(&mut desk).await?;
        assert_eq!(desk.desk.undo(acted.undo.expect("can be taken back")).await?.changed, 1);
        until_settled(&mut desk).await?;
        assert!(desk.desk.list_conflicts(0, 10).await? == rows, "{choice:?}");
        assert_eq!(lead(&desk, id).await?.notes, "Theirs");
    }
    // Both sides are in the history, on any device.
    let colleague = synced(&server, server.member(Role::Owner)?).await?;
    let edits = colleague.desk.get_lead_detail(id).await?.edits;
    let lost = edits.iter().flat_map(|edit| &edit.changes).filter(|change| change.outcome == FieldOutcome::Conflict);
    assert_eq!(lost.count(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_edit_gives_way_to_what_is_made_of_it_in_one_step() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let id = nth(&desk, 3).await?;
    server.wire().unplug();
    desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    let seen = lead(&desk, id).await?;
    // Fifty of ours and one of theirs are one too many.
    let ours: Vec<String> = (0..50).map(|n| format!("tag {n}")).collect();
    edit(&desk, id, |lead| lead.tags.clone_from(&ours)).await?;
    let tags = [seen.tags.clone(), vec!["theirs".to_owned()]].concat();
    let theirs = json!({ "tags": tags });
    server.colleague(manager(&server)).await?.send(Method::PATCH, &format!("/v1/leads/{id}"), &theirs).await?;
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    until(&mut desk, "the refusal", async |desk| Ok(desk.desk.outbox_counts().await?.refused == 1)).await?;
    let refused = desk.desk.list_outbox(0, 10).await?.remove(0);
    let fewer = domain::Lead { tags: ours[..10].to_vec(), ..seen.clone() };
    desk.desk.replace_act(refused.id, id, LeadEdit::between(&seen, &fewer)).await?;
    until_settled(&mut desk).await?;
    assert_eq!(desk.desk.outbox_counts().await?, NOTHING);
    let tags = lead(&desk, id).await?.tags;
    assert!(tags.contains(&"tag 9".to_owned()) && tags.contains(&"theirs".to_owned()) && tags.len() <= 12);
    assert!(desk.desk.replace_act(refused.id, id, LeadEdit::between(&seen, &fewer)).await.is_err(), "it is gone");
    Ok(())
}
