//! Read models: the questions the screens ask of the cache, and the shapes of the answers.
//!
//! Pure data; the queries that fill them stand beside their tables.

mod inbox;
mod leads;
mod outbox;
mod search;

pub use inbox::{
    ConversationPage, ConversationRow, Folder, FolderCounts, MessageAnchor, MessagePage, MessageSpans, UnsentReply,
};
pub use leads::{
    CustomFilter, CustomTest, KnownLead, LeadColumn, LeadDetail, LeadFilter, LeadPage, LeadQuery, LeadRow, LeadSort,
    OwnerFilter, PendingMerge,
};
pub use outbox::{ConflictRow, FieldConflict, OutboxAct, OutboxCounts, OutboxRefusal, OutboxRow, OutboxState};
pub use search::{Coverage, LeadHit, MatchedField, MessageHit, SearchResults, Span};
