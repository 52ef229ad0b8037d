//! The keys that the database keeps, each sealed: token keys on both databases; data keys where there is no file beside
//! the database to keep them in.

use domain::UnixMs;

use super::Directory;
use crate::db::DbError;
use crate::db::sql::{Row, Tx};
use crate::secrets::{SealedKey, SealedRing};

/// A token key as it lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredTokenKey {
    pub(crate) id: i64,
    pub(crate) sealed: String,
    pub(crate) created_at: UnixMs,
    pub(crate) use_from: UnixMs,
}

const LIST_TOKEN_KEYS: &str = "SELECT id, sealed, created_at, use_from FROM token_key ORDER BY id";
const INSERT_TOKEN_KEY: &str = "INSERT INTO token_key (id, sealed, created_at, use_from) VALUES ($1, $2, $3, $4)";
const LIST_DATA_KEYS: &str = "SELECT generation, secret, sealed, sealed_at FROM data_key ORDER BY generation, secret";
const INSERT_DATA_KEY: &str = "INSERT INTO data_key (generation, secret, sealed, sealed_at) VALUES ($1, $2, $3, $4)";
/// Makes those who change the keys take turns, on whichever server. Not the rows: there may be none.
const LOCK_DATA_KEYS: &str = "LOCK TABLE data_key IN SHARE ROW EXCLUSIVE MODE";

impl Directory {
    /// The token keys, the newest last.
    pub(crate) async fn list_token_keys(&self) -> Result<Vec<StoredTokenKey>, DbError> {
        self.store.read(list_token_keys).await
    }

    /// Adds the first token key. Nothing happens where there is one.
    pub(crate) async fn add_first_token_key(&self, first: StoredTokenKey) -> Result<(), DbError> {
        const INSERT: &str = "INSERT INTO token_key (id, sealed, created_at, use_from) VALUES ($1, $2, $3, $4) \
                              ON CONFLICT DO NOTHING";
        self.store
            .write(move |tx| {
                if list_token_keys(tx)?.is_empty() {
                    let (created_at, use_from) = (first.created_at.0.into(), first.use_from.0.into());
                    tx.execute(INSERT, &[first.id.into(), (&first.sealed).into(), created_at, use_from])?;
                }
                Ok(())
            })
            .await
    }

    /// Forgets a token key, unless a refresh token needs it.
    pub(crate) async fn forget_token_key(&self, id: i64) -> Result<bool, DbError> {
        // The hashes of a key are those between `ID.` and what comes after it, `ID/`.
        const FORGET: &str = "DELETE FROM token_key WHERE id = $1 \
                              AND NOT EXISTS (SELECT 1 FROM refresh_token WHERE hash >= $2 AND hash < $3)";
        let (from, to) = (format!("{id}."), format!("{id}/"));
        self.store.write(move |tx| Ok(tx.execute(FORGET, &[id.into(), (&from).into(), (&to).into()])? == 1)).await
    }

    /// The data keys, for a database that keeps them itself.
    pub(crate) async fn read_data_keys(&self) -> Result<SealedRing, DbError> {
        self.store.read(list_data_keys).await
    }

    /// Adds the first data keys. Nothing happens where there are any, or where there is anything that they would have
    /// to open.
    pub(crate) async fn add_first_data_keys(&self, first: Vec<SealedKey>) -> Result<(), DbError> {
        self.store
            .write(move |tx| {
                tx.execute(LOCK_DATA_KEYS, &[])?;
                if list_data_keys(tx)?.keys.is_empty() && list_token_keys(tx)?.is_empty() {
                    first.iter().try_for_each(|key| insert_data_key(tx, key))?;
                }
                Ok(())
            })
            .await
    }

    /// Changes data keys and token keys together: `plan` is given both, and says what is to be there.
    pub(crate) async fn change_keys(
        &self,
        plan: impl FnOnce(SealedRing, Vec<StoredTokenKey>) -> Result<(SealedRing, Vec<StoredTokenKey>), DbError>
        + Send
        + 'static,
    ) -> Result<(), DbError> {
        const FORGET: &str = "DELETE FROM data_key WHERE generation = $1 AND secret = $2";
        self.store
            .write(move |tx| {
                tx.execute(LOCK_DATA_KEYS, &[])?;
                let before = list_data_keys(tx)?;
                let (wanted, token_keys) = plan(before.clone(), list_token_keys(tx)?)?;
                for key in wanted.keys.iter().filter(|key| !before.keys.contains(key)) {
                    insert_data_key(tx, key)?;
                }
                for key in before.keys.iter().filter(|key| !wanted.keys.contains(key)) {
                    tx.execute(FORGET, &[key.generation.into(), (&key.secret).into()])?;
                }
                change_token_keys(tx, |_| Ok(token_keys))
            })
            .await
    }
}

fn list_token_keys(tx: &Tx<'_>) -> Result<Vec<StoredTokenKey>, DbError> {
    tx.query_all(LIST_TOKEN_KEYS, &[], |row| {
        Ok(StoredTokenKey {
            id: row.int(0)?,
            sealed: row.text(1)?.to_owned(),
            created_at: UnixMs(row.int(2)?),
            use_from: UnixMs(row.int(3)?),
        })
    })
}

fn list_data_keys(tx: &Tx<'_>) -> Result<SealedRing, DbError> {
    let read = |row: &Row<'_>| {
        Ok(SealedKey {
            generation: row.int(0)?,
            secret: row.text(1)?.to_owned(),
            sealed: row.text(2)?.to_owned(),
            sealed_at: UnixMs(row.int(3)?),
        })
    };
    Ok(SealedRing { keys: tx.query_all(LIST_DATA_KEYS, &[], read)? })
}

fn insert_data_key(tx: &Tx<'_>, key: &SealedKey) -> Result<(), DbError> {
    let (secret, sealed) = ((&key.secret).into(), (&key.sealed).into());
    tx.execute(INSERT_DATA_KEY, &[key.generation.into(), secret, sealed, key.sealed_at.0.into()])?;
    Ok(())
}

/// Changes the token keys: `plan` is given those that are there, and says what is to be there in their place and after
/// them. Whoever plans at the same time takes turns.
pub(in crate::db) fn change_token_keys(
    tx: &Tx<'_>,
    plan: impl FnOnce(Vec<StoredTokenKey>) -> Result<Vec<StoredTokenKey>, DbError>,
) -> Result<(), DbError> {
    const LOCK: &str = "UPDATE token_key SET created_at = created_at";
    const RESEAL: &str = "UPDATE token_key SET sealed = $2 WHERE id = $1";
    tx.execute(LOCK, &[])?;
    let before = list_token_keys(tx)?;
    let is_there = |key: &StoredTokenKey| before.iter().any(|there| there.id == key.id);
    for key in plan(before.clone())? {
        if is_there(&key) {
            tx.execute(RESEAL, &[key.id.into(), (&key.sealed).into()])?;
        } else {
            let (created_at, use_from) = (key.created_at.0.into(), key.use_from.0.into());
            tx.execute(INSERT_TOKEN_KEY, &[key.id.into(), (&key.sealed).into(), created_at, use_from])?;
        }
    }
    Ok(())
}
