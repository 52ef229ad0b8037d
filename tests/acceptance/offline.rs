//! Without a network everything that can be reviewed is there, after a restart too.

use desk::view::{Connection, Phase};
use store::read::{Folder, LeadFilter, MessageAnchor};
use testkit::{PASSPHRASE, TestDesk, TestServer};

use crate::first_sync::newest_first;
use crate::{STUDIO, manager};

/// One look at everything.
async fn review(desk: &TestDesk) -> anyhow::Result<Vec<String>> {
    let leads = desk.desk.lead_page(newest_first(), 0, 50).await?;
    let inbox = desk.desk.conversation_page(Folder::Open, 0, 50).await?;
    let first = leads.rows.first().expect("leads are there");
    let thread = inbox.rows.first().expect("conversations are there").id;
    let detail = desk.desk.get_lead_detail(first.id).await?;
    let messages = desk.desk.message_page(thread, MessageAnchor::Newest, 50, None).await?;
    let word = first.name.split(' ').next().unwrap_or_default().to_owned();
    let found = desk.desk.search(word, 20).await?;
    assert!(!found.leads.is_empty(), "the first lead's own name is found");
    Ok(vec![
        format!("{:?}", leads.rows.iter().map(|row| (row.id, &row.name)).collect::<Vec<_>>()),
        format!("{:?}", inbox.rows.iter().map(|row| (row.id, &row.preview)).collect::<Vec<_>>()),
        format!("{:?} {:?}", detail.lead.notes, detail.stage_events),
        format!("{:?}", messages.messages.iter().map(|message| &message.body).collect::<Vec<_>>()),
        format!("{:?}", found.leads.iter().map(|hit| hit.lead_id).collect::<Vec<_>>()),
        format!("{}", desk.desk.lead_count(LeadFilter::default()).await?),
        format!("{:?}", desk.desk.folder_counts().await?),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn reviewing_works_the_same_with_the_cable_pulled_and_after_a_restart() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let online = review(&desk).await?;

    server.wire().unplug();
    let status = desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    assert!(status.up_to_date_at.is_some(), "it says when it was last up to date");
    assert_eq!(review(&desk).await?, online);

    let mut desk = desk.restart().await;
    assert_eq!(desk.desk.start().await?.phase, Phase::Locked);
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    assert_eq!(review(&desk).await?, online);
    desk.wait_for_status("still offline", |status| status.connection == Connection::Offline).await?;
    assert_eq!(server.wire().cuts(), 1, "the cable really was pulled");

    server.wire().plug_in();
    desk.desk.sync_now().await?;
    desk.wait_for_status("online again", |status| status.connection == Connection::Online).await?;
    assert_eq!(review(&desk).await?, online);
    Ok(())
}
