//! `ICMPv6`, RFC 4443, with neighbour discovery, RFC 4861.
//!
//! ```text
//!  0       1       2               4                               8
//! +-------+-------+---------------+-------------------------------+------------------
//! | type  | code  |   checksum    | identifier, sequence (echo)   | echo: payload
//! |       |       |               | MTU (packet too big)          | error: the packet
//! |       |       |               | R S O flags (advertisement)   | neighbour: target,
//! |       |       |               |                               | then options
//! +-------+-------+---------------+-------------------------------+------------------
//!                                  option: type, length in 8s, data
//! ```

use std::net::Ipv6Addr;

use super::{DecodeError, Layer, MacAddr, descent::note, icmp::Quote, span::Span};

/// An `ICMPv6` message.
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
    /// Types 128 and 129.
    Echo {
        /// A request (128) or a reply (129).
        request: bool,
        /// Tells one `ping` from another.
        identifier: u16,
        /// Counts the questions.
        sequence: u16,
        /// What is sent there and back, as captured.
        payload: &'a [u8],
    },
    /// An error (types 1 to 4), with the packet that caused it.
    Error {
        /// The MTU of the next hop, in "packet too big".
        mtu: Option<u32>,
        /// The packet that caused it, as far as it is quoted.
        quote: Option<Quote>,
    },
    /// Type 135: who has this address?
    NeighborSolicitation {
        /// The address asked for.
        target: Ipv6Addr,
        /// The asker's own hardware address, where it tells it.
        source_mac: Option<MacAddr>,
    },
    /// Type 136: this address is at.
    NeighborAdvertisement {
        /// The address told of.
        target: Ipv6Addr,
        /// Its hardware address, where it is told.
        target_mac: Option<MacAddr>,
        /// The sender is a router.
        router: bool,
        /// It answers a question.
        solicited: bool,
        /// It replaces what was known.
        overrides: bool,
    },
    /// Types 133 and 134, and all others.
    Other(&'a [u8]),
}

/// Reads the message. A known type without the bytes that it needs keeps type, code and checksum,
/// and `remark` is told
/// what is missing.
#[inline(never)]
pub(super) fn parse<'a>(
    span: Span<'a>,
    remark: &mut Option<DecodeError>,
) -> Result<Message<'a>, DecodeError> {
    let ([kind, code, c0, c1], rest) = span.take::<4>(Layer::Icmpv6)?;
    let (body, error) = match kind {
        1..=4 | 128 | 129 => short_body(*kind, span),
        135 | 136 => neighbor(*kind, span),
        _ => Ok((Body::Other(rest.bytes), None)),
    }
    .unwrap_or_else(|error| (Body::Other(rest.bytes), Some(error)));
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

type ParsedBody<'a> = Result<(Body<'a>, Option<DecodeError>), DecodeError>;

fn short_body(kind: u8, span: Span<'_>) -> ParsedBody<'_> {
    let ([_, _, _, _, a, b, c, d], rest) = span.take::<8>(Layer::Icmpv6)?;
    let body = if kind >= 128 {
        Body::Echo {
            request: kind == 128,
            identifier: u16::from_be_bytes([*a, *b]),
            sequence: u16::from_be_bytes([*c, *d]),
            payload: rest.bytes,
        }
    } else {
        Body::Error {
            mtu: (kind == 2).then(|| u32::from_be_bytes([*a, *b, *c, *d])),
            quote: Quote::parse(rest),
        }
    };
    Ok((body, None))
}

fn neighbor(kind: u8, span: Span<'_>) -> ParsedBody<'_> {
    const SOURCE_LINK_LAYER_ADDRESS: u8 = 1;
    const TARGET_LINK_LAYER_ADDRESS: u8 = 2;

    let ([_, _, _, _, flags, _, _, _, target @ ..], rest) = span.take::<24>(Layer::Icmpv6)?;
    let target = Ipv6Addr::from(*target);
    let wanted = match kind {
        135 => SOURCE_LINK_LAYER_ADDRESS,
        _ => TARGET_LINK_LAYER_ADDRESS,
    };
    let (mac, error) = link_layer_address(wanted, rest);
    let body = match kind {
        135 => Body::NeighborSolicitation {
            target,
            source_mac: mac,
        },
        _ => Body::NeighborAdvertisement {
            target,
            target_mac: mac,
            router: flags & 0x80 != 0,
            solicited: flags & 0x40 != 0,
            overrides: flags & 0x20 != 0,
        },
    };
    Ok((body, error))
}

/// The hardware address in the first option of type `wanted`, and what is wrong with the options.
fn link_layer_address(wanted: u8, mut options: Span<'_>) -> (Option<MacAddr>, Option<DecodeError>) {
    let mut mac = None;
    while options.len > 0 {
        let (kind, length) = match options.take::<2>(Layer::Icmpv6) {
            Ok(([kind, length], _)) => (*kind, *length),
            Err(error) => return (mac, Some(error)),
        };
        if length == 0 {
            let error = options.field(Layer::Icmpv6, "option length", 0, 1);
            return (mac, Some(error));
        }
        let len = usize::from(length) * 8;
        if len > options.bytes.len() {
            return (mac, Some(options.short(Layer::Icmpv6, len)));
        }
        if let (true, 1, None, [_, _, a, b, c, d, e, f, ..]) =
            (kind == wanted, length, mac, options.bytes)
        {
            mac = Some(MacAddr([*a, *b, *c, *d, *e, *f]));
        }
        options = options.skip(len);
    }
    (mac, None)
}

impl Message<'_> {
    /// [`name`] of this message's type and code.
    pub const fn name(&self) -> Option<&'static str> {
        name(self.kind, self.code)
    }
}

/// What a type and code stand for, where that is known: `echo request`, `neighbor solicitation` …
pub const fn name(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (1, 0) => "no route to destination",
        (1, 1) => "communication administratively prohibited",
        (1, 2) => "beyond scope of source address",
        (1, 3) => "address unreachable",
        (1, 4) => "port unreachable",
        (1, 5) => "source address failed policy",
        (1, 6) => "route rejected",
        (1, _) => "destination unreachable",
        (2, _) => "packet too big",
        (3, 0) => "time exceeded in-transit",
        (3, 1) => "fragment reassembly time exceeded",
        (3, _) => "time exceeded",
        (4, _) => "parameter problem",
        (128, _) => "echo request",
        (129, _) => "echo reply",
        (130, _) => "multicast listener query",
        (131, _) => "multicast listener report",
        (132, _) => "multicast listener done",
        (133, _) => "router solicitation",
        (134, _) => "router advertisement",
        (135, _) => "neighbor solicitation",
        (136, _) => "neighbor advertisement",
        (137, _) => "redirect",
        (138, _) => "router renumbering",
        (139, _) => "node information query",
        (140, _) => "node information reply",
        (141, _) => "inverse neighbor solicitation",
        (142, _) => "inverse neighbor advertisement",
        (143, _) => "multicast listener report v2",
        (160, _) => "extended echo request",
        (161, _) => "extended echo reply",
        _ => return None,
    })
}

/// What the type of a neighbour discovery option stands for, where that is known.
pub const fn option_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        1 => "source link-layer address",
        2 => "target link-layer address",
        3 => "prefix information",
        4 => "redirected header",
        5 => "MTU",
        14 => "nonce",
        24 => "route information",
        25 => "recursive DNS servers",
        26 => "flags extension",
        31 => "DNS search list",
        34 => "6LoWPAN context",
        37 => "captive portal",
        38 => "PREF64",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Network, Reason, Transport, Verdict, decode, samples, samples::hex};
    use super::*;
    use crate::link_type::LinkType;

    const TARGET: &str = "fe80 0000 0000 0000 0000 0000 0000 0002";

    fn body(frame: &[u8]) -> (Body<'_>, Option<DecodeError>) {
        let packet = decode(LinkType::RawIp, frame, frame.len());
        match packet.network {
            Network::Ipv6(_, Transport::Icmpv6(message)) => (message.body, packet.error),
            _ => panic!("{packet:?}"),
        }
    }

    #[test]
    fn neighbor_solicitation() {
        let frame = samples::ipv6(
            58,
            &hex(&[
                "87 00",    // type 135, code
                "beef",     // checksum
                "00000000", // reserved
                TARGET,
                "0e 01 000000000000", // option: nonce
                "01 01",              // option: source link-layer address
                "02 00 00 00 00 01",
            ]),
        );
        let (Body::NeighborSolicitation { target, source_mac }, None) = body(&frame) else {
            panic!();
        };
        assert_eq!(target.to_string(), "fe80::2");
        assert_eq!(source_mac, Some(MacAddr([2, 0, 0, 0, 0, 1])));
    }

    #[test]
    fn neighbor_advertisement() {
        for (flags, expected) in [
            ("80", (true, false, false)),
            ("40", (false, true, false)),
            ("20", (false, false, true)),
        ] {
            let frame = samples::ipv6(
                58,
                &hex(&[
                    "88 00 0000",
                    flags,
                    "000000",
                    TARGET,
                    "02 01", // option: target link-layer address
                    "02 00 00 00 00 02",
                ]),
            );
            let (body, None) = body(&frame) else {
                panic!();
            };
            let Body::NeighborAdvertisement {
                target,
                target_mac,
                router,
                solicited,
                overrides,
            } = body
            else {
                panic!("{body:?}");
            };
            assert_eq!(target.to_string(), "fe80::2");
            assert_eq!(target_mac, Some(MacAddr([2, 0, 0, 0, 0, 2])));
            assert_eq!((router, solicited, overrides), expected);
        }
    }

    #[test]
    fn impossible_options_are_malformed_but_keep_the_target() {
        for (option, reason) in [
            ("01 00 020000000001", Reason::Field("option length")),
            ("01 02 020000000001", Reason::TooShort),
            ("01", Reason::TooShort),
        ] {
            let frame = samples::ipv6(58, &hex(&["87 00 0000 00000000", TARGET, option]));
            let (body, error) = body(&frame);
            assert_eq!(error.unwrap().reason, reason, "{option}");
            assert!(matches!(
                body,
                Body::NeighborSolicitation {
                    source_mac: None,
                    ..
                }
            ));
        }
    }

    #[test]
    fn errors_quote_and_echoes_count() {
        let quoted = samples::ipv6(17, &hex(&["9c41 2148 000a 0000 6869"]));
        let mut message = hex(&["02 00 0000 00000500"]);
        message.extend(&quoted);
        let frame = samples::ipv6(58, &message);
        let (
            Body::Error {
                mtu: Some(1280),
                quote: Some(quote),
            },
            None,
        ) = body(&frame)
        else {
            panic!();
        };
        assert_eq!(quote.ports, Some((40001, 8520)));
        assert_eq!(
            (quote.protocol, quote.udp_length, quote.offset),
            (17, Some(10), 48)
        );
        assert_eq!(quote.identification, None);

        let frame = samples::ipv6(58, &hex(&["81 00 0000 1234 0007 6162"]));
        let (
            Body::Echo {
                request: false,
                identifier: 0x1234,
                sequence: 7,
                payload,
            },
            None,
        ) = body(&frame)
        else {
            panic!();
        };
        assert_eq!(payload, b"ab");
    }

    #[test]
    fn a_quoted_fragment_has_ports_only_when_it_is_the_first() {
        for (field, ports) in [("0001", Some((40001, 8520))), ("0009", None)] {
            let fragment = ["11 00", field, "00003039", "9c41 2148 000a 0000 6869"];
            let mut message = hex(&["01 04 0000 00000000"]);
            message.extend(samples::ipv6(44, &hex(&fragment)));
            let frame = samples::ipv6(58, &message);
            let (
                Body::Error {
                    quote: Some(quote), ..
                },
                None,
            ) = body(&frame)
            else {
                panic!();
            };
            assert_eq!((quote.ports, quote.identification), (ports, Some(12345)));
        }
    }

    #[test]
    fn messages_that_end_early() {
        for (kind, needed) in [(1, 8), (128, 8), (135, 24), (136, 24)] {
            let frame = samples::ipv6(58, &[kind, 0, 0, 0, 0, 0, 0]);
            let packet = decode(LinkType::RawIp, &frame, frame.len());
            let error = packet.error.unwrap();
            assert_eq!((error.reason, error.needed), (Reason::TooShort, needed));
            assert_eq!(packet.verdict(), Verdict::Malformed);
        }
    }

    #[test]
    fn types_and_codes_have_names() {
        assert_eq!(name(1, 4), Some("port unreachable"));
        assert_eq!(name(136, 0), Some("neighbor advertisement"));
        assert_eq!(name(250, 0), None);
    }
}
