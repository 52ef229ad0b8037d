//! Data keys, in generations: the newest is used, the older open what is left of their time.
//!
//! They are never deleted: a backup that is put back may need any of them, and each is 32 bytes.

use domain::{StudioId, UnixMs};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::derive::{Key, derive, draw};
use super::error::SecretError;
use super::sealed::{self, Place, SealingKey};
use super::secret::Secret;

/// Names what is derived from a data key.
const KIND: &str = "frontdesk data key 1";

/// Which file a key is for: another's file does not open with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileName {
    Directory,
    Studio(StudioId),
}

/// A data key as it is kept, once for each secret that may open it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SealedKey {
    /// Counted from 1.
    pub(crate) generation: i64,
    /// Fingerprint of the secret.
    pub(crate) secret: String,
    pub(crate) sealed: String,
    /// When it was sealed by that secret.
    pub(crate) sealed_at: UnixMs,
}

/// The data keys as they are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SealedRing {
    pub(crate) keys: Vec<SealedKey>,
}

/// The data keys. Never empty.
pub(crate) struct KeyRing {
    /// The newest last.
    keys: Vec<DataKey>,
}

struct DataKey {
    generation: i64,
    key: Key,
    sealing: SealingKey,
}

impl DataKey {
    fn new(generation: i64, key: Key) -> Self {
        let sealing = SealingKey::new(generation.to_string(), &derive(&key, KIND, "sealed columns"));
        Self { generation, key, sealing }
    }
}

fn place(generation: &str) -> Place<'_> {
    Place { studio: None, table: "data_key", column: "sealed", row: generation }
}

impl SealedRing {
    /// Fingerprints of the secrets that open it, the one that came last at the end.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut secrets: Vec<(UnixMs, &str)> = Vec::new();
        for key in &self.keys {
            match secrets.iter_mut().find(|(_, secret)| *secret == key.secret) {
                Some((first, _)) => *first = (*first).min(key.sealed_at),
                None => secrets.push((key.sealed_at, &key.secret)),
            }
        }
        secrets.sort_by_key(|(first, _)| *first);
        secrets.into_iter().map(|(_, secret)| secret.to_owned()).collect()
    }

    /// Adds what is not there yet, as later than all that is, whatever the clock says: which secret came last decides
    /// whom the ring is left to.
    pub(crate) fn add(&mut self, keys: Vec<SealedKey>) {
        let after = self.keys.iter().map(|key| key.sealed_at.plus_ms(1)).max();
        for mut key in keys {
            if !self.keys.iter().any(|there| (there.generation, &there.secret) == (key.generation, &key.secret)) {
                key.sealed_at = key.sealed_at.max(after.unwrap_or(key.sealed_at));
                self.keys.push(key);
            }
        }
    }

    /// Leaves it to one secret alone, the one that came last.
    ///
    /// # Errors
    /// [`SecretError::NotTheNewest`].
    pub(crate) fn leave_to(&mut self, secret: &Secret) -> Result<(), SecretError> {
        let newest = self.secrets().pop().ok_or(SecretError::KeysMissing)?;
        if newest != secret.fingerprint() {
            return Err(SecretError::NotTheNewest { found: secret.fingerprint().to_owned(), newest });
        }
        self.keys.retain(|key| key.secret == newest);
        Ok(())
    }

    /// The keys, opened by the secret.
    ///
    /// # Errors
    /// [`SecretError::OtherSecret`], [`SecretError::KeysMissing`], [`SecretError::Tampered`].
    pub(crate) fn open(&self, secret: &Secret) -> Result<KeyRing, SecretError> {
        let sealing = secret.sealing_key();
        let mut keys = Vec::new();
        let mut generations: Vec<i64> = self.keys.iter().map(|key| key.generation).collect();
        generations.sort_unstable();
        generations.dedup();
        for generation in generations {
            let ours = |key: &&SealedKey| key.generation == generation && key.secret == secret.fingerprint();
            let Some(kept) = self.keys.iter().find(ours) else {
                return Err(SecretError::OtherSecret {
                    found: secret.fingerprint().to_owned(),
                    wanted: self.secrets(),
                });
            };
            let opened = sealing.open(place(&generation.to_string()), &kept.sealed)?;
            let key = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| SecretError::Tampered)?;
            keys.push(DataKey::new(generation, Key::new(key)));
        }
        if keys.is_empty() { Err(SecretError::KeysMissing) } else { Ok(KeyRing { keys }) }
    }
}

impl KeyRing {
    /// A first generation.
    ///
    /// # Errors
    /// [`SecretError::NoRandomness`].
    pub(crate) fn draw() -> Result<Self, SecretError> {
        Ok(Self { keys: vec![DataKey::new(1, draw()?)] })
    }

    /// Adds a generation, which is used from then on.
    ///
    /// # Errors
    /// [`SecretError::NoRandomness`].
    pub(crate) fn add_generation(&mut self) -> Result<(), SecretError> {
        let next = self.newest().generation + 1;
        self.keys.push(DataKey::new(next, draw()?));
        Ok(())
    }

    /// Whether the newest key sealed this.
    pub(crate) fn is_newest(&self, sealed: &str) -> bool {
        sealed::key_name(sealed).is_ok_and(|name| name == self.newest().sealing.name())
    }

    /// The keys as they are kept, for whoever has the secret.
    ///
    /// # Errors
    /// [`SecretError::NoRandomness`].
    pub(crate) fn seal_for(&self, secret: &Secret, now: UnixMs) -> Result<Vec<SealedKey>, SecretError> {
        let sealing = secret.sealing_key();
        let seal = |key: &DataKey| {
            Ok(SealedKey {
                generation: key.generation,
                secret: secret.fingerprint().to_owned(),
                sealed: sealing.seal(place(&key.generation.to_string()), key.key.as_ref())?,
                sealed_at: now,
            })
        };
        self.keys.iter().map(seal).collect()
    }

    /// The keys of a file, that of the newest generation first.
    pub(crate) fn file_keys(&self, file: FileName) -> impl Iterator<Item = Key> {
        let purpose = match file {
            FileName::Directory => "file directory".to_owned(),
            FileName::Studio(id) => format!("file studio {id}"),
        };
        self.keys.iter().rev().map(move |key| derive(&key.key, KIND, &purpose))
    }

    /// Seals a secret for the place it is to lie in, with the newest key.
    ///
    /// # Errors
    /// [`SecretError::NoRandomness`].
    pub(crate) fn seal(&self, place: Place<'_>, secret: &[u8]) -> Result<String, SecretError> {
        self.newest().sealing.seal(place, secret)
    }

    /// Opens what lies in a place.
    ///
    /// # Errors
    /// [`SecretError::UnknownKey`], [`SecretError::Tampered`].
    pub(crate) fn open(&self, place: Place<'_>, text: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let name = sealed::key_name(text)?;
        let key = self.keys.iter().find(|key| key.sealing.name() == name);
        key.ok_or_else(|| SecretError::UnknownKey(name.to_owned()))?.sealing.open(place, text)
    }

    fn newest(&self) -> &DataKey {
        self.keys.last().expect("a ring is never empty")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> Secret {
        Secret::new(Key::new([byte; 32]))
    }

    #[test]
    fn two_secrets_open_the_same_keys_until_one_is_left() {
        let mut ring = KeyRing::draw().expect("drawn");
        let mut sealed = SealedRing { keys: ring.seal_for(&secret(1), UnixMs(1)).expect("sealed") };
        let place = Place { studio: None, table: "token_key", column: "sealed", row: "1" };
        let text = ring.seal(place, b"a token key").expect("sealed");
        let file = ring.file_keys(FileName::Directory).next().expect("a key");

        ring.add_generation().expect("added");
        sealed.add(ring.seal_for(&secret(1), UnixMs(2)).expect("sealed"));
        sealed.add(ring.seal_for(&secret(2), UnixMs(2)).expect("sealed"));
        assert_eq!(sealed.secrets(), [secret(1).fingerprint(), secret(2).fingerprint()]);
        for byte in [1, 2] {
            let opened = sealed.open(&secret(byte)).expect("opens");
            assert_eq!(opened.open(place, &text).expect("of before").as_slice(), b"a token key");
            assert_eq!(opened.file_keys(FileName::Directory).position(|key| key == file), Some(1), "of before");
            assert!(!opened.is_newest(&text) && opened.is_newest(&opened.seal(place, b"").expect("sealed")));
        }
        assert!(matches!(sealed.open(&secret(3)), Err(SecretError::OtherSecret { wanted, .. }) if wanted.len() == 2));

        let refused = sealed.clone().leave_to(&secret(1));
        assert!(matches!(refused, Err(SecretError::NotTheNewest { .. })), "nobody goes back by mistake");
        sealed.leave_to(&secret(2)).expect("left");
        assert!(matches!(sealed.open(&secret(1)), Err(SecretError::OtherSecret { .. })));
        assert!(sealed.open(&secret(2)).is_ok());
    }

    #[test]
    fn which_secret_came_last_does_not_hang_on_the_clock() {
        let ring = KeyRing::draw().expect("drawn");
        // Secrets have an order of their own, by fingerprint: both ways round.
        for (first, second) in [(1, 2), (2, 1)] {
            for second_at in [UnixMs(500), UnixMs(1_000)] {
                let mut sealed = SealedRing { keys: ring.seal_for(&secret(first), UnixMs(1_000)).expect("sealed") };
                sealed.add(ring.seal_for(&secret(second), second_at).expect("sealed"));
                assert_eq!(sealed.secrets().pop().as_deref(), Some(secret(second).fingerprint()), "at {second_at:?}");
            }
        }
    }

    #[test]
    fn every_file_has_a_key_of_its_own() {
        let ring = KeyRing::draw().expect("drawn");
        let studio = |n| FileName::Studio(StudioId::from_uuid(uuid::Uuid::from_u128(n)));
        let keys: Vec<_> = [FileName::Directory, studio(1), studio(2)].map(|name| ring.file_keys(name).next()).into();
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
    }

    #[test]
    fn a_key_of_one_generation_is_not_taken_for_another() {
        let mut ring = KeyRing::draw().expect("drawn");
        ring.add_generation().expect("added");
        let mut keys = ring.seal_for(&secret(1), UnixMs(1)).expect("sealed");
        let (first, second) = (keys[0].sealed.clone(), keys[1].sealed.clone());
        (keys[0].sealed, keys[1].sealed) = (second, first);
        assert!(matches!(SealedRing { keys }.open(&secret(1)), Err(SecretError::Tampered)));
        assert!(matches!(SealedRing::default().open(&secret(1)), Err(SecretError::KeysMissing)));
    }
}
