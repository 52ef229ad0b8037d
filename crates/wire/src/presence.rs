//! Who looks at which lead right now: `PUT /v1/presence` with a [`PutPresence`] → 204.
//!
//! A client says it again every [`RENEW_EVERY_MS`] for as long as it holds; what nobody has said for [`FORGOTTEN_AFTER_MS`] is
//! over. It is never kept, and no part of the change feed: `GET /v1/sync/events` sends an event named `presence` with a
//! [`Presence`] as its data whenever the colleagues on a lead in the member's sight are others than they were.

use domain::{LeadId, MemberId};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// How often a client says where it is, in ms.
pub const RENEW_EVERY_MS: u64 = 20_000;
/// What was not said again for so long, in ms, is over.
pub const FORGOTTEN_AFTER_MS: u64 = 45_000;

/// Where the member is, on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutPresence {
    /// On no lead's page: `null`.
    #[serde(deserialize_with = "given")]
    #[schema(required)]
    pub lead_id: Option<LeadId>,
}

/// It has to be said: without this, one that is missing would read as `null`.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<LeadId>, D::Error> {
    Option::deserialize(deserializer)
}

/// Which colleagues are on a lead's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Presence {
    pub lead_id: LeadId,
    /// Never the member themselves; empty when the last one has left.
    pub member_ids: Vec<MemberId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_nobody_is_anywhere_has_to_be_said() {
        assert_eq!(
            serde_json::from_str::<PutPresence>(r#"{"lead_id":null}"#).ok(),
            Some(PutPresence { lead_id: None })
        );
        assert!(serde_json::from_str::<PutPresence>("{}").is_err());
    }
}
