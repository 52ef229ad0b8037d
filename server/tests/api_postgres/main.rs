//! The tests of `../api`, with the same server on PostgreSQL; and what only several servers on one database can show.
#![allow(clippy::unwrap_used)]

#[path = "../api/auth.rs"]
mod auth;
#[path = "../api/billing.rs"]
mod billing;
#[path = "../api/browser.rs"]
mod browser;
#[path = "../api/certificate.rs"]
mod certificate;
#[path = "../support/postgres.rs"]
mod cluster;
#[path = "../api/custom_fields.rs"]
mod custom_fields;
#[path = "../api/cut.rs"]
mod cut;
mod database;
#[path = "../api/edges.rs"]
mod edges;
#[path = "../api/feed.rs"]
mod feed;
#[path = "../api/foreign_ids.rs"]
mod foreign_ids;
#[path = "../api/forged_tokens.rs"]
mod forged_tokens;
#[path = "../api/forgeries/mod.rs"]
mod forgeries;
#[path = "../api/harness.rs"]
mod harness;
#[path = "../api/inputs.rs"]
mod inputs;
#[path = "../api/invitations.rs"]
mod invitations;
#[path = "../support/keys.rs"]
mod keys;
#[path = "../api/mailbox.rs"]
mod mailbox;
#[path = "../api/matrix.rs"]
mod matrix;
#[path = "../api/members.rs"]
mod members;
#[path = "../api/operations.rs"]
mod operations;
#[path = "../api/operator.rs"]
mod operator;
mod outage;
#[path = "../api/rate_limits.rs"]
mod rate_limits;
#[path = "../api/refresh.rs"]
mod refresh;
#[path = "../api/restore.rs"]
mod restore;
mod rotation;
#[path = "../api/routes.rs"]
mod routes;
mod servers;
#[path = "../api/slow_clients.rs"]
mod slow_clients;
#[path = "../support/smtp.rs"]
mod smtp_sink;
#[path = "../api/streams.rs"]
mod streams;
#[path = "../api/surface.rs"]
mod surface;
#[path = "../api/telemetry.rs"]
mod telemetry;
#[path = "../api/writes.rs"]
mod writes;
