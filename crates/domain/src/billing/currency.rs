//! What money is counted in.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::InvalidBillingText;

/// An ISO 4217 code, by form: three capital letters. Stripe's small ones are taken, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[ts(export, type = "string")]
#[schema(value_type = String, pattern = "^[A-Z]{3}$", examples("EUR"))]
pub struct Currency([u8; 3]);

impl Currency {
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("three ASCII letters")
    }
}

impl TryFrom<String> for Currency {
    type Error = InvalidBillingText;

    fn try_from(text: String) -> Result<Self, InvalidBillingText> {
        let code: [u8; 3] = text.as_bytes().try_into().map_err(|_| InvalidBillingText::Currency)?;
        if code.iter().all(u8::is_ascii_alphabetic) {
            Ok(Self(code.map(|letter| letter.to_ascii_uppercase())))
        } else {
            Err(InvalidBillingText::Currency)
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_letters_are_a_currency() {
        let code = |text: &str| Currency::try_from(text.to_owned()).map(String::from);
        assert_eq!((code("EUR"), code("jpy")), (Ok("EUR".to_owned()), Ok("JPY".to_owned())));
        for text in ["", "EU", "EURO", "€", "E1R", "424"] {
            assert_eq!(code(text), Err(InvalidBillingText::Currency), "{text}");
        }
    }
}
