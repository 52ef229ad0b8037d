//! How often whom may do what (A5): the kinds of limits, their defaults, and how a setting says another.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// Requests at once, and how fast one gets more of them.
///
/// Written `600/min burst 1000`, with `s`, `min` or `h`: whoever has made none for a while may make 1,000 at once, and
/// one more each tenth of a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    per_period: NonZeroU32,
    period: Period,
    burst: NonZeroU32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Period {
    Second,
    Minute,
    Hour,
}

/// A text that is no [`Rate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not of the form '600/min burst 1000', with s, min or h and whole numbers from 1 to 1000000")]
pub struct InvalidRate;

/// What a limit is on. Each has its own account of everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Limit {
    /// One device, that is one session, on any route but signing in.
    ApiDevice,
    /// One client address, on those routes.
    ApiAddress,
    /// One client address, signing in, refreshing and signing out.
    AuthAddress,
    /// One account, from one client address, signing in.
    AuthAccountAtAddress,
    /// One account, from wherever, signing in.
    AuthAccount,
    /// One client address, at the routes that providers call.
    WebhookAddress,
}

impl Limit {
    pub(crate) const ALL: [Self; 6] = [
        Self::ApiDevice,
        Self::ApiAddress,
        Self::AuthAddress,
        Self::AuthAccountAtAddress,
        Self::AuthAccount,
        Self::WebhookAddress,
    ];

    /// The setting that says another rate.
    pub(crate) const fn setting(self) -> &'static str {
        match self {
            Self::ApiDevice => "FRONTDESK_RATE_API_DEVICE",
            Self::ApiAddress => "FRONTDESK_RATE_API_ADDRESS",
            Self::AuthAddress => "FRONTDESK_RATE_AUTH_ADDRESS",
            Self::AuthAccountAtAddress => "FRONTDESK_RATE_AUTH_ACCOUNT_AT_ADDRESS",
            Self::AuthAccount => "FRONTDESK_RATE_AUTH_ACCOUNT",
            Self::WebhookAddress => "FRONTDESK_RATE_WEBHOOK_ADDRESS",
        }
    }

    /// As a setting would say it.
    ///
    /// A desktop makes some ten requests when it starts, one each ten minutes for its tokens, and two after each change
    /// that it hears of; a studio's twenty may share one address. Of passwords, an address may try twenty of one account
    /// and then one a minute, and all addresses together a hundred (NIST SP 800-63B §5.2.2) and then one each half
    /// minute: less than what any one address is let, so that nobody keeps an account's owner out from elsewhere.
    pub(crate) const fn default(self) -> &'static str {
        match self {
            Self::ApiDevice => "1200/min burst 1000",
            Self::ApiAddress => "6000/min burst 5000",
            Self::AuthAddress => "30/min burst 300",
            Self::AuthAccountAtAddress => "1/min burst 20",
            Self::AuthAccount => "2/min burst 100",
            Self::WebhookAddress => "60000/min burst 20000",
        }
    }
}

/// Which routes share their limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RouteClass {
    Api,
    Auth,
    Webhook,
}

/// What begins so is of the class; all else is the API. A route that is none counts as well: guessing is no way around.
const CLASSES: [(&str, RouteClass); 3] =
    [("/v1/auth/", RouteClass::Auth), ("/join/", RouteClass::Auth), ("/v1/webhooks/", RouteClass::Webhook)];

impl RouteClass {
    pub(crate) fn of(path: &str) -> Self {
        CLASSES.iter().find(|(prefix, _)| path.starts_with(prefix)).map_or(Self::Api, |(_, class)| *class)
    }

    /// The limit on an address.
    pub(crate) const fn of_address(self) -> Limit {
        match self {
            Self::Api => Limit::ApiAddress,
            Self::Auth => Limit::AuthAddress,
            Self::Webhook => Limit::WebhookAddress,
        }
    }
}

/// A rate for each [`Limit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates([Rate; Limit::ALL.len()]);

impl Rates {
    pub(crate) fn of(&self, limit: Limit) -> Rate {
        self.0[limit as usize]
    }

    pub(crate) fn set(&mut self, limit: Limit, rate: Rate) {
        self.0[limit as usize] = rate;
    }

    /// Takes over what the setting of this name says; `false` when it is none of a rate's.
    pub fn set_by_setting(&mut self, name: &str, rate: Rate) -> bool {
        let limit = Limit::ALL.into_iter().find(|limit| limit.setting() == name);
        if let Some(limit) = limit {
            self.set(limit, rate);
        }
        limit.is_some()
    }
}

impl Default for Rates {
    fn default() -> Self {
        Self(Limit::ALL.map(|limit| limit.default().parse().expect("the defaults are rates")))
    }
}

impl Rate {
    /// At once, for whoever made none for a while.
    pub(crate) const fn burst(self) -> NonZeroU32 {
        self.burst
    }

    /// After so long there is one more.
    pub(crate) fn interval(self) -> Duration {
        self.period.length() / self.per_period.get()
    }
}

impl Period {
    const ALL: [Self; 3] = [Self::Second, Self::Minute, Self::Hour];

    const fn name(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "min",
            Self::Hour => "h",
        }
    }

    const fn length(self) -> Duration {
        match self {
            Self::Second => Duration::from_secs(1),
            Self::Minute => Duration::from_secs(60),
            Self::Hour => Duration::from_secs(3600),
        }
    }
}

/// The most that a rate may name: what comes faster is no limit any more.
const MOST: u32 = 1_000_000;

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let number = |text: &str| text.parse::<NonZeroU32>().ok().filter(|n| n.get() <= MOST).ok_or(InvalidRate);
        let (rate, burst) = text.split_once(" burst ").ok_or(InvalidRate)?;
        let (per_period, period) = rate.split_once('/').ok_or(InvalidRate)?;
        let period = Period::ALL.into_iter().find(|p| p.name() == period).ok_or(InvalidRate)?;
        Ok(Self { per_period: number(per_period)?, period, burst: number(burst)? })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} burst {}", self.per_period, self.period.name(), self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_written_as_it_is_read() {
        for text in ["1/s burst 1", "1200/min burst 1000", "1/h burst 1000000"] {
            assert_eq!(text.parse::<Rate>().expect("a rate").to_string(), text);
        }
        assert_eq!("30/min burst 5".parse::<Rate>().expect("a rate").interval(), Duration::from_secs(2));
        for text in [
            "",
            "30",
            "30/min",
            "0/min burst 5",
            "30/min burst 0",
            "30/day burst 5",
            "30/min burst 1000001",
            "-1/s burst 5",
            "1.5/s burst 5",
            "30/min burst",
            " 30/min burst 5",
        ] {
            assert_eq!(text.parse::<Rate>(), Err(InvalidRate), "{text:?}");
        }
    }

    #[test]
    fn a_route_is_of_the_class_that_its_path_says() {
        for (path, class) in [
            ("/v1/auth/sign-in", RouteClass::Auth),
            ("/v1/auth/nowhere", RouteClass::Auth),
            ("/join/a-link", RouteClass::Auth),
            ("/v1/webhooks/whatsapp", RouteClass::Webhook),
            ("/v1/sync/changes", RouteClass::Api),
            ("/v1/authors", RouteClass::Api),
            ("/", RouteClass::Api),
        ] {
            assert_eq!(RouteClass::of(path), class, "{path}");
        }
    }

    #[test]
    fn signing_in_is_limited_more_strictly_and_webhooks_less() {
        let rates = Rates::default();
        let [auth, api, webhook] =
            [RouteClass::Auth, RouteClass::Api, RouteClass::Webhook].map(|class| rates.of(class.of_address()));
        assert!(auth.burst() < api.burst() && api.burst() < webhook.burst());
        assert!(auth.interval() > api.interval() && api.interval() > webhook.interval());
    }

    #[test]
    fn one_address_alone_never_uses_up_an_account() {
        let rates = Rates::default();
        let (one, all) = (rates.of(Limit::AuthAccountAtAddress), rates.of(Limit::AuthAccount));
        assert!(one.burst() < all.burst() && one.interval() > all.interval());
    }
}
