//! What a campaign did and found.

use std::fmt;

use crate::probe::Finding;

/// How many findings are told in full.
const TOLD: usize = 10;

/// A campaign's sums.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub runs: u64,
    /// Runs in which the fault hit something.
    pub fired: u64,
    /// Runs after which something that was acknowledged was lost, or the cache was of no use.
    pub lost: u64,
    /// Of those, the runs after which the cache was whole, but for what was acknowledged and is not there.
    pub missing: u64,
    /// The first of those, with what it takes to do them again.
    pub findings: Vec<String>,
}

impl Tally {
    pub(crate) fn note(&mut self, fired: u64, finding: &Finding, whence: impl Fn() -> String) {
        self.runs += 1;
        self.fired += u64::from(fired > 0);
        if !finding.is_good() {
            self.lost += 1;
            self.missing += u64::from(matches!(finding, Finding::Wrong(_)));
            if self.findings.len() < TOLD {
                self.findings.push(format!("{}: {finding}", whence()));
            }
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.fired += other.fired;
        self.lost += other.lost;
        self.missing += other.missing;
        self.findings.extend(other.findings.iter().cloned());
        self.findings.truncate(TOLD);
    }
}

/// One line, and one more for each finding.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} runs, {} faults fired, {} lost", self.runs, self.fired, self.lost)?;
        self.findings.iter().try_for_each(|finding| write!(f, "\n    {finding}"))
    }
}
