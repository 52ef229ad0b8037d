//! Who tells whom that something happened: from a committed write to the streams that wait for it.
//!
//! A hint carries no data of the studio's. Losing one costs time, not correctness: the change feed is the truth, and who looks
//! at a lead says so again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use domain::{DeviceId, StudioId};
use futures_util::future::{BoxFuture, ready};
use tokio::sync::broadcast;

use crate::presence::{Board, Look, Lookers};

/// Hints a slow listener may be behind before it is told only that it missed some.
const CAPACITY: usize = 64;

/// Something happened at a studio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hint {
    /// There is something to pull.
    Changed,
    /// A device's session is over.
    SessionEnded(DeviceId),
    /// A device is at a lead, or at none any more.
    Looking(Look),
}

/// Carries hints. One server needs only itself ([`LocalHints`]); several ask their database to.
pub trait Hints: Send + Sync + 'static {
    /// Tells everyone who listens at the studio.
    fn announce(&self, studio_id: StudioId, hint: Hint);
    /// Listens at the studio from now on.
    fn listen(&self, studio_id: StudioId) -> broadcast::Receiver<Hint>;
    /// Who looks at which lead of the studio, as far as somebody listens there; and when the first of it is over.
    fn lookers(&self, studio_id: StudioId) -> (Lookers, Option<Instant>);
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
    studios: Mutex<HashMap<StudioId, Listened>>,
}

/// A studio at which somebody listens.
struct Listened {
    listeners: broadcast::Sender<Hint>,
    board: Board,
}

impl Listened {
    /// Tells the listeners, of what is none for them to nobody; says whether there are any.
    fn tell(&mut self, hint: Hint) -> bool {
        let is_news = match hint {
            Hint::Looking(look) => self.board.put(look, Instant::now()),
            Hint::SessionEnded(device_id) => {
                self.board.remove(device_id);
                true
            }
            Hint::Changed => true,
        };
        if is_news { self.listeners.send(hint).is_ok() } else { self.listeners.receiver_count() > 0 }
    }
}

impl LocalHints {
    /// Tells everyone who listens, at whichever studio.
    pub(crate) fn announce_to_all(&self, hint: Hint) {
        let mut studios = self.studios.lock().unwrap_or_else(PoisonError::into_inner);
        studios.retain(|_, listened| listened.tell(hint));
    }
}

impl Hints for LocalHints {
    fn announce(&self, studio_id: StudioId, hint: Hint) {
        let mut studios = self.studios.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody listens any more: forget the studio, so that the map holds only those with listeners.
        if studios.get_mut(&studio_id).is_some_and(|listened| !listened.tell(hint)) {
            studios.remove(&studio_id);
        }
    }

    fn listen(&self, studio_id: StudioId) -> broadcast::Receiver<Hint> {
        let mut studios = self.studios.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || Listened { listeners: broadcast::Sender::new(CAPACITY), board: Board::default() };
        studios.entry(studio_id).or_insert_with(made).listeners.subscribe()
    }

    fn lookers(&self, studio_id: StudioId) -> (Lookers, Option<Instant>) {
        let mut studios = self.studios.lock().unwrap_or_else(PoisonError::into_inner);
        studios.get_mut(&studio_id).map(|listened| listened.board.lookers(Instant::now())).unwrap_or_default()
    }

    fn list_listened(&self) -> Vec<StudioId> {
        let mut studios = self.studios.lock().unwrap_or_else(PoisonError::into_inner);
        studios.retain(|_, listened| listened.listeners.receiver_count() > 0);
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
    fn where_somebody_is_is_told_once_and_ends_with_their_session() {
        let hints = LocalHints::default();
        let studio = StudioId::from_uuid(uuid::Uuid::from_u128(1));
        let mut listener = hints.listen(studio);
        let [device_id, member_id, lead_id] = [2, 3, 4].map(uuid::Uuid::from_u128);
        let (device_id, lead_id) = (DeviceId::from_uuid(device_id), domain::LeadId::from_uuid(lead_id));
        let look = Look { device_id, member_id: domain::MemberId::from_uuid(member_id), lead_id: Some(lead_id) };
        hints.announce(studio, Hint::Looking(look));
        hints.announce(studio, Hint::Looking(look));
        assert_eq!(listener.try_recv(), Ok(Hint::Looking(look)));
        assert!(listener.try_recv().is_err(), "what is only said again wakes nobody");
        assert!(hints.lookers(studio).0[&lead_id].contains(&look.member_id));
        hints.announce(studio, Hint::SessionEnded(device_id));
        assert!(hints.lookers(studio).0.is_empty());
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
