//! A change made on the server is on the screen within a second, without anybody doing anything.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use domain::{ConversationStatus, LeadPatch};

use super::{Walk, review};
use crate::api::Api;
use crate::app::by_id;

/// From the server's answer to the screen.
const LIMIT: Duration = Duration::from_secs(1);

/// How long to look at all: past the limit, to tell slow from never.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn reaches_screen(walk: &mut Walk) -> anyhow::Result<()> {
    let hosted = &walk.hosted;
    let colleague = Api::sign_in(&hosted.url(), hosted.ca(), hosted.email(), hosted.password()).await?;
    message(walk, &colleague).await?;
    walk.picture("message-arrived").await?;
    lead(walk, &colleague).await
}

/// A lead writes: the conversation moves to the top of the inbox.
async fn message(walk: &mut Walk, colleague: &Api) -> anyhow::Result<()> {
    const BODY: &str = "Is the small studio free on the ninth?";
    let app = walk.app.as_ref().context("the app is open")?;
    review::open_inbox_at_top(app).await?;
    // One from far down the list, so that it has a way to go.
    let conversation = walk
        .truth
        .conversations
        .values_mut()
        .filter(|conversation| conversation.status == ConversationStatus::Open)
        .min_by_key(|conversation| conversation.last_message_at)
        .context("an open conversation")?;
    let written = colleague.record_inbound(conversation.id, BODY).await?;
    let answered = Instant::now();
    let top = format!("{}[data-index=\"0\"][data-id=\"{}\"]", by_id("conversation-row"), conversation.id);
    app.wait_for_text(&top, PATIENCE, |text| text.contains(BODY)).await.context("the message is in the inbox")?;
    let elapsed = answered.elapsed();

    conversation.last_message_at = written.sent_at;
    BODY.clone_into(&mut conversation.preview);
    walk.truth.message_count += 1;
    walk.measure("message_to_screen", elapsed);
    ensure!(elapsed < LIMIT, "the message took {elapsed:?} to the screen");
    Ok(())
}

/// A colleague renames a lead while its page is open.
async fn lead(walk: &mut Walk, colleague: &Api) -> anyhow::Result<()> {
    const NAME: &str = "Renamed at another desk";
    let app = walk.app.as_ref().context("the app is open")?;
    let id = review::open_lead_page(app, &walk.truth).await?;
    let patch = LeadPatch { name: Some(NAME.to_owned()), ..LeadPatch::default() };
    let changed = colleague.patch_lead(id, &patch).await?;
    let answered = Instant::now();
    app.wait_for_text(&by_id("lead-page"), PATIENCE, |text| text.contains(NAME))
        .await
        .context("the new name is shown")?;
    let elapsed = answered.elapsed();

    walk.truth.leads.insert(id, changed);
    walk.measure("lead_to_screen", elapsed);
    ensure!(elapsed < LIMIT, "the change took {elapsed:?} to the screen");
    Ok(())
}
