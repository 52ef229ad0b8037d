//! Two hundred words that stand nowhere else are in leads, messages, drafts and answers of a studio, and on the screen.
//! Nothing of them, no key, token, password or passphrase is outside the encrypted cache: in a file, in what a process shows
//! of itself, in what it says at its most verbose.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, ensure};
use canaries::{Found, Needle, Scanner, canary};
use desk::view::Connection;
use domain::{ConversationId, LeadId};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use store::read::MessageAnchor;
use testkit::{Colleague, PASSPHRASE, PATIENCE, TestDesk, TestServer};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tracing_subscriber::EnvFilter;
use uuid::Uuid;
use vault::Vault;
use wire::changes::Row;

use crate::child::{Child, Parent, Place, tell};
use crate::command_line::program;
use crate::edits::until;
use crate::plain_image::Image;
use crate::{STUDIO, manager};

const CANARIES: usize = 200;
/// Canaries of one lead: name, address, tag and notes.
const OF_A_LEAD: usize = 4;
/// Leads that have canaries in their messages too; that many of them are answered here, and as many have a draft.
const WRITTEN_TO: usize = 20;
const ANSWERED: usize = 10;
const LOG: &str = "FRONTDESK_TEST_LOG";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_person_and_no_secret_is_outside_the_cache() -> anyhow::Result<()> {
    let server = TestServer::start(STUDIO).await?;
    let planted = chosen(&server)?;
    let colleague = server.colleague(manager(&server)).await?;
    for (n, (lead, conversation)) in planted.iter().enumerate() {
        plant(&colleague, n, *lead, *conversation).await?;
    }
    let dir = tempfile::tempdir()?;
    let data_dir = dir.path().join("desk");
    let log = dir.path().join("trace.log");
    let mut child = Child::start_with("canaries::child", &server, &data_dir, &Place::Here, &[(LOG, log.as_os_str())])?;
    assert_eq!(child.told().await?, "shown");

    let secrets = Secrets::of(&data_dir)?;
    let scanner = secrets.scanner()?;
    let mut open = Found::default();
    scanner.scan_folder(&data_dir, &|_| false, &mut open)?;
    open.require_none(4).context("the folder of the open desk")?;
    ensure!(std::fs::metadata(secrets.cache.with_file_name("cache.db-wal"))?.len() > 100_000, "the log is not empty");
    scan_process(&scanner, child.pid()?)?;
    // The control: the words are in the cache, in the clear once it is decrypted, each kind of them.
    let beside = TestDesk::in_folder(&data_dir, &server.url(), &server.ca_pem()?);
    check_plain_copy(&Image::read(&beside).await?)?;

    // What fails is told in detail.
    server.wire().unplug();
    child.cue().await?;
    child.ended().await?;
    let mut closed = Found::default();
    scanner.scan_folder(&data_dir, &|_| false, &mut closed)?;
    closed.require_none(3).context("the folder of the closed desk")?;
    let mut said = Found::default();
    scanner.scan_file(&log, &mut said)?;
    said.require_none(1).context("what it said at its most verbose")?;
    ensure!(std::fs::read_to_string(&log)?.contains("DEBUG"), "the control: it was verbose");

    let csv = dir.path().join("leads.csv");
    export(&scanner, &data_dir, &csv).await?;
    // The control: the same search finds all of them in a file that is not encrypted.
    let mut exported = Found::default();
    scanner.scan_file(&csv, &mut exported)?;
    exported.require_all(CANARIES)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test in a process of its own"]
async fn child() -> anyhow::Result<()> {
    let Some(mut parent) = Parent::find()? else { return Ok(()) };
    let log = std::fs::File::create(std::env::var_os(LOG).context(LOG)?)?;
    // As the program sets it where it is asked for everything (`src-tauri/src/lib.rs`).
    let filter = EnvFilter::new("warn,frontdesk=trace");
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(log).init();
    parent.desk.sign_in(&parent.email, TestServer::PASSWORD).await?;
    parent.desk.wait_until_synced().await?;
    let mut written_to = BTreeMap::new();
    for n in 0..CANARIES / OF_A_LEAD {
        let found = parent.desk.desk.search(canary(n * OF_A_LEAD), 5).await?;
        let lead = found.leads.first().context("the lead is found by its name")?.lead_id;
        let detail = parent.desk.desk.get_lead_detail(lead).await?;
        ensure!(detail.lead.notes.contains(&canary(n * OF_A_LEAD + 3)), "it is shown with its notes");
        if n < WRITTEN_TO {
            let conversation = detail.conversations.first().context("a conversation")?.id;
            let page = parent.desk.desk.message_page(conversation, MessageAnchor::Newest, 50, None).await?;
            ensure!(page.messages.iter().any(|message| message.body.contains(&canary(n))), "it is shown");
            written_to.insert(n, conversation);
        }
    }
    for n in 0..ANSWERED {
        parent.desk.desk.reply(written_to[&n], answer(n)).await?;
        parent.desk.desk.save_draft(written_to[&(n + ANSWERED)], draft(n)).await?;
    }
    until(&mut parent.desk, "the answers to be sent", async |desk| Ok(desk.desk.outbox_counts().await?.waiting == 0))
        .await?;
    tell("shown");
    parent.cued().await?;
    parent.desk.wait_for_status("offline", |status| status.connection == Connection::Offline).await?;
    parent.desk.desk.close().await;
    Ok(())
}

fn answer(n: usize) -> String {
    format!("Answered {}", canary(100 + n))
}

fn draft(n: usize) -> String {
    format!("Thought of {}", canary(150 + n))
}

/// Leads with a conversation in which one can answer.
fn chosen(server: &TestServer) -> anyhow::Result<Vec<(LeadId, ConversationId)>> {
    let mut of_leads = BTreeMap::new();
    for row in &server.rows {
        if let Row::Conversation(conversation) = row
            && domain::ReplyBar::find(conversation.channel, domain::LeadState::Active).is_none()
        {
            of_leads.entry(conversation.lead_id).or_insert(conversation.id);
        }
    }
    let active = |id: &LeadId| {
        server
            .rows
            .iter()
            .any(|row| matches!(row, Row::Lead(lead) if lead.id == *id && lead.state == domain::LeadState::Active))
    };
    let chosen: Vec<_> = of_leads.into_iter().filter(|(lead, _)| active(lead)).take(CANARIES / OF_A_LEAD).collect();
    ensure!(chosen.len() * OF_A_LEAD == CANARIES, "enough leads");
    Ok(chosen)
}

async fn plant(colleague: &Colleague, n: usize, lead: LeadId, conversation: ConversationId) -> anyhow::Result<()> {
    let word = |place: usize| canary(n * OF_A_LEAD + place);
    let patch = json!({
        "name": word(0),
        "email": format!("{}@mail.example", word(1)),
        "tags": [word(2)],
        "notes": format!("Told us of {}.", word(3)),
    });
    colleague.send(Method::PATCH, &format!("/v1/leads/{lead}"), &patch).await?;
    if n < WRITTEN_TO {
        let message = json!({ "id": Uuid::now_v7(), "direction": "inbound", "body": format!("I am {}", canary(n)) });
        colleague.send(Method::POST, &format!("/v1/conversations/{conversation}/messages"), &message).await?;
    }
    Ok(())
}

/// What is secret of the account, as it is now.
struct Secrets {
    cache: PathBuf,
    needles: Vec<Needle>,
}

impl Secrets {
    fn of(data_dir: &Path) -> anyhow::Result<Self> {
        let account = std::fs::read_dir(data_dir.join("accounts"))?.next().context("an account")??.path();
        let vault = Vault::open_envelope(&account.join("vault.json"), &SecretString::from(PASSPHRASE))?;
        let key = vault.find_cache_key()?.context("a key")?;
        let tokens = vault.find_tokens()?.context("tokens")?;
        let access = tokens.access_token.context("an access token")?;
        let needles = vec![
            Needle::new("the cache's key", key.expose_secret().to_vec()),
            Needle::new("the refresh token", tokens.refresh_token.expose_secret()),
            Needle::new("the access token", access.expose_secret()),
            Needle::new("the password", TestServer::PASSWORD),
            Needle::new("the passphrase", PASSPHRASE),
        ];
        Ok(Self { cache: account.join("cache.db"), needles })
    }

    fn scanner(&self) -> anyhow::Result<Scanner> {
        let mut needles = Needle::canaries(CANARIES);
        needles.extend(self.needles.iter().cloned());
        Scanner::new(&needles)
    }
}

/// What a process shows of itself: how it was called, with what environment, which files it has open.
fn scan_process(scanner: &Scanner, pid: u32) -> anyhow::Result<()> {
    let mut shown = Found::default();
    let process = PathBuf::from(format!("/proc/{pid}"));
    for name in ["cmdline", "environ", "comm", "maps"] {
        scanner.scan_file(&process.join(name), &mut shown)?;
    }
    for file in std::fs::read_dir(process.join("fd"))? {
        if let Ok(target) = std::fs::read_link(file?.path()) {
            scanner.scan(target.as_os_str().as_encoded_bytes(), "an open file", &mut shown)?;
        }
    }
    shown.require_none(4).context("what the process shows of itself")
}

/// The control: of a plain copy of the cache everything is found, and in the places it was written to.
fn check_plain_copy(image: &Image) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let plain = image.open_plain(dir.path())?;
    for (sql, body) in [
        ("SELECT count(*) FROM message WHERE body = ?1", answer(3)),
        ("SELECT count(*) FROM draft WHERE body = ?1", draft(3)),
    ] {
        let count: i64 = plain.query_row(sql, [body], |row| row.get(0))?;
        ensure!(count == 1, "{sql}: {count}");
    }
    drop(plain);
    let mut copy = Found::default();
    Scanner::new(&Needle::canaries(CANARIES))?.scan_folder(dir.path(), &|_| false, &mut copy)?;
    copy.require_all(CANARIES)
}

/// `frontdesk export` at its most verbose: what it shows of itself while it waits for the passphrase, and what it says.
async fn export(scanner: &Scanner, data_dir: &Path, out: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(program()?);
    command.args(["export", "--format", "csv", "--passphrase-stdin", "--out"]).arg(out);
    command.env("FRONTDESK_DATA_DIR", data_dir).env("FRONTDESK_LOG", "trace");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut running = command.spawn()?;
    scan_process(scanner, running.id().context("it runs")?)?;
    let mut input = running.stdin.take().context("a pipe")?;
    input.write_all(format!("{PASSPHRASE}\n").as_bytes()).await?;
    drop(input);
    let output = tokio::time::timeout(PATIENCE, running.wait_with_output()).await??;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut said = Found::default();
    scanner.scan(output.stdout.as_slice(), "standard output", &mut said)?;
    scanner.scan(output.stderr.as_slice(), "standard error", &mut said)?;
    said.require_none(0).context("what it said")?;
    ensure!(said.bytes > 0, "the control: it said something");
    Ok(())
}

/// Its memory is closed to other programs of the same user: what the system tells of it belongs to root. Of a program that
/// does not close itself it belongs to the user, which is the control. Root, to whom everything belongs, asks as nobody.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_memory_of_the_program_is_closed() -> anyhow::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    const NOBODY: u32 = 65_534;

    let is_root = std::fs::metadata("/proc/self/environ")?.uid() == 0;
    // Where nobody gets to: root's own folder for such files may be root's alone.
    let dir = if is_root { tempfile::tempdir_in("/tmp")? } else { tempfile::tempdir()? };
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755))?;
    let copy = dir.path().join("frontdesk");
    std::fs::copy(program()?, &copy)?;
    let start = |program: &Path, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).env("FRONTDESK_DATA_DIR", dir.path().join("desk")).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.spawn()
    };
    let owner = |pid: u32| std::fs::metadata(format!("/proc/{pid}/environ")).map(|meta| meta.uid());

    let control = start(Path::new("/bin/cat"), &[])?;
    ensure!(owner(control.id().context("it runs")?)? != 0, "the control: another program's is its user's");

    // An account with a passphrase, for which it waits.
    let server = TestServer::start(STUDIO).await?;
    let desk = TestDesk::signed_in(&server, manager(&server)).await?;
    desk.desk.close().await;
    copy_for_everybody(desk.data_dir(), &dir.path().join("desk"))?;
    let out = dir.path().join("leads.csv");
    let arguments = ["export", "--format", "csv", "--passphrase-stdin", "--out", out.to_str().context("a path")?];
    let mut running = start(&copy, &arguments)?;
    let pid = running.id().context("it runs")?;
    let deadline = std::time::Instant::now() + PATIENCE;
    while owner(pid)? != 0 {
        ensure!(running.try_wait()?.is_none(), "it ended before it was closed");
        ensure!(std::time::Instant::now() < deadline, "its memory is open to other programs");
        tokio::task::yield_now().await;
    }
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits"))?;
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).context("a limit")?;
    ensure!(core.split_whitespace().nth(4) == Some("0"), "{core}");
    Ok(running.kill().await?)
}

#[cfg(target_os = "linux")]
fn copy_for_everybody(from: &Path, to: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir(to)?;
    std::fs::set_permissions(to, PermissionsExt::from_mode(0o777))?;
    for entry in std::fs::read_dir(from)? {
        let (path, name) = {
            let entry = entry?;
            (entry.path(), entry.file_name())
        };
        if path.is_dir() {
            copy_for_everybody(&path, &to.join(name))?;
        } else {
            let copy = to.join(name);
            std::fs::copy(path, &copy)?;
            std::fs::set_permissions(copy, PermissionsExt::from_mode(0o666))?;
        }
    }
    Ok(())
}
