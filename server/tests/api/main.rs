//! The API from outside: a real server on a free port, over TLS, asked by a real client.
#![allow(clippy::unwrap_used)]

mod auth;
mod certificate;
mod cut;
mod database;
mod edges;
mod feed;
mod harness;
mod invitations;
mod mailbox;
mod members;
mod operator;
mod refresh;
mod restore;
#[path = "../support/smtp.rs"]
mod smtp_sink;
mod streams;
mod writes;
