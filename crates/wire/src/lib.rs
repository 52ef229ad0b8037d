//! Floor 1: what travels between the client and the hosted API.
//!
//! Owns the shapes of requests, answers, errors and of the change feed, and how a line of the feed is
//! read. Never sends anything.

pub mod auth;
pub mod changes;
pub mod device;
pub mod error;
pub mod write;

pub use error::{ApiErrorBody, ApiErrorCode};

/// Header that carries the id of a request, in both directions and in every log line.
pub const REQUEST_ID_HEADER: &str = "x-request-id";
