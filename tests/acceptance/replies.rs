//! Answers: shown at once, on disk, on the server once when it can be reached; never lost, whoever refuses them. And drafts,
//! which never leave the device.

use desk::view::{Connection, SignOutEnd, UnsentAudit, UnsentCounts};
use desk::{ErrorCode, ErrorView};
use domain::{Channel, ConversationId, DeliveryStatus, LeadId, Message, ReplyBar, Role};
use reqwest::Method;
use serde_json::json;
use store::read::{ConversationRow, Folder, MessageAnchor, OutboxAct, OutboxCounts, OutboxRefusal, OutboxState};
use testkit::{PASSPHRASE, TestDesk, TestServer};

use crate::edits::{NOTHING, synced, until};
use crate::{STUDIO, manager};

/// The newest open conversation in which one can answer.
async fn answerable(desk: &TestDesk) -> anyhow::Result<ConversationRow> {
    let rows = desk.desk.conversation_page(Folder::Open, 0, 100).await?.rows;
    Ok(rows.into_iter().find(|row| row.reply_bar.is_none()).expect("a conversation"))
}

/// Messages of a conversation with this text.
async fn said(desk: &TestDesk, id: ConversationId, body: &str) -> anyhow::Result<Vec<Message>> {
    let page = desk.desk.message_page(id, MessageAnchor::Newest, 500, None).await?;
    Ok(page.messages.into_iter().filter(|message| message.body == body).collect())
}

async fn unplugged(server: &TestServer, desk: &mut TestDesk) -> anyhow::Result<()> {
    server.wire().unplug();
    desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    Ok(())
}

/// Waits until all replies have come back as messages of the server.
async fn until_told(desk: &mut TestDesk, id: ConversationId) -> anyhow::Result<()> {
    until(desk, "the reply to come back", async |desk| {
        let page = desk.desk.message_page(id, MessageAnchor::Newest, 500, None).await?;
        Ok(page.unsent.is_empty() && desk.desk.outbox_counts().await? == NOTHING)
    })
    .await?;
    // What is pulled to its end from now on is from after the replies.
    let before = desk.desk.sync_status().await?.up_to_date_at;
    desk.desk.sync_now().await?;
    desk.wait_for_status("pulled", |status| status.up_to_date_at > before).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_offline_outlives_a_restart_and_arrives_once() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let mut colleague = synced(&server, server.member(Role::Owner)?).await?;
    let id = answerable(&desk).await?.id;
    unplugged(&server, &mut desk).await?;
    desk.desk.save_draft(id, "Written in".to_owned()).await?;
    desk.desk.reply(id, "Written in a tunnel".to_owned()).await?;
    desk.desk.reply(id, "and at its end".to_owned()).await?;
    assert_eq!(desk.desk.find_draft(id).await?, None);
    assert_eq!(desk.desk.conversation_page(Folder::Open, 0, 1).await?.rows[0].preview, "and at its end");

    let mut desk = desk.restart().await;
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    let page = desk.desk.message_page(id, MessageAnchor::Newest, 500, None).await?;
    assert_eq!(page.unsent.len(), 2);
    assert!(page.unsent.iter().all(|reply| reply.state == OutboxState::Waiting && reply.can_take_back));
    assert_eq!(desk.desk.outbox_counts().await?, OutboxCounts { waiting: 2, ..NOTHING });

    // The request goes out, nothing comes back; then all works.
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    colleague.desk.sync_now().await?;
    until_told(&mut desk, id).await?;
    until(&mut colleague, "the replies", async |desk| Ok(!said(desk, id, "and at its end").await?.is_empty())).await?;
    let newest = colleague.desk.message_page(id, MessageAnchor::Newest, 2, None).await?.messages;
    let bodies: Vec<&str> = newest.iter().map(|message| message.body.as_str()).collect();
    assert_eq!(bodies, ["Written in a tunnel", "and at its end"], "in the order they were written in");
    assert_eq!(newest[0].author_id, Some(manager(&server).id));
    assert_eq!(newest[0].status, DeliveryStatus::Queued);
    for body in bodies {
        assert_eq!(said(&desk, id, body).await?, said(&colleague, id, body).await?);
        assert_eq!(said(&desk, id, body).await?.len(), 1);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_whose_answer_is_lost_is_given_once() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let id = answerable(&desk).await?.id;
    server.wire().cut_after(0);
    desk.desk.reply(id, "Once".to_owned()).await?;
    desk.wait_for_status("cut", |status| status.connection == Connection::Offline).await?;
    assert!(server.wire().cuts() > 0, "the wire really was cut");
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    until_told(&mut desk, id).await?;
    assert_eq!(said(&desk, id, "Once").await?.len(), 1);
    let other = synced(&server, server.member(Role::Owner)?).await?;
    assert_eq!(said(&other, id, "Once").await?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_reply_is_shown_with_its_reason_and_goes_only_on_a_word() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let row = answerable(&desk).await?;
    unplugged(&server, &mut desk).await?;
    let replied = desk.desk.reply(row.id, "Shall we say Friday?".to_owned()).await?;
    delete(&server, row.lead_id).await?;
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    until(&mut desk, "the refusal", async |desk| Ok(desk.desk.outbox_counts().await?.refused == 1)).await?;
    let page = desk.desk.message_page(row.id, MessageAnchor::Newest, 500, None).await?;
    assert_eq!(page.unsent.len(), 1);
    assert_eq!(page.unsent[0].state, OutboxState::Refused(OutboxRefusal::LeadDeleted));
    assert_eq!(said(&desk, row.id, "Shall we say Friday?").await?.len(), 1, "its text is not lost");
    let outbox = desk.desk.list_outbox(0, 10).await?;
    assert!(matches!(&outbox[0].act, OutboxAct::Replied { body, .. } if body == "Shall we say Friday?"));
    let left = UnsentCounts { edits: 1, ..UnsentCounts::default() };
    assert_eq!(desk.desk.sign_out(UnsentAudit::Keep).await?, SignOutEnd::Unsent { left: Some(left) });

    // Nobody is answered any more, and the window knows why.
    until(&mut desk, "the deletion", async |desk| {
        Ok(desk.desk.get_conversation(row.id).await?.reply_bar == Some(ReplyBar::LeadDeleted))
    })
    .await?;
    let refused = desk.desk.reply(row.id, "Or Saturday?".to_owned()).await.map_err(|error| ErrorView::from(error).code);
    assert_eq!(refused, Err(ErrorCode::InvalidInput));
    desk.desk.discard_act(replied.operation_id).await?;
    assert_eq!(said(&desk, row.id, "Shall we say Friday?").await?, []);
    assert_eq!(desk.desk.get_conversation(row.id).await?.preview, row.preview, "as it was");
    assert_eq!(desk.desk.outbox_counts().await?, NOTHING);
    Ok(())
}

async fn delete(server: &TestServer, lead: LeadId) -> anyhow::Result<()> {
    let colleague = server.colleague(server.member(Role::Owner)?).await?;
    colleague.send(Method::PATCH, &format!("/v1/leads/{lead}"), &json!({ "state": "deleted" })).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_message_may_be_is_refused_at_once() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let desk = synced(&server, manager(&server)).await?;
    let id = answerable(&desk).await?.id;
    let mut rows = Vec::new();
    for folder in [Folder::Open, Folder::Snoozed, Folder::Archived] {
        rows.extend(desk.desk.conversation_page(folder, 0, 500).await?.rows);
    }
    let note = rows.iter().find(|row| row.channel == Channel::CallNote).expect("a note about a call").id;
    for (id, body) in [(id, " \n ".to_owned()), (id, "x".repeat(65_537)), (note, "Hello".to_owned())] {
        let refused = desk.desk.reply(id, body).await.map_err(|error| ErrorView::from(error).code);
        assert_eq!(refused, Err(ErrorCode::InvalidInput));
    }
    desk.desk.reply(id, "x".repeat(65_536)).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_put_back_to_before_a_reply_is_told_it_again() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let id = answerable(&desk).await?.id;
    let (server, backup) = crate::session_expired::back_up(server).await?;
    desk.desk.sync_now().await?;
    desk.desk.reply(id, "After the backup".to_owned()).await?;
    until_told(&mut desk, id).await?;
    let server = server.restart_after(|data| backup.put_studios_back(data)).await?;
    desk.desk.sync_now().await?;
    desk.wait_for_status("starting over", |status| status.first_sync.is_some()).await?;
    assert_eq!(said(&desk, id, "After the backup").await?.len(), 1, "it is never gone for a moment");
    desk.wait_until_synced().await?;
    until_told(&mut desk, id).await?;
    assert_eq!(said(&desk, id, "After the backup").await?.len(), 1);
    let mut other = synced(&server, server.member(Role::Owner)?).await?;
    until(&mut other, "the reply", async |desk| Ok(said(desk, id, "After the backup").await?.len() == 1)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_outlives_lock_and_restart_and_is_counted_before_the_account_leaves() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server, manager(&server)).await?;
    let id = answerable(&desk).await?.id;
    desk.desk.save_draft(id, "Dear".to_owned()).await?;
    desk.desk.lock().await?;
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    desk.desk.save_draft(id, "Dear friend".to_owned()).await?;
    let desk = {
        desk.wait_until_synced().await?;
        desk.restart().await
    };
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    assert_eq!(desk.desk.find_draft(id).await?.as_deref(), Some("Dear friend"));
    assert!(desk.desk.get_conversation(id).await?.has_draft);
    let left = UnsentCounts { drafts: 1, ..UnsentCounts::default() };
    assert_eq!(desk.desk.sign_out(UnsentAudit::Keep).await?, SignOutEnd::Unsent { left: Some(left) });
    desk.desk.save_draft(id, String::new()).await?;
    let nothing = Some(UnsentCounts::default());
    assert_eq!(desk.desk.sign_out(UnsentAudit::Keep).await?, SignOutEnd::Erased { lost: nothing });
    Ok(())
}
