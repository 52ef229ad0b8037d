//! The first sync: the inbox is usable at once, a bar tells how far it is, and in the end everything is there.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde::Deserialize;

use super::{Walk, review};
use crate::poll::until;

/// Within this the first conversations must be readable. A release build takes a second; this one is not.
const INBOX_USABLE: Duration = Duration::from_secs(5);

/// The slowest first sync that is still one, in rows a second.
const SLOWEST_ROWS_PER_S: u64 = 1_000;

/// What the window shows of the sync at one moment.
#[derive(Deserialize)]
struct Seen {
    /// What the bar says, while there is one.
    bar: Option<String>,
    status: String,
    connection: Option<String>,
    conversation_count: u64,
}

const LOOK: &str = r#"
    const text = (id) => document.querySelector(`[data-testid="${id}"]`)?.innerText ?? null;
    return {
        bar: text("first-sync"),
        status: text("status-line") ?? "",
        connection: document.querySelector('[data-testid="status-line"]')?.dataset.connection ?? null,
        conversation_count: document.querySelectorAll('[data-testid="conversation-row"]').length,
    };"#;

/// Follows it to its end, and compares what arrived with what the server has.
pub(super) async fn completes(walk: &mut Walk) -> anyhow::Result<()> {
    let started = walk.signed_in_at.context("somebody signed in")?;
    let app = walk.app()?;
    until("the first conversations", INBOX_USABLE.saturating_sub(started.elapsed()), async || {
        Ok((app.ask::<Seen>(LOOK, Vec::new()).await?.conversation_count > 0).then_some(()))
    })
    .await?;
    walk.measure("inbox_usable", started.elapsed());
    walk.picture("first-sync").await?;

    let rows = walk.truth.leads.len() as u64 + walk.truth.message_count;
    let patience = Duration::from_secs(60 + rows / SLOWEST_ROWS_PER_S);
    let app = walk.app()?;
    let mut bar_words = None;
    until("the end of the first sync", patience, async || {
        let seen: Seen = app.ask(LOOK, Vec::new()).await?;
        bar_words = seen.bar.clone().or(bar_words.take());
        let is_done =
            seen.bar.is_none() && seen.connection.as_deref() == Some("online") && seen.status.starts_with("Up to date");
        Ok(is_done.then_some(()))
    })
    .await
    .with_context(|| format!("the bar last said {bar_words:?}"))?;
    let elapsed = started.elapsed();
    walk.measure("first_sync", elapsed);
    if let Some(words) = bar_words {
        ensure!(words.chars().any(|c| c.is_ascii_digit()), "the bar tells how far it is, not {words:?}");
    }

    let checked = Instant::now();
    review::wait_for_lead_count(walk.app()?, walk.truth.leads.len()).await?;
    walk.measure("lead_count", checked.elapsed());
    Ok(())
}
