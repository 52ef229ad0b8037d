//! What is asked before any studio is: accounts and memberships here, devices and refresh tokens in `sessions`, who
//! becomes and stays a member in `members`, `invitations` and `mail`, what of it the studio's rows have yet to say in
//! `acts`, how things are forgotten in `purge`, and sealed keys in `keys`.
//!
//! Tokens come here hashed and passwords as PHC strings; neither is ever seen in clear.

mod acts;
mod invitations;
mod keys;
mod mail;
mod members;
mod purge;
mod purge_invitations;
mod sessions;

use domain::{MemberId, StudioId, UnixMs};
use uuid::Uuid;

use super::DbError;
use super::store::Store;

pub(crate) use acts::{Effect, MemberAct};
pub(crate) use invitations::{Accept, AcceptAs, Acceptance, FoundInvitation, InvitationState, NewInvitation, NewLink};
pub(crate) use keys::StoredTokenKey;
pub(super) use keys::change_token_keys;
pub(crate) use mail::{Attempt, DueMail};
pub(crate) use members::{Actor, MemberError, NewMembership};
pub(crate) use sessions::{LiveSession, NewDevice, Rotate, Rotation, SessionState};

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

impl Directory {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Writes past all rules.
    #[cfg(test)]
    pub(super) async fn write_for_test(
        &self,
        work: impl FnOnce(&super::sql::Tx<'_>) -> Result<(), DbError> + Send + 'static,
    ) -> Result<(), DbError> {
        self.store.write(work).await
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
        const FIND: &str = "SELECT member_id, studio_id FROM membership WHERE account_id = $1 AND removed_at IS NULL \
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
