//! What the cache was when it was last looked at, kept where an older copy of its files can't bring it back.

use crate::secret::Bytes;
use crate::{SecretName, VaultError};

const VERSION: u8 = 1;
const BYTES: usize = 1 + 8 + 8 + 32;

/// How far a cache had come. An older copy of it has not come as far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// The number of the seal of its files.
    pub seal_number: u64,
    /// The number of the last act in its outbox; 0 before the first.
    pub act: u64,
    /// That act's place in the chain of acts; zeros before the first.
    pub link: [u8; 32],
}

impl Anchor {
    pub(crate) fn to_bytes(self) -> Bytes {
        let mut bytes = Bytes::new(Vec::with_capacity(BYTES));
        bytes.push(VERSION);
        bytes.extend(self.seal_number.to_le_bytes());
        bytes.extend(self.act.to_le_bytes());
        bytes.extend(self.link);
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        let damaged = VaultError::SecretDamaged(SecretName::Anchor);
        let (&[VERSION], rest) = bytes.split_first_chunk::<1>().ok_or(damaged.clone())? else { return Err(damaged) };
        let (seal_number, rest) = rest.split_first_chunk().ok_or(damaged.clone())?;
        let (act, link) = rest.split_first_chunk().ok_or(damaged.clone())?;
        Ok(Self {
            seal_number: u64::from_le_bytes(*seal_number),
            act: u64::from_le_bytes(*act),
            link: link.try_into().map_err(|_| damaged)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_comes_back_as_it_was_and_nothing_else_is_one() {
        let anchor = Anchor { seal_number: 7, act: 300, link: [9; 32] };
        let bytes = anchor.to_bytes();
        assert_eq!(Anchor::from_bytes(&bytes), Ok(anchor));
        let mut other_version = bytes.to_vec();
        other_version[0] = 2;
        for wrong in [&[][..], &bytes[..BYTES - 1], &[bytes.as_slice(), &[0]].concat(), &other_version] {
            assert_eq!(Anchor::from_bytes(wrong), Err(VaultError::SecretDamaged(SecretName::Anchor)));
        }
    }
}
