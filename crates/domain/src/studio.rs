//! The tenant and the people who work there (A1).

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{MemberId, Role, StudioId};

/// A studio as its members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Studio {
    pub id: StudioId,
    pub name: String,
    /// `#rrggbb`; the only accent of the user interface.
    pub brand_colour: String,
    /// IANA name, such as `Europe/Lisbon`.
    pub time_zone: String,
    /// ISO 4217 code in which values of leads are counted.
    pub currency: String,
}

/// A member of a studio as colleagues see them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Member {
    pub id: MemberId,
    pub name: String,
    pub email: String,
    pub role: Role,
}

/// Written by hand: a member's name and address never reach a log.
impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Member").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}
