//! Search over leads and all message text.

use domain::{ConversationId, LeadId, LeadState, MemberId, MessageId, StageId, UnixMs};
use serde::Serialize;
use ts_rs::TS;

/// A stretch of text to highlight, in UTF-16 code units, as JavaScript counts: `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

/// The field of a lead in which the words were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum MatchedField {
    Name,
    Phone,
    Email,
}

/// A lead that matches.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct LeadHit {
    pub lead_id: LeadId,
    pub name: String,
    pub stage_id: StageId,
    pub owner_id: Option<MemberId>,
    /// Active or archived.
    pub state: LeadState,
    /// In `name`.
    pub name_spans: Vec<Span>,
    /// The other field the words were found in, with its text.
    pub matched: MatchedField,
    pub matched_text: String,
    pub matched_spans: Vec<Span>,
}

/// A message that matches.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct MessageHit {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub lead_id: LeadId,
    pub lead_name: String,
    pub sent_at: UnixMs,
    /// The part of the text around the first match, at most 160 characters.
    pub snippet: String,
    pub snippet_spans: Vec<Span>,
}

/// What was searched, so that "nothing found" can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Coverage {
    pub leads: u64,
    pub messages: u64,
    /// False while the first sync is still bringing rows.
    pub is_complete: bool,
    /// False when the words are too short to look for inside messages.
    pub messages_searched: bool,
}

/// What was found, best first.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct SearchResults {
    pub leads: Vec<LeadHit>,
    /// Whether more leads match, or may: in large studios a search stops before it has looked at every candidate.
    pub more_leads: bool,
    pub messages: Vec<MessageHit>,
    /// The same for messages.
    pub more_messages: bool,
    pub coverage: Coverage,
    /// How long the search took, in microseconds.
    pub elapsed_us: u64,
}
