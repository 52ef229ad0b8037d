//! Floor 2: the encrypted local cache.

pub mod read;
