//! Phone numbers in the one form everything compares by.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// The text is not an E.164 number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an E.164 phone number")]
pub struct InvalidPhone;

/// A number in E.164 form (ITU-T E.164 §6.2): `+`, a non-zero digit, at most 15 digits in all.
///
/// This checks form, not existence; reading national notations is the importer's work.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[ts(export, type = "string")]
#[schema(pattern = r"^\+[1-9][0-9]{6,14}$", examples("+447700900118"))]
pub struct Phone(String);

impl Phone {
    /// The number with its leading `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Phone {
    type Error = InvalidPhone;

    fn try_from(text: String) -> Result<Self, InvalidPhone> {
        let digits = text.strip_prefix('+').ok_or(InvalidPhone)?;
        let well_formed =
            (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        if well_formed { Ok(Self(text)) } else { Err(InvalidPhone) }
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

/// Written by hand: numbers never reach a log.
impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phone(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Phone;

    #[test]
    fn accepts_e164_only() {
        for good in ["+447700900118", "+12025550123", "+33142764978"] {
            assert!(Phone::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "+", "447700900118", "+0447700900", "+44 7700 900118", "+1234567890123456", "+44770090011x"] {
            assert!(Phone::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
