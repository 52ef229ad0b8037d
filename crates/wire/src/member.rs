//! Members of the studio, for who manages them (`manage_members`).
//!
//! `GET /v1/members` → [`MemberList`] · `PATCH /v1/members/{member_id}` with a [`ChangeRole`] → [`Member`] ·
//! `DELETE /v1/members/{member_id}` → 204: their sessions are over, their leads come into the unassigned pool, their
//! name stays in the history of leads.
//!
//! What a role may do to whom is in [`domain::check_change_role`] and its kin; `forbidden` and `last_owner` say no.

use domain::{Member, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Everyone who is a member now, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberList {
    pub members: Vec<Member>,
}

/// The role a member is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRole {
    pub role: Role,
}
