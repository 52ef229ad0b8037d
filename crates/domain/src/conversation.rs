//! Threads of the inbox (C1).

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{ConversationId, Direction, LeadId, MemberId, UnixMs};

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
