//! What the studio's own rows say of its members: carried over from the directory, which decides.

use domain::{Lead, LeadId, Member, MemberId, UnixMs};

use super::write::{Write, WriteError};
use super::{Sight, Tenant, trail};
use crate::db::DbError;
use crate::db::directory::{Effect, MemberAct};
use crate::db::rows::{MemberRow, columns, to_domain, word};

/// Leads released in a transaction: the studio's other writers wait for no more than these, with all their messages.
const LEADS_AT_A_TIME: i64 = 100;
/// Conversations released in a transaction.
const CONVERSATIONS_AT_A_TIME: i64 = 1_000;

const LIST: &str = concat!("SELECT ", columns!(member), " FROM member p WHERE p.is_former = 0");
/// In the order of ids: one walk over the table, however many transactions it is cut into.
const OWNED: &str = "SELECT id FROM lead WHERE id > $1 AND owner_id = $2 ORDER BY id LIMIT $3";
const ASSIGNED: &str = "SELECT id FROM conversation WHERE id > $1 AND assignee_id = $2 ORDER BY id LIMIT $3";

impl Tenant {
    /// Everyone who is a member now, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn list_members(&self) -> Result<Vec<Member>, DbError> {
        let list = self.store.read(|tx| tx.query_all(LIST, &[], |row| to_domain::<Member>(&MemberRow::read(row)?)));
        let mut members = list.await?;
        members.sort_by_cached_key(|member| (domain::fold(&member.name), member.id));
        Ok(members)
    }

    /// Makes the studio's rows say what was decided, and the audit log who did it. Again is no error, and changes
    /// nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn carry_over(&self, act: MemberAct, now: UnixMs) -> Result<(), WriteError> {
        // Asked without writing first: where another program was quicker, a transaction that changes nothing would still
        // look like a write of ours to whoever watches the file, and be hinted at.
        let id = act.id.to_string();
        let asked =
            self.store.read(move |tx| Ok::<_, DbError>(tx.find(trail::FIND, &[(&id).into()], |_| Ok(()))?.is_some()));
        if asked.await? {
            return Ok(());
        }
        self.change(move |write| {
            if write.has_audit_entry(&act)? {
                return Ok(());
            }
            write.append_member_act(&act, now)?;
            match act.effect {
                Effect::Nothing => {}
                Effect::Put(member) => write.put_member(&member)?,
                Effect::Role { member_id, role } => {
                    let member = write.find_member(member_id)?.ok_or(WriteError::NotFound)?;
                    write.put_member(&Member { role, ..member })?;
                }
                Effect::Removed { member_id } => {
                    let member = write.find_member(member_id)?.ok_or(WriteError::NotFound)?;
                    write.put_member(&Member { email: String::new(), is_former: true, ..member })?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Gives the leads and conversations of a former member back to the unassigned pool, in many small transactions
    /// between which others write. Cut anywhere, it is done by doing it again.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn release_leads(&self, member_id: MemberId, now: UnixMs) -> Result<(), WriteError> {
        let mut after = Some(String::new());
        while let Some(from) = after {
            after = self.change(move |write| write.release_leads(member_id, &from, now)).await?;
        }
        let mut after = Some(String::new());
        while let Some(from) = after {
            after = self.change(move |write| write.release_conversations(member_id, &from)).await?;
        }
        Ok(())
    }
}

impl Write<'_> {
    fn has_audit_entry(&self, act: &MemberAct) -> Result<bool, DbError> {
        let found = self.tx().find(trail::FIND, &[(&act.id.to_string()).into()], |_| Ok(()))?;
        Ok(found.is_some())
    }

    fn append_member_act(&self, act: &MemberAct, now: UnixMs) -> Result<(), DbError> {
        let (id, action) = (act.id.to_string(), word(act.kind)?);
        let parameters = [
            (&id).into(),
            (&action).into(),
            act.at.0.into(),
            now.0.into(),
            (&act.actor_id).into(),
            (&act.device_id).into(),
            (&act.detail).into(),
            0.into(),
        ];
        self.tx().execute(trail::INSERT, &parameters)?;
        Ok(())
    }

    fn find_member(&self, member_id: MemberId) -> Result<Option<Member>, DbError> {
        self.tx().find(super::MEMBER, &[(&member_id.to_string()).into()], |row| to_domain(&MemberRow::read(row)?))
    }

    /// The next leads of the member; where to go on.
    fn release_leads(&mut self, member_id: MemberId, after: &str, now: UnixMs) -> Result<Option<String>, WriteError> {
        let member = member_id.to_string();
        let parameters = [after.into(), (&member).into(), LEADS_AT_A_TIME.into()];
        let ids: Vec<LeadId> = self.tx().query_all(OWNED, &parameters, |row| row.parsed(0))?;
        for id in &ids {
            let lead = self.find_lead(*id, Sight::All)?.ok_or(WriteError::NotFound)?;
            self.hand_over(*id, lead.owner_id, None)?;
            self.update_lead(&Lead { owner_id: None, updated_at: now, ..lead })?;
        }
        Ok(ids.last().map(ToString::to_string))
    }

    /// The next conversations that are assigned to the member; where to go on.
    fn release_conversations(&mut self, member_id: MemberId, after: &str) -> Result<Option<String>, WriteError> {
        const RELEASE: &str = "UPDATE conversation SET assignee_id = NULL, seq = $2 WHERE id = $1";
        let member = member_id.to_string();
        let parameters = [after.into(), (&member).into(), CONVERSATIONS_AT_A_TIME.into()];
        let ids = self.tx().query_all(ASSIGNED, &parameters, |row| Ok(row.text(0)?.to_owned()))?;
        for id in &ids {
            let seq = self.next_seq();
            self.tx().submit(RELEASE, &[id.into(), seq])?;
        }
        Ok(ids.into_iter().next_back())
    }
}
