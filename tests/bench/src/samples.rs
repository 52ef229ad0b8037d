//! Repeated measurements of one thing.

use std::time::Duration;

/// Measured values, in the order they came.
#[derive(Debug, Default, Clone)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    pub(crate) fn push_ms(&mut self, elapsed: Duration) {
        self.push(elapsed.as_secs_f64() * 1_000.0);
    }

    /// # Panics
    /// Without a sample.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// # Panics
    /// Without a sample.
    pub(crate) fn p95(&self) -> f64 {
        self.quantile(0.95)
    }

    /// # Panics
    /// Without a sample.
    pub(crate) fn p99(&self) -> f64 {
        self.quantile(0.99)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// The smallest sample that at least `part` of them do not exceed (nearest rank).
    fn quantile(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (part * sorted.len() as f64).ceil() as usize;
        sorted[rank.saturating_sub(1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_samples() {
        let samples = Samples((1..=20).rev().map(f64::from).collect());
        assert_eq!((samples.median(), samples.p95(), samples.p99()), (10.0, 19.0, 20.0));
        let one = Samples(vec![7.0]);
        assert_eq!((one.median(), one.p95()), (7.0, 7.0));
    }
}
