//! The first sync: everything arrives, newest first, and a cut costs nothing.

use std::collections::BTreeSet;

use desk::view::{Connection, DeskEvent};
use domain::{LeadId, MessageId};
use store::read::{LeadColumn, LeadFilter, LeadQuery, LeadSort, MessageAnchor};
use testkit::{PASSPHRASE, Size, TestDesk, TestServer};
use wire::changes::Row;

use crate::{STUDIO, manager};

pub(crate) fn newest_first() -> LeadQuery {
    LeadQuery { filter: LeadFilter::default(), sort: LeadSort { column: LeadColumn::LastActivityAt, descending: true } }
}

/// Ids of every lead and every message that the desk shows, page by page.
pub(crate) async fn shown(desk: &TestDesk) -> anyhow::Result<(BTreeSet<LeadId>, BTreeSet<MessageId>)> {
    let mut leads = BTreeSet::new();
    let mut messages = BTreeSet::new();
    loop {
        let page = desk.desk.lead_page(newest_first(), leads.len() as u64, 200).await?;
        if page.rows.is_empty() {
            break;
        }
        leads.extend(page.rows.iter().map(|row| row.id));
    }
    for lead in &leads {
        for conversation in desk.desk.get_lead_detail(*lead).await?.conversations {
            let mut anchor = MessageAnchor::Newest;
            loop {
                let page = desk.desk.message_page(conversation.id, anchor, 100, None).await?;
                messages.extend(page.messages.iter().map(|message| message.id));
                match page.messages.first() {
                    Some(oldest) if page.has_older => anchor = MessageAnchor::Before(oldest.id),
                    _ => break,
                }
            }
        }
    }
    Ok((leads, messages))
}

pub(crate) fn imported(server: &TestServer) -> (BTreeSet<LeadId>, BTreeSet<MessageId>) {
    let mut leads = BTreeSet::new();
    let mut messages = BTreeSet::new();
    for row in &server.rows {
        match row {
            Row::Lead(lead) => drop(leads.insert(lead.id)),
            Row::Message(message) => drop(messages.insert(message.id)),
            Row::Studio(_)
            | Row::Member(_)
            | Row::Stage(_)
            | Row::CustomField(_)
            | Row::Conversation(_)
            | Row::StageEvent(_)
            | Row::LeadEdit(_)
            | Row::Subscription(_)
            | Row::Invoice(_) => {}
        }
    }
    (leads, messages)
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_the_server_has_is_shown() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    let status = desk.wait_until_synced().await?;
    assert_eq!((status.connection, status.unreadable_changes), (Connection::Online, 0));
    assert_eq!(shown(&desk).await?, imported(&server));
    assert_eq!(desk.desk.lead_count(LeadFilter::default()).await?, STUDIO.leads);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_that_is_cut_again_and_again_goes_on_where_it_stopped() -> anyhow::Result<()> {
    let server = TestServer::start(Size { leads: 6_000, messages: 20_000 }).await?;
    let mut desk = TestDesk::new(&server)?;
    // Room for the handshake, the sign-in and some pages, not for all.
    server.wire().cut_after(700_000);
    desk.sign_in(&manager(&server).email, TestServer::PASSWORD).await?;
    let mut done = 0;
    let mut rounds = 0;
    loop {
        let status = desk
            .wait_for_status("cut or complete", |status| {
                status.connection == Connection::Offline || status.first_sync.is_none()
            })
            .await?;
        let Some(progress) = status.first_sync else { break };
        assert!(progress.rows_done >= done, "a cut never costs rows: {} after {done}", progress.rows_done);
        done = progress.rows_done;
        rounds += 1;
        assert!(rounds < 200, "the sync does not move on");
        // Every other time the whole program goes down with the wire.
        if rounds % 2 == 0 {
            desk = desk.restart().await;
            desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
            let kept = desk.desk.sync_status().await?.first_sync.map(|progress| progress.rows_done);
            // At least: a page may have been written after the status that was looked at.
            assert!(kept >= Some(done), "progress survives a restart: {kept:?} after {done}");
        }
        server.wire().plug_in();
        server.wire().cut_after(700_000);
        desk.desk.sync_now().await?;
        // Away from "offline", so that the next look is at what comes of it.
        desk.wait_for_status("trying again", |status| status.connection != Connection::Offline).await?;
    }
    assert!(server.wire().cuts() >= 3, "the wire was cut {} times only", server.wire().cuts());
    assert_eq!(shown(&desk).await?, imported(&server));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_leads_and_conversations_come_first() -> anyhow::Result<()> {
    let server = TestServer::start(Size { leads: 6_000, messages: 20_000 }).await?;
    let mut desk = TestDesk::new(&server)?;
    desk.sign_in(&manager(&server).email, TestServer::PASSWORD).await?;
    // By what has arrived and not by bytes on the wire: how those are packed is the server's to choose.
    while desk.desk.lead_count(LeadFilter::default()).await? < 100 {
        desk.wait_for_event("more leads", |event| matches!(event, DeskEvent::Changed(changed) if changed.leads))
            .await?;
    }
    server.wire().unplug();
    let status = desk.wait_for_status("cut", |status| status.connection == Connection::Offline).await?;
    assert!(status.first_sync.is_some(), "the cut came before the end");
    let mut newest: Vec<_> = server
        .rows
        .iter()
        .filter_map(|row| if let Row::Lead(lead) = row { Some((lead.last_activity_at, lead.id)) } else { None })
        .collect();
    newest.sort_unstable();
    let newest: Vec<LeadId> = newest.into_iter().rev().take(100).map(|(_, id)| id).collect();
    let page = desk.desk.lead_page(newest_first(), 0, 100).await?;
    assert_eq!(page.rows.iter().map(|row| row.id).collect::<Vec<_>>(), newest);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cache_and_the_server_agree_field_by_field() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    for row in &server.rows {
        match row {
            Row::Lead(lead) => assert_eq!(desk.desk.get_lead_detail(lead.id).await?.lead, **lead),
            Row::Message(message) => {
                let page =
                    desk.desk.message_page(message.conversation_id, MessageAnchor::Around(message.id), 1, None).await?;
                assert!(page.messages.contains(message));
            }
            Row::Studio(_)
            | Row::Member(_)
            | Row::Stage(_)
            | Row::CustomField(_)
            | Row::Conversation(_)
            | Row::StageEvent(_)
            | Row::LeadEdit(_)
            | Row::Subscription(_)
            | Row::Invoice(_) => {}
        }
    }
    Ok(())
}
