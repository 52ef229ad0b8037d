//! Recording what was said.

use domain::{
    Channel, ConversationId, DeliveryStatus, Direction, LeadId, LeadState, MemberId, Message, MessageId, PREVIEW_CHARS,
    UnixMs,
};
use wire::write::RecordMessage;

use super::write::{Write, WriteError};
use super::{Sight, Tenant};
use crate::db::DbError;
use crate::db::rows::{MessageRow, columns, from_word, to_domain, word};

pub(super) const FIND_CONVERSATION: &str = "SELECT c.lead_id, l.owner_id, l.state, c.channel FROM conversation c JOIN lead l ON l.id = c.lead_id \
                                 WHERE c.id = $1 AND ($2 = '' OR l.owner_id IS NULL OR l.owner_id = $2)";
pub(super) const FIND_MESSAGE: &str = concat!("SELECT ", columns!(message), " FROM message m WHERE m.id = $1");
/// What a newer message shows already stays.
pub(super) const UPDATE_CONVERSATION: &str = "UPDATE conversation SET \
     preview = CASE WHEN last_message_at <= $2 THEN $3 ELSE preview END, \
     preview_direction = CASE WHEN last_message_at <= $2 THEN $4 ELSE preview_direction END, \
     last_message_at = CASE WHEN last_message_at <= $2 THEN $2 ELSE last_message_at END, \
     unread_count = CASE WHEN $4 = 'inbound' THEN unread_count + 1 ELSE 0 END, \
     seq = $5 WHERE id = $1";
pub(super) const UPDATE_LEAD: &str = "UPDATE lead SET \
     last_activity_at = CASE WHEN last_activity_at <= $2 THEN $2 ELSE last_activity_at END, seq = $3 WHERE id = $1";

/// A message, and whether it is new.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) message: Message,
    pub(crate) is_new: bool,
}

impl Tenant {
    /// Records a message of a conversation within `sight`, as said now. What the studio says is `member_id`'s and
    /// answers what was unread. The same message again changes nothing.
    ///
    /// # Errors
    /// [`WriteError::NotFound`] for the conversation; [`WriteError::Invalid`] when the id is another message's.
    pub(crate) async fn record_message(
        &self,
        conversation_id: ConversationId,
        record: RecordMessage,
        member_id: MemberId,
        sight: Sight,
        now: UnixMs,
    ) -> Result<Recorded, WriteError> {
        self.change(move |write| {
            let Place { lead_id, owner, .. } =
                write.find_conversation(conversation_id, sight)?.ok_or(WriteError::NotFound)?;
            if let Some(message) = write.find_message(record.id)? {
                let same = message.conversation_id == conversation_id
                    && message.direction == record.direction
                    && message.body == record.body;
                return if same {
                    Ok(Recorded { message, is_new: false })
                } else {
                    Err(WriteError::Invalid { field: "id", problem: "is the id of another message" })
                };
            }
            if write.is_buried("message", &record.id.to_string())? {
                return Err(WriteError::Invalid { field: "id", problem: "is the id of a deleted message" });
            }
            let message = said(record, conversation_id, lead_id, member_id, now);
            write.add_message(&message, owner.as_deref())?;
            Ok(Recorded { message, is_new: true })
        })
        .await
    }
}

/// Where something is said.
pub(super) struct Place {
    pub(super) lead_id: LeadId,
    /// The lead's.
    pub(super) owner: Option<String>,
    pub(super) state: LeadState,
    pub(super) channel: Channel,
}

fn said(
    record: RecordMessage,
    conversation_id: ConversationId,
    lead_id: LeadId,
    member_id: MemberId,
    now: UnixMs,
) -> Message {
    let (author_id, status) = match record.direction {
        Direction::Inbound => (None, DeliveryStatus::Delivered),
        Direction::Outbound => (Some(member_id), DeliveryStatus::Sent),
    };
    Message {
        id: record.id,
        conversation_id,
        lead_id,
        direction: record.direction,
        author_id,
        body: record.body,
        status,
        failure_reason: None,
        sent_at: now,
    }
}

impl Write<'_> {
    pub(super) fn find_conversation(
        &self,
        conversation_id: ConversationId,
        sight: Sight,
    ) -> Result<Option<Place>, DbError> {
        let (id, sight) = (conversation_id.to_string(), sight.parameter());
        self.tx().find(FIND_CONVERSATION, &[(&id).into(), (&sight).into()], |row| {
            Ok(Place {
                lead_id: row.parsed(0)?,
                owner: row.opt_text(1)?.map(ToOwned::to_owned),
                state: from_word(row.text(2)?, 2)?,
                channel: from_word(row.text(3)?, 3)?,
            })
        })
    }

    pub(super) fn find_message(&self, message_id: MessageId) -> Result<Option<Message>, DbError> {
        let id = message_id.to_string();
        self.tx().find(FIND_MESSAGE, &[(&id).into()], |row| to_domain(&MessageRow::read(row)?))
    }

    /// Adds a message, which its conversation shows and its lead was active by. `owner` is that of the lead.
    pub(super) fn add_message(&mut self, message: &Message, owner: Option<&str>) -> Result<(), DbError> {
        self.insert_message(message, owner)?;
        let preview: String = message.body.chars().take(PREVIEW_CHARS).collect();
        self.tx().submit(
            UPDATE_CONVERSATION,
            &[
                (&message.conversation_id.to_string()).into(),
                message.sent_at.0.into(),
                (&preview).into(),
                (&word(message.direction)?).into(),
                self.next_seq(),
            ],
        )?;
        self.tx()
            .submit(UPDATE_LEAD, &[(&message.lead_id.to_string()).into(), message.sent_at.0.into(), self.next_seq()])?;
        Ok(())
    }
}
