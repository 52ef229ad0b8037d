//! The schema's history: files in `migrations/`, never changed once released.

use refinery::embed_migrations;
use rusqlite::{Connection, OptionalExtension};

use crate::StoreError;

embed_migrations!("migrations");

/// Brings the schema up to date, or says that it is newer than this program. Each migration is one transaction.
pub(crate) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let runner = migrations::runner();
    let known = runner.get_migrations().iter().map(|m| i64::from(m.version())).max().unwrap_or(0);
    let found = find_version(connection)?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    if found < known {
        // Grouping off, divergence is an error: a file another build migrated otherwise is not ours to guess at.
        runner.run(connection).map_err(|error| match error.kind() {
            refinery::error::Kind::Connection(..) => std::error::Error::source(&error)
                .and_then(|source| source.downcast_ref::<rusqlite::Error>())
                .and_then(rusqlite::Error::sqlite_error)
                .map_or(StoreError::Damaged, |failure| rusqlite::Error::SqliteFailure(*failure, None).into()),
            _ => StoreError::Damaged,
        })?;
    }
    Ok(())
}

/// Version of the newest migration applied; 0 for an empty file.
fn find_version(connection: &Connection) -> Result<i64, StoreError> {
    let is_there = connection
        .query_row("SELECT 1 FROM sqlite_master WHERE name = 'refinery_schema_history'", [], |_| Ok(()))
        .optional()?
        .is_some();
    if !is_there {
        return Ok(0);
    }
    Ok(connection.query_row("SELECT coalesce(max(version), 0) FROM refinery_schema_history", [], |row| row.get(0))?)
}
