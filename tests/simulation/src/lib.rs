//! Desks and a server in one process: the real cache on real SQLCipher, the real outbox, feed reader and merge, the real
//! server on its real database, and between them a network of which a seed decides what becomes of each request.
//!
//! One seed is one run: desks edit, answer, send, pull page by page, crash; requests are lost on the way there or back, come late,
//! come twice, are cut in the middle; colleagues write over the API and the server is restarted or put back from a backup.
//! After every step each desk must still show what was typed there; at the end, when the network is calm, everything that
//! was acknowledged must be on the server once or in front of somebody, and all desks must show the same as the server
//! (`check`). What happens is the same for the same seed, step by step; only the ids that the server draws differ.
//!
//! [`Sabotage`] breaks one rule on purpose: a simulation that finds nothing then would prove nothing.

mod check;
mod desk;
mod network;
mod server;
mod template;
mod world;

pub use template::Template;
pub use world::{Report, Sabotage, World};
