//! What a workload is, and how one tells from a cache that was hit which of its writes are there.

use std::collections::BTreeMap;

use store::{Cache, StoreError};

/// Something in the cache that writes fill, overwrite and empty: a kind, and its number among its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub &'static str, pub u64);

/// Numbered writes, the same whenever they are made of the same seed, and told apart afterwards by their numbers.
pub trait Workload: Sync {
    /// How many writes there are.
    fn writes(&self) -> u64;

    /// Whether the cache is closed and opened again before write number `k`.
    fn reopens_before(&self, k: u64) -> bool;

    /// Does write number `k`. Once this returns, it is acknowledged: somebody was told that it is kept.
    ///
    /// # Errors
    /// What the cache says.
    fn write(&self, cache: &Cache, k: u64) -> Result<(), StoreError>;

    /// What each place that write number `k` touches shows when it is done: the number of a write, or nothing.
    fn leaves(&self, k: u64) -> Vec<(Place, Option<u64>)>;

    /// What each place of the cache shows. Places that show nothing are left out.
    ///
    /// # Errors
    /// What the cache says.
    fn read(&self, cache: &Cache) -> Result<BTreeMap<Place, u64>, StoreError>;
}

/// How a write ended for whoever asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Acknowledged,
    /// They were told that it failed: it may be there, wholly, or not.
    Refused,
}

/// What is wrong with a cache, against what was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Acknowledged and not there, at this place.
    Lost(u64, Place),
    /// Not acknowledged, and there in part only.
    Half(u64),
    /// A place shows what nobody wrote there, or what was overwritten before.
    Strange(Place),
}

/// Holds what a cache shows against the answers to the first writes. The write after those may have been under way.
pub fn judge(workload: &dyn Workload, answers: &[Answer], seen: &BTreeMap<Place, u64>) -> Vec<Wrong> {
    let begun = (answers.len() as u64 + 1).min(workload.writes());
    let is_acknowledged = |k: u64| answers.get(k as usize) == Some(&Answer::Acknowledged);
    let mut history: BTreeMap<Place, Vec<(u64, Option<u64>)>> = BTreeMap::new();
    for k in 0..begun {
        for (place, left) in workload.leaves(k) {
            history.entry(place).or_default().push((k, left));
        }
    }
    let mut wrong: Vec<_> =
        seen.keys().filter(|place| !history.contains_key(place)).map(|p| Wrong::Strange(*p)).collect();
    // Of each write that was not acknowledged: whether the places that can tell have it.
    let mut halves: BTreeMap<u64, Vec<bool>> = BTreeMap::new();
    for (place, writes) in &history {
        let shown = seen.get(place).copied();
        let settled = writes.iter().rposition(|(k, _)| is_acknowledged(*k));
        let before = settled.and_then(|at| writes[at].1);
        let open = &writes[settled.map_or(0, |at| at + 1)..];
        if shown != before && !open.iter().any(|(_, left)| *left == shown) {
            wrong.push(match settled {
                Some(at) => Wrong::Lost(writes[at].0, *place),
                None => Wrong::Strange(*place),
            });
        }
        if let [(k, left)] = open
            && *left != before
        {
            halves.entry(*k).or_default().push(*left == shown);
        }
    }
    wrong.extend(
        halves
            .iter()
            .filter(|(_, there)| there.contains(&true) && there.contains(&false))
            .map(|(k, _)| Wrong::Half(*k)),
    );
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Write `k` fills place `k` of `a` and place 0 of `b`; write 3 empties place 1 of `a`.
    struct Small;

    impl Workload for Small {
        fn writes(&self) -> u64 {
            5
        }
        fn reopens_before(&self, _: u64) -> bool {
            false
        }
        fn write(&self, _: &Cache, _: u64) -> Result<(), StoreError> {
            Ok(())
        }
        fn leaves(&self, k: u64) -> Vec<(Place, Option<u64>)> {
            if k == 3 { vec![(Place("a", 1), None)] } else { vec![(Place("a", k), Some(k)), (Place("b", 0), Some(k))] }
        }
        fn read(&self, _: &Cache) -> Result<BTreeMap<Place, u64>, StoreError> {
            Ok(BTreeMap::new())
        }
    }

    fn shows(places: &[(&'static str, u64, u64)]) -> BTreeMap<Place, u64> {
        places.iter().map(|(kind, n, k)| (Place(kind, *n), *k)).collect()
    }

    const DONE: Answer = Answer::Acknowledged;

    #[test]
    fn what_was_acknowledged_has_to_be_there_and_what_was_under_way_may_be() {
        let after_two = [("a", 0, 0), ("a", 1, 1), ("b", 0, 1)];
        assert_eq!(judge(&Small, &[DONE, DONE], &shows(&after_two)), []);
        let with_the_third = [("a", 0, 0), ("a", 1, 1), ("a", 2, 2), ("b", 0, 2)];
        assert_eq!(judge(&Small, &[DONE, DONE], &shows(&with_the_third)), []);
        assert_eq!(judge(&Small, &[DONE, DONE, Answer::Refused, DONE], &shows(&[("a", 0, 0), ("b", 0, 1)])), []);
    }

    #[test]
    fn each_fault_is_found() {
        let lost = judge(&Small, &[DONE, DONE], &shows(&[("a", 0, 0), ("b", 0, 0)]));
        assert_eq!(lost, [Wrong::Lost(1, Place("a", 1)), Wrong::Lost(1, Place("b", 0))]);
        let half = judge(&Small, &[DONE, DONE], &shows(&[("a", 0, 0), ("a", 1, 1), ("b", 0, 2)]));
        assert_eq!(half, [Wrong::Half(2)]);
        let back =
            judge(&Small, &[DONE, DONE, DONE, DONE], &shows(&[("a", 0, 0), ("a", 1, 1), ("a", 2, 2), ("b", 0, 2)]));
        assert_eq!(back, [Wrong::Lost(3, Place("a", 1))]);
        let unheard = judge(&Small, &[DONE], &shows(&[("a", 0, 0), ("a", 4, 4), ("b", 0, 0)]));
        assert_eq!(unheard, [Wrong::Strange(Place("a", 4))]);
        assert_eq!(
            judge(&Small, &[], &shows(&[("a", 0, 0), ("b", 0, 3)])),
            [Wrong::Strange(Place("b", 0)), Wrong::Half(0)]
        );
    }
}
