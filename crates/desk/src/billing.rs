//! What the studio pays (A11), from the cache: it works offline, and nothing is asked of Stripe.

use domain::Permission;

use crate::view::{BillingView, SubscriptionView};
use crate::{Desk, DeskError};

impl Desk {
    /// The subscription with what it means, and the invoices.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] where the role may not see it: also before a role that was taken is forgotten here.
    pub async fn billing(&self) -> Result<BillingView, DeskError> {
        self.require(Permission::ViewBilling).await?;
        self.query(|cache| {
            let subscription = cache.find_subscription()?;
            let view = |subscription: domain::Subscription| {
                let standing = subscription.standing();
                SubscriptionView { subscription, standing }
            };
            Ok(BillingView { subscription: subscription.map(view), invoices: cache.list_invoices()? })
        })
        .await
    }
}
