//! Acts on a studio's members: they take turns, and each is remembered until the studio's own rows say the same.
//!
//! Who may sign in is decided here, names and the audit log are the studio's, and the two are not of one transaction. So
//! an act is written with its decision and carried over afterwards, in order, as often as it takes.

use domain::{DeviceId, Member, MemberId, Role, StudioId, UnixMs};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Directory;
use crate::db::DbError;
use crate::db::rows::{from_word, word};
use crate::db::sql::{Row, Tx};
use crate::ids::new_uuid;

/// Acts carried over at a time.
const ACTS_AT_A_TIME: i64 = 100;

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// A member, on one of their devices.
    Member { member_id: MemberId, device_id: DeviceId },
    /// Whoever opened an invitation's link and is now this member.
    Invited(MemberId),
    /// The command line.
    Operator,
}

/// What was done, as the audit log names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActKind {
    MemberAdded,
    MemberJoined,
    MemberRoleChanged,
    MemberRemoved,
    InvitationMade,
    InvitationRenewed,
    InvitationWithdrawn,
}

/// What an act changes in the studio's rows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effect {
    Nothing,
    Put(Member),
    Role { member_id: MemberId, role: Role },
    Removed { member_id: MemberId },
}

/// An act that is to be carried over.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MemberAct {
    pub(crate) id: Uuid,
    pub(crate) at: UnixMs,
    pub(crate) kind: ActKind,
    /// A member's id, or `operator`.
    pub(crate) actor_id: String,
    /// Empty where no device of a member was.
    pub(crate) device_id: String,
    /// Ids and roles: never a name or an address.
    pub(crate) detail: String,
    pub(crate) effect: Effect,
}

/// A transaction that holds a studio's members: nobody else changes them, or reads them to do so.
pub(super) struct Acting<'t> {
    pub(super) tx: &'t Tx<'t>,
    pub(super) studio: String,
    pub(super) now: UnixMs,
}

impl<'t> Acting<'t> {
    /// # Errors
    /// [`DbError::NoSuchStudio`].
    pub(super) fn begin(tx: &'t Tx<'t>, studio_id: StudioId, now: UnixMs) -> Result<Self, DbError> {
        let studio = studio_id.to_string();
        let sql = "UPDATE registered_studio SET member_acts = member_acts WHERE id = $1";
        if tx.execute(sql, &[(&studio).into()])? == 0 {
            return Err(DbError::NoSuchStudio);
        }
        Ok(Self { tx, studio, now })
    }

    /// Remembers what was done.
    pub(super) fn record(&self, by: By, kind: ActKind, detail: &str, effect: &Effect) -> Result<(), DbError> {
        const NUMBER: &str =
            "UPDATE registered_studio SET member_acts = member_acts + 1 WHERE id = $1 RETURNING member_acts";
        const INSERT: &str = "INSERT INTO member_act (id, studio_id, number, at, action, actor_id, device_id, detail, \
                              effect) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let number = self.tx.find(NUMBER, &[(&self.studio).into()], |row| row.int(0))?;
        let (actor_id, device_id) = match by {
            By::Member { member_id, device_id } => (member_id.to_string(), device_id.to_string()),
            By::Invited(member_id) => (member_id.to_string(), String::new()),
            By::Operator => ("operator".to_owned(), String::new()),
        };
        self.tx.execute(
            INSERT,
            &[
                (&new_uuid(self.now).to_string()).into(),
                (&self.studio).into(),
                number.ok_or(DbError::NoSuchStudio)?.into(),
                self.now.0.into(),
                (&word(kind)?).into(),
                (&actor_id).into(),
                (&device_id).into(),
                detail.into(),
                (&serde_json::to_string(effect)?).into(),
            ],
        )?;
        Ok(())
    }
}

impl MemberAct {
    fn read(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.parsed(0)?,
            at: UnixMs(row.int(1)?),
            kind: from_word(row.text(2)?, 2)?,
            actor_id: row.text(3)?.to_owned(),
            device_id: row.text(4)?.to_owned(),
            detail: row.text(5)?.to_owned(),
            effect: serde_json::from_str(row.text(6)?).map_err(|_| DbError::Corrupt { column: 6 })?,
        })
    }
}

impl Directory {
    /// The next acts of the studio that are to be carried over, in the order they were done.
    pub(crate) async fn list_acts(&self, studio_id: StudioId) -> Result<Vec<MemberAct>, DbError> {
        const LIST: &str = "SELECT id, at, action, actor_id, device_id, detail, effect FROM member_act \
                            WHERE studio_id = $1 ORDER BY number LIMIT $2";
        let studio = studio_id.to_string();
        self.store.read(move |tx| tx.query_all(LIST, &[(&studio).into(), ACTS_AT_A_TIME.into()], MemberAct::read)).await
    }

    /// The studios with acts that are to be carried over.
    pub(crate) async fn list_studios_with_acts(&self) -> Result<Vec<StudioId>, DbError> {
        let sql = "SELECT DISTINCT studio_id FROM member_act ORDER BY studio_id";
        self.store.read(move |tx| tx.query_all(sql, &[], |row| row.parsed(0))).await
    }

    /// The act has been carried over. Again is no error.
    pub(crate) async fn forget_act(&self, id: Uuid) -> Result<(), DbError> {
        self.store
            .write(move |tx| {
                tx.execute("DELETE FROM member_act WHERE id = $1", &[(&id.to_string()).into()])?;
                Ok(())
            })
            .await
    }
}
