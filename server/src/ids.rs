//! New identifiers, by the server's clock.

use domain::UnixMs;
use uuid::{NoContext, Timestamp, Uuid};

/// A UUID version 7 of the moment `now`.
pub(crate) fn new_uuid(now: UnixMs) -> Uuid {
    let ms = u64::try_from(now.0).unwrap_or_default();
    let nanos = u32::try_from(ms % 1000).expect("less than a thousand") * 1_000_000;
    Uuid::new_v7(Timestamp::from_unix(NoContext, ms / 1000, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_clock_that_is_given() {
        let (early, late) = (new_uuid(UnixMs(1_700_000_000_001)), new_uuid(UnixMs(1_700_000_000_002)));
        assert!(early < late);
        assert_eq!(early.get_version_num(), 7);
        assert_ne!(new_uuid(UnixMs(5)), new_uuid(UnixMs(5)));
    }
}
