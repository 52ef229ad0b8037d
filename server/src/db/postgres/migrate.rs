//! Brings a PostgreSQL database to this version's schema, as the role that owns it and never serves.

use std::error::Error as _;

use tokio_postgres::Client;

use super::guard::{ROLES, SetupFault};
use super::url::PostgresUrl;
use crate::db::DbError;

mod embedded {
    refinery::embed_migrations!("migrations/postgres");
}

/// Migrations that were run, by number; the role that serves may read it.
pub(super) const HISTORY: &str = "directory.schema_history";

/// Any number: who holds its lock migrates, others wait.
const LOCK: &str = "SELECT pg_advisory_lock(7310286240148)";

/// The number of the newest migration this version has.
pub(super) fn schema_version() -> i32 {
    embedded::migrations::runner().get_migrations().iter().map(refinery::Migration::version).max().unwrap_or_default()
}

/// Runs the migrations that are missing, each in a transaction of its own, so that one that is interrupted leaves
/// nothing and is run again the next time. Gives their names.
///
/// # Errors
/// [`DbError::Setup`] when a role is missing; [`DbError::MigrationFailed`].
pub async fn migrate(url: &PostgresUrl) -> Result<Vec<String>, DbError> {
    let (mut client, connection) = url.config().connect(url.tls()?).await?;
    let connection = tokio::spawn(connection);
    let done = run(&mut client).await;
    drop(client);
    // Its error, if it has one, is the one that `run` has met already.
    let _ = connection.await;
    done
}

async fn run(client: &mut Client) -> Result<Vec<String>, DbError> {
    client.batch_execute(LOCK).await?;
    for role in ROLES {
        if client.query_opt("SELECT 1 FROM pg_roles WHERE rolname = $1", &[&role]).await?.is_none() {
            return Err(SetupFault::NoRole { role }.into());
        }
    }
    client.batch_execute("CREATE SCHEMA IF NOT EXISTS directory").await?;
    let mut runner = embedded::migrations::runner();
    runner.set_migration_table_name(HISTORY);
    let report = runner.run_async(client).await.map_err(|error| {
        let mut cause = error.source();
        while let Some(at) = cause {
            if let Some(postgres) = at.downcast_ref::<tokio_postgres::Error>() {
                // Of a migration's own statements, so that its message quotes no row.
                let said = postgres.as_db_error().map_or_else(|| postgres.to_string(), |db| db.message().to_owned());
                return DbError::MigrationFailed(format!("{error}: {said}"));
            }
            cause = at.source();
        }
        DbError::MigrationFailed(error.to_string())
    })?;
    Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
}
