//! Rate and remaining time of a long transfer, from data alone.

use std::collections::VecDeque;

/// How far back the rate looks, in milliseconds: long enough to be steady, short enough to be true.
const WINDOW_MS: i64 = 5_000;

/// Measures rows a second over the last seconds.
#[derive(Debug, Default)]
pub(crate) struct RateMeter {
    /// (time in ms on any steady clock, rows done by then), oldest first.
    samples: VecDeque<(i64, u64)>,
}

impl RateMeter {
    /// Notes that `rows_done` rows were done at `now_ms`.
    pub(crate) fn record(&mut self, now_ms: i64, rows_done: u64) {
        while self.samples.len() > 1 && self.samples[1].0 <= now_ms - WINDOW_MS {
            self.samples.pop_front();
        }
        self.samples.push_back((now_ms, rows_done));
    }

    /// Rows a second; 0 until there are two moments to compare.
    pub(crate) fn rows_per_s(&self) -> u64 {
        match (self.samples.front(), self.samples.back()) {
            (Some((from_ms, from)), Some((to_ms, to))) if to_ms > from_ms => {
                to.saturating_sub(*from).saturating_mul(1_000) / to_ms.abs_diff(*from_ms)
            }
            _ => 0,
        }
    }

    /// Whole seconds until `rows_left` are done, rounded up; `None` while the rate is unknown or nothing moves.
    pub(crate) fn remaining_s(&self, rows_left: u64) -> Option<u64> {
        match self.rows_per_s() {
            0 => None,
            rate => Some(rows_left.div_ceil(rate)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RateMeter;

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut meter = RateMeter::default();
        assert_eq!((meter.rows_per_s(), meter.remaining_s(10)), (0, None));
        meter.record(0, 0);
        assert_eq!(meter.remaining_s(10), None);
        meter.record(1_000, 500);
        assert_eq!((meter.rows_per_s(), meter.remaining_s(1_001)), (500, Some(3)));
        // Much faster later on: the slow start is forgotten.
        for second in 2..=10 {
            meter.record(second * 1_000, 500 + (second.unsigned_abs() - 1) * 2_000);
        }
        assert_eq!(meter.rows_per_s(), 2_000);
    }
}
