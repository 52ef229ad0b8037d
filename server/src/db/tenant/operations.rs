//! What staff did on devices: done at most once, however often it is sent.

use domain::{
    DeviceId, Edited, FieldOutcome, FieldResult, LeadField, LeadState, MemberId, OperationId, Role, UnixMs, merge_lead,
};
use ring::digest;
use wire::operation::{Act, Done, EditLead, Operation, OperationOutcome, RefusalReason, Refused};

use super::write::{Write, WriteError};
use super::{Sight, Tenant};
use crate::db::DbError;
use crate::hex::hex;
use crate::limits;

pub(super) const FIND: &str = "SELECT member_id, act_hash, fields FROM operation WHERE id = $1";
pub(super) const INSERT: &str = "INSERT INTO operation (id, member_id, device_id, act_hash, at, done_at, fields) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Who acts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Editor {
    pub(crate) member_id: MemberId,
    pub(crate) device_id: DeviceId,
    pub(crate) role: Role,
}

impl Editor {
    /// Which leads they see.
    pub(super) const fn sight(self) -> Sight {
        Sight::of(self.member_id, self.role)
    }

    /// # Errors
    /// [`WriteError::Forbidden`] when their role may not bring a lead from one state to the other.
    pub(super) fn require_change(self, from: LeadState, to: LeadState) -> Result<(), WriteError> {
        if self.role.allows(LeadState::permission(from, to)) { Ok(()) } else { Err(WriteError::Forbidden) }
    }
}

impl Tenant {
    /// Does what was done on a device, unless it was done before; says what became of it either way. All of it happens,
    /// or nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn carry_out(
        &self,
        operation: Operation,
        by: Editor,
        now: UnixMs,
    ) -> Result<OperationOutcome, DbError> {
        let outcome = self.change(move |write| write.carry_out(operation, by, now)).await;
        let refused = |reason, field| Ok(OperationOutcome::Refused(Refused { reason, field }));
        match outcome {
            Ok(Some(done)) => Ok(OperationOutcome::Done(done)),
            Ok(None) => refused(RefusalReason::OtherAct, None),
            Err(WriteError::NotFound) => refused(RefusalReason::NotFound, None),
            Err(WriteError::Forbidden) => refused(RefusalReason::Forbidden, None),
            Err(WriteError::Invalid { field, .. }) => refused(RefusalReason::Invalid, Some(field.to_owned())),
            Err(WriteError::Db(error)) => Err(error),
        }
    }
}

impl Write<'_> {
    /// Nothing when its id is that of another act.
    fn carry_out(&mut self, operation: Operation, by: Editor, now: UnixMs) -> Result<Option<Done>, WriteError> {
        let act_hash = hash(&operation)?;
        if let Some(before) = self.find_operation(operation.id)? {
            let is_same = (before.member_id, &before.act_hash) == (by.member_id, &act_hash);
            return Ok(is_same.then_some(Done { is_repeated: true, fields: before.fields }));
        }
        // A clock that is ahead wins no race.
        let at = operation.at.min(now);
        let fields = match operation.act {
            Act::EditLead(act) => self.edit_lead(act, by, at, now)?,
        };
        self.tx().submit(
            INSERT,
            &[
                (&operation.id.to_string()).into(),
                (&by.member_id.to_string()).into(),
                (&by.device_id.to_string()).into(),
                (&act_hash).into(),
                operation.at.0.into(),
                now.0.into(),
                (&serde_json::to_string(&fields).map_err(DbError::from)?).into(),
            ],
        )?;
        Ok(Some(Done { is_repeated: false, fields }))
    }

    fn edit_lead(
        &mut self,
        EditLead { lead_id, edit }: EditLead,
        by: Editor,
        at: UnixMs,
        now: UnixMs,
    ) -> Result<Vec<FieldResult>, WriteError> {
        let lead = self.find_lead(lead_id, by.sight())?.ok_or(WriteError::NotFound)?;
        if let Some(Edited { from, to }) = edit.state {
            by.require_change(from, to)?;
        }
        let last_move = self.find_last_move(lead_id)?;
        let wanted_move = edit.stage_id.clone();
        let merge = merge_lead(edit, at, &lead, last_move);
        if merge.patch.tags.as_ref().is_some_and(|tags| tags.len() > limits::TAGS) {
            return Err(WriteError::Invalid { field: "tags", problem: "are too many" });
        }
        let superseded = FieldResult { field: LeadField::StageId, outcome: FieldOutcome::Superseded };
        if let Some(Edited { from, to }) = wanted_move.filter(|_| merge.fields.contains(&superseded)) {
            self.add_move(&lead, from, to, by.member_id, at, now)?;
        }
        // By a clock that is behind it would come before the move that it follows.
        let moved_at = last_move.map_or(at, |last| last.max(at));
        self.patch_lead(lead, merge.patch, by, moved_at, now)?;
        Ok(merge.fields)
    }

    fn find_operation(&self, id: OperationId) -> Result<Option<Kept>, DbError> {
        self.tx().find(FIND, &[(&id.to_string()).into()], |row| {
            Ok(Kept {
                member_id: row.parsed(0)?,
                act_hash: row.text(1)?.to_owned(),
                fields: serde_json::from_str(row.text(2)?)?,
            })
        })
    }
}

/// An operation that was done.
struct Kept {
    member_id: MemberId,
    act_hash: String,
    fields: Vec<FieldResult>,
}

/// Tells an act from another. Nothing of it can be read from the hash; it goes with the studio.
fn hash(operation: &Operation) -> Result<String, DbError> {
    let Operation { id: _, at, act } = operation;
    Ok(hex(digest::digest(&digest::SHA256, &serde_json::to_vec(&(at, act))?).as_ref()))
}
