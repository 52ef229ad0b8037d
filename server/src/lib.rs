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
mod embedded;
mod error;
mod feed;
mod hex;
mod hints;
mod html;
mod ids;
mod jobs;
mod join_page;
mod limits;
mod mail;
mod member_acts;
mod openapi;
mod pipeline;
mod presence;
mod rate_limits;
mod request;
mod retention;
mod router;
mod routes;
mod secret_file;
mod secrets;
mod serve;
mod served_certificate;
mod settings;
mod state;
mod streams;
mod telemetry;
mod tls;
mod words;

pub use admin::{Admin, AdminError, HashedPassword};
pub use certificate::{CertificateError, CertificateFiles, write_throw_away};
pub use clock::{Clock, SystemClock};
pub use config::{Config, Transport};
pub use connections::ConnectionLimits;
pub use db::{
    DatabaseUrl, DbError, ImportError, ImportReport, InvalidDatabaseUrl, InvalidPostgresUrl, Outage, PostgresUrl,
    Rotated, RotationStep, SetupFault, finish_rotation, migrate, rotate,
};
pub use embedded::Embedded;
pub use mail::{InvalidMailUrl, MailConfig, MailSetupError, MailUrl};
pub use rate_limits::{InvalidRate, Rate, Rates};
pub use secret_file::SecretFileError;
pub use secrets::{MalformedSecret, Secret, SecretError, SecretSource};
pub use serve::{Running, StartError, start};
pub use settings::Weakness;
pub use telemetry::{
    InvalidPosthogHost, InvalidPosthogKey, InvalidSentryDsn, PosthogHost, PosthogKey, SentryDsn, TelemetryConfig,
    TelemetryError,
};
pub use tls::TlsError;
