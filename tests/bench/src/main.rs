//! Measures the release build: `make bench`. Each figure stands beside a baseline of the same run, and both take turns,
//! so that a busy machine is busy for both. `docs/BENCH.md` tells what is measured and how.
//!
//! Runs on a desktop of its own (`scripts/with-desktop.sh`): it signs in and out, which touches the keyring.

mod delta;
mod export;
mod feed;
mod hosted;
mod memory;
mod programs;
mod reads;
mod row;
mod samples;
mod screen;
mod synced;
mod window;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, ensure};
use clap::Parser;
use store::Cache;

use crate::hosted::{Hosted, Size};
use crate::reads::Files;
use crate::row::Row;

/// About so many messages are drawn from for searches.
const SAMPLED_MESSAGES: u64 = 2_000;

/// Measures Frontdesk's release build.
#[derive(Parser)]
struct Cli {
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
    /// First syncs and bulk inserts, each
    #[arg(long, default_value_t = 3)]
    rounds: usize,
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
    size: Size,
    rows: Vec<Row>,
    started: Instant,
}

impl Report<'_> {
    fn add(&mut self, part: &str, rows: Vec<Row>) -> anyhow::Result<()> {
        row::write(&self.out.join(format!("{part}-{}.json", self.size.leads)), &rows)?;
        say(&format!("{part}: measured, {:.0} s so far", self.started.elapsed().as_secs_f64()));
        self.rows.extend(rows);
        Ok(())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    ensure!(std::env::var_os("FRONTDESK_PRIVATE_DESKTOP").is_some(), "run this by scripts/bench.sh");
    ensure!(cfg!(not(debug_assertions)) || cli.debug_build, "only a release build is worth measuring");
    // Fails only if there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    fs::create_dir_all(&cli.out)?;
    fs::create_dir_all(&cli.kept)?;
    let size = Size { leads: cli.leads, messages: cli.messages };
    let mut report = Report { out: &cli.out, size, rows: Vec::new(), started: Instant::now() };

    say(&format!("studio of {} leads and {} messages", size.leads, size.messages));
    let studio = hosted::studio(&cli.kept, size)?;
    let tenth_studio = hosted::studio(&cli.kept, size.tenth())?;
    // On the disk of the kept studios: in memory nothing would be as slow as it is.
    let scratch = tempfile::Builder::new().prefix("run-").tempdir_in(&cli.kept)?;
    let scratch = scratch.path();
    let hosted = Hosted::start(&studio, &scratch.join("full"))?;

    let recording = scratch.join("feed.ndjson");
    feed::record(&hosted.session().await?, &recording).await.context("recording the snapshot")?;
    let messages = feed::sample_messages(&recording, (size.messages / SAMPLED_MESSAGES).max(1))?;

    let (rows, synced) = synced::measure(&hosted, &recording, scratch, cli.rounds).await?;
    fs::remove_file(&recording)?;
    report.add("first-sync", rows)?;

    let copy = scratch.join("plain.db");
    plain::copy(&synced.cache, &synced.key, &copy).context("the unencrypted copy")?;
    let files = Files { cache: &synced.cache, plain: &copy, key: &synced.key };
    report.add("open", reads::measure_opening(&files)?)?;
    report.add("list", reads::measure_list(&files)?)?;
    report.add("search", reads::measure_search(&files, &messages)?)?;
    report.add("export", export::measure(&synced, &hosted, &copy, scratch, size.leads).await?)?;
    report.add("window", window::measure(&synced, &hosted, &cli.out)?)?;

    let mut full = delta::Side::new(hosted.session().await?, Cache::open(&synced.cache, &synced.key)?)?;
    let tenth_hosted = Hosted::start(&tenth_studio, &scratch.join("tenth"))?;
    let session = tenth_hosted.session().await?;
    let cache = delta::empty_cache(&session, &scratch.join("tenth-cache"))?;
    let mut tenth = delta::Side::filled(session, cache).await?;
    report.add("delta", delta::measure(&mut full, &mut tenth).await?)?;

    report.add("size", sizes(&cli, &synced.cache)?)?;
    say(&format!("\n{}", row::table(&report.rows)));
    Ok(())
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
