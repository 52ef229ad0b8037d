//! A studio's rows: the only door to them, and only to one studio's.
//!
//! `write` holds the one place where the studio's sequence of changes grows; the other files say what is written or
//! read. Nothing here decides who may ask: callers pass the [`Sight`] of who does.

mod billing;
mod custom_fields;
mod delta;
mod device_head;
mod duplicates;
mod edits;
mod epoch;
mod import;
mod insert;
mod leads;
mod members;
mod messages;
mod operations;
#[cfg(test)]
mod plans;
mod snapshot;
mod trail;
mod write;

use std::sync::Arc;

use domain::{Member, MemberId, Permission, Role, Studio, StudioId};

use super::DbError;
use super::rows::{MemberRow, StudioRow, columns, to_domain};
use super::sql::Tx;
use super::store::Store;
use crate::hints::Hints;

pub(crate) use epoch::Epoch;
pub(super) use epoch::begin_epochs;
pub use import::{ImportError, ImportReport};
pub(crate) use operations::Editor;
pub(crate) use snapshot::{Key, Opening, Page};
pub(crate) use write::WriteError;

/// One studio's data.
#[derive(Clone)]
pub(crate) struct Tenant {
    studio_id: StudioId,
    store: Store,
    hints: Arc<dyn Hints>,
}

/// Which leads, with all that hangs on them, somebody sees (A2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    All,
    /// Those assigned to this member, and the unassigned pool.
    OwnAndPool(MemberId),
}

impl Sight {
    /// What `role` gives to `member_id`.
    pub(crate) const fn of(member_id: MemberId, role: Role) -> Self {
        match role {
            Role::Admin | Role::Owner | Role::Manager => Self::All,
            Role::Sales => Self::OwnAndPool(member_id),
        }
    }

    /// Whether it has the leads of `owner`, or those of the pool.
    fn has(self, owner: Option<MemberId>) -> bool {
        match self {
            Self::All => true,
            Self::OwnAndPool(member_id) => owner.is_none_or(|owner| owner == member_id),
        }
    }

    /// As a parameter of a query: the member whose leads to show, or nothing for everyone's.
    fn parameter(self) -> String {
        match self {
            Self::All => String::new(),
            Self::OwnAndPool(member_id) => member_id.to_string(),
        }
    }
}

/// Whether somebody is told what the studio pays (A11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Billing {
    Told,
    Withheld,
}

impl Billing {
    /// What `role` gives.
    pub(crate) const fn of(role: Role) -> Self {
        if role.allows(Permission::ViewBilling) { Self::Told } else { Self::Withheld }
    }
}

const STUDIO: &str = concat!("SELECT ", columns!(studio), " FROM studio s");
const MEMBER: &str = concat!("SELECT ", columns!(member), " FROM member p WHERE p.id = $1");

impl Tenant {
    pub(super) fn new(studio_id: StudioId, store: Store, hints: Arc<dyn Hints>) -> Self {
        Self { studio_id, store, hints }
    }

    /// Where its rows are.
    #[cfg(test)]
    pub(in crate::db) const fn store(&self) -> &Store {
        &self.store
    }

    /// The studio itself; nothing when it was registered and never described.
    pub(crate) async fn find_studio(&self) -> Result<Option<Studio>, DbError> {
        self.store.read(|tx| tx.find(STUDIO, &[], |row| to_domain(&StudioRow::read(row)?))).await
    }

    /// One member.
    pub(crate) async fn find_member(&self, member_id: MemberId) -> Result<Option<Member>, DbError> {
        let id = member_id.to_string();
        self.store.read(move |tx| tx.find(MEMBER, &[(&id).into()], |row| to_domain(&MemberRow::read(row)?))).await
    }

    /// Describes the studio.
    pub(crate) async fn put_studio(&self, studio: Studio) -> Result<(), WriteError> {
        self.change(move |write| Ok(write.put_studio(&studio)?)).await
    }

    /// Adds a member, or changes one, whoever may sign in.
    #[cfg(test)]
    pub(crate) async fn put_member(&self, member: Member) -> Result<(), WriteError> {
        self.change(move |write| Ok(write.put_member(&member)?)).await
    }

    /// The number of the studio's newest change.
    pub(crate) async fn seq(&self) -> Result<i64, DbError> {
        self.store.read(current_seq).await
    }
}

fn current_seq(tx: &Tx<'_>) -> Result<i64, DbError> {
    let seq = tx.find("SELECT seq FROM change_counter WHERE only_row = 1", &[], |row| row.int(0))?;
    seq.ok_or(DbError::Corrupt { column: 0 })
}
