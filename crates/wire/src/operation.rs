//! What staff did on a device, perhaps offline: `POST /v1/sync/operations` with [`Operations`] → [`OperationResults`].
//!
//! A device keeps each act until it has its result, and sends it again as it was when it does not know whether it arrived:
//! the id makes sure that it is done at most once, however often it is sent, and is kept for ever. Acts on the same
//! target are done in the order they are sent in; targets are the leads that an act names, or its conversation.
//!
//! What is refused is not kept: the same operation may be sent again once what stood in its way is gone.

use domain::{
    ConversationId, FieldResult, InvalidField, LeadEdit, LeadId, MessageId, NewLead, OperationId, UnixMs,
    check_message_body,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Operations in one request, at most.
pub const MAX_OPERATIONS: usize = 100;

/// Acts in the order they happened; at most 100.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Operations {
    /// What [`crate::changes::Begin`] or the results before told last. When the server was put back meanwhile, all of them
    /// are refused with `cursor_invalid`: they were made on what it does not know any more, and are to be sent again after
    /// all that it has forgotten. Absent before anything was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    #[schema(max_items = 100)]
    pub operations: Vec<Operation>,
    /// How far the chain of this device's acts has come, those in this request included. [`crate::changes::Begin`] tells it
    /// back, so that a device which was put back to an older copy of itself learns of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<ChainHead>,
}

/// A place in the chain of a device's acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainHead {
    /// The number of the act, by the device's own count.
    #[schema(maximum = 9007199254740991_i64)]
    pub act: u64,
    pub link: ChainLink,
}

/// SHA-256 of the link before and the act, as the device makes them; 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
pub struct ChainLink(pub [u8; 32]);

/// What is no link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not 64 hexadecimal digits")]
pub struct InvalidLink;

impl TryFrom<String> for ChainLink {
    type Error = InvalidLink;

    fn try_from(text: String) -> Result<Self, InvalidLink> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(InvalidLink),
        };
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return Err(InvalidLink) };
        let bytes =
            pairs.iter().map(|[high, low]| Ok(digit(*high)? << 4 | digit(*low)?)).collect::<Result<Vec<_>, _>>()?;
        bytes.try_into().map(Self).map_err(|_| InvalidLink)
    }
}

impl From<ChainLink> for String {
    fn from(ChainLink(bytes): ChainLink) -> Self {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// One act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Chosen by the device; the same id again is the same act.
    pub id: OperationId,
    /// By the device's clock. Of two moves of a lead the later one stands; what is in the future counts as now.
    pub at: UnixMs,
    pub act: Act,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    CreateLead(Box<CreateLead>),
    EditLead(Box<EditLead>),
    MergeLeads(MergeLeads),
    Reply(Reply),
}

impl Act {
    /// What it is about: leads and conversations, by their ids. Acts that share one are done in their order.
    pub fn targets(&self) -> Vec<Uuid> {
        match self {
            Self::Reply(act) => vec![*act.conversation_id.as_uuid()],
            _ => self.leads().iter().map(|id| *id.as_uuid()).collect(),
        }
    }

    /// The leads it names.
    pub fn leads(&self) -> Vec<LeadId> {
        match self {
            Self::CreateLead(act) => vec![act.lead_id],
            Self::EditLead(act) => vec![act.lead_id],
            Self::MergeLeads(MergeLeads { lead_id, duplicate_id }) => vec![*lead_id, *duplicate_id],
            Self::Reply(_) => Vec::new(),
        }
    }

    /// What can be told wrong without asking the studio.
    ///
    /// # Errors
    /// The first field that is.
    pub fn check(&self) -> Result<(), InvalidField> {
        match self {
            Self::CreateLead(act) => act.lead.check(),
            Self::EditLead(act) => act.edit.wanted().check(),
            Self::MergeLeads(MergeLeads { lead_id, duplicate_id }) if lead_id == duplicate_id => {
                Err(InvalidField::new("duplicate_id", "is the lead itself"))
            }
            Self::MergeLeads(_) => Ok(()),
            Self::Reply(act) => check_message_body(&act.body),
        }
    }

    /// The edit, if it is one.
    pub const fn as_edit(&self) -> Option<&EditLead> {
        match self {
            Self::EditLead(act) => Some(act),
            Self::CreateLead(_) | Self::MergeLeads(_) | Self::Reply(_) => None,
        }
    }

    /// The merge, if it is one.
    pub const fn as_merge(&self) -> Option<MergeLeads> {
        match self {
            Self::MergeLeads(act) => Some(*act),
            Self::CreateLead(_) | Self::EditLead(_) | Self::Reply(_) => None,
        }
    }

    /// The lead that it adds.
    pub const fn created_lead(&self) -> Option<LeadId> {
        match self {
            Self::CreateLead(act) => Some(act.lead_id),
            Self::EditLead(_) | Self::MergeLeads(_) | Self::Reply(_) => None,
        }
    }
}

/// Somebody enquired and was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateLead {
    /// Chosen by the device.
    pub lead_id: LeadId,
    /// A seller's own, or nobody's.
    pub lead: NewLead,
}

/// Some fields of a lead were edited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditLead {
    pub lead_id: LeadId,
    pub edit: LeadEdit,
}

/// Two leads are one person: what hangs on the duplicate comes to the lead, which takes over what it lacks itself, and the
/// duplicate becomes a deleted one with nothing on it. Needs the permission to delete leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeLeads {
    pub lead_id: LeadId,
    pub duplicate_id: LeadId,
}

/// The member answers a lead. It is queued; by the server's clock it was said when it arrived.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Chosen by the device.
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    /// Not blank; at most 65,536 bytes.
    pub body: String,
}

/// Written by hand: message text never reaches a log.
impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("message_id", &self.message_id)
            .field("conversation_id", &self.conversation_id)
            .finish_non_exhaustive()
    }
}

/// One for each operation, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OperationResults {
    /// As [`crate::changes::Begin`] tells it.
    pub epoch: String,
    pub results: Vec<OperationResult>,
    /// As [`crate::changes::Begin`] tells it: what was told before this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<ChainHead>,
}

/// What became of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OperationResult {
    pub id: OperationId,
    pub outcome: OperationOutcome,
}

/// What became of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationOutcome {
    /// It is done, now or when it was first sent.
    Done(Done),
    /// It was not done.
    Refused(Refused),
    /// It was not looked at: an operation before it on the same target was not done.
    Held,
}

/// An operation is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Done {
    /// Whether it was done before, and this is what became of it then.
    pub is_repeated: bool,
    /// What became of each field that was edited; empty for what is no edit.
    pub fields: Vec<FieldResult>,
}

/// Why an operation was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refused {
    pub reason: RefusalReason,
    /// The field that an invalid operation is invalid for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// Why an operation was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// The target does not exist, or not in this member's sight.
    NotFound,
    /// What it asks for can't be: a stage or an owner that the studio does not have, too many tags.
    Invalid,
    /// Its id is that of another act.
    OtherAct,
    /// The member's role may not.
    Forbidden,
    /// The id that it chose is or was another's.
    Taken,
    /// The lead was deleted.
    LeadDeleted,
    /// From a newer server.
    #[serde(other, skip_serializing)]
    Unknown,
}
