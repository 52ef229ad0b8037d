//! Reviewing leads and conversations, compared with what the server has. The checks know nothing of the network:
//! the same ones run again offline.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, ensure};
use domain::{Conversation, ConversationId, ConversationStatus, LeadId, StageId};
use serde::Deserialize;
use serde_json::json;

use super::Walk;
use crate::api::Truth;
use crate::app::{App, by_id};
use crate::poll::until;

const PATIENCE: Duration = Duration::from_secs(10);

/// Rows a virtual list may keep in the document, whatever its length.
const ROWS_DRAWN: usize = 200;

pub(super) async fn lead_list(walk: &mut Walk) -> anyhow::Result<()> {
    check_lead_list(walk.app()?, &walk.truth).await?;
    walk.picture("leads").await
}

pub(super) async fn lead_page(walk: &mut Walk) -> anyhow::Result<()> {
    open_lead_page(walk.app()?, &walk.truth).await?;
    walk.picture("lead").await
}

pub(super) async fn inbox(walk: &mut Walk) -> anyhow::Result<()> {
    check_inbox(walk.app()?, &walk.truth).await?;
    walk.picture("inbox").await
}

/// Opens the lead list and waits until it counts so many.
pub(super) async fn wait_for_lead_count(app: &App, expected: usize) -> anyhow::Result<()> {
    app.click(&by_id("nav-leads")).await?;
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    app.wait_for_text(&by_id("lead-count"), PATIENCE, |text| digits(text) == expected.to_string())
        .await
        .with_context(|| format!("the list counts {expected} leads"))
        .map(drop)
}

/// The list: complete, in the order asked for, filtered as asked for, and moved through by keys.
pub(super) async fn check_lead_list(app: &App, truth: &Truth) -> anyhow::Result<()> {
    wait_for_lead_count(app, truth.leads.len()).await?;

    // Newest first, then oldest first: the header switches.
    for direction in ["descending", "ascending"] {
        sort_by_created_at(app, direction).await?;
        let created = |id: &LeadId| truth.leads.get(id).map(|lead| lead.created_at);
        let extreme = match direction {
            "descending" => truth.leads.values().map(|lead| lead.created_at).max(),
            _ => truth.leads.values().map(|lead| lead.created_at).min(),
        };
        until(&format!("leads in {direction} order of creation"), PATIENCE, async || {
            let times: Vec<_> = rows::<LeadId>(app, "lead-row").await?.iter().map(created).collect();
            let in_order = match direction {
                "descending" => times.is_sorted_by_key(|time| Reverse(*time)),
                _ => times.is_sorted(),
            };
            Ok((in_order && times.first() == Some(&extreme)).then_some(()))
        })
        .await?;
    }
    let drawn = rows::<LeadId>(app, "lead-row").await?.len();
    ensure!(drawn < ROWS_DRAWN, "{drawn} rows are in the document: the list is not virtual");

    let (stage, count) = rarest_stage(truth)?;
    app.click(&by_id("filter-add")).await?;
    app.click(&by_id("filter-stage")).await?;
    app.click(&format!("{}[data-value=\"{stage}\"]", by_id("filter-option"))).await?;
    app.press(thirtyfour::Key::Escape).await?;
    wait_for_lead_count(app, count).await.context("filtered by stage")?;
    until("only leads of the stage", PATIENCE, async || {
        let shown = rows::<LeadId>(app, "lead-row").await?;
        let is_right = |id: &LeadId| truth.leads.get(id).is_some_and(|lead| lead.stage_id == stage);
        Ok((!shown.is_empty() && shown.iter().all(is_right)).then_some(()))
    })
    .await?;
    app.click(&by_id("filter-remove-stage")).await?;
    wait_for_lead_count(app, truth.leads.len()).await.context("the filter removed")?;

    let before = cursor(app).await?;
    app.press("j").await?;
    until("the cursor one lead further", PATIENCE, async || {
        Ok((cursor(app).await? == before.map_or(0, |i| i + 1).into()).then_some(()))
    })
    .await
    .map(drop)
}

/// The page of a lead with a conversation: its fields, its timeline, the way back.
pub(super) async fn open_lead_page(app: &App, truth: &Truth) -> anyhow::Result<LeadId> {
    wait_for_lead_count(app, truth.leads.len()).await?;
    let lead = until("a lead with a plain name and a conversation", PATIENCE, async || {
        let shown = rows::<LeadId>(app, "lead-row").await?;
        let mut leads = shown.iter().filter_map(|id| truth.leads.get(id));
        Ok(leads.find(|lead| is_plain(&lead.name) && truth.conversations.values().any(|c| c.lead_id == lead.id)))
    })
    .await?;
    app.click(&format!("{}[data-id=\"{}\"]", by_id("lead-row"), lead.id)).await?;
    let page = app
        .wait_for_text(&by_id("lead-page"), PATIENCE, |text| text.contains(&lead.name))
        .await
        .context("the page has the lead's name")?;
    if let Some(email) = &lead.email {
        ensure!(page.contains(email.as_str()), "the page has the lead's e-mail");
    }
    let stage = truth.stages.get(&lead.stage_id).context("the stage exists")?;
    ensure!(page.contains(&stage.name), "the page has the lead's stage");
    app.wait_for_text(&by_id("lead-timeline"), PATIENCE, |text| !text.trim().is_empty()).await?;
    Ok(lead.id)
}

/// The inbox: open conversations, newest first, and one of them whole.
pub(super) async fn check_inbox(app: &App, truth: &Truth) -> anyhow::Result<()> {
    open_inbox_at_top(app).await?;
    let newest = truth
        .conversations
        .values()
        .filter(|conversation| conversation.status == ConversationStatus::Open)
        .map(|conversation| conversation.last_message_at)
        .max();
    let shown = until("open conversations, newest first", PATIENCE, async || {
        let ids = rows::<ConversationId>(app, "conversation-row").await?;
        let found: Option<Vec<&Conversation>> = ids.iter().map(|id| truth.conversations.get(id)).collect();
        Ok(found.filter(|found| {
            found.first().map(|c| c.last_message_at) == newest
                && found.is_sorted_by_key(|c| Reverse(c.last_message_at))
                && found.iter().all(|c| c.status == ConversationStatus::Open)
        }))
    })
    .await?;
    let conversation = shown.iter().find(|c| is_plain(&c.preview)).context("a conversation with a plain preview")?;
    app.click(&format!("{}[data-id=\"{}\"]", by_id("conversation-row"), conversation.id)).await?;
    app.wait_for_text(&format!("{} {}", by_id("thread"), by_id("message")), PATIENCE, |text| {
        one_line(text).contains(&one_line(&conversation.preview))
    })
    .await
    .context("the thread has the message of the preview")?;
    let lead = truth.leads.get(&conversation.lead_id).context("the conversation has a lead")?;
    let stage = truth.stages.get(&lead.stage_id).context("the stage exists")?;
    let email = lead.email.as_deref().unwrap_or_default();
    app.wait_for_text(&by_id("contact-pane"), PATIENCE, |text| text.contains(&stage.name) && text.contains(email))
        .await
        .context("the contact beside the thread is the lead")
        .map(drop)
}

/// Opens the inbox where the newest open conversation is, wherever somebody had scrolled to.
pub(super) async fn open_inbox_at_top(app: &App) -> anyhow::Result<()> {
    app.click(&by_id("nav-inbox")).await?;
    // Another folder and back: each folder begins at its top.
    app.click(&by_id("folder-archived")).await?;
    app.click(&by_id("folder-open")).await?;
    app.wait_for(&format!("{}[data-index=\"0\"]", by_id("conversation-row"))).await
}

/// Ids of the rows on the screen, from the top.
pub(super) async fn rows<Id: std::str::FromStr>(app: &App, test_id: &str) -> anyhow::Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Row {
        index: u64,
        id: String,
    }
    let mut rows: Vec<Row> = app
        .ask(
            "return [...document.querySelectorAll(arguments[0])]
                .map((row) => ({ index: Number(row.dataset.index), id: row.dataset.id }));",
            vec![json!(format!("{}[data-id]", by_id(test_id)))],
        )
        .await?;
    rows.sort_by_key(|row| row.index);
    rows.iter().map(|row| row.id.parse().ok().context("rows carry ids")).collect()
}

/// Text whose look on the screen is the text itself.
pub(super) fn is_plain(text: &str) -> bool {
    text.len() >= 4 && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | ',' | '.' | '?' | '!'))
}

/// White space as the screen folds it.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn sort_by_created_at(app: &App, direction: &str) -> anyhow::Result<()> {
    let header = format!("[role=\"columnheader\"]:has({})", by_id("lead-sort-created_at"));
    // At most two clicks from any order to any direction.
    for _ in 0..3 {
        if app.attributes(&header, "aria-sort").await?.first().is_some_and(|order| order == direction) {
            return Ok(());
        }
        app.click(&by_id("lead-sort-created_at")).await?;
        app.settle().await?;
    }
    anyhow::bail!("the list can't be sorted in {direction} order")
}

async fn cursor(app: &App) -> anyhow::Result<Option<u64>> {
    let found = app.attributes(&format!("{}[data-cursor]", by_id("lead-row")), "data-index").await?;
    found.first().map(|index| index.parse().context("an index is a number")).transpose()
}

/// The stage with the fewest leads, but some.
fn rarest_stage(truth: &Truth) -> anyhow::Result<(StageId, usize)> {
    let mut counts: HashMap<StageId, usize> = HashMap::new();
    for lead in truth.leads.values() {
        *counts.entry(lead.stage_id).or_default() += 1;
    }
    counts.into_iter().min_by_key(|&(id, count)| (count, id)).context("leads have stages")
}
