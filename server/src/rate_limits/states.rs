//! What is kept of everybody who is counted, in bounded memory.
//!
//! A state is the time from which on its subject is like one never seen; so forgetting it then changes nothing, and
//! none is forgotten before. When there is no room for one more, newcomers are counted together with others, by chance
//! in one of [`CROWDS`] crowds: a flood of new addresses makes it narrow for new addresses, and resets nobody.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock;
use governor::nanos::Nanos;
use governor::state::StateStore;

use super::subject::Subject;
use crate::clock::Clock;

/// Newcomers without a place of their own are counted in so many groups.
const CROWDS: usize = 256;
/// States that are over are looked for so often at most: all have to be walked.
const SWEEP_WHEN_FULL: Duration = Duration::from_secs(1);
/// And so often in any case, so that memory comes back after a flood.
const SWEEP: Duration = Duration::from_secs(60);

/// Time since the limits were set up; never goes back.
#[derive(Clone)]
pub(super) struct SteadyClock {
    clock: Arc<dyn Clock>,
    start: Duration,
}

impl SteadyClock {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let start = clock.steady();
        Self { clock, start }
    }
}

impl clock::Clock for SteadyClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.clock.steady().saturating_sub(self.start)
    }
}

/// The states under one limit. A clone shares them.
#[derive(Clone)]
pub(super) struct States(Arc<Inner>);

struct Inner {
    clock: SteadyClock,
    /// Draws a newcomer's crowd.
    hasher: RandomState,
    /// Subjects with a state of their own, at most.
    max: usize,
    kept: Mutex<Kept>,
}

struct Kept {
    own: HashMap<Subject, Duration>,
    crowds: Box<[Duration]>,
    swept_at: Duration,
}

impl States {
    pub(super) fn new(clock: SteadyClock, max: usize) -> Self {
        let swept_at = clock::Clock::now(&clock);
        let crowds = vec![Duration::ZERO; CROWDS].into_boxed_slice();
        let kept = Mutex::new(Kept { own: HashMap::new(), crowds, swept_at });
        Self(Arc::new(Inner { clock, hasher: RandomState::new(), max, kept }))
    }

    /// How many there are, and for how many there is memory.
    #[cfg(test)]
    pub(super) fn len_and_capacity(&self) -> (usize, usize) {
        let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.own.len(), kept.own.capacity())
    }
}

impl Inner {
    fn crowd_of(&self, subject: &Subject) -> usize {
        usize::try_from(self.hasher.hash_one(subject) % CROWDS as u64).expect("below the number of crowds")
    }
}

impl Kept {
    /// Forgets who is like never seen.
    fn sweep(&mut self, now: Duration) {
        self.swept_at = now;
        self.own.retain(|_, over_at| *over_at > now);
        if self.own.capacity() > 4 * self.own.len().max(CROWDS) {
            self.own.shrink_to(2 * self.own.len());
        }
    }
}

impl StateStore for States {
    type Key = Subject;

    fn measure_and_replace<T, F, E>(&self, subject: &Subject, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let this = &*self.0;
        let now = clock::Clock::now(&this.clock);
        let mut kept = this.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = kept.own.len() >= this.max;
        if now.saturating_sub(kept.swept_at) >= if is_full { SWEEP_WHEN_FULL } else { SWEEP } {
            kept.sweep(now);
        }
        if let Some(over_at) = kept.own.get_mut(subject) {
            let (outcome, next) = measure(Some(Nanos::from(*over_at)))?;
            *over_at = next.into();
            return Ok(outcome);
        }
        let crowd = this.crowd_of(subject);
        // Who was counted in a crowd does not begin anew only because there is room by now.
        let before = Some(kept.crowds[crowd]).filter(|over_at| *over_at > now).map(Nanos::from);
        let (outcome, next) = measure(before)?;
        if kept.own.len() < this.max {
            kept.own.insert(*subject, next.into());
        } else {
            kept.crowds[crowd] = next.into();
        }
        Ok(outcome)
    }
}
