//! Forgetting sessions that were over long ago, a bounded number of rows in each transaction.
//!
//! What stays of one is its id, whose it was and whether somebody had ended it: a device that comes back after a year
//! has to learn whether it is to erase what it holds.

use domain::UnixMs;

use super::Directory;
use crate::db::DbError;
use crate::db::sql::Value;

/// Rows in a transaction: few enough that nobody who signs in waits for it.
const ROWS_A_BATCH: usize = 1_000;

/// What was forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Purged {
    pub(crate) devices: usize,
    pub(crate) refresh_tokens: usize,
}

const FORGET_TOKENS: &str = "DELETE FROM refresh_token WHERE hash IN \
                             (SELECT t.hash FROM device d JOIN refresh_token t ON t.device_id = d.id \
                              WHERE d.over_at < $1 LIMIT $2)";
/// Only those without tokens: what refers to a row goes before it.
const FORGET_DEVICES: &str = "DELETE FROM device WHERE id IN \
                              (SELECT d.id FROM device d WHERE d.over_at < $1 \
                               AND NOT EXISTS (SELECT 1 FROM refresh_token t WHERE t.device_id = d.id) LIMIT $2) \
                              RETURNING id, member_id, ended_because";
const REMEMBER: &str = "INSERT INTO past_device (id, member_id, was_ended) VALUES ($1, $2, $3)";

impl Directory {
    /// Forgets the sessions that were over before `before`, with their tokens; in many small transactions, between
    /// which others write.
    pub(crate) async fn purge_sessions(&self, before: UnixMs) -> Result<Purged, DbError> {
        let mut purged = Purged::default();
        loop {
            let batch = self.purge_batch(before, ROWS_A_BATCH).await?;
            if batch == Purged::default() {
                return Ok(purged);
            }
            purged.devices += batch.devices;
            purged.refresh_tokens += batch.refresh_tokens;
        }
    }

    /// At most `limit` rows of each table.
    async fn purge_batch(&self, before: UnixMs, limit: usize) -> Result<Purged, DbError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.store
            .write(move |tx| {
                let parameters = [before.0.into(), Value::Int(limit)];
                let refresh_tokens = tx.execute(FORGET_TOKENS, &parameters)?;
                let forgotten = tx.query_all(FORGET_DEVICES, &parameters, |row| {
                    Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.opt_text(2)?.is_some()))
                })?;
                for (id, member, was_ended) in &forgotten {
                    tx.execute(REMEMBER, &[id.into(), member.into(), i64::from(*was_ended).into()])?;
                }
                Ok(Purged { devices: forgotten.len(), refresh_tokens })
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::contract::test_secret;
    use crate::db::{Database, DatabaseUrl, NewDevice, NewMembership, Rotate};
    use domain::{DeviceId, MemberId, Role, StudioId};
    use uuid::Uuid;
    use wire::auth::SessionForm;
    use wire::device::DeviceInfo;

    async fn directory(dir: &tempfile::TempDir) -> Directory {
        let hints = std::sync::Arc::new(crate::hints::LocalHints::default());
        let database =
            Database::open(&DatabaseUrl::Sqlite(dir.path().join("data")), &test_secret(), hints).await.expect("opens");
        let directory = database.directory().clone();
        let membership = NewMembership {
            account_id: Uuid::from_u128(1),
            email_folded: "olga@studio.example".to_owned(),
            password_hash: String::new(),
            member_id: member(),
            studio_id: StudioId::from_uuid(Uuid::from_u128(2)),
            role: Role::Owner,
            name: String::new(),
            email: String::new(),
        };
        directory.add_studio(membership.studio_id, UnixMs(0)).await.expect("added");
        assert!(directory.add_membership(membership, UnixMs(0)).await.expect("added").is_some());
        directory
    }

    fn member() -> MemberId {
        MemberId::from_uuid(Uuid::from_u128(3))
    }

    /// A session that is over at `over_at`, after `exchanges` exchanges.
    async fn session(directory: &Directory, n: u128, over_at: UnixMs, exchanges: usize) -> DeviceId {
        let id = DeviceId::from_uuid(Uuid::from_u128(n));
        let info = DeviceInfo { name: String::new(), os: String::new(), app_version: String::new() };
        let device = NewDevice { id, member_id: member(), form: SessionForm::Bearer, info, ip: String::new(), over_at };
        directory.start_session(device, format!("{n} 0"), UnixMs(0)).await.expect("started");
        for exchange in 0..exchanges {
            let (old_hash, new_hashes) = (format!("{n} {exchange}"), vec![format!("{n} {}", exchange + 1)]);
            let rotate =
                Rotate { old_hash, named: None, new_hashes, form: SessionForm::Bearer, ip: String::new(), over_at };
            directory.rotate(rotate, UnixMs(1)).await.expect("rotated");
        }
        id
    }

    async fn count(directory: &Directory, sql: &'static str) -> i64 {
        directory.store.read(move |tx| tx.find(sql, &[], |row| row.int(0))).await.expect("read").expect("a count")
    }

    #[tokio::test]
    async fn what_was_over_before_is_forgotten_and_nothing_else() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let directory = directory(&dir).await;
        session(&directory, 10, UnixMs(99), 2).await;
        let kept = session(&directory, 11, UnixMs(100), 3).await;
        let purged = directory.purge_sessions(UnixMs(100)).await.expect("purged");
        assert_eq!(purged, Purged { devices: 1, refresh_tokens: 3 });
        assert_eq!(count(&directory, "SELECT count(*) FROM refresh_token").await, 4);
        assert!(directory.find_live(kept, UnixMs(99)).await.expect("read").is_some());
        assert_eq!(directory.purge_sessions(UnixMs(100)).await.expect("purged"), Purged::default(), "again is nothing");
    }

    #[tokio::test]
    async fn a_batch_is_bounded_and_batches_come_to_an_end() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let directory = directory(&dir).await;
        for n in 10..13 {
            session(&directory, n, UnixMs(50), 4).await;
        }
        let mut batches = Vec::new();
        loop {
            let batch = directory.purge_batch(UnixMs(100), 4).await.expect("purged");
            if batch == Purged::default() {
                break;
            }
            assert!(batch.refresh_tokens <= 4 && batch.devices <= 4, "{batch:?}");
            batches.push(batch);
        }
        assert!(batches.len() >= 4, "{batches:?}");
        assert_eq!(count(&directory, "SELECT count(*) FROM device").await, 0);
        assert_eq!(count(&directory, "SELECT count(*) FROM past_device").await, 3, "each is remembered");
        assert_eq!(count(&directory, "SELECT count(*) FROM refresh_token").await, 0);
    }

    #[tokio::test]
    async fn it_looks_at_what_is_over_and_not_at_everything() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let directory = directory(&dir).await;
        let plans =
            directory.store.read(|tx| Ok::<_, DbError>([FORGET_TOKENS, FORGET_DEVICES].map(|sql| tx.plan(sql))));
        for plan in plans.await.expect("read") {
            assert!(!plan.iter().any(|step| step.starts_with("SCAN")), "{plan:?}");
        }
    }
}
