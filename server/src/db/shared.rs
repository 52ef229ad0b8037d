//! Studios that share their tables in one PostgreSQL database.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use domain::StudioId;

use super::DbError;
use super::postgres::{Postgres, Scoped};
use super::store::Store;
use super::tenant::begin_epochs;

/// Studios remembered to exist; past this many, all are asked for again.
const MAX_KNOWN: usize = 100_000;

pub(super) struct Shared {
    postgres: Postgres,
    /// A studio that was there once stays so: its counter is never deleted.
    known: Mutex<HashSet<StudioId>>,
}

impl Shared {
    pub(super) fn new(postgres: Postgres) -> Self {
        Self { postgres, known: Mutex::default() }
    }

    /// The studio's rows.
    ///
    /// # Errors
    /// [`DbError::NoSuchStudio`], or when the database fails.
    pub(super) async fn find(&self, studio_id: StudioId) -> Result<Scoped, DbError> {
        let scoped = self.postgres.studio(studio_id);
        if self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(&studio_id) {
            return Ok(scoped);
        }
        // Without an epoch it was not made to its end.
        let sql = "SELECT 1 FROM change_counter WHERE epoch <> ''";
        let found = Store::Postgres(scoped.clone()).read(|tx| tx.find(sql, &[], |_| Ok(()))).await?;
        found.ok_or(DbError::NoSuchStudio)?;
        self.remember(studio_id);
        Ok(scoped)
    }

    /// The same, made when it is not there.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn make(&self, studio_id: StudioId) -> Result<Scoped, DbError> {
        let scoped = self.postgres.studio(studio_id);
        let sql = "INSERT INTO change_counter (only_row, seq, epoch) VALUES (1, 0, '') ON CONFLICT DO NOTHING";
        let store = Store::Postgres(scoped.clone());
        store.write(|tx| tx.execute(sql, &[])).await?;
        begin_epochs(&store).await?;
        self.remember(studio_id);
        Ok(scoped)
    }

    fn remember(&self, studio_id: StudioId) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(studio_id);
    }
}
