//! What Lumen Studio pays: a year and some of monthly invoices. Its ids at Stripe are drawn, and nobody's.

use domain::{
    Currency, InvalidBillingText, Invoice, InvoiceId, InvoiceStatus, StripeInvoiceId, StripePaymentId, Subscription,
    SubscriptionStatus, UnixMs,
};
use wire::changes::Row;

use super::draw::{Draw, Stream};
use super::studio::Staff;

const DAY_MS: i64 = 86_400_000;
/// A month, as far as a demo is concerned.
const PERIOD_MS: i64 = 30 * DAY_MS;
const INVOICES: u16 = 14;
/// The one that was taken back, and replaced by the next.
const VOID: u16 = 9;
/// From this one on there are six seats instead of five.
const SIXTH_SEAT: u16 = 8;
const SEAT_MINOR: i64 = 1_900;

/// The subscription, then the invoices, the oldest first.
pub(super) fn rows(seed: u64, now: UnixMs, staff: &Staff) -> Vec<Row> {
    let mut draw = Draw::new(seed, Stream::Billing);
    let renewed_at = now.plus_ms(-draw.between(3, 20) * DAY_MS);
    let subscription = Subscription {
        studio_id: staff.studio().id,
        plan: fixed("Studio, monthly"),
        status: SubscriptionStatus::Active,
        seats: 6,
        current_period_end: renewed_at.plus_ms(PERIOD_MS),
        cancel_at_period_end: false,
        ended_at: None,
        customer_id: drawn(&mut draw, "cus_"),
        subscription_id: drawn(&mut draw, "sub_"),
        as_of: renewed_at,
    };
    let currency: Currency = fixed(&staff.studio().currency);
    let mut rows = vec![Row::Subscription(Box::new(subscription))];
    for n in 1..=INVOICES {
        let issued_at = renewed_at.plus_ms(-PERIOD_MS * i64::from(INVOICES - n));
        let total_minor = SEAT_MINOR * if n < SIXTH_SEAT { 5 } else { 6 };
        let is_void = n == VOID;
        let invoice_id: StripeInvoiceId = drawn(&mut draw, "in_");
        let payment_id: StripePaymentId = drawn(&mut draw, "pi_");
        rows.push(Row::Invoice(Box::new(Invoice {
            id: InvoiceId::from_uuid(draw.uuid(issued_at)),
            invoice_id,
            number: Some(fixed(&format!("LUMEN-{n:04}"))),
            status: if is_void { InvoiceStatus::Void } else { InvoiceStatus::Paid },
            issued_at,
            period_start: issued_at,
            period_end: issued_at.plus_ms(PERIOD_MS),
            currency,
            total_minor,
            paid_minor: if is_void { 0 } else { total_minor },
            payment_id: (!is_void).then_some(payment_id),
            as_of: issued_at,
        })));
    }
    rows
}

fn fixed<T: TryFrom<String, Error = InvalidBillingText>>(text: &str) -> T {
    text.to_owned().try_into().expect("the demo's own words are valid")
}

/// Drawn again should it look like a card number, which one in many millions does.
fn drawn<T: TryFrom<String, Error = InvalidBillingText>>(draw: &mut Draw, prefix: &str) -> T {
    loop {
        if let Ok(id) = draw.stripe_id(prefix).try_into() {
            return id;
        }
    }
}
