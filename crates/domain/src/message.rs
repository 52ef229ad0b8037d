//! Messages and how far they got (C2).

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::{ConversationId, LeadId, MemberId, MessageId, UnixMs};

/// Who spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Direction {
    /// The lead wrote to the studio.
    Inbound,
    /// The studio wrote to the lead.
    Outbound,
}

/// How far an outbound message got. Inbound ones are `Delivered` from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DeliveryStatus {
    Queued,
    Sent,
    Delivered,
    Read,
    /// The provider refused it; the reason is in [`Message::failure_reason`].
    Failed,
    /// We refused it, before any provider saw it.
    Blocked,
}

impl DeliveryStatus {
    /// The status after `reported` came in. Reports arrive in any order; a message never goes back
    /// (C2), and what failed or was blocked stays so.
    #[must_use]
    pub fn advanced_by(self, reported: Self) -> Self {
        if reported.rank() > self.rank() { reported } else { self }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Sent => 1,
            Self::Delivered => 2,
            Self::Read => 3,
            Self::Failed => 4,
            Self::Blocked => 5,
        }
    }
}

/// One message of a conversation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub lead_id: LeadId,
    pub direction: Direction,
    /// The member who wrote it; absent for inbound and automatic messages.
    #[schema(required)]
    pub author_id: Option<MemberId>,
    /// Hostile text: whatever the other side typed.
    pub body: String,
    pub status: DeliveryStatus,
    #[schema(required)]
    pub failure_reason: Option<String>,
    pub sent_at: UnixMs,
}

/// Written by hand: message text never reaches a log.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("direction", &self.direction)
            .field("status", &self.status)
            .field("sent_at", &self.sent_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::DeliveryStatus::{Blocked, Delivered, Failed, Queued, Read, Sent};

    #[test]
    fn a_status_never_goes_backwards() {
        // (is, reported, becomes)
        for (is, reported, becomes) in [
            (Queued, Sent, Sent),
            (Sent, Read, Read),
            (Read, Delivered, Read),
            (Read, Sent, Read),
            (Sent, Failed, Failed),
            (Failed, Delivered, Failed),
            (Blocked, Sent, Blocked),
        ] {
            assert_eq!(is.advanced_by(reported), becomes, "{is:?} + {reported:?}");
        }
    }
}
