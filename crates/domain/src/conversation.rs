//! Threads of the inbox (C1).

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{ConversationId, Direction, LeadId, LeadState, MemberId, UnixMs};

/// How a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Channel {
    Whatsapp,
    Email,
    Sms,
    Instagram,
    WebChat,
    /// A note about a call: nothing was sent.
    CallNote,
}

/// Why nobody is answered in a conversation, whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ReplyBar {
    /// It holds notes about calls.
    CallNotes,
    LeadDeleted,
}

impl ReplyBar {
    /// What stands in the way of an answer on this channel to a lead in this state.
    pub const fn find(channel: Channel, lead: LeadState) -> Option<Self> {
        match (channel, lead) {
            (_, LeadState::Deleted) => Some(Self::LeadDeleted),
            (Channel::CallNote, LeadState::Active | LeadState::Archived) => Some(Self::CallNotes),
            (
                Channel::Whatsapp | Channel::Email | Channel::Sms | Channel::Instagram | Channel::WebChat,
                LeadState::Active | LeadState::Archived,
            ) => None,
        }
    }
}

/// Where a conversation is filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ConversationStatus {
    Open,
    Snoozed,
    Archived,
}

/// A thread with one lead on one channel, with what the list shows of its newest message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Conversation {
    pub id: ConversationId,
    pub lead_id: LeadId,
    pub channel: Channel,
    pub status: ConversationStatus,
    #[schema(required)]
    pub assignee_id: Option<MemberId>,
    /// Start of the newest message's text, at most 160 characters.
    pub preview: String,
    pub preview_direction: Direction,
    pub last_message_at: UnixMs,
    /// Inbound messages that nobody at the studio has opened.
    pub unread_count: i64,
}

/// Characters of a message that its conversation shows in lists.
pub const PREVIEW_CHARS: usize = 160;

impl Conversation {
    /// The conversation once the studio has said something in it at this time. What a newer message shows stays.
    #[must_use]
    pub fn answered(mut self, body: &str, at: UnixMs) -> Self {
        if self.last_message_at <= at {
            self.preview = body.chars().take(PREVIEW_CHARS).collect();
            self.preview_direction = Direction::Outbound;
            self.last_message_at = at;
            self.unread_count = 0;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_answered_on_a_note_or_after_they_were_deleted() {
        for (channel, state, bar) in [
            (Channel::Whatsapp, LeadState::Active, None),
            (Channel::Email, LeadState::Archived, None),
            (Channel::CallNote, LeadState::Active, Some(ReplyBar::CallNotes)),
            (Channel::CallNote, LeadState::Deleted, Some(ReplyBar::LeadDeleted)),
            (Channel::Sms, LeadState::Deleted, Some(ReplyBar::LeadDeleted)),
        ] {
            assert_eq!(ReplyBar::find(channel, state), bar, "{channel:?} {state:?}");
        }
    }
}
