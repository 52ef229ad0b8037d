//! The API from outside: a real server on a free port, over TLS, asked by a real client.
#![allow(clippy::unwrap_used)]

mod at_rest;
mod auth;
mod billing;
mod browser;
mod certificate;
mod custom_fields;
mod cut;
mod database;
mod edges;
mod feed;
#[path = "../support/files.rs"]
mod files;
mod foreign_ids;
mod forged_tokens;
mod forgeries;
mod harness;
mod inputs;
mod invitations;
#[path = "../support/keys.rs"]
mod keys;
mod mailbox;
mod matrix;
mod members;
mod operations;
mod operator;
mod rate_limits;
mod refresh;
mod restore;
mod rotation;
mod routes;
mod slow_clients;
#[path = "../support/smtp.rs"]
mod smtp_sink;
mod streams;
mod surface;
mod telemetry;
mod writes;
