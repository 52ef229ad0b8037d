//! What a studio subscribed to, and what its status means for the studio.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::{BillingText, InvalidBilling, StripeCustomerId, StripeSubscriptionId, require_time};
use crate::{StudioId, UnixMs};

/// How long a studio may export after its subscription is over (E4): 30 days.
pub const EXPORT_WINDOW_MS: i64 = 30 * 86_400_000;

/// Where a subscription stands, in Stripe's terms
/// (<https://docs.stripe.com/api/subscriptions/object#subscription_object-status>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SubscriptionStatus {
    Trialing,
    Active,
    /// The last payment failed; Stripe tries again.
    PastDue,
    /// Ended.
    Canceled,
    /// The tries are over, and nothing was paid.
    Unpaid,
    /// The first payment has to be made or confirmed.
    Incomplete,
    /// It was not, within a day: the subscription ended before it began.
    IncompleteExpired,
    /// The trial ended with no way to pay.
    Paused,
}

impl SubscriptionStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::Trialing,
        Self::Active,
        Self::PastDue,
        Self::Canceled,
        Self::Unpaid,
        Self::Incomplete,
        Self::IncompleteExpired,
        Self::Paused,
    ];

    /// Whether it is over for good: Stripe never takes a subscription out of these.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Canceled | Self::IncompleteExpired => true,
            Self::Trialing | Self::Active | Self::PastDue | Self::Unpaid | Self::Incomplete | Self::Paused => false,
        }
    }
}

/// What a subscription means for the studio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Standing {
    /// All is well, for now at least.
    Good,
    /// The studio works on, but a payment failed: it will not stay so by itself.
    PaymentDue,
    /// Nothing goes on until somebody pays.
    OnHold,
    /// Over. Until `export_until` the studio may export what it has (E4).
    Ended { export_until: UnixMs },
}

/// A studio's subscription, of which it has one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export)]
pub struct Subscription {
    pub studio_id: StudioId,
    /// The plan's name, as customers know it.
    pub plan: BillingText,
    pub status: SubscriptionStatus,
    /// Members it is paid for.
    pub seats: u32,
    /// When it renews; a trial, when it ends.
    pub current_period_end: UnixMs,
    /// Whether it ends then instead.
    pub cancel_at_period_end: bool,
    /// When it ended: there if the status is final, and only then.
    #[schema(required)]
    pub ended_at: Option<UnixMs>,
    pub customer_id: StripeCustomerId,
    pub subscription_id: StripeSubscriptionId,
    /// When it was so: what is known of an earlier moment never replaces it.
    pub as_of: UnixMs,
}

impl Subscription {
    /// What it means for the studio.
    pub const fn standing(&self) -> Standing {
        match self.status {
            SubscriptionStatus::Trialing | SubscriptionStatus::Active => Standing::Good,
            SubscriptionStatus::PastDue => Standing::PaymentDue,
            SubscriptionStatus::Unpaid | SubscriptionStatus::Incomplete | SubscriptionStatus::Paused => {
                Standing::OnHold
            }
            SubscriptionStatus::Canceled | SubscriptionStatus::IncompleteExpired => {
                let ended_at = match self.ended_at {
                    Some(ended_at) => ended_at,
                    // Not checked yet: the latest it can have ended.
                    None => self.as_of,
                };
                Standing::Ended { export_until: ended_at.plus_ms(EXPORT_WINDOW_MS) }
            }
        }
    }

    /// # Errors
    /// [`InvalidBilling`]: times that are none, no seat, or an end that does not fit the status.
    pub fn check(&self) -> Result<(), InvalidBilling> {
        require_time("current_period_end", self.current_period_end)?;
        require_time("as_of", self.as_of)?;
        if let Some(ended_at) = self.ended_at {
            require_time("ended_at", ended_at)?;
        }
        if !(1..=Self::MAX_SEATS).contains(&self.seats) {
            return Err(InvalidBilling { field: "seats", problem: "is not between 1 and 100000" });
        }
        match (self.status.is_final(), self.ended_at) {
            (true, None) => Err(InvalidBilling { field: "ended_at", problem: "is missing: the status says it ended" }),
            (false, Some(_)) => Err(InvalidBilling { field: "ended_at", problem: "is given, but the status goes on" }),
            (true, Some(_)) | (false, None) => Ok(()),
        }
    }

    const MAX_SEATS: u32 = 100_000;
}

/// Written by hand: whose it is and where it stands, no more.
impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription")
            .field("studio_id", &self.studio_id)
            .field("status", &self.status)
            .field("as_of", &self.as_of)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, subscription};
    use super::*;

    #[test]
    fn a_status_means_what_the_studio_is_told() {
        use SubscriptionStatus as S;
        let ended = NOW.plus_ms(-86_400_000);
        let over = Standing::Ended { export_until: NOW.plus_ms(29 * 86_400_000) };
        for (status, standing) in [
            (S::Trialing, Standing::Good),
            (S::Active, Standing::Good),
            (S::PastDue, Standing::PaymentDue),
            (S::Unpaid, Standing::OnHold),
            (S::Incomplete, Standing::OnHold),
            (S::Paused, Standing::OnHold),
            (S::Canceled, over),
            (S::IncompleteExpired, over),
        ] {
            let ended_at = status.is_final().then_some(ended);
            let told = Subscription { status, ended_at, ..subscription() };
            assert_eq!((told.check(), told.standing()), (Ok(()), standing), "{status:?}");
        }
    }

    #[test]
    fn statuses_are_called_as_stripe_calls_them() {
        let names = SubscriptionStatus::ALL.map(|status| serde_json::to_string(&status).expect("a name"));
        let stripe =
            ["trialing", "active", "past_due", "canceled", "unpaid", "incomplete", "incomplete_expired", "paused"];
        assert_eq!(names, stripe.map(|name| format!("\"{name}\"")));
    }

    #[test]
    fn what_can_not_be_is_refused_by_its_field() {
        let field = |told: Subscription| told.check().expect_err("refused").field;
        assert_eq!(field(Subscription { seats: 0, ..subscription() }), "seats");
        assert_eq!(
            field(Subscription { current_period_end: UnixMs(1_795_000_000), ..subscription() }),
            "current_period_end"
        );
        assert_eq!(field(Subscription { as_of: UnixMs(4_242_424_242_424_242), ..subscription() }), "as_of");
        assert_eq!(field(Subscription { ended_at: Some(NOW), ..subscription() }), "ended_at");
        assert_eq!(field(Subscription { status: SubscriptionStatus::Canceled, ..subscription() }), "ended_at");
    }

    #[test]
    fn neither_plan_nor_customer_reaches_a_log() {
        let text = format!("{:?}", subscription());
        assert!(text.contains("Active") && !text.contains("cus_") && !text.contains("Atelier"), "{text}");
    }
}
