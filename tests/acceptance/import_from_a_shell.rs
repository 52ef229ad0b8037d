//! `frontdesk import`: the real program, with no window; and what is left of an import that is killed.

use std::path::Path;
use std::process::Stdio;

use anyhow::Context;
use testkit::{PASSPHRASE, TestDesk, TestServer};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

use crate::command_line::{program, run};
use crate::new_leads::{file_of, tagged};
use crate::{STUDIO, manager};

fn import(data_dir: &Path, file: &Path, options: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(program()?);
    command.args(["import", "--tag", "Shell", "--passphrase-stdin", "--file"]).arg(file).args(options);
    command.env("FRONTDESK_DATA_DIR", data_dir).env("FRONTDESK_LOG", "trace");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    Ok(command)
}

async fn closed_desk() -> anyhow::Result<(TestServer, TestDesk)> {
    let server = TestServer::start(STUDIO).await?;
    let mut desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.wait_until_synced().await?;
    desk.desk.close().await;
    Ok((server, desk))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_adds_nothing_and_a_real_one_adds_each_once() -> anyhow::Result<()> {
    let (_server, desk) = closed_desk().await?;
    let (_dir, path) = file_of(700)?;
    let (is_done, said) = run(import(desk.data_dir(), &path, &["--dry-run"])?, PASSPHRASE).await?;
    assert!(
        is_done && said.contains("700 rows: 700 would be added, 0 twice in the file, 0 here already, 0 refused."),
        "{said}"
    );
    for (added, known) in [(700, 0), (0, 700)] {
        let (is_done, said) = run(import(desk.data_dir(), &path, &[])?, PASSPHRASE).await?;
        assert!(
            is_done && said.contains(&format!("{added} added, 0 twice in the file, {known} here already")),
            "{said}"
        );
        assert!(!said.contains("Person 1") && !said.contains(PASSPHRASE), "{said}");
    }
    let desk = desk.restart().await;
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    assert_eq!(desk.desk.lead_count(tagged("Shell")).await?, 700);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_can_not_be_imported_is_said_so() -> anyhow::Result<()> {
    let (_server, desk) = closed_desk().await?;
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("people.csv");
    for (content, words) in
        [("", "no row"), ("PK\u{3}\u{4}", "no CSV file"), ("Shoe size,Colour\n38,red\n", "no column of the file")]
    {
        std::fs::write(&path, content)?;
        let (is_done, said) = run(import(desk.data_dir(), &path, &[])?, PASSPHRASE).await?;
        assert!(!is_done && said.contains(words), "{said}");
    }
    let (is_done, said) = run(import(desk.data_dir(), dir.path(), &[])?, PASSPHRASE).await?;
    assert!(!is_done && said.contains("no CSV file"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_it_has_added_whole_batches_and_the_same_file_finishes_it() -> anyhow::Result<()> {
    const PEOPLE: u64 = 30_000;
    let (_server, desk) = closed_desk().await?;
    let (_dir, path) = file_of(PEOPLE as usize)?;
    let mut running = import(desk.data_dir(), &path, &[])?.spawn()?;
    let mut input = running.stdin.take().context("a pipe")?;
    input.write_all(format!("{PASSPHRASE}\n").as_bytes()).await?;
    let mut said = BufReader::new(running.stderr.take().context("a pipe")?).lines();
    while let Some(line) = said.next_line().await? {
        if line.contains("so far") {
            break;
        }
    }
    running.start_kill()?;
    assert!(!running.wait().await?.success(), "it was killed");

    let desk = desk.restart().await;
    desk.desk.unlock(Some(PASSPHRASE.to_owned())).await?;
    let part = desk.desk.lead_count(tagged("Shell")).await?;
    assert!(part > 0 && part < PEOPLE, "it really was in the middle: {part}");
    assert_eq!(part % 500, 0, "each batch is whole or not there");
    desk.desk.close().await;
    let (is_done, said) = run(import(desk.data_dir(), &path, &[])?, PASSPHRASE).await?;
    assert!(
        is_done && said.contains(&format!("{} added, 0 twice in the file, {part} here already", PEOPLE - part)),
        "{said}"
    );
    Ok(())
}
