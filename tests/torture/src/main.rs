//! The child, and the long campaigns of `make torture`.

use std::fmt::Display;

use anyhow::bail;
use clap::{Args, Parser};
use frontdesk_torture::child::{self, Job};
use frontdesk_torture::disk::Syncs;
use frontdesk_torture::tally::Tally;
use frontdesk_torture::tamper::{Encryption, Filled};
use frontdesk_torture::{faults, kills, power_cut};

/// Runs of each control: they only have to find that something is lost.
const CONTROL_RUNS: u64 = 200;

#[derive(Parser)]
enum Cli {
    /// Does a workload's writes and tells of each
    Child(Job),
    /// Runs all campaigns, each with its control
    Run(Campaigns),
}

#[derive(Args)]
struct Campaigns {
    /// States in which a power cut left the disk
    #[arg(long)]
    images: u64,
    #[arg(long)]
    kills: u64,
    /// Children whose disk is full or fails
    #[arg(long)]
    faults: u64,
    /// Bytes of each page that are changed and read one at a time
    #[arg(long)]
    bytes: usize,
    #[arg(long)]
    seed: u64,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse() {
        Cli::Child(job) => Ok(child::run(&job)?),
        Cli::Run(campaigns) => run(&campaigns),
    }
}

/// What was proved, and what was not.
#[derive(Default)]
struct Report {
    lines: Vec<String>,
    failed: Vec<&'static str>,
}

impl Report {
    /// Tells it in full, with what was found.
    fn campaign(&mut self, name: &'static str, sums: &impl Display, is_proved: bool) {
        let sums = sums.to_string();
        say(&format!("{name}: {sums}"));
        self.note(name, &sums, is_proved);
    }

    /// What a control finds is no news.
    fn control(&mut self, name: &'static str, sums: &impl Display, finds_losses: bool) {
        self.note(name, &sums.to_string(), finds_losses);
    }

    fn note(&mut self, name: &'static str, sums: &str, is_proved: bool) {
        self.lines.push(format!("{name}: {}", sums.lines().next().unwrap_or_default()));
        if !is_proved {
            self.failed.push(name);
        }
    }
}

fn run(campaigns: &Campaigns) -> anyhow::Result<()> {
    let program = std::env::current_exe()?;
    let seed = campaigns.seed;
    let mut report = Report::default();
    let is_whole = |tally: &Tally| tally.fired > 0 && tally.lost == 0;

    let cuts = power_cut::cut(&program, seed, campaigns.images, Syncs::Done)?;
    let has_all =
        [cuts.with_dropped, cuts.with_torn, cuts.with_uncut, cuts.with_misnamed].iter().all(|count| *count > 0);
    report.campaign("power cut", &cuts.tally, is_whole(&cuts.tally) && has_all);
    let control = power_cut::cut(&program, seed, CONTROL_RUNS, Syncs::Ignored)?.tally;
    report.control("power cut, control without syncs", &control, control.lost * 2 > control.runs);

    let killed = kills::kill(&program, seed, campaigns.kills, false)?;
    report.campaign("kill -9", &killed, is_whole(&killed) && killed.fired * 10 > killed.runs * 9);
    let control = kills::kill(&program, seed, CONTROL_RUNS, true)?;
    report.control("kill -9, control that acknowledges too early", &control, control.missing > 0);

    let failed = faults::fail(&program, seed, campaigns.faults, false)?;
    report.campaign("full or failing disk", &failed.tally, is_whole(&failed.tally) && failed.recovered > 0);
    let control = faults::fail(&program, seed, CONTROL_RUNS, true)?.tally;
    report.control("full or failing disk, control that acknowledges too early", &control, control.missing > 0);

    let filled = Filled::make(seed)?;
    let looked = filled.look_for_each_byte()?;
    report.campaign("each byte changed", &looked, looked.unnoticed == 0);
    let looked = filled.look_for_some_bytes(campaigns.bytes, Encryption::On)?;
    report.campaign("bytes changed and read", &looked, looked.unnoticed == 0);
    let control = filled.look_for_some_bytes(1, Encryption::Off)?;
    report.control("bytes changed and read, control without encryption", &control, control.unnoticed > 0);
    let asked = filled.ask_with_each_page_changed()?;
    report.campaign("a byte of each page changed and everything asked", &asked, asked.other_data == 0);

    say("");
    report.lines.iter().for_each(|line| say(line));
    if !report.failed.is_empty() {
        bail!("not proved: {}", report.failed.join("; "));
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "its output is for the person at the shell")]
fn say(text: &str) {
    println!("{text}");
}
