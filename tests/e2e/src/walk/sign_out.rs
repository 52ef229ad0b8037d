//! Signing out: cache and key are gone from this computer, and the session from the server.

use anyhow::{Context, ensure};
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;

use super::Walk;
use crate::api::Api;
use crate::app::by_id;

/// Under which name the app keeps its secrets in the keyring.
const KEYRING_SERVICE: &str = "app.frontdesk.desktop";

pub(super) async fn erases(walk: &mut Walk) -> anyhow::Result<()> {
    ensure!(keyring_entries().await? > 0, "key and tokens are in the keyring while signed in");
    ensure!(!files_under(&walk.launch.data_dir)?.is_empty(), "the cache is on the disk while signed in");

    let app = walk.app()?;
    app.click(&by_id("nav-settings")).await?;
    app.click(&by_id("settings-security")).await?;
    walk.picture("security").await?;
    let app = walk.app()?;
    app.click(&by_id("sign-out")).await?;
    app.click(&by_id("sign-out-confirm")).await?;
    // What was written before the crash is still there, and is not lost without being told.
    app.wait_for_text(&by_id("sign-out-unsent"), Duration::from_secs(10), |text| text.contains("1 draft")).await?;
    app.click(&by_id("sign-out-confirm")).await?;
    app.wait_for(&by_id("signin-submit")).await.context("it ends at the sign-in screen")?;

    ensure!(keyring_entries().await? == 0, "the keyring still holds secrets of the account");
    let left: Vec<_> = files_under(&walk.launch.data_dir)?;
    ensure!(left.is_empty(), "files of the account are left: {left:?}");
    let hosted = &walk.hosted;
    let api = Api::sign_in(&hosted.url(), hosted.ca(), hosted.email(), hosted.password()).await?;
    let others = api.other_devices().await?;
    ensure!(others.iter().all(|name| name == Api::DEVICE_NAME), "the server still knows the session of {others:?}");
    Ok(())
}

async fn keyring_entries() -> anyhow::Result<usize> {
    let output = Command::new("secret-tool")
        .args(["search", "--all", "service", KEYRING_SERVICE])
        .output()
        .await
        .context("secret-tool")?;
    // Each entry begins with its path in brackets; what it holds stays here.
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter(|line| line.starts_with("[/")).count())
}

fn files_under(folder: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_under(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}
