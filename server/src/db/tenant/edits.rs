//! The history of what staff made of leads.

use domain::{FieldEdit, LeadEditRecord, LeadId, MemberId, OperationId, UnixMs};

use super::import::fits;
use super::write::Write;
use crate::db::DbError;

pub(super) const IS_HERE: &str = "SELECT 1 FROM lead_edit WHERE id = $1";

impl Write<'_> {
    /// Keeps an edit that changed something, or was to.
    pub(super) fn record_edit(
        &mut self,
        id: OperationId,
        lead_id: LeadId,
        member_id: MemberId,
        at: UnixMs,
        changes: Vec<FieldEdit>,
    ) -> Result<(), DbError> {
        if changes.is_empty() {
            return Ok(());
        }
        let edit = LeadEditRecord { id, lead_id, member_id, at, changes };
        // Both sides of a text are larger than the feed carries only where one of them came by an import: then the edit
        // stands, and has no history.
        if fits(&edit)? { self.insert_lead_edit(&edit) } else { Ok(()) }
    }

    /// Whether an edit has this id, or had it before its lead was deleted.
    pub(super) fn is_edit(&self, id: OperationId) -> Result<bool, DbError> {
        let id = id.to_string();
        Ok(self.tx().find(IS_HERE, &[(&id).into()], |_| Ok(()))?.is_some() || self.is_buried("lead_edit", &id)?)
    }
}
