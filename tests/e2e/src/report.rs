//! What happened on a walk: `summary.json`.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

/// One step of the walk.
#[derive(Debug, Clone, Serialize)]
pub struct StepReport {
    pub name: &'static str,
    /// False also for a step that was never reached.
    pub ok: bool,
    /// How long it took.
    pub ms: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measured: Vec<Measure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl StepReport {
    pub(crate) const fn not_reached(name: &'static str) -> Self {
        Self { name, ok: false, ms: 0, measured: Vec::new(), error: None }
    }
}

/// One line for the person who watches.
impl fmt::Display for StepReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:6} {:16} {:>7} ms", if self.ok { "ok" } else { "FAILED" }, self.name, self.ms)?;
        for measure in &self.measured {
            write!(f, "  {} {} ms", measure.name, measure.ms)?;
        }
        match &self.error {
            Some(error) => write!(f, "\n       {error}"),
            None if !self.ok => write!(f, "  not reached"),
            None => Ok(()),
        }
    }
}

/// Something a step measured on its way.
#[derive(Debug, Clone, Serialize)]
pub struct Measure {
    pub name: &'static str,
    pub ms: u64,
}

/// The whole walk.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    pub steps: Vec<StepReport>,
    /// Leads of the studio, as the server tells.
    pub leads: u64,
    /// Messages of the studio, as the server tells.
    pub messages: u64,
    /// Records in the exported file, without its header.
    pub csv_rows: u64,
    /// File names, in the folder of the summary.
    pub screenshots: Vec<PathBuf>,
}

impl Summary {
    /// Whether every step happened.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|step| step.ok)
    }

    /// Writes `summary.json` into `folder`.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let mut text = serde_json::to_string_pretty(self).context("a summary is JSON")?;
        text.push('\n');
        std::fs::write(folder.join("summary.json"), text).context("summary.json can't be written")
    }
}
