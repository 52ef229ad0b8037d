//! The hosted API of Frontdesk, embeddable: the binary, the demo and every test start the same server.
//!
//! [`start`] a server from a [`Config`]; [`Admin`] makes the studios and members it serves. Nothing here draws a window
//! or knows the client: the two meet in `wire`.

mod admin;
mod auth;
mod certificate;
pub mod cli;
mod clock;
mod config;
mod connections;
mod db;
pub mod demo;
mod error;
mod feed;
mod hints;
mod ids;
mod jobs;
mod limits;
mod openapi;
mod pipeline;
mod request;
mod retention;
mod router;
mod routes;
mod secret_file;
mod serve;
mod served_certificate;
mod state;
mod streams;
mod tls;

pub use admin::{Admin, AdminError, HashedPassword};
pub use certificate::{CertificateError, CertificateFiles, write_throw_away};
pub use clock::{Clock, SystemClock};
pub use config::{Config, Transport};
pub use db::{
    DatabaseUrl, DbError, ImportError, ImportReport, InvalidDatabaseUrl, InvalidPostgresUrl, Outage, PostgresUrl,
    SetupFault, migrate,
};
pub use secret_file::SecretFileError;
pub use serve::{Running, StartError, start};
pub use tls::TlsError;
