//! Two hundred words that stand nowhere else are planted in the studio, some of them are shown, and some are typed in the
//! window. At the end nothing of them is in anything that the app leaves on the computer: beside its encrypted files, not even
//! after a crash.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use canaries::{Found, Needle, Scanner, canary};
use domain::{Conversation, ConversationId, ConversationStatus, Lead, LeadId, LeadPatch, ReplyBar};
use thirtyfour::Key;

use super::{Walk, review};
use crate::api::{Api, Truth};
use crate::app::{App, by_id, program};
use crate::poll::until;

const CANARIES: usize = 200;
/// Canaries of one lead: name, address, tag and notes.
const OF_A_LEAD: usize = 4;
/// Leads that write, of whom the window shows the threads: one is answered, and to another something is written and not sent.
const WRITING: usize = 5;
/// Of an app that is signed in, at least.
const FILES: u64 = 10;
const PATIENCE: Duration = Duration::from_secs(15);

/// A colleague plants them, and the window shows some.
pub(super) async fn plant_and_show(walk: &mut Walk) -> anyhow::Result<()> {
    let hosted = &walk.hosted;
    let colleague = Api::sign_in(&hosted.url(), hosted.ca(), hosted.email(), hosted.password()).await?;
    let chosen = chosen(&walk.truth)?;
    for (n, (lead, conversation)) in chosen.iter().enumerate() {
        let word = |place: usize| canary(n * OF_A_LEAD + place);
        let patch = LeadPatch {
            name: Some(word(0)),
            email: Some(Some(format!("{}@mail.example", word(1)))),
            tags: Some(vec![word(2)]),
            notes: Some(format!("Told us of {}.", word(3))),
            ..LeadPatch::default()
        };
        colleague.patch_lead(*lead, &patch).await?;
        if n < WRITING {
            colleague.record_inbound(*conversation, &message(n)).await?;
        }
    }
    walk.truth = colleague.truth().await?;
    let app = walk.app()?;
    review::open_inbox_at_top(app).await?;
    for (n, (_, conversation)) in chosen.iter().enumerate().take(WRITING) {
        show_thread(app, n, *conversation).await?;
        match n {
            0 => app.fill(&by_id("composer-input"), &format!("Answered {}", canary(100))).await?,
            1 => app.fill(&by_id("composer-input"), &format!("Thought of {}", canary(101))).await?,
            _ => {}
        }
        if n == 0 {
            app.click(&by_id("composer-send")).await?;
            let said = format!("{} {}", by_id("thread"), by_id("message"));
            app.wait_for_text(&said, PATIENCE, |text| text.contains(&canary(100))).await.context("the answer")?;
        }
    }
    for n in WRITING..2 * WRITING {
        show_lead(app, n).await?;
    }
    walk.picture("canaries").await?;
    // The answer is a message too, once the server has it.
    let messages = walk.truth.message_count;
    walk.truth = until("the answer to arrive", PATIENCE, async || {
        Ok(Some(colleague.truth().await?).filter(|truth| truth.message_count > messages))
    })
    .await?;
    Ok(())
}

/// The control: in the file that was exported, and so is not encrypted, the same search finds all of them.
pub(super) fn are_exported(csv: &Path) -> anyhow::Result<()> {
    let mut found = Found::default();
    Scanner::new(&Needle::canaries(CANARIES))?.scan_file(csv, &mut found)?;
    found.require_all(CANARIES).context("canaries in the exported file")
}

/// Nothing of them is anywhere: while the app is open, and when it has crashed. Then it is opened again.
pub(super) async fn left_no_trace(walk: &mut Walk) -> anyhow::Result<()> {
    let scanner = Scanner::new(&Needle::canaries(CANARIES))?;
    for folder in folders(walk)? {
        would_be_found(walk, &scanner, &folder)?;
    }
    scan(walk, &scanner)?.require_none(FILES).context("while it is open")?;
    let app = walk.app.take().context("the app is open")?;
    let programs = programs()?;
    ensure!(programs.len() > 1, "the app and its web view run: {programs:?}");
    for process in &programs {
        may_not_dump(process)?;
        scan_process(&scanner, process)?;
    }
    let main = programs.iter().find(|process| is_app(process)).context("the app's own process")?;
    app.crash(main).await?;
    until("all of it to be gone", PATIENCE, async || {
        Ok(programs.iter().all(|process| !process.exists()).then_some(()))
    })
    .await?;
    scan(walk, &scanner)?.require_none(FILES).context("after a crash")?;
    let app = App::open(&walk.launch).await?;
    app.wait_for(&by_id("nav-inbox")).await.context("after a crash it opens")?;
    walk.app = Some(app);
    Ok(())
}

/// Leads from the middle of the list with an open conversation in which one can answer: the steps after this one look at
/// both ends of the list.
fn chosen(truth: &Truth) -> anyhow::Result<Vec<(LeadId, ConversationId)>> {
    let mut leads: Vec<&Lead> = truth.leads.values().filter(|lead| lead.state == domain::LeadState::Active).collect();
    leads.sort_by_key(|lead| (lead.created_at, lead.id));
    let of_lead = |lead: &Lead| {
        let is_answerable = |conversation: &&Conversation| {
            conversation.lead_id == lead.id
                && conversation.status == ConversationStatus::Open
                && ReplyBar::find(conversation.channel, lead.state).is_none()
        };
        truth.conversations.values().find(is_answerable).map(|conversation| (lead.id, conversation.id))
    };
    let wanted = CANARIES / OF_A_LEAD;
    let chosen: Vec<_> = leads.iter().skip(leads.len() / 4).filter_map(|lead| of_lead(lead)).take(wanted).collect();
    ensure!(chosen.len() == wanted, "only {} leads with a conversation", chosen.len());
    Ok(chosen)
}

fn message(n: usize) -> String {
    format!("I am {} of {}", canary(n * OF_A_LEAD), canary(120 + n))
}

async fn show_thread(app: &App, n: usize, conversation: ConversationId) -> anyhow::Result<()> {
    let row = format!("{}[data-id=\"{conversation}\"]", by_id("conversation-row"));
    app.wait_for_text(&row, PATIENCE, |text| text.contains(&canary(n * OF_A_LEAD))).await.context("in the inbox")?;
    app.click(&row).await?;
    let said = format!("{} {}", by_id("thread"), by_id("message"));
    app.wait_for_text(&said, PATIENCE, |text| text.contains(&message(n))).await.context("in the thread")?;
    let contact = format!("{}@mail.example", canary(n * OF_A_LEAD + 1));
    app.wait_for_text(&by_id("contact-pane"), PATIENCE, |text| text.contains(&contact)).await.map(drop)
}

/// Finds a lead by its name, and opens its page.
async fn show_lead(app: &App, n: usize) -> anyhow::Result<()> {
    let name = canary(n * OF_A_LEAD);
    app.press(Key::Control + "k").await?;
    app.wait_for(&by_id("palette-input")).await?;
    app.fill(&by_id("palette-input"), &name).await?;
    let hit = format!("{}[data-kind=\"lead\"]", by_id("palette-hit"));
    app.wait_for_text(&hit, PATIENCE, |text| text.contains(&name)).await.context("the lead is found")?;
    app.click(&hit).await?;
    app.wait_for_none(&by_id("palette-input")).await?;
    app.wait_for_text(&by_id("lead-page"), PATIENCE, |text| {
        text.contains(&name) && text.contains(&canary(n * OF_A_LEAD + 3))
    })
    .await
    .context("the page has the lead's name and notes")
    .map(drop)
}

/// Where the desktop of this walk keeps what is on disk: the app's data, the web view's storage, temporary files, the keyring.
fn folders(walk: &Walk) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = vec![walk.launch.data_dir.clone()];
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "TMPDIR"] {
        folders.push(PathBuf::from(std::env::var_os(name).context(name)?));
    }
    Ok(folders)
}

/// Goes through all of that and the log, without what is the server's and what was drawn or exported for the person.
fn scan(walk: &Walk, scanner: &Scanner) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let server = walk.hosted.folder();
    let is_of_the_server = |path: &Path| {
        path.starts_with(server) && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("server"))
    };
    for folder in folders(walk)? {
        scanner.scan_folder(&folder, &is_of_the_server, &mut found)?;
    }
    scanner.scan_file(&walk.launch.log, &mut found)?;
    // A dump lies where the app was started, unless the system takes it.
    for entry in std::fs::read_dir(std::env::current_dir()?)? {
        let name = entry?.file_name();
        ensure!(!name.to_string_lossy().starts_with("core"), "the dump {} was left", name.display());
    }
    Ok(found)
}

/// The control: a word that is left in the folder is found there.
fn would_be_found(walk: &Walk, scanner: &Scanner, folder: &Path) -> anyhow::Result<()> {
    let file = folder.join("left-by-the-control");
    let text: Vec<u8> = canary(7).encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(&file, text)?;
    let found = scan(walk, scanner);
    std::fs::remove_file(&file)?;
    let found = found?;
    let at = file.display().to_string();
    let is_found = found.hits.values().flatten().any(|place| place.starts_with(&at));
    ensure!(is_found, "the control: what is left in {} is not found", folder.display());
    Ok(())
}

/// The app and its web view, by their folders in `/proc`.
fn programs() -> anyhow::Result<Vec<PathBuf>> {
    let mut programs = Vec::new();
    for process in std::fs::read_dir("/proc").context("/proc")? {
        let process = process?.path();
        if is_app(&process) || is_web_view(&process) {
            programs.push(process);
        }
    }
    Ok(programs)
}

fn is_app(process: &Path) -> bool {
    let called = std::fs::read(process.join("cmdline")).unwrap_or_default();
    let program = program().ok().and_then(|program| program.canonicalize().ok());
    let first = called.split(|byte| *byte == 0).next().unwrap_or_default();
    let first = std::str::from_utf8(first).ok().and_then(|first| Path::new(first).canonicalize().ok());
    first.is_some() && first == program
}

/// Of this desktop: another may run beside it.
fn is_web_view(process: &Path) -> bool {
    let is_named = std::fs::read_to_string(process.join("comm")).is_ok_and(|name| name.starts_with("WebKitWebProces"));
    let parent = |process: &Path| {
        let status = std::fs::read_to_string(process.join("status")).ok()?;
        let id = status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().to_owned();
        Some(PathBuf::from("/proc").join(id))
    };
    // A sandbox stands between them.
    let ancestors = std::iter::successors(parent(process), |process| parent(process));
    is_named && ancestors.take(4).any(|process| is_app(&process))
}

/// A crash leaves no picture of its memory.
fn may_not_dump(process: &Path) -> anyhow::Result<()> {
    let limits = std::fs::read_to_string(process.join("limits"))?;
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).context("a limit")?;
    ensure!(core.split_whitespace().skip(4).take(2).all(|limit| limit == "0"), "{core}");
    Ok(())
}

/// How it was called, and with what environment.
fn scan_process(scanner: &Scanner, process: &Path) -> anyhow::Result<()> {
    let mut found = Found::default();
    scanner.scan_file(&process.join("cmdline"), &mut found)?;
    // What is closed is shown to root alone.
    if std::fs::File::open(process.join("environ")).is_ok() {
        scanner.scan_file(&process.join("environ"), &mut found)?;
    }
    found.require_none(1)
}
