//! What things are called at Stripe: the only reference to a payment that is kept.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::InvalidBillingText;
use super::card::looks_like_card;

/// As Stripe promises (<https://docs.stripe.com/upgrades#what-changes-does-stripe-consider-to-be-backwards-compatible>).
const MAX_CHARS: usize = 255;

macro_rules! stripe_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal, $pattern:literal);+ $(;)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS, ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[ts(export, type = "string")]
        #[schema(max_length = 255, pattern = $pattern)]
        pub struct $name(String);

        impl $name {
            /// The whole id, with its prefix.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidBillingText;

            fn try_from(text: String) -> Result<Self, InvalidBillingText> {
                require_form(&text, $prefix)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )+};
}

stripe_ids! {
    /// Who pays.
    StripeCustomerId = "cus_", "^cus_[0-9A-Za-z]+$";
    /// What they subscribed to.
    StripeSubscriptionId = "sub_", "^sub_[0-9A-Za-z]+$";
    /// An invoice.
    StripeInvoiceId = "in_", "^in_[0-9A-Za-z]+$";
    /// A payment of one: Stripe's PaymentIntent.
    StripePaymentId = "pi_", "^pi_[0-9A-Za-z]+$";
}

/// The prefix, then letters and digits. A secret (`pi_…_secret_…`) is none.
fn require_form(text: &str, prefix: &'static str) -> Result<(), InvalidBillingText> {
    if looks_like_card(text) {
        return Err(InvalidBillingText::CardNumber);
    }
    let rest = text.strip_prefix(prefix).unwrap_or_default();
    let is_one = !rest.is_empty() && text.len() <= MAX_CHARS && rest.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_one { Ok(()) } else { Err(InvalidBillingText::StripeId { prefix }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_prefix_makes_an_id() {
        let customer = |text: &str| StripeCustomerId::try_from(text.to_owned()).map(String::from);
        assert_eq!(customer("cus_NffrFeUfNV2Hib"), Ok("cus_NffrFeUfNV2Hib".to_owned()));
        for text in ["", "cus_", "sub_1MowQVLkdIwHu7ixeRlqHVzs", "cus_Nffr FeUf", "cus_Nffr\n", "NffrFeUfNV2Hib"] {
            assert_eq!(customer(text), Err(InvalidBillingText::StripeId { prefix: "cus_" }), "{text:?}");
        }
        assert!(customer(&format!("cus_{}", "x".repeat(252))).is_err(), "too long");
        assert!(StripeInvoiceId::try_from("in_1MtHbELkdIwHu7ixl4OzzPMv".to_owned()).is_ok());
        assert!(StripeSubscriptionId::try_from("sub_1MowQVLkdIwHu7ixeRlqHVzs".to_owned()).is_ok());
        assert!(StripePaymentId::try_from("pi_3MtwBwLkdIwHu7ix28a3tqPa".to_owned()).is_ok());
        assert!(StripePaymentId::try_from("pi_3Mtw_secret_YrKJUKribcBjcG8HVhfZluoGH".to_owned()).is_err());
    }

    #[test]
    fn a_card_number_with_a_prefix_is_no_id() {
        let refused = StripePaymentId::try_from("pi_4242424242424242".to_owned());
        assert_eq!(refused, Err(InvalidBillingText::CardNumber));
    }
}
