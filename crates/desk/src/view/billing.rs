//! What the studio pays, as Settings → Billing shows it.

use domain::{Invoice, Standing, Subscription};
use serde::Serialize;
use ts_rs::TS;

/// The subscription and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct SubscriptionView {
    pub subscription: Subscription,
    pub standing: Standing,
}

/// All that is known of what the studio pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct BillingView {
    /// Absent where the operator recorded none.
    pub subscription: Option<SubscriptionView>,
    /// The newest first.
    pub invoices: Vec<Invoice>,
}
