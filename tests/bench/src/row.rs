//! What a measurement says: one row, as a line of the table and as JSON.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;

/// A measured value, mostly beside a baseline of the same run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// What the value is compared with.
    pub(crate) baseline: Option<String>,
    /// In the same unit.
    pub(crate) baseline_value: Option<f64>,
    /// Value by baseline; below 1 is better than the baseline. For rates, where more is better, the other way round.
    pub(crate) ratio: Option<f64>,
    /// What was to be reached, in words.
    pub(crate) target: Option<String>,
    /// Whether it was; absent without a target.
    pub(crate) met: Option<bool>,
}

/// What is to be reached.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// The ratio is at most this.
    Ratio(f64),
    /// The ratio is below this.
    RatioBelow(f64),
    /// The ratio is at most the first, and the value itself below the second.
    RatioAndValue(f64, f64),
}

impl Row {
    /// A value by itself.
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        let name = name.into();
        Self { name, value, unit, baseline: None, baseline_value: None, ratio: None, target: None, met: None }
    }

    /// Compares with `value` of `baseline`: less is better.
    pub(crate) fn against(mut self, baseline: &str, value: f64) -> Self {
        self.baseline = Some(baseline.to_owned());
        self.baseline_value = Some(value);
        self.ratio = Some(self.value / value);
        self
    }

    /// Compares with the rate `value` of `baseline`: the ratio is that of the times.
    pub(crate) fn against_rate(mut self, baseline: &str, value: f64) -> Self {
        self.baseline = Some(baseline.to_owned());
        self.baseline_value = Some(value);
        self.ratio = Some(value / self.value);
        self
    }

    /// Says what was to be reached. Belongs after the comparison.
    pub(crate) fn with_target(mut self, target: Target) -> Self {
        let ratio = self.ratio.unwrap_or(f64::INFINITY);
        let (words, met) = match target {
            Target::Ratio(most) => (format!("ratio <= {most}"), ratio <= most),
            Target::RatioBelow(limit) => (format!("ratio < {limit}"), ratio < limit),
            Target::RatioAndValue(most, limit) => {
                (format!("ratio <= {most}, value < {limit} {}", self.unit), ratio <= most && self.value < limit)
            }
        };
        self.target = Some(words);
        self.met = Some(met);
        self
    }
}

/// Three digits that count, whatever the size.
fn figure(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else if size >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

/// The rows as a table in Markdown.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut lines = vec![["measured", "value", "baseline", "", "ratio", "target", "met"].map(str::to_owned)];
    lines.extend(rows.iter().map(|row| {
        [
            row.name.clone(),
            format!("{} {}", figure(row.value), row.unit),
            row.baseline.clone().unwrap_or_default(),
            row.baseline_value.map(|value| format!("{} {}", figure(value), row.unit)).unwrap_or_default(),
            row.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            row.target.clone().unwrap_or_default(),
            row.met.map(|met| if met { "yes" } else { "NO" }.to_owned()).unwrap_or_default(),
        ]
    }));
    let mut widths = [3; 7];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for (number, line) in lines.iter().enumerate() {
        for (width, cell) in widths.iter().zip(line) {
            // Writing to a string can't fail.
            let _ = write!(out, "| {cell:<width$} ");
        }
        out.push_str("|\n");
        if number == 0 {
            for width in &widths {
                let _ = write!(out, "|{:-<1$}", "", width + 2);
            }
            out.push_str("|\n");
        }
    }
    out
}

/// Writes the rows to `path`, as JSON.
///
/// # Errors
/// The file can't be written.
pub(crate) fn write(path: &Path, rows: &[Row]) -> anyhow::Result<()> {
    let mut json = serde_json::to_vec_pretty(rows).context("rows are JSON")?;
    json.push(b'\n');
    std::fs::write(path, json).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_met_at_its_limit_and_missed_beyond() {
        let row = |value| Row::new("x", value, "ms").against("y", 10.0);
        assert_eq!(row(20.0).with_target(Target::Ratio(2.0)).met, Some(true));
        assert_eq!(row(20.1).with_target(Target::Ratio(2.0)).met, Some(false));
        assert_eq!(row(10.0).with_target(Target::RatioBelow(1.0)).met, Some(false));
        assert_eq!(row(19.0).with_target(Target::RatioAndValue(2.0, 20.0)).met, Some(true));
        assert_eq!(row(20.0).with_target(Target::RatioAndValue(2.0, 20.0)).met, Some(false), "not under 20 ms");
        assert_eq!(
            row(19.0).with_target(Target::RatioAndValue(1.5, 20.0)).met,
            Some(false),
            "fast but above the ratio"
        );
    }

    #[test]
    fn a_lower_rate_is_a_higher_ratio() {
        let row = Row::new("x", 50.0, "rows/s").against_rate("y", 100.0);
        assert_eq!(row.ratio, Some(2.0));
    }

    #[test]
    fn a_target_without_a_comparison_is_never_met() {
        assert_eq!(Row::new("x", 1.0, "ms").with_target(Target::Ratio(2.0)).met, Some(false));
    }
}
