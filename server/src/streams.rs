//! How many streams a device reads at a time.
//!
//! Each holds memory for as long as its client likes, so there is a bound. The newest wins: a client that comes back
//! after a cut must not be kept out by streams of which the server has yet to notice that nobody reads them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use domain::DeviceId;
use tokio_util::sync::CancellationToken;

/// Streams of one kind that a device may read at a time.
const STREAMS_A_DEVICE: usize = 4;

/// What is streamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum StreamKind {
    Changes,
    Hints,
}

type Reader = (DeviceId, StreamKind);

/// The streams that are being read.
#[derive(Clone, Default)]
pub(crate) struct Streams {
    /// The oldest of each reader first.
    open: Arc<Mutex<HashMap<Reader, VecDeque<CancellationToken>>>>,
    /// Ends all of them.
    closing: CancellationToken,
}

/// A stream's place among those of its device; dropping it gives it up.
pub(crate) struct StreamPlace {
    streams: Streams,
    reader: Reader,
    ended: CancellationToken,
}

impl Streams {
    /// None yet; all of them will end with `closing`.
    pub(crate) fn new(closing: CancellationToken) -> Self {
        Self { open: Arc::default(), closing }
    }

    /// A place for one more, at the cost of the oldest when there are too many.
    pub(crate) fn enter(&self, device_id: DeviceId, kind: StreamKind) -> StreamPlace {
        let (reader, ended) = ((device_id, kind), self.closing.child_token());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let places = open.entry(reader).or_default();
        if places.len() >= STREAMS_A_DEVICE
            && let Some(oldest) = places.pop_front()
        {
            oldest.cancel();
        }
        places.push_back(ended.clone());
        drop(open);
        StreamPlace { streams: self.clone(), reader, ended }
    }
}

impl StreamPlace {
    /// Cancelled when the stream has to end.
    pub(crate) const fn ended(&self) -> &CancellationToken {
        &self.ended
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        // So that what is cancelled tells which it is: one that was the oldest has gone from the list already.
        self.ended.cancel();
        let mut open = self.streams.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = open.get_mut(&self.reader) {
            places.retain(|place| !place.is_cancelled());
            if places.is_empty() {
                open.remove(&self.reader);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_were_given_up_are_forgotten() {
        let streams = Streams::default();
        let device = DeviceId::from_uuid(uuid::Uuid::from_u128(1));
        let places: Vec<_> = (0..=STREAMS_A_DEVICE).map(|_| streams.enter(device, StreamKind::Hints)).collect();
        let ended: Vec<_> = places.iter().map(|place| place.ended().is_cancelled()).collect();
        assert_eq!(ended, [true, false, false, false, false]);
        let other = streams.enter(device, StreamKind::Changes);
        drop(places);
        assert_eq!(streams.open.lock().expect("lock").len(), 1);
        drop(other);
        assert!(streams.open.lock().expect("lock").is_empty());
    }

    #[test]
    fn all_end_when_the_server_does() {
        let closing = CancellationToken::new();
        let streams = Streams::new(closing.clone());
        let place = streams.enter(DeviceId::from_uuid(uuid::Uuid::from_u128(1)), StreamKind::Changes);
        assert!(!place.ended().is_cancelled());
        closing.cancel();
        assert!(place.ended().is_cancelled());
    }
}
