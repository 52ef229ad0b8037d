//! Who looks at the same lead: seen within seconds, gone when they leave and when nothing can be known any more.

use desk::view::{Connection, DeskEvent};
use domain::{LeadId, MemberId, Role};
use testkit::{TestDesk, TestServer};

use crate::edits::synced;
use crate::first_sync::newest_first;
use crate::{STUDIO, manager};

/// Waits until these are on the lead, looking whenever the desk says that it changed.
async fn until_on(desk: &mut TestDesk, lead: LeadId, who: &[MemberId]) -> anyhow::Result<()> {
    while desk.desk.list_colleagues_on(lead).await? != who {
        desk.wait_for_event("who is there to change", |event| *event == DeskEvent::PresenceChanged).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_see_each_other_until_one_leaves_or_the_network_goes() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let (me, other) = (manager(&server).id, server.member(Role::Owner)?.id);
    let mut desk = synced(&server, manager(&server)).await?;
    let mut colleague = synced(&server, server.member(Role::Owner)?).await?;
    let lead = desk.desk.lead_page(newest_first(), 0, 1).await?.rows.remove(0).id;
    assert_eq!(desk.desk.list_colleagues_on(lead).await?, []);

    desk.desk.look_at(Some(lead)).await?;
    until_on(&mut colleague, lead, &[me]).await?;
    colleague.desk.look_at(Some(lead)).await?;
    until_on(&mut desk, lead, &[other]).await?;
    assert_eq!(colleague.desk.list_colleagues_on(lead).await?, [me], "never oneself");

    colleague.desk.look_at(None).await?;
    until_on(&mut desk, lead, &[]).await?;
    colleague.desk.look_at(Some(lead)).await?;
    until_on(&mut desk, lead, &[other]).await?;

    // Locking says good-bye.
    colleague.desk.lock().await?;
    until_on(&mut desk, lead, &[]).await?;
    colleague.desk.unlock(Some(testkit::PASSPHRASE.to_owned())).await?;
    colleague.desk.look_at(Some(lead)).await?;
    until_on(&mut desk, lead, &[other]).await?;
    until_on(&mut colleague, lead, &[me]).await?;

    // Nobody knows any more.
    server.wire().unplug();
    until_on(&mut desk, lead, &[]).await?;
    desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    assert_eq!(server.wire().cuts(), 1, "the cable really was pulled");
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    colleague.desk.sync_now().await?;
    until_on(&mut desk, lead, &[other]).await?;
    until_on(&mut colleague, lead, &[me]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_see_the_lead_hears_of_nobody() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let desk = synced(&server, manager(&server)).await?;
    let mut sales = synced(&server, server.member(Role::Sales)?).await?;
    let theirs = sales.desk.lead_page(newest_first(), 0, 500).await?.rows;
    let rows = desk.desk.lead_page(newest_first(), 0, 500).await?.rows;
    let unseen = rows.iter().find(|row| theirs.iter().all(|seen| seen.id != row.id)).expect("a lead of another").id;
    desk.desk.look_at(Some(unseen)).await?;
    // In their order: when the second is heard of, the first would have been.
    let mut colleague = synced(&server, server.member(Role::Owner)?).await?;
    until_on(&mut colleague, unseen, &[manager(&server).id]).await?;
    desk.desk.look_at(Some(theirs[0].id)).await?;
    until_on(&mut sales, theirs[0].id, &[manager(&server).id]).await?;
    assert_eq!(sales.desk.list_colleagues_on(unseen).await?, []);
    Ok(())
}
