//! How often anybody may ask (A5): per device, per client address, and per account that somebody signs in to.
//!
//! Counted by this process alone: of several servers each counts for itself. Never looks at what is asked.

mod client_address;
mod policy;
mod states;
mod subject;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::DeviceId;
use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::{Quota, RateLimiter};

pub(crate) use client_address::ClientAddress;
pub use policy::{InvalidRate, Rate, Rates};
pub(crate) use policy::{Limit, RouteClass};
pub(crate) use subject::Network;

use crate::clock::Clock;
use crate::error::ApiError;
use crate::state::AppState;
use states::{States, SteadyClock};
use subject::{AccountHash, Subject};

/// Whom each limit keeps at most: some ten megabytes for all of them.
const SUBJECTS: usize = 50_000;

type Limiter = RateLimiter<Subject, States, SteadyClock, NoOpMiddleware<Duration>>;

/// Counts requests, and refuses those that are too many.
pub(crate) struct RateLimits {
    limiters: [Limiter; Limit::ALL.len()],
    clock: SteadyClock,
    accounts: AccountHash,
}

impl RateLimits {
    /// # Errors
    /// When the system has no randomness.
    pub(crate) fn new(rates: &Rates, clock: Arc<dyn Clock>) -> Result<Self, ring::error::Unspecified> {
        let clock = SteadyClock::new(clock);
        let states = Limit::ALL.map(|_| States::new(clock.clone(), SUBJECTS));
        Self::over(&states, rates, clock)
    }

    /// `states` in the order of [`Limit::ALL`].
    fn over(
        states: &[States; Limit::ALL.len()],
        rates: &Rates,
        clock: SteadyClock,
    ) -> Result<Self, ring::error::Unspecified> {
        let limiters = Limit::ALL.map(|limit| {
            let rate = rates.of(limit);
            let quota = Quota::with_period(rate.interval()).expect("no rate is without an interval");
            RateLimiter::new(quota.allow_burst(rate.burst()), states[limit as usize].clone(), clock.clone())
        });
        Ok(Self { limiters, clock, accounts: AccountHash::new()? })
    }

    /// Counts a request to the device whose token it bears.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`].
    pub(crate) fn count_device(&self, id: DeviceId) -> Result<(), ApiError> {
        self.count(Limit::ApiDevice, Subject::device(id))
    }

    /// Counts an attempt to sign in, before the password is looked at. `email` as accounts are compared.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`].
    pub(crate) fn count_sign_in(&self, email: &str, address: IpAddr) -> Result<(), ApiError> {
        // In this order: who is refused here for one address must not use up the account for the others.
        self.count(Limit::AuthAccountAtAddress, self.accounts.account_at(email, address))?;
        self.count(Limit::AuthAccount, self.accounts.account(email))
    }

    fn count_address(&self, class: RouteClass, address: IpAddr) -> Result<(), ApiError> {
        self.count(class.of_address(), Subject::network(Network::of(address)))
    }

    fn count(&self, limit: Limit, subject: Subject) -> Result<(), ApiError> {
        self.limiters[limit as usize].check_key(&subject).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            // Rounded up: who comes back then is let in.
            ApiError::TooManyRequests { retry_after_s: wait.as_secs() + u64::from(wait.subsec_nanos() > 0) }
        })
    }
}

/// Before anything is done for a request: whose it is by address, and whether that one may ask.
pub(crate) async fn limit_addresses(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let address = match ClientAddress::find(&request, state.trusted_proxies) {
        Ok(address) => address,
        Err(error) => return ApiError::internal(error).into_response(),
    };
    let class = RouteClass::of(request.uri().path());
    if let Err(refusal) = state.rate_limits.count_address(class, address.0) {
        return refusal.into_response();
    }
    request.extensions_mut().insert(address);
    next.run(request).await
}

#[cfg(test)]
mod tests;
