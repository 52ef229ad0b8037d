//! An operator has clients start over: they pull everything anew, and show what they have until then.

use desk::view::DeskEvent;
use reqwest::Method;
use serde_json::json;
use testkit::{TestDesk, TestServer};

use crate::first_sync::{imported, newest_first, shown};
use crate::{STUDIO, manager};

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_is_open_starts_over_by_itself_and_loses_nothing() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;

    // As `frontdesk-server reset-cursors` does, from another program.
    let operator = server::Admin::open_dir(server.data_dir()).await?;
    operator.reset_cursors(server.studio.id).await?;
    let begun = |event: &DeskEvent| matches!(event, DeskEvent::StatusChanged(status) if status.first_sync.is_some());
    desk.wait_for_event("a snapshot", begun).await?;
    assert_eq!(shown(&desk).await?, imported(&server), "what it has stays");
    desk.wait_until_synced().await?;
    assert_eq!(shown(&desk).await?, imported(&server));

    let colleague = server.colleague(manager(&server)).await?;
    let lead = desk.desk.lead_page(newest_first(), 3, 1).await?.rows.remove(0).id;
    colleague.send(Method::PATCH, &format!("/v1/leads/{lead}"), &json!({"notes": "after it"})).await?;
    let changed = |event: &DeskEvent| matches!(event, DeskEvent::Changed(changed) if changed.leads);
    // The snapshot, too, tells of changes.
    while desk.desk.get_lead_detail(lead).await?.lead.notes != "after it" {
        desk.wait_for_event("the change", changed).await?;
    }
    Ok(())
}
