//! `frontdesk export`: the real program, with no window.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;
use desk::view::UnsentAudit;
use testkit::{PASSPHRASE, Size, TestDesk, TestServer};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::child::{Child, Parent, Place, tell};
use crate::{STUDIO, manager};

/// The program beside this test program. Cargo builds it for tests of its own package only.
pub(crate) fn program() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?.parent().and_then(Path::parent).context("a folder")?.join("frontdesk");
    anyhow::ensure!(program.exists(), "{} is missing: build it first (cargo build)", program.display());
    Ok(program)
}

fn export(data_dir: &Path, out: &Path, options: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(program()?);
    command.args(["export", "--format", "csv", "--out"]).arg(out).args(options);
    command.env("FRONTDESK_DATA_DIR", data_dir).env("FRONTDESK_LOG", "trace");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    Ok(command)
}

/// Runs it to its end: whether it succeeded, and what it said.
pub(crate) async fn run(mut command: Command, typed: &str) -> anyhow::Result<(bool, String)> {
    let mut running = command.spawn()?;
    let mut input = running.stdin.take().context("a pipe")?;
    // It may end before it reads.
    let _ = input.write_all(format!("{typed}\n").as_bytes()).await;
    drop(input);
    let output = running.wait_with_output().await?;
    Ok((output.status.success(), String::from_utf8(output.stderr)?))
}

fn lines_of(path: &Path) -> anyhow::Result<usize> {
    Ok(csv::Reader::from_path(path)?.records().count())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_exports_with_the_passphrase_beside_an_open_window_and_without_the_network() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let connections = server.wire().connections();
    let dir = tempfile::tempdir()?;
    let out = dir.path().join("leads.csv");

    let (is_done, said) = run(export(desk.data_dir(), &out, &["--passphrase-stdin"])?, PASSPHRASE).await?;
    assert!(is_done, "{said}");
    assert_eq!(lines_of(&out)? as u64, STUDIO.leads);
    assert!(said.contains("not encrypted"), "{said}");
    assert_eq!(server.wire().connections(), connections, "it called the server");
    for secret in [PASSPHRASE, manager(&server).email.as_str(), manager(&server).name.as_str()] {
        assert!(!said.contains(secret), "{said}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_thing_that_can_go_wrong_is_said_and_leaves_no_file() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    let account = std::fs::read(desk.data_dir().join("account.json"))?;
    desk.desk.close().await;
    let dir = tempfile::tempdir()?;
    let empty = dir.path().join("nobody");
    let out = dir.path().join("leads.csv");
    let stdin = ["--passphrase-stdin"];
    for (what, data_dir, out, options, typed, words) in [
        ("wrong passphrase", desk.data_dir(), out.as_path(), &stdin[..], "not the passphrase", "passphrase"),
        ("none given", desk.data_dir(), &out, &[], "", "--passphrase-stdin"),
        ("nobody signed in", &empty, &out, &stdin, PASSPHRASE, "nobody is signed in"),
        ("no such folder", desk.data_dir(), &dir.path().join("no/leads.csv"), &stdin, PASSPHRASE, "can't be written"),
        ("a folder", desk.data_dir(), dir.path(), &stdin, PASSPHRASE, "can't be written"),
        (
            "our own file",
            desk.data_dir(),
            &desk.data_dir().join("account.json"),
            &stdin,
            PASSPHRASE,
            "can't be written",
        ),
        ("our own cache", desk.data_dir(), &desk.cache_file()?, &stdin, PASSPHRASE, "can't be written"),
    ] {
        let (is_done, said) = run(export(data_dir, out, options)?, typed).await?;
        assert!(!is_done && said.contains(words), "{what}: {said}");
        assert!(!dir.path().join("leads.csv").exists(), "{what}");
    }
    assert_eq!(std::fs::read(desk.data_dir().join("account.json"))?, account);
    assert!(!empty.exists(), "looking makes no folder");
    // The control: with nothing wrong it works on the same account.
    let (is_done, said) = run(export(desk.data_dir(), &out, &stdin)?, PASSPHRASE).await?;
    assert!(is_done, "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_it_leaves_no_part_of_the_file() -> anyhow::Result<()> {
    let server = TestServer::start(Size { leads: 20_000, messages: 20_000 }).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    desk.desk.close().await;
    let dir = tempfile::tempdir()?;
    let out = dir.path().join("leads.csv");
    let mut running = export(desk.data_dir(), &out, &["--passphrase-stdin"])?.spawn()?;
    let mut input = running.stdin.take().context("a pipe")?;
    input.write_all(format!("{PASSPHRASE}\n").as_bytes()).await?;
    // The fault must hit while there is a part of the file.
    let deadline = std::time::Instant::now() + testkit::PATIENCE;
    while std::fs::read_dir(dir.path())?.next().is_none() {
        assert!(std::time::Instant::now() < deadline, "the export did not begin");
        tokio::task::yield_now().await;
    }
    let pid = running.id().context("it still runs")?.to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await?.success());
    let output = running.wait_with_output().await?;
    assert_eq!(output.status.code(), Some(1), "it ended in order: {}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cancelled"));
    assert_eq!(std::fs::read_dir(dir.path())?.count(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_keyring_too_it_never_calls_the_server() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let dir = tempfile::tempdir()?;
    let home = dir.path().join("home");
    std::fs::create_dir(&home)?;
    let place = Place::WithKeyring { home: &home };
    let mut child = Child::start("command_line::child_with_a_keyring", &server, &dir.path().join("desk"), &place)?;
    assert_eq!(child.told().await?, "closed");
    let connections = server.wire().connections();
    assert!(connections > 0, "the control: signing in is counted");
    child.cue().await?;
    assert_eq!(child.told().await?, format!("exported {}", STUDIO.leads));
    assert_eq!(server.wire().connections(), connections, "a second program with the same tokens ends the session");
    child.ended().await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test in a process of its own"]
async fn child_with_a_keyring() -> anyhow::Result<()> {
    let Some(mut parent) = Parent::find()? else { return Ok(()) };
    parent.sign_in_with_keyring().await?;
    parent.desk.wait_until_synced().await?;
    parent.desk.desk.close().await;
    tell("closed");
    parent.cued().await?;
    let out = parent.desk.data_dir().with_extension("csv");
    let (is_done, said) = run(export(parent.desk.data_dir(), &out, &[])?, "").await?;
    anyhow::ensure!(is_done, "{said}");
    tell(&format!("exported {}", lines_of(&out)?));
    // Leaves the keyring as it was found.
    parent.desk.desk.sign_out(UnsentAudit::Lose).await?;
    Ok(())
}
