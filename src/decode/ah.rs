//! The IP authentication header, RFC 4302, behind IPv4 and among the extension headers of IPv6.
//!
//! ```text
//!  0       1       2               4                               8
//! +-------+-------+---------------+-------------------------------+
//! | next  | length|   reserved    | security parameters index     |
//! +-------+-------+---------------+-------------------------------+
//! |       sequence number         | integrity check value …       |
//! +-------------------------------+-------------------------------+
//! ```
//!
//! The length counts units of 4 bytes, minus 2. What follows is in the clear.

use super::{DecodeError, Layer, span::Span};

/// Its number.
pub const PROTOCOL: u8 = 51;

/// The length without an integrity check value, in bytes.
pub const MIN_HEADER_LEN: usize = 12;

/// At most this many are followed behind IPv4; more is malformed.
pub const MAX_HEADERS: usize = 8;

/// An authentication header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What follows it.
    pub next_header: u8,
    /// Its length in bytes: 12 to 1028.
    pub header_len: usize,
    /// Security parameters index: which agreement of the two ends.
    pub spi: u32,
    /// Counts the packets, against replays.
    pub sequence: u32,
}

/// Reads one.
pub(super) fn parse(span: Span<'_>) -> Result<(Header, Span<'_>), DecodeError> {
    let (head, _) = span.take::<MIN_HEADER_LEN>(Layer::Ah)?;
    let [next_header, length, _, _, p0, p1, p2, p3, q0, q1, q2, q3] = *head;
    let header_len = (usize::from(length) + 2) * 4;
    if header_len < MIN_HEADER_LEN {
        return Err(span.field(Layer::Ah, "payload length", header_len, MIN_HEADER_LEN));
    }
    if header_len > span.len {
        return Err(span.field(Layer::Ah, "payload length", header_len, span.len));
    }
    if header_len > span.bytes.len() {
        return Err(span.short(Layer::Ah, header_len));
    }
    let header = Header {
        next_header,
        header_len,
        spi: u32::from_be_bytes([p0, p1, p2, p3]),
        sequence: u32::from_be_bytes([q0, q1, q2, q3]),
    };
    Ok((header, span.skip(header_len)))
}

/// Follows what IPv4 carries to the protocol behind the authentication headers, and tells what
/// follows them, or what could not be read and why.
pub(super) fn follow(
    mut protocol: u8,
    mut span: Span<'_>,
) -> Result<(u8, Span<'_>), (DecodeError, Span<'_>)> {
    let mut count = 0;
    while protocol == PROTOCOL {
        if count == MAX_HEADERS {
            let error = span.field(Layer::Ah, "extension headers", count + 1, MAX_HEADERS);
            return Err((error, span));
        }
        count += 1;
        let (header, rest) = parse(span).map_err(|error| (error, span))?;
        protocol = header.next_header;
        span = rest;
    }
    Ok((protocol, span))
}

/// The authentication headers at the beginning of what IPv4 carries as `protocol`.
pub fn headers(protocol: u8, bytes: &[u8]) -> impl Iterator<Item = Header> {
    let mut protocol = protocol;
    let mut span = Span::new(0, bytes, bytes.len());
    std::iter::from_fn(move || {
        if protocol != PROTOCOL {
            return None;
        }
        let (header, rest) = parse(span).ok()?;
        protocol = header.next_header;
        span = rest;
        Some(header)
    })
    .take(MAX_HEADERS)
}

#[cfg(test)]
mod tests {
    use super::super::{
        Network, Reason, Transport, Verdict, checksum::Checksum, decode, samples, samples::hex,
    };
    use super::*;
    use crate::link_type::LinkType;

    const HEADER: [&str; 5] = [
        "11",       // next header: UDP
        "04",       // length: 24 bytes
        "0000",     // reserved
        "00000100", // SPI
        "00000001", // sequence number
    ];

    fn authenticated(next: u8) -> Vec<u8> {
        let mut bytes = hex(&HEADER);
        bytes[0] = next;
        bytes.extend([0xab; 12]);
        bytes
    }

    fn over(is_ipv6: bool, payload: &[u8]) -> Vec<u8> {
        if is_ipv6 {
            samples::ipv6(PROTOCOL, payload)
        } else {
            samples::ipv4(PROTOCOL, payload)
        }
    }

    #[test]
    fn what_follows_is_entered() {
        let udp = hex(&["9c41 2148 000a 0000 6869"]);
        for is_ipv6 in [false, true] {
            for twice in [false, true] {
                let mut payload = authenticated(17);
                payload.extend(&udp);
                if twice {
                    payload = [authenticated(PROTOCOL), payload].concat();
                }
                let frame = over(is_ipv6, &payload);
                let packet = decode(LinkType::RawIp, &frame, frame.len());
                assert_eq!((packet.error, packet.verdict()), (None, Verdict::Decoded));
                assert!(
                    matches!(packet.network.transport(), Some(Transport::Udp(udp))
                        if udp.payload == b"hi" && udp.offset == frame.len() - 10),
                    "{packet:?}"
                );
                let wanted = if is_ipv6 {
                    Checksum::Bad {
                        want: 0xdce2,
                        got: 0,
                    }
                } else {
                    Checksum::Absent
                };
                assert_eq!(packet.network.transport_checksum(), wanted);
            }
        }
    }

    #[test]
    fn encryption_ends_the_way_down() {
        for is_ipv6 in [false, true] {
            let payload = [authenticated(50), vec![7; 8]].concat();
            let frame = over(is_ipv6, &payload);
            let packet = decode(LinkType::RawIp, &frame, frame.len());
            assert!(
                matches!(
                    packet.network.transport(),
                    Some(Transport::Other(50, [7, 7, 7, 7, 7, 7, 7, 7]))
                ),
                "{packet:?}"
            );
        }
    }

    #[test]
    fn impossible_lengths_stop_the_reading() {
        for is_ipv6 in [false, true] {
            for (length, had, needed) in [(0, 8, 12), (5, 28, 24)] {
                let mut payload = authenticated(17);
                payload[1] = length;
                let frame = over(is_ipv6, &payload);
                let packet = decode(LinkType::RawIp, &frame, frame.len());
                let error = packet.error.unwrap();
                assert_eq!(
                    (error.layer, error.reason, error.had, error.needed),
                    (Layer::Ah, Reason::Field("payload length"), had, needed)
                );
                assert!(matches!(
                    packet.network.transport(),
                    Some(Transport::Unread(_))
                ));
            }
            let payload = authenticated(17);
            let frame = over(is_ipv6, &payload);
            let packet = decode(LinkType::RawIp, &frame[..frame.len() - 8], frame.len());
            let error = packet.error.unwrap();
            assert_eq!((error.layer, error.reason), (Layer::Ah, Reason::Truncated));
        }
    }

    #[test]
    fn not_more_than_eight_are_followed() {
        for is_ipv6 in [false, true] {
            for (count, is_bad) in [(8, false), (9, true)] {
                let mut payload = authenticated(PROTOCOL).repeat(count - 1);
                payload.extend(authenticated(59));
                let frame = over(is_ipv6, &payload);
                let packet = decode(LinkType::RawIp, &frame, frame.len());
                let error = packet.error.map(|error| error.reason);
                let wanted = is_bad.then_some(Reason::Field("extension headers"));
                assert_eq!(error, wanted);
            }
        }
    }

    #[test]
    fn the_fields() {
        let bytes = authenticated(17);
        let header = Header {
            next_header: 17,
            header_len: 24,
            spi: 256,
            sequence: 1,
        };
        assert_eq!(headers(PROTOCOL, &bytes).collect::<Vec<_>>(), [header]);
        assert_eq!(headers(17, &bytes).count(), 0);
        assert_eq!(headers(PROTOCOL, &bytes[..23]).count(), 0);
        let frame = samples::ipv6(PROTOCOL, &bytes);
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        let Network::Ipv6(ip, _) = packet.network else {
            panic!("{packet:?}");
        };
        let extensions: Vec<_> = ip
            .extensions()
            .map(|it| (it.kind, it.bytes.len()))
            .collect();
        assert_eq!((extensions, ip.protocol), (vec![(PROTOCOL, 24)], 17));
    }

    #[test]
    fn it_is_followed_in_quotes_and_wholes() {
        let datagram = [authenticated(17), hex(&["9c41 2148 000a 0000 6869"])].concat();
        let quoted = samples::ipv4(PROTOCOL, &datagram);
        let message = [hex(&["03 03 0000 00000000"]), quoted].concat();
        let frame = samples::ipv4(1, &message);
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        let Some(Transport::Icmp(message)) = packet.network.transport() else {
            panic!("{packet:?}");
        };
        let super::super::icmp::Body::Error {
            quote: Some(quote), ..
        } = message.body
        else {
            panic!("{packet:?}");
        };
        assert_eq!((quote.protocol, quote.ports), (17, Some((40001, 8520))));

        let host = std::net::IpAddr::from([10, 0, 0, 1]);
        let (transport, error) =
            super::super::transport(PROTOCOL, host, host, 0, &datagram, datagram.len());
        assert!(matches!((transport, error), (Transport::Udp(_), None)));
    }
}
