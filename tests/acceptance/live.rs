//! A change on the server reaches the screen by itself; a revoked device loses its cache.

use std::time::{Duration, Instant};

use desk::view::{DeskEvent, Phase};
use reqwest::Method;
use serde_json::json;
use store::read::{Folder, MessageAnchor};
use testkit::{TestDesk, TestServer};
use uuid::Uuid;

use crate::first_sync::newest_first;
use crate::{STUDIO, manager};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_by_a_colleague_arrives_without_being_asked_for() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let colleague = server.colleague(manager(&server)).await?;
    let lead = desk.desk.lead_page(newest_first(), 5, 1).await?.rows.remove(0).id;

    colleague.send(Method::PATCH, &format!("/v1/leads/{lead}"), &json!({"name": "Renamed by a colleague"})).await?;
    let answered = Instant::now();
    desk.wait_for_event("the change", |event| matches!(event, DeskEvent::Changed(changed) if changed.leads)).await?;
    let detail = desk.desk.get_lead_detail(lead).await?;
    assert_eq!(detail.lead.name, "Renamed by a colleague");
    // Not a test of speed: far more than the second it must take means that no hint came and something else pulled.
    assert!(answered.elapsed() < Duration::from_secs(20), "took {:?}", answered.elapsed());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_message_moves_its_conversation_to_the_top_unread() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let colleague = server.colleague(manager(&server)).await?;
    let conversation = desk.desk.conversation_page(Folder::Open, 10, 1).await?.rows.remove(0).id;
    desk.desk.mark_read(conversation).await?;
    assert_eq!(desk.desk.get_conversation(conversation).await?.unread_count, 0);

    let id = Uuid::now_v7();
    let path = format!("/v1/conversations/{conversation}/messages");
    let message = json!({"id": id, "direction": "inbound", "body": "Is parking available near the studio?"});
    colleague.send(Method::POST, &path, &message).await?;
    desk.wait_for_event("the message", |event| matches!(event, DeskEvent::Changed(changed) if changed.messages))
        .await?;
    let top = desk.desk.conversation_page(Folder::Open, 0, 1).await?.rows.remove(0);
    assert_eq!((top.id, top.preview.as_str()), (conversation, "Is parking available near the studio?"));
    assert!(top.unread_count > 0, "what was read does not hide what is new");
    let newest = desk.desk.message_page(conversation, MessageAnchor::Newest, 1, None).await?.messages.remove(0);
    assert_eq!(*newest.id.as_uuid(), id);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_lead_is_gone_from_lists_threads_and_search() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let colleague = server.colleague(manager(&server)).await?;
    let lead = desk.desk.lead_page(newest_first(), 3, 1).await?.rows.remove(0).id;
    let rename = json!({"name": "Quetzalcoatl Unmistakable"});
    colleague.send(Method::PATCH, &format!("/v1/leads/{lead}"), &rename).await?;
    desk.wait_for_event("the rename", |event| matches!(event, DeskEvent::Changed(changed) if changed.leads)).await?;
    assert_eq!(desk.desk.search("quetzal".to_owned(), 10).await?.leads.len(), 1);

    colleague.send(Method::DELETE, &format!("/v1/leads/{lead}"), &json!({})).await?;
    desk.wait_for_event("the deletion", |event| matches!(event, DeskEvent::Changed(changed) if changed.leads)).await?;
    assert!(desk.desk.get_lead_detail(lead).await.is_err());
    let hits = desk.desk.search("quetzal".to_owned(), 10).await?;
    assert_eq!((hits.leads.len(), hits.messages.len()), (0, 0));
    assert_eq!(hits.coverage.leads, STUDIO.leads - 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_device_loses_its_cache_as_soon_as_it_hears_of_it() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut lost = TestDesk::signed_in(&server, manager(&server)).await?;
    lost.wait_until_synced().await?;
    let mut kept = TestDesk::signed_in(&server, manager(&server)).await?;
    kept.wait_until_synced().await?;
    let cache = lost.cache_file()?;

    let devices = kept.desk.list_devices().await?.devices;
    assert_eq!(devices.len(), 2);
    let other = devices.iter().find(|device| !device.is_current).expect("the other laptop");
    kept.desk.revoke_device(other.id).await?;

    lost.wait_for_event("the sign-out", |event| matches!(event, DeskEvent::SignedOut(_))).await?;
    assert!(!cache.exists(), "the cache is gone");
    assert_eq!(lost.desk.start().await?.phase, Phase::SignedOut);
    assert_eq!(kept.desk.start().await?.phase, Phase::Open, "the one that revoked stays");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn all_other_devices_lose_their_caches_in_one_act_online_and_offline() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut online = TestDesk::signed_in(&server, manager(&server)).await?;
    online.wait_until_synced().await?;
    // A laptop that is closed in somebody's bag: it hears of it when it is opened.
    let mut closed = TestDesk::signed_in(&server, manager(&server)).await?;
    closed.wait_until_synced().await?;
    let mut closed = closed.restart().await;
    let colleague = server.member(domain::Role::Sales)?;
    let mut others = TestDesk::signed_in(&server, colleague).await?;
    others.wait_until_synced().await?;
    let mut kept = TestDesk::signed_in(&server, manager(&server)).await?;
    kept.wait_until_synced().await?;
    let caches = [online.cache_file()?, closed.cache_file()?];

    assert_eq!(kept.desk.revoke_other_devices().await?, 2);
    online.wait_for_event("the sign-out", |event| matches!(event, DeskEvent::SignedOut(_))).await?;
    assert!(caches[1].exists(), "the control: it has not heard of it yet");
    closed.desk.unlock(Some(testkit::PASSPHRASE.to_owned())).await?;
    closed.wait_for_event("the sign-out", |event| matches!(event, DeskEvent::SignedOut(_))).await?;
    for cache in caches {
        assert!(!cache.exists(), "the cache is gone");
        assert_eq!(
            std::fs::read_dir(cache.parent().expect("a folder")).map(Iterator::count).unwrap_or(0),
            0,
            "and its key"
        );
    }
    for desk in [&online, &closed] {
        assert_eq!(desk.desk.start().await?.phase, Phase::SignedOut);
    }
    let list = kept.desk.list_devices().await?;
    assert_eq!((list.devices.len(), list.ended.len()), (1, 2));
    assert!(list.ended.iter().all(|ended| ended.ended_because == wire::device::SessionEnd::Revoked));
    assert_eq!(kept.desk.start().await?.phase, Phase::Open, "the one that revoked stays");
    assert!(others.cache_file()?.exists(), "and so does a colleague's");
    assert_eq!(others.desk.list_devices().await?.devices.len(), 1);
    Ok(())
}
