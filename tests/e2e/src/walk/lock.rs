//! Locking on demand: the window shows nothing of the data, the cache is closed; unlocking brings both back.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use thirtyfour::Key;

use super::{Walk, review};
use crate::app::by_id;
use crate::poll::until;

pub(super) async fn locks_and_unlocks(walk: &mut Walk) -> anyhow::Result<()> {
    let folder = walk.launch.data_dir.clone();
    ensure!(has_open_files(&folder)?, "the cache is open while one works");

    let app = walk.app()?;
    review::wait_for_lead_count(app, walk.truth.leads.len()).await?;
    app.press(Key::Control + "l").await?;
    app.wait_for(&by_id("lock-screen")).await?;
    let page: String = app.ask("return document.documentElement.outerHTML;", Vec::new()).await?;
    let leaked = walk.truth.leads.values().filter(|lead| lead.name.len() > 4 && page.contains(&lead.name)).count();
    ensure!(leaked == 0, "{leaked} names of leads are still in the locked window");
    until("the cache to be closed", Duration::from_secs(10), async || Ok((!has_open_files(&folder)?).then_some(())))
        .await?;
    walk.picture("locked").await?;

    let app = walk.app()?;
    app.click(&by_id("unlock-submit")).await?;
    review::wait_for_lead_count(app, walk.truth.leads.len()).await.context("after unlocking")
}

/// Whether any process of ours has a cache file under `folder` open.
fn has_open_files(folder: &Path) -> anyhow::Result<bool> {
    for process in std::fs::read_dir("/proc").context("/proc")? {
        // Processes come and go, and some are not ours to look at.
        let Ok(files) = std::fs::read_dir(process.context("/proc")?.path().join("fd")) else { continue };
        for file in files.flatten() {
            let Ok(target) = std::fs::read_link(file.path()) else { continue };
            if target.starts_with(folder) && target.to_string_lossy().contains("cache.db") {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
