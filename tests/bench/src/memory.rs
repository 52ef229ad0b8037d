//! How much memory a program holds, with all the processes it started.

use std::fs;
use std::time::Duration;

use anyhow::{Context, ensure};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// Looks until a figure is taken as it is.
const LOOKS: usize = 20;

/// Resident memory, in MiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Each shared page counted in part by each process that has it (proportional set size).
    pub(crate) pss: f64,
    /// Each shared page counted in full by each process.
    pub(crate) rss: f64,
}

/// Once it has stopped to change by more than a hundredth.
///
/// # Errors
/// The process is gone.
pub(crate) fn settled(process: u32) -> anyhow::Result<Memory> {
    let mut last = of(process)?;
    for _ in 0..LOOKS {
        std::thread::sleep(PAUSE);
        let now = of(process)?;
        if (now.pss - last.pss).abs() < last.pss / 100.0 {
            return Ok(now);
        }
        last = now;
    }
    Ok(last)
}

fn of(process: u32) -> anyhow::Result<Memory> {
    let mut sum = Memory { pss: 0.0, rss: 0.0 };
    let family = family(process)?;
    ensure!(family.len() > 1, "the webview runs in processes of its own");
    for pid in family {
        // One that ends while it is looked at holds nothing any more.
        let Ok(rollup) = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")) else { continue };
        let field = |name: &str| {
            let line = rollup.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok()
        };
        sum.pss += field("Pss:").context("the kernel tells the PSS")? / 1_024.0;
        sum.rss += field("Rss:").context("the kernel tells the RSS")? / 1_024.0;
    }
    Ok(sum)
}

/// A process and all that descend from it.
fn family(process: u32) -> anyhow::Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        // The name may hold anything, also brackets; the parent is the second field after the last one.
        if let Some(parent) = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok()) {
            parents.push((pid, parent));
        }
    }
    let mut family = vec![process];
    let mut looked_at = 0;
    while let Some(&parent) = family.get(looked_at) {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _): &(u32, u32)| *pid));
        looked_at += 1;
    }
    Ok(family)
}
