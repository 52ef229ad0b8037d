//! The keys that tokens and cursors are made with, in generations: the newest makes new ones, the older still read what
//! they made. So a rotation signs nobody out.
//!
//! Every server on a database has the same ones. A new generation is kept some minutes before it is used, and a name
//! that is not known is looked up before what bears it is refused: no server is asked to read what it can't know.

use std::sync::{Arc, PoisonError, RwLock};

use domain::{DeviceId, UnixMs};

use super::access_token::{ACCESS_TOKEN_LIFETIME_S, AccessTokenError, AccessTokens, Bearer};
use super::refresh_token::{Exchange, RefreshToken, RefreshTokenError, RefreshTokens};
use crate::db::{Database, DbError};
use crate::feed::CursorSeal;
use crate::secrets::{Key, derive};

/// Names what is derived from a token key.
const KIND: &str = "frontdesk token key 1";
/// Between the clocks of two servers.
const MAX_SKEW_MS: i64 = 2 * 60 * 1000;

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
    cursor: CursorSeal,
}

impl Generation {
    fn new(stored: &TokenKey) -> Self {
        let TokenKey { id, key, use_from } = stored;
        let derived = |purpose| derive(key, KIND, purpose);
        Self {
            id: *id,
            use_from: *use_from,
            access: AccessTokens::new(*id, &derived("access token")),
            refresh: RefreshTokens::new(*id, &derived("refresh token"), &derived("refresh successor")),
            cursor: CursorSeal::new(*id, &derived("cursor")),
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
        let id = AccessTokens::key_of(token).ok_or(AccessTokenError::Forged)?;
        let generation = self.find(id).ok_or(AccessTokenError::Forged)?;
        let bearer = generation.access.check(token, now)?;
        if self.may_be_about(id, now) { Ok(bearer) } else { Err(AccessTokenError::Forged) }
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

    /// What seals new cursors.
    pub(crate) fn cursor_seal(&self, now: UnixMs) -> &CursorSeal {
        &self.in_use(now).cursor
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
    known: RwLock<Arc<TokenKeySet>>,
}

impl TokenKeys {
    /// Those of the database; draws the first.
    ///
    /// # Errors
    /// When the database fails, or they can't be opened.
    pub(crate) async fn load(database: Database, now: UnixMs) -> Result<Self, DbError> {
        database.make_first_token_key(now).await?;
        let known = TokenKeySet::new(database.read_token_keys().await?)?;
        Ok(Self { database, known: RwLock::new(Arc::new(known)) })
    }

    /// Those that are known now.
    pub(crate) fn known(&self) -> Arc<TokenKeySet> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Those that are known, with one that is named, where the database has it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn knowing(&self, id: Option<TokenKeyId>) -> Result<Arc<TokenKeySet>, DbError> {
        let known = self.known();
        match id {
            // Smaller than the oldest: forgotten, and so for good.
            Some(id) if known.find(id).is_none() && id > known.generations[0].id => {
                self.reload().await?;
                Ok(self.known())
            }
            _ => Ok(known),
        }
    }

    /// Learns what other servers and the operator have added and forgotten.
    ///
    /// # Errors
    /// When the database fails, or they can't be opened. Those that were known stay.
    pub(crate) async fn reload(&self) -> Result<(), DbError> {
        let known = Arc::new(TokenKeySet::new(self.database.read_token_keys().await?)?);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::MemberId;

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
        assert_eq!([&old, &new].map(|token| AccessTokens::key_of(token)), [Some(TokenKeyId(1)), Some(TokenKeyId(2))]);
        for token in [&old, &new] {
            assert_eq!(keys.check_access(token, NOW.plus_ms(60_000)), Ok(bearer()));
        }
        assert_eq!(keys.check_access(&new, NOW), Ok(bearer()), "another server's clock may be ahead");
        assert_eq!(set(&[(2, 60_000)]).check_access(&old, NOW), Err(AccessTokenError::Forged), "it was forgotten");
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
    fn what_names_no_key_of_ours_is_nothing() {
        let keys = set(&[(1, 0)]);
        let token = keys.draw_refresh(bearer().device_id, NOW).expect("drawn").token;
        let (_, rest) = token.split_once('.').expect("a name");
        for forged in [rest, &format!("2.{rest}"), &format!("01.{rest}"), &format!("+1.{rest}"), &format!(".{rest}")] {
            assert_eq!(keys.hash_refresh(forged), None, "{forged}");
            assert!(matches!(keys.exchange(forged, None, NOW), Err(RefreshTokenError::NotAToken)), "{forged}");
        }
        assert!(keys.hash_refresh(&token).is_some(), "the control");
    }
}
