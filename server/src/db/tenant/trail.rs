//! The audit log: append-only, which the database itself enforces.

use domain::{DeviceId, MemberId, UnixMs};
use wire::write::AuditEntry;

use super::write::{Write, WriteError};
use super::{Editor, Tenant};
use crate::db::DbError;
use crate::db::rows::word;
use crate::ids::new_uuid;

pub(super) const FIND: &str = "SELECT action, at, detail, row_count, member_id FROM audit_entry WHERE id = $1";
pub(super) const INSERT: &str = "INSERT INTO audit_entry (id, action, at, received_at, member_id, device_id, detail, row_count) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

impl Tenant {
    /// Appends what is not there yet: all of it, or nothing.
    ///
    /// # Errors
    /// [`WriteError::Invalid`] when an id is that of another act.
    pub(crate) async fn append_audit(
        &self,
        entries: Vec<AuditEntry>,
        member_id: MemberId,
        device_id: DeviceId,
        now: UnixMs,
    ) -> Result<(), WriteError> {
        // No `change`: clients hold no audit log, so the sequence stays as it is.
        self.store
            .write(move |tx| {
                let (member_id, device_id) = (member_id.to_string(), device_id.to_string());
                for entry in entries {
                    let (id, action) = (entry.id.to_string(), word(entry.action)?);
                    let row_count = i64::try_from(entry.row_count)
                        .map_err(|_| WriteError::Invalid { field: "row_count", problem: "is too large" })?;
                    let known = tx.find(FIND, &[(&id).into()], |row| {
                        Ok(row.text(0)? == action
                            && row.int(1)? == entry.at.0
                            && row.text(2)? == entry.detail
                            && row.int(3)? == row_count
                            && row.text(4)? == member_id)
                    })?;
                    match known {
                        Some(true) => continue,
                        Some(false) => {
                            return Err(WriteError::Invalid { field: "id", problem: "is the id of another act" });
                        }
                        None => {}
                    }
                    tx.execute(
                        INSERT,
                        &[
                            (&id).into(),
                            (&action).into(),
                            entry.at.0.into(),
                            now.0.into(),
                            (&member_id).into(),
                            (&device_id).into(),
                            (&entry.detail).into(),
                            row_count.into(),
                        ],
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// How many acts are on record.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn count_audit(&self) -> Result<u64, DbError> {
        let count = |row: &crate::db::sql::Row<'_>| row.int(0);
        let found = self.store.read(move |tx| tx.find("SELECT count(*) FROM audit_entry", &[], count)).await?;
        Ok(u64::try_from(found.unwrap_or_default()).unwrap_or_default())
    }
}

impl Write<'_> {
    /// Appends what somebody did to the studio itself. `detail` has ids and words of ours: nothing that people typed.
    pub(super) fn append_act(&self, action: &str, by: Editor, detail: &str, now: UnixMs) -> Result<(), DbError> {
        self.tx().submit(
            INSERT,
            &[
                (&new_uuid(now).to_string()).into(),
                action.into(),
                now.0.into(),
                now.0.into(),
                (&by.member_id.to_string()).into(),
                (&by.device_id.to_string()).into(),
                detail.into(),
                0.into(),
            ],
        )
    }
}
