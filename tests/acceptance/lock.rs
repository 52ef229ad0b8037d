//! Locked, nothing answers, no file of the cache is open, and the key is not in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use desk::view::{DeskEvent, Phase};
use desk::{DeskError, ErrorCode, ErrorView};
use domain::UnixMs;
use testkit::{PASSPHRASE, TestDesk, TestServer};

use crate::first_sync::newest_first;
use crate::{STUDIO, manager};

/// Files of `cache` that this process holds open.
fn open_files(cache: &std::path::Path) -> usize {
    let name = cache.to_string_lossy().into_owned();
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return 0 };
    entries
        .flatten()
        .filter_map(|entry| std::fs::read_link(entry.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with(&name))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn locking_closes_the_cache_and_unlocking_opens_it() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let cache = desk.cache_file()?;
    assert!(open_files(&cache) > 0, "the control: while it is open, its files are");

    desk.desk.lock().await?;
    desk.wait_for_event("locked", |event| *event == DeskEvent::Locked).await?;
    assert_eq!(open_files(&cache), 0);
    assert_eq!(desk.desk.start().await?.phase, Phase::Locked);
    let refused = desk.desk.lead_page(newest_first(), 0, 1).await.err();
    assert!(matches!(refused, Some(DeskError::Locked)), "{refused:?}");

    for wrong in ["", "not the passphrase at all"] {
        let error = desk.desk.unlock(Some(wrong.to_owned())).await.err();
        assert_eq!(error.map(|error| ErrorView::from(error).code), Some(ErrorCode::PassphraseWrong));
    }
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    assert_eq!(desk.desk.lead_page(newest_first(), 0, 1).await?.rows.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_locks_by_itself_when_nobody_is_there() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let now = Arc::new(AtomicI64::new(1_800_000_000_000));
    let told = Arc::clone(&now);
    let mut desk = TestDesk::with_clock(&server, Arc::new(move || UnixMs(told.load(Ordering::SeqCst))))?;
    desk.sign_in(&manager(&server).email, TestServer::PASSWORD).await?;
    desk.desk.set_lock_after_minutes(5).await?;
    now.fetch_add(4 * 60_000, Ordering::SeqCst);
    desk.desk.user_active();
    now.fetch_add(4 * 60_000, Ordering::SeqCst);
    // Active four minutes ago: still open, and it stays so while the watch looks.
    desk.wait_until_synced().await?;
    assert_eq!(desk.desk.start().await?.phase, Phase::Open);
    now.fetch_add(60_000, Ordering::SeqCst);
    desk.wait_for_event("locked", |event| *event == DeskEvent::Locked).await?;
    assert_eq!(desk.desk.start().await?.phase, Phase::Locked);
    Ok(())
}
