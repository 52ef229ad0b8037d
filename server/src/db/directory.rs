//! Accounts, memberships, devices and refresh tokens: what is asked before any studio is.
//!
//! Tokens come here hashed and passwords as PHC strings; neither is ever seen in clear.

use std::sync::Arc;

use domain::{DeviceId, MemberId, Role, StudioId, UnixMs};
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, StrDeserializer};
use uuid::Uuid;
use wire::device::{Device, DeviceInfo};

use super::DbError;
use super::file::File;
use super::rows::word;
use super::sqlite::{Row, Tx};

/// Used refresh tokens are remembered this long; presented later they are merely unknown.
const REUSE_MEMORY_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// The directory's database.
#[derive(Clone)]
pub(crate) struct Directory {
    file: Arc<File>,
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

/// A device that signs in.
pub(crate) struct NewDevice {
    pub(crate) id: DeviceId,
    pub(crate) member_id: MemberId,
    pub(crate) info: DeviceInfo,
    pub(crate) ip: String,
    pub(crate) expires_at: UnixMs,
}

/// A session that is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LiveSession {
    pub(crate) member_id: MemberId,
    pub(crate) studio_id: StudioId,
    pub(crate) role: Role,
}

/// How exchanging a refresh token went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// The old one is used up, the new one stands in its place.
    Rotated { device_id: DeviceId, member_id: MemberId },
    /// It had been exchanged before: somebody has a copy. The session is over, now.
    Reused { device_id: DeviceId, studio_id: StudioId },
    /// Not ours, or of a session that is over.
    Refused,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndedBecause {
    SignedOut,
    Revoked,
    Reuse,
}

impl EndedBecause {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Revoked => "revoked",
            Self::Reuse => "reuse",
        }
    }
}

const INSERT_DEVICE: &str = "INSERT INTO device (id, member_id, name, os, app_version, signed_in_at, signed_in_ip, \
                             last_seen_at, last_seen_ip, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $6, $7, $8)";
const INSERT_TOKEN: &str = "INSERT INTO refresh_token (hash, device_id, issued_at) VALUES ($1, $2, $3)";
const FIND_TOKEN: &str = "SELECT t.used_at, d.id, d.member_id, m.studio_id, d.ended_at, d.expires_at \
                          FROM refresh_token t JOIN device d ON d.id = t.device_id \
                          JOIN membership m ON m.member_id = d.member_id WHERE t.hash = $1";
const FIND_LIVE: &str = "SELECT m.member_id, m.studio_id, m.role FROM device d \
                         JOIN membership m ON m.member_id = d.member_id \
                         WHERE d.id = $1 AND d.ended_at IS NULL AND d.expires_at > $2";
const LIST_DEVICES: &str = "SELECT id, name, os, app_version, last_seen_ip, signed_in_at, last_seen_at FROM device \
                            WHERE member_id = $1 AND ended_at IS NULL AND expires_at > $2 \
                            ORDER BY last_seen_at DESC, id DESC";
const END_DEVICE: &str = "UPDATE device SET ended_at = $2, ended_because = $3 WHERE id = $1 AND ended_at IS NULL";

impl Directory {
    pub(super) fn new(file: Arc<File>) -> Self {
        Self { file }
    }

    /// Registers a studio; again is no error.
    pub(crate) async fn add_studio(&self, studio_id: StudioId, now: UnixMs) -> Result<(), DbError> {
        self.file
            .write(move |tx| {
                let sql = "INSERT INTO studio (id, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
                tx.execute(sql, &[(&studio_id.to_string()).into(), now.0.into()])?;
                Ok(())
            })
            .await
    }

    /// Adds a member who can sign in. Says `false`, and adds nothing, when the account is at that studio already.
    /// An account that exists keeps its password.
    pub(crate) async fn add_membership(&self, new: NewMembership, now: UnixMs) -> Result<bool, DbError> {
        const ACCOUNT: &str = "INSERT INTO account (id, email_folded, password_hash, created_at) \
                               VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        const MEMBERSHIP: &str = "INSERT INTO membership (member_id, account_id, studio_id, role, joined_at) \
                                  SELECT $1, id, $3, $4, $5 FROM account WHERE email_folded = $2 \
                                  ON CONFLICT DO NOTHING";
        self.file
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
        self.file
            .read(move |tx| {
                let found = tx.find(FIND, &[(&email_folded).into(), (&studio_id.to_string()).into()], |_| Ok(()))?;
                Ok(found.is_some())
            })
            .await
    }

    /// The account of an e-mail address in its folded form.
    pub(crate) async fn find_account(&self, email_folded: String) -> Result<Option<Account>, DbError> {
        self.file
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
        self.file
            .read(move |tx| {
                tx.find(FIND, &[(&account_id.to_string()).into(), (&studio).into()], |row| {
                    Ok(Membership { member_id: row.parsed(0)?, studio_id: row.parsed(1)? })
                })
            })
            .await
    }

    /// Records a sign-in: time, address and device, and the first refresh token's hash.
    pub(crate) async fn start_session(&self, new: NewDevice, hash: String, now: UnixMs) -> Result<(), DbError> {
        self.file
            .write(move |tx| {
                let id = new.id.to_string();
                tx.execute(
                    INSERT_DEVICE,
                    &[
                        (&id).into(),
                        (&new.member_id.to_string()).into(),
                        (&new.info.name).into(),
                        (&new.info.os).into(),
                        (&new.info.app_version).into(),
                        now.0.into(),
                        (&new.ip).into(),
                        new.expires_at.0.into(),
                    ],
                )?;
                tx.execute(INSERT_TOKEN, &[(&hash).into(), (&id).into(), now.0.into()])?;
                Ok(())
            })
            .await
    }

    /// Exchanges the token of `old_hash` for that of `new_hash`. Of any number of attempts with one token the first
    /// is answered, and any other ends the session, the first one's new token with it.
    pub(crate) async fn rotate(
        &self,
        old_hash: String,
        new_hash: String,
        ip: String,
        now: UnixMs,
        expires_at: UnixMs,
    ) -> Result<Rotation, DbError> {
        const SEEN: &str = "UPDATE device SET last_seen_at = $2, last_seen_ip = $3, expires_at = $4 WHERE id = $1";
        const FORGET: &str = "DELETE FROM refresh_token WHERE device_id = $1 AND used_at < $2";
        self.file
            .write(move |tx| {
                let Some(token) = tx.find(FIND_TOKEN, &[(&old_hash).into()], StoredToken::read)? else {
                    return Ok(Rotation::Refused);
                };
                let StoredToken { device_id, member_id, studio_id, .. } = token;
                if token.ended_at.is_some() || token.expires_at <= now.0 {
                    return Ok(Rotation::Refused);
                }
                if token.used_at.is_some() {
                    end(tx, device_id, EndedBecause::Reuse, now)?;
                    return Ok(Rotation::Reused { device_id, studio_id });
                }
                let id = device_id.to_string();
                let use_up = "UPDATE refresh_token SET used_at = $2 WHERE hash = $1";
                tx.execute(use_up, &[(&old_hash).into(), now.0.into()])?;
                tx.execute(INSERT_TOKEN, &[(&new_hash).into(), (&id).into(), now.0.into()])?;
                tx.execute(SEEN, &[(&id).into(), now.0.into(), (&ip).into(), expires_at.0.into()])?;
                tx.execute(FORGET, &[(&id).into(), (now.0 - REUSE_MEMORY_MS).into()])?;
                Ok(Rotation::Rotated { device_id, member_id })
            })
            .await
    }

    /// Ends the session a refresh token belongs to, used up or not. Nothing when it is not ours.
    pub(crate) async fn sign_out(&self, hash: String, now: UnixMs) -> Result<Option<(DeviceId, StudioId)>, DbError> {
        self.file
            .write(move |tx| {
                let Some(token) = tx.find(FIND_TOKEN, &[(&hash).into()], StoredToken::read)? else { return Ok(None) };
                end(tx, token.device_id, EndedBecause::SignedOut, now)?;
                Ok(Some((token.device_id, token.studio_id)))
            })
            .await
    }

    /// Ends the session of one of the member's own devices. Says `false` when there is no such one alive.
    pub(crate) async fn revoke_device(
        &self,
        device_id: DeviceId,
        member_id: MemberId,
        now: UnixMs,
    ) -> Result<bool, DbError> {
        self.file
            .write(move |tx| {
                let sql = "SELECT 1 FROM device WHERE id = $1 AND member_id = $2 AND ended_at IS NULL";
                let (device, member) = (device_id.to_string(), member_id.to_string());
                if tx.find(sql, &[(&device).into(), (&member).into()], |_| Ok(()))?.is_none() {
                    return Ok(false);
                }
                end(tx, device_id, EndedBecause::Revoked, now)?;
                Ok(true)
            })
            .await
    }

    /// Whose session this is, if it is alive.
    pub(crate) async fn find_live(&self, device_id: DeviceId, now: UnixMs) -> Result<Option<LiveSession>, DbError> {
        self.file
            .read(move |tx| {
                tx.find(FIND_LIVE, &[(&device_id.to_string()).into(), now.0.into()], |row| {
                    Ok(LiveSession { member_id: row.parsed(0)?, studio_id: row.parsed(1)?, role: role(row, 2)? })
                })
            })
            .await
    }

    /// The member's devices whose session is alive, the one seen last first.
    pub(crate) async fn list_devices(
        &self,
        member_id: MemberId,
        current: DeviceId,
        now: UnixMs,
    ) -> Result<Vec<Device>, DbError> {
        self.file
            .read(move |tx| {
                tx.query_all(LIST_DEVICES, &[(&member_id.to_string()).into(), now.0.into()], |row| {
                    let id: DeviceId = row.parsed(0)?;
                    Ok(Device {
                        id,
                        name: row.text(1)?.to_owned(),
                        os: row.text(2)?.to_owned(),
                        app_version: row.text(3)?.to_owned(),
                        ip: row.text(4)?.to_owned(),
                        signed_in_at: UnixMs(row.int(5)?),
                        last_seen_at: UnixMs(row.int(6)?),
                        is_current: id == current,
                    })
                })
            })
            .await
    }
}

struct StoredToken {
    used_at: Option<i64>,
    device_id: DeviceId,
    member_id: MemberId,
    studio_id: StudioId,
    ended_at: Option<i64>,
    expires_at: i64,
}

impl StoredToken {
    fn read(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            used_at: row.opt_int(0)?,
            device_id: row.parsed(1)?,
            member_id: row.parsed(2)?,
            studio_id: row.parsed(3)?,
            ended_at: row.opt_int(4)?,
            expires_at: row.int(5)?,
        })
    }
}

fn end(tx: &Tx<'_>, device_id: DeviceId, because: EndedBecause, now: UnixMs) -> Result<(), DbError> {
    tx.execute(END_DEVICE, &[(&device_id.to_string()).into(), now.0.into(), because.as_str().into()])?;
    Ok(())
}

fn role(row: &Row<'_>, column: usize) -> Result<Role, DbError> {
    let text: StrDeserializer<'_, ValueError> = row.text(column)?.into_deserializer();
    serde::Deserialize::deserialize(text).map_err(|_| DbError::Corrupt { column })
}
