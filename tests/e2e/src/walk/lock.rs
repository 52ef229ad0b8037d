//! Locking on demand: the window shows nothing of the data, the cache is closed; unlocking brings both back.

use std::os::unix::fs::MetadataExt;
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

/// Whether any process has a cache under `folder` open. What files the app has open it shows to root alone; whoever else asks
/// sees the lock that SQLite holds on a byte of the log's index, where the system lists locks.
fn has_open_files(folder: &Path) -> anyhow::Result<bool> {
    Ok(is_opened(folder)? || is_locked(folder)?)
}

fn is_opened(folder: &Path) -> anyhow::Result<bool> {
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

fn is_locked(folder: &Path) -> anyhow::Result<bool> {
    let mut inodes = Vec::new();
    for account in std::fs::read_dir(folder.join("accounts")).context("the accounts")? {
        for file in std::fs::read_dir(account?.path())? {
            inodes.push(format!(":{}", file?.metadata()?.ino()));
        }
    }
    // `1: POSIX  ADVISORY  READ 4711 08:01:1234567 128 128`: the sixth word ends in the inode.
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    let mut locked = locks.lines().filter_map(|line| line.split_whitespace().nth(5));
    Ok(locked.any(|file| inodes.iter().any(|inode| file.ends_with(inode.as_str()))))
}
