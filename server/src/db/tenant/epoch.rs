//! The epoch of a studio's sequence of changes: a random name for one unbroken run of it.
//!
//! A database put back from a backup gives numbers out a second time, for other changes. A cursor of before then may
//! name a place that is not what its client holds; so every cursor bears the epoch it belongs to, and a broken run gets
//! a new one.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tenant;
use crate::db::DbError;
use crate::db::sql::Tx;
use crate::db::store::Store;
use crate::hints::Hint;

/// Names a run of the sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Epoch(String);

impl Epoch {
    pub(crate) fn draw() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    /// As clients are told.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Begins the first epoch of a studio that is new.
pub(in crate::db) async fn begin_epochs(store: &Store) -> Result<(), DbError> {
    if store.read(find_epoch).await?.is_none() {
        let sql = "UPDATE change_counter SET epoch = $1 WHERE only_row = 1 AND epoch = ''";
        let Epoch(first) = Epoch::draw();
        store.write(move |tx| tx.execute(sql, &[(&first).into()])).await?;
    }
    Ok(())
}

impl Tenant {
    /// Ends the epoch, so that every cursor given out so far is refused, and its client starts over. Nothing happens
    /// where it is not `broken` any more: somebody else has ended that.
    pub(crate) async fn end_epoch(&self, broken: Epoch) -> Result<(), DbError> {
        let sql = "UPDATE change_counter SET epoch = $2 WHERE only_row = 1 AND epoch = $1";
        let Epoch(next) = Epoch::draw();
        let ended = self.store.write(move |tx| tx.execute(sql, &[(&broken.0).into(), (&next).into()])).await?;
        if ended == 1 {
            // Whoever listens has to pull in order to learn of it.
            self.hints.announce(self.studio_id, Hint::Changed);
        }
        Ok(())
    }

    /// The epoch that cursors belong to now.
    pub(crate) async fn epoch(&self) -> Result<Epoch, DbError> {
        self.store.read(current_epoch).await
    }
}

/// The epoch at the time of `tx`.
pub(super) fn current_epoch(tx: &Tx<'_>) -> Result<Epoch, DbError> {
    find_epoch(tx)?.ok_or(DbError::Corrupt { column: 0 })
}

fn find_epoch(tx: &Tx<'_>) -> Result<Option<Epoch>, DbError> {
    let sql = "SELECT epoch FROM change_counter WHERE only_row = 1 AND epoch <> ''";
    tx.find(sql, &[], |row| Ok(Epoch(row.text(0)?.to_owned())))
}
