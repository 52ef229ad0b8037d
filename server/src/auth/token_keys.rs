//! The keys that tokens and cursors are made with, in generations: the newest makes new ones, the older still read what
//! they made. So a rotation signs nobody out.
//!
//! Every server on a database has the same ones. A new generation is kept some minutes before it is used, and what bears
//! a name that is not known is refused only after looking it up: no server is asked to read what it can't know. Access
//! tokens bear none (`access_token`): all that may have signed them are tried.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use domain::{DeviceId, UnixMs};
use uuid::Uuid;

use super::access_token::{ACCESS_TOKEN_LIFETIME_S, AccessTokenError, AccessTokens, Bearer};
use super::invitation_link::{InvitationLinks, InvitationToken};
use super::refresh_token::{Exchange, RefreshToken, RefreshTokenError, RefreshTokens, is_idempotency_key};
use crate::clock::Clock;
use crate::db::{Database, DbError};
use crate::feed::CursorSeal;
use crate::secrets::{Key, derive};
use crate::telemetry::PseudonymKey;

/// Names what is derived from a token key.
const KIND: &str = "frontdesk token key 1";
/// Between the clocks of two servers.
const MAX_SKEW_MS: i64 = 2 * 60 * 1000;
/// Forged access tokens make a server look for keys it might have missed no more often than this.
const LOOK_AT_MOST_EVERY_MS: u64 = 5_000;

/// Names a generation of token keys; what they make bears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TokenKeyId(pub(crate) i64);

impl TokenKeyId {
    /// What stands before the first dot of a token or a cursor.
    pub(crate) fn before_dot(text: &str) -> Option<(Self, &str)> {
        let (id, rest) = text.split_once('.')?;
        // No sign, no zero in front: a name is written in one way only.
        let id: i64 = id.parse().ok().filter(|parsed: &i64| parsed.to_string() == id)?;
        Some((Self(id), rest))
    }
}

impl std::fmt::Display for TokenKeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A generation as the database keeps it, opened.
pub(crate) struct TokenKey {
    pub(crate) id: TokenKeyId,
    pub(crate) key: Key,
    /// From when on new tokens are made with it.
    pub(crate) use_from: UnixMs,
}

struct Generation {
    id: TokenKeyId,
    use_from: UnixMs,
    access: AccessTokens,
    refresh: RefreshTokens,
    invitation: InvitationLinks,
    cursor: CursorSeal,
    pseudonym: PseudonymKey,
}

impl Generation {
    fn new(stored: &TokenKey) -> Self {
        let TokenKey { id, key, use_from } = stored;
        let derived = |purpose| derive(key, KIND, purpose);
        Self {
            id: *id,
            use_from: *use_from,
            access: AccessTokens::new(&derived("access token")),
            refresh: RefreshTokens::new(*id, &derived("refresh token"), &derived("refresh successor")),
            invitation: InvitationLinks::new(*id, &derived("invitation link"), &derived("invitation hash")),
            cursor: CursorSeal::new(*id, &derived("cursor")),
            pseudonym: PseudonymKey::new(&derived("pseudonym")),
        }
    }
}

/// The generations known at one time.
pub(crate) struct TokenKeySet {
    /// The newest last; never empty.
    generations: Vec<Generation>,
}

impl TokenKeySet {
    /// # Errors
    /// [`DbError::Secret`] when there is none.
    pub(crate) fn new(mut stored: Vec<TokenKey>) -> Result<Self, DbError> {
        stored.sort_by_key(|key| key.id);
        if stored.is_empty() {
            return Err(crate::secrets::SecretError::KeysMissing.into());
        }
        Ok(Self { generations: stored.iter().map(Generation::new).collect() })
    }

    fn find(&self, id: TokenKeyId) -> Option<&Generation> {
        self.generations.iter().find(|generation| generation.id == id)
    }

    /// The one that new tokens are made with.
    fn in_use(&self, now: UnixMs) -> &Generation {
        let begun = self.generations.iter().rfind(|generation| generation.use_from <= now);
        // A clock that was put back makes none of them too new.
        begun.or(self.generations.first()).expect("a set is never empty")
    }

    /// Whether access tokens of a generation may still be about: none are made once the next is in use.
    fn may_be_about(&self, id: TokenKeyId, now: UnixMs) -> bool {
        let next = self.generations.iter().find(|generation| generation.id > id);
        let lifetime_ms = i64::try_from(ACCESS_TOKEN_LIFETIME_S * 1000).unwrap_or(i64::MAX);
        next.is_none_or(|next| now.since_ms(next.use_from) <= lifetime_ms + MAX_SKEW_MS)
    }

    /// An access token for the session, from now on.
    ///
    /// # Errors
    /// None in practice: the claims are text and numbers.
    pub(crate) fn issue_access(&self, bearer: Bearer, now: UnixMs) -> Result<String, jsonwebtoken::errors::Error> {
        self.in_use(now).access.issue(bearer, now)
    }

    /// Who an access token speaks for.
    ///
    /// # Errors
    /// [`AccessTokenError`].
    pub(crate) fn check_access(&self, token: &str, now: UnixMs) -> Result<Bearer, AccessTokenError> {
        let about = self.generations.iter().rev().filter(|generation| self.may_be_about(generation.id, now));
        let checked = about.map(|generation| generation.access.check(token, now));
        checked
            .into_iter()
            .find(|checked| *checked != Err(AccessTokenError::Forged))
            .unwrap_or(Err(AccessTokenError::Forged))
    }

    /// The first refresh token of a session.
    ///
    /// # Errors
    /// [`RefreshTokenError::NoRandomness`].
    pub(crate) fn draw_refresh(&self, device_id: DeviceId, now: UnixMs) -> Result<RefreshToken, RefreshTokenError> {
        self.in_use(now).refresh.draw(device_id)
    }

    /// What an exchange of a refresh token comes to: with an idempotency key the same each time, without one never.
    ///
    /// # Errors
    /// [`RefreshTokenError`].
    pub(crate) fn exchange(
        &self,
        token: &str,
        idempotency_key: Option<&str>,
        now: UnixMs,
    ) -> Result<Exchange, RefreshTokenError> {
        if idempotency_key.is_some_and(|key| !is_idempotency_key(key)) {
            return Err(RefreshTokenError::NotAKey);
        }
        let (id, _) = TokenKeyId::before_dot(token).ok_or(RefreshTokenError::NotAToken)?;
        let old = &self.find(id).ok_or(RefreshTokenError::NotAToken)?.refresh;
        let next = old.successor(token, idempotency_key)?;
        let in_use = self.in_use(now);
        // A retry may come when another generation is in use than at its first exchange, or reach a server whose clock
        // is not yet as far.
        let others = self.generations.iter().filter(|other| other.id != in_use.id && other.id >= id);
        let new = [in_use].into_iter().chain(others).map(|generation| generation.refresh.token(&next)).collect();
        Ok(Exchange { old_hash: old.hash(token).ok_or(RefreshTokenError::NotAToken)?, new })
    }

    /// The hash a refresh token is kept under; nothing when it has not the form of one, or is of no key of ours.
    pub(crate) fn hash_refresh(&self, token: &str) -> Option<String> {
        let (id, _) = TokenKeyId::before_dot(token)?;
        self.find(id)?.refresh.hash(token)
    }

    /// The token that a mail with a new invitation carries.
    pub(crate) fn invite(&self, mail_id: Uuid, now: UnixMs) -> InvitationToken {
        self.in_use(now).invitation.token(mail_id)
    }

    /// The token that a mail carries whose token's hash was kept; nothing when it was made with no key of ours.
    pub(crate) fn find_invitation(&self, mail_id: Uuid, kept_hash: &str) -> Option<InvitationToken> {
        let (id, _) = TokenKeyId::before_dot(kept_hash)?;
        Some(self.find(id)?.invitation.token(mail_id)).filter(|token| token.hash == kept_hash)
    }

    /// The hash the token of an invitation is kept under; nothing when it has not the form of one, or is of no key of ours.
    pub(crate) fn hash_invitation(&self, token: &str) -> Option<String> {
        let (id, _) = TokenKeyId::before_dot(token)?;
        self.find(id)?.invitation.hash(token)
    }

    /// What seals new cursors.
    pub(crate) fn cursor_seal(&self, now: UnixMs) -> &CursorSeal {
        &self.in_use(now).cursor
    }

    /// What makes pseudonyms for telemetry.
    pub(crate) fn pseudonym_key(&self, now: UnixMs) -> &PseudonymKey {
        &self.in_use(now).pseudonym
    }

    /// What sealed this cursor, if it is one of ours.
    pub(crate) fn cursor_seal_of(&self, cursor: &str) -> Option<&CursorSeal> {
        let (id, _) = TokenKeyId::before_dot(cursor)?;
        Some(&self.find(id)?.cursor)
    }
}

/// The generations of a database, as this server knows them.
pub(crate) struct TokenKeys {
    database: Database,
    clock: Arc<dyn Clock>,
    known: RwLock<Arc<TokenKeySet>>,
    /// When they were last looked for, in ms since the epoch.
    looked_at: AtomicI64,
}

impl TokenKeys {
    /// Those of the database; draws the first.
    ///
    /// # Errors
    /// When the database fails, or they can't be opened.
    pub(crate) async fn load(database: Database, clock: Arc<dyn Clock>) -> Result<Self, DbError> {
        let now = clock.now();
        database.make_first_token_key(now).await?;
        let known = RwLock::new(Arc::new(TokenKeySet::new(database.read_token_keys().await?)?));
        Ok(Self { database, clock, known, looked_at: AtomicI64::new(now.0) })
    }

    /// Those that are known now.
    pub(crate) fn known(&self) -> Arc<TokenKeySet> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Those that are known, with the one that a token or a cursor names, where the database has it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn knowing(&self, text: &str) -> Result<Arc<TokenKeySet>, DbError> {
        let known = self.known();
        match TokenKeyId::before_dot(text) {
            // Smaller than the oldest: forgotten, and so for good.
            Some((id, _)) if known.find(id).is_none() && id > known.generations[0].id => {
                self.reload().await?;
                Ok(self.known())
            }
            _ => Ok(known),
        }
    }

    /// Who an access token speaks for. One that seems forged may be of a key that this server has not seen yet.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn check_access(
        &self,
        token: &str,
        now: UnixMs,
    ) -> Result<Result<Bearer, AccessTokenError>, DbError> {
        let checked = self.known().check_access(token, now);
        if checked != Err(AccessTokenError::Forged) || !self.may_look(now) {
            return Ok(checked);
        }
        self.reload().await?;
        Ok(self.known().check_access(token, now))
    }

    /// Whether it is time to look for keys again; of those who ask at the same moment one is told so.
    fn may_look(&self, now: UnixMs) -> bool {
        let last = self.looked_at.load(Ordering::Relaxed);
        now.0.abs_diff(last) >= LOOK_AT_MOST_EVERY_MS
            && self.looked_at.compare_exchange(last, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Learns what other servers and the operator have added and forgotten.
    ///
    /// # Errors
    /// When the database fails, or they can't be opened. Those that were known stay.
    pub(crate) async fn reload(&self) -> Result<(), DbError> {
        self.looked_at.store(self.clock.now().0, Ordering::Relaxed);
        let known = Arc::new(TokenKeySet::new(self.database.read_token_keys().await?)?);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::MemberId;
    use secrecy::ExposeSecret;

    const NOW: UnixMs = UnixMs(1_790_000_000_000);
    const IDEMPOTENCY_KEY: &str = "6f0e8b0a-59a1-4a5c-9d4e-0c8a5f1f6d11";

    fn set(keys: &[(i64, i64)]) -> TokenKeySet {
        let key = |(id, use_from_ms): &(i64, i64)| TokenKey {
            id: TokenKeyId(*id),
            key: Key::new([u8::try_from(*id).expect("small"); 32]),
            use_from: NOW.plus_ms(*use_from_ms),
        };
        TokenKeySet::new(keys.iter().map(key).collect()).expect("keys")
    }

    fn bearer() -> Bearer {
        let id = uuid::Uuid::from_u128;
        Bearer { device_id: DeviceId::from_uuid(id(1)), member_id: MemberId::from_uuid(id(2)) }
    }

    #[test]
    fn a_new_generation_is_used_from_its_time_on_and_the_old_one_still_reads() {
        let keys = set(&[(1, -1_000_000), (2, 60_000)]);
        let old = keys.issue_access(bearer(), NOW).expect("signs");
        let new = keys.issue_access(bearer(), NOW.plus_ms(60_000)).expect("signs");
        let [first, second] = [set(&[(1, -1_000_000)]), set(&[(2, 60_000)])];
        assert_eq!([&old, &new].map(|token| first.check_access(token, NOW).is_ok()), [true, false]);
        assert_eq!([&old, &new].map(|token| second.check_access(token, NOW).is_ok()), [false, true]);
        for token in [&old, &new] {
            assert_eq!(keys.check_access(token, NOW.plus_ms(60_000)), Ok(bearer()));
        }
        assert_eq!(keys.check_access(&new, NOW), Ok(bearer()), "another server's clock may be ahead");
        let set_back = keys.draw_refresh(bearer().device_id, NOW.plus_ms(-9_000_000)).expect("drawn").token;
        assert!(set_back.starts_with("1."), "whatever the clock says");
    }

    #[test]
    fn an_old_generation_makes_no_access_token_that_is_let_in() {
        let keys = set(&[(1, -86_400_000), (2, -3_600_000)]);
        let forged = set(&[(1, -86_400_000)]).issue_access(bearer(), NOW).expect("signs");
        assert_eq!(keys.check_access(&forged, NOW), Err(AccessTokenError::Forged), "whoever has got hold of its key");
        let while_it_was = NOW.plus_ms(-3_600_000 + 600_000);
        let token = set(&[(1, -86_400_000)]).issue_access(bearer(), while_it_was).expect("signs");
        assert_eq!(keys.check_access(&token, while_it_was), Ok(bearer()), "the control");
    }

    #[test]
    fn an_exchange_leads_to_the_generation_in_use_and_a_retry_to_what_was_given() {
        let keys = set(&[(1, -1_000_000), (2, 60_000)]);
        let old = keys.draw_refresh(bearer().device_id, NOW).expect("drawn").token;
        let before = keys.exchange(&old, Some(IDEMPOTENCY_KEY), NOW).expect("a token");
        let after = keys.exchange(&old, Some(IDEMPOTENCY_KEY), NOW.plus_ms(60_000)).expect("a token");
        assert_eq!(before.old_hash, after.old_hash);
        assert!(before.new[0].token.starts_with("1.") && after.new[0].token.starts_with("2."));
        assert!(after.new[1..].contains(&before.new[0]), "what a first exchange has given is among them");
        assert!(before.new[1..].contains(&after.new[0]), "at a server that is behind, too");
        for given in &after.new {
            assert_eq!(keys.hash_refresh(&given.token).as_ref(), Some(&given.hash));
        }
        let later = keys.exchange(&after.new[0].token, Some(IDEMPOTENCY_KEY), NOW.plus_ms(60_000)).expect("a token");
        assert_eq!(later.new.len(), 1, "of a token of the newest only the newest comes");
    }

    #[test]
    fn a_token_past_its_time_is_told_from_a_forged_one_whatever_other_keys_there_are() {
        let keys = set(&[(1, -1_000_000), (2, 60_000)]);
        let old = keys.issue_access(bearer(), NOW).expect("signs");
        assert_eq!(keys.check_access(&old, NOW.plus_ms(600_000)), Err(AccessTokenError::Expired));
    }

    #[test]
    fn an_invitations_link_outlives_a_rotation() {
        let [before, after] = [set(&[(1, -1_000_000)]), set(&[(1, -1_000_000), (2, -1)])];
        let mail_id = Uuid::from_u128(7);
        let invited = before.invite(mail_id, NOW);
        assert_eq!(after.hash_invitation(invited.token.expose_secret()).as_ref(), Some(&invited.hash));
        let resent = after.find_invitation(mail_id, &invited.hash).expect("the same");
        assert_eq!(resent.token.expose_secret(), invited.token.expose_secret());
        assert_ne!(after.invite(mail_id, NOW).hash, invited.hash, "new ones are of the new key");
        assert!(set(&[(2, -1)]).find_invitation(mail_id, &invited.hash).is_none());
        assert!(after.find_invitation(Uuid::from_u128(8), &invited.hash).is_none());
    }

    #[test]
    fn what_names_no_key_of_ours_is_nothing() {
        let keys = set(&[(1, 0)]);
        let token = keys.draw_refresh(bearer().device_id, NOW).expect("drawn").token;
        let (_, rest) = token.split_once('.').expect("a name");
        for forged in [rest, &format!("2.{rest}"), &format!("01.{rest}"), &format!("+1.{rest}"), &format!(".{rest}")] {
            assert_eq!(keys.hash_refresh(forged), None, "{forged}");
            assert!(matches!(keys.exchange(forged, None, NOW), Err(RefreshTokenError::NotAToken)), "{forged}");
        }
        assert!(keys.hash_refresh(&token).is_some(), "the control");
        for token in [&token, "x"] {
            assert_eq!(keys.exchange(token, Some("short"), NOW).err(), Some(RefreshTokenError::NotAKey), "asked first");
        }
    }
}
