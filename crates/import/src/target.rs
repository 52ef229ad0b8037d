//! What a column of a file may become.

use domain::CustomFieldId;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What becomes of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ImportTarget {
    /// It is left out.
    Ignore,
    Name,
    /// Joined with the last name, where there is no whole one.
    FirstName,
    LastName,
    Email,
    Phone,
    /// By the name of a stage.
    Stage,
    /// By a member's name or address.
    Owner,
    Tags,
    Notes,
    Value,
    /// Nothing is kept of it: a value of another currency than the studio's is refused.
    Currency,
    /// Of our own export. Nothing is kept of it: who is archived or deleted there is refused.
    State,
    /// Nothing is kept of it: who said stop is refused.
    OptOut,
    Campaign,
    ReferredBy,
    Form,
    Ad,
    UtmSource,
    UtmMedium,
    UtmCampaign,
    UtmContent,
    UtmTerm,
    Gclid,
    Fbclid,
    CtwaClid,
    /// One of the studio's own fields.
    Custom(CustomFieldId),
}
