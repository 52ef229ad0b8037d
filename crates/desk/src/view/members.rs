//! Members and invitations, with what the person in front may do about each.

use domain::{Member, Role};
use serde::Serialize;
use ts_rs::TS;
use wire::invitation::Invitation;

/// Who is a member, and who is invited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct MembersView {
    /// By name.
    pub members: Vec<ManagedMember>,
    /// The newest first.
    pub invitations: Vec<PendingInvitation>,
    /// The roles one may invite to.
    pub invitable: Vec<Role>,
    /// Whether the server can send mail: without, nobody can be invited.
    pub sends_mail: bool,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ManagedMember {
    pub member: Member,
    /// Whether it is oneself.
    pub is_self: bool,
    /// Whether the studio has no other owner, so that they stay one.
    pub is_last_owner: bool,
    /// The roles one may give them, with the one they have; none where they are out of one's reach.
    pub roles: Vec<Role>,
    pub may_remove: bool,
}

/// An invitation that nobody has accepted or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PendingInvitation {
    pub invitation: Invitation,
    /// Whether one may send it again or withdraw it.
    pub may_manage: bool,
}
