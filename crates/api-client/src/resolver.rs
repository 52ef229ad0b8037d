//! Looking up names with the system's resolver, so that a failure can be told from every other.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The name could not be looked up.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the name of the server could not be looked up")]
pub(crate) struct UnknownHost;

/// The system's resolver, with an error of our own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // RFC 6761, section 6.3: this name is always this computer. Plain http is allowed to it, so no hosts
            // file and no DNS server may say otherwise.
            if name.as_str().eq_ignore_ascii_case("localhost") {
                let loopback = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
                return Ok(Box::new(loopback.into_iter()) as Addrs);
            }
            let addresses: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| UnknownHost)?.collect();
            if addresses.is_empty() {
                return Err(UnknownHost.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
