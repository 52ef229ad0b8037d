//! Whether a secret is one: what somebody typed in a hurry, or copied from an example, protects nothing.
//!
//! Looks for what is certainly weak. Never says what the secret is.

use std::collections::HashSet;

/// Of a secret of a program's, in bytes.
const MIN_BYTES: usize = 32;
/// Of a password of a program's, in bytes: nobody has to remember it.
const MIN_PASSWORD_BYTES: usize = 12;
/// Random bytes repeat themselves: of 32, thirty differ on the average, and 16 or fewer in one of 10^13 draws.
const MIN_DIFFERENT_BYTES: usize = 17;
const MIN_DIFFERENT_PASSWORD_BYTES: usize = 6;

/// Words that stand in examples and in every list of passwords. Case and what stands around them is no matter, as long as
/// they are most of the secret.
const WELL_KNOWN: [&str; 20] = [
    "password",
    "passw0rd",
    "changeme",
    "change-me",
    "change_me",
    "secret",
    "letmein",
    "example",
    "default",
    "frontdesk",
    "postgres",
    "qwerty",
    "123456",
    "abcdef",
    "012345",
    "admin",
    "test",
    "root",
    "sesame",
    "your-",
];

/// Why a secret is none. Completes "the secret …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    #[error("is shorter than {min} bytes")]
    TooShort { min: usize },
    #[error("is one byte over and over")]
    AllTheSame,
    #[error("has too few different bytes to be random")]
    LowVariety,
    #[error("counts up or down")]
    Sequence,
    #[error("is made of a word that stands in examples")]
    WellKnown,
}

/// What is weak about a secret that only programs know.
pub(crate) fn find_weakness(secret: &[u8]) -> Option<Weakness> {
    find(secret, MIN_BYTES, MIN_DIFFERENT_BYTES)
}

/// What is weak about a password that a program signs in with.
pub(crate) fn find_weakness_of_password(password: &[u8]) -> Option<Weakness> {
    find(password, MIN_PASSWORD_BYTES, MIN_DIFFERENT_PASSWORD_BYTES)
}

fn find(secret: &[u8], min: usize, min_different: usize) -> Option<Weakness> {
    let different = secret.iter().collect::<HashSet<_>>().len();
    if secret.len() < min {
        Some(Weakness::TooShort { min })
    } else if different <= 1 {
        Some(Weakness::AllTheSame)
    } else if is_sequence(secret) {
        Some(Weakness::Sequence)
    } else if is_well_known(secret) {
        Some(Weakness::WellKnown)
    } else if different < min_different {
        Some(Weakness::LowVariety)
    } else {
        None
    }
}

fn is_sequence(secret: &[u8]) -> bool {
    let step = |pair: &[u8]| pair[1].wrapping_sub(pair[0]);
    let mut steps = secret.windows(2).map(step);
    let first = steps.next();
    matches!(first, Some(1 | u8::MAX)) && steps.all(|step| Some(step) == first)
}

/// Whether words of the list make up half of it or more.
fn is_well_known(secret: &[u8]) -> bool {
    let lower = secret.to_ascii_lowercase();
    let mut covered = vec![false; lower.len()];
    for word in WELL_KNOWN.map(str::as_bytes) {
        for start in 0..lower.len().saturating_sub(word.len() - 1) {
            if lower[start..].starts_with(word) {
                covered[start..start + word.len()].fill(true);
            }
        }
    }
    2 * covered.iter().filter(|covered| **covered).count() >= lower.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_certainly_weak_is_found() {
        let counting: Vec<u8> = (0..32).collect();
        let down: Vec<u8> = (0..32).rev().collect();
        for (secret, weakness) in [
            (&b""[..], Weakness::TooShort { min: 32 }),
            (&b"f3c1"[..], Weakness::TooShort { min: 32 }),
            (&[0; 32], Weakness::AllTheSame),
            (&[b'a'; 64], Weakness::AllTheSame),
            (b"ababababababababababababababababab", Weakness::LowVariety),
            (b"0123456789012345678901234567890123456789", Weakness::WellKnown),
            (&counting, Weakness::Sequence),
            (&down, Weakness::Sequence),
            (b"change-me-change-me-change-me-please", Weakness::WellKnown),
            (b"ThisIsMySecretSecretPasswordExample", Weakness::WellKnown),
        ] {
            assert_eq!(find_weakness(secret), Some(weakness), "{secret:?}");
        }
        for (password, weakness) in [
            (&b"postgres"[..], Weakness::TooShort { min: 12 }),
            (b"postgrespostgres", Weakness::WellKnown),
            (b"Frontdesk-123456", Weakness::WellKnown),
            (b"aabbaabbaabbaabb", Weakness::LowVariety),
        ] {
            assert_eq!(find_weakness_of_password(password), Some(weakness), "{password:?}");
        }
    }

    #[test]
    fn what_is_drawn_by_chance_is_never_refused() {
        for _ in 0..2_000 {
            let secret: [u8; 32] = rand::random();
            assert_eq!(find_weakness(&secret), None);
            let hex: String = secret[..16].iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(find_weakness_of_password(hex.as_bytes()), None);
        }
    }

    #[test]
    fn a_weakness_does_not_say_the_secret() {
        let weakness = find_weakness(b"letmein-letmein-letmein-letmein-!").expect("weak");
        assert!(!format!("{weakness} {weakness:?}").to_lowercase().contains("letmein"));
    }
}
