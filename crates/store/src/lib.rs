//! Floor 2: the encrypted local cache.
//!
//! Owns one SQLCipher file per account: how it is opened, its tables, its search index, and every question the
//! screens and the sync engine ask of it. One connection writes, a few `query_only` ones read. Never touches the
//! network, never keeps the key, never deletes a file it can't read, never writes plain text.
//!
//! All calls block; an async caller wraps them.

mod apply;
mod cache;
mod cipher;
mod code;
mod error;
mod inbox;
mod leads;
mod migrations;
mod model;
mod open;
mod outbox;
mod pull;
pub mod read;
mod rebuild;
mod scrub;
mod seal;
mod search;
mod table;
mod walk;

#[cfg(test)]
mod apply_tests;
#[cfg(test)]
mod billing_tests;
#[cfg(test)]
mod contact_key_tests;
#[cfg(test)]
mod creation_tests;
#[cfg(test)]
mod custom_field_tests;
#[cfg(test)]
mod merge_tests;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod open_tests;
#[cfg(test)]
mod outbox_tests;
#[cfg(test)]
mod reply_tests;
#[cfg(test)]
mod state_tests;
#[cfg(test)]
mod testing;

pub use cache::Cache;
pub use error::StoreError;
pub use model::{CacheIdentity, ExportLead, LeadScope, StoredView};
pub use outbox::merge::{Merged, NewMerge};
pub use outbox::{Edited, LeadCreation, NewEdit, NewReply, TakenBack, Verdict};
pub use pull::{Applied, PageProgress, PullPage, SnapshotProgress, SyncState};
pub use rebuild::{Rebuilt, rebuild};
