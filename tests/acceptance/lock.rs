//! Locked, nothing answers, no file of the cache is open, and the key is not in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use desk::view::{DeskEvent, ExportFormat, ExportRequest, ExportScope, Phase};
use desk::{DeskError, ErrorCode, ErrorView};
use domain::UnixMs;
use testkit::{PASSPHRASE, TestDesk, TestServer};

use crate::first_sync::newest_first;
use crate::{STUDIO, manager};

/// Files of `cache` that this process holds open.
pub(crate) fn open_files(cache: &std::path::Path) -> usize {
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

#[tokio::test(flavor = "multi_thread")]
async fn locking_ends_an_export_and_leaves_no_part_of_its_file() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("leads.xlsx");
    let mut were_cut = 0;
    for _ in 0..10 {
        let request = ExportRequest { format: ExportFormat::Xlsx, scope: ExportScope::All };
        desk.desk.start_export(request, path.clone()).await?;
        desk.desk.lock().await?;
        // Looked at as soon as the desk says that it is locked, and not a moment later.
        let left: Vec<_> = std::fs::read_dir(dir.path())?.flatten().map(|entry| entry.path()).collect();
        assert!(left.iter().all(|left| *left == path), "{left:?}");
        were_cut += usize::from(left.is_empty());
        let _ = std::fs::remove_file(&path);
        desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    }
    assert!(were_cut > 0, "the lock never came before the end of the export");
    Ok(())
}
