//! Identifiers: newtypes over UUID, so that one kind can never be passed for another.
//!
//! New ones are version 7 (RFC 9562 §5.7): they sort by creation time, which keeps B-trees dense.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;
use uuid::Uuid;

/// The text is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
        #[serde(transparent)]
        #[ts(export, type = "string")]
        #[schema(value_type = Uuid)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps an existing UUID.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }

            /// The 16 bytes, as the cache stores them.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// From the 16 bytes the cache stores.
            ///
            /// # Errors
            /// [`InvalidId`] when there are not exactly 16.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, InvalidId> {
                Uuid::from_slice(bytes).map(Self).map_err(|_| InvalidId)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId)
            }
        }
    )+};
}

ids! {
    /// A studio: the tenant.
    StudioId,
    /// A person who works at a studio and signs in.
    MemberId,
    /// A device a member signed in on.
    DeviceId,
    /// An invitation to become a member.
    InvitationId,
    /// A lead: a person who enquired.
    LeadId,
    /// A stage of the studio's pipeline.
    StageId,
    /// One move of a lead between stages.
    StageEventId,
    /// A thread with one lead on one channel.
    ConversationId,
    /// One message of a conversation.
    MessageId,
    /// One act of a device, done at most once.
    OperationId,
    /// A field that a studio defined for its leads.
    CustomFieldId,
    /// One option of a choice among such fields.
    ChoiceOptionId,
    /// One invoice for the studio's subscription.
    InvoiceId,
}
