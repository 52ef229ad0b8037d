//! Signing out leaves nothing of the account on this computer, however it is interrupted.

use desk::view::{DeskEvent, Phase};
use testkit::{TestDesk, TestServer};

use crate::{STUDIO, manager};

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_erases_key_and_cache_and_ends_the_session() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let watcher = TestDesk::signed_in(&server, manager(&server)).await?;
    assert_eq!(watcher.desk.list_devices().await?.len(), 2);
    let account_dir = desk.cache_file()?.parent().expect("in a folder").to_owned();

    desk.desk.sign_out().await?;
    desk.wait_for_event("signed out", |event| *event == DeskEvent::SignedOut).await?;
    assert!(!account_dir.exists());
    assert!(!desk.data_dir().join("account.json").exists());
    assert_eq!(desk.desk.start().await?.phase, Phase::SignedOut);
    assert_eq!(watcher.desk.list_devices().await?.len(), 1, "the server knows");
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
    desk.desk.sign_out().await?;
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
    account["is_erasing"] = true.into();
    std::fs::write(&account_file, serde_json::to_vec(&account)?)?;
    assert!(cache.exists(), "the control: nothing is erased yet");

    let desk = desk.restart().await;
    assert_eq!(desk.desk.start().await?.phase, Phase::SignedOut);
    assert!(!cache.exists());
    assert!(!account_file.exists());
    Ok(())
}
