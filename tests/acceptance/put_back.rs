//! An older copy of the cache, or a page of one, that somebody or some disk puts back: it is noticed, all is pulled again,
//! and what was not sent is kept as far as it exists.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use desk::view::{DeskEvent, Healed, HealedBy};
use domain::{Lead, LeadEdit, LeadId};
use testkit::{PASSPHRASE, TestDesk, TestServer};

use crate::first_sync::newest_first;
use crate::{STUDIO, manager};

const PAGE_BYTES: usize = 4_096;

async fn synced(server: &TestServer) -> anyhow::Result<TestDesk> {
    let mut desk = TestDesk::signed_in(server, manager(server)).await?;
    desk.wait_until_synced().await?;
    Ok(desk)
}

async fn lead(desk: &TestDesk, id: LeadId) -> anyhow::Result<Lead> {
    Ok(desk.desk.get_lead_detail(id).await?.lead)
}

async fn rename(desk: &TestDesk, id: LeadId, name: &str) -> anyhow::Result<()> {
    let shown = lead(desk, id).await?;
    let after = Lead { name: name.to_owned(), ..shown.clone() };
    desk.desk.edit_lead(id, LeadEdit::between(&shown, &after)).await?;
    Ok(())
}

async fn until_named(desk: &mut TestDesk, id: LeadId, name: &str) -> anyhow::Result<()> {
    while lead(desk, id).await?.name != name || desk.desk.outbox_counts().await?.waiting > 0 {
        desk.wait_for_event("the lead to be as on the server", |_| true).await?;
    }
    Ok(())
}

/// The files of the cache, without what is beside them.
fn copy_cache(from: &Path, to: &Path) -> anyhow::Result<()> {
    for suffix in ["", "-wal", "-seal"] {
        let beside = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        fs::copy(beside(from), beside(to))?;
    }
    Ok(())
}

async fn unlock(desk: &TestDesk) -> anyhow::Result<()> {
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_the_cache_is_noticed_when_it_is_opened_and_catches_up() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server).await?;
    let id = desk.desk.lead_page(newest_first(), 7, 1).await?.rows[0].id;
    let cache = desk.cache_file()?;
    let kept = tempfile::tempdir()?;
    rename(&desk, id, "Before").await?;
    until_named(&mut desk, id, "Before").await?;
    let desk = desk.restart().await;
    copy_cache(&cache, &kept.path().join("cache.db"))?;

    // The control: as it was left, nothing is to be said.
    unlock(&desk).await?;
    assert_eq!(desk.desk.find_healed().await?, None);
    let mut desk = desk;
    rename(&desk, id, "After").await?;
    until_named(&mut desk, id, "After").await?;
    server.wire().unplug();
    rename(&desk, id, "Never sent").await?;
    let desk = desk.restart().await;
    copy_cache(&kept.path().join("cache.db"), &cache)?;

    unlock(&desk).await?;
    let healed = desk.desk.find_healed().await?.expect("it is told");
    assert_eq!((healed.by, healed.missing), (HealedBy::CatchingUp, 2));
    assert_eq!(lead(&desk, id).await?.name, "Before", "as the copy has it, until the server can be asked");
    let mut desk = desk;
    server.wire().plug_in();
    desk.desk.sync_now().await?;
    until_named(&mut desk, id, "After").await?;
    rename(&desk, id, "And on").await?;
    until_named(&mut desk, id, "And on").await?;

    // Once it is known it is known: also at the next start, until somebody has taken note.
    let desk = desk.restart().await;
    unlock(&desk).await?;
    assert_eq!(desk.desk.find_healed().await?, Some(healed));
    desk.desk.dismiss_healed().await?;
    assert_eq!(desk.desk.find_healed().await?, None);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_all_that_this_computer_keeps_is_noticed_by_the_server() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server).await?;
    let id = desk.desk.lead_page(newest_first(), 7, 1).await?.rows[0].id;
    rename(&desk, id, "Before").await?;
    until_named(&mut desk, id, "Before").await?;
    let desk = desk.restart().await;
    let folder = desk.cache_file()?.parent().expect("a folder").to_owned();
    let kept = tempfile::tempdir()?;
    let files = || fs::read_dir(&folder)?.map(|entry| Ok(entry?.file_name())).collect::<anyhow::Result<Vec<_>>>();
    for name in files()? {
        fs::copy(folder.join(&name), kept.path().join(&name))?;
    }
    unlock(&desk).await?;
    let mut desk = desk;
    rename(&desk, id, "After").await?;
    until_named(&mut desk, id, "After").await?;
    let desk = desk.restart().await;
    for entry in fs::read_dir(kept.path())? {
        let name = entry?.file_name();
        fs::copy(kept.path().join(&name), folder.join(&name))?;
    }

    let mut desk = desk;
    unlock(&desk).await?;
    let told = desk.wait_for_event("to be told", |event| matches!(event, DeskEvent::Healed(_))).await?;
    assert!(matches!(told, DeskEvent::Healed(Healed { by: HealedBy::CatchingUp, missing: 1, .. })), "{told:?}");
    until_named(&mut desk, id, "After").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_the_newest_is_noticed_and_all_but_what_was_not_sent_is_pulled_again() -> anyhow::Result<()>
{
    let server = TestServer::start(STUDIO).await?;
    let mut desk = synced(&server).await?;
    let ids: Vec<LeadId> = desk.desk.lead_page(newest_first(), 0, 300).await?.rows.iter().map(|row| row.id).collect();
    let desk_cache = desk.cache_file()?;
    let desk_before = desk.restart().await;
    let old = fs::read(&desk_cache)?;
    unlock(&desk_before).await?;
    desk = desk_before;
    for id in &ids[..40] {
        rename(&desk, *id, "Told").await?;
    }
    until_named(&mut desk, ids[39], "Told").await?;
    server.wire().unplug();
    rename(&desk, ids[7], "Typed in a tunnel").await?;
    let mut desk = desk.restart().await;

    let new = fs::read(&desk_cache)?;
    // A page of the leads' own table in the middle of the file, as it was before.
    let changed: Vec<usize> = (1..old.len() / PAGE_BYTES)
        .filter(|n| old[n * PAGE_BYTES..][..PAGE_BYTES] != new[n * PAGE_BYTES..][..PAGE_BYTES])
        .collect();
    assert!(changed.len() > 3, "{}", changed.len());
    let page = changed[changed.len() / 2];
    let file = fs::File::options().write(true).open(&desk_cache)?;
    file.write_all_at(&old[page * PAGE_BYTES..][..PAGE_BYTES], (page * PAGE_BYTES) as u64)?;
    drop(file);

    unlock(&desk).await?;
    desk.wait_for_event("why it is locked", |event| *event == DeskEvent::Altered).await?;
    desk.wait_for_event("it to be locked", |event| *event == DeskEvent::Locked).await?;
    unlock(&desk).await?;
    let healed = desk.desk.find_healed().await?.expect("it is told");
    assert_eq!((healed.by, healed.missing), (HealedBy::Rebuilding, 0));
    assert_eq!(desk.desk.outbox_counts().await?.waiting, 41, "what was sent lately goes again, and what was not");
    let aside = desk_cache.with_file_name("cache.db.altered-1");
    assert_eq!(fs::metadata(aside)?.len(), new.len() as u64, "nothing was deleted");

    server.wire().plug_in();
    desk.desk.sync_now().await?;
    desk.wait_until_synced().await?;
    until_named(&mut desk, ids[7], "Typed in a tunnel").await?;
    assert_eq!(lead(&desk, ids[39]).await?.name, "Told");
    assert_eq!(desk.desk.lead_page(newest_first(), 0, 500).await?.rows.len() as u64, STUDIO.leads);
    Ok(())
}
