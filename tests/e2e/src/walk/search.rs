//! Searching all message text: what is found is highlighted, and opens at its place in the thread.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context;
use domain::Lead;
use thirtyfour::Key;

use super::Walk;
use super::review::{is_plain, one_line};
use crate::api::{Truth, search_words};
use crate::app::{App, by_id};

const PATIENCE: Duration = Duration::from_secs(10);

/// A message that was found.
const MESSAGE_HIT: &str = "[data-testid=\"palette-hit\"][data-kind=\"message\"]";

pub(super) async fn finds_old_message(walk: &mut Walk) -> anyhow::Result<()> {
    type_words(walk.app()?, &walk.truth).await?;
    walk.picture("search").await?;
    open_first_hit(walk.app()?, &walk.truth).await?;
    walk.picture("search-opened").await?;
    find_lead_by_phone(walk.app()?, &walk.truth).await
}

/// The same without pictures.
pub(super) async fn check_search(app: &App, truth: &Truth) -> anyhow::Result<()> {
    type_words(app, truth).await?;
    open_first_hit(app, truth).await?;
    find_lead_by_phone(app, truth).await
}

/// Types the last digits of a lead's number, and opens the lead that was found.
async fn find_lead_by_phone(app: &App, truth: &Truth) -> anyhow::Result<()> {
    let (lead, digits) = lead_with_rare_number(truth).context("a lead with a plain name and a number")?;
    app.press(Key::Control + "k").await?;
    app.wait_for(&by_id("palette-input")).await?;
    app.fill(&by_id("palette-input"), digits).await?;
    let hit = format!("{}[data-kind=\"lead\"]:has(mark)", by_id("palette-hit"));
    app.wait_for_text(&hit, PATIENCE, |text| text.contains(&lead.name))
        .await
        .context("the lead is found by its number")?;
    app.press(Key::Escape).await?;
    app.wait_for_none(&by_id("palette-input")).await
}

fn words(truth: &Truth) -> anyhow::Result<(&str, &str)> {
    let message = truth.old_message.as_ref().context("the studio has a message with plain words")?;
    search_words(&message.body).context("it was chosen for its words")
}

/// Types two words of an old message, and waits until both are highlighted in a hit.
async fn type_words(app: &App, truth: &Truth) -> anyhow::Result<()> {
    let (first, second) = words(truth)?;
    app.press(Key::Control + "k").await?;
    app.wait_for(&by_id("palette-input")).await?;
    app.fill(&by_id("palette-input"), &format!("{first} {second}")).await?;
    for word in [first, second] {
        app.wait_for_text(&format!("{MESSAGE_HIT} mark"), PATIENCE, |text| text.to_lowercase().contains(word))
            .await
            .with_context(|| format!("the word {word} is highlighted in a hit"))?;
    }
    let all = format!("all{}searched", truth.message_count);
    app.wait_for_text(&by_id("palette-message-heading"), PATIENCE, |text| {
        let dense: String = text.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        dense.contains(&all)
    })
    .await
    .context("it tells that all messages were searched")
    .map(drop)
}

/// Opens the first message found, and waits for it in its thread.
async fn open_first_hit(app: &App, truth: &Truth) -> anyhow::Result<()> {
    let (first, second) = words(truth)?;
    app.click(MESSAGE_HIT).await?;
    app.wait_for_none(&by_id("palette-input")).await?;
    app.wait_for_text(&format!("{}[data-found]", by_id("message")), PATIENCE, |text| {
        let text = one_line(text).to_lowercase();
        text.contains(first) && text.contains(second)
    })
    .await
    .context("the thread opens at the message")?;
    for word in [first, second] {
        let mark = format!("{}[data-found] mark", by_id("message"));
        app.wait_for_text(&mark, PATIENCE, |text| text.to_lowercase().contains(word))
            .await
            .with_context(|| format!("the word {word} is highlighted in the thread"))?;
    }
    Ok(())
}

/// A lead and the end of its number, which few others share: numbers for fiction are scarce.
fn lead_with_rare_number(truth: &Truth) -> Option<(&Lead, &str)> {
    const DIGITS: usize = 6;
    let mut holders: HashMap<&str, Vec<&Lead>> = HashMap::new();
    for lead in truth.leads.values() {
        if let Some(phone) = &lead.phone {
            let number = phone.as_str();
            holders.entry(&number[number.len() - DIGITS..]).or_default().push(lead);
        }
    }
    let plain = holders.into_iter().filter_map(|(digits, leads)| {
        let lead = leads.iter().copied().find(|lead| is_plain(&lead.name))?;
        Some((leads.len(), lead.id, lead, digits))
    });
    plain.min_by_key(|&(count, id, ..)| (count, id)).map(|(_, _, lead, digits)| (lead, digits))
}
