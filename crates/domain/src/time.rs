//! Time as data: the domain never asks what time it is.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// Milliseconds since 1970-01-01T00:00:00Z. May be before it: imported history is whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, TS, ToSchema)]
#[serde(transparent)]
#[ts(export, type = "number")]
#[schema(minimum = -9007199254740991_i64, maximum = 9007199254740991_i64)]
pub struct UnixMs(pub i64);

impl UnixMs {
    /// The later time by `ms` milliseconds; stays at the end of the range instead of wrapping.
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to `self`; negative when `earlier` is the later one.
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}
