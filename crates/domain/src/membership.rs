//! Who may do what with whom among the members of a studio (A2): inviting, changing a role, removing.
//!
//! Decided from roles alone. Whoever asks has locked the studio's members before reading them, so that what is decided
//! here is still true when it is done.

use crate::{Permission, Role};

/// Why an act on a member is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MemberRefusal {
    /// This role does not manage members.
    #[error("this role does not manage members")]
    NotAllowed,
    /// Only an owner makes somebody an owner, changes an owner's role or removes one.
    #[error("only an owner may do this to an owner")]
    OwnersOnly,
    /// Nobody gives themselves more rights.
    #[error("nobody raises their own role")]
    OwnRole,
    /// A studio keeps somebody who answers for it.
    #[error("the studio's last owner stays one")]
    LastOwner,
}

/// The member an act is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    pub role: Role,
    /// Whether it is the one who acts.
    pub is_self: bool,
    /// Whether the studio has no other owner.
    pub is_last_owner: bool,
}

impl Role {
    /// Whether `self` is above `other` among the members. An owner is above an admin, who else may all that an owner
    /// may: the one who answers for the studio can't be put out by the one who runs its technical side.
    const fn is_above(self, other: Self) -> bool {
        const fn height(role: Role) -> u8 {
            match role {
                Role::Owner => 3,
                Role::Admin => 2,
                Role::Manager => 1,
                Role::Sales => 0,
            }
        }
        height(self) > height(other)
    }
}

/// Whether a member in the role `actor` may invite somebody as `role`.
///
/// # Errors
/// [`MemberRefusal::NotAllowed`], [`MemberRefusal::OwnersOnly`].
pub const fn check_invite(actor: Role, role: Role) -> Result<(), MemberRefusal> {
    if !actor.allows(Permission::ManageMembers) {
        return Err(MemberRefusal::NotAllowed);
    }
    match (actor, role) {
        (Role::Owner, _) | (_, Role::Admin | Role::Manager | Role::Sales) => Ok(()),
        (_, Role::Owner) => Err(MemberRefusal::OwnersOnly),
    }
}

/// Whether a member in the role `actor` may give `subject` the role `to`. The same role again is no change, and is
/// allowed to whoever may give it.
///
/// # Errors
/// [`MemberRefusal`].
pub const fn check_change_role(actor: Role, subject: Subject, to: Role) -> Result<(), MemberRefusal> {
    if let Err(refusal) = check_touch(actor, subject) {
        return Err(refusal);
    }
    if subject.is_self && to.is_above(subject.role) {
        return Err(MemberRefusal::OwnRole);
    }
    if let Err(refusal) = check_invite(actor, to) {
        return Err(refusal);
    }
    match (subject.is_last_owner, to) {
        (true, Role::Admin | Role::Manager | Role::Sales) => Err(MemberRefusal::LastOwner),
        (true, Role::Owner) | (false, _) => Ok(()),
    }
}

/// Whether a member in the role `actor` may remove `subject`. One may remove oneself.
///
/// # Errors
/// [`MemberRefusal`].
pub const fn check_remove(actor: Role, subject: Subject) -> Result<(), MemberRefusal> {
    if let Err(refusal) = check_touch(actor, subject) {
        return Err(refusal);
    }
    if subject.is_last_owner { Err(MemberRefusal::LastOwner) } else { Ok(()) }
}

/// Whether a member in the role `actor` may do anything to `subject` at all.
const fn check_touch(actor: Role, subject: Subject) -> Result<(), MemberRefusal> {
    if !actor.allows(Permission::ManageMembers) {
        return Err(MemberRefusal::NotAllowed);
    }
    match (actor, subject.role) {
        (Role::Owner, _) | (_, Role::Admin | Role::Manager | Role::Sales) => Ok(()),
        (_, Role::Owner) => Err(MemberRefusal::OwnersOnly),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use MemberRefusal::{LastOwner, NotAllowed, OwnRole, OwnersOnly};
    use Role::{Admin, Manager, Owner, Sales};

    const OK: Result<(), MemberRefusal> = Ok(());

    const fn other(role: Role) -> Subject {
        Subject { role, is_self: false, is_last_owner: false }
    }

    const fn oneself(role: Role) -> Subject {
        Subject { is_self: true, ..other(role) }
    }

    /// Of a studio with one owner.
    const fn last(subject: Subject) -> Subject {
        Subject { is_last_owner: true, ..subject }
    }

    #[test]
    fn who_may_invite_whom() {
        for (actor, role, verdict, why) in [
            (Owner, Owner, OK, "a partner joins"),
            (Owner, Admin, OK, ""),
            (Owner, Sales, OK, ""),
            (Admin, Owner, Err(OwnersOnly), "ownership is an owner's to share"),
            (Admin, Admin, OK, "admins are equals"),
            (Admin, Manager, OK, ""),
            (Manager, Sales, Err(NotAllowed), "a manager runs the team's work, not who is on it"),
            (Sales, Sales, Err(NotAllowed), ""),
        ] {
            assert_eq!(check_invite(actor, role), verdict, "{actor:?} invites {role:?}: {why}");
        }
    }

    #[test]
    fn who_may_give_whom_which_role() {
        for (actor, subject, to, verdict, why) in [
            (Owner, other(Sales), Owner, OK, "an owner may share ownership"),
            (Owner, other(Owner), Sales, OK, "another stays: the one who acts"),
            (Owner, other(Admin), Manager, OK, ""),
            (Owner, oneself(Owner), Owner, OK, "no change"),
            (Owner, oneself(Owner), Admin, OK, "another owner is left"),
            (Owner, last(oneself(Owner)), Admin, Err(LastOwner), "nobody would answer for the studio"),
            (Owner, last(oneself(Owner)), Owner, OK, "no change"),
            (Admin, other(Sales), Admin, OK, ""),
            (Admin, other(Admin), Sales, OK, "admins are equals"),
            (Admin, other(Sales), Owner, Err(OwnersOnly), "ownership is an owner's to share"),
            (Admin, other(Owner), Sales, Err(OwnersOnly), "an owner is not an admin's to demote"),
            (Admin, last(other(Owner)), Sales, Err(OwnersOnly), "and even less the last one"),
            (Admin, oneself(Admin), Owner, Err(OwnRole), "nobody raises themselves"),
            (Admin, oneself(Admin), Manager, OK, "downward one may"),
            (Manager, oneself(Manager), Admin, Err(NotAllowed), ""),
            (Manager, other(Sales), Manager, Err(NotAllowed), ""),
            (Sales, oneself(Sales), Sales, Err(NotAllowed), "not even what changes nothing"),
        ] {
            assert_eq!(check_change_role(actor, subject, to), verdict, "{actor:?}: {subject:?} to {to:?}: {why}");
        }
    }

    #[test]
    fn who_may_remove_whom() {
        for (actor, subject, verdict, why) in [
            (Owner, other(Owner), OK, "the one who acts is left"),
            (Owner, other(Admin), OK, ""),
            (Owner, oneself(Owner), OK, "another owner is left"),
            (Owner, last(oneself(Owner)), Err(LastOwner), "nobody would answer for the studio"),
            (Admin, other(Admin), OK, "admins are equals"),
            (Admin, other(Sales), OK, ""),
            (Admin, oneself(Admin), OK, "one may leave"),
            (Admin, other(Owner), Err(OwnersOnly), "an owner is not an admin's to remove"),
            (Manager, other(Sales), Err(NotAllowed), ""),
            (Sales, oneself(Sales), Err(NotAllowed), "who leaves asks somebody who may"),
        ] {
            assert_eq!(check_remove(actor, subject), verdict, "{actor:?} removes {subject:?}: {why}");
        }
    }

    /// What the table can't list one by one.
    #[test]
    fn no_act_raises_oneself_or_leaves_a_studio_without_owner() {
        for actor in Role::ALL {
            for to in Role::ALL {
                for is_last_owner in [false, actor == Owner] {
                    let subject = Subject { role: actor, is_self: true, is_last_owner };
                    let may = check_change_role(actor, subject, to).is_ok();
                    assert!(!(may && to.is_above(actor)), "{actor:?} makes themselves {to:?}");
                    assert!(!(may && is_last_owner && to != Owner));
                }
            }
            for role in Role::ALL {
                let subject = last(other(role));
                if role == Owner {
                    assert!(check_remove(actor, subject).is_err(), "{actor:?} removes the last owner");
                }
                if !actor.allows(Permission::ManageMembers) {
                    assert_eq!(check_remove(actor, other(role)), Err(NotAllowed));
                    assert_eq!(check_invite(actor, role), Err(NotAllowed));
                }
            }
        }
    }
}
