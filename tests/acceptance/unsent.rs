//! Audit entries the server has not got do not leave with the account unless somebody accepts it.

use std::path::Path;

use desk::view::{DeskEvent, ExportFormat, ExportScope, Phase, SignOutEnd, UnsentAudit, UnsentCounts};
use reqwest::Method;
use serde_json::json;
use testkit::{TestDesk, TestServer};

use crate::child::{Child, Parent, Place, tell};
use crate::export::export;
use crate::{STUDIO, manager};

const ERASED: SignOutEnd = SignOutEnd::Erased { lost: Some(UnsentCounts { audit: 0, edits: 0, drafts: 0 }) };

/// A desk whose cable was pulled before it exported: it holds one entry that the server has not got.
async fn unsent_desk() -> anyhow::Result<(TestServer, TestDesk, u64)> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let audited = server.admin().count_audit(server.studio.id).await?;
    server.wire().unplug();
    export_all(&mut desk).await?;
    assert_eq!(server.admin().count_audit(server.studio.id).await?, audited, "the control: nothing can have arrived");
    Ok((server, desk, audited))
}

pub(crate) async fn export_all(desk: &mut TestDesk) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    export(desk, ExportFormat::Csv, ExportScope::All, &dir.path().join("leads.csv")).await?;
    Ok(())
}

fn state_of(data_dir: &Path) -> anyhow::Result<serde_json::Value> {
    let account: serde_json::Value = serde_json::from_slice(&std::fs::read(data_dir.join("account.json"))?)?;
    Ok(account["state"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_offline_tells_what_would_be_lost_and_changes_nothing() -> anyhow::Result<()> {
    let (server, mut desk, audited) = unsent_desk().await?;
    for _ in 0..2 {
        assert_eq!(
            desk.desk.sign_out(UnsentAudit::Keep).await?,
            SignOutEnd::Unsent { left: Some(UnsentCounts { audit: 1, edits: 0, drafts: 0 }) }
        );
        assert_eq!(desk.desk.start().await?.phase, Phase::Open);
        assert_eq!(state_of(desk.data_dir())?, "signed_in");
    }
    // One can work on: the export that comes now is not refused, and its entry waits with the other.
    export_all(&mut desk).await?;
    assert_eq!(
        desk.desk.sign_out(UnsentAudit::Keep).await?,
        SignOutEnd::Unsent { left: Some(UnsentCounts { audit: 2, edits: 0, drafts: 0 }) }
    );
    server.wire().plug_in();
    assert_eq!(desk.desk.sign_out(UnsentAudit::Keep).await?, ERASED);
    assert_eq!(server.admin().count_audit(server.studio.id).await?, audited + 2, "both were sent before");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_is_lost_only_once_that_was_accepted() -> anyhow::Result<()> {
    let (server, mut desk, audited) = unsent_desk().await?;
    let lost = SignOutEnd::Erased { lost: Some(UnsentCounts { audit: 1, edits: 0, drafts: 0 }) };
    assert_eq!(desk.desk.sign_out(UnsentAudit::Lose).await?, lost);
    desk.wait_for_event("signed out", |event| *event == DeskEvent::SignedOut(lost.clone())).await?;
    assert_eq!(server.admin().count_audit(server.studio.id).await?, audited);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_answer_holds_nobody_up() -> anyhow::Result<()> {
    let (server, desk, _) = unsent_desk().await?;
    server.wire().plug_in();
    server.wire().hang();
    let asked = std::time::Instant::now();
    assert_eq!(
        desk.desk.sign_out(UnsentAudit::Keep).await?,
        SignOutEnd::Unsent { left: Some(UnsentCounts { audit: 1, edits: 0, drafts: 0 }) }
    );
    // Less than connecting alone may take.
    assert!(asked.elapsed() < std::time::Duration::from_secs(9), "{:?}", asked.elapsed());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_cache_that_only_a_passphrase_opens_may_hold_some() -> anyhow::Result<()> {
    let (_server, desk, _) = unsent_desk().await?;
    desk.desk.lock().await?;
    assert_eq!(desk.desk.sign_out(UnsentAudit::Keep).await?, SignOutEnd::Unsent { left: None });
    assert!(desk.cache_file().is_ok(), "nothing is erased");
    assert_eq!(desk.desk.start().await?.phase, Phase::Locked);
    assert_eq!(desk.desk.sign_out(UnsentAudit::Lose).await?, SignOutEnd::Erased { lost: None });
    assert!(desk.cache_file().is_err());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_device_says_what_it_could_not_send_any_more() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let devices = desk.desk.list_devices().await?.devices;
    let own = devices.iter().find(|device| device.is_current).expect("this one").id;
    server.wire().unplug();
    export_all(&mut desk).await?;
    let colleague = server.colleague(manager(&server)).await?;
    colleague.send(Method::DELETE, &format!("/v1/devices/{own}"), &json!({})).await?;
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    let ended = desk.wait_for_event("the sign-out", |event| matches!(event, DeskEvent::SignedOut(_))).await?;
    assert_eq!(
        ended,
        DeskEvent::SignedOut(SignOutEnd::Erased { lost: Some(UnsentCounts { audit: 1, edits: 0, drafts: 0 }) })
    );
    assert!(desk.cache_file().is_err());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_cache_whose_key_is_in_the_keyring_sends_before_it_is_erased() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let home = tempfile::tempdir()?;
    let data_dir = home.path().join("desk");
    let place = Place::WithKeyring { home: home.path() };
    let mut child = Child::start("unsent::child_with_a_keyring", &server, &data_dir, &place)?;
    assert_eq!(child.told().await?, "synced");
    let audited = server.admin().count_audit(server.studio.id).await?;
    server.wire().unplug();
    child.cue().await?;
    assert_eq!(child.told().await?, "unsent");
    assert_eq!(server.admin().count_audit(server.studio.id).await?, audited);
    server.wire().plug_in();
    child.cue().await?;
    assert_eq!(child.told().await?, "erased");
    assert_eq!(server.admin().count_audit(server.studio.id).await?, audited + 1, "sent from the lock screen");
    child.ended().await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test in a process of its own"]
async fn child_with_a_keyring() -> anyhow::Result<()> {
    let Some(mut parent) = Parent::find()? else { return Ok(()) };
    parent.sign_in_with_keyring().await?;
    parent.desk.wait_until_synced().await?;
    tell("synced");
    parent.cued().await?;
    export_all(&mut parent.desk).await?;
    parent.desk.desk.lock().await?;
    anyhow::ensure!(
        parent.desk.desk.sign_out(UnsentAudit::Keep).await?
            == SignOutEnd::Unsent { left: Some(UnsentCounts { audit: 1, edits: 0, drafts: 0 }) }
    );
    anyhow::ensure!(parent.desk.desk.session().await.is_err(), "it was looked into, not opened");
    tell("unsent");
    parent.cued().await?;
    anyhow::ensure!(parent.desk.desk.sign_out(UnsentAudit::Keep).await? == ERASED);
    tell("erased");

    // One that turns out to be damaged only now is set aside like one that was known to be.
    parent.sign_in_with_keyring().await?;
    parent.desk.wait_until_synced().await?;
    let cache = parent.desk.cache_file()?;
    parent.desk.desk.lock().await?;
    let whole = std::fs::read(&cache)?;
    std::fs::write(&cache, &whole[..whole.len() / 2 - 100])?;
    let folder = cache.parent().expect("in a folder").display().to_string();
    anyhow::ensure!(parent.desk.desk.sign_out(UnsentAudit::Lose).await? == SignOutEnd::SetAside { folder });
    anyhow::ensure!(cache.exists());
    Ok(())
}
