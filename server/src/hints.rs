//! Who tells whom that something happened: from a committed write to the streams that wait for it.
//!
//! A hint carries no data. Losing one costs time, not correctness: the change feed is the truth.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::{DeviceId, StudioId};
use futures_util::future::{BoxFuture, ready};
use tokio::sync::broadcast;

/// Hints a slow listener may be behind before it is told only that it missed some.
const CAPACITY: usize = 64;

/// Something happened at a studio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hint {
    /// There is something to pull.
    Changed,
    /// A device's session is over.
    SessionEnded(DeviceId),
}

/// Carries hints. One server needs only itself ([`LocalHints`]); several ask their database to.
pub trait Hints: Send + Sync + 'static {
    /// Tells everyone who listens at the studio.
    fn announce(&self, studio_id: StudioId, hint: Hint);
    /// Listens at the studio from now on.
    fn listen(&self, studio_id: StudioId) -> broadcast::Receiver<Hint>;
    /// The studios at which somebody listens.
    fn list_listened(&self) -> Vec<StudioId>;
    /// Waits until everyone was told, within reason.
    fn settled(&self) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
}

/// Hints within this process.
#[derive(Default)]
pub struct LocalHints {
    studios: Mutex<HashMap<StudioId, broadcast::Sender<Hint>>>,
}

impl LocalHints {
    /// Tells everyone who listens, at whichever studio.
    pub(crate) fn announce_to_all(&self, hint: Hint) {
        let mut studios = self.studios.lock().unwrap_or_else(PoisonError::into_inner);
        studios.retain(|_, listeners| listeners.send(hint).is_ok());
    }
}

impl Hints for LocalHints {
    fn announce(&self, studio_id: StudioId, hint: Hint) {
        let mut studios = self.studios.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody listens any more: forget the studio, so that the map holds only those with listeners.
        if studios.get(&studio_id).is_some_and(|sender| sender.send(hint).is_err()) {
            studios.remove(&studio_id);
        }
    }

    fn listen(&self, studio_id: StudioId) -> broadcast::Receiver<Hint> {
        let mut studios = self.studios.lock().unwrap_or_else(PoisonError::into_inner);
        studios.entry(studio_id).or_insert_with(|| broadcast::Sender::new(CAPACITY)).subscribe()
    }

    fn list_listened(&self) -> Vec<StudioId> {
        let mut studios = self.studios.lock().unwrap_or_else(PoisonError::into_inner);
        studios.retain(|_, sender| sender.receiver_count() > 0);
        studios.keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listeners_of_the_studio_hear() {
        let hints = LocalHints::default();
        let [here, there] = [1, 2].map(|n| StudioId::from_uuid(uuid::Uuid::from_u128(n)));
        let (mut listener, mut stranger) = (hints.listen(here), hints.listen(there));
        hints.announce(here, Hint::Changed);
        assert_eq!(listener.try_recv(), Ok(Hint::Changed));
        assert!(stranger.try_recv().is_err());
    }

    #[test]
    fn a_studio_without_listeners_is_forgotten() {
        let hints = LocalHints::default();
        let studio = StudioId::from_uuid(uuid::Uuid::from_u128(1));
        let listener = hints.listen(studio);
        assert_eq!(hints.list_listened(), [studio]);
        drop(listener);
        hints.announce(studio, Hint::Changed);
        assert!(hints.studios.lock().expect("lock").is_empty());
        drop(hints.listen(studio));
        assert_eq!(hints.list_listened(), []);
        assert!(hints.studios.lock().expect("lock").is_empty());
    }
}
