//! Without a server: it says so and since when, everything works the same, also after a restart; and then back.

use std::time::Duration;

use anyhow::Context;
use thirtyfour::Key;

use super::{Walk, review, search};
use crate::app::{App, by_id};

/// How long the app may take to notice.
const NOTICE: Duration = Duration::from_secs(30);

/// How long it may take to be up to date again once it was asked to try.
const RETRY: Duration = Duration::from_secs(10);

/// Stops the server and does everything again.
pub(super) async fn server_stops(walk: &mut Walk) -> anyhow::Result<()> {
    walk.hosted.stop().await?;
    wait_for_connection(walk.app()?, "offline", "Offline since", NOTICE).await?;
    let (app, truth) = (walk.app()?, &walk.truth);
    review::check_lead_list(app, truth).await?;
    review::open_lead_page(app, truth).await?;
    search::check_search(app, truth).await?;
    review::check_inbox(app, truth).await?;
    walk.picture("offline").await
}

/// Kills the app and opens it again, with still no server.
pub(super) async fn reopens(walk: &mut Walk) -> anyhow::Result<()> {
    walk.app.take().context("the app is open")?.kill().await?;
    let app = App::open(&walk.launch).await?;
    // It opens where it was, or asks to be unlocked first.
    app.wait_for(&format!("{}, {}", by_id("nav-inbox"), by_id("unlock-submit"))).await?;
    if !app.texts(&by_id("unlock-submit")).await?.is_empty() {
        app.click(&by_id("unlock-submit")).await?;
        app.wait_for(&by_id("nav-inbox")).await?;
    }
    walk.app = Some(app);
    wait_for_connection(walk.app()?, "offline", "Offline since", NOTICE).await?;
    let (app, truth) = (walk.app()?, &walk.truth);
    review::check_lead_list(app, truth).await?;
    search::check_search(app, truth).await?;
    review::check_inbox(app, truth).await?;
    walk.picture("reopened-offline").await
}

/// Starts the server again, and asks the app to try now rather than when it would by itself.
pub(super) async fn reconnects(walk: &mut Walk) -> anyhow::Result<()> {
    walk.hosted.start().await?;
    walk.app()?.press(Key::Control + "r").await?;
    wait_for_connection(walk.app()?, "online", "Up to date", RETRY).await
}

async fn wait_for_connection(app: &App, state: &str, words: &str, timeout: Duration) -> anyhow::Result<()> {
    let line = format!("{}[data-connection=\"{state}\"]", by_id("status-line"));
    app.wait_for_text(&line, timeout, |text| text.starts_with(words)).await.map(drop)
}
