//! Cursors: where a feed stands, readable to this server only by its seal.
//!
//! A cursor is `base64url(json) . base64url(HMAC-SHA256)`. Nobody could reach more with a forged one than they may see
//! anyway; but a place that we never gave out would silently skip changes, so it is refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{MemberId, StudioId};
use ring::hmac;
use serde::{Deserialize, Serialize};
use wire::changes::Cursor;

use crate::db::{Billing, Epoch, Key, Sight};

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
    pub(super) leads_below: Key,
    pub(super) messages_below: Key,
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

/// Makes and reads cursors.
pub(crate) struct CursorSeal(hmac::Key);

impl CursorSeal {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
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
        let tag = hmac::sign(&self.0, &json);
        Ok(Cursor(format!("{}.{}", URL_SAFE_NO_PAD.encode(&json), URL_SAFE_NO_PAD.encode(tag.as_ref()))))
    }

    /// Where its holder stands, and whether they were told what the studio pays: their role may have been another.
    pub(super) fn open(&self, scope: &Scope, cursor: &str) -> Result<(Place, Billing), InvalidCursor> {
        if cursor.len() > MAX_CHARS {
            return Err(InvalidCursor);
        }
        let (json, tag) = cursor.split_once('.').ok_or(InvalidCursor)?;
        let [json, tag] = [json, tag].map(|part| URL_SAFE_NO_PAD.decode(part));
        let (json, tag) = (json.map_err(|_| InvalidCursor)?, tag.map_err(|_| InvalidCursor)?);
        hmac::verify(&self.0, &json, &tag).map_err(|_| InvalidCursor)?;
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

    fn scope() -> Scope {
        Scope { studio: StudioId::from_uuid(uuid::Uuid::from_u128(1)), epoch: Epoch::draw(), sight: Sight::All }
    }

    #[test]
    fn a_cursor_reads_back_where_it_was_given_and_nowhere_else() {
        let seal = CursorSeal::new(&[1; 32]);
        let place = Place::Snapshot(SnapshotPlace {
            base_seq: 7,
            phase: Phase::OtherLeads,
            leads_below: Key::newest(),
            messages_below: Key::newest(),
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
        assert_eq!(CursorSeal::new(&[2; 32]).open(&here, &cursor), Err(InvalidCursor), "another server");
    }

    #[test]
    fn a_changed_cursor_is_refused() {
        let seal = CursorSeal::new(&[1; 32]);
        let here = scope();
        let cursor = seal.seal(&here, Billing::Withheld, Place::Delta { after: 7 }).expect("seals").0;
        let (json, tag) = cursor.split_once('.').expect("two parts");
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(json).expect("base64")).expect("text");
        let later = URL_SAFE_NO_PAD.encode(text.replace("\"after\":7", "\"after\":8"));
        assert_ne!(later, json, "the forgery is one");
        for forged in [&*format!("{later}.{tag}"), json, "", ".", "a.b", &"x".repeat(5_000)] {
            assert_eq!(seal.open(&here, forged), Err(InvalidCursor));
        }
    }
}
