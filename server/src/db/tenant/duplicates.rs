//! Two leads that are one person become one.

use domain::{FieldEdit, Lead, LeadState, OperationId, Permission, UnixMs};
use wire::operation::{MergeLeads, RefusalReason};

use super::Editor;
use super::leads::Belongings;
use super::operations::NotDone;
use super::write::{Tally, Write, WriteError};
use crate::db::DbError;
use crate::ids::new_uuid;

impl Write<'_> {
    /// Moves all that hangs on the duplicate to the lead, which takes over what it lacks, and deletes the duplicate as one
    /// that can be restored, empty.
    pub(super) fn merge_leads(
        &mut self,
        id: OperationId,
        MergeLeads { lead_id, duplicate_id }: MergeLeads,
        by: Editor,
        at: UnixMs,
        now: UnixMs,
    ) -> Result<(), NotDone> {
        if !by.role.allows(Permission::DeleteLeads) {
            return Err(RefusalReason::Forbidden.into());
        }
        let lead = self.find_lead(lead_id, by.sight())?.ok_or(WriteError::NotFound)?;
        let duplicate = self.find_lead(duplicate_id, by.sight())?.ok_or(WriteError::NotFound)?;
        // Merged twice, its notes would be there twice; and what is deleted may be gone tomorrow.
        if [lead.state, duplicate.state].contains(&LeadState::Deleted) {
            return Err(RefusalReason::LeadDeleted.into());
        }
        self.move_belongings(&duplicate, &lead)?;
        let united = lead.clone().united_with(&duplicate)?;
        let gone = Lead { state: LeadState::Deleted, ..duplicate.clone() };
        for (id, before, after) in [(id, lead, united), (OperationId::from_uuid(new_uuid(now)), duplicate, gone)] {
            self.record_edit(id, after.id, by.member_id, at, FieldEdit::between(&before, &after))?;
            let last_activity_at = after.last_activity_at.max(now);
            self.update_lead(&Lead { updated_at: now, last_activity_at, ..after })?;
        }
        Ok(())
    }

    /// Under new numbers: it comes into the sight of some and leaves that of others.
    fn move_belongings(&mut self, from: &Lead, to: &Lead) -> Result<(), DbError> {
        let belongings = self.belongings(from.id)?;
        let moved = Tally { leads: 0, ..belongings.tally() };
        self.discount(from.owner_id.map(|id| id.to_string()).as_deref(), moved);
        self.count(to.owner_id.map(|id| id.to_string()).as_deref(), moved);
        let Belongings { conversations, messages, stage_events, edits } = belongings;
        for id in conversations {
            self.move_to("UPDATE conversation SET lead_id = $2, seq = $3 WHERE id = $1", &id, to)?;
        }
        for id in messages {
            self.move_to("UPDATE message SET lead_id = $2, seq = $3 WHERE id = $1", &id, to)?;
        }
        for id in stage_events {
            self.move_to("UPDATE stage_event SET lead_id = $2, seq = $3 WHERE id = $1", &id, to)?;
        }
        for id in edits {
            self.move_to("UPDATE lead_edit SET lead_id = $2, seq = $3 WHERE id = $1", &id, to)?;
        }
        Ok(())
    }

    fn move_to(&mut self, sql: &'static str, id: &impl ToString, lead: &Lead) -> Result<(), DbError> {
        let seq = self.next_seq();
        self.tx().submit(sql, &[(&id.to_string()).into(), (&lead.id.to_string()).into(), seq])
    }
}
