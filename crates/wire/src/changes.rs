//! The change feed: `GET /v1/sync/changes[?cursor=…]` answers NDJSON, one [`Line`] a line.
//!
//! A response is `begin`, then changes interrupted by `page`, then `end`; or it stops with `failed`, or is cut.
//! Whatever stands before a `page` line belongs together: a client writes it and the page's cursor in one
//! transaction and may come back with that cursor at any later time. A `page` line may follow no change at all: it
//! says how far the server has looked without finding anything for this member, and its cursor is kept like any
//! other.
//!
//! With no cursor the server sends a snapshot: studio, members, stages and custom fields, then leads (with their conversations,
//! stage events and edits) and messages, newest activity first. With the cursor of a finished snapshot it sends what changed
//! since.
//!
//! A snapshot may tell a row twice, and tells messages of a lead whose own row only comes with the changes after
//! it, when colleagues write meanwhile: once those are pulled, all is as on the server. Pages of changes come in the
//! order of the studio's sequence; within one, rows come before what refers to them, and deletions last. When a
//! lead enters or leaves a member's sight, everything that hangs on it is told or to be forgotten, row by row.
//!
//! What the studio pays, its subscription and invoices, is told to those alone whose role may see it, at first with the
//! studio. When that changes with a member's role, the next response tells all of it or has it forgotten, before
//! anything else.
//!
//! `GET /v1/sync/events` (SSE) sends an event named `hint` when it begins, and whenever there may be something to
//! pull. It ends with the session, and when the server stops.

use domain::{
    Conversation, ConversationId, CustomField, Invoice, InvoiceId, Lead, LeadEditRecord, LeadId, Member, MemberId,
    Message, MessageId, OperationId, Stage, StageEvent, StageEventId, StageId, Studio, StudioId, Subscription, UnixMs,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::operation::ChainHead;

/// A line longer than this is refused unread, by both sides.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// A place in the feed. Opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// A row of the studio in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Row {
    Studio(Studio),
    Member(Member),
    Stage(Stage),
    CustomField(Box<CustomField>),
    Lead(Box<Lead>),
    Conversation(Conversation),
    Message(Message),
    StageEvent(StageEvent),
    LeadEdit(LeadEditRecord),
    Subscription(Box<Subscription>),
    Invoice(Box<Invoice>),
}

/// A row by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowId {
    Member(MemberId),
    Stage(StageId),
    Lead(LeadId),
    Conversation(ConversationId),
    Message(MessageId),
    StageEvent(StageEventId),
    /// By the operation that it was.
    LeadEdit(OperationId),
    /// The studio's one.
    Subscription(StudioId),
    Invoice(InvoiceId),
}

/// Rows in the whole of what this response and its resumptions will bring; an estimate that may move by
/// what colleagues do meanwhile. Studio, members, stages, custom fields, what is paid and the edits of leads are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    pub leads: u64,
    pub conversations: u64,
    pub messages: u64,
    pub stage_events: u64,
}

impl Totals {
    /// All rows together.
    pub const fn rows(&self) -> u64 {
        // A broken server may tell anything.
        self.leads.saturating_add(self.conversations).saturating_add(self.messages).saturating_add(self.stage_events)
    }
}

/// What a response is going to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedKind {
    Snapshot,
    Delta,
}

/// First line of a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Begin {
    pub kind: FeedKind,
    /// Of the whole snapshot, also when it is being resumed; zero for a delta.
    pub totals: Totals,
    /// Rows of the snapshot that came before the cursor this response resumes at.
    pub rows_before: u64,
    /// Names the unbroken run of the studio's changes. Another one than before: the server was put back to before, and may
    /// not know what it was told.
    pub epoch: String,
    /// The server's clock.
    pub now: UnixMs,
    /// How long this device may be used without reaching the server again, in seconds. Absent: as long as it was told before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_s: Option<u32>,
    /// What this device told last of the chain of its acts ([`crate::operation::Operations`]). A device that does not know it
    /// was put back to an older copy of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<ChainHead>,
}

/// A change the server announces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The row is now this.
    Upsert(Row),
    /// The row is gone for everyone.
    Delete(RowId),
    /// The row left this member's sight.
    Forget(RowId),
}

/// One line of the feed, as JSON with a single key: `{"change":{"upsert":{"lead":{…}}}}`, `{"page":"…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    Begin(Begin),
    Change(Change),
    /// Everything since the last `page`, which may be nothing, belongs together; continue here after a cut.
    Page(Cursor),
    /// All is told, up to this cursor.
    End(Cursor),
    /// The server failed in mid-stream.
    Failed(StreamFailure),
    /// A line of JSON that this version does not understand, as it came: a new kind of row, a new value. A client
    /// keeps it, so that a newer version can read it. Never sent.
    #[serde(skip)]
    Unreadable(UnreadableLine),
}

/// The server failed in mid-stream: the id to quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StreamFailure {
    pub request_id: String,
}

/// The text of a line that was not understood. May hold personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct UnreadableLine(pub String);

/// Written by hand: the line may hold personal data.
impl std::fmt::Debug for UnreadableLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UnreadableLine({} bytes)", self.0.len())
    }
}

/// What is wrong with a line, without its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("a line of the change feed is longer than {MAX_LINE_BYTES} bytes")]
    TooLong,
    #[error("a line of the change feed is not JSON in UTF-8")]
    Malformed,
}

impl Line {
    /// Reads one line, without its line feed.
    ///
    /// # Errors
    /// [`LineError::TooLong`] past [`MAX_LINE_BYTES`]; [`LineError::Malformed`] when it is not JSON. JSON that is
    /// merely unknown is no error but [`Line::Unreadable`].
    pub fn parse(line: &[u8]) -> Result<Self, LineError> {
        if line.len() > MAX_LINE_BYTES {
            return Err(LineError::TooLong);
        }
        serde_json::from_slice(line).or_else(|_| {
            let text = std::str::from_utf8(line).map_err(|_| LineError::Malformed)?;
            serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|_| LineError::Malformed)?;
            Ok(Self::Unreadable(UnreadableLine(text.to_owned())))
        })
    }

    /// Appends the line and its line feed to `out`.
    ///
    /// # Errors
    /// None in practice: every line is made of strings and numbers.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        serde_json::to_writer(&mut *out, self)?;
        out.push(b'\n');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roundtrip(line: &Line) -> Line {
        let mut bytes = Vec::new();
        line.write(&mut bytes).expect("lines serialise");
        assert_eq!(bytes.pop(), Some(b'\n'));
        assert!(!bytes.contains(&b'\n'), "one line is one line");
        Line::parse(&bytes).expect("what we write we read")
    }

    #[test]
    fn a_line_reads_back() {
        let conversation = Conversation {
            id: "01890000-0000-7000-8000-000000000001".parse().expect("id"),
            lead_id: "01890000-0000-7000-8000-000000000002".parse().expect("id"),
            channel: domain::Channel::Whatsapp,
            status: domain::ConversationStatus::Open,
            assignee_id: None,
            preview: "two\nlines".to_owned(),
            preview_direction: domain::Direction::Inbound,
            last_message_at: UnixMs(1),
            unread_count: 2,
        };
        for line in [
            Line::Page(Cursor("c".to_owned())),
            Line::Change(Change::Delete(RowId::Conversation(conversation.id))),
            Line::Change(Change::Upsert(Row::Conversation(conversation))),
        ] {
            assert_eq!(roundtrip(&line), line);
        }
    }

    #[test]
    fn unknown_json_is_kept_and_broken_json_is_an_error() {
        for unknown in [
            r#"{"change":{"upsert":{"booking":{"id":1}}}}"#,
            r#"{"change":{"upsert":{"lead":{"id":"no uuid"}}}}"#,
            r#"{"weather":"fine"}"#,
        ] {
            assert_eq!(
                Line::parse(unknown.as_bytes()),
                Ok(Line::Unreadable(UnreadableLine(unknown.to_owned()))),
                "{unknown}"
            );
        }
        for broken in ["", "{", "<html>", r#"{"change":"#] {
            assert_eq!(Line::parse(broken.as_bytes()), Err(LineError::Malformed), "{broken}");
        }
        assert_eq!(Line::parse(&[b'"', 0xff, b'"']), Err(LineError::Malformed));
        assert_eq!(Line::parse(&vec![b' '; MAX_LINE_BYTES + 1]), Err(LineError::TooLong));
    }
}
