//! Cursors: where a feed stands, readable to this server only by its seal.
//!
//! A cursor is `KEY . base64url(json) . base64url(HMAC-SHA256)`. Nobody could reach more with a forged one than they may see
//! anyway; but a place that we never gave out would silently skip changes, so it is refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{MemberId, StudioId};
use ring::hmac;
use serde::{Deserialize, Serialize};
use wire::changes::Cursor;

use crate::auth::TokenKeyId;
use crate::db::{Billing, Epoch, Key as RowKey, Sight};
use crate::secrets::Key;

/// Raised when the meaning of a cursor changes: those of before are then refused, and clients start over.
const VERSION: u8 = 1;
/// Longer than any cursor of ours.
const MAX_CHARS: usize = 2_048;

/// A place in a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    Snapshot(SnapshotPlace),
    /// After this number of the sequence of changes.
    Delta {
        after: i64,
    },
}

impl Place {
    /// The number of the sequence of changes from which on the rest is told.
    pub(super) const fn seq(&self) -> i64 {
        match self {
            Self::Snapshot(snapshot) => snapshot.base_seq,
            Self::Delta { after } => *after,
        }
    }
}

/// A place within a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SnapshotPlace {
    /// The number the snapshot began at: what came after is told when it is complete.
    pub(super) base_seq: i64,
    pub(super) phase: Phase,
    /// Leads and messages below these are still to be told.
    pub(super) leads_below: RowKey,
    pub(super) messages_below: RowKey,
    /// Leads that changed after this number are still to be told with all that hangs on them.
    pub(super) leads_moved_after: i64,
    /// Rows told so far.
    pub(super) rows_before: u64,
}

/// What a snapshot tells next. The newest of everything comes first, so that a screen can be filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    NewestLeads,
    NewestMessages,
    OtherLeads,
    /// Those that changed since the snapshot began, and so may have slipped past the pages of leads.
    MovedLeads,
    OtherMessages,
}

/// Where a place means what it meant when its cursor was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) studio: StudioId,
    /// The run of the studio's sequence of changes: in another one, its numbers are those of other changes.
    pub(super) epoch: Epoch,
    pub(super) sight: Sight,
}

#[derive(Serialize, Deserialize)]
struct Content {
    v: u8,
    studio: StudioId,
    epoch: Epoch,
    /// Whose own leads it shows, if not everyone's: with another sight the place means something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    own: Option<MemberId>,
    /// Whether its holder was told what the studio pays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    billing: bool,
    place: Place,
}

/// The cursor is not one of ours, or not of this scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this server")]
pub(crate) struct InvalidCursor;

/// Makes and reads cursors, with one key.
pub(crate) struct CursorSeal {
    key_id: TokenKeyId,
    key: hmac::Key,
}

impl CursorSeal {
    pub(crate) fn new(key_id: TokenKeyId, key: &Key) -> Self {
        Self { key_id, key: hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()) }
    }

    /// A cursor for who holds all up to `place`, and what the studio pays where it is told.
    pub(super) fn seal(&self, scope: &Scope, billing: Billing, place: Place) -> Result<Cursor, serde_json::Error> {
        let Scope { studio, epoch, sight } = scope;
        let content = Content {
            v: VERSION,
            studio: *studio,
            epoch: epoch.clone(),
            own: own(*sight),
            billing: billing == Billing::Told,
            place,
        };
        let json = serde_json::to_vec(&content)?;
        let [content, tag] =
            [&json[..], hmac::sign(&self.key, &json).as_ref()].map(|part| URL_SAFE_NO_PAD.encode(part));
        Ok(Cursor(format!("{}.{content}.{tag}", self.key_id)))
    }

    /// Where its holder stands, and whether they were told what the studio pays: their role may have been another.
    pub(super) fn open(&self, scope: &Scope, cursor: &str) -> Result<(Place, Billing), InvalidCursor> {
        if cursor.len() > MAX_CHARS {
            return Err(InvalidCursor);
        }
        let (key_id, cursor) = TokenKeyId::before_dot(cursor).ok_or(InvalidCursor)?;
        if key_id != self.key_id {
            return Err(InvalidCursor);
        }
        let (json, tag) = cursor.split_once('.').ok_or(InvalidCursor)?;
        let [json, tag] = [json, tag].map(|part| URL_SAFE_NO_PAD.decode(part));
        let (json, tag) = (json.map_err(|_| InvalidCursor)?, tag.map_err(|_| InvalidCursor)?);
        hmac::verify(&self.key, &json, &tag).map_err(|_| InvalidCursor)?;
        let Content { v, studio, epoch, own: whose, billing, place } =
            serde_json::from_slice(&json).map_err(|_| InvalidCursor)?;
        let fits = v == VERSION && studio == scope.studio && epoch == scope.epoch && whose == own(scope.sight);
        let billing = if billing { Billing::Told } else { Billing::Withheld };
        if fits { Ok((place, billing)) } else { Err(InvalidCursor) }
    }
}

fn own(sight: Sight) -> Option<MemberId> {
    match sight {
        Sight::All => None,
        Sight::OwnAndPool(member_id) => Some(member_id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal_of(byte: u8) -> CursorSeal {
        CursorSeal::new(TokenKeyId(1), &Key::new([byte; 32]))
    }

    fn scope() -> Scope {
        Scope { studio: StudioId::from_uuid(uuid::Uuid::from_u128(1)), epoch: Epoch::draw(), sight: Sight::All }
    }

    #[test]
    fn a_cursor_reads_back_where_it_was_given_and_nowhere_else() {
        let seal = seal_of(1);
        let place = Place::Snapshot(SnapshotPlace {
            base_seq: 7,
            phase: Phase::OtherLeads,
            leads_below: RowKey::newest(),
            messages_below: RowKey::newest(),
            leads_moved_after: 7,
            rows_before: 300,
        });
        let here = scope();
        for billing in [Billing::Withheld, Billing::Told] {
            let cursor = seal.seal(&here, billing, place.clone()).expect("seals").0;
            assert_eq!(seal.open(&here, &cursor), Ok((place.clone(), billing)));
        }
        let cursor = seal.seal(&here, Billing::Told, place).expect("seals").0;

        let member = MemberId::from_uuid(uuid::Uuid::from_u128(9));
        for (why, elsewhere) in [
            ("another studio", Scope { studio: StudioId::from_uuid(uuid::Uuid::from_u128(2)), ..here.clone() }),
            ("another run of the sequence", Scope { epoch: Epoch::draw(), ..here.clone() }),
            ("another sight", Scope { sight: Sight::OwnAndPool(member), ..here.clone() }),
        ] {
            assert_eq!(seal.open(&elsewhere, &cursor), Err(InvalidCursor), "{why}");
        }
        assert_eq!(seal_of(2).open(&here, &cursor), Err(InvalidCursor), "another server");
    }

    #[test]
    fn a_changed_cursor_is_refused() {
        let seal = seal_of(1);
        let here = scope();
        let cursor = seal.seal(&here, Billing::Withheld, Place::Delta { after: 7 }).expect("seals").0;
        let (json, tag) = cursor.strip_prefix("1.").and_then(|rest| rest.split_once('.')).expect("three parts");
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(json).expect("base64")).expect("text");
        let later = URL_SAFE_NO_PAD.encode(text.replace("\"after\":7", "\"after\":8"));
        assert_ne!(later, json, "the forgery is one");
        let other_key = cursor.replacen("1.", "2.", 1);
        for forged in [&*format!("1.{later}.{tag}"), &other_key, json, "", ".", "a.b", "1.a.b", &"x".repeat(5_000)] {
            assert_eq!(seal.open(&here, forged), Err(InvalidCursor));
        }
    }
}
