//! Floor 0: the words and rules of a studio's front desk.
//!
//! Owns the types every other crate speaks in, and the policy that can be decided from data alone.
//! Never does I/O, never reads a clock, never draws randomness: those are passed in.

mod billing;
mod contact;
mod conversation;
mod custom;
mod edit;
mod fold;
mod id;
mod lead;
mod lease;
pub mod limits;
mod membership;
mod message;
mod phone;
mod role;
mod stage;
mod studio;
mod time;

pub use billing::{
    BillingText, Currency, EXPORT_WINDOW_MS, InvalidBilling, InvalidBillingText, Invoice, InvoiceStatus, Recording,
    Standing, StripeCustomerId, StripeInvoiceId, StripePaymentId, StripeSubscriptionId, Subscription,
    SubscriptionStatus,
};
pub use contact::ContactKey;
pub use conversation::{Channel, Conversation, ConversationStatus, PREVIEW_CHARS, ReplyBar};
pub use custom::{ChoiceOption, CustomField, CustomFieldForm, CustomKind, CustomValue, CustomValues, custom_path};
pub use edit::{
    Edited, FieldChange, FieldEdit, FieldOutcome, FieldResult, FieldValue, InvalidField, LeadEdit, LeadEditRecord,
    LeadField, LeadMerge, MergeProblem, check_filled_line, check_line, check_message_body, check_text, is_email,
    merge_lead, unite_leads,
};
pub use fold::fold;
pub use id::{
    ChoiceOptionId, ConversationId, CustomFieldId, DeviceId, InvalidId, InvitationId, InvoiceId, LeadId, MemberId,
    MessageId, OperationId, StageEventId, StageId, StudioId,
};
pub use lead::{Lead, LeadPatch, LeadState, NewLead, Source, Touch};
pub use lease::{DEFAULT_LEASE_MS, Lease};
pub use membership::{MemberRefusal, Subject, check_change_role, check_invite, check_remove};
pub use message::{DeliveryStatus, Direction, Message};
pub use phone::{InvalidPhone, Phone};
pub use role::{Permission, Role};
pub use stage::{Stage, StageEvent, StageOutcome};
pub use studio::{Member, Studio};
pub use time::UnixMs;
