//! The API from outside: a real server on a free port, over TLS, asked by a real client.
#![allow(clippy::unwrap_used)]

mod auth;
mod edges;
mod feed;
mod harness;
mod operator;
mod streams;
mod writes;
