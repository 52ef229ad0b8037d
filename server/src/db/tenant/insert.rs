//! New rows of each kind, each with its place in the sequence of changes.

use domain::{Conversation, Lead, LeadEditRecord, Member, Message, Stage, StageEvent, Studio};

use super::write::{Tally, Write};
use crate::db::DbError;
use crate::db::rows::word;

const LEAD: &str = "INSERT INTO lead (id, name, email, phone, stage_id, owner_id, source, campaign, tags, notes, \
                    value_minor, state, first_touch, last_touch, created_at, updated_at, last_activity_at, custom, seq) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";
const CONVERSATION: &str = "INSERT INTO conversation (id, lead_id, channel, status, assignee_id, preview, \
                            preview_direction, last_message_at, unread_count, seq) \
                            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const MESSAGE: &str = "INSERT INTO message (id, conversation_id, lead_id, direction, author_id, body, status, \
                       failure_reason, sent_at, seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const STAGE_EVENT: &str = "INSERT INTO stage_event (id, lead_id, from_stage_id, to_stage_id, member_id, at, seq) \
                           VALUES ($1, $2, $3, $4, $5, $6, $7)";
const LEAD_EDIT: &str =
    "INSERT INTO lead_edit (id, lead_id, member_id, at, changes, seq) VALUES ($1, $2, $3, $4, $5, $6)";
const STAGE: &str = "INSERT INTO stage (id, name, position, colour, outcome, seq) VALUES ($1, $2, $3, $4, $5, $6)";

impl Write<'_> {
    /// Describes the studio, or describes it anew.
    pub(super) fn put_studio(&mut self, studio: &Studio) -> Result<(), DbError> {
        const CHANGE: &str = "UPDATE studio SET name = $2, brand_colour = $3, time_zone = $4, currency = $5, seq = $6 \
                              WHERE id = $1";
        const NEW: &str = "INSERT INTO studio (id, name, brand_colour, time_zone, currency, seq) \
                           VALUES ($1, $2, $3, $4, $5, $6)";
        let id = studio.id.to_string();
        let parameters = [
            (&id).into(),
            (&studio.name).into(),
            (&studio.brand_colour).into(),
            (&studio.time_zone).into(),
            (&studio.currency).into(),
            self.next_seq(),
        ];
        if self.tx().execute(CHANGE, &parameters)? == 0 {
            self.tx().execute(NEW, &parameters)?;
        }
        Ok(())
    }

    /// Adds a member, or changes one.
    pub(super) fn put_member(&mut self, member: &Member) -> Result<(), DbError> {
        const CHANGE: &str =
            "UPDATE member SET name = $2, email = $3, role = $4, is_former = $5, seq = $6 WHERE id = $1";
        const NEW: &str = "INSERT INTO member (id, name, email, role, is_former, seq) VALUES ($1, $2, $3, $4, $5, $6)";
        let (id, role) = (member.id.to_string(), word(member.role)?);
        let parameters = [
            (&id).into(),
            (&member.name).into(),
            (&member.email).into(),
            (&role).into(),
            i64::from(member.is_former).into(),
            self.next_seq(),
        ];
        if self.tx().execute(CHANGE, &parameters)? == 0 {
            self.tx().execute(NEW, &parameters)?;
        }
        Ok(())
    }

    pub(super) fn insert_stage(&mut self, stage: &Stage) -> Result<(), DbError> {
        let (id, outcome) = (stage.id.to_string(), word(stage.outcome)?);
        self.tx().submit(
            STAGE,
            &[
                (&id).into(),
                (&stage.name).into(),
                stage.position.into(),
                (&stage.colour).into(),
                (&outcome).into(),
                self.next_seq(),
            ],
        )?;
        Ok(())
    }

    pub(super) fn insert_lead(&mut self, lead: &Lead) -> Result<(), DbError> {
        let owner = lead.owner_id.map(|id| id.to_string());
        self.tx().submit(
            LEAD,
            &[
                (&lead.id.to_string()).into(),
                (&lead.name).into(),
                lead.email.as_ref().into(),
                lead.phone.as_ref().map(domain::Phone::as_str).into(),
                (&lead.stage_id.to_string()).into(),
                owner.as_ref().into(),
                (&word(lead.source)?).into(),
                lead.campaign.as_ref().into(),
                (&serde_json::to_string(&lead.tags)?).into(),
                (&lead.notes).into(),
                lead.value_minor.into(),
                (&word(lead.state)?).into(),
                (&serde_json::to_string(&lead.first_touch)?).into(),
                (&serde_json::to_string(&lead.last_touch)?).into(),
                lead.created_at.0.into(),
                lead.updated_at.0.into(),
                lead.last_activity_at.0.into(),
                (&serde_json::to_string(&lead.custom)?).into(),
                self.next_seq(),
            ],
        )?;
        self.count(owner.as_deref(), Tally { leads: 1, ..Tally::default() });
        Ok(())
    }

    /// `owner` is that of the conversation's lead.
    pub(super) fn insert_conversation(
        &mut self,
        conversation: &Conversation,
        owner: Option<&str>,
    ) -> Result<(), DbError> {
        self.tx().submit(
            CONVERSATION,
            &[
                (&conversation.id.to_string()).into(),
                (&conversation.lead_id.to_string()).into(),
                (&word(conversation.channel)?).into(),
                (&word(conversation.status)?).into(),
                conversation.assignee_id.map(|id| id.to_string()).as_ref().into(),
                (&conversation.preview).into(),
                (&word(conversation.preview_direction)?).into(),
                conversation.last_message_at.0.into(),
                conversation.unread_count.into(),
                self.next_seq(),
            ],
        )?;
        self.count(owner, Tally { conversations: 1, ..Tally::default() });
        Ok(())
    }

    /// `owner` is that of the message's lead.
    pub(super) fn insert_message(&mut self, message: &Message, owner: Option<&str>) -> Result<(), DbError> {
        self.tx().submit(
            MESSAGE,
            &[
                (&message.id.to_string()).into(),
                (&message.conversation_id.to_string()).into(),
                (&message.lead_id.to_string()).into(),
                (&word(message.direction)?).into(),
                message.author_id.map(|id| id.to_string()).as_ref().into(),
                (&message.body).into(),
                (&word(message.status)?).into(),
                message.failure_reason.as_ref().into(),
                message.sent_at.0.into(),
                self.next_seq(),
            ],
        )?;
        self.count(owner, Tally { messages: 1, ..Tally::default() });
        Ok(())
    }

    /// `owner` is that of the event's lead.
    pub(super) fn insert_stage_event(&mut self, event: &StageEvent, owner: Option<&str>) -> Result<(), DbError> {
        self.tx().submit(
            STAGE_EVENT,
            &[
                (&event.id.to_string()).into(),
                (&event.lead_id.to_string()).into(),
                event.from_stage_id.map(|id| id.to_string()).as_ref().into(),
                (&event.to_stage_id.to_string()).into(),
                event.member_id.map(|id| id.to_string()).as_ref().into(),
                event.at.0.into(),
                self.next_seq(),
            ],
        )?;
        self.count(owner, Tally { stage_events: 1, ..Tally::default() });
        Ok(())
    }

    pub(super) fn insert_lead_edit(&mut self, edit: &LeadEditRecord) -> Result<(), DbError> {
        self.tx().submit(
            LEAD_EDIT,
            &[
                (&edit.id.to_string()).into(),
                (&edit.lead_id.to_string()).into(),
                (&edit.member_id.to_string()).into(),
                edit.at.0.into(),
                (&serde_json::to_string(&edit.changes)?).into(),
                self.next_seq(),
            ],
        )
    }
}
