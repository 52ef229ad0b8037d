//! Everything random comes from here, and from the seed alone.

use domain::UnixMs;
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::{Builder, Uuid};

/// A stream of draws. Streams of one seed are independent, so that one lead's draws never shift another's.
pub(super) struct Draw(ChaCha8Rng);

/// What a stream is for. Leads have their own, by their index.
pub(super) enum Stream {
    Studio,
    Counts,
    Lead(u64),
    /// What a studio's own fields hold of a lead, by its index: apart, so that a field more changes nothing else.
    LeadFields(u64),
    Fields,
    Billing,
}

impl Draw {
    pub(super) fn new(seed: u64, stream: Stream) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(match stream {
            Stream::Studio => 0,
            Stream::Counts => 1,
            Stream::Lead(index) => index + 2,
            // From the middle on, and the last: no demo has so many leads.
            Stream::LeadFields(index) => (1 << 63) + index,
            Stream::Fields => u64::MAX - 1,
            Stream::Billing => u64::MAX,
        });
        Self(rng)
    }

    /// Evenly in `0..end`; `end` is not zero.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0.random_range(0..end)
    }

    /// A place in a list of `length`, which is not zero.
    pub(super) fn index(&mut self, length: usize) -> usize {
        self.0.random_range(0..length)
    }

    /// Evenly in `from..=to`.
    pub(super) fn between(&mut self, from: i64, to: i64) -> i64 {
        self.0.random_range(from..=to)
    }

    /// Evenly in `0.0..1.0`.
    pub(super) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of `choices`, which are not empty.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())]
    }

    /// One of `choices`, each as likely as its weight; the weights' sum is not zero.
    pub(super) fn weighted<T: Copy>(&mut self, choices: &[(T, u32)]) -> T {
        let total: u32 = choices.iter().map(|(_, weight)| weight).sum();
        let mut ticket = self.0.random_range(0..total);
        for (choice, weight) in choices {
            if ticket < *weight {
                return *choice;
            }
            ticket -= weight;
        }
        unreachable!("the ticket is below the sum of the weights")
    }

    /// From the standard normal distribution (Box and Muller).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Version 7 (RFC 9562 §5.7), made at `at`.
    pub(super) fn uuid(&mut self, at: UnixMs) -> Uuid {
        let mut random = [0; 10];
        self.0.fill_bytes(&mut random);
        Builder::from_unix_timestamp_millis(at.0.max(0).unsigned_abs(), &random).into_uuid()
    }

    /// As Stripe's ids are made.
    pub(super) fn stripe_id(&mut self, prefix: &str) -> String {
        const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let rest = std::iter::repeat_with(|| char::from(ALPHABET[self.0.random_range(0..ALPHABET.len())])).take(24);
        prefix.chars().chain(rest).collect()
    }

    /// `length` characters such as click ids are made of.
    pub(super) fn token(&mut self, prefix: &str, length: usize) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut token = String::with_capacity(prefix.len() + length);
        token.push_str(prefix);
        for _ in 0..length {
            token.push(char::from(ALPHABET[(self.0.next_u32() % 64) as usize]));
        }
        token
    }
}
