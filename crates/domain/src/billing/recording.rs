//! Which of two records of one thing holds. Stripe tells in any order, and more than once.

use super::{Invoice, Subscription};

/// What to do with a record that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    /// It holds from now on.
    Replace,
    /// It is what is held.
    Known,
    /// What is held is of a later moment, or of the subscription that came after: it changes nothing.
    Outdated,
}

impl Recording {
    /// Of a subscription that came in, while `held` is held.
    pub fn of_subscription(held: Option<&Subscription>, told: &Subscription) -> Self {
        let Some(held) = held else { return Self::Replace };
        if held == told {
            return Self::Known;
        }
        let is_other = held.subscription_id != told.subscription_id;
        // A studio that changed to a new subscription hears of the end of its old one later than of the new one.
        let is_the_end_of_another = is_other && told.status.is_final() && !held.status.is_final();
        if told.as_of < held.as_of || is_the_end_of_another { Self::Outdated } else { Self::Replace }
    }

    /// Of an invoice that came in, while `held` is held of the same one. Our id of it is no part of what Stripe says.
    pub fn of_invoice(held: Option<&Invoice>, told: &Invoice) -> Self {
        let Some(held) = held else { return Self::Replace };
        if *held == (Invoice { id: held.id, ..told.clone() }) {
            Self::Known
        } else if told.as_of < held.as_of {
            Self::Outdated
        } else {
            Self::Replace
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, invoice, subscription};
    use super::super::{InvoiceStatus, StripeSubscriptionId, SubscriptionStatus};
    use super::*;

    #[test]
    fn of_two_records_of_a_subscription_the_later_one_holds() {
        let other = StripeSubscriptionId::try_from("sub_other".to_owned()).expect("id");
        let held = subscription();
        let past_due = |as_of| Subscription { status: SubscriptionStatus::PastDue, as_of, ..held.clone() };
        let ended = |held: &Subscription| Subscription {
            status: SubscriptionStatus::Canceled,
            ended_at: Some(NOW),
            as_of: NOW.plus_ms(1),
            ..held.clone()
        };
        let of_other = |told: Subscription| Subscription { subscription_id: other.clone(), ..told };
        for (why, held, told, expected) in [
            ("nothing is held", None, held.clone(), Recording::Replace),
            ("the same again", Some(held.clone()), held.clone(), Recording::Known),
            ("of a later moment", Some(held.clone()), past_due(NOW.plus_ms(1)), Recording::Replace),
            ("of the same moment", Some(held.clone()), past_due(NOW), Recording::Replace),
            ("of an earlier moment", Some(held.clone()), past_due(NOW.plus_ms(-1)), Recording::Outdated),
            ("its end", Some(held.clone()), ended(&held), Recording::Replace),
            ("the end of the one before", Some(held.clone()), of_other(ended(&held)), Recording::Outdated),
            ("a new one after the end", Some(ended(&held)), of_other(past_due(NOW.plus_ms(2))), Recording::Replace),
            ("the end of another after the end", Some(ended(&held)), of_other(ended(&held)), Recording::Replace),
            ("a change to another", Some(held.clone()), of_other(past_due(NOW.plus_ms(2))), Recording::Replace),
        ] {
            assert_eq!(Recording::of_subscription(held.as_ref(), &told), expected, "{why}");
        }
    }

    #[test]
    fn of_two_records_of_an_invoice_the_later_one_holds() {
        let held = invoice();
        let paid = |as_of| Invoice { status: InvoiceStatus::Paid, as_of, ..held.clone() };
        let again = Invoice { id: crate::InvoiceId::from_uuid(uuid::Uuid::from_u128(99)), ..held.clone() };
        for (why, held, told, expected) in [
            ("nothing is held", None, held.clone(), Recording::Replace),
            ("the same under another id of ours", Some(&held), again, Recording::Known),
            ("of a later moment", Some(&held), paid(NOW.plus_ms(1)), Recording::Replace),
            ("of an earlier moment", Some(&held), paid(NOW.plus_ms(-1)), Recording::Outdated),
        ] {
            assert_eq!(Recording::of_invoice(held, &told), expected, "{why}");
        }
    }
}
