//! The inbox: threads and their messages.

use domain::{
    Channel, ConversationId, ConversationStatus, Direction, LeadId, MemberId, Message, MessageId, OperationId,
    ReplyBar, StageId, UnixMs,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::outbox::OutboxState;
use super::search::Span;

/// A filing of conversations; every folder but the last two holds open ones only. Those of deleted leads are in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Folder {
    Open,
    Unread,
    /// Assigned to this member.
    Mine(MemberId),
    Unassigned,
    Snoozed,
    Archived,
}

/// Conversations in each folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct FolderCounts {
    pub open: u64,
    pub unread: u64,
    pub mine: u64,
    pub unassigned: u64,
    pub snoozed: u64,
    pub archived: u64,
}

/// One row of the conversation list.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ConversationRow {
    pub id: ConversationId,
    pub lead_id: LeadId,
    pub lead_name: String,
    pub stage_id: StageId,
    pub channel: Channel,
    pub status: ConversationStatus,
    pub assignee_id: Option<MemberId>,
    pub preview: String,
    pub preview_direction: Direction,
    pub last_message_at: UnixMs,
    /// Zero once this device has shown the newest message.
    pub unread_count: i64,
    /// Whether something was typed here and not sent.
    pub has_draft: bool,
    /// Why nobody is answered here.
    pub reply_bar: Option<ReplyBar>,
}

/// A stretch of the conversation list, newest first.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ConversationPage {
    /// Place of the first row in the whole folder.
    pub offset: u64,
    pub rows: Vec<ConversationRow>,
}

/// Where to read in a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum MessageAnchor {
    /// The newest messages.
    Newest,
    /// Those just before this one.
    Before(MessageId),
    /// Those just after this one.
    After(MessageId),
    /// This one in the middle, as a search hit is opened.
    Around(MessageId),
}

/// A stretch of a thread, oldest first.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct MessagePage {
    pub messages: Vec<Message>,
    pub has_older: bool,
    pub has_newer: bool,
    /// Whether older messages may still be on their way in the first sync.
    pub history_incomplete: bool,
    /// Where the words that were searched for stand, for those of the messages that hold them.
    pub found: Vec<MessageSpans>,
    /// Those of the messages that were written on this device and are not on the server, as far as is known.
    pub unsent: Vec<UnsentReply>,
}

/// A message of this device that waits to be sent, or was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct UnsentReply {
    pub message_id: MessageId,
    pub operation_id: OperationId,
    pub state: OutboxState,
    /// Whether it has certainly not left this device.
    pub can_take_back: bool,
}

/// What to highlight in one message.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct MessageSpans {
    pub message_id: MessageId,
    /// In the whole text, in order and without overlaps.
    pub spans: Vec<Span>,
}
