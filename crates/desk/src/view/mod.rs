//! What the window shows of the desk: sessions, status, export, and the events that tell it to look again.

mod billing;
mod edits;
mod event;
mod export;
mod healed;
mod import;
mod members;
mod session;
mod status;
mod views;

pub use billing::{BillingView, SubscriptionView};
pub use edits::{Acted, BulkChange, ConflictChoice, LeadCreated, MergePreview, Replied};
pub use event::{Changed, DeskEvent};
pub use export::{ExportFormat, ExportProgress, ExportRequest, ExportScope, ExportState};
pub use healed::{Healed, HealedBy};
pub use import::{
    Duplicates, ImportColumn, ImportCounts, ImportFile, ImportOutcome, ImportPlan, ImportProgress, ImportRow,
    ImportState,
};
pub use members::{ManagedMember, MembersView, PendingInvitation};
pub use session::{
    KeyStore, Phase, SessionView, SignInAgainRequest, SignInRequest, SignOutEnd, StartView, UnsentAudit, UnsentCounts,
};
pub use status::SyncStatus;
pub use sync::{Connection, FirstSync};
pub use views::SavedView;
