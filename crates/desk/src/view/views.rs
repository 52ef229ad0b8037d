//! Saved views of the lead list, kept in the cache of this device.

use serde::{Deserialize, Serialize};
use store::read::LeadQuery;
use ts_rs::TS;
use uuid::Uuid;

/// A named query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SavedView {
    #[ts(type = "string")]
    pub id: Uuid,
    pub name: String,
    pub query: LeadQuery,
}
