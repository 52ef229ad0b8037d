//! The lease that the server grants whenever it is reached, kept in the cache.

use domain::Lease;
use store::{Cache, StoreError};

/// Setting of the cache.
const SETTING: &str = "lease";

/// What the server granted last; nothing before the first time.
///
/// # Errors
/// The cache can't be read.
pub fn find_lease(cache: &Cache) -> Result<Option<Lease>, StoreError> {
    let kept = cache.find_setting(SETTING)?;
    kept.map(|json| serde_json::from_str(&json).map_err(|_| StoreError::Damaged)).transpose()
}

/// Keeps it in place of the one before.
///
/// # Errors
/// The cache can't be written.
pub fn keep_lease(cache: &Cache, lease: Lease) -> Result<(), StoreError> {
    cache.set_setting(SETTING, &serde_json::to_string(&lease).expect("a lease is made of numbers"))
}
