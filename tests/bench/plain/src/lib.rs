//! The cache without its encryption: the yardstick of `make bench`.
//!
//! Compiles the sources of `crates/store` a second time, all but those that open files and seal them,
//! which are `open.rs` and `seal.rs` here. So
//! both sides of a comparison run the same statements with the same code around them, and the store that ships has no
//! switch, feature or line that could open a plain file. Never part of the app: `scripts/floors.mjs` sees to that.

// The sources bring their own tests along, which run where they belong.
#![cfg(not(test))]
#![allow(dead_code, reason = "some of the store's code serves only its own opening")]

#[path = "../../../../crates/store/src/apply.rs"]
mod apply;
#[path = "../../../../crates/store/src/cache/mod.rs"]
mod cache;
#[path = "../../../../crates/store/src/code.rs"]
mod code;
mod copy;
#[path = "../../../../crates/store/src/error.rs"]
mod error;
#[path = "../../../../crates/store/src/inbox.rs"]
mod inbox;
#[path = "../../../../crates/store/src/leads/mod.rs"]
mod leads;
#[path = "../../../../crates/store/src/model.rs"]
mod model;
mod open;
#[path = "../../../../crates/store/src/outbox/mod.rs"]
mod outbox;
#[path = "../../../../crates/store/src/pull.rs"]
mod pull;
#[path = "../../../../crates/store/src/read/mod.rs"]
pub mod read;
#[path = "../../../../crates/store/src/rebuild.rs"]
mod rebuild;
#[path = "../../../../crates/store/src/scrub.rs"]
mod scrub;
mod seal;
#[path = "../../../../crates/store/src/search/mod.rs"]
mod search;
#[path = "../../../../crates/store/src/table/mod.rs"]
mod table;
#[path = "../../../../crates/store/src/walk.rs"]
mod walk;

pub use cache::Cache;
pub use copy::copy;
pub use error::StoreError;
pub use model::{CacheIdentity, ExportLead, LeadScope, StoredView};
pub use outbox::merge::{Merged, NewMerge};
pub use outbox::{Edited, LeadCreation, NewEdit, NewReply, TakenBack, Verdict};
pub use pull::{Applied, PageProgress, PullPage, SnapshotProgress, SyncState};
pub use rebuild::{Rebuilt, rebuild};
