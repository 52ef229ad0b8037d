//! Whether a database is as it has to be: what an operator may have got wrong, and what a migration may have forgotten.
//!
//! Row-level security protects nothing from a superuser, from a role that bypasses it or from one that owns the tables
//! and could switch it off; so such a role does not get to serve.

use deadpool_postgres::Object;

use super::migrate::{HISTORY, schema_version};
use crate::db::DbError;

/// Roles that a transaction takes: the studio's for a studio's rows, the directory's for who may sign in.
pub(super) const ROLES: [&str; 2] = ["frontdesk_studio", "frontdesk_directory"];

/// The oldest PostgreSQL that this was tried on.
const OLDEST: i32 = 150_000;

/// What an operator has to put right before the server can serve.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SetupFault {
    #[error("PostgreSQL 15 or newer is needed")]
    TooOld,
    #[error("the database's encoding has to be UTF8")]
    NotUtf8,
    #[error("the role {role} does not exist: make it as docs/HOSTING.md says")]
    NoRole { role: &'static str },
    #[error("the role that serves may not take the role {role}: GRANT it as docs/HOSTING.md says")]
    RoleNotGranted { role: &'static str },
    #[error("the role {role} {privilege}, which row-level security does not bind: serve with another")]
    Privileged { role: String, privilege: String },
    #[error("the database has no tables yet: run `frontdesk-server migrate`")]
    NotMigrated,
    #[error(
        "the database is at version {found} of the schema and this server needs {wanted}: run `frontdesk-server migrate`"
    )]
    OldSchema { found: i32, wanted: i32 },
    #[error("{table}: {fault}")]
    Unprotected { table: String, fault: String },
}

impl From<SetupFault> for DbError {
    fn from(fault: SetupFault) -> Self {
        Self::Setup(Box::new(fault))
    }
}

/// Roles the one that is signed in is, or could become, with what makes them unfit to serve.
const PRIVILEGES: &str = "
    SELECT r.rolname,
           CASE WHEN r.rolsuper THEN 'is a superuser'
                WHEN r.rolbypassrls THEN 'has BYPASSRLS'
                ELSE 'owns ' || min(n.nspname || '.' || c.relname) END
    FROM pg_roles r
    LEFT JOIN pg_class c ON c.relowner = r.oid AND c.relkind IN ('r', 'p', 'v', 'm')
    LEFT JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname IN ('studio', 'directory')
    WHERE pg_has_role(session_user, r.oid, 'MEMBER')
      AND (r.rolsuper OR r.rolbypassrls OR n.oid IS NOT NULL)
    GROUP BY r.rolname, r.rolsuper, r.rolbypassrls
    ORDER BY r.rolname = session_user DESC, r.rolname
    LIMIT 1";

/// What the catalogue has to have and has not.
pub(in crate::db) const FAULTS: &str = include_str!("faults.sql");

/// Checks a database before it is served from.
///
/// # Errors
/// [`DbError::Setup`] with the first fault; [`DbError::Unavailable`].
pub(super) async fn check(client: &Object) -> Result<(), DbError> {
    let sql = "SELECT current_setting('server_version_num')::int4, current_setting('server_encoding')";
    let server = client.query_one(sql, &[]).await?;
    if server.try_get::<_, i32>(0)? < OLDEST {
        return Err(SetupFault::TooOld.into());
    }
    if server.try_get::<_, &str>(1)? != "UTF8" {
        return Err(SetupFault::NotUtf8.into());
    }
    if let Some(found) = client.query_opt(PRIVILEGES, &[]).await? {
        return Err(SetupFault::Privileged { role: found.try_get(0)?, privilege: found.try_get(1)? }.into());
    }
    for role in ROLES {
        let sql = "SELECT pg_has_role(session_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = $1";
        match client.query_opt(sql, &[&role]).await?.map(|row| row.try_get::<_, bool>(0)).transpose()? {
            Some(true) => {}
            Some(false) => return Err(SetupFault::RoleNotGranted { role }.into()),
            None => return Err(SetupFault::NoRole { role }.into()),
        }
    }
    let (found, wanted) = (found_version(client).await?.ok_or(SetupFault::NotMigrated)?, schema_version());
    // A newer schema serves an older server: migrations expand first and contract a release later.
    if found < wanted {
        return Err(SetupFault::OldSchema { found, wanted }.into());
    }
    match faults(client).await?.into_iter().next() {
        Some(fault) => Err(fault.into()),
        None => Ok(()),
    }
}

/// The newest migration that was run; nothing where none was.
async fn found_version(client: &Object) -> Result<Option<i32>, DbError> {
    let exists = "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                  WHERE n.nspname || '.' || c.relname = $1";
    if client.query_opt(exists, &[&HISTORY]).await?.is_none() {
        return Ok(None);
    }
    // Refused where the migration that grants it has not run.
    let granted = "SELECT has_schema_privilege('frontdesk_directory', 'directory', 'USAGE')";
    if !client.query_one(granted, &[]).await?.try_get::<_, bool>(0)? {
        return Ok(None);
    }
    client.batch_execute("SET ROLE frontdesk_directory").await?;
    let version = client.query_one(&format!("SELECT max(version) FROM {HISTORY}"), &[]).await;
    client.batch_execute("RESET ROLE").await?;
    Ok(version?.try_get(0)?)
}

/// Everything in the catalogue that leaves a studio's data with less protection than it has to have.
///
/// # Errors
/// When the database fails.
pub(super) async fn faults(client: &Object) -> Result<Vec<SetupFault>, DbError> {
    let mut faults = Vec::new();
    for row in client.query(FAULTS, &[]).await? {
        faults.push(SetupFault::Unprotected { table: row.try_get(0)?, fault: row.try_get(1)? });
    }
    Ok(faults)
}
