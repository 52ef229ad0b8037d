//! A lead is edited with no server: shown at once, marked as not sent, and on the server when it is back.

use std::time::Duration;

use anyhow::{Context, ensure};
use thirtyfour::Key;

use super::{Walk, review};
use crate::api::Api;
use crate::app::by_id;

const NOTES: &str = "Promised on the train: the small studio, on the ninth.";

/// How long it may take to be shown.
const PATIENCE: Duration = Duration::from_secs(10);

/// Writes notes on a lead's page.
pub(super) async fn offline(walk: &mut Walk) -> anyhow::Result<()> {
    let app = walk.app()?;
    app.click(&by_id("nav-leads")).await?;
    let id = review::open_lead_page(app, &walk.truth).await?;
    app.click(&by_id("edit-notes")).await?;
    app.fill(&by_id("input-notes"), NOTES).await?;
    app.press(Key::Control + Key::Enter).await?;
    app.wait_for_text(&by_id("field-notes"), PATIENCE, |text| text.contains(NOTES)).await.context("what was typed")?;
    app.wait_for(&by_id("unsent")).await.context("the mark of what is not sent")?;
    walk.picture("edited-offline").await?;
    let lead = walk.truth.leads.get_mut(&id).context("the lead is known")?;
    NOTES.clone_into(&mut lead.notes);
    walk.edited = Some(id);
    Ok(())
}

/// The server is back: it has what was written.
pub(super) async fn has_arrived(walk: &mut Walk) -> anyhow::Result<()> {
    let id = walk.edited.context("a lead was edited")?;
    walk.app()?.wait_for_none(&by_id("unsent")).await.context("nothing is left to be sent")?;
    let hosted = &walk.hosted;
    let colleague = Api::sign_in(&hosted.url(), hosted.ca(), hosted.email(), hosted.password()).await?;
    let truth = colleague.truth().await?;
    let lead = truth.leads.get(&id).context("the lead is on the server")?;
    ensure!(lead.notes == NOTES, "the server has not got what was written");
    walk.truth.leads.insert(id, lead.clone());
    Ok(())
}
