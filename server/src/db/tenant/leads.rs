//! Changing and deleting a lead.

use std::collections::HashSet;

use domain::{
    ConversationId, FieldEdit, Lead, LeadId, LeadPatch, MemberId, MessageId, OperationId, StageEvent, StageEventId,
    StageId, UnixMs,
};
use wire::changes::RowId;

use super::write::{Tally, Write, WriteError};
use super::{Editor, Sight, Tenant};
use crate::db::DbError;
use crate::db::rows::{LeadRow, columns, to_domain, word};
use crate::ids::new_uuid;

pub(super) const FIND: &str = concat!(
    "SELECT ",
    columns!(lead),
    " FROM lead l WHERE l.id = $1 AND ($2 = '' OR l.owner_id IS NULL OR l.owner_id = $2)"
);
pub(super) const UPDATE: &str = "UPDATE lead SET name = $2, email = $3, phone = $4, stage_id = $5, owner_id = $6, tags = $7, \
                      notes = $8, value_minor = $9, state = $10, first_touch = $11, updated_at = $12, last_activity_at = $13, custom = $14, seq = $15 \
                      WHERE id = $1";
pub(super) const OWNER: &str = "SELECT id, owner_id FROM lead WHERE id = $1";
pub(super) const CONVERSATIONS: &str = "SELECT id FROM conversation WHERE lead_id = $1";
pub(super) const LEAD_EDITS: &str = "SELECT id FROM lead_edit WHERE lead_id = $1";
pub(super) const STAGE_EVENTS: &str = "SELECT id FROM stage_event WHERE lead_id = $1";
pub(super) const LAST_MOVE: &str =
    "SELECT at FROM stage_event WHERE lead_id = $1 AND to_stage_id = $2 ORDER BY at DESC, id DESC LIMIT 1";
pub(super) const MESSAGES: &str =
    "SELECT m.id FROM conversation c JOIN message m ON m.conversation_id = c.id WHERE c.lead_id = $1";

/// Everything that hangs on a lead.
pub(super) struct Belongings {
    pub(super) conversations: Vec<ConversationId>,
    pub(super) messages: Vec<MessageId>,
    pub(super) stage_events: Vec<StageEventId>,
    pub(super) edits: Vec<OperationId>,
}

impl Belongings {
    /// What they and the lead itself count for.
    pub(super) fn tally(&self) -> Tally {
        let count = |rows: usize| i64::try_from(rows).expect("a lead's rows fit in memory");
        Tally {
            leads: 1,
            conversations: count(self.conversations.len()),
            messages: count(self.messages.len()),
            stage_events: count(self.stage_events.len()),
        }
    }
}

impl Tenant {
    /// Applies `patch` to a lead in the sight of whoever it is `by`. A patch that changes nothing writes
    /// nothing. A move to another stage leaves a [`StageEvent`], and any change a [`domain::LeadEditRecord`].
    ///
    /// # Errors
    /// [`WriteError::NotFound`]; [`WriteError::Forbidden`] for a state that they may not bring it to or from;
    /// [`WriteError::Invalid`] for a stage or an owner the studio doesn't have; [`WriteError::InvalidField`] for a value that
    /// its field can't hold.
    pub(crate) async fn patch_lead(
        &self,
        lead_id: LeadId,
        patch: LeadPatch,
        by: Editor,
        now: UnixMs,
    ) -> Result<Lead, WriteError> {
        self.change(move |write| {
            let before = write.find_lead(lead_id, by.sight())?.ok_or(WriteError::NotFound)?;
            write.check_custom(patch.custom.iter().map(|(id, value)| (*id, value.as_ref())))?;
            let lead = write.patch_lead(before.clone(), patch, by, now, now)?;
            let id = OperationId::from_uuid(new_uuid(now));
            write.record_edit(id, lead_id, by.member_id, now, FieldEdit::between(&before, &lead))?;
            Ok(lead)
        })
        .await
    }

    /// Those of `leads` that are in sight.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn list_in_sight(&self, leads: Vec<LeadId>, sight: Sight) -> Result<HashSet<LeadId>, DbError> {
        let ids: Vec<_> = leads.iter().map(ToString::to_string).collect();
        self.store
            .read(move |tx| {
                let mut seen = HashSet::new();
                tx.query_for_each(OWNER, &ids, |row| {
                    let owner = row.opt_text(1)?.map(|_| row.parsed(1)).transpose()?;
                    if sight.has(owner) {
                        seen.insert(row.parsed(0)?);
                    }
                    Ok::<_, DbError>(())
                })?;
                Ok(seen)
            })
            .await
    }

    /// Deletes a lead within `sight` with its conversations, messages, stage events and edits, and remembers their ids.
    ///
    /// # Errors
    /// [`WriteError::NotFound`].
    pub(crate) async fn delete_lead(&self, lead_id: LeadId, sight: Sight) -> Result<(), WriteError> {
        self.change(move |write| {
            let lead = write.find_lead(lead_id, sight)?.ok_or(WriteError::NotFound)?;
            let owner = lead.owner_id.map(|id| id.to_string());
            let belongings = write.belongings(lead_id)?;
            write.discount(owner.as_deref(), belongings.tally());
            let id = lead_id.to_string();
            for sql in [
                "DELETE FROM message WHERE conversation_id IN (SELECT id FROM conversation WHERE lead_id = $1)",
                "DELETE FROM conversation WHERE lead_id = $1",
                "DELETE FROM stage_event WHERE lead_id = $1",
                "DELETE FROM lead_edit WHERE lead_id = $1",
                "DELETE FROM lead WHERE id = $1",
            ] {
                write.tx().submit(sql, &[(&id).into()])?;
            }
            let Belongings { conversations, messages, stage_events, edits } = belongings;
            let gone = messages.into_iter().map(RowId::Message);
            let gone = gone.chain(conversations.into_iter().map(RowId::Conversation));
            let gone = gone.chain(stage_events.into_iter().map(RowId::StageEvent));
            let gone = gone.chain(edits.into_iter().map(RowId::LeadEdit));
            for id in gone.chain([RowId::Lead(lead_id)]) {
                write.bury(id)?;
            }
            Ok(())
        })
        .await
    }
}

impl Write<'_> {
    pub(super) fn find_lead(&self, lead_id: LeadId, sight: Sight) -> Result<Option<Lead>, DbError> {
        let (id, sight) = (lead_id.to_string(), sight.parameter());
        self.tx().find(FIND, &[(&id).into(), (&sight).into()], |row| to_domain(&LeadRow::read(row)?))
    }

    /// The lead with the patch applied, if that changes anything; a move to another stage, made at `moved_at`, leaves a
    /// [`StageEvent`].
    ///
    /// # Errors
    /// As [`Tenant::patch_lead`].
    pub(super) fn patch_lead(
        &mut self,
        before: Lead,
        patch: LeadPatch,
        by: Editor,
        moved_at: UnixMs,
        now: UnixMs,
    ) -> Result<Lead, WriteError> {
        let mut lead = before.clone().patched(patch);
        if lead == before {
            return Ok(lead);
        }
        if lead.state != before.state {
            by.require_change(before.state, lead.state)?;
        }
        lead.updated_at = now;
        lead.last_activity_at = lead.last_activity_at.max(now);
        if lead.owner_id != before.owner_id {
            self.require_member(lead.owner_id)?;
            self.hand_over(lead.id, before.owner_id, lead.owner_id)?;
        }
        if lead.stage_id != before.stage_id {
            self.add_move(&lead, Some(before.stage_id), lead.stage_id, by.member_id, moved_at, now)?;
        }
        self.update_lead(&lead)?;
        Ok(lead)
    }

    /// Adds a move to the history of a lead, wherever it stands now; from no stage when it was created in that one.
    ///
    /// # Errors
    /// [`WriteError::Invalid`] for a stage the studio doesn't have.
    pub(super) fn add_move(
        &mut self,
        lead: &Lead,
        from: Option<StageId>,
        to: StageId,
        member_id: MemberId,
        moved_at: UnixMs,
        now: UnixMs,
    ) -> Result<(), WriteError> {
        for stage in from.into_iter().chain([to]) {
            self.require_stage(stage)?;
        }
        let event = StageEvent {
            id: StageEventId::from_uuid(new_uuid(now)),
            lead_id: lead.id,
            from_stage_id: from,
            to_stage_id: to,
            member_id: Some(member_id),
            at: moved_at,
        };
        let owner = lead.owner_id.map(|id| id.to_string());
        Ok(self.insert_stage_event(&event, owner.as_deref())?)
    }

    /// When the lead came to the stage it stands in, at last.
    pub(super) fn find_last_move(&self, lead: &Lead) -> Result<Option<UnixMs>, DbError> {
        let parameters = [lead.id.to_string(), lead.stage_id.to_string()];
        self.tx().find(LAST_MOVE, &parameters.each_ref().map(Into::into), |row| Ok(UnixMs(row.int(0)?)))
    }

    /// Stores the lead's fields under the next number.
    pub(super) fn update_lead(&mut self, lead: &Lead) -> Result<(), DbError> {
        self.tx().submit(
            UPDATE,
            &[
                (&lead.id.to_string()).into(),
                (&lead.name).into(),
                lead.email.as_ref().into(),
                lead.phone.as_ref().map(domain::Phone::as_str).into(),
                (&lead.stage_id.to_string()).into(),
                lead.owner_id.map(|id| id.to_string()).as_ref().into(),
                (&serde_json::to_string(&lead.tags)?).into(),
                (&lead.notes).into(),
                lead.value_minor.into(),
                (&word(lead.state)?).into(),
                (&serde_json::to_string(&lead.first_touch)?).into(),
                lead.updated_at.0.into(),
                lead.last_activity_at.0.into(),
                (&serde_json::to_string(&lead.custom)?).into(),
                self.next_seq(),
            ],
        )?;
        Ok(())
    }

    pub(super) fn belongings(&self, lead_id: LeadId) -> Result<Belongings, DbError> {
        let id = lead_id.to_string();
        let lead = [(&id).into()];
        Ok(Belongings {
            conversations: self.tx().query_all(CONVERSATIONS, &lead, |row| row.parsed(0))?,
            messages: self.tx().query_all(MESSAGES, &lead, |row| row.parsed(0))?,
            stage_events: self.tx().query_all(STAGE_EVENTS, &lead, |row| row.parsed(0))?,
            edits: self.tx().query_all(LEAD_EDITS, &lead, |row| row.parsed(0))?,
        })
    }

    /// Counts a lead for its new owner, and gives all that hangs on it new numbers: it comes into the sight of some
    /// and leaves that of others, who have to be told.
    pub(super) fn hand_over(
        &mut self,
        lead_id: LeadId,
        from: Option<MemberId>,
        to: Option<MemberId>,
    ) -> Result<(), DbError> {
        let belongings = self.belongings(lead_id)?;
        self.discount(from.map(|id| id.to_string()).as_deref(), belongings.tally());
        self.count(to.map(|id| id.to_string()).as_deref(), belongings.tally());
        for id in belongings.conversations {
            self.renumber("UPDATE conversation SET seq = $2 WHERE id = $1", &id)?;
        }
        for id in belongings.messages {
            self.renumber("UPDATE message SET seq = $2 WHERE id = $1", &id)?;
        }
        for id in belongings.stage_events {
            self.renumber("UPDATE stage_event SET seq = $2 WHERE id = $1", &id)?;
        }
        for id in belongings.edits {
            self.renumber("UPDATE lead_edit SET seq = $2 WHERE id = $1", &id)?;
        }
        Ok(())
    }

    fn renumber(&mut self, sql: &'static str, id: &impl ToString) -> Result<(), DbError> {
        let seq = self.next_seq();
        self.tx().submit(sql, &[(&id.to_string()).into(), seq])?;
        Ok(())
    }

    pub(super) fn require_member(&self, member_id: Option<MemberId>) -> Result<(), WriteError> {
        let Some(member_id) = member_id else { return Ok(()) };
        let sql = "SELECT 1 FROM member WHERE id = $1 AND is_former = 0";
        let found = self.tx().find(sql, &[(&member_id.to_string()).into()], |_| Ok(()))?;
        found.ok_or(WriteError::Invalid { field: "owner_id", problem: "is no member of this studio" })
    }

    pub(super) fn require_stage(&self, stage_id: StageId) -> Result<(), WriteError> {
        let sql = "SELECT 1 FROM stage WHERE id = $1";
        let found = self.tx().find(sql, &[(&stage_id.to_string()).into()], |_| Ok(()))?;
        found.ok_or(WriteError::Invalid { field: "stage_id", problem: "is no stage of this studio" })
    }
}
