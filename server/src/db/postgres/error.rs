//! What of PostgreSQL's errors may be told. Their details quote rows, so only codes and names are kept.

use std::error::Error as _;

use deadpool_postgres::{HookError, PoolError, TimeoutType};

use crate::db::DbError;

/// Why the database does not answer now, though it may soon.
#[derive(Debug, thiserror::Error)]
pub enum Outage {
    #[error("no connection became free in time")]
    NoFreeConnection,
    #[error("no answer in time")]
    TimedOut,
    #[error("no connection: {0}")]
    Connection(String),
    /// By its SQLSTATE.
    #[error("it gave up (SQLSTATE {0})")]
    GaveUp(String),
}

/// Classes and codes of SQLSTATE that say nothing of what was asked, only that it was asked at a bad time: connection
/// lost, out of resources, a lock or a statement that took too long, shutting down, a deadlock, a stand-by.
const PASSING: [&str; 11] =
    ["08", "53", "55P03", "57014", "57P01", "57P02", "57P03", "57P05", "40001", "40P01", "25006"];
/// Classes whose messages name roles, databases and tables, and never a row.
const SPEAKABLE: [&str; 5] = ["08", "28", "3D", "42", "53"];

impl From<tokio_postgres::Error> for DbError {
    fn from(error: tokio_postgres::Error) -> Self {
        let is_one_of = |code: &str, classes: &[&str]| classes.iter().any(|class| code.starts_with(class));
        if let Some(db) = error.as_db_error() {
            let sqlstate = db.code().code();
            if is_one_of(sqlstate, &PASSING) {
                return Self::Unavailable(Outage::GaveUp(sqlstate.to_owned()));
            }
            let about = match db.constraint() {
                Some(constraint) => format!(": {constraint}"),
                None if is_one_of(sqlstate, &SPEAKABLE) => format!(": {}", db.message()),
                None => String::new(),
            };
            return Self::Refused { sqlstate: sqlstate.to_owned(), about };
        }
        // No answer of the database's: what is left was said by the system, by TLS or by the driver.
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self::Unavailable(Outage::Connection(text))
    }
}

impl From<PoolError> for DbError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Timeout(TimeoutType::Wait) => Self::Unavailable(Outage::NoFreeConnection),
            PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => Self::Unavailable(Outage::TimedOut),
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => error.into(),
            PoolError::PostCreateHook(HookError::Message(_)) | PoolError::Closed | PoolError::NoRuntimeSpecified => {
                Self::Unavailable(Outage::Connection("the pool is closed".to_owned()))
            }
        }
    }
}
