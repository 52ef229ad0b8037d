//! A program that is killed and a disk that is full: what was written stays, and the rest comes later.

use std::os::unix::fs::PermissionsExt;

use desk::ErrorCode;
use desk::view::Connection;
use store::read::LeadFilter;
use testkit::{PASSPHRASE, Size, TestDesk, TestServer};

use crate::child::{Child, Parent, Place, tell};
use crate::first_sync::{imported, shown};

const LARGE: Size = Size { leads: 6_000, messages: 20_000 };

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_whose_program_is_killed_goes_on_where_it_was() -> anyhow::Result<()> {
    let server = TestServer::start(LARGE).await?;
    let dir = tempfile::tempdir()?;
    let data_dir = dir.path().join("desk");
    let mut child = Child::start("interrupted::syncing_child", &server, &data_dir, &Place::Here)?;
    let told: u64 = child.told().await?.parse()?;
    child.kill().await?;

    let mut desk = TestDesk::in_folder(&data_dir, &server.url(), &server.ca_pem()?);
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    let kept = desk.desk.sync_status().await?.first_sync.expect("it was killed before the end");
    assert!(kept.rows_done >= told, "what was told is kept: {} of {told}", kept.rows_done);
    desk.wait_until_synced().await?;
    assert_eq!(shown(&desk).await?, imported(&server));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test in a process of its own"]
async fn syncing_child() -> anyhow::Result<()> {
    let Some(mut parent) = Parent::find()? else { return Ok(()) };
    parent.desk.sign_in(&parent.email, TestServer::PASSWORD).await?;
    let status = parent
        .desk
        .wait_for_status("some rows", |status| status.first_sync.is_some_and(|progress| progress.rows_done > 0))
        .await?;
    tell(&status.first_sync.expect("looked for").rows_done.to_string());
    parent.cued().await
}

/// Whether this computer lets a test have a file system of its own; some containers don't.
fn may_mount() -> bool {
    let tried = std::process::Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"])
        .output();
    tried.is_ok_and(|output| output.status.success())
}

#[expect(clippy::print_stderr, reason = "who reads the test's output must know")]
fn skipped() {
    eprintln!("not tested: no file system can be mounted here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_sync_and_loses_nothing() -> anyhow::Result<()> {
    if !may_mount() {
        skipped();
        return Ok(());
    }
    let server = TestServer::start(LARGE).await?;
    let dir = tempfile::tempdir()?;
    let disk = dir.path().join("disk");
    std::fs::create_dir(&disk)?;
    let place = Place::SmallDisk { at: &disk, size_mib: 160 };
    let mut child = Child::start("interrupted::child_on_a_small_disk", &server, &disk.join("desk"), &place)?;
    let leads_when_full: u64 = child.told().await?.parse()?;
    assert!(leads_when_full < LARGE.leads, "the disk was full before the end");
    let leads_after_restart: u64 = child.told().await?.parse()?;
    assert_eq!(leads_after_restart, leads_when_full, "what was there is there after a restart");
    let leads_at_last: u64 = child.told().await?.parse()?;
    assert_eq!(leads_at_last, LARGE.leads, "once there is room, the rest comes");
    child.ended().await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test in a process of its own"]
async fn child_on_a_small_disk() -> anyhow::Result<()> {
    let Some(parent) = Parent::find()? else { return Ok(()) };
    let Parent { mut desk, email } = parent;
    let disk = desk.data_dir().parent().expect("below the disk").to_owned();
    // Leaves room for a cache and a little more.
    let ballast = disk.join("ballast");
    std::fs::write(&ballast, vec![1; 154 << 20])?;
    std::fs::set_permissions(&ballast, std::fs::Permissions::from_mode(0o600))?;
    desk.sign_in(&email, TestServer::PASSWORD).await?;
    let is_full = |status: &desk::view::SyncStatus| {
        status.connection == Connection::Stopped
            && status.problem.as_ref().is_some_and(|problem| problem.code == ErrorCode::DiskFull)
    };
    desk.wait_for_status("a full disk", is_full).await?;
    let count = desk.desk.lead_count(LeadFilter::default()).await?;
    tell(&count.to_string());

    let mut desk = desk.restart().await;
    // Opening needs no room.
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    tell(&desk.desk.lead_count(LeadFilter::default()).await?.to_string());
    std::fs::remove_file(&ballast)?;
    desk.desk.sync_now().await?;
    desk.wait_until_synced().await?;
    tell(&desk.desk.lead_count(LeadFilter::default()).await?.to_string());
    Ok(())
}
