//! A session that the server does not know any more, though nobody ended it: what is on this computer stays, and goes on
//! once its member has signed in again. What somebody ended is erased, however late the device hears of it.

use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use desk::view::{Connection, DeskEvent, Phase, SignOutEnd, SyncStatus, UnsentAudit, UnsentCounts};
use desk::{DeskError, ErrorCode, ErrorView};
use domain::{Role, UnixMs};
use reqwest::Method;
use serde_json::json;
use testkit::{PASSPHRASE, PATIENCE, TestDesk, TestServer};

use crate::first_sync::{imported, newest_first, shown};
use crate::unsent::export_all;
use crate::{STUDIO, manager};

/// Copies of a server's databases, made while it was stopped.
pub(crate) struct Backup(tempfile::TempDir);

impl Backup {
    fn of(data: &Path) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        copy_databases(data, dir.path())?;
        Ok(Self(dir))
    }

    /// Puts the directory back: who may sign in, and on which devices they did.
    fn put_directory_back(&self, data: &Path) -> anyhow::Result<()> {
        // Files anew: a task of the server that has just ended may not have let go of those that were there.
        for name in ["directory.db", "directory.db-wal", "directory.db-shm"] {
            if data.join(name).exists() {
                std::fs::remove_file(data.join(name))?;
            }
        }
        copy_databases(self.0.path(), data)
    }

    /// Puts the studios back, and nothing else.
    pub(crate) fn put_studios_back(&self, data: &Path) -> anyhow::Result<()> {
        for file in std::fs::read_dir(data.join("studios"))? {
            std::fs::remove_file(file?.path())?;
        }
        copy_below(&self.0.path().join("studios"), &data.join("studios"))
    }

    fn put_all_back(&self, data: &Path) -> anyhow::Result<()> {
        self.put_studios_back(data)?;
        self.put_directory_back(data)
    }
}

/// The directory; and the studios, where there are none yet.
fn copy_databases(from: &Path, to: &Path) -> anyhow::Result<()> {
    for file in std::fs::read_dir(from)? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with("directory.db") {
            std::fs::copy(file.path(), to.join(file.file_name()))?;
        }
    }
    if !to.join("studios").exists() {
        copy_below(&from.join("studios"), &to.join("studios"))?;
    }
    Ok(())
}

fn copy_below(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for file in std::fs::read_dir(from)? {
        let file = file?;
        std::fs::copy(file.path(), to.join(file.file_name()))?;
    }
    Ok(())
}

/// Restarts the server for a copy of its databases.
pub(crate) async fn back_up(server: TestServer) -> anyhow::Result<(TestServer, Backup)> {
    let mut backup = None;
    let server = server
        .restart_after(|data| {
            backup = Some(Backup::of(data)?);
            Ok(())
        })
        .await?;
    Ok((server, backup.context("made")?))
}

fn is_expired(status: &SyncStatus) -> bool {
    status.problem.as_ref().is_some_and(|problem| problem.code == ErrorCode::SessionExpired)
}

/// When it was up to date last.
async fn until_expired(desk: &mut TestDesk) -> anyhow::Result<Option<UnixMs>> {
    let status = desk.wait_for_status("told to sign in again", is_expired).await?;
    assert_eq!(status.connection, Connection::Stopped);
    assert!(status.up_to_date_at.is_some());
    Ok(status.up_to_date_at)
}

/// Waits until the sync has gone on from what was there at `before`; whether it had to start over.
async fn until_synced_again(desk: &mut TestDesk, before: Option<UnixMs>) -> anyhow::Result<bool> {
    let has_started_over = Cell::new(false);
    let is_online = |status: &SyncStatus| {
        has_started_over.set(has_started_over.get() || status.first_sync.is_some());
        status.connection == Connection::Online && status.first_sync.is_none() && status.up_to_date_at > before
    };
    desk.wait_for_status("online", is_online).await?;
    Ok(has_started_over.get())
}

/// Waits until what had to wait was sent: that comes last of all.
async fn until_audited(server: &TestServer, count: u64) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while server.admin().count_audit(server.studio.id).await? != count {
        anyhow::ensure!(Instant::now() < deadline, "the entry was not sent");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

fn code<T>(result: Result<T, DeskError>) -> Option<ErrorCode> {
    result.err().map(|error| ErrorView::from(error).code)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_directory_keeps_the_cache_and_signing_in_again_goes_on_from_the_cursor() -> anyhow::Result<()> {
    let (server, backup) = back_up(TestServer::start(STUDIO).await?).await?;
    let member = manager(&server).clone();
    let mut desk = TestDesk::signed_in(&server, &member).await?;
    desk.wait_until_synced().await?;
    let cache = desk.cache_file()?;

    server.wire().unplug();
    export_all(&mut desk).await?;
    let server = server.restart_after(|data| backup.put_directory_back(data)).await?;
    let audited = server.admin().count_audit(server.studio.id).await?;
    let colleague = server.colleague(&member).await?;
    let lead = desk.desk.lead_page(newest_first(), 3, 1).await?.rows.remove(0).id;
    colleague.send(Method::PATCH, &format!("/v1/leads/{lead}"), &json!({ "notes": "meanwhile" })).await?;
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    let before = until_expired(&mut desk).await?;

    // Everything is still there, and asking again changes nothing.
    desk.desk.sync_now().await?;
    assert_eq!(shown(&desk).await?, imported(&server));
    assert_eq!(
        desk.desk.sign_out(UnsentAudit::Keep).await?,
        SignOutEnd::Unsent { left: Some(UnsentCounts { audit: 1, edits: 0, drafts: 0 }) },
        "it asks first"
    );
    assert_eq!(desk.desk.start().await?.phase, Phase::Open);
    assert!(cache.exists());
    // Neither does a mistake, nor anybody else.
    assert_eq!(code(desk.sign_in_again(&member.email, "wrong").await), Some(ErrorCode::InvalidCredentials));
    let other = server.member(Role::Owner)?;
    let devices = server.colleague(other).await?.device_count().await?;
    let refused = desk.sign_in_again(&other.email, TestServer::PASSWORD).await;
    assert_eq!(code(refused), Some(ErrorCode::AnotherMember));
    assert_eq!(
        server.colleague(other).await?.device_count().await?,
        devices + 1,
        "only ours: no session was left open"
    );
    assert!(is_expired(&desk.desk.sync_status().await?));

    desk.sign_in_again(&member.email, TestServer::PASSWORD).await?;
    assert!(!until_synced_again(&mut desk, before).await?, "it goes on from its cursor");
    assert_eq!(desk.desk.get_lead_detail(lead).await?.lead.notes, "meanwhile");
    until_audited(&server, audited + 1).await?;
    assert_eq!(cache, desk.cache_file()?, "in the same cache");
    assert_eq!(code(desk.sign_in_again(&member.email, TestServer::PASSWORD).await), Some(ErrorCode::AlreadySignedIn));
    // And for good: the new tokens are those that are kept.
    let before = desk.desk.sync_status().await?.up_to_date_at;
    let mut desk = opened(desk.restart().await).await?;
    assert!(!until_synced_again(&mut desk, before).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_put_back_as_a_whole_has_the_desk_start_over_and_loses_nothing_of_it() -> anyhow::Result<()> {
    let (server, backup) = back_up(TestServer::start(STUDIO).await?).await?;
    let member = manager(&server).clone();
    // The studio goes on after the backup, and the desk's cursor with it.
    let lead = server.colleague(&member).await?;
    let mut desk = TestDesk::signed_in(&server, &member).await?;
    desk.wait_until_synced().await?;
    let id = desk.desk.lead_page(newest_first(), 3, 1).await?.rows.remove(0).id;
    lead.send(Method::PATCH, &format!("/v1/leads/{id}"), &json!({ "notes": "after the backup" })).await?;
    while desk.desk.get_lead_detail(id).await?.lead.notes != "after the backup" {
        desk.wait_for_event("the change", |event| matches!(event, DeskEvent::Changed(_))).await?;
    }
    server.wire().unplug();
    export_all(&mut desk).await?;
    let server = server.restart_after(|data| backup.put_all_back(data)).await?;
    let audited = server.admin().count_audit(server.studio.id).await?;
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    let before = until_expired(&mut desk).await?;
    assert_eq!(desk.desk.get_lead_detail(id).await?.lead.notes, "after the backup", "what is here stays");

    desk.sign_in_again(&member.email, TestServer::PASSWORD).await?;
    assert!(until_synced_again(&mut desk, before).await?, "the server does not know the cursor");
    assert_eq!(shown(&desk).await?, imported(&server));
    assert_ne!(desk.desk.get_lead_detail(id).await?.lead.notes, "after the backup", "as the server has it");
    until_audited(&server, audited + 1).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ran_out_keeps_the_cache_and_is_signed_in_again_after_a_restart_too() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let member = manager(&server).clone();
    let mut desk = TestDesk::signed_in(&server, &member).await?;
    let before = desk.wait_until_synced().await?.up_to_date_at;
    let desk = desk.restart().await;
    server.advance_days(29);
    let mut desk = opened(desk).await?;
    assert!(!until_synced_again(&mut desk, before).await?, "the control: a day less is none too many");
    let desk = desk.restart().await;
    server.advance_days(31);
    let mut desk = opened(desk).await?;
    until_expired(&mut desk).await?;
    assert_eq!(shown(&desk).await?, imported(&server));

    // A year on, and the server has forgotten the session.
    let desk = desk.restart().await;
    server.advance_days(400);
    let server = server.restart_after(|_| Ok(())).await?;
    let mut desk = opened(desk).await?;
    let before = until_expired(&mut desk).await?;
    assert_eq!(shown(&desk).await?, imported(&server));
    desk.sign_in_again(&member.email, TestServer::PASSWORD).await?;
    assert!(!until_synced_again(&mut desk, before).await?, "it goes on from its cursor");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_revoked_erases_its_cache_a_year_later_and_so_does_one_that_had_run_out() -> anyhow::Result<()>
{
    let server = TestServer::start(STUDIO).await?;
    let member = manager(&server).clone();
    let mut closed = Vec::new();
    for _ in 0..2 {
        let mut desk = TestDesk::signed_in(&server, &member).await?;
        desk.wait_until_synced().await?;
        let own = desk.desk.list_devices().await?.devices.into_iter().find(|device| device.is_current);
        closed.push((desk.restart().await, own.context("this one")?.id));
    }
    let [(revoked, id), (ran_out, _)] = <[_; 2]>::try_from(closed).ok().context("two")?;
    let caches = [revoked.cache_file()?, ran_out.cache_file()?];
    let here = server.colleague(&member).await?;
    here.send(Method::DELETE, &format!("/v1/devices/{id}"), &json!({})).await?;
    server.advance_days(100);
    let server = server.restart_after(|_| Ok(())).await?;
    // By then nobody is signed in on the other: all the same it is one of all others.
    let here = server.colleague(&member).await?;
    let mut ran_out = opened(ran_out).await?;
    until_expired(&mut ran_out).await?;
    here.send(Method::POST, "/v1/devices/revoke-others", &json!({})).await?;
    assert!(caches.iter().all(|cache| cache.exists()), "the control: neither has heard of it");

    server.advance_days(300);
    let server = server.restart_after(|_| Ok(())).await?;
    let mut revoked = opened(revoked).await?;
    ran_out.desk.sync_now().await?;
    for desk in [&mut revoked, &mut ran_out] {
        desk.wait_for_event("signed out", |event| matches!(event, DeskEvent::SignedOut(_))).await?;
        assert_eq!(desk.desk.start().await?.phase, Phase::SignedOut);
    }
    assert!(caches.iter().all(|cache| !cache.exists()));
    drop(server);
    Ok(())
}

async fn opened(desk: TestDesk) -> anyhow::Result<TestDesk> {
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    Ok(desk)
}
