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
    /// Empty for a former member: only the name is still needed.
    pub email: String,
    /// The last one they had, for a former member.
    pub role: Role,
    /// Whether they were a member and are none any more. The history of leads goes on naming them.
    #[serde(default)]
    pub is_former: bool,
}

/// Written by hand: a member's name and address never reach a log.
impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Member").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}
