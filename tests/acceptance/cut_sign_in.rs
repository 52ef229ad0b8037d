//! A sign-in that is cut off is taken back at the next start; what only looks like one is kept.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use desk::view::Phase;
use desk::{ErrorCode, ErrorView};
use serde_json::{Value, json};
use testkit::{PATIENCE, TestDesk, TestServer};
use uuid::Uuid;
use vault::Vault;

use crate::child::{Child, Parent, Place, tell};
use crate::sign_in::left_below;
use crate::{STUDIO, manager};

fn state_of(data_dir: &Path) -> Option<String> {
    let account: Value = serde_json::from_slice(&fs::read(data_dir.join("account.json")).ok()?).ok()?;
    Some(account["state"].as_str()?.to_owned())
}

/// A file of the only account there is, once the account has a folder.
fn account_file(data_dir: &Path, name: &str) -> Option<PathBuf> {
    Some(fs::read_dir(data_dir.join("accounts")).ok()?.next()?.ok()?.path().join(name))
}

fn has(data_dir: &Path, name: &str) -> bool {
    account_file(data_dir, name).is_some_and(|file| file.exists())
}

/// Looks again and again, without a pause: what is waited for may pass by.
async fn until(what: &'static str, is_so: impl Fn() -> bool + Send + 'static) -> anyhow::Result<()> {
    tokio::task::spawn_blocking(move || {
        let deadline = Instant::now() + PATIENCE;
        while !is_so() {
            anyhow::ensure!(Instant::now() < deadline, "waited too long for: {what}");
            std::thread::yield_now();
        }
        Ok(())
    })
    .await?
}

/// The next start of the program finds nothing of the sign-in, and one can sign in.
async fn assert_taken_back(server: &TestServer, data_dir: &Path) -> anyhow::Result<()> {
    let mut desk = TestDesk::in_folder(data_dir, &server.url(), &server.ca_pem()?);
    assert_eq!(desk.desk.start().await?.phase, Phase::SignedOut);
    assert_eq!(left_below(data_dir), Vec::<String>::new());
    desk.sign_in(&manager(server).email, TestServer::PASSWORD).await?;
    desk.wait_until_synced().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_server_is_asked_it_leaves_nothing_at_the_next_start() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let dir = tempfile::tempdir()?;
    let data_dir = dir.path().join("desk");
    server.wire().hang();
    let child = Child::start("cut_sign_in::child", &server, &data_dir, &Place::Here)?;
    let watched = data_dir.clone();
    until("the envelope", move || has(&watched, "vault.json")).await?;
    child.kill().await?;
    assert_eq!(state_of(&data_dir).as_deref(), Some("signing_in"), "the fault: it was killed before its end");
    server.wire().plug_in();
    assert_taken_back(&server, &data_dir).await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_key_and_cache_made_it_leaves_nothing_at_the_next_start() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let dir = tempfile::tempdir()?;
    let data_dir = dir.path().join("desk");
    let child = Child::start("cut_sign_in::child", &server, &data_dir, &Place::Here)?;
    let watched = data_dir.clone();
    until("a cache that is being made", move || has(&watched, "cache.db.creating")).await?;
    // Whoever changes the envelope locks its folder. So the child comes to the tokens, its last step but one, and no
    // further.
    let folder = account_file(&data_dir, "").expect("seen above");
    let held = tokio::task::spawn_blocking(move || {
        let folder = File::open(folder)?;
        folder.lock().map(|()| folder)
    })
    .await??;
    let watched = data_dir.clone();
    until("the cache", move || has(&watched, "cache.db") && !has(&watched, "cache.db.creating")).await?;
    child.kill().await?;
    drop(held);
    assert_eq!(state_of(&data_dir).as_deref(), Some("signing_in"), "the fault: it was killed before its end");
    assert_taken_back(&server, &data_dir).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test in a process of its own"]
async fn child() -> anyhow::Result<()> {
    let Some(parent) = Parent::find()? else { return Ok(()) };
    parent.desk.sign_in(&parent.email, TestServer::PASSWORD).await?;
    parent.cued().await
}

#[tokio::test(flavor = "multi_thread")]
async fn its_key_and_tokens_leave_the_keyring_too() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let home = tempfile::tempdir()?;
    let data_dir = home.path().join("desk");
    let place = Place::WithKeyring { home: home.path() };
    let mut child = Child::start("cut_sign_in::child_with_a_keyring", &server, &data_dir, &place)?;
    assert_eq!(child.told().await?, "taken back");
    child.ended().await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test in a process of its own"]
async fn child_with_a_keyring() -> anyhow::Result<()> {
    let Some(parent) = Parent::find()? else { return Ok(()) };
    let id = Uuid::now_v7().to_string();
    // As it is when the program dies after it has made the key.
    let url = parent.desk.server_url();
    let account = json!({"version": 1, "id": id, "server_url": url, "key_store": "keyring", "state": "signing_in"});
    fs::create_dir_all(parent.desk.data_dir())?;
    fs::write(parent.desk.data_dir().join("account.json"), account.to_string())?;
    Vault::keyring(&id)?.create_cache_key()?;
    anyhow::ensure!(parent.desk.desk.start().await?.phase == Phase::SignedOut);
    anyhow::ensure!(Vault::keyring(&id)?.find_cache_key()?.is_none(), "the key is still there");
    anyhow::ensure!(state_of(parent.desk.data_dir()).is_none());
    tell("taken back");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_under_way_in_another_window_is_left_alone() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let desk = TestDesk::new(&server)?;
    let beside = desk.beside();
    let data_dir = desk.data_dir().to_owned();
    server.wire().hang();
    let watched = data_dir.clone();
    let email = &manager(&server).email;
    tokio::select! {
        _ = desk.sign_in(email, TestServer::PASSWORD) => anyhow::bail!("the server does not answer"),
        seen = async {
            until("the envelope", move || has(&watched, "vault.json")).await?;
            assert_eq!(beside.desk.start().await?.phase, Phase::SignedOut);
            assert_eq!(state_of(&data_dir).as_deref(), Some("signing_in"));
            assert!(has(&data_dir, "vault.json"), "what the other window works on is untouched");
            let refused = beside.sign_in(email, TestServer::PASSWORD).await.err();
            assert_eq!(refused.map(|error| ErrorView::from(error).code), Some(ErrorCode::AlreadySignedIn));
            anyhow::Ok(())
        } => seen?,
    }
    // The other one is gone, in the middle: the control.
    assert_eq!(beside.desk.start().await?.phase, Phase::SignedOut);
    assert_eq!(left_below(&data_dir), Vec::<String>::new());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_with_rows_is_never_taken_for_an_unfinished_sign_in() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let cache = desk.cache_file()?;
    let envelope = cache.with_file_name("vault.json");
    let desk = desk.restart().await;
    // As a backup restored in parts would have it: the account file of an earlier moment.
    let account_file = desk.data_dir().join("account.json");
    let mut account: Value = serde_json::from_slice(&fs::read(&account_file)?)?;
    account["state"] = "signing_in".into();
    fs::write(&account_file, account.to_string())?;
    let before = (fs::read(&cache)?, fs::read(&envelope)?);

    assert_eq!(desk.desk.start().await?.phase, Phase::SignedOut);
    assert!((fs::read(&cache)?, fs::read(&envelope)?) == before, "both are as they were");
    assert!(cache.with_file_name("account.json").exists() && !account_file.exists(), "set aside");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_no_account_file_speaks_of_is_left_alone() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let cache = desk.cache_file()?;
    let desk = desk.restart().await;
    fs::remove_file(desk.data_dir().join("account.json"))?;
    let before = fs::read(&cache)?;
    assert_eq!(desk.desk.start().await?.phase, Phase::SignedOut);
    desk.sign_in(&manager(&server).email, TestServer::PASSWORD).await?;
    desk.desk.close().await;
    assert!(fs::read(&cache)? == before);
    Ok(())
}
