//! The integers that stand for enums in the tables. They are on disk: a code never changes its meaning.

use domain::{
    Channel, ConversationStatus, DeliveryStatus, Direction, InvoiceStatus, LeadState, Role, Source, StageOutcome,
    SubscriptionStatus,
};

use crate::StoreError;
use crate::table::outbox::ActState;

/// An enum that is stored as an integer.
pub(crate) trait Code: Copy + Sized {
    fn code(self) -> i64;
    /// # Errors
    /// [`StoreError::Damaged`] for an integer that was never a code.
    fn from_code(code: i64) -> Result<Self, StoreError>;
}

macro_rules! codes {
    ($($name:ident { $($variant:ident = $code:literal),+ $(,)? })+) => {$(
        impl Code for $name {
            fn code(self) -> i64 {
                match self { $(Self::$variant => $code),+ }
            }
            fn from_code(code: i64) -> Result<Self, StoreError> {
                match code { $($code => Ok(Self::$variant),)+ _ => Err(StoreError::Damaged) }
            }
        }
    )+};
}

codes! {
    Source {
        Manual = 0, CsvImport = 1, CaptureForm = 2, Webhook = 3, MetaLeadAd = 4, GoogleLeadForm = 5, GoogleSheet = 6,
        Message = 7, Referral = 8,
    }
    LeadState { Active = 0, Archived = 1, Deleted = 2 }
    Channel { Whatsapp = 0, Email = 1, Sms = 2, Instagram = 3, WebChat = 4, CallNote = 5 }
    ConversationStatus { Open = 0, Snoozed = 1, Archived = 2 }
    Direction { Inbound = 0, Outbound = 1 }
    DeliveryStatus { Queued = 0, Sent = 1, Delivered = 2, Read = 3, Failed = 4, Blocked = 5 }
    Role { Admin = 0, Owner = 1, Manager = 2, Sales = 3 }
    StageOutcome { Open = 0, Won = 1, Lost = 2 }
    SubscriptionStatus {
        Trialing = 0, Active = 1, PastDue = 2, Canceled = 3, Unpaid = 4, Incomplete = 5, IncompleteExpired = 6,
        Paused = 7,
    }
    ActState { Waiting = 0, Done = 1, Settling = 2, Refused = 3, Kept = 4 }
    InvoiceStatus { Draft = 0, Open = 1, Paid = 2, Uncollectible = 3, Void = 4 }
}
