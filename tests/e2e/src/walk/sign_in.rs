//! Signing in: refused with a clear message for each reason, then accepted.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::Walk;
use crate::app::by_id;
use crate::process::free_port;

/// A debug build on a busy machine hashes passwords slowly.
const ANSWER: Duration = Duration::from_secs(20);

/// A wrong password, then an address at which nobody answers; leaves the form as it was.
pub(super) async fn refused(walk: &mut Walk) -> anyhow::Result<()> {
    let app = walk.app()?;
    let (server, password, error) = (by_id("signin-server"), by_id("signin-password"), by_id("signin-error"));
    app.wait_for(&password).await?;

    app.fill(&password, "not the password").await?;
    app.click(&by_id("signin-submit")).await?;
    app.wait_for_text(&error, ANSWER, |text| text.contains("password is wrong"))
        .await
        .context("a wrong password is called so")?;

    app.fill(&password, &walk.launch.password).await?;
    app.fill(&server, &format!("https://127.0.0.1:{}", free_port()?)).await?;
    app.click(&by_id("signin-submit")).await?;
    let unreachable = app
        .wait_for_text(&error, ANSWER, |text| text.contains("does not answer"))
        .await
        .context("a server that is not there is called so")?;
    ensure!(!unreachable.contains("password"), "nobody looked at the password");
    walk.picture("sign-in-refused").await?;
    walk.app()?.fill(&server, &walk.launch.server_url).await
}

/// With what the demo filled in, and nothing typed.
pub(super) async fn accepted(walk: &mut Walk) -> anyhow::Result<()> {
    let app = walk.app()?;
    app.wait_for(&by_id("signin-submit")).await?;
    ensure!(app.value(&by_id("signin-server")).await? == walk.launch.server_url, "the server is filled in");
    ensure!(app.value(&by_id("signin-email")).await? == walk.launch.email, "the e-mail is filled in");
    ensure!(app.value(&by_id("signin-password")).await? == walk.launch.password, "the password is filled in");
    walk.picture("sign-in").await?;

    let app = walk.app()?;
    let started = Instant::now();
    app.click(&by_id("signin-submit")).await?;
    app.wait_for_text(&by_id("nav-inbox"), ANSWER, |_| true).await.context("the desk opens")?;
    walk.measure("desk_opened", started.elapsed());
    walk.signed_in_at = Some(started);
    Ok(())
}
