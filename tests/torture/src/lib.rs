//! What happens to the cache when the power is cut, the program is killed, the disk is full or fails, or a byte of the file
//! is not what it was: tried many times over, on the real cache, with what was acknowledged held against what is there
//! afterwards.
//!
//! **The child** ([`child`]) is this crate's own program. It does numbered writes ([`workload`], [`mixed`]) and tells of
//! each, once the cache has said that it is done, in a line on its standard output: from there on somebody relies on it.
//! `strace` records its calls, or makes some of them fail ([`traced`]). Afterwards [`probe`] opens the cache as the app
//! does, asks which writes it has, writes to it, and lets SQLite check the file.
//!
//! **An image** is a state in which a power cut may leave the disk. The calls of a recorded child ([`log`]) are applied to a
//! model of a disk ([`disk`]) up to the cut. What is there for sure is what was synced: the content that a file had when
//! `fsync` of it returned, and the names that a folder had when `fsync` of the folder returned. Of everything since, each
//! write is there, or not, or torn: some of its sectors are there. Each change of a length, and each name that was made or
//! taken away, is there or not.
//!
//! **What is assumed of a disk:**
//! - When `fsync` has returned, what it is for has arrived. A disk that lies about that loses data, as the control shows.
//! - A sector of 512 bytes is written wholly or not at all, and bytes beside a write stay what they were: SQLite calls that
//!   "powersafe overwrite". Writes are torn at sectors only.
//! - What was not synced arrives in any order or not at all: also what no journalling file system would do, such as a
//!   later name without an earlier one, or a later write without the cut of the file before it.
//! - A hole reads as zeros. Torn sectors hold the old or the new, never something else.
//! - The cache's own folder is there: whoever makes it has to sync the folder above.
//! - The index of the log (`-shm`) is shared memory. No image has it, and SQLite makes it anew.
//!
//! **Kills** ([`kills`]) need no model: what the program had written, the system has. They hit before a call does anything,
//! which is also just after the one before it. **Failing calls** ([`faults`]) do nothing and say so. **Changed bytes**
//! ([`tamper`]) need no child.
//!
//! Everything follows from a seed, but for what the system calls chance: keys' salts and the IVs of pages. A finding names
//! its seed. Without `strace`, or where it may not trace, the tests fail: skipped, they would prove nothing.

pub mod child;
pub mod disk;
pub mod edits;
pub mod faults;
pub mod kills;
pub mod log;
pub mod mixed;
pub mod power_cut;
pub mod probe;
pub mod questions;
pub mod tally;
pub mod tamper;
pub mod traced;
pub mod workload;

use std::ops::Range;
use std::thread;

use clap::ValueEnum;

use crate::child::Kind;

/// Does `count` numbered things, on as many threads as the computer has processors.
///
/// # Errors
/// The first of the threads' own.
pub(crate) fn in_parallel<T: Send>(
    count: u64,
    act: impl Fn(Range<u64>) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<Vec<T>> {
    let threads = thread::available_parallelism().map_or(1, |count| count.get() as u64).min(count.max(1));
    let act = &act;
    thread::scope(|scope| {
        let running: Vec<_> =
            (0..threads).map(|n| scope.spawn(move || act(count * n / threads..count * (n + 1) / threads))).collect();
        running.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
    })
}

/// Runs of a campaign that have to do with children of one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) kind: Kind,
    pub(crate) seed: u64,
    pub(crate) runs: u64,
}

/// Splits `runs` into shares of `most` at most: the kinds of writes take turns, and each share has a seed of its own.
pub(crate) fn shares(seed: u64, runs: u64, most: u64) -> Vec<Share> {
    let kinds = Kind::value_variants();
    let most = most.min(runs.div_ceil(kinds.len() as u64)).max(1);
    let share = |(n, kind): (u64, &Kind)| Share { kind: *kind, seed: seed + n, runs: most.min(runs - n * most) };
    (0..runs.div_ceil(most)).zip(kinds.iter().cycle()).map(share).collect()
}

/// `count` of the calls, as far from each other as can be; where there are fewer, some more than once.
pub(crate) fn spread(calls: &[log::Call], count: u64) -> Vec<log::Call> {
    (0..count).map(|n| calls[(n * calls.len() as u64 / count) as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_all_of_the_runs_and_have_each_kind_of_writes() {
        for (runs, most) in [(1, 500), (500, 500), (501, 500), (20_000, 1_000), (0, 10)] {
            let shares = shares(7, runs, most);
            assert_eq!(shares.iter().map(|share| share.runs).sum::<u64>(), runs);
            assert!(shares.iter().all(|share| (1..=most).contains(&share.runs)));
            let kinds = Kind::value_variants().iter();
            assert!(runs < 500 || kinds.clone().all(|kind| shares.iter().any(|share| share.kind == *kind)));
        }
    }
}
