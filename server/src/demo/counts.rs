//! How many messages each lead has: few have many, many have few, and together they have exactly so many as asked.

use super::draw::{Draw, Stream};
use super::lead::age_fraction;

/// Leads whose messages are dealt out together. Bounds the memory; large enough for the shape of the distribution.
const BLOCK: u64 = 1_024;

/// Message counts of lead 0, 1, 2 and so on.
pub(super) struct MessageCounts {
    draw: Draw,
    leads: u64,
    messages: u64,
    /// Leads dealt out so far.
    dealt: u64,
    block: std::vec::IntoIter<u64>,
}

impl MessageCounts {
    pub(super) fn new(seed: u64, leads: u64, messages: u64) -> Self {
        Self { draw: Draw::new(seed, Stream::Counts), leads, messages, dealt: 0, block: Vec::new().into_iter() }
    }

    /// The share of the messages that the first `leads` leads have.
    fn share(&self, leads: u64) -> u64 {
        let share = u128::from(self.messages) * u128::from(leads) / u128::from(self.leads);
        u64::try_from(share).expect("a share of the messages is no more than all of them")
    }

    fn deal_block(&mut self) -> Vec<u64> {
        let end = (self.dealt + BLOCK).min(self.leads);
        let quota = self.share(end) - self.share(self.dealt);
        let weights: Vec<f64> = (self.dealt..end)
            .map(|index| {
                // One lead in ten was imported or filled in a form and never wrote.
                let silent = self.draw.chance(0.1);
                let weight = (1.1 * self.draw.normal()).exp();
                // Who came an hour ago has not said much yet.
                let grown = (age_fraction(index, self.leads) * 300.0).clamp(0.02, 1.0).sqrt();
                if silent { 0.0 } else { weight * grown }
            })
            .collect();
        self.dealt = end;
        apportion(quota, &weights)
    }
}

impl Iterator for MessageCounts {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        if let Some(count) = self.block.next() {
            return Some(count);
        }
        if self.dealt == self.leads {
            return None;
        }
        self.block = self.deal_block().into_iter();
        self.block.next()
    }
}

/// Whole numbers that sum to `quota` and are as near to the weights' proportions as whole numbers can be (largest
/// remainder). With no weight at all, the first takes everything.
fn apportion(quota: u64, weights: &[f64]) -> Vec<u64> {
    let total: f64 = weights.iter().sum();
    let mut counts = vec![0; weights.len()];
    if total == 0.0 {
        counts[0] = quota;
        return counts;
    }
    let mut remainders = Vec::with_capacity(weights.len());
    let mut left = quota;
    for (index, weight) in weights.iter().enumerate() {
        let exact = quota as f64 * weight / total;
        // Rounding may make the sum of the floors a little too large for numbers beyond 2^53.
        counts[index] = (exact.floor() as u64).min(left);
        left -= counts[index];
        if *weight > 0.0 {
            remainders.push((exact.fract(), index));
        }
    }
    remainders.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, index) in remainders.iter().cycle().take(usize::try_from(left).unwrap_or(usize::MAX)) {
        counts[*index] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::{MessageCounts, apportion};

    #[test]
    fn all_messages_are_dealt_out_and_no_more() {
        for (leads, messages) in [(1, 0), (1, 5), (3, 1), (1_024, 10), (5_000, 50_001), (2_500, 7), (1_025, 1_000_000)]
        {
            let counts: Vec<u64> = MessageCounts::new(1, leads, messages).collect();
            assert_eq!(counts.len() as u64, leads);
            assert_eq!(counts.iter().sum::<u64>(), messages, "{leads} leads");
        }
    }

    #[test]
    fn few_threads_are_long_and_many_are_short() {
        let mut counts: Vec<u64> = MessageCounts::new(7, 10_000, 100_000).collect();
        counts.sort_unstable();
        assert!(counts[5_000] <= 8, "the median is below the mean: {}", counts[5_000]);
        assert!(counts[9_999] >= 80, "the longest is long: {}", counts[9_999]);
        assert!(counts[500] == 0, "some never wrote");
    }

    #[test]
    fn nothing_to_go_by_gives_all_to_the_first() {
        assert_eq!(apportion(9, &[0.0, 0.0]), [9, 0]);
    }
}
