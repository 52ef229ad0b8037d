//! Forgetting invitations that ran out long ago, with the addresses in them and their mails; a bounded number of rows in
//! each transaction.

use domain::UnixMs;

use super::Directory;
use crate::db::DbError;
use crate::db::sql::Value;

/// Rows in a transaction: few enough that nobody who is invited waits for it.
const ROWS_A_BATCH: i64 = 1_000;

/// What refers to a row goes before it.
const FORGET_MAILS: &str = "DELETE FROM mail WHERE id IN \
                            (SELECT m.id FROM invitation i JOIN mail m ON m.invitation_id = i.id \
                             WHERE i.expires_at < $1 LIMIT $2)";
const FORGET_INVITATIONS: &str = "DELETE FROM invitation WHERE id IN \
                                  (SELECT i.id FROM invitation i WHERE i.expires_at < $1 \
                                   AND NOT EXISTS (SELECT 1 FROM mail m WHERE m.invitation_id = i.id) LIMIT $2)";

impl Directory {
    /// Forgets the invitations whose link ran out, or would have, before `before`; how many they were.
    ///
    /// # Errors
    /// When the database fails; what was not forgotten is the next time.
    pub(crate) async fn purge_invitations(&self, before: UnixMs) -> Result<usize, DbError> {
        let mut purged = 0;
        loop {
            let batch = self.store.write(move |tx| {
                let parameters = [before.0.into(), Value::Int(ROWS_A_BATCH)];
                let mails = tx.execute(FORGET_MAILS, &parameters)?;
                let invitations = tx.execute(FORGET_INVITATIONS, &parameters)?;
                Ok::<_, DbError>((mails, invitations))
            });
            match batch.await? {
                (0, 0) => return Ok(purged),
                (_, invitations) => purged += invitations,
            }
        }
    }
}
