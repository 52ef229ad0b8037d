//! Who a use is counted for: a studio or this installation, as nobody without the server's keys can recognise it.
//!
//! The key is derived from the token keys: every server on a database has the same, and a rotation of the keys cuts the
//! thread between the pseudonyms of before and after.

use std::fmt;

use domain::StudioId;
use ring::hmac;

use crate::secrets::Key;

/// Whom a use is counted for. Never a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Studio(StudioId),
    /// Of no studio that could be told.
    Installation,
}

/// Makes pseudonyms.
pub(crate) struct PseudonymKey(hmac::Key);

/// Half of an HMAC-SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pseudonym([u8; 16]);

impl PseudonymKey {
    pub(crate) fn new(key: &Key) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
    }

    pub(super) fn of(&self, who: Who) -> Pseudonym {
        let tag = match who {
            Who::Studio(id) => hmac::sign(&self.0, id.as_uuid().as_bytes()),
            // No id is as short.
            Who::Installation => hmac::sign(&self.0, b"installation"),
        };
        Pseudonym(*tag.as_ref().first_chunk().expect("SHA-256 has 32 bytes"))
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_studio_has_a_pseudonym_of_its_own_under_each_key() {
        let [one, other] = [1, 2].map(|n| PseudonymKey::new(&Key::new([n; 32])));
        let [lumen, fira] = [1, 2].map(|n| Who::Studio(StudioId::from_uuid(Uuid::from_u128(n))));
        let told = one.of(lumen);
        assert_eq!((told.to_string().len(), told), (32, one.of(lumen)));
        for another in [one.of(fira), one.of(Who::Installation), other.of(lumen)] {
            assert_ne!(told, another);
        }
        assert!(!told.to_string().contains(&lumen_id()), "it is not the id");
    }

    fn lumen_id() -> String {
        Uuid::from_u128(1).simple().to_string()
    }
}
