//! Sessions: a device that signed in, and the refresh tokens that descend from its sign-in.

use domain::{DeviceId, MemberId, Role, StudioId, UnixMs};
use wire::auth::SessionForm;
use wire::device::{Device, DeviceInfo, DeviceList, EndedDevice, SessionEnd};

use super::Directory;
use crate::auth::{Presented, Successor, Verdict};
use crate::db::DbError;
use crate::db::rows::{from_word, word};
use crate::db::sql::{Row, Tx};
use crate::{limits, retention};

/// A device that signs in.
pub(crate) struct NewDevice {
    pub(crate) id: DeviceId,
    pub(crate) member_id: MemberId,
    pub(crate) form: SessionForm,
    pub(crate) info: DeviceInfo,
    pub(crate) ip: String,
    /// When the session is over unless it is refreshed.
    pub(crate) over_at: UnixMs,
}

/// What is known of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionState {
    Live(LiveSession),
    /// Somebody ended it: revoked, signed out, its member removed, one of its tokens in a second hand.
    Ended,
    /// Nobody refreshed it for too long, or it is not known at all.
    Gone,
}

/// A session that is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LiveSession {
    pub(crate) member_id: MemberId,
    pub(crate) studio_id: StudioId,
    pub(crate) role: Role,
    pub(crate) form: SessionForm,
}

/// A refresh token that is presented, by its hash, and what to keep if it may be exchanged.
pub(crate) struct Rotate {
    pub(crate) old_hash: String,
    /// The session that it says it is of, which proves nothing.
    pub(crate) named: Option<DeviceId>,
    /// Of the token to give, and then of those that an exchange before may have given in its place.
    pub(crate) new_hashes: Vec<String>,
    /// In which it came.
    pub(crate) form: SessionForm,
    pub(crate) ip: String,
    /// When the session is over unless it is refreshed again.
    pub(crate) over_at: UnixMs,
}

/// How exchanging a refresh token went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// The old one is used up, and a new one stands in its place: the first since now, or the one of that number `again`,
    /// since an exchange before.
    Rotated { device_id: DeviceId, member_id: MemberId, again: Option<usize> },
    /// Somebody has a copy. The session is over, now.
    Reused { device_id: DeviceId, studio_id: StudioId },
    /// Of a session that somebody ended.
    Ended,
    /// Not known, or of a session that ran out.
    Refused,
}

const INSERT_DEVICE: &str = "INSERT INTO device (id, member_id, name, os, app_version, signed_in_at, signed_in_ip, \
                             last_seen_at, last_seen_ip, over_at, session_form) \
                             VALUES ($1, $2, $3, $4, $5, $6, $7, $6, $7, $8, $9)";
const INSERT_TOKEN: &str = "INSERT INTO refresh_token (hash, device_id, issued_at) VALUES ($1, $2, $3)";
const FIND_TOKEN: &str = "SELECT t.used_at, d.id, d.member_id, m.studio_id, d.ended_because, d.over_at, \
                          d.session_form, m.removed_at \
                          FROM refresh_token t JOIN device d ON d.id = t.device_id \
                          JOIN membership m ON m.member_id = d.member_id WHERE t.hash = $1";
const FIND_SESSION: &str = "SELECT m.member_id, m.studio_id, m.role, d.session_form, d.over_at, d.ended_because, \
                            m.removed_at FROM device d JOIN membership m ON m.member_id = d.member_id WHERE d.id = $1";
/// Of one that was forgotten.
const FIND_PAST: &str = "SELECT p.was_ended, m.removed_at FROM past_device p \
                         JOIN membership m ON m.member_id = p.member_id WHERE p.id = $1";
const LIST_LIVE: &str = "SELECT id, name, os, app_version, last_seen_ip, signed_in_at, last_seen_at FROM device \
                         WHERE member_id = $1 AND ended_because IS NULL AND over_at > $2 \
                         ORDER BY last_seen_at DESC, id DESC";
/// In an order that is the same for everyone, so that two who do this at once wait for each other and no more.
const LIST_OTHERS: &str = "SELECT id FROM device WHERE member_id = $1 AND id <> $2 AND ended_because IS NULL \
                           AND over_at > $3 ORDER BY id";
const LIST_ENDED: &str = "SELECT id, name, os, app_version, last_seen_ip, signed_in_at, last_seen_at, over_at, \
                          ended_because FROM device WHERE member_id = $1 AND over_at > $3 \
                          AND (ended_because IS NOT NULL OR over_at <= $2) ORDER BY over_at DESC, id DESC LIMIT $4";
/// Makes transactions about one session take turns, whichever server they run on: what the next statement reads is
/// what the one before has left.
const LOCK_BY_TOKEN: &str = "UPDATE device SET over_at = over_at \
                             WHERE id = (SELECT device_id FROM refresh_token WHERE hash = $1)";
/// One that ran out was over since then, and is over for good by this: should it ever come back, it is told so.
const END_DEVICE: &str = "UPDATE device SET over_at = CASE WHEN over_at > $2 THEN $2 ELSE over_at END, \
                          ended_because = $3 WHERE id = $1 AND ended_because IS NULL";
/// The same of all that ran out, but one.
const END_SPENT: &str = "UPDATE device SET ended_because = $4 WHERE member_id = $1 AND id <> $2 \
                         AND ended_because IS NULL AND over_at <= $3";

impl Directory {
    /// Records a sign-in: time, address and device, and the first refresh token's hash. Says `false`, and records
    /// nothing, when the member was removed meanwhile.
    pub(crate) async fn start_session(&self, new: NewDevice, hash: String, now: UnixMs) -> Result<bool, DbError> {
        // Held until the session is there: whoever removes the member waits for it, and ends it.
        const LOCK_MEMBER: &str = "UPDATE membership SET role = role WHERE member_id = $1 AND removed_at IS NULL";
        self.store
            .write(move |tx| {
                let (id, member, form) = (new.id.to_string(), new.member_id.to_string(), word(new.form)?);
                if tx.execute(LOCK_MEMBER, &[(&member).into()])? == 0 {
                    return Ok(false);
                }
                tx.execute(
                    INSERT_DEVICE,
                    &[
                        (&id).into(),
                        (&member).into(),
                        (&new.info.name).into(),
                        (&new.info.os).into(),
                        (&new.info.app_version).into(),
                        now.0.into(),
                        (&new.ip).into(),
                        new.over_at.0.into(),
                        (&form).into(),
                    ],
                )?;
                tx.execute(INSERT_TOKEN, &[(&hash).into(), (&id).into(), now.0.into()])?;
                Ok(true)
            })
            .await
    }

    /// Does with a refresh token what [`Presented::verdict`] says. Of any number of attempts at once with one token,
    /// each with a key of its own, the first is answered, and the second ends the session.
    pub(crate) async fn rotate(&self, rotate: Rotate, now: UnixMs) -> Result<Rotation, DbError> {
        const USE_UP: &str = "UPDATE refresh_token SET used_at = $2 WHERE hash = $1";
        const SEEN: &str = "UPDATE device SET last_seen_at = $2, last_seen_ip = $3, over_at = $4 WHERE id = $1";
        const FORGET: &str = "DELETE FROM refresh_token WHERE device_id = $1 AND used_at < $2";
        self.store
            .write(move |tx| {
                tx.execute(LOCK_BY_TOKEN, &[(&rotate.old_hash).into()])?;
                let token = tx.find(FIND_TOKEN, &[(&rotate.old_hash).into()], StoredToken::read)?;
                let (presented, given) = presented(tx, token.as_ref(), &rotate, now)?;
                let verdict = presented.verdict();
                // One that is not known is exchanged for nothing, whatever else.
                let Some(StoredToken { device_id, member_id, studio_id, .. }) = token else {
                    return Ok(if verdict == Verdict::TellEnd { Rotation::Ended } else { Rotation::Refused });
                };
                let id = device_id.to_string();
                match verdict {
                    Verdict::TellEnd => return Ok(Rotation::Ended),
                    Verdict::Refuse => return Ok(Rotation::Refused),
                    Verdict::EndSession => {
                        end(tx, device_id, SessionEnd::TokenReused, now)?;
                        return Ok(Rotation::Reused { device_id, studio_id });
                    }
                    Verdict::Exchange => {
                        tx.execute(USE_UP, &[(&rotate.old_hash).into(), now.0.into()])?;
                        let new_hash = rotate.new_hashes.first().ok_or(DbError::Unbound { parameter: 1 })?;
                        tx.execute(INSERT_TOKEN, &[new_hash.into(), (&id).into(), now.0.into()])?;
                        tx.execute(FORGET, &[(&id).into(), retention::used_tokens_before(now).0.into()])?;
                    }
                    Verdict::AnswerAgain => {}
                }
                let over_at = rotate.over_at.0;
                tx.execute(SEEN, &[(&id).into(), now.0.into(), (&rotate.ip).into(), over_at.into()])?;
                let again = given.filter(|_| verdict == Verdict::AnswerAgain);
                Ok(Rotation::Rotated { device_id, member_id, again })
            })
            .await
    }

    /// Ends the session a refresh token belongs to, used up or not. Nothing when it is not ours.
    pub(crate) async fn sign_out(&self, hash: String, now: UnixMs) -> Result<Option<(DeviceId, StudioId)>, DbError> {
        self.store
            .write(move |tx| {
                tx.execute(LOCK_BY_TOKEN, &[(&hash).into()])?;
                let Some(token) = tx.find(FIND_TOKEN, &[(&hash).into()], StoredToken::read)? else { return Ok(None) };
                end(tx, token.device_id, SessionEnd::SignedOut, now)?;
                Ok(Some((token.device_id, token.studio_id)))
            })
            .await
    }

    /// Ends the session of one of the member's own devices, also one that ran out: so it is told when it comes back.
    /// Says `false` when there is no such one, or somebody has ended it already.
    pub(crate) async fn revoke_device(
        &self,
        device_id: DeviceId,
        member_id: MemberId,
        now: UnixMs,
    ) -> Result<bool, DbError> {
        self.store
            .write(move |tx| {
                let sql = "SELECT 1 FROM device WHERE id = $1 AND member_id = $2";
                let (device, member) = (device_id.to_string(), member_id.to_string());
                if tx.find(sql, &[(&device).into(), (&member).into()], |_| Ok(()))?.is_none() {
                    return Ok(false);
                }
                end(tx, device_id, SessionEnd::Revoked, now)
            })
            .await
    }

    /// Ends the sessions of all devices of the member but `current`, in one transaction, those that ran out or were
    /// forgotten included. Gives those that were alive.
    pub(crate) async fn revoke_others(
        &self,
        current: DeviceId,
        member_id: MemberId,
        now: UnixMs,
    ) -> Result<Vec<DeviceId>, DbError> {
        self.store
            .write(move |tx| {
                let (device, member) = (current.to_string(), member_id.to_string());
                let parameters = [(&member).into(), (&device).into(), now.0.into()];
                let others: Vec<DeviceId> = tx.query_all(LIST_OTHERS, &parameters, |row| row.parsed(0))?;
                let mut ended = Vec::with_capacity(others.len());
                for other in others {
                    // One that ended by itself meanwhile was not ended by this.
                    if end(tx, other, SessionEnd::Revoked, now)? {
                        ended.push(other);
                    }
                }
                // Nobody is signed in on these any more. They may still hold what they had.
                let because = word(SessionEnd::Revoked)?;
                tx.execute(END_SPENT, &[(&member).into(), (&device).into(), now.0.into(), (&because).into()])?;
                end_past(tx, &member)?;
                Ok(ended)
            })
            .await
    }

    /// Whose session this is, if it is alive; else why it is not.
    pub(crate) async fn find_session(&self, device_id: DeviceId, now: UnixMs) -> Result<SessionState, DbError> {
        self.store
            .read(move |tx| {
                let found = tx.find(FIND_SESSION, &[(&device_id.to_string()).into()], |row| {
                    if row.opt_text(5)?.is_some() || row.opt_int(6)?.is_some() {
                        return Ok(SessionState::Ended);
                    }
                    if row.int(4)? <= now.0 {
                        return Ok(SessionState::Gone);
                    }
                    Ok(SessionState::Live(LiveSession {
                        member_id: row.parsed(0)?,
                        studio_id: row.parsed(1)?,
                        role: from_word(row.text(2)?, 2)?,
                        form: from_word(row.text(3)?, 3)?,
                    }))
                })?;
                match found {
                    Some(state) => Ok(state),
                    None if was_ended(tx, device_id)? => Ok(SessionState::Ended),
                    None => Ok(SessionState::Gone),
                }
            })
            .await
    }

    /// Whose session this is, if it is alive.
    pub(crate) async fn find_live(&self, device_id: DeviceId, now: UnixMs) -> Result<Option<LiveSession>, DbError> {
        Ok(match self.find_session(device_id, now).await? {
            SessionState::Live(session) => Some(session),
            SessionState::Ended | SessionState::Gone => None,
        })
    }

    /// The member's devices: those whose session is alive, and those whose session ended not long ago.
    pub(crate) async fn list_devices(
        &self,
        member_id: MemberId,
        current: DeviceId,
        now: UnixMs,
    ) -> Result<DeviceList, DbError> {
        self.store
            .read(move |tx| {
                let member = member_id.to_string();
                let since = retention::ended_sessions_before(now).0;
                let devices =
                    tx.query_all(LIST_LIVE, &[(&member).into(), now.0.into()], |row| read_device(row, current))?;
                let parameters = [(&member).into(), now.0.into(), since.into(), limits::ENDED_DEVICES.into()];
                let ended = tx.query_all(LIST_ENDED, &parameters, |row| {
                    let ended_because = match row.opt_text(8)? {
                        Some(text) => from_word(text, 8)?,
                        None => SessionEnd::RanOut,
                    };
                    Ok(EndedDevice { device: read_device(row, current)?, ended_at: UnixMs(row.int(7)?), ended_because })
                })?;
                Ok(DeviceList { devices, ended })
            })
            .await
    }
}

/// A refresh token as it lies there, and its session.
struct StoredToken {
    used_at: Option<i64>,
    device_id: DeviceId,
    member_id: MemberId,
    studio_id: StudioId,
    is_ended: bool,
    over_at: i64,
    form: SessionForm,
}

impl StoredToken {
    fn read(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            used_at: row.opt_int(0)?,
            device_id: row.parsed(1)?,
            member_id: row.parsed(2)?,
            studio_id: row.parsed(3)?,
            is_ended: row.opt_text(4)?.is_some() || row.opt_int(7)?.is_some(),
            over_at: row.int(5)?,
            form: from_word(row.text(6)?, 6)?,
        })
    }
}

/// What the policy wants to know of a token, and which of those that its exchange leads to was given out.
fn presented(
    tx: &Tx<'_>,
    token: Option<&StoredToken>,
    rotate: &Rotate,
    now: UnixMs,
) -> Result<(Presented, Option<usize>), DbError> {
    const FIND_SUCCESSOR: &str = "SELECT used_at FROM refresh_token WHERE hash = $1";
    let Some(token) = token else {
        let is_ended = rotate.named.map(|named| is_known_to_be_ended(tx, named)).transpose()?.unwrap_or_default();
        return Ok((if is_ended { Presented::OfEndedSession } else { Presented::Unknown }, None));
    };
    if token.is_ended {
        return Ok((Presented::OfEndedSession, None));
    }
    if token.over_at <= now.0 {
        return Ok((Presented::OfSpentSession, None));
    }
    if token.form != rotate.form {
        return Ok((Presented::InAnotherForm, None));
    }
    if token.used_at.is_none() {
        return Ok((Presented::Unused, None));
    }
    for (number, new_hash) in rotate.new_hashes.iter().enumerate() {
        if let Some(used_at) = tx.find(FIND_SUCCESSOR, &[new_hash.into()], |row| row.opt_int(0))? {
            let successor = used_at.map_or(Successor::Unused, |_| Successor::Used);
            return Ok((Presented::Used(successor), Some(number)));
        }
    }
    Ok((Presented::Used(Successor::NotGiven), None))
}

/// Whether somebody has ended the session, as far as is on record.
fn is_known_to_be_ended(tx: &Tx<'_>, device_id: DeviceId) -> Result<bool, DbError> {
    let known = tx.find(FIND_SESSION, &[(&device_id.to_string()).into()], |row| {
        Ok(row.opt_text(5)?.is_some() || row.opt_int(6)?.is_some())
    })?;
    known.map_or_else(|| was_ended(tx, device_id), Ok)
}

/// Whether a session that was forgotten had been ended by somebody.
fn was_ended(tx: &Tx<'_>, device_id: DeviceId) -> Result<bool, DbError> {
    let past = tx
        .find(FIND_PAST, &[(&device_id.to_string()).into()], |row| Ok(row.int(0)? != 0 || row.opt_int(1)?.is_some()))?;
    Ok(past.unwrap_or_default())
}

/// Ends all sessions of the member that were forgotten.
pub(super) fn end_past(tx: &Tx<'_>, member_id: &str) -> Result<(), DbError> {
    tx.execute("UPDATE past_device SET was_ended = 1 WHERE member_id = $1 AND was_ended = 0", &[member_id.into()])?;
    Ok(())
}

/// Says whether there was anything to end.
fn end(tx: &Tx<'_>, device_id: DeviceId, because: SessionEnd, now: UnixMs) -> Result<bool, DbError> {
    let because = word(because)?;
    Ok(tx.execute(END_DEVICE, &[(&device_id.to_string()).into(), now.0.into(), (&because).into()])? == 1)
}

fn read_device(row: &Row<'_>, current: DeviceId) -> Result<Device, DbError> {
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
}
