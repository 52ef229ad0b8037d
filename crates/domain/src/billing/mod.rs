//! What a studio pays for Frontdesk (A11): its subscription, its invoices, and whose payments at Stripe they are.
//!
//! Owns what such a record may hold, and what a status means for the studio. No card data, ever: every text in here is
//! of a type that refuses what looks like a card number, and amounts are too small to be one. Never pays, charges or
//! asks Stripe anything.

mod card;
mod currency;
mod invoice;
mod recording;
mod stripe_id;
mod subscription;
mod text;

pub use currency::Currency;
pub use invoice::{Invoice, InvoiceStatus};
pub use recording::Recording;
pub use stripe_id::{StripeCustomerId, StripeInvoiceId, StripePaymentId, StripeSubscriptionId};
pub use subscription::{EXPORT_WINDOW_MS, Standing, Subscription, SubscriptionStatus};
pub use text::BillingText;

/// Why a text is none that a record of billing may hold. Never repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBillingText {
    #[error("holds what looks like a card number, which is never kept: leave it out")]
    CardNumber,
    #[error("is empty or longer than {max_chars} characters")]
    Length { max_chars: usize },
    #[error("holds a control character or a digit other than 0 to 9")]
    Character,
    #[error("is no Stripe id that begins with {prefix}")]
    StripeId { prefix: &'static str },
    #[error("is no ISO 4217 code of three letters")]
    Currency,
}

/// Why a record of billing is none: `field` names what is wrong in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct InvalidBilling {
    pub field: &'static str,
    pub problem: &'static str,
}

/// Ten digits of euros are a mistake; with thirteen digits an amount could be a card number.
const MAX_AMOUNT_MINOR: i64 = 999_999_999_999;

/// 2000-01-01 to 2100-01-01: what lies outside is seconds taken for milliseconds, or no time at all.
const TIMES: std::ops::Range<i64> = 946_684_800_000..4_102_444_800_000;

fn require_time(field: &'static str, at: crate::UnixMs) -> Result<(), InvalidBilling> {
    let problem = "is not a time of this century in milliseconds since 1970";
    if TIMES.contains(&at.0) { Ok(()) } else { Err(InvalidBilling { field, problem }) }
}

fn require_amount(field: &'static str, minor: i64, lowest: i64) -> Result<(), InvalidBilling> {
    let problem = "is no amount in the currency's minor unit";
    if (lowest..=MAX_AMOUNT_MINOR).contains(&minor) { Ok(()) } else { Err(InvalidBilling { field, problem }) }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{InvoiceId, StudioId, UnixMs};

    pub(super) const NOW: UnixMs = UnixMs(1_790_000_000_000);

    fn text<T: TryFrom<String, Error = InvalidBillingText>>(text: &str) -> T {
        text.to_owned().try_into().expect("valid")
    }

    pub(super) fn subscription() -> Subscription {
        Subscription {
            studio_id: StudioId::from_uuid(Uuid::from_u128(1)),
            plan: text("Atelier"),
            status: SubscriptionStatus::Active,
            seats: 5,
            current_period_end: NOW.plus_ms(20 * 86_400_000),
            cancel_at_period_end: false,
            ended_at: None,
            customer_id: text("cus_NffrFeUfNV2Hib"),
            subscription_id: text("sub_1MowQVLkdIwHu7ixeRlqHVzs"),
            as_of: NOW,
        }
    }

    pub(super) fn invoice() -> Invoice {
        Invoice {
            id: InvoiceId::from_uuid(Uuid::from_u128(2)),
            invoice_id: text("in_1MtHbELkdIwHu7ixl4OzzPMv"),
            number: Some(text("LUM-0007")),
            status: InvoiceStatus::Open,
            issued_at: NOW,
            period_start: NOW.plus_ms(-10 * 86_400_000),
            period_end: NOW.plus_ms(20 * 86_400_000),
            currency: text("eur"),
            total_minor: 4_900,
            paid_minor: 0,
            payment_id: None,
            as_of: NOW,
        }
    }

    /// Whatever text a record has: in none of them does a card number get in.
    #[test]
    fn a_card_number_gets_into_no_field() {
        let records = [
            serde_json::to_value(subscription()).expect("JSON"),
            serde_json::to_value(Invoice { payment_id: Some(text("pi_1")), ..invoice() }).expect("JSON"),
        ];
        let mut tried = 0;
        for record in &records {
            for (field, value) in record.as_object().expect("an object") {
                let Some(old) = value.as_str() else { continue };
                let prefix = old.split_inclusive('_').next().filter(|prefix| prefix.ends_with('_')).unwrap_or_default();
                let mut forged = record.clone();
                forged[field] = format!("{prefix}4242424242424242").into();
                let is_refused = serde_json::from_value::<Subscription>(forged.clone()).is_err()
                    && serde_json::from_value::<Invoice>(forged).is_err();
                assert!(is_refused, "{field}");
                tried += 1;
            }
        }
        // studio_id, plan, status, customer_id, subscription_id; id, invoice_id, number, status, currency, payment_id.
        assert_eq!(tried, 11);
        assert!(serde_json::from_value::<Subscription>(records[0].clone()).is_ok(), "as they are they are read");
        assert!(serde_json::from_value::<Invoice>(records[1].clone()).is_ok());
    }
}
