//! Who is a member of a studio, and as what.

use domain::{DeviceId, Member, MemberId, MemberRefusal, Role, StudioId, Subject, UnixMs};
use uuid::Uuid;
use wire::device::SessionEnd;

use super::Directory;
use super::acts::{ActKind, Acting, By, Effect};
use crate::db::DbError;
use crate::db::rows::{from_word, word};

/// Why an act on members or invitations was refused; nothing of it happened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MemberError {
    #[error(transparent)]
    Db(#[from] DbError),
    /// No such member or invitation at this studio.
    #[error("not found")]
    NotFound,
    #[error(transparent)]
    Refused(#[from] MemberRefusal),
    #[error("that e-mail address is a member of this studio already")]
    AlreadyMember,
    #[error("that e-mail address has an open invitation already")]
    AlreadyInvited,
    #[error("too many invitations are open")]
    TooManyOpen,
    /// Its last mail is too new.
    #[error("it was sent again a moment ago")]
    TooSoon { retry_after_s: u64 },
}

/// A member who changes something about the members of their studio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Actor {
    pub(crate) member_id: MemberId,
    pub(crate) device_id: DeviceId,
    pub(crate) studio_id: StudioId,
}

impl Actor {
    pub(super) const fn by(self) -> By {
        By::Member { member_id: self.member_id, device_id: self.device_id }
    }
}

/// A membership to make, and the account with it when there is none.
pub(crate) struct NewMembership {
    pub(crate) account_id: Uuid,
    pub(crate) email_folded: String,
    pub(crate) password_hash: String,
    /// For somebody who was never a member; who was keeps their id.
    pub(crate) member_id: MemberId,
    pub(crate) studio_id: StudioId,
    pub(crate) role: Role,
    /// As colleagues are to see them.
    pub(crate) name: String,
    pub(crate) email: String,
}

pub(super) const INSERT_ACCOUNT: &str = "INSERT INTO account (id, email_folded, password_hash, created_at) \
                                         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
/// Those that ran out as well: one that comes back is told, also when its member has come back by then.
const END_DEVICES: &str = "UPDATE device SET over_at = CASE WHEN over_at > $2 THEN $2 ELSE over_at END, \
                           ended_because = $3 WHERE member_id = $1 AND ended_because IS NULL";

impl Directory {
    /// Adds a member who can sign in, on behalf of the operator. Gives their id; nothing, and adds nothing, when the
    /// account is at that studio already. An account that exists keeps its password.
    pub(crate) async fn add_membership(&self, new: NewMembership, now: UnixMs) -> Result<Option<MemberId>, DbError> {
        self.store
            .write(move |tx| {
                let acting = Acting::begin(tx, new.studio_id, now)?;
                let account_id = new.account_id.to_string();
                let email = &new.email_folded;
                tx.execute(
                    INSERT_ACCOUNT,
                    &[(&account_id).into(), email.into(), (&new.password_hash).into(), now.0.into()],
                )?;
                let sql = "SELECT id FROM account WHERE email_folded = $1";
                let account = tx.find(sql, &[email.into()], |row| row.parsed(0))?;
                let account = account.ok_or(DbError::Corrupt { column: 0 })?;
                let Some(member_id) = acting.join(account, new.member_id, new.role)? else { return Ok(None) };
                let NewMembership { name, email, role, .. } = new;
                let member = Member { id: member_id, name, email, role, is_former: false };
                let detail = format!("member {member_id} role {}", word(role)?);
                acting.record(By::Operator, ActKind::MemberAdded, &detail, &Effect::Put(member))?;
                Ok(Some(member_id))
            })
            .await
    }

    /// Gives a member another role; what they may no longer invite to is withdrawn. Says whether it was another.
    ///
    /// # Errors
    /// [`MemberError::Refused`], [`MemberError::NotFound`].
    pub(crate) async fn change_role(
        &self,
        actor: Actor,
        member_id: MemberId,
        to: Role,
        now: UnixMs,
    ) -> Result<bool, MemberError> {
        self.store
            .write(move |tx| {
                let acting = Acting::begin(tx, actor.studio_id, now)?;
                let actor_role = acting.require_manager(actor)?;
                let subject = acting.subject(actor, member_id)?;
                domain::check_change_role(actor_role, subject, to)?;
                if subject.role == to {
                    return Ok(false);
                }
                let (id, role) = (member_id.to_string(), word(to)?);
                let sql = "UPDATE membership SET role = $2 WHERE member_id = $1";
                tx.execute(sql, &[(&id).into(), (&role).into()])?;
                let detail = format!("member {id} role {role}");
                acting.record(
                    actor.by(),
                    ActKind::MemberRoleChanged,
                    &detail,
                    &Effect::Role { member_id, role: to },
                )?;
                acting
                    .withdraw_invitations_of(actor.by(), member_id, |role| domain::check_invite(to, role).is_err())?;
                Ok(true)
            })
            .await
    }

    /// Removes a member: their sessions are over and their invitations withdrawn. Gives the devices whose session it
    /// ended.
    ///
    /// # Errors
    /// [`MemberError::Refused`], [`MemberError::NotFound`].
    pub(crate) async fn remove_member(
        &self,
        actor: Actor,
        member_id: MemberId,
        now: UnixMs,
    ) -> Result<Vec<DeviceId>, MemberError> {
        const LIVE: &str = "SELECT id FROM device WHERE member_id = $1 AND ended_because IS NULL AND over_at > $2";
        self.store
            .write(move |tx| {
                let acting = Acting::begin(tx, actor.studio_id, now)?;
                let actor_role = acting.require_manager(actor)?;
                let subject = acting.subject(actor, member_id)?;
                domain::check_remove(actor_role, subject)?;
                let id = member_id.to_string();
                // First this row: a sign-in that is under way holds it, and its device is then ended with the others.
                let sql = "UPDATE membership SET removed_at = $2 WHERE member_id = $1";
                tx.execute(sql, &[(&id).into(), now.0.into()])?;
                let devices = tx.query_all(LIVE, &[(&id).into(), now.0.into()], |row| row.parsed(0))?;
                let because = word(SessionEnd::MemberRemoved)?;
                tx.execute(END_DEVICES, &[(&id).into(), now.0.into(), (&because).into()])?;
                super::sessions::end_past(tx, &id)?;
                let detail = format!("member {id}");
                acting.record(actor.by(), ActKind::MemberRemoved, &detail, &Effect::Removed { member_id })?;
                acting.withdraw_invitations_of(actor.by(), member_id, |_| true)?;
                Ok(devices)
            })
            .await
    }
}

impl Acting<'_> {
    /// What the actor is now, whoever they were when their request was let in.
    ///
    /// # Errors
    /// [`MemberRefusal::NotAllowed`] when they don't manage members.
    pub(super) fn require_manager(&self, actor: Actor) -> Result<Role, MemberError> {
        let role = self.find_role(actor.member_id)?;
        let role = role.filter(|role| role.allows(domain::Permission::ManageMembers));
        role.ok_or(MemberError::Refused(MemberRefusal::NotAllowed))
    }

    fn find_role(&self, member_id: MemberId) -> Result<Option<Role>, DbError> {
        const FIND: &str = "SELECT role FROM membership WHERE member_id = $1 AND studio_id = $2 AND removed_at IS NULL";
        self.tx.find(FIND, &[(&member_id.to_string()).into(), (&self.studio).into()], |row| from_word(row.text(0)?, 0))
    }

    fn subject(&self, actor: Actor, member_id: MemberId) -> Result<Subject, MemberError> {
        const OTHER_OWNERS: &str = "SELECT count(*) FROM membership WHERE studio_id = $1 AND role = $2 \
                                    AND removed_at IS NULL AND member_id <> $3";
        let role = self.find_role(member_id)?.ok_or(MemberError::NotFound)?;
        let (owner, id) = (word(Role::Owner)?, member_id.to_string());
        let parameters = [(&self.studio).into(), (&owner).into(), (&id).into()];
        let other_owners = self.tx.find(OTHER_OWNERS, &parameters, |row| row.int(0))?;
        Ok(Subject {
            role,
            is_self: member_id == actor.member_id,
            is_last_owner: role == Role::Owner && other_owners == Some(0),
        })
    }

    /// Makes an account a member; who was one before is the same member again. Nothing when they are one now.
    pub(super) fn join(&self, account: Uuid, new_id: MemberId, role: Role) -> Result<Option<MemberId>, DbError> {
        const FIND: &str = "SELECT member_id, removed_at FROM membership WHERE account_id = $1 AND studio_id = $2";
        const INSERT: &str = "INSERT INTO membership (member_id, account_id, studio_id, role, joined_at) \
                              VALUES ($1, $2, $3, $4, $5)";
        const AGAIN: &str = "UPDATE membership SET role = $2, joined_at = $3, removed_at = NULL WHERE member_id = $1";
        let (account, role) = (account.to_string(), word(role)?);
        let known = self.tx.find(FIND, &[(&account).into(), (&self.studio).into()], |row| {
            Ok((row.parsed::<MemberId>(0)?, row.opt_int(1)?))
        })?;
        match known {
            Some((_, None)) => Ok(None),
            Some((member_id, Some(_))) => {
                let id = member_id.to_string();
                self.tx.execute(AGAIN, &[(&id).into(), (&role).into(), self.now.0.into()])?;
                Ok(Some(member_id))
            }
            None => {
                let id = new_id.to_string();
                let studio = &self.studio;
                let parameters = [(&id).into(), (&account).into(), studio.into(), (&role).into(), self.now.0.into()];
                self.tx.execute(INSERT, &parameters)?;
                Ok(Some(new_id))
            }
        }
    }
}
