//! What a studio was billed.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::{BillingText, Currency, InvalidBilling, StripeInvoiceId, StripePaymentId, require_amount, require_time};
use crate::{InvoiceId, UnixMs};

/// Where an invoice stands, in Stripe's terms (<https://docs.stripe.com/api/invoices/object#invoice_object-status>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum InvoiceStatus {
    /// Not final yet; it may have no number.
    Draft,
    /// To be paid.
    Open,
    Paid,
    /// Not to be expected any more.
    Uncollectible,
    /// Taken back.
    Void,
}

impl InvoiceStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::Draft, Self::Open, Self::Paid, Self::Uncollectible, Self::Void];
}

/// One invoice. Amounts are in the minor unit that ISO 4217 gives the currency: cents of EUR, yen of JPY.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Invoice {
    pub id: InvoiceId,
    pub invoice_id: StripeInvoiceId,
    /// What is printed on it; a draft may have none.
    #[schema(required)]
    pub number: Option<BillingText>,
    pub status: InvoiceStatus,
    pub issued_at: UnixMs,
    /// What it is for.
    pub period_start: UnixMs,
    pub period_end: UnixMs,
    pub currency: Currency,
    /// With tax; below zero where money is owed to the studio.
    #[ts(type = "number")]
    pub total_minor: i64,
    /// What was paid of it.
    #[ts(type = "number")]
    pub paid_minor: i64,
    /// The payment, once there is one.
    #[schema(required)]
    pub payment_id: Option<StripePaymentId>,
    /// When it was so: what is known of an earlier moment never replaces it.
    pub as_of: UnixMs,
}

impl Invoice {
    /// # Errors
    /// [`InvalidBilling`]: times or amounts that are none, or no number on what is no draft.
    pub fn check(&self) -> Result<(), InvalidBilling> {
        require_time("issued_at", self.issued_at)?;
        require_time("period_start", self.period_start)?;
        require_time("period_end", self.period_end)?;
        require_time("as_of", self.as_of)?;
        require_amount("total_minor", self.total_minor, -super::MAX_AMOUNT_MINOR)?;
        require_amount("paid_minor", self.paid_minor, 0)?;
        if self.period_end < self.period_start {
            return Err(InvalidBilling { field: "period_end", problem: "is before period_start" });
        }
        if self.number.is_none() && self.status != InvoiceStatus::Draft {
            return Err(InvalidBilling { field: "number", problem: "is missing: only a draft may have none" });
        }
        Ok(())
    }
}

/// Written by hand: no amount, no number, no payment.
impl std::fmt::Debug for Invoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invoice")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("as_of", &self.as_of)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, invoice};
    use super::*;

    #[test]
    fn statuses_are_called_as_stripe_calls_them() {
        let names = InvoiceStatus::ALL.map(|status| serde_json::to_string(&status).expect("a name"));
        assert_eq!(names, ["draft", "open", "paid", "uncollectible", "void"].map(|name| format!("\"{name}\"")));
    }

    #[test]
    fn what_can_not_be_is_refused_by_its_field() {
        assert_eq!(invoice().check(), Ok(()));
        assert_eq!(Invoice { number: None, status: InvoiceStatus::Draft, ..invoice() }.check(), Ok(()));
        assert_eq!(Invoice { total_minor: -1_200, ..invoice() }.check(), Ok(()), "a credit");
        let field = |told: Invoice| told.check().expect_err("refused").field;
        assert_eq!(field(Invoice { number: None, ..invoice() }), "number");
        assert_eq!(field(Invoice { period_end: NOW.plus_ms(-99 * 86_400_000), ..invoice() }), "period_end");
        assert_eq!(field(Invoice { paid_minor: -1, ..invoice() }), "paid_minor");
        assert_eq!(field(Invoice { issued_at: UnixMs(0), ..invoice() }), "issued_at");
    }

    #[test]
    fn no_amount_is_long_enough_to_be_a_card_number() {
        for minor in [4_242_424_242_424_242, 4_222_222_222_222, -4_242_424_242_424_242] {
            let told = Invoice { total_minor: minor, ..invoice() };
            assert_eq!(told.check().expect_err("refused").field, "total_minor");
        }
    }

    #[test]
    fn no_amount_reaches_a_log() {
        let text = format!("{:?}", invoice());
        assert!(text.contains("Open") && !text.contains("4900") && !text.contains("in_"), "{text}");
    }
}
