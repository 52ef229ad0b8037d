//! Measures the release build: `make bench`. Each figure stands beside a baseline of the same run, and both take turns,
//! so that a busy machine is busy for both. `docs/BENCH.md` tells what is measured and how.
//!
//! The app is measured on a desktop of its own (`scripts/with-desktop.sh`): it signs in and out, which touches the
//! keyring.

#[path = "../../../server/tests/support/postgres.rs"]
mod cluster;
mod delta;
mod edits;
mod export;
mod feed;
mod hosted;
mod hosting;
mod memory;
mod programs;
mod reads;
mod row;
mod samples;
mod screen;
mod served;
mod synced;
mod window;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::{Parser, ValueEnum};
use store::Cache;

use crate::hosted::{Hosted, Size};
use crate::hosting::Effort;
use crate::reads::Files;
use crate::row::Row;

/// About so many messages are drawn from for searches.
const SAMPLED_MESSAGES: u64 = 2_000;

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The app and its cache
    Client,
    /// The hosted API with few and with many clients
    Server,
    /// The hosted API among few and among many studios
    Studios,
}

/// Measures Frontdesk's release build.
#[derive(Parser)]
struct Cli {
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["client", "server", "studios"])]
    parts: Vec<Part>,
    #[arg(long, default_value_t = 100_000)]
    leads: u64,
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Folder for the rows, as JSON, one file for each part
    #[arg(long)]
    out: PathBuf,
    /// Folder in which studios of each size are kept between runs
    #[arg(long)]
    kept: PathBuf,
    /// First syncs and bulk inserts, each; and rounds of each operation of the server
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long a round of one operation of the server is
    #[arg(long, default_value_t = 1_000)]
    round_ms: u64,
    /// Clients of the server at a time, rising
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 64])]
    clients: Vec<usize>,
    /// Studios of the server, rising
    #[arg(long, value_delimiter = ',', default_values_t = [10, 100, 1_000, 10_000])]
    studios: Vec<u32>,
    /// How often a client may ask the measured servers. One that is below the load refuses it, which ends the run
    #[arg(long, default_value = served::NO_LIMIT)]
    rate: String,
    /// The package, to tell its size
    #[arg(long)]
    deb: Option<PathBuf>,
    /// Measure a debug build, to try the measuring itself out
    #[arg(long)]
    debug_build: bool,
}

#[expect(clippy::print_stdout, reason = "its output is for the person at the shell")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// The rows of all parts, each part in a file of its own as soon as it is measured.
struct Report<'a> {
    out: &'a Path,
    rows: Vec<Row>,
    started: Instant,
}

impl Report<'_> {
    /// Keeps the rows, in a file whose name tells the part and what its size was.
    fn add(&mut self, part: &str, size: impl std::fmt::Display, rows: Vec<Row>) -> anyhow::Result<()> {
        row::write(&self.out.join(format!("{part}-{size}.json")), &rows)?;
        say(&format!("{part}: measured, {:.0} s so far", self.started.elapsed().as_secs_f64()));
        self.rows.extend(rows);
        Ok(())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    ensure!(cfg!(not(debug_assertions)) || cli.debug_build, "only a release build is worth measuring");
    let is_chosen = |part| cli.parts.contains(&part);
    // Fails only if there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    fs::create_dir_all(&cli.out)?;
    fs::create_dir_all(&cli.kept)?;
    let mut report = Report { out: &cli.out, rows: Vec::new(), started: Instant::now() };
    // On the disk of the kept studios: in memory nothing would be as slow as it is.
    let scratch = tempfile::Builder::new().prefix("run-").tempdir_in(&cli.kept)?;
    let scratch = scratch.path();

    if is_chosen(Part::Client) {
        measure_client(&cli, scratch, &mut report).await?;
    }
    let effort = Effort {
        round: Duration::from_millis(cli.round_ms),
        rounds: cli.rounds,
        clients: cli.clients.clone(),
        studios: cli.studios.clone(),
        rate: cli.rate.clone(),
    };
    ensure!(
        effort.rounds > 0 && effort.clients.is_sorted() && effort.studios.is_sorted(),
        "rounds, and rising numbers"
    );
    if is_chosen(Part::Server) {
        let most = effort.clients.last().context("--clients names a number")?;
        report.add("server", most, hosting::measure_load(&effort, scratch).await?)?;
    }
    if is_chosen(Part::Studios) {
        let most = effort.studios.last().context("--studios names a number")?;
        report.add("studios", most, hosting::measure_growth(&effort, scratch).await?)?;
    }
    say(&format!("\n{}", row::table(&report.rows)));
    Ok(())
}

/// The app and its cache, on a studio of the size that was asked for.
async fn measure_client(cli: &Cli, scratch: &Path, report: &mut Report<'_>) -> anyhow::Result<()> {
    ensure!(std::env::var_os("FRONTDESK_PRIVATE_DESKTOP").is_some(), "run this by scripts/bench.sh");
    let size = Size { leads: cli.leads, messages: cli.messages };
    say(&format!("studio of {} leads and {} messages", size.leads, size.messages));
    let studio = hosted::studio(&cli.kept, size)?;
    let tenth_studio = hosted::studio(&cli.kept, size.tenth())?;
    let hosted = Hosted::start(&studio, &scratch.join("full"))?;

    let recording = scratch.join("feed.ndjson");
    feed::record(&hosted.session().await?, &recording).await.context("recording the snapshot")?;
    let messages = feed::sample_messages(&recording, (size.messages / SAMPLED_MESSAGES).max(1))?;

    let (rows, synced) = synced::measure(&hosted, &recording, scratch, cli.rounds).await?;
    fs::remove_file(&recording)?;
    report.add("first-sync", size.leads, rows)?;

    let copy = scratch.join("plain.db");
    plain::copy(&synced.cache, &synced.key, &copy).context("the unencrypted copy")?;
    let files = Files { cache: &synced.cache, plain: &copy, key: &synced.key };
    report.add("open", size.leads, reads::measure_opening(&files)?)?;
    report.add("list", size.leads, reads::measure_list(&files)?)?;
    report.add("search", size.leads, reads::measure_search(&files, &messages)?)?;
    report.add("export", size.leads, export::measure(&synced, &hosted, &copy, scratch, size.leads).await?)?;
    report.add("window", size.leads, window::measure(&synced, &hosted, &cli.out)?)?;

    let mut full = delta::Side::new(hosted.session().await?, Cache::open(&synced.cache, &synced.key)?)?;
    let tenth_hosted = Hosted::start(&tenth_studio, &scratch.join("tenth"))?;
    let session = tenth_hosted.session().await?;
    let cache = delta::empty_cache(&session, &scratch.join("tenth-cache"))?;
    let mut tenth = delta::Side::filled(session, cache).await?;
    report.add("delta", size.leads, delta::measure(&mut full, &mut tenth).await?)?;

    let mut rows = edits::measure_push(&tenth).await?;
    rows.extend(edits::measure_merge(full.cache(), scratch)?);
    full.close()?;
    rows.extend(edits::measure_durable(&files)?);
    report.add("edits", size.leads, rows)?;

    report.add("size", size.leads, sizes(cli, &synced.cache)?)
}

fn sizes(cli: &Cli, cache: &Path) -> anyhow::Result<Vec<Row>> {
    let row = |name: &str, path: &Path| -> anyhow::Result<Row> {
        let size = fs::metadata(path).with_context(|| path.display().to_string())?.len();
        Ok(Row::new(name, size as f64 / f64::from(1 << 20), "MiB"))
    };
    let mut rows = vec![row("size of the release binary", &programs::program("frontdesk")?)?];
    if let Some(deb) = &cli.deb {
        rows.push(row("size of the .deb", deb)?);
    }
    rows.push(row("size of the cache file", cache)?);
    Ok(rows)
}
