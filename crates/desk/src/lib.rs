//! Floor 4: the use cases of the desk, one file each.
//!
//! Owns what a person can do, in which order the floors below are called for it, and what they are told. Knows no
//! window and no command line.

mod account;
mod anchor;
mod billing;
mod config;
mod create_lead;
mod custom_fields;
mod devices;
mod edits;
mod erase;
mod error;
mod export_leads;
mod idle;
mod import_leads;
mod inbox;
mod leads;
mod lease;
mod lock;
mod members;
mod merge;
mod open;
mod outbox;
mod presence;
mod prove;
mod reply;
mod screen_lock;
mod session;
mod sign_in;
mod sign_in_again;
mod sign_out;
mod start;
mod state;
mod sync_status;
mod tokens;
mod undo;
mod unsent;
pub mod view;
mod views;

pub use account::AccountError;
pub use config::{DeskConfig, Prefill};
pub use error::{DeskError, ErrorCode, ErrorView};
pub use import::{ImportTarget, RefusalReason};
pub use import_leads::refusal_words;
pub use state::Desk;
