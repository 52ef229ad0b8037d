//! The tests of `../api`, with the same server on PostgreSQL; and what only several servers on one database can show.
#![allow(clippy::unwrap_used)]

#[path = "../api/auth.rs"]
mod auth;
#[path = "../api/certificate.rs"]
mod certificate;
#[path = "../support/postgres.rs"]
mod cluster;
#[path = "../api/cut.rs"]
mod cut;
mod database;
#[path = "../api/edges.rs"]
mod edges;
#[path = "../api/feed.rs"]
mod feed;
#[path = "../api/harness.rs"]
mod harness;
#[path = "../api/invitations.rs"]
mod invitations;
#[path = "../api/mailbox.rs"]
mod mailbox;
#[path = "../api/members.rs"]
mod members;
#[path = "../api/operator.rs"]
mod operator;
mod outage;
#[path = "../api/refresh.rs"]
mod refresh;
#[path = "../api/restore.rs"]
mod restore;
mod servers;
#[path = "../support/smtp.rs"]
mod smtp_sink;
#[path = "../api/streams.rs"]
mod streams;
#[path = "../api/writes.rs"]
mod writes;
