//! Signing out leaves nothing of the account on this computer, however it is interrupted.

use std::path::Path;

use desk::view::{DeskEvent, Phase, SignOutEnd, UnsentAudit, UnsentCounts};
use desk::{ErrorCode, ErrorView};
use testkit::{PASSPHRASE, TestDesk, TestServer};

use crate::sign_in::left_below;
use crate::{STUDIO, manager};

/// Nothing was lost.
const ERASED: SignOutEnd = SignOutEnd::Erased { lost: Some(UnsentCounts { audit: 0, edits: 0, drafts: 0 }) };

fn set_aside(folder: &Path) -> SignOutEnd {
    SignOutEnd::SetAside { folder: folder.display().to_string() }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_erases_key_and_cache_and_ends_the_session() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let watcher = TestDesk::signed_in(&server, manager(&server)).await?;
    assert_eq!(watcher.desk.list_devices().await?.devices.len(), 2);
    let account_dir = desk.cache_file()?.parent().expect("in a folder").to_owned();

    assert_eq!(desk.desk.sign_out(UnsentAudit::Keep).await?, ERASED);
    desk.wait_for_event("signed out", |event| *event == DeskEvent::SignedOut(ERASED)).await?;
    assert!(!account_dir.exists());
    assert_eq!(left_below(desk.data_dir()), Vec::<String>::new());
    assert_eq!(desk.desk.start().await?.phase, Phase::SignedOut);
    assert_eq!(watcher.desk.list_devices().await?.devices.len(), 1, "the server knows");
    // And one can come back.
    desk.sign_in(&manager(&server).email, TestServer::PASSWORD).await?;
    desk.wait_until_synced().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_works_offline_and_locked() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    server.wire().unplug();
    desk.desk.lock().await?;
    desk.desk.sign_out(UnsentAudit::Lose).await?;
    assert!(desk.cache_file().is_err() || std::fs::read_dir(desk.data_dir().join("accounts"))?.next().is_none());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_that_was_cut_is_finished_at_the_next_start() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let cache = desk.cache_file()?;
    let account_file = desk.data_dir().join("account.json");
    desk.desk.close().await;
    // The mark is the first thing a sign-out writes: here the program dies right after it.
    let mut account: serde_json::Value = serde_json::from_slice(&std::fs::read(&account_file)?)?;
    account["state"] = "erasing".into();
    std::fs::write(&account_file, serde_json::to_vec(&account)?)?;
    assert!(cache.exists(), "the control: nothing is erased yet");

    let desk = desk.restart().await;
    assert_eq!(desk.desk.start().await?.phase, Phase::SignedOut);
    assert!(!cache.exists());
    assert!(!account_file.exists());
    Ok(())
}

/// Every file below the desk's folder with its content.
fn files(desk: &TestDesk) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    fn gather(dir: &std::path::Path, into: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
        for entry in std::fs::read_dir(dir).expect("a folder").flatten() {
            match entry.path() {
                path if path.is_dir() => gather(&path, into),
                path => into.push((path.clone(), std::fs::read(path).expect("a file"))),
            }
        }
    }
    let mut found = Vec::new();
    gather(desk.data_dir(), &mut found);
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_can_not_be_read_is_set_aside_with_its_key_and_never_erased() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    for what in ["the cache is damaged", "the envelope is damaged", "the envelope is gone"] {
        let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
        desk.wait_until_synced().await?;
        let cache = desk.cache_file()?;
        let envelope = cache.with_file_name("vault.json");
        let mut desk = desk.restart().await;
        let (whole_cache, whole_envelope) = (std::fs::read(&cache)?, std::fs::read(&envelope)?);
        match what {
            "the cache is damaged" => std::fs::write(&cache, &whole_cache[..whole_cache.len() / 2 - 100])?,
            "the envelope is damaged" => std::fs::write(&envelope, &whole_envelope[1..])?,
            _ => std::fs::remove_file(&envelope)?,
        }
        assert!(desk.desk.unlock(Some(PASSPHRASE.to_owned())).await.is_err(), "{what}");
        let kept: Vec<Vec<u8>> = files(&desk).into_iter().map(|(_, content)| content).collect();

        let folder = cache.parent().expect("in a folder");
        assert_eq!(desk.desk.sign_out(UnsentAudit::Keep).await?, set_aside(folder), "{what}");
        assert_eq!(desk.desk.start().await?.phase, Phase::SignedOut, "{what}");
        let left: Vec<Vec<u8>> = files(&desk).into_iter().map(|(_, content)| content).collect();
        assert!(kept.iter().all(|content| left.contains(content)), "{what}: every file is still there");
        // One can sign in again beside it, and what was set aside comes back when it is moved back.
        desk.sign_in(&manager(&server).email, TestServer::PASSWORD).await?;
        desk.wait_until_synced().await?;
        assert_eq!(desk.desk.sign_out(UnsentAudit::Keep).await?, ERASED, "{what}: the new one can be read");
        std::fs::write(&cache, whole_cache)?;
        std::fs::write(&envelope, whole_envelope)?;
        std::fs::rename(cache.with_file_name("account.json"), desk.data_dir().join("account.json"))?;
        desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
        desk.desk.close().await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_file_that_can_not_be_read_does_not_lock_one_out() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let cache = desk.cache_file()?;
    let mut desk = desk.restart().await;
    for (content, code) in [("torn", ErrorCode::CacheDamaged), (r#"{"version":2}"#, ErrorCode::CacheTooNew)] {
        std::fs::write(desk.data_dir().join("account.json"), content)?;
        let before = std::fs::read(&cache)?;
        let error = desk.desk.start().await.err();
        assert_eq!(error.map(|error| ErrorView::from(error).code), Some(code));
        assert_eq!(desk.desk.sign_out(UnsentAudit::Keep).await?, set_aside(desk.data_dir()));
        assert!(files(&desk).iter().any(|(_, kept)| kept == content.as_bytes()), "the file is kept under another name");
        assert!(std::fs::read(&cache)? == before, "the cache it may belong to is untouched");
        desk.sign_in(&manager(&server).email, TestServer::PASSWORD).await?;
        desk.wait_until_synced().await?;
        desk.desk.sign_out(UnsentAudit::Keep).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_is_marked_before_the_server_is_waited_for() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let account_file = desk.data_dir().join("account.json");
    // A server that takes the connection and says nothing: the sign-out waits for it, and here it is looked at.
    server.wire().hang();
    let signing_out = desk.desk.clone();
    let ended = tokio::spawn(async move { signing_out.sign_out(UnsentAudit::Keep).await });
    let deadline = std::time::Instant::now() + testkit::PATIENCE;
    while !std::fs::read_to_string(&account_file)?.contains("\"state\": \"erasing\"") {
        assert!(!ended.is_finished() && std::time::Instant::now() < deadline, "it was never marked");
        tokio::task::yield_now().await;
    }
    assert!(desk.cache_file().is_ok(), "nothing is erased yet: a program that is killed here has signed out");
    assert_eq!(ended.await??, ERASED, "a server that does not answer holds nobody up");
    assert!(!account_file.exists());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_window_neither_syncs_nor_erases_what_the_first_works_on() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut first = TestDesk::signed_in(&server, manager(&server)).await?;
    first.wait_until_synced().await?;
    let second = first.beside();
    let code = |error: Option<desk::DeskError>| error.map(|error| ErrorView::from(error).code);
    let unlocked = second.desk.unlock(Some(PASSPHRASE.to_owned())).await;
    assert_eq!(code(unlocked.err()), Some(ErrorCode::CacheBusy));
    assert_eq!(code(second.desk.sign_out(UnsentAudit::Lose).await.err()), Some(ErrorCode::CacheBusy));
    assert_eq!(first.desk.start().await?.phase, Phase::Open);
    first.desk.lock().await?;
    second.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    Ok(())
}
