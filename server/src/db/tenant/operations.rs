//! What staff did on devices: done at most once, however often it is sent.

use domain::{
    DeliveryStatus, DeviceId, Direction, Edited, FieldEdit, FieldOutcome, FieldResult, InvalidField, LeadField,
    LeadState, MemberId, Message, OperationId, ReplyBar, Role, UnixMs, merge_lead,
};
use ring::digest;
use wire::operation::{Act, CreateLead, Done, EditLead, Operation, OperationOutcome, RefusalReason, Refused, Reply};

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
        match self.change(move |write| write.carry_out(operation, by, now)).await {
            Ok(done) => Ok(OperationOutcome::Done(done)),
            Err(NotDone::Refused(refused)) => Ok(OperationOutcome::Refused(refused)),
            Err(NotDone::Db(error)) => Err(error),
        }
    }
}

/// Why an act was not done; nothing of it happened.
pub(super) enum NotDone {
    Refused(Refused),
    Db(DbError),
}

impl From<RefusalReason> for NotDone {
    fn from(reason: RefusalReason) -> Self {
        Self::Refused(Refused { reason, field: None })
    }
}

impl From<InvalidField> for NotDone {
    fn from(InvalidField { field, problem: _ }: InvalidField) -> Self {
        Self::Refused(Refused { reason: RefusalReason::Invalid, field: Some(field) })
    }
}

impl From<DbError> for NotDone {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl From<WriteError> for NotDone {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Db(error) => Self::Db(error),
            WriteError::NotFound => RefusalReason::NotFound.into(),
            WriteError::Forbidden => RefusalReason::Forbidden.into(),
            WriteError::Invalid { field, problem } => InvalidField::new(field, problem).into(),
            WriteError::InvalidField(error) => error.into(),
        }
    }
}

impl Write<'_> {
    fn carry_out(&mut self, operation: Operation, by: Editor, now: UnixMs) -> Result<Done, NotDone> {
        let act_hash = hash(&operation)?;
        if let Some(before) = self.find_operation(operation.id)? {
            let is_same = (before.member_id, &before.act_hash) == (by.member_id, &act_hash);
            return match is_same {
                true => Ok(Done { is_repeated: true, fields: before.fields }),
                false => Err(RefusalReason::OtherAct.into()),
            };
        }
        // Edits that were made without an operation have ids too, and a device could know of them.
        if self.is_edit(operation.id)? {
            return Err(RefusalReason::OtherAct.into());
        }
        // A clock that is ahead wins no race.
        let at = operation.at.min(now);
        let fields = match operation.act {
            Act::CreateLead(act) => self.create_lead(*act, by, at, now).map(|()| Vec::new())?,
            Act::EditLead(act) => self.edit_lead(operation.id, *act, by, at, now)?,
            Act::MergeLeads(act) => self.merge_leads(operation.id, act, by, at, now).map(|()| Vec::new())?,
            Act::Reply(act) => self.reply(act, by, now).map(|()| Vec::new())?,
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
        Ok(Done { is_repeated: false, fields })
    }

    fn create_lead(
        &mut self,
        CreateLead { lead_id, lead }: CreateLead,
        by: Editor,
        at: UnixMs,
        now: UnixMs,
    ) -> Result<(), NotDone> {
        if !by.sight().has(lead.owner_id) {
            return Err(RefusalReason::Forbidden.into());
        }
        self.require_member(lead.owner_id)?;
        if self.find_lead(lead_id, Sight::All)?.is_some() || self.is_buried("lead", &lead_id.to_string())? {
            return Err(RefusalReason::Taken.into());
        }
        self.check_custom(lead.custom.iter().map(|(id, value)| (*id, Some(value))))?;
        let lead = lead.into_lead(lead_id, at);
        self.require_stage(lead.stage_id)?;
        self.insert_lead(&lead)?;
        self.add_move(&lead, None, lead.stage_id, by.member_id, at, now)?;
        Ok(())
    }

    /// Queues an answer to a lead.
    fn reply(
        &mut self,
        Reply { message_id, conversation_id, body }: Reply,
        by: Editor,
        now: UnixMs,
    ) -> Result<(), NotDone> {
        let place = self.find_conversation(conversation_id, by.sight())?.ok_or(WriteError::NotFound)?;
        match ReplyBar::find(place.channel, place.state) {
            None => {}
            Some(ReplyBar::LeadDeleted) => return Err(RefusalReason::LeadDeleted.into()),
            Some(ReplyBar::CallNotes) => {
                return Err(InvalidField::new("conversation_id", "holds notes about calls").into());
            }
        }
        if self.find_message(message_id)?.is_some() || self.is_buried("message", &message_id.to_string())? {
            return Err(RefusalReason::Taken.into());
        }
        let message = Message {
            id: message_id,
            conversation_id,
            lead_id: place.lead_id,
            direction: Direction::Outbound,
            author_id: Some(by.member_id),
            body,
            status: DeliveryStatus::Queued,
            failure_reason: None,
            sent_at: now,
        };
        Ok(self.add_message(&message, place.owner.as_deref())?)
    }

    fn edit_lead(
        &mut self,
        id: OperationId,
        EditLead { lead_id, edit }: EditLead,
        by: Editor,
        at: UnixMs,
        now: UnixMs,
    ) -> Result<Vec<FieldResult>, NotDone> {
        let lead = self.find_lead(lead_id, by.sight())?.ok_or(WriteError::NotFound)?;
        if let Some(Edited { from, to }) = edit.state {
            by.require_change(from, to)?;
        }
        // Both sides: what loses is kept in the history, too.
        self.check_custom(
            edit.custom.iter().flat_map(|(id, edited)| [(*id, edited.from.as_ref()), (*id, edited.to.as_ref())]),
        )?;
        let last_move = self.find_last_move(&lead)?;
        let (wanted_move, changes) = (edit.stage_id.clone(), edit.changes());
        let merge = merge_lead(edit, at, &lead, last_move);
        if merge.patch.tags.as_ref().is_some_and(|tags| tags.len() > limits::TAGS) {
            return Err(InvalidField::new("tags", "are too many").into());
        }
        let superseded = FieldResult { field: LeadField::StageId, outcome: FieldOutcome::Superseded };
        if let Some(Edited { from, to }) = wanted_move.filter(|_| merge.fields.contains(&superseded)) {
            self.add_move(&lead, Some(from), to, by.member_id, at, now)?;
        }
        // By a clock that is behind it would come before the move that it follows.
        let moved_at = last_move.map_or(at, |last| last.max(at));
        self.patch_lead(lead, merge.patch, by, moved_at, now)?;
        self.record_edit(id, lead_id, by.member_id, at, FieldEdit::of_edit(changes, &merge.fields))?;
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
    /// A new lead of which nothing is known in the studio's own fields. Quotes within a text are escaped: no text reads so.
    const NO_VALUES: &str = r#","custom":{}"#;
    let Operation { id: _, at, act } = operation;
    // Without: an act that was done before there were such fields is the same when it is sent again.
    let text = serde_json::to_string(&(at, act))?.replace(NO_VALUES, "");
    Ok(hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(act: &str) -> String {
        let operation = format!(r#"{{"id":"01900000-0028-7000-8000-000000000001","at":7,"act":{act}}}"#);
        hash(&serde_json::from_str(&operation).expect("an operation")).expect("a hash")
    }

    fn create(notes: &str, custom: &str) -> String {
        let id = "01900000-0003-7000-8000-000000000000";
        let before = format!(r#""name":"Nora","email":null,"phone":null,"stage_id":"{id}","owner_id":null"#);
        let after =
            format!(r#""source":"manual","tags":[],"notes":{notes},"value_minor":null{custom},"first_touch":{{}}"#);
        format!(r#"{{"create_lead":{{"lead_id":"{id}","lead":{{{before},{after}}}}}}}"#)
    }

    #[test]
    fn an_act_that_knows_nothing_of_custom_fields_has_the_hash_that_it_had_before_there_were_any() {
        let id = "01900000-0003-7000-8000-000000000000";
        let edit = format!(r#"{{"edit_lead":{{"lead_id":"{id}","edit":{{"notes":{{"from":"","to":"rang"}}}}}}}}"#);
        for act in [create("\"\"", ""), edit] {
            let before = digest::digest(&digest::SHA256, format!("[7,{act}]").as_bytes());
            assert_eq!(hash_of(&act), hex(before.as_ref()), "{act}");
        }
        let value = format!(r#","custom":{{"{id}":{{"yes_no":true}}}}"#);
        let text = serde_json::to_string(r#"","custom":{}"#).expect("text");
        let acts = [create("\"\"", ""), create("\"\"", &value), create(&text, ""), create("\"\\\"\"", "")];
        let hashes: std::collections::HashSet<_> = acts.iter().map(|act| hash_of(act)).collect();
        assert_eq!(hashes.len(), 4, "the control: other acts have others");
        assert_eq!(hash_of(&create("\"\"", r#","custom":{}"#)), hash_of(&create("\"\"", "")));
    }
}
