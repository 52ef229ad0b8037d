use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::UnixMs;

use super::*;

const ADDRESSES: u32 = 1_000_000;
const SMALL: usize = 1_000;

/// Limits with a clock that only the test moves.
struct Fixture {
    limits: RateLimits,
    states: States,
    now: Arc<AtomicI64>,
}

impl Fixture {
    fn new(subjects: usize, auth_address: &str) -> Self {
        let now = Arc::new(AtomicI64::new(1_790_000_000_000));
        let mut rates = Rates::default();
        rates.set(Limit::AuthAddress, auth_address.parse().expect("a rate"));
        let clock = Arc::clone(&now);
        let clock = SteadyClock::new(Arc::new(move || UnixMs(clock.load(Ordering::SeqCst))));
        let states = Limit::ALL.map(|_| States::new(clock.clone(), subjects));
        let limits = RateLimits::over(&states, &rates, clock).expect("randomness");
        Self { limits, states: states[Limit::AuthAddress as usize].clone(), now }
    }

    fn pass(&self, time: Duration) {
        self.now.fetch_add(i64::try_from(time.as_millis()).expect("a short time"), Ordering::SeqCst);
    }

    fn ask(&self, address: IpAddr) -> Result<(), u64> {
        match self.limits.count_address(RouteClass::Auth, address) {
            Ok(()) => Ok(()),
            Err(ApiError::TooManyRequests { retry_after_s }) => Err(retry_after_s),
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Asks until it is refused; how often it was not, and after how many seconds to come back.
    fn exhaust(&self, address: IpAddr) -> (u32, u64) {
        for granted in 0.. {
            if let Err(retry_after_s) = self.ask(address) {
                return (granted, retry_after_s);
            }
        }
        unreachable!("it would never be refused")
    }

    fn kept(&self) -> (usize, usize) {
        self.states.len_and_capacity()
    }
}

fn v4(n: u32) -> IpAddr {
    Ipv4Addr::from_bits(n).into()
}

#[test]
fn a_burst_then_one_for_each_interval_and_the_wait_told_is_enough() {
    let limits = Fixture::new(SMALL, "30/min burst 5");
    assert_eq!(limits.exhaust(v4(1)), (5, 2));
    assert_eq!(limits.ask(v4(2)), Ok(()), "others are not concerned");
    limits.pass(Duration::from_millis(500));
    assert_eq!(limits.ask(v4(1)), Err(2), "rounded up");
    limits.pass(Duration::from_millis(1_500));
    assert_eq!(limits.exhaust(v4(1)), (1, 2));
    limits.pass(Duration::from_secs(3600));
    assert_eq!(limits.exhaust(v4(1)), (5, 2), "no more than the burst is saved up");
}

#[test]
fn a_clock_that_goes_back_is_waited_for_and_nothing_else() {
    let limits = Fixture::new(SMALL, "30/min burst 5");
    limits.pass(Duration::from_secs(100));
    limits.exhaust(v4(1));
    limits.now.fetch_sub(1_000, Ordering::SeqCst);
    assert_eq!(limits.ask(v4(1)), Err(3));
}

#[test]
fn the_classes_and_limits_count_apart() {
    let limits = Fixture::new(SMALL, "30/min burst 5");
    limits.exhaust(v4(1));
    for class in [RouteClass::Api, RouteClass::Webhook] {
        assert!(limits.limits.count_address(class, v4(1)).is_ok(), "{class:?}");
    }
    assert!(limits.limits.count_device(DeviceId::from_uuid(uuid::Uuid::from_u128(1))).is_ok());
}

#[test]
fn one_address_that_guesses_does_not_keep_an_accounts_owner_out() {
    let limits = Fixture::new(SMALL, "30/min burst 100");
    let sign_in = |email: &str, address| limits.limits.count_sign_in(email, address).is_ok();
    let guesses = (0..1_000).filter(|_| sign_in("olga@studio.example", v4(1))).count();
    assert_eq!(guesses, 20);
    assert!(sign_in("olga@studio.example", v4(2)), "the owner, from elsewhere");
    assert!(sign_in("sami@studio.example", v4(1)), "another account, from there");
    let from_everywhere = (10..10_000).filter(|n| sign_in("olga@studio.example", v4(*n))).count();
    assert_eq!(from_everywhere, 100 - 21, "all addresses together");
}

#[test]
fn a_million_addresses_take_no_more_room_than_there_is_and_reset_nobody() {
    let limits = Fixture::new(SMALL, "1/h burst 3");
    let guesser = v4(u32::MAX);
    assert_eq!(limits.exhaust(guesser).0, 3);
    let mut refused = 0_u32;
    for n in 0..ADDRESSES {
        // Time passes, so that what may be forgotten is looked for many times.
        if n % 1_000 == 0 {
            limits.pass(Duration::from_secs(2));
            assert!(limits.ask(guesser).is_err(), "after {n} others");
        }
        refused += u32::from(limits.ask(v4(n)).is_err());
    }
    let (len, capacity) = limits.kept();
    assert_eq!(len, SMALL, "the flood did fill it");
    assert!(capacity < 4 * SMALL, "{capacity}");
    assert!(refused > ADDRESSES / 2, "the flood itself is held up: {refused}");

    // After the flood, what it took is given back.
    limits.pass(Duration::from_secs(4 * 3600));
    assert_eq!(limits.exhaust(v4(77)).0, 3);
    let (len, capacity) = limits.kept();
    assert!(len == 1 && capacity <= 4 * 256, "{len} of {capacity}");
}

#[test]
fn who_was_counted_in_a_crowd_does_not_begin_anew_when_there_is_room() {
    let limits = Fixture::new(1, "1/h burst 2");
    assert_eq!(limits.ask(v4(1)), Ok(()), "the only place");
    limits.pass(Duration::from_secs(1800));
    let newcomer = v4(2);
    assert_eq!(limits.exhaust(newcomer).0, 2, "in a crowd");
    limits.pass(Duration::from_secs(1801));
    assert_eq!(limits.exhaust(newcomer), (0, 1799), "there is room by now, and it is remembered");
    assert_eq!(limits.kept().0, 0, "there was room");
}

#[test]
fn addresses_of_a_64_are_one() {
    let limits = Fixture::new(SMALL, "1/h burst 3");
    let network = u128::from(0x2001_0db8_0001_0002_u64) << 64;
    let granted = (0..ADDRESSES).filter(|n| limits.ask(Ipv6Addr::from_bits(network | u128::from(*n)).into()).is_ok());
    assert_eq!(granted.count(), 3);
    assert_eq!(limits.kept().0, 1);
}
