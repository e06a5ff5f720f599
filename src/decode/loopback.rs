//! BSD loopback: NULL and LOOP.
//!
//! ```text
//!  0                               4
//! +-------------------------------+-------------
//! |  protocol family              |  payload
//! +-------------------------------+-------------
//! ```
//!
//! NULL writes the family in the byte order of the machine that captured, LOOP in network order.

use super::{DecodeError, Layer, span::Span};
use crate::link_type::LinkType;

/// The length of the header in bytes.
pub const HEADER_LEN: usize = 4;

/// The 4-byte header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The protocol family: 2 is IPv4 everywhere; 10, 24, 28 and 30 are IPv6 on one system or another.
    pub family: u32,
}

/// Reads the header of a NULL or LOOP frame.
pub(super) fn parse(
    link_type: LinkType,
    frame: Span<'_>,
) -> Result<(Header, Span<'_>), DecodeError> {
    let (head, rest) = frame.take::<HEADER_LEN>(Layer::Loopback)?;
    let network_order = u32::from_be_bytes(*head);
    let family = if link_type == LinkType::Loop {
        network_order
    } else {
        // No file tells the machine's byte order. Families are small numbers: the smaller of the
        // two readings is the right one.
        network_order.min(network_order.swap_bytes())
    };
    Ok((Header { family }, rest))
}

impl Header {
    /// Whether the payload is IPv4.
    pub const fn is_ipv4(self) -> bool {
        self.family == 2
    }

    /// Whether the payload is IPv6: 10 on Linux, 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on
    /// macOS.
    pub const fn is_ipv6(self) -> bool {
        matches!(self.family, 10 | 24 | 28 | 30)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Link, Network, Protocol, Reason, decode, samples};
    use super::*;

    #[test]
    fn families_are_read_in_either_byte_order() {
        for (link_type, head, family) in [
            (LinkType::Null, [2, 0, 0, 0], 2),
            (LinkType::Null, [0, 0, 0, 2], 2),
            (LinkType::Null, [30, 0, 0, 0], 30),
            (LinkType::Loop, [0, 0, 0, 24], 24),
            (LinkType::Loop, [24, 0, 0, 0], 0x1800_0000),
        ] {
            let mut frame = head.to_vec();
            frame.extend(samples::ipv4_udp(b"hi"));
            let packet = decode(link_type, &frame, frame.len());
            assert!(
                matches!(packet.link, Link::Loopback(header) if header.family == family),
                "{packet:?}"
            );
        }
    }

    #[test]
    fn the_family_says_what_follows() {
        let mut frame = vec![0, 0, 0, 2];
        frame.extend(samples::ipv4_udp(b"hi"));
        let packet = decode(LinkType::Loop, &frame, frame.len());
        assert!(matches!(packet.network, Network::Ipv4(..)));
        assert_eq!(packet.source_mac(), None);

        for family in [10, 24, 28, 30] {
            let mut frame = vec![family, 0, 0, 0];
            frame.extend(samples::ipv6(59, &[]));
            let packet = decode(LinkType::Null, &frame, frame.len());
            assert!(matches!(packet.network, Network::Ipv6(..)), "{family}");
        }

        let packet = decode(LinkType::Null, &[7, 0, 0, 0, 1], 5);
        assert!(matches!(
            packet.network,
            Network::Other(Protocol::Family(7), [1])
        ));
    }

    #[test]
    fn three_bytes_are_too_short() {
        for link_type in [LinkType::Null, LinkType::Loop] {
            let error = decode(link_type, &[2, 0, 0], 3).error.unwrap();
            assert_eq!(
                (error.layer, error.reason),
                (Layer::Loopback, Reason::TooShort)
            );
        }
    }
}
