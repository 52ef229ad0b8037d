//! What is asked before any studio is: accounts and memberships here, devices and refresh tokens in `sessions`, and how
//! they are forgotten in `purge`.
//!
//! Tokens come here hashed and passwords as PHC strings; neither is ever seen in clear.

mod purge;
mod sessions;

use domain::{MemberId, Role, StudioId, UnixMs};
use uuid::Uuid;

use super::DbError;
use super::rows::word;
use super::store::Store;

pub(crate) use sessions::{LiveSession, NewDevice, Rotate, Rotation};

/// The directory's database.
#[derive(Clone)]
pub(crate) struct Directory {
    store: Store,
}

/// An account as sign-in needs it.
pub(crate) struct Account {
    pub(crate) id: Uuid,
    pub(crate) password_hash: String,
}

/// What an account is at a studio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) member_id: MemberId,
    pub(crate) studio_id: StudioId,
}

/// A membership to make, and the account with it when there is none.
pub(crate) struct NewMembership {
    pub(crate) account_id: Uuid,
    pub(crate) email_folded: String,
    pub(crate) password_hash: String,
    pub(crate) member_id: MemberId,
    pub(crate) studio_id: StudioId,
    pub(crate) role: Role,
}

impl Directory {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Registers a studio; again is no error.
    pub(crate) async fn add_studio(&self, studio_id: StudioId, now: UnixMs) -> Result<(), DbError> {
        self.store
            .write(move |tx| {
                let sql = "INSERT INTO registered_studio (id, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
                tx.execute(sql, &[(&studio_id.to_string()).into(), now.0.into()])?;
                Ok(())
            })
            .await
    }

    /// Every studio, in the order they were registered.
    pub(crate) async fn list_studios(&self) -> Result<Vec<StudioId>, DbError> {
        let sql = "SELECT id FROM registered_studio ORDER BY created_at, id";
        self.store.read(move |tx| tx.query_all(sql, &[], |row| row.parsed(0))).await
    }

    /// Adds a member who can sign in. Says `false`, and adds nothing, when the account is at that studio already.
    /// An account that exists keeps its password.
    pub(crate) async fn add_membership(&self, new: NewMembership, now: UnixMs) -> Result<bool, DbError> {
        const ACCOUNT: &str = "INSERT INTO account (id, email_folded, password_hash, created_at) \
                               VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        const MEMBERSHIP: &str = "INSERT INTO membership (member_id, account_id, studio_id, role, joined_at) \
                                  SELECT $1, id, $3, $4, $5 FROM account WHERE email_folded = $2 \
                                  ON CONFLICT DO NOTHING";
        self.store
            .write(move |tx| {
                let email = &new.email_folded;
                let account_id = new.account_id.to_string();
                tx.execute(ACCOUNT, &[(&account_id).into(), email.into(), (&new.password_hash).into(), now.0.into()])?;
                let role = word(new.role)?;
                let added = tx.execute(
                    MEMBERSHIP,
                    &[
                        (&new.member_id.to_string()).into(),
                        email.into(),
                        (&new.studio_id.to_string()).into(),
                        (&role).into(),
                        now.0.into(),
                    ],
                )?;
                Ok(added == 1)
            })
            .await
    }

    /// Whether the account of an e-mail address, in its folded form, is at the studio.
    pub(crate) async fn is_member(&self, email_folded: String, studio_id: StudioId) -> Result<bool, DbError> {
        const FIND: &str = "SELECT 1 FROM account a JOIN membership m ON m.account_id = a.id \
                            WHERE a.email_folded = $1 AND m.studio_id = $2";
        self.store
            .read(move |tx| {
                let found = tx.find(FIND, &[(&email_folded).into(), (&studio_id.to_string()).into()], |_| Ok(()))?;
                Ok(found.is_some())
            })
            .await
    }

    /// The account of an e-mail address in its folded form.
    pub(crate) async fn find_account(&self, email_folded: String) -> Result<Option<Account>, DbError> {
        self.store
            .read(move |tx| {
                let sql = "SELECT id, password_hash FROM account WHERE email_folded = $1";
                tx.find(sql, &[(&email_folded).into()], |row| {
                    Ok(Account { id: row.parsed(0)?, password_hash: row.text(1)?.to_owned() })
                })
            })
            .await
    }

    /// The account's membership of `studio_id`, or else of the studio it joined first.
    pub(crate) async fn find_membership(
        &self,
        account_id: Uuid,
        studio_id: Option<StudioId>,
    ) -> Result<Option<Membership>, DbError> {
        const FIND: &str = "SELECT member_id, studio_id FROM membership WHERE account_id = $1 \
                            AND ($2 = '' OR studio_id = $2) ORDER BY joined_at, member_id LIMIT 1";
        let studio = studio_id.map(|id| id.to_string()).unwrap_or_default();
        self.store
            .read(move |tx| {
                tx.find(FIND, &[(&account_id.to_string()).into(), (&studio).into()], |row| {
                    Ok(Membership { member_id: row.parsed(0)?, studio_id: row.parsed(1)? })
                })
            })
            .await
    }
}
