//! Internet Protocol version 4, RFC 791.
//!
//! ```text
//!  0       4       8               16    19                      31
//! +-------+-------+---------------+-----------------------------+
//! |version|  IHL  |      TOS      |        total length         |
//! +-------+-------+---------------+-----+-----------------------+
//! |        identification         |R D M|   fragment offset     |
//! +---------------+---------------+-----+-----------------------+
//! |      TTL      |   protocol    |       header checksum       |
//! +---------------+---------------+-----------------------------+
//! |                       source address                        |
//! +-------------------------------------------------------------+
//! |                     destination address                     |
//! +-------------------------------------------------------------+
//! |              options, up to IHL times 4 bytes               |
//! +-------------------------------------------------------------+
//! ```

use std::net::Ipv4Addr;

use super::{DecodeError, Layer, descent::note, span::Span};

/// The length of a header without options, in bytes.
pub const MIN_HEADER_LEN: usize = 20;

/// The bits of the seventh and eighth byte that only fragments have: more follow, and the offset.
pub(super) const FRAGMENT: u16 = 0x3fff;

const LOOSE_SOURCE_ROUTE: u8 = 131;
const STRICT_SOURCE_ROUTE: u8 = 137;

/// An IPv4 header.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// Where it begins in the frame, in bytes.
    pub offset: usize,
    /// The header's own bytes, options included; [`Header::header_len`] of them, fewer only where
    /// the capture or the frame ends within the options.
    pub bytes: &'a [u8],
    /// Differentiated services and congestion notification.
    pub tos: u8,
    /// Header and payload in bytes, as the header says; 0 in a super-frame whose length did not fit.
    pub total_length: u16,
    /// Ties fragments together.
    pub identification: u16,
    /// The reserved bit, which must be zero.
    pub reserved: bool,
    /// Must not be fragmented.
    pub dont_fragment: bool,
    /// More fragments follow.
    pub more_fragments: bool,
    /// Where this fragment's payload belongs, in bytes (the field counts in eights).
    pub fragment_offset: usize,
    /// Hops left.
    pub ttl: u8,
    /// What the payload is.
    pub protocol: u8,
    /// The header checksum as it stands.
    pub checksum: u16,
    /// From whom.
    pub source: Ipv4Addr,
    /// To whom.
    pub destination: Ipv4Addr,
    /// Bytes of payload by the total length, captured or not (by the frame where that is 0).
    pub payload_len: usize,
}

/// An option of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ipv4Option<'a> {
    /// 0: no options follow.
    EndOfList,
    /// 1: padding between options.
    Nop,
    /// Any other, by its number ([`option_name`]), with what follows its length.
    Other {
        /// The option's number, copy bit and class included.
        kind: u8,
        /// Its data.
        data: &'a [u8],
    },
    /// The option's length is below 2 or goes past the end of the header by its IHL: nothing behind
    /// it can be read.
    Malformed {
        /// The option's number.
        kind: u8,
    },
}

/// A header that could be read.
pub(super) struct Parsed<'a> {
    pub header: Header<'a>,
    /// What the header carries; nothing where the header itself is cut.
    pub payload: Span<'a>,
    /// The header is whole, so the payload may be entered.
    pub is_whole: bool,
}

/// Reads the header and bounds the payload by the total length. `remark` is told what is wrong though
/// reading may go on.
#[inline]
pub(super) fn parse<'a>(
    span: Span<'a>,
    remark: &mut Option<DecodeError>,
) -> Result<Parsed<'a>, DecodeError> {
    let (head, _) = span.take::<MIN_HEADER_LEN>(Layer::Ipv4)?;
    let [
        first,
        tos,
        l0,
        l1,
        i0,
        i1,
        f0,
        f1,
        ttl,
        protocol,
        c0,
        c1,
        addresses @ ..,
    ] = *head;
    let [s0, s1, s2, s3, d0, d1, d2, d3] = addresses;
    let version = first >> 4;
    if version != 4 {
        return Err(span.field(Layer::Ipv4, "version", usize::from(version), 4));
    }
    let header_len = usize::from(first & 0x0f) * 4;
    if header_len < MIN_HEADER_LEN {
        return Err(span.field(Layer::Ipv4, "IHL", header_len, MIN_HEADER_LEN));
    }
    let total_length = u16::from_be_bytes([l0, l1]);
    // Segmentation offload hands the kernel more than 16 bits can say; the field is then 0 and the
    // frame tells the length.
    let total = match usize::from(total_length) {
        0 => span.len,
        total => total,
    };
    if total < header_len {
        return Err(if total_length == 0 {
            span.short(Layer::Ipv4, header_len)
        } else {
            span.field(Layer::Ipv4, "total length", total, header_len)
        });
    }
    let is_whole = header_len <= span.bytes.len();
    if total > span.len {
        note(
            remark,
            span.field(Layer::Ipv4, "total length", total, span.len),
        );
    } else if !is_whole {
        note(remark, span.short(Layer::Ipv4, header_len));
    }
    let inside = span.limit(total);
    let flags = u16::from_be_bytes([f0, f1]);
    let header = Header {
        offset: span.offset,
        bytes: inside.head(header_len),
        tos,
        total_length,
        identification: u16::from_be_bytes([i0, i1]),
        reserved: flags & 0x8000 != 0,
        dont_fragment: flags & 0x4000 != 0,
        more_fragments: flags & 0x2000 != 0,
        fragment_offset: usize::from(flags & 0x1fff) * 8,
        ttl,
        protocol,
        checksum: u16::from_be_bytes([c0, c1]),
        source: Ipv4Addr::new(s0, s1, s2, s3),
        destination: Ipv4Addr::new(d0, d1, d2, d3),
        payload_len: total - header_len,
    };
    Ok(Parsed {
        header,
        payload: inside.skip(header_len),
        is_whole,
    })
}

impl<'a> Header<'a> {
    /// The length of the header by its IHL field, in bytes: 20 to 60.
    pub fn header_len(&self) -> usize {
        let ihl = self.bytes.first().map_or(5, |first| first & 0x0f);
        usize::from(ihl) * 4
    }

    /// Whether this is a piece of a greater packet, the first piece too.
    #[inline]
    pub const fn is_fragment(&self) -> bool {
        self.more_fragments || self.fragment_offset != 0
    }

    /// The options, in order, up to where they are cut; at most 40.
    pub fn options(&self) -> Options<'a> {
        Options {
            rest: self.bytes.get(MIN_HEADER_LEN..).unwrap_or_default(),
            missing: self.header_len().saturating_sub(self.bytes.len()),
        }
    }
}

impl Header<'_> {
    /// Where the packet goes in the end: the destination, or the last address of a source route that
    /// is not used up. Checksums cover it (RFC 1122, 4.1.3.4 and 4.2.3.8).
    pub fn final_destination(&self) -> Ipv4Addr {
        self.options()
            .find_map(|option| match option {
                Ipv4Option::Other {
                    kind: LOOSE_SOURCE_ROUTE | STRICT_SOURCE_ROUTE,
                    data: [pointer, route @ ..],
                } => {
                    // It counts from the option's first byte, and from 1; behind the last address
                    // the route is used up.
                    let next = usize::from(*pointer).checked_sub(4)?;
                    route.get(next..)?.first_chunk::<4>()?;
                    route.as_chunks::<4>().0.last().copied()
                }
                _ => None,
            })
            .map_or(self.destination, Ipv4Addr::from)
    }
}

/// The options of a header, in order. Ends at the end of the list, behind a malformed one, or before
/// one that is cut.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    rest: &'a [u8],
    /// Bytes of the header behind `rest` that are not here.
    missing: usize,
}

impl<'a> Options<'a> {
    /// What has not been read yet. Behind the last option: the beginning of one that is cut, or
    /// nothing.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = Ipv4Option<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, rest) = self.rest.split_first()?;
        // The length counts the kind and itself.
        let len = rest.first().map_or(2, |len| usize::from(*len));
        let goes_beyond = *kind > 1 && len > self.rest.len();
        if goes_beyond && len <= self.rest.len() + self.missing {
            return None;
        }
        self.rest = rest;
        match kind {
            0 => {
                self.rest = &[];
                return Some(Ipv4Option::EndOfList);
            }
            1 => return Some(Ipv4Option::Nop),
            _ => {}
        }
        let option = rest.split_first().and_then(|(len, rest)| {
            let (data, rest) = rest.split_at_checked(usize::from(*len).checked_sub(2)?)?;
            Some((data, rest))
        });
        let Some((data, rest)) = option else {
            self.rest = &[];
            return Some(Ipv4Option::Malformed { kind: *kind });
        };
        self.rest = rest;
        Some(Ipv4Option::Other { kind: *kind, data })
    }
}

/// What an option's number stands for, where that is known: `record route`, `router alert` …
pub const fn option_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0 => "end of list",
        1 => "no operation",
        7 => "record route",
        25 => "quick start",
        68 => "timestamp",
        82 => "traceroute",
        130 => "security",
        131 => "loose source route",
        133 => "extended security",
        134 => "commercial security",
        136 => "stream identifier",
        137 => "strict source route",
        148 => "router alert",
        _ => return None,
    })
}

/// What a protocol number stands for, in IPv4 and IPv6 alike, where that is known: `TCP`, `GRE` …
pub const fn protocol_name(protocol: u8) -> Option<&'static str> {
    Some(match protocol {
        0 => "hop-by-hop options",
        1 => "ICMP",
        2 => "IGMP",
        4 => "IPv4 in IP",
        6 => "TCP",
        8 => "EGP",
        9 => "IGRP",
        17 => "UDP",
        27 => "RDP",
        33 => "DCCP",
        41 => "IPv6 in IP",
        43 => "IPv6 routing",
        44 => "IPv6 fragment",
        46 => "RSVP",
        47 => "GRE",
        50 => "ESP",
        51 => "AH",
        55 => "mobile IP",
        58 => "ICMPv6",
        59 => "no next header",
        60 => "destination options",
        88 => "EIGRP",
        89 => "OSPF",
        94 => "IP in IP",
        97 => "Ethernet in IP",
        103 => "PIM",
        108 => "IPComp",
        112 => "VRRP",
        115 => "L2TP",
        124 => "IS-IS",
        132 => "SCTP",
        135 => "mobility",
        136 => "UDP-Lite",
        137 => "MPLS in IP",
        139 => "HIP",
        140 => "shim6",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Network, Reason, Transport, Verdict, decode, samples, samples::hex};
    use super::*;
    use crate::link_type::LinkType;

    fn header_with_options() -> Vec<u8> {
        hex(&[
            "48",            // version 4, IHL 8
            "b8",            // TOS
            "0024",          // total length: 32 + 4
            "1234",          // identification
            "4000",          // don't fragment
            "40",            // TTL
            "fd",            // protocol: for experiments
            "beef",          // checksum
            "c0 a8 0f 49",   // source
            "c0 a8 0f 2a",   // destination
            "94 04 0000",    // router alert
            "01",            // no operation
            "07 05 04 0000", // record route
            "00 00",         // end of list
            "de ad be ef",   // payload
            "99 99",         // padding
        ])
    }

    #[test]
    fn the_header_is_read_field_by_field() {
        let frame = header_with_options();
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        let Network::Ipv4(header, Transport::Other(0xfd, payload)) = packet.network else {
            panic!("{packet:?}");
        };
        assert_eq!(header.header_len(), 32);
        assert_eq!(header.bytes, &frame[..32]);
        assert_eq!((header.tos, header.total_length), (0xb8, 36));
        assert_eq!((header.identification, header.checksum), (0x1234, 0xbeef));
        assert!(header.dont_fragment && !header.more_fragments && !header.reserved);
        assert_eq!((header.fragment_offset, header.ttl), (0, 64));
        assert_eq!(header.source, Ipv4Addr::new(192, 168, 15, 73));
        assert_eq!(header.destination, Ipv4Addr::new(192, 168, 15, 42));
        assert_eq!(
            (header.payload_len, payload),
            (4, &[0xde, 0xad, 0xbe, 0xef][..])
        );
        assert_eq!(packet.padding, [0x99, 0x99]);
        assert_eq!(packet.verdict(), Verdict::Unsupported);
        let options: Vec<_> = header.options().collect();
        assert_eq!(
            options,
            [
                Ipv4Option::Other {
                    kind: 148,
                    data: &[0, 0]
                },
                Ipv4Option::Nop,
                Ipv4Option::Other {
                    kind: 7,
                    data: &[4, 0, 0]
                },
                Ipv4Option::EndOfList,
            ]
        );
        assert_eq!(option_name(148), Some("router alert"));
    }

    #[test]
    fn impossible_headers_stop_the_reading() {
        let cases = [
            (0, 0x58, "version", 5, 4),
            (0, 0x40, "IHL", 0, 20),
            (0, 0x44, "IHL", 16, 20),
            (3, 31, "total length", 31, 32),
        ];
        for (at, value, field, had, needed) in cases {
            let mut frame = header_with_options();
            frame[at] = value;
            let packet = decode(LinkType::Ipv4, &frame, frame.len());
            let error = packet.error.unwrap();
            assert_eq!(
                (error.layer, error.reason, error.had, error.needed),
                (Layer::Ipv4, Reason::Field(field), had, needed)
            );
            assert!(matches!(packet.network, Network::Unread(_)));
            assert_eq!(packet.verdict(), Verdict::Malformed);
        }
    }

    #[test]
    fn a_total_length_past_the_frame_is_malformed_but_read() {
        let mut frame = header_with_options();
        frame[3] = 200;
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        let Network::Ipv4(header, Transport::Other(_, payload)) = packet.network else {
            panic!("{packet:?}");
        };
        assert_eq!((header.payload_len, payload.len()), (168, 6));
        let error = packet.error.unwrap();
        assert_eq!(error.reason, Reason::Field("total length"));
        assert_eq!((error.had, error.needed), (200, 38));
        assert_eq!(packet.verdict(), Verdict::Malformed);

        // The same bytes of a frame that was longer on the wire: only the capture cut it.
        let packet = decode(LinkType::RawIp, &frame, 200);
        assert_eq!(packet.error, None);
        assert!(packet.is_truncated());
        assert_eq!(packet.verdict(), Verdict::Unsupported);
    }

    #[test]
    fn a_total_length_of_zero_means_the_frame() {
        let mut frame = header_with_options();
        frame[2..4].fill(0);
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        let Network::Ipv4(header, Transport::Other(_, payload)) = packet.network else {
            panic!("{packet:?}");
        };
        assert_eq!((header.total_length, header.payload_len), (0, 6));
        assert_eq!(payload.len(), 6);
        assert_eq!(packet.error, None);
    }

    #[test]
    fn options_cut_by_the_capture_leave_the_header_readable() {
        let frame = header_with_options();
        let packet = decode(LinkType::RawIp, &frame[..25], frame.len());
        let Network::Ipv4(header, Transport::Unread([])) = packet.network else {
            panic!("{packet:?}");
        };
        assert_eq!((header.header_len(), header.bytes.len()), (32, 25));
        let error = packet.error.unwrap();
        assert_eq!(
            (error.reason, error.needed, error.had),
            (Reason::Truncated, 32, 25)
        );
        assert_eq!(packet.verdict(), Verdict::Decoded);

        // The frame itself ended there.
        let packet = decode(LinkType::RawIp, &frame[..25], 25);
        assert_eq!(packet.verdict(), Verdict::Malformed);
    }

    #[test]
    fn fragments_are_not_entered() {
        for (flags, offset, more) in [(0x2000_u16, 0, true), (0x00b9, 1480, false)] {
            let mut frame = samples::ipv4_udp(b"0123456789");
            frame[6..8].copy_from_slice(&flags.to_be_bytes());
            let packet = decode(LinkType::RawIp, &frame, frame.len());
            assert!(matches!(
                packet.network.transport(),
                Some(Transport::Fragment(bytes)) if bytes.len() == 18
            ));
            let fragment = packet.fragment().unwrap();
            assert_eq!((fragment.offset, fragment.more), (offset, more));
            assert_eq!((fragment.protocol, fragment.len), (17, 18));
            assert_eq!(packet.verdict(), Verdict::Decoded);
        }
        let frame = samples::ipv4_udp(b"whole");
        assert!(
            decode(LinkType::RawIp, &frame, frame.len())
                .fragment()
                .is_none()
        );
    }

    #[test]
    fn malformed_options_end_the_list() {
        for tail in ["07 00 0000", "07 01 0000", "07 05 0000", "01 01 01 07"] {
            let mut frame = header_with_options();
            frame[20..24].copy_from_slice(&hex(&[tail]));
            frame[0] = 0x46;
            let packet = decode(LinkType::RawIp, &frame, frame.len());
            let Network::Ipv4(header, _) = packet.network else {
                panic!("{packet:?}");
            };
            assert_eq!(
                header.options().last(),
                Some(Ipv4Option::Malformed { kind: 7 }),
                "{tail}"
            );
        }
    }

    #[test]
    fn protocols_have_names() {
        assert_eq!(protocol_name(47), Some("GRE"));
        assert_eq!(protocol_name(253), None);
    }
}
