//! How far the chain of each device's acts had come when it was last told of: a device that was put back to an older copy
//! of itself, with all that it keeps, learns of it here.

use domain::DeviceId;
use wire::operation::{ChainHead, ChainLink};

use super::Tenant;
use crate::db::DbError;

pub(super) const FIND: &str = "SELECT act, link FROM device_head WHERE device_id = $1";
pub(super) const UPDATE: &str = "UPDATE device_head SET act = $2, link = $3 WHERE device_id = $1";
const INSERT: &str = "INSERT INTO device_head (device_id, act, link) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

impl Tenant {
    /// What the device told last; nothing before it told anything.
    pub(crate) async fn find_device_head(&self, device_id: DeviceId) -> Result<Option<ChainHead>, DbError> {
        let id = device_id.to_string();
        self.store
            .read(move |tx| {
                tx.find(FIND, &[(&id).into()], |row| {
                    let link =
                        ChainLink::try_from(row.text(1)?.to_owned()).map_err(|_| DbError::Corrupt { column: 1 })?;
                    let act = u64::try_from(row.int(0)?).map_err(|_| DbError::Corrupt { column: 0 })?;
                    Ok(ChainHead { act, link })
                })
            })
            .await
    }

    /// The device tells how far it has come, in whichever direction: its word counts, once it has been told ours.
    pub(crate) async fn set_device_head(&self, device_id: DeviceId, head: ChainHead) -> Result<(), DbError> {
        let (id, link) = (device_id.to_string(), String::from(head.link));
        let act = i64::try_from(head.act).unwrap_or(i64::MAX);
        self.store
            .write(move |tx| {
                let parameters = [(&id).into(), act.into(), (&link).into()];
                if tx.execute(UPDATE, &parameters)? == 0 {
                    tx.execute(INSERT, &parameters)?;
                }
                Ok(())
            })
            .await
    }
}
