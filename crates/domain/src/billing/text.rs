//! The few words a record of billing holds.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::InvalidBillingText;
use super::card::looks_like_card;

/// A plan's name or an invoice's number: a line of at most [`BillingText::MAX_CHARS`] characters that holds no card
/// number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[ts(export, type = "string")]
#[schema(min_length = 1, max_length = 120)]
pub struct BillingText(String);

impl BillingText {
    /// More than any plan's name or invoice's number.
    pub const MAX_CHARS: usize = 120;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for BillingText {
    type Error = InvalidBillingText;

    fn try_from(text: String) -> Result<Self, InvalidBillingText> {
        if text.trim().is_empty() || text.chars().count() > Self::MAX_CHARS {
            return Err(InvalidBillingText::Length { max_chars: Self::MAX_CHARS });
        }
        if looks_like_card(&text) {
            return Err(InvalidBillingText::CardNumber);
        }
        // Digits of other scripts could spell a card number that nothing here would see.
        if text.chars().any(|c| c.is_control() || (c.is_numeric() && !c.is_ascii())) {
            return Err(InvalidBillingText::Character);
        }
        Ok(Self(text))
    }
}

impl From<BillingText> for String {
    fn from(text: BillingText) -> Self {
        text.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_is_no_text_of_billing() {
        let refused = |text: &str| BillingText::try_from(text.to_owned()).expect_err("refused");
        assert_eq!(refused("Gold 4242 4242 4242 4242"), InvalidBillingText::CardNumber);
        assert_eq!(refused("٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"), InvalidBillingText::Character);
        assert_eq!(refused("two\nlines"), InvalidBillingText::Character);
        assert_eq!(refused(" "), InvalidBillingText::Length { max_chars: 120 });
        assert_eq!(refused(&"x".repeat(121)), InvalidBillingText::Length { max_chars: 120 });
        let json = serde_json::from_str::<BillingText>("\"4242424242424242\"").expect_err("nor from JSON");
        assert!(!json.to_string().contains("4242"), "and it is not repeated: {json}");
        assert_eq!(BillingText::try_from("Studio, größer".to_owned()).expect("a text").as_str(), "Studio, größer");
    }
}
