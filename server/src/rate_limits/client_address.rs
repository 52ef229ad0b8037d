//! Who is at the other end of a request, behind the proxies that the operator trusts.
//!
//! Each proxy appends the address of whoever it heard from to `X-Forwarded-For`. So with *n* proxies the *n*-th address
//! from the right is what the outermost of ours saw; all that stands left of it, the client may have written itself.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// The server was set up without telling requests where they come from.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a request without a peer")]
pub(crate) struct NoPeer;

impl ClientAddress {
    /// # Errors
    /// [`NoPeer`].
    pub(super) fn find(request: &Request, trusted_proxies: u8) -> Result<Self, NoPeer> {
        let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>().ok_or(NoPeer)?;
        // Without that many addresses the request did not come by the proxies: then its peer is who it is.
        let forwarded = forwarded_for(request.headers(), trusted_proxies).unwrap_or(peer.ip());
        Ok(Self(forwarded.to_canonical()))
    }
}

impl std::fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The `n`-th address from the right, of all the header's lines together; none for the zeroth.
fn forwarded_for(headers: &HeaderMap, n: u8) -> Option<IpAddr> {
    let before = usize::from(n).checked_sub(1)?;
    let lines: Vec<_> = headers.get_all(X_FORWARDED_FOR).iter().collect();
    let mut entries = lines.into_iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    let entry = std::str::from_utf8(entries.nth(before)?).ok()?.trim();
    // Some proxies add the port.
    entry.parse().ok().or_else(|| entry.parse().ok().map(|with_port: SocketAddr| with_port.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::HeaderValue;

    fn find(lines: &[&'static str], trusted_proxies: u8) -> String {
        let mut request = Request::new(Body::empty());
        for line in lines {
            request.headers_mut().append(X_FORWARDED_FOR, HeaderValue::from_static(line));
        }
        let peer: SocketAddr = "[::ffff:198.51.100.9]:4711".parse().expect("address");
        request.extensions_mut().insert(ConnectInfo(peer));
        ClientAddress::find(&request, trusted_proxies).expect("there is a peer").to_string()
    }

    #[test]
    fn the_header_counts_from_the_right_and_only_as_far_as_proxies_are_trusted() {
        const PEER: &str = "198.51.100.9";
        for (lines, trusted, found) in [
            (&[][..], 0, PEER),
            (&[], 1, PEER),
            (&["203.0.113.1"], 0, PEER),
            (&["203.0.113.1"], 1, "203.0.113.1"),
            (&["203.0.113.1"], 2, PEER),
            (&["10.0.0.1, 203.0.113.1"], 1, "203.0.113.1"),
            (&["10.0.0.1 ,203.0.113.1 , 192.0.2.7"], 2, "203.0.113.1"),
            (&["10.0.0.1", "203.0.113.1"], 1, "203.0.113.1"),
            (&["10.0.0.1", "203.0.113.1,192.0.2.7"], 3, "10.0.0.1"),
            (&["203.0.113.1:55321"], 1, "203.0.113.1"),
            (&["[2001:db8::1]:443"], 1, "2001:db8::1"),
            (&["2001:db8::1"], 1, "2001:db8::1"),
            (&["::ffff:203.0.113.1"], 1, "203.0.113.1"),
            (&["unknown"], 1, PEER),
            (&["203.0.113.1, "], 1, PEER),
            (&["203.0.113.1, nonsense"], 1, PEER),
        ] {
            assert_eq!(find(lines, trusted), found, "{lines:?} with {trusted} trusted");
        }
    }

    #[test]
    fn what_a_client_writes_itself_changes_nothing() {
        // What a proxy of ours made of it: it appended whom it saw.
        let forged = ["1.2.3.4, 203.0.113.1", "127.0.0.1,1.2.3.4, 203.0.113.1", ", , 203.0.113.1"];
        for line in forged {
            assert_eq!(find(&[line], 1), "203.0.113.1", "{line}");
        }
    }
}
