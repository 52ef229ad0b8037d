//! Values that cross the crate's boundary and are neither screens' questions nor the sync engine's pages.

use domain::{Channel, DeviceId, Lead, LeadId, MemberId, StudioId};
use uuid::Uuid;

use crate::read::LeadQuery;

/// Whose cache it is; stored inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheIdentity {
    pub studio_id: StudioId,
    pub member_id: MemberId,
    pub device_id: DeviceId,
}

/// Which leads to go through.
#[derive(Debug, Clone, Copy)]
pub enum LeadScope<'a> {
    /// All that are not deleted, in the order of the cache.
    All,
    /// Those of a view, in its order.
    View(&'a LeadQuery),
    /// These, in this order; those that are gone are left out.
    Selection(&'a [LeadId]),
}

/// A lead with what a file shows beside it.
#[derive(Debug, Clone)]
pub struct ExportLead {
    pub lead: Lead,
    /// Name of its stage; empty while the stage is not known.
    pub stage: String,
    /// Name of its owner.
    pub owner: Option<String>,
    pub message_count: u64,
    /// Channels it has conversations on, without repetition.
    pub channels: Vec<Channel>,
}

/// A named query, kept on this device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredView {
    pub id: Uuid,
    pub name: String,
    pub query: LeadQuery,
}
