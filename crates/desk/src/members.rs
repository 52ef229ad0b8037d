//! Members and invitations, for who manages them. The server's list is the only one: these need the network.

use domain::{InvitationId, Member, MemberId, Permission, Role, Subject};
use wire::invitation::{InvitationList, NewInvitation};

use crate::view::{ManagedMember, MembersView, PendingInvitation};
use crate::{Desk, DeskError};

impl Desk {
    /// Everyone who is a member, the open invitations, and what this member may do about each.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], [`DeskError::Locked`], or the server can't be reached.
    pub async fn list_members(&self) -> Result<MembersView, DeskError> {
        self.require(Permission::ManageMembers).await?;
        let me = self.open()?.profile.member.id;
        let (members, invitations) = self
            .call(async |client| {
                let members = client.members().await?;
                Ok((members, client.invitations().await?))
            })
            .await?;
        // Who is not in the list was removed a moment ago, and will hear of it.
        let role = members.iter().find(|member| member.id == me).map(|member| member.role);
        let role = role.ok_or(DeskError::Forbidden(Permission::ManageMembers))?;
        Ok(view(me, role, members, invitations))
    }

    /// Gives a member another role.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the server refused or can't be reached.
    pub async fn change_member_role(&self, id: MemberId, role: Role) -> Result<(), DeskError> {
        self.call(async |client| client.change_role(id, role).await).await?;
        Ok(())
    }

    /// Removes a member: their sessions end at once, and their devices lose their cache at the next contact.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the server refused or can't be reached.
    pub async fn remove_member(&self, id: MemberId) -> Result<(), DeskError> {
        self.call(async |client| client.remove_member(id).await).await
    }

    /// Invites somebody by e-mail.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the server refused or can't be reached.
    pub async fn invite_member(&self, email: String, role: Role) -> Result<(), DeskError> {
        let invitation = NewInvitation { email, role };
        self.call(async |client| client.invite(&invitation).await).await?;
        Ok(())
    }

    /// Has a new link mailed; the one before leads nowhere any more.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the server refused or can't be reached.
    pub async fn send_invitation(&self, id: InvitationId) -> Result<(), DeskError> {
        self.call(async |client| client.send_invitation(id).await).await?;
        Ok(())
    }

    /// Withdraws an invitation.
    ///
    /// # Errors
    /// [`DeskError::Locked`], or the server refused or can't be reached.
    pub async fn withdraw_invitation(&self, id: InvitationId) -> Result<(), DeskError> {
        self.call(async |client| client.withdraw_invitation(id).await).await
    }
}

/// What `me`, in this role, may do about whom, by the rules the server goes by.
fn view(me: MemberId, role: Role, members: Vec<Member>, list: InvitationList) -> MembersView {
    let owners = members.iter().filter(|member| member.role == Role::Owner).count();
    let managed = members.into_iter().map(|member| {
        let subject = Subject {
            role: member.role,
            is_self: member.id == me,
            is_last_owner: member.role == Role::Owner && owners == 1,
        };
        let may_become = |to: &Role| domain::check_change_role(role, subject, *to).is_ok();
        ManagedMember {
            is_self: subject.is_self,
            is_last_owner: subject.is_last_owner,
            roles: Role::ALL.into_iter().filter(may_become).collect(),
            may_remove: domain::check_remove(role, subject).is_ok(),
            member,
        }
    });
    let pending = list.invitations.into_iter().map(|invitation| PendingInvitation {
        may_manage: domain::check_invite(role, invitation.role).is_ok(),
        invitation,
    });
    MembersView {
        members: managed.collect(),
        invitations: pending.collect(),
        invitable: Role::ALL.into_iter().filter(|to| domain::check_invite(role, *to).is_ok()).collect(),
        sends_mail: list.sends_mail,
    }
}

#[cfg(test)]
mod tests {
    use domain::UnixMs;
    use uuid::Uuid;
    use wire::invitation::{Invitation, MailState};

    use super::*;

    fn member(n: u128, role: Role) -> Member {
        let id = MemberId::from_uuid(Uuid::from_u128(n));
        Member { id, name: String::new(), email: String::new(), role, is_former: false }
    }

    fn invitation(role: Role) -> Invitation {
        Invitation {
            id: InvitationId::from_uuid(Uuid::from_u128(9)),
            email: String::new(),
            role,
            invited_by: member(1, role).id,
            created_at: UnixMs(0),
            expires_at: UnixMs(0),
            mail: MailState::Waiting,
        }
    }

    fn seen_by(n: u128, role: Role) -> MembersView {
        let members = vec![member(1, Role::Owner), member(2, Role::Admin), member(3, Role::Sales)];
        let invitations = vec![invitation(Role::Owner), invitation(Role::Sales)];
        view(member(n, role).id, role, members, InvitationList { invitations, sends_mail: true })
    }

    #[test]
    fn each_row_says_what_may_be_done_about_it() {
        let owner = seen_by(1, Role::Owner);
        assert_eq!(owner.invitable, Role::ALL);
        assert_eq!(owner.members[0].roles, [Role::Owner], "the last one stays");
        assert!(owner.members[0].is_last_owner && owner.members[0].is_self && !owner.members[0].may_remove);
        assert_eq!((owner.members[2].roles.as_slice(), owner.members[2].may_remove), (&Role::ALL[..], true));

        let admin = seen_by(2, Role::Admin);
        assert_eq!(admin.invitable, [Role::Admin, Role::Manager, Role::Sales]);
        assert!(admin.members[0].roles.is_empty() && !admin.members[0].may_remove);
        assert_eq!(admin.members[1].roles, [Role::Admin, Role::Manager, Role::Sales]);
        let manages: Vec<_> = admin.invitations.iter().map(|pending| pending.may_manage).collect();
        assert_eq!(manages, [false, true]);
    }
}
