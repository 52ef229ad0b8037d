//! Whom a request is counted to. Always sixteen bytes, so that what is kept of anybody is small and nobody's e-mail
//! address.

use std::net::{IpAddr, Ipv6Addr};

use domain::DeviceId;
use ring::hmac;
use ring::rand::SystemRandom;

/// An address of IPv4, or the /64 of one of IPv6: whoever has one address of it has all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network([u8; 16]);

impl Network {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(v4.to_ipv6_mapped().octets()),
            IpAddr::V6(v6) => Self(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).octets()),
        }
    }
}

/// Whom a request is counted to, under one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Subject([u8; 16]);

impl Subject {
    pub(super) fn device(id: DeviceId) -> Self {
        Self(*id.as_uuid().as_bytes())
    }

    pub(super) fn network(network: Network) -> Self {
        Self(network.0)
    }
}

/// Turns accounts into subjects, with a key of this process alone.
pub(super) struct AccountHash(hmac::Key);

impl AccountHash {
    /// # Errors
    /// When the system has no randomness.
    pub(super) fn new() -> Result<Self, ring::error::Unspecified> {
        hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map(Self)
    }

    /// The account with this e-mail address, in the form in which they are compared.
    pub(super) fn account(&self, email: &str) -> Subject {
        self.hash(email, &[])
    }

    /// The same, as far as it is tried from one address.
    pub(super) fn account_at(&self, email: &str, address: IpAddr) -> Subject {
        self.hash(email, &Network::of(address).0)
    }

    fn hash(&self, email: &str, place: &[u8]) -> Subject {
        let mut context = hmac::Context::with_key(&self.0);
        // Of fixed length and in front, or one part could pass for the end of the other.
        context.update(&[u8::try_from(place.len()).expect("an address is short")]);
        context.update(place);
        context.update(email.as_bytes());
        let tag = context.sign();
        Subject(*tag.as_ref().first_chunk().expect("SHA-256 has 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Network {
        Network::of(text.parse().expect("address"))
    }

    #[test]
    fn addresses_of_one_subscriber_are_one() {
        assert_eq!(address("2001:db8:1:2::1"), address("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_ne!(address("192.0.2.1"), address("192.0.2.2"));
        assert_eq!(address("192.0.2.1"), address("::ffff:192.0.2.1"));
        assert_ne!(address("::1"), address("0.0.0.0"));
    }

    #[test]
    fn accounts_are_told_apart_and_by_address() {
        let hash = AccountHash::new().expect("randomness");
        let [here, there] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().expect("address"));
        assert_eq!(hash.account("nora@example.org"), hash.account("nora@example.org"));
        assert_ne!(hash.account("nora@example.org"), hash.account("olga@example.org"));
        assert_ne!(hash.account_at("nora@example.org", here), hash.account_at("nora@example.org", there));
        assert_ne!(hash.account_at("nora@example.org", here), hash.account("nora@example.org"));
        let other = AccountHash::new().expect("randomness");
        assert_ne!(
            hash.account("nora@example.org"),
            other.account("nora@example.org"),
            "no hash that others can guess"
        );
    }
}
