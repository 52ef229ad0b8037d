//! The API from outside: a real server on a free port, over TLS, asked by a real client.
#![allow(clippy::unwrap_used)]

mod auth;
mod certificate;
mod cut;
mod database;
mod edges;
mod feed;
mod harness;
mod inputs;
mod operator;
mod rate_limits;
mod refresh;
mod restore;
mod slow_clients;
mod streams;
mod surface;
mod telemetry;
mod writes;
