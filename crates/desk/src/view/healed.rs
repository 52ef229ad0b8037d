//! The cache was not as it was left.

use domain::UnixMs;
use serde::{Deserialize, Serialize};
use store::{Cache, StoreError};
use ts_rs::TS;

/// Setting of the cache in which it is kept until somebody has taken note.
const SETTING: &str = "healed";

/// What was found, and what it cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Healed {
    /// When, by this computer's clock.
    pub at: UnixMs,
    pub by: HealedBy,
    /// Acts of this device that are not here: lost, where they were not sent before.
    #[ts(type = "number")]
    pub missing: u64,
}

/// How the cache was made good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum HealedBy {
    /// It was an older copy of itself: what it lacks is pulled.
    CatchingUp,
    /// Its files were not all of one time: it was made anew, with the acts that had not been sent, and all is pulled again.
    Rebuilding,
}

impl Healed {
    pub(crate) fn keep(self, cache: &Cache) -> Result<(), StoreError> {
        let json = serde_json::to_string(&self).expect("it is made of numbers and names");
        cache.set_setting(SETTING, &json)
    }

    pub(crate) fn find(cache: &Cache) -> Result<Option<Self>, StoreError> {
        Ok(cache.find_setting(SETTING)?.and_then(|json| serde_json::from_str(&json).ok()))
    }

    pub(crate) fn forget(cache: &Cache) -> Result<(), StoreError> {
        cache.set_setting(SETTING, "")
    }
}
