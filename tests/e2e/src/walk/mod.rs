//! The walk: what issue 2 says a person can do, done step by step in the real window.
//!
//! `make demo` takes the first part of it where there is no screen, the test suite takes all of it. A step
//! passes only when what it looks for was really seen; the steps after one that failed do not happen.

mod canaries;
mod edit;
mod export;
mod first_sync;
mod lock;
mod offline;
mod review;
mod search;
mod server_change;
mod sign_in;
mod sign_out;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use domain::LeadId;
use tempfile::TempDir;

use crate::api::{Api, Truth};
use crate::app::{App, Launch};
use crate::desktop;
use crate::hosted::{Hosted, StudioSize};
use crate::report::{Measure, StepReport, Summary};

/// One thing a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A wrong password and a server that is not there, each with its own message.
    SignInRefused,
    /// Signs in with what the demo filled in.
    SignIn,
    FirstSync,
    LeadList,
    LeadPage,
    Inbox,
    Search,
    /// A colleague's change and a lead's message reach the screen within a second.
    ServerChange,
    /// A colleague plants words that stand nowhere else, and the window shows some.
    Canaries,
    /// The server stops; everything still works.
    Offline,
    /// The app is killed and opened again, still with no server.
    ReopenOffline,
    ExportCsv,
    /// The same without the window, while it is open.
    ExportFromShell,
    /// A lead is edited, still with no server.
    EditOffline,
    /// The server is back, and has what was edited.
    Reconnect,
    Lock,
    /// Nothing of those words is outside the encrypted files, not even after a crash.
    NoTrace,
    SignOut,
}

impl Step {
    /// Steps 2 to 6 of the issue, in its order.
    pub const DEMO: [Self; 10] = [
        Self::SignIn,
        Self::FirstSync,
        Self::LeadList,
        Self::LeadPage,
        Self::Inbox,
        Self::Search,
        Self::ServerChange,
        Self::Offline,
        Self::ReopenOffline,
        Self::ExportCsv,
    ];

    /// Everything.
    pub const ALL: [Self; 18] = [
        Self::SignInRefused,
        Self::SignIn,
        Self::FirstSync,
        Self::LeadList,
        Self::LeadPage,
        Self::Inbox,
        Self::Search,
        Self::ServerChange,
        Self::Canaries,
        Self::Offline,
        Self::ReopenOffline,
        Self::ExportCsv,
        Self::ExportFromShell,
        Self::EditOffline,
        Self::Reconnect,
        Self::Lock,
        Self::NoTrace,
        Self::SignOut,
    ];

    /// Its name in the summary and in the names of its pictures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignInRefused => "sign_in_refused",
            Self::SignIn => "sign_in",
            Self::FirstSync => "first_sync",
            Self::LeadList => "lead_list",
            Self::LeadPage => "lead_page",
            Self::Inbox => "inbox",
            Self::Search => "search",
            Self::ServerChange => "server_change",
            Self::Canaries => "canaries",
            Self::Offline => "offline",
            Self::ReopenOffline => "reopen_offline",
            Self::ExportCsv => "export_csv",
            Self::ExportFromShell => "export_from_shell",
            Self::EditOffline => "edit_offline",
            Self::Reconnect => "reconnect",
            Self::Lock => "lock",
            Self::NoTrace => "no_trace",
            Self::SignOut => "sign_out",
        }
    }

    async fn take(self, walk: &mut Walk) -> anyhow::Result<()> {
        match self {
            Self::SignInRefused => sign_in::refused(walk).await,
            Self::SignIn => sign_in::accepted(walk).await,
            Self::FirstSync => first_sync::completes(walk).await,
            Self::LeadList => review::lead_list(walk).await,
            Self::LeadPage => review::lead_page(walk).await,
            Self::Inbox => review::inbox(walk).await,
            Self::Search => search::finds_old_message(walk).await,
            Self::ServerChange => server_change::reaches_screen(walk).await,
            Self::Canaries => canaries::plant_and_show(walk).await,
            Self::Offline => offline::server_stops(walk).await,
            Self::ReopenOffline => offline::reopens(walk).await,
            Self::ExportCsv => export::csv(walk).await,
            Self::ExportFromShell => export::from_shell(walk).await,
            Self::EditOffline => edit::offline(walk).await,
            Self::Reconnect => {
                offline::reconnects(walk).await?;
                edit::has_arrived(walk).await
            }
            Self::Lock => lock::locks_and_unlocks(walk).await,
            Self::NoTrace => {
                canaries::are_exported(&walk.out.join("leads.csv"))?;
                canaries::left_no_trace(walk).await
            }
            Self::SignOut => sign_out::erases(walk).await,
        }
    }
}

/// A walk under way.
pub struct Walk {
    hosted: Hosted,
    launch: Launch,
    app: Option<App>,
    truth: Truth,
    /// The lead that was edited with no server.
    edited: Option<LeadId>,
    out: PathBuf,
    measured: Vec<Measure>,
    screenshots: Vec<PathBuf>,
    csv_rows: u64,
    /// When the sign-in was sent off: the first sync counts from there.
    signed_in_at: Option<Instant>,
    /// Holds the studio, the app's folder and the logs; goes with the walk.
    _scratch: TempDir,
}

/// Takes the steps in order and writes pictures, files and `summary.json` into `out`. `tell` hears of each step.
///
/// # Errors
/// The walk could not begin, or its summary not be written. A step that fails is in the summary.
pub async fn run(
    steps: &[Step],
    size: StudioSize,
    out: &Path,
    mut tell: impl FnMut(&StepReport),
) -> anyhow::Result<Summary> {
    anyhow::ensure!(desktop::is_private(), "this signs out and erases keys: run it by scripts/with-desktop.sh");
    // The caller may run its own TLS already; then that provider serves us too.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut walk = Walk::prepare(size, out).await?;
    let mut summary =
        Summary { leads: walk.truth.leads.len() as u64, messages: walk.truth.message_count, ..Summary::default() };
    let mut has_failed = false;
    for &step in steps {
        let report = if has_failed { StepReport::not_reached(step.name()) } else { walk.take(step).await };
        has_failed |= !report.ok;
        tell(&report);
        summary.steps.push(report);
    }
    summary.csv_rows = walk.csv_rows;
    summary.screenshots = std::mem::take(&mut walk.screenshots);
    summary.write(out)?;
    walk.finish().await?;
    Ok(summary)
}

impl Walk {
    async fn prepare(size: StudioSize, out: &Path) -> anyhow::Result<Self> {
        recreate(out)?;
        let scratch = TempDir::with_prefix("frontdesk-e2e-").context("no folder for the walk")?;
        let mut hosted = Hosted::create(scratch.path(), size).await?;
        hosted.start().await?;
        let truth = Api::sign_in(&hosted.url(), hosted.ca(), hosted.email(), hosted.password()).await?.truth().await?;
        let launch = Launch {
            data_dir: scratch.path().join("desk"),
            server_url: hosted.url(),
            extra_ca: hosted.ca().to_owned(),
            email: hosted.email().to_owned(),
            password: hosted.password().to_owned(),
            log: scratch.path().join("app.log"),
        };
        let app = App::open(&launch).await?;
        Ok(Self {
            hosted,
            launch,
            app: Some(app),
            truth,
            edited: None,
            out: out.to_owned(),
            measured: Vec::new(),
            screenshots: Vec::new(),
            csv_rows: 0,
            signed_in_at: None,
            _scratch: scratch,
        })
    }

    async fn take(&mut self, step: Step) -> StepReport {
        let started = Instant::now();
        let outcome = step.take(self).await;
        let elapsed = started.elapsed();
        if outcome.is_err() {
            // What was on the screen then tells more than the error; a picture that fails too tells nothing new.
            let _ = desktop::screenshot(&self.out.join(format!("failed-{}.png", step.name()))).await;
            let _ = std::fs::copy(&self.launch.log, self.out.join("app.log"));
            let _ = std::fs::copy(self.hosted.log(), self.out.join("server.log"));
        }
        StepReport {
            name: step.name(),
            ok: outcome.is_ok(),
            ms: millis(elapsed),
            measured: std::mem::take(&mut self.measured),
            error: outcome.err().map(|error| format!("{error:#}")),
        }
    }

    async fn finish(mut self) -> anyhow::Result<()> {
        if let Some(app) = self.app.take() {
            app.kill().await?;
        }
        self.hosted.stop().await
    }

    fn app(&self) -> anyhow::Result<&App> {
        self.app.as_ref().context("the app is not open")
    }

    /// Keeps a picture of the whole screen as `<name>.png`, and mentions it in the summary.
    async fn picture(&mut self, name: &str) -> anyhow::Result<()> {
        self.app()?.settle().await?;
        self.picture_of_screen(name).await
    }

    /// The same without asking the window, which a dialog of the system may keep busy.
    async fn picture_of_screen(&mut self, name: &str) -> anyhow::Result<()> {
        let file = PathBuf::from(format!("{name}.png"));
        desktop::screenshot(&self.out.join(&file)).await?;
        self.screenshots.push(file);
        Ok(())
    }

    fn measure(&mut self, name: &'static str, elapsed: Duration) {
        self.measured.push(Measure { name, ms: millis(elapsed) });
    }
}

/// An empty folder, whatever an earlier walk left there.
fn recreate(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("{} can't be emptied", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))
}

fn millis(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
