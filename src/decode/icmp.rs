//! Internet Control Message Protocol, RFC 792, and the quotes that ICMP and `ICMPv6` errors carry.
//!
//! ```text
//!  0       1       2               4                               8
//! +-------+-------+---------------+-------------------------------+-----------------
//! | type  | code  |   checksum    | identifier, sequence (echo)   | echo: payload
//! |       |       |               | 0, MTU of the next hop (3/4)  | error: the packet
//! |       |       |               | gateway (redirect)            | that caused it
//! +-------+-------+---------------+-------------------------------+-----------------
//! ```

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{DecodeError, Layer, ah, descent::note, ipv6, span::Span};

/// An ICMP message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Where it begins in the frame, in bytes.
    pub offset: usize,
    /// The whole message as captured.
    pub bytes: &'a [u8],
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// The checksum as it stands.
    pub checksum: u16,
    /// What the type makes of the rest.
    pub body: Body<'a>,
    /// Bytes of the message by the IP header, captured or not.
    pub len: usize,
}

/// The rest of a message, by its type.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// Types 8 and 0.
    Echo {
        /// A request (8) or a reply (0).
        request: bool,
        /// Tells one `ping` from another.
        identifier: u16,
        /// Counts the questions.
        sequence: u16,
        /// What is sent there and back, as captured.
        payload: &'a [u8],
    },
    /// An error (unreachable, time exceeded, parameter problem, redirect, source quench), with the
    /// packet that caused it.
    Error {
        /// The MTU of the next hop, in "fragmentation needed" (RFC 1191); absent where the router
        /// left it 0.
        mtu: Option<u32>,
        /// The gateway to use instead, in a redirect.
        gateway: Option<IpAddr>,
        /// The packet that caused it, as far as it is quoted.
        quote: Option<Quote>,
    },
    /// Anything else.
    Other(&'a [u8]),
}

/// The head of the packet that an ICMP error quotes. It was sent, not received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Where it begins in the frame, in bytes.
    pub offset: usize,
    /// Who sent the quoted packet.
    pub source: IpAddr,
    /// To whom.
    pub destination: IpAddr,
    /// What it carries.
    pub protocol: u8,
    /// IPv4 identification, or that of the IPv6 fragment header.
    pub identification: Option<u32>,
    /// Source and destination port, or of an echo the identifier and sequence number; absent when the quote is
    /// too short or begins in the middle of a fragmented packet.
    pub ports: Option<(u16, u16)>,
    /// TCP sequence number, where it is quoted.
    pub sequence: Option<u32>,
    /// UDP length, where it is quoted.
    pub udp_length: Option<u16>,
}

/// Reads the message. A known type without the four bytes that it needs behind the checksum keeps
/// type, code and checksum, and `remark` is told
/// what is missing.
#[inline(never)]
pub(super) fn parse<'a>(
    span: Span<'a>,
    remark: &mut Option<DecodeError>,
) -> Result<Message<'a>, DecodeError> {
    let ([kind, code, c0, c1], rest) = span.take::<4>(Layer::Icmp)?;
    let (body, error) = match (kind, span.take::<8>(Layer::Icmp)) {
        (0 | 3 | 4 | 5 | 8 | 11 | 12, Err(error)) => (Body::Other(rest.bytes), Some(error)),
        (0 | 8, Ok(([_, _, _, _, i0, i1, s0, s1], rest))) => {
            let echo = Body::Echo {
                request: *kind == 8,
                identifier: u16::from_be_bytes([*i0, *i1]),
                sequence: u16::from_be_bytes([*s0, *s1]),
                payload: rest.bytes,
            };
            (echo, None)
        }
        (3 | 4 | 5 | 11 | 12, Ok(([_, _, _, _, a, b, c, d], rest))) => {
            let mtu = match (kind, code, u16::from_be_bytes([*c, *d])) {
                (3, 4, 1..) => Some(u32::from(u16::from_be_bytes([*c, *d]))),
                _ => None,
            };
            let gateway = (*kind == 5).then(|| IpAddr::from([*a, *b, *c, *d]));
            let quote = Quote::parse(rest);
            (
                Body::Error {
                    mtu,
                    gateway,
                    quote,
                },
                None,
            )
        }
        _ => (Body::Other(rest.bytes), None),
    };
    if let Some(error) = error {
        note(remark, error);
    }
    Ok(Message {
        offset: span.offset,
        bytes: span.bytes,
        kind: *kind,
        code: *code,
        checksum: u16::from_be_bytes([*c0, *c1]),
        body,
        len: span.len,
    })
}

/// Where the fields of a quoted packet lie, in bytes from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// The byte that says what it carries.
    pub protocol: usize,
    /// IPv4 identification (2 bytes), or that of the IPv6 fragment header (4 bytes).
    pub identification: Option<usize>,
    /// What it carries.
    pub transport: usize,
}

impl Places {
    /// Finds them in the quoted bytes, as [`Quote`] was read from them.
    pub fn of(quoted: &[u8]) -> Option<Self> {
        let span = Span::new(0, quoted, quoted.len());
        let first = quoted.first()?;
        if first >> 4 == 4 {
            let mut it = Self {
                protocol: 9,
                identification: Some(4),
                transport: usize::from(first & 0x0f) * 4,
            };
            let behind = span.skip(it.transport);
            for header in ah::headers(*quoted.get(9)?, behind.bytes) {
                it.protocol = it.transport;
                it.transport += header.header_len;
            }
            return Some(it);
        }
        let chain = ipv6::follow(*quoted.get(6)?, span.skip(40));
        let mut it = Self {
            protocol: 6,
            identification: None,
            transport: chain.payload.offset,
        };
        for extension in ipv6::extensions(*quoted.get(6)?, quoted.get(..it.transport)?) {
            it.protocol = extension.offset;
            if extension.kind == ipv6::FRAGMENT {
                it.identification = Some(extension.offset + 4);
            }
        }
        Some(it)
    }
}

impl Quote {
    /// Reads what is quoted of a packet, leniently: the rest of it was never meant to be there.
    pub(super) fn parse(span: Span<'_>) -> Option<Self> {
        match span.bytes.first()? >> 4 {
            4 => Self::parse_ipv4(span),
            6 => Self::parse_ipv6(span),
            _ => None,
        }
    }

    fn parse_ipv4(span: Span<'_>) -> Option<Self> {
        let (head, _) = span.bytes.split_first_chunk::<20>()?;
        let [
            first,
            _,
            _,
            _,
            i0,
            i1,
            f0,
            f1,
            _,
            protocol,
            _,
            _,
            addresses @ ..,
        ] = *head;
        let [s0, s1, s2, s3, d0, d1, d2, d3] = addresses;
        let header_len = usize::from(first & 0x0f) * 4;
        let quote = Self {
            offset: span.offset,
            source: Ipv4Addr::new(s0, s1, s2, s3).into(),
            destination: Ipv4Addr::new(d0, d1, d2, d3).into(),
            protocol,
            identification: Some(u16::from_be_bytes([i0, i1]).into()),
            ports: None,
            sequence: None,
            udp_length: None,
        };
        let fragment_offset = u16::from_be_bytes([f0, f1]) & 0x1fff;
        if fragment_offset > 0 || header_len < 20 {
            return Some(quote);
        }
        Some(match ah::follow(protocol, span.skip(header_len)) {
            Ok((protocol, rest)) => Self { protocol, ..quote }.with_transport(rest.bytes),
            Err(_) => quote,
        })
    }

    fn parse_ipv6(span: Span<'_>) -> Option<Self> {
        let (head, _) = span.bytes.split_first_chunk::<40>()?;
        let [_, _, _, _, _, _, next_header, _, addresses @ ..] = *head;
        let [source, destination] = *addresses.as_chunks::<16>().0 else {
            return None;
        };
        let chain = ipv6::follow(next_header, span.skip(40));
        let quote = Self {
            offset: span.offset,
            source: Ipv6Addr::from(source).into(),
            destination: Ipv6Addr::from(destination).into(),
            protocol: chain.protocol,
            identification: chain.fragment.map(|fragment| fragment.identification),
            ports: None,
            sequence: None,
            udp_length: None,
        };
        let is_first = chain.fragment.is_none_or(|fragment| fragment.offset == 0);
        if is_first && chain.error.is_none() {
            return Some(quote.with_transport(chain.payload.bytes));
        }
        Some(quote)
    }

    fn with_transport(self, bytes: &[u8]) -> Self {
        let word = |at: usize| {
            let chunk = bytes.get(at..)?.first_chunk::<2>()?;
            Some(u16::from_be_bytes(*chunk))
        };
        let pair = |at: usize| Some((word(at)?, word(at + 2)?));
        match (self.protocol, bytes.first()) {
            (6, _) => Self {
                ports: pair(0),
                sequence: pair(4).map(|(high, low)| u32::from(high) << 16 | u32::from(low)),
                ..self
            },
            (17, _) => Self {
                ports: pair(0),
                udp_length: word(4),
                ..self
            },
            (33 | 132 | 136, _) => Self {
                ports: pair(0),
                ..self
            },
            (1, Some(0 | 8)) | (58, Some(128 | 129)) => Self {
                ports: pair(4),
                ..self
            },
            _ => self,
        }
    }
}

impl Message<'_> {
    /// [`name`] of this message's type and code.
    pub const fn name(&self) -> Option<&'static str> {
        name(self.kind, self.code)
    }
}

/// What a type and code stand for, where that is known: `echo request`, `port unreachable` …
pub const fn name(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (0, _) => "echo reply",
        (3, 0) => "net unreachable",
        (3, 1) => "host unreachable",
        (3, 2) => "protocol unreachable",
        (3, 3) => "port unreachable",
        (3, 4) => "fragmentation needed",
        (3, 5) => "source route failed",
        (3, 6) => "net unknown",
        (3, 7) => "host unknown",
        (3, 8) => "source host isolated",
        (3, 9) => "net administratively prohibited",
        (3, 10) => "host administratively prohibited",
        (3, 11) => "net unreachable for type of service",
        (3, 12) => "host unreachable for type of service",
        (3, 13) => "communication administratively prohibited",
        (3, 14) => "host precedence violation",
        (3, 15) => "precedence cutoff in effect",
        (3, _) => "destination unreachable",
        (4, _) => "source quench",
        (5, 0) => "redirect for net",
        (5, 1) => "redirect for host",
        (5, 2) => "redirect for type of service and net",
        (5, 3) => "redirect for type of service and host",
        (5, _) => "redirect",
        (8, _) => "echo request",
        (9, _) => "router advertisement",
        (10, _) => "router solicitation",
        (11, 0) => "time exceeded in-transit",
        (11, 1) => "fragment reassembly time exceeded",
        (11, _) => "time exceeded",
        (12, _) => "parameter problem",
        (13, _) => "timestamp request",
        (14, _) => "timestamp reply",
        (15, _) => "information request",
        (16, _) => "information reply",
        (17, _) => "address mask request",
        (18, _) => "address mask reply",
        (42, _) => "extended echo request",
        (43, _) => "extended echo reply",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Network, Reason, Transport, Verdict, decode, samples, samples::hex};
    use super::*;
    use crate::link_type::LinkType;

    const QUOTED_UDP: [&str; 11] = [
        "45 00",       // IPv4
        "0020",        // total length: 20 + 12
        "002a",        // identification
        "4000",        // don't fragment
        "40",          // TTL
        "11",          // UDP
        "0000",        // checksum
        "c0 a8 0f 49", // source
        "c0 a8 0f 2a", // destination
        "9c41 2148",   // ports
        "000c 0000",   // UDP length, checksum
    ];

    fn error(kind: &str, quoted: &[u8]) -> Vec<u8> {
        let mut message = hex(&[kind]);
        message.extend(quoted);
        samples::ipv4(1, &message)
    }

    fn body(frame: &[u8]) -> Body<'_> {
        let packet = decode(LinkType::RawIp, frame, frame.len());
        match packet.network {
            Network::Ipv4(_, Transport::Icmp(message)) => message.body,
            _ => panic!("{packet:?}"),
        }
    }

    #[test]
    fn echo() {
        for (kind, is_request) in [("08", true), ("00", false)] {
            let frame = samples::ipv4(
                1,
                &hex(&[
                    kind,    // type
                    "00",    // code
                    "beef",  // checksum
                    "1234",  // identifier
                    "0007",  // sequence
                    "61 62", // payload
                ]),
            );
            let Body::Echo {
                request,
                identifier,
                sequence,
                payload,
            } = body(&frame)
            else {
                panic!();
            };
            assert_eq!((request, identifier, sequence), (is_request, 0x1234, 7));
            assert_eq!(payload, b"ab");
        }
    }

    #[test]
    fn port_unreachable_quotes_its_datagram() {
        let frame = error("03 03 0000 00000000", &hex(&QUOTED_UDP));
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        let Some(Transport::Icmp(message)) = packet.network.transport() else {
            panic!("{packet:?}");
        };
        assert_eq!(message.name(), Some("port unreachable"));
        assert_eq!((message.offset, message.len), (20, 36));
        let Body::Error {
            mtu: None,
            gateway: None,
            quote,
        } = message.body
        else {
            panic!("{packet:?}");
        };
        assert_eq!(
            quote,
            Some(Quote {
                offset: 28,
                source: [192, 168, 15, 73].into(),
                destination: [192, 168, 15, 42].into(),
                protocol: 17,
                identification: Some(42),
                ports: Some((40001, 8520)),
                sequence: None,
                udp_length: Some(12),
            })
        );
        assert_eq!(packet.verdict(), Verdict::Decoded);
    }

    #[test]
    fn quotes_are_read_as_far_as_they_go() {
        let quote = |bytes: &[u8]| match body(&error("0b 00 0000 00000000", bytes)) {
            Body::Error { quote, .. } => quote,
            other => panic!("{other:?}"),
        };
        let whole = hex(&QUOTED_UDP);
        assert_eq!(quote(&[]), None);
        assert_eq!(quote(&whole[..19]), None);
        let at = |len: usize| quote(&whole[..len]).unwrap();
        assert_eq!((at(20).ports, at(20).udp_length), (None, None));
        assert_eq!((at(23).ports, at(24).ports), (None, Some((40001, 8520))));
        assert_eq!((at(25).udp_length, at(26).udp_length), (None, Some(12)));

        let mut later_fragment = whole.clone();
        later_fragment[7] = 0xb9;
        assert_eq!(quote(&later_fragment).unwrap().ports, None);

        let mut tcp = whole.clone();
        tcp[9] = 6;
        let tcp = quote(&tcp).unwrap();
        assert_eq!(
            (tcp.ports, tcp.sequence),
            (Some((40001, 8520)), Some(0x000c_0000))
        );

        let mut ping = whole.clone();
        ping[9] = 1;
        ping[20..28].copy_from_slice(&[8, 0, 0, 0, 0x12, 0x34, 0, 7]);
        assert_eq!(quote(&ping).unwrap().ports, Some((0x1234, 7)));
        ping[20] = 13;
        assert_eq!(quote(&ping).unwrap().ports, None);

        let mut no_ip = whole;
        no_ip[0] = 0x55;
        assert_eq!(quote(&no_ip), None);
    }

    #[test]
    fn mtu_and_gateway() {
        let frame = error("03 04 0000 0000 0578", &hex(&QUOTED_UDP));
        assert!(matches!(
            body(&frame),
            Body::Error {
                mtu: Some(1400),
                ..
            }
        ));
        let frame = error("03 04 0000 0000 0000", &hex(&QUOTED_UDP));
        assert!(matches!(body(&frame), Body::Error { mtu: None, .. }));
        let frame = error("05 01 0000 c0a80f01", &hex(&QUOTED_UDP));
        let Body::Error { gateway, .. } = body(&frame) else {
            panic!();
        };
        assert_eq!(gateway, Some([192, 168, 15, 1].into()));
    }

    #[test]
    fn messages_that_end_early() {
        let frame = samples::ipv4(1, &[8, 0, 0]);
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        assert_eq!(packet.error.unwrap().reason, Reason::TooShort);
        assert!(matches!(
            packet.network.transport(),
            Some(Transport::Unread(_))
        ));

        for kind in [0, 3, 4, 5, 8, 11, 12] {
            let frame = samples::ipv4(1, &[kind, 0, 0, 0, 0, 0, 0]);
            let packet = decode(LinkType::RawIp, &frame, frame.len());
            let error = packet.error.unwrap();
            assert_eq!(
                (error.reason, error.needed, error.had),
                (Reason::TooShort, 8, 7)
            );
            assert!(matches!(
                packet.network.transport(),
                Some(Transport::Icmp(message)) if message.kind == kind
            ));
            assert_eq!(packet.verdict(), Verdict::Malformed);
        }

        let frame = samples::ipv4(1, &[250, 0, 0, 0]);
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        assert_eq!((packet.error, packet.verdict()), (None, Verdict::Decoded));
    }

    #[test]
    fn types_and_codes_have_names() {
        assert_eq!(name(3, 1), Some("host unreachable"));
        assert_eq!(name(11, 0), Some("time exceeded in-transit"));
        assert_eq!(name(3, 200), Some("destination unreachable"));
        assert_eq!(name(200, 0), None);
    }
}
