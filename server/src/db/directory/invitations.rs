//! Invitations: made, sent again, withdrawn, accepted.
//!
//! A link's token comes here hashed. Whatever decides over an invitation holds the studio's members first, so of two who
//! accept at once, or one who accepts what another withdraws, one is first and the other is told.

use domain::{InvitationId, Member, MemberId, Role, StudioId, UnixMs};
use uuid::Uuid;
use wire::invitation::{Invitation, MailState};

use super::Directory;
use super::acts::{ActKind, Acting, By, Effect};
use super::mail::mail_state;
use super::members::{Actor, INSERT_ACCOUNT, MemberError};
use crate::db::DbError;
use crate::db::rows::{from_word, word};
use crate::db::sql::{Row, Tx};
use crate::limits;

/// An invitation to make.
pub(crate) struct NewInvitation {
    pub(crate) id: InvitationId,
    pub(crate) email: String,
    pub(crate) email_folded: String,
    pub(crate) role: Role,
    pub(crate) link: NewLink,
}

/// A link that is to be mailed, in the place of any before it.
pub(crate) struct NewLink {
    /// Of the mail that will carry it.
    pub(crate) mail_id: Uuid,
    pub(crate) token_hash: String,
    pub(crate) expires_at: UnixMs,
}

/// How far an invitation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvitationState {
    Open,
    Accepted,
    Withdrawn,
    Expired,
}

/// An invitation as its link leads to it.
pub(crate) struct FoundInvitation {
    pub(crate) id: InvitationId,
    pub(crate) studio_id: StudioId,
    pub(crate) email: String,
    pub(crate) email_folded: String,
    pub(crate) role: Role,
    pub(crate) state: InvitationState,
}

/// Somebody who accepts.
pub(crate) struct Accept {
    pub(crate) token_hash: String,
    pub(crate) name: String,
    /// For somebody who was never a member.
    pub(crate) member_id: MemberId,
    pub(crate) account: AcceptAs,
}

/// With which account.
pub(crate) enum AcceptAs {
    /// The one that has the address; its password was checked.
    Existing(Uuid),
    /// One that is made.
    New { account_id: Uuid, password_hash: String },
}

/// How accepting went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acceptance {
    Joined {
        studio_id: StudioId,
    },
    /// They were a member all along; the invitation is used up.
    AlreadyMember {
        studio_id: StudioId,
    },
    /// It is not open any more.
    Over(InvitationState),
    /// There is no such link.
    Unknown,
    /// The address has another account than the one that was checked, or has one by now, or none: ask again.
    AccountChanged,
}

const FIND: &str = "SELECT id, studio_id, email, email_folded, role, expires_at, ended_at, ended_because \
                    FROM invitation WHERE token_hash = $1";
const LIST: &str = "SELECT i.id, i.email, i.role, i.invited_by, i.created_at, i.expires_at, m.due_at, m.attempts, \
                    m.problem, m.sent_at FROM invitation i \
                    LEFT JOIN mail m ON m.id = (SELECT n.id FROM mail n WHERE n.invitation_id = i.id \
                                                ORDER BY n.created_at DESC, n.id DESC LIMIT 1) \
                    WHERE i.studio_id = $1 AND i.ended_at IS NULL ORDER BY i.created_at DESC, i.id DESC";
const END: &str = "UPDATE invitation SET ended_at = $2, ended_because = $3 WHERE id = $1";
const INSERT_MAIL: &str =
    "INSERT INTO mail (id, invitation_id, created_at, due_at, attempts) VALUES ($1, $2, $3, $3, 0)";
const CANCEL_MAILS: &str = "UPDATE mail SET due_at = NULL WHERE invitation_id = $1 AND due_at IS NOT NULL";

impl Directory {
    /// Invites somebody, and has the link mailed.
    ///
    /// # Errors
    /// [`MemberError`], but never [`MemberError::NotFound`].
    pub(crate) async fn invite(&self, actor: Actor, new: NewInvitation, now: UnixMs) -> Result<(), MemberError> {
        const IS_MEMBER: &str = "SELECT 1 FROM account a JOIN membership m ON m.account_id = a.id \
                                 WHERE a.email_folded = $1 AND m.studio_id = $2 AND m.removed_at IS NULL";
        const RAN_OUT: &str = "UPDATE invitation SET ended_at = expires_at \
                               WHERE studio_id = $1 AND email_folded = $2 AND ended_at IS NULL AND expires_at <= $3";
        const IS_OPEN: &str =
            "SELECT 1 FROM invitation WHERE studio_id = $1 AND email_folded = $2 AND ended_at IS NULL";
        const COUNT: &str = "SELECT count(*) FROM invitation WHERE studio_id = $1 AND ended_at IS NULL";
        const INSERT: &str = "INSERT INTO invitation (id, studio_id, email, email_folded, role, invited_by, \
                              token_hash, created_at, renewed_at, expires_at) \
                              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)";
        self.store
            .write(move |tx| {
                let acting = Acting::begin(tx, actor.studio_id, now)?;
                domain::check_invite(acting.require_manager(actor)?, new.role)?;
                let (studio, email) = (&acting.studio, &new.email_folded);
                if tx.find(IS_MEMBER, &[email.into(), studio.into()], |_| Ok(()))?.is_some() {
                    return Err(MemberError::AlreadyMember);
                }
                tx.execute(RAN_OUT, &[studio.into(), email.into(), now.0.into()])?;
                if tx.find(IS_OPEN, &[studio.into(), email.into()], |_| Ok(()))?.is_some() {
                    return Err(MemberError::AlreadyInvited);
                }
                if tx.find(COUNT, &[studio.into()], |row| row.int(0))? >= Some(limits::OPEN_INVITATIONS) {
                    return Err(MemberError::TooManyOpen);
                }
                let (id, role, actor_id) = (new.id.to_string(), word(new.role)?, actor.member_id.to_string());
                let parameters = [
                    (&id).into(),
                    studio.into(),
                    (&new.email).into(),
                    email.into(),
                    (&role).into(),
                    (&actor_id).into(),
                    (&new.link.token_hash).into(),
                    now.0.into(),
                    new.link.expires_at.0.into(),
                ];
                tx.execute(INSERT, &parameters)?;
                insert_mail(tx, &id, &new.link, now)?;
                let detail = format!("invitation {id} role {role}");
                acting.record(actor.by(), ActKind::InvitationMade, &detail, &Effect::Nothing)?;
                Ok(())
            })
            .await
    }

    /// Makes a new link in the place of the one before, and has it mailed.
    ///
    /// # Errors
    /// [`MemberError::Refused`], [`MemberError::NotFound`], [`MemberError::TooSoon`].
    pub(crate) async fn renew_invitation(
        &self,
        actor: Actor,
        id: InvitationId,
        link: NewLink,
        now: UnixMs,
    ) -> Result<(), MemberError> {
        const RENEW: &str = "UPDATE invitation SET token_hash = $2, renewed_at = $3, expires_at = $4 WHERE id = $1";
        self.store
            .write(move |tx| {
                let acting = Acting::begin(tx, actor.studio_id, now)?;
                let renewed_at = acting.require_invitation(actor, id)?;
                let waited_ms = now.since_ms(renewed_at);
                if (0..limits::RENEW_INVITATION_MS).contains(&waited_ms) {
                    let left_ms = (limits::RENEW_INVITATION_MS - waited_ms).unsigned_abs();
                    return Err(MemberError::TooSoon { retry_after_s: left_ms.div_ceil(1000) });
                }
                let id = id.to_string();
                let parameters = [(&id).into(), (&link.token_hash).into(), now.0.into(), link.expires_at.0.into()];
                tx.execute(RENEW, &parameters)?;
                tx.execute(CANCEL_MAILS, &[(&id).into()])?;
                insert_mail(tx, &id, &link, now)?;
                acting.record(actor.by(), ActKind::InvitationRenewed, &format!("invitation {id}"), &Effect::Nothing)?;
                Ok(())
            })
            .await
    }

    /// Withdraws an invitation: its link leads nowhere any more.
    ///
    /// # Errors
    /// [`MemberError::Refused`], [`MemberError::NotFound`].
    pub(crate) async fn withdraw_invitation(
        &self,
        actor: Actor,
        id: InvitationId,
        now: UnixMs,
    ) -> Result<(), MemberError> {
        self.store
            .write(move |tx| {
                let acting = Acting::begin(tx, actor.studio_id, now)?;
                acting.require_invitation(actor, id)?;
                acting.withdraw(actor.by(), &id.to_string())?;
                Ok(())
            })
            .await
    }

    /// The studio's invitations that nobody accepted or withdrew, the newest first; those that ran out too.
    pub(crate) async fn list_invitations(&self, studio_id: StudioId) -> Result<Vec<Invitation>, DbError> {
        let studio = studio_id.to_string();
        self.store
            .read(move |tx| {
                tx.query_all(LIST, &[(&studio).into()], |row| {
                    Ok(Invitation {
                        id: row.parsed(0)?,
                        email: row.text(1)?.to_owned(),
                        role: from_word(row.text(2)?, 2)?,
                        invited_by: row.parsed(3)?,
                        created_at: UnixMs(row.int(4)?),
                        expires_at: UnixMs(row.int(5)?),
                        mail: match row.opt_int(7)? {
                            // No mail of it is kept any more.
                            None => MailState::Unknown,
                            Some(_) => mail_state(row, 6)?,
                        },
                    })
                })
            })
            .await
    }

    /// The invitation a link leads to.
    pub(crate) async fn find_invitation(
        &self,
        token_hash: String,
        now: UnixMs,
    ) -> Result<Option<FoundInvitation>, DbError> {
        self.store.read(move |tx| find(tx, &token_hash, now)).await
    }

    /// Makes somebody a member by the link they were mailed, once.
    pub(crate) async fn accept_invitation(&self, accept: Accept, now: UnixMs) -> Result<Acceptance, DbError> {
        const ACCOUNT: &str = "SELECT id FROM account WHERE email_folded = $1";
        self.store
            .write(move |tx| {
                let Some(found) = find(tx, &accept.token_hash, now)? else { return Ok(Acceptance::Unknown) };
                let acting = Acting::begin(tx, found.studio_id, now)?;
                // What was read before the studio's members were held may be over by now.
                let Some(found) = find(tx, &accept.token_hash, now)? else { return Ok(Acceptance::Unknown) };
                if found.state != InvitationState::Open {
                    return Ok(Acceptance::Over(found.state));
                }
                let email = &found.email_folded;
                if let AcceptAs::New { account_id, password_hash } = &accept.account {
                    let id = account_id.to_string();
                    tx.execute(INSERT_ACCOUNT, &[(&id).into(), email.into(), password_hash.into(), now.0.into()])?;
                }
                let account: Option<Uuid> = tx.find(ACCOUNT, &[email.into()], |row| row.parsed(0))?;
                let (AcceptAs::Existing(checked) | AcceptAs::New { account_id: checked, .. }) = accept.account;
                if account != Some(checked) {
                    return Ok(Acceptance::AccountChanged);
                }
                let id = found.id.to_string();
                acting.end(&id, "accepted")?;
                let studio_id = found.studio_id;
                let Some(member_id) = acting.join(checked, accept.member_id, found.role)? else {
                    return Ok(Acceptance::AlreadyMember { studio_id });
                };
                let detail = format!("invitation {id} member {member_id} role {}", word(found.role)?);
                let FoundInvitation { email, role, .. } = found;
                let member = Member { id: member_id, name: accept.name, email, role, is_former: false };
                acting.record(By::Invited(member_id), ActKind::MemberJoined, &detail, &Effect::Put(member))?;
                Ok(Acceptance::Joined { studio_id })
            })
            .await
    }
}

impl Acting<'_> {
    /// When the link of an invitation was last made; of one that nobody accepted or withdrew, and that the actor may
    /// decide over.
    fn require_invitation(&self, actor: Actor, id: InvitationId) -> Result<UnixMs, MemberError> {
        const FIND: &str =
            "SELECT role, renewed_at FROM invitation WHERE id = $1 AND studio_id = $2 AND ended_at IS NULL";
        let actor_role = self.require_manager(actor)?;
        let found = self.tx.find(FIND, &[(&id.to_string()).into(), (&self.studio).into()], |row| {
            Ok((from_word::<Role>(row.text(0)?, 0)?, UnixMs(row.int(1)?)))
        })?;
        let (role, renewed_at) = found.ok_or(MemberError::NotFound)?;
        domain::check_invite(actor_role, role)?;
        Ok(renewed_at)
    }

    /// Withdraws the open invitations that `member_id` made to the roles that `is_theirs_no_more` names.
    pub(super) fn withdraw_invitations_of(
        &self,
        by: By,
        member_id: MemberId,
        is_theirs_no_more: impl Fn(Role) -> bool,
    ) -> Result<(), DbError> {
        const LIST: &str =
            "SELECT id, role FROM invitation WHERE studio_id = $1 AND invited_by = $2 AND ended_at IS NULL";
        let member = member_id.to_string();
        let parameters = [(&self.studio).into(), (&member).into()];
        let made = self
            .tx
            .query_all(LIST, &parameters, |row| Ok((row.text(0)?.to_owned(), from_word::<Role>(row.text(1)?, 1)?)))?;
        for (id, _) in made.into_iter().filter(|(_, role)| is_theirs_no_more(*role)) {
            self.withdraw(by, &id)?;
        }
        Ok(())
    }

    fn withdraw(&self, by: By, id: &String) -> Result<(), DbError> {
        self.end(id, "withdrawn")?;
        self.record(by, ActKind::InvitationWithdrawn, &format!("invitation {id}"), &Effect::Nothing)
    }

    fn end(&self, id: &String, because: &'static str) -> Result<(), DbError> {
        self.tx.execute(END, &[id.into(), self.now.0.into(), because.into()])?;
        self.tx.execute(CANCEL_MAILS, &[id.into()])?;
        Ok(())
    }
}

fn insert_mail(tx: &Tx<'_>, invitation: &String, link: &NewLink, now: UnixMs) -> Result<(), DbError> {
    tx.execute(INSERT_MAIL, &[(&link.mail_id.to_string()).into(), invitation.into(), now.0.into()])?;
    Ok(())
}

fn find(tx: &Tx<'_>, token_hash: &String, now: UnixMs) -> Result<Option<FoundInvitation>, DbError> {
    tx.find(FIND, &[token_hash.into()], |row| {
        Ok(FoundInvitation {
            id: row.parsed(0)?,
            studio_id: row.parsed(1)?,
            email: row.text(2)?.to_owned(),
            email_folded: row.text(3)?.to_owned(),
            role: from_word(row.text(4)?, 4)?,
            state: state(row, now)?,
        })
    })
}

fn state(row: &Row<'_>, now: UnixMs) -> Result<InvitationState, DbError> {
    match (row.opt_int(6)?, row.opt_text(7)?) {
        (None, _) if now.0 < row.int(5)? => Ok(InvitationState::Open),
        (None, _) | (Some(_), None) => Ok(InvitationState::Expired),
        (Some(_), Some("accepted")) => Ok(InvitationState::Accepted),
        (Some(_), Some("withdrawn")) => Ok(InvitationState::Withdrawn),
        (Some(_), Some(_)) => Err(DbError::Corrupt { column: 7 }),
    }
}
