//! Floor 2: the client of the hosted API.
//!
//! Owns how the API is reached: TLS 1.3 and whom it trusts, limits of time and size, which tokens a request carries
//! and when they are exchanged, and what a failure means. Never decides when to call or to try again, keeps no
//! data, and knows nothing of the cache. No redirects, no proxy from the environment, no cookies, no referer.
//!
//! Nothing in here prints a token, a password, an e-mail or the address of a request.
//!
//! The program has to install a rustls provider before the first [`ApiClient::new`].

mod changes;
mod classify;
mod client;
mod config;
mod custom_fields;
mod events;
mod failure;
mod http;
mod members;
mod resolver;
mod server_url;
mod session;
mod tokens;

pub use changes::ChangeStream;
pub use client::{ApiClient, SignedIn};
pub use config::{ClientConfig, ClientSetupError, Timeouts};
pub use events::{EventStream, ServerEvent};
pub use failure::{ApiFailure, FailureKind};
pub use server_url::{ServerUrl, ServerUrlError};
pub use tokens::{HeldTokens, TokenStore, TokenStoreFailed, Tokens};
