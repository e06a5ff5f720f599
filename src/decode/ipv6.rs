//! Internet Protocol version 6, RFC 8200, with its extension headers.
//!
//! ```text
//!  0       4               12                                   31
//! +-------+---------------+-------------------------------------+
//! |version| traffic class |             flow label              |
//! +-------+---------------+-----+---------------+---------------+
//! |       payload length        |  next header  |   hop limit   |
//! +-----------------------------+---------------+---------------+
//! |                  source address (16 bytes)                  |
//! +-------------------------------------------------------------+
//! |                destination address (16 bytes)               |
//! +-------------+-------------+---------------------------------+
//! | next header | length in 8s| extension header: hop-by-hop 0, |
//! |             | beyond the  | routing 43, destination options |
//! |             | first       | 60; fragment 44 is always 8     |
//! +-------------+-------------+---------------------------------+
//! ```
//!
//! Authentication (51) has a format of its own and is followed too ([`super::ah`]); encryption (50)
//! ends the chain: it is named, not entered.

use std::net::Ipv6Addr;

use super::{DecodeError, Layer, ah, descent::note, span::Span};

/// The length of the fixed header, in bytes.
pub const HEADER_LEN: usize = 40;

/// At most this many extension headers are followed; more is malformed.
pub const MAX_EXTENSIONS: usize = 8;

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
pub(super) const FRAGMENT: u8 = 44;
const NO_NEXT_HEADER: u8 = 59;
const DESTINATION_OPTIONS: u8 = 60;

/// An IPv6 header and the extension headers behind it.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// Where it begins in the frame, in bytes.
    pub offset: usize,
    /// The fixed 40 bytes and the extension headers.
    pub bytes: &'a [u8],
    /// Differentiated services and congestion notification.
    pub traffic_class: u8,
    /// Ties the packets of one flow together for routers.
    pub flow_label: u32,
    /// Extension headers and payload in bytes, as the header says; 0 in a jumbogram.
    pub payload_length: u16,
    /// What follows the fixed header.
    pub next_header: u8,
    /// Hops left.
    pub hop_limit: u8,
    /// From whom.
    pub source: Ipv6Addr,
    /// To whom.
    pub destination: Ipv6Addr,
    /// The protocol behind the last extension header.
    pub protocol: u8,
    /// The fragment header, where there is one.
    pub fragment: Option<Fragment>,
    /// Bytes behind the extension headers by the payload length, captured or not.
    pub payload_len: usize,
}

/// A fragment extension header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Where this fragment's payload belongs, in bytes (the field counts in eights).
    pub offset: usize,
    /// More fragments follow.
    pub more: bool,
    /// Ties fragments together.
    pub identification: u32,
}

impl Fragment {
    /// A packet in one piece that carries a fragment header nevertheless (RFC 6946): it is decoded
    /// as if the header were not there.
    pub const fn is_atomic(self) -> bool {
        self.offset == 0 && !self.more
    }
}

/// An extension header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Its number: 0 hop-by-hop options, 43 routing, 44 fragment, 51 authentication, 60 destination
    /// options.
    pub kind: u8,
    /// Where it begins in the frame, in bytes.
    pub offset: usize,
    /// Its bytes, the next header field first.
    pub bytes: &'a [u8],
}

/// A header that could be read.
pub(super) struct Parsed<'a> {
    pub header: Header<'a>,
    /// What stands behind the last extension header that could be read.
    pub payload: Span<'a>,
    /// The chain of extension headers was read to its end, so the payload may be entered.
    pub is_whole: bool,
}

/// Reads the fixed header and the extension headers, and bounds the payload. `remark` is told what is
/// wrong though reading may go on.
#[inline]
pub(super) fn parse<'a>(
    span: Span<'a>,
    remark: &mut Option<DecodeError>,
) -> Result<Parsed<'a>, DecodeError> {
    let (head, rest) = span.take::<HEADER_LEN>(Layer::Ipv6)?;
    let [
        v0,
        v1,
        v2,
        v3,
        l0,
        l1,
        next_header,
        hop_limit,
        addresses @ ..,
    ] = *head;
    let version = v0 >> 4;
    if version != 6 {
        return Err(span.field(Layer::Ipv6, "version", usize::from(version), 6));
    }
    let payload_length = u16::from_be_bytes([l0, l1]);
    let len = match usize::from(payload_length) {
        0 => unsaid_length(next_header, rest),
        len => len,
    };
    if len > rest.len {
        note(
            remark,
            span.field(Layer::Ipv6, "payload length", len, rest.len),
        );
    }
    let chain = follow(next_header, rest.limit(len));
    if let Some(error) = chain.error {
        note(remark, error);
    }
    let [source, destination] = *addresses.as_chunks::<16>().0 else {
        return Err(span.short(Layer::Ipv6, HEADER_LEN));
    };
    let header = Header {
        offset: span.offset,
        bytes: span.head(chain.payload.offset - span.offset),
        traffic_class: v0 << 4 | v1 >> 4,
        flow_label: u32::from_be_bytes([0, v1 & 0x0f, v2, v3]),
        payload_length,
        next_header,
        hop_limit,
        source: Ipv6Addr::from(source),
        destination: Ipv6Addr::from(destination),
        protocol: chain.protocol,
        fragment: chain.fragment,
        payload_len: chain.payload.len,
    };
    Ok(Parsed {
        header,
        payload: chain.payload,
        is_whole: chain.error.is_none(),
    })
}

/// The end of a chain of extension headers.
pub(super) struct Chain<'a> {
    /// What follows the last one.
    pub protocol: u8,
    pub fragment: Option<Fragment>,
    pub payload: Span<'a>,
    pub error: Option<DecodeError>,
}

/// Follows the extension headers to the protocol behind them, or to a fragment's payload.
#[inline]
pub(super) fn follow(next_header: u8, span: Span<'_>) -> Chain<'_> {
    let mut chain = Chain {
        protocol: next_header,
        fragment: None,
        payload: span,
        error: None,
    };
    if is_extension(next_header) {
        follow_on(&mut chain);
    }
    chain
}

fn follow_on(chain: &mut Chain<'_>) {
    let mut count = 0;
    while is_extension(chain.protocol) {
        let span = chain.payload;
        if count == MAX_EXTENSIONS {
            chain.error =
                Some(span.field(Layer::Ipv6, "extension headers", count + 1, MAX_EXTENSIONS));
            return;
        }
        count += 1;
        if chain.protocol == ah::PROTOCOL {
            match ah::parse(span) {
                Ok((header, rest)) => {
                    chain.protocol = header.next_header;
                    chain.payload = rest;
                }
                Err(error) => {
                    chain.error = Some(error);
                    return;
                }
            }
            continue;
        }
        let (head, rest) = match span.take::<8>(Layer::Ipv6) {
            Ok(taken) => taken,
            Err(error) => {
                chain.error = Some(error);
                return;
            }
        };
        let [next, length, o0, o1, i0, i1, i2, i3] = *head;
        if chain.protocol == FRAGMENT {
            let offset = u16::from_be_bytes([o0, o1]);
            let fragment = Fragment {
                offset: usize::from(offset & 0xfff8),
                more: offset & 1 == 1,
                identification: u32::from_be_bytes([i0, i1, i2, i3]),
            };
            chain.fragment = Some(fragment);
            chain.protocol = next;
            chain.payload = rest;
            if !fragment.is_atomic() {
                return;
            }
            continue;
        }
        let len = (usize::from(length) + 1) * 8;
        if len > span.bytes.len() {
            chain.error = Some(span.short(Layer::Ipv6, len));
            return;
        }
        chain.protocol = next;
        chain.payload = span.skip(len);
    }
}

/// What the type of a hop-by-hop or destination option stands for, where that is known: `router
/// alert`, `jumbo payload` …
pub const fn option_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0x00 => "Pad1",
        0x01 => "PadN",
        0x04 => "tunnel encapsulation limit",
        0x05 => "router alert",
        0x07 => "CALIPSO",
        0x08 => "SMF DPD",
        0x0f => "PDM",
        0x23 | 0x63 => "RPL",
        0x26 => "quick start",
        0x30 => "path MTU",
        0x31 => "IOAM",
        0x6d => "MPL",
        0x8a => "endpoint identification",
        0x8b => "ILNP nonce",
        0xc2 => "jumbo payload",
        0xc9 => "home address",
        _ => return None,
    })
}

/// What the type of a routing header stands for, where that is known.
pub const fn routing_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0 => "source route",
        2 => "mobile IPv6",
        3 => "RPL source route",
        4 => "segment routing",
        _ => return None,
    })
}

/// Whether a header of this number is followed by another.
#[inline]
const fn is_extension(number: u8) -> bool {
    matches!(
        number,
        HOP_BY_HOP | ROUTING | FRAGMENT | ah::PROTOCOL | DESTINATION_OPTIONS
    )
}

/// The payload's length where the field says 0: by the jumbo payload option (RFC 2675), nothing
/// where no header follows, by the frame in a super-frame.
#[cold]
fn unsaid_length(next_header: u8, rest: Span<'_>) -> usize {
    match next_header {
        NO_NEXT_HEADER => 0,
        HOP_BY_HOP => jumbo_length(rest.bytes).unwrap_or(rest.len),
        _ => rest.len,
    }
}

fn jumbo_length(bytes: &[u8]) -> Option<usize> {
    const PAD1: u8 = 0;
    const JUMBO: u8 = 0xc2;
    let len = (usize::from(*bytes.get(1)?) + 1) * 8;
    let mut options = bytes.get(2..len)?;
    loop {
        match options {
            [PAD1, rest @ ..] => options = rest,
            [JUMBO, 4, a, b, c, d, ..] => {
                return usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).ok();
            }
            [_, len, rest @ ..] => options = rest.get(usize::from(*len)..)?,
            _ => return None,
        }
    }
}

impl<'a> Header<'a> {
    /// Whether this is a piece of a greater packet, the first piece too.
    #[inline]
    pub fn is_fragment(&self) -> bool {
        self.fragment.is_some_and(|fragment| !fragment.is_atomic())
    }

    /// The extension headers, in order; at most [`MAX_EXTENSIONS`].
    pub fn extensions(&self) -> Extensions<'a> {
        Extensions {
            kind: self.next_header,
            offset: self.offset + HEADER_LEN,
            rest: self.bytes.get(HEADER_LEN..).unwrap_or_default(),
        }
    }

    /// Where the packet goes in the end: the destination, or the last address of a routing header
    /// that is not used up (types 0 and 2, and segment routing, RFC 8754). Checksums cover it.
    pub fn final_destination(&self) -> Ipv6Addr {
        self.extensions()
            .filter(|extension| extension.kind == ROUTING)
            .find_map(|extension| {
                let [_, _, kind, left, _, _, _, _, addresses @ ..] = extension.bytes else {
                    return None;
                };
                let (addresses, _) = addresses.as_chunks::<16>();
                let last = match (kind, left) {
                    (_, 0) => None,
                    (0 | 2, _) => addresses.last(),
                    // A segment list is written backwards.
                    (4, _) => addresses.first(),
                    _ => None,
                };
                last.map(|address| Ipv6Addr::from(*address))
            })
            .unwrap_or(self.destination)
    }
}

/// The extension headers in `bytes`, which begin with the fixed header.
pub(super) fn extensions(next_header: u8, bytes: &[u8]) -> Extensions<'_> {
    Extensions {
        kind: next_header,
        offset: HEADER_LEN,
        rest: bytes.get(HEADER_LEN..).unwrap_or_default(),
    }
}

/// The extension headers of a packet, in order.
#[derive(Clone, Debug)]
pub struct Extensions<'a> {
    kind: u8,
    offset: usize,
    rest: &'a [u8],
}

impl<'a> Iterator for Extensions<'a> {
    type Item = Extension<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let [next, length, ..] = self.rest else {
            return None;
        };
        let len = match self.kind {
            FRAGMENT => 8,
            ah::PROTOCOL => (usize::from(*length) + 2) * 4,
            _ => (usize::from(*length) + 1) * 8,
        };
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        let extension = Extension {
            kind: self.kind,
            offset: self.offset,
            bytes,
        };
        self.kind = *next;
        self.offset += len;
        self.rest = rest;
        Some(extension)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Network, Packet, Reason, Transport, Verdict, decode, samples, samples::hex,
    };
    use super::*;
    use crate::link_type::LinkType;

    const UDP: &str = "2148 2148 000a 0000 6869"; // ports 8520, length 10, "hi"

    fn header<'a>(packet: &Packet<'a>) -> Header<'a> {
        match packet.network {
            Network::Ipv6(header, _) => header,
            _ => panic!("{packet:?}"),
        }
    }

    #[test]
    fn the_header_is_read_field_by_field() {
        let frame = hex(&[
            "6 b8 12345",                              // version, traffic class, flow label
            "0004",                                    // payload length
            "fd",                                      // next header: for experiments
            "40",                                      // hop limit
            "fe80 0000 0000 0000 0000 0000 0000 0001", // source
            "fe80 0000 0000 0000 0000 0000 0000 0002", // destination
            "de ad be ef",                             // payload
            "99 99",                                   // padding
        ]);
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        let header = header(&packet);
        assert_eq!((header.traffic_class, header.flow_label), (0xb8, 0x12345));
        assert_eq!((header.payload_length, header.payload_len), (4, 4));
        assert_eq!((header.next_header, header.protocol), (0xfd, 0xfd));
        assert_eq!(header.hop_limit, 64);
        assert_eq!(header.source.to_string(), "fe80::1");
        assert_eq!(header.destination.to_string(), "fe80::2");
        assert_eq!(header.bytes.len(), 40);
        assert_eq!(packet.padding, [0x99, 0x99]);
        assert_eq!(packet.verdict(), Verdict::Unsupported);
    }

    #[test]
    fn extension_headers_are_followed() {
        let rows = [
            "3c 00 01 04 00000000",                    // hop-by-hop: padding
            "2b 00 01 04 00000000",                    // destination options
            "11 02 00 01 00000000",                    // routing type 0, one segment left …
            "2001 0db8 0000 0000 0000 0000 0000 0009", // … to here
            UDP,
        ];
        let frame = samples::ipv6(0, &hex(&rows));
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        assert_eq!(packet.error, None);
        let header = header(&packet);
        assert_eq!((header.protocol, header.payload_len), (17, 10));
        let kinds: Vec<_> = header.extensions().map(|it| (it.kind, it.offset)).collect();
        assert_eq!(kinds, [(0, 40), (60, 48), (43, 56)]);
        assert_eq!(header.final_destination().to_string(), "2001:db8::9");
        assert!(matches!(
            packet.network.transport(),
            Some(Transport::Udp(udp)) if udp.offset == 80 && udp.payload == b"hi"
        ));
    }

    #[test]
    fn a_ninth_extension_header_is_malformed() {
        let mut payload = hex(&["3c 00 01 04 00000000"; 8]);
        payload.extend(hex(&["3b 00 01 04 00000000"]));
        let frame = samples::ipv6(60, &payload);
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        let error = packet.error.unwrap();
        assert_eq!(error.reason, Reason::Field("extension headers"));
        assert_eq!(error.offset, 40 + 64);
        assert_eq!(header(&packet).extensions().count(), 8);
        assert!(matches!(
            packet.network.transport(),
            Some(Transport::Unread(_))
        ));

        let frame = samples::ipv6(60, &payload[8..]);
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        assert_eq!((packet.error, packet.verdict()), (None, Verdict::Decoded));
    }

    #[test]
    fn fragments_are_not_entered_but_atomic_ones_are() {
        for (field, offset, more) in [("0001", 0, true), ("05a8", 1448, false)] {
            let frame = samples::ipv6(44, &hex(&["11 00", field, "00003039", UDP]));
            let packet = decode(LinkType::RawIp, &frame, frame.len());
            assert!(matches!(
                packet.network.transport(),
                Some(Transport::Fragment(_))
            ));
            let fragment = packet.fragment().unwrap();
            assert_eq!((fragment.offset, fragment.more), (offset, more));
            assert_eq!((fragment.identification, fragment.protocol), (12345, 17));
            assert_eq!(fragment.bytes.len(), 10);
        }
        let frame = samples::ipv6(44, &hex(&["11 00", "0000", "00003039", UDP]));
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        assert!(matches!(
            packet.network.transport(),
            Some(Transport::Udp(_))
        ));
        assert!(packet.fragment().is_none());
        assert!(header(&packet).fragment.is_some_and(Fragment::is_atomic));
    }

    #[test]
    fn a_payload_length_of_zero() {
        // Nothing follows: what is there is padding.
        let mut frame = samples::ipv6(59, &[]);
        frame.extend([0; 6]);
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        assert_eq!((header(&packet).payload_len, packet.padding.len()), (0, 6));
        assert_eq!(packet.verdict(), Verdict::Decoded);

        // A super-frame: by the frame.
        let mut frame = samples::ipv6(17, &hex(&[UDP]));
        frame[4..6].fill(0);
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        assert_eq!(header(&packet).payload_len, 10);

        // A jumbogram: by its option, whatever the capture kept.
        let mut frame = samples::ipv6(0, &hex(&["11 00 c2 04 00020000", "2148 2148 0000 0000"]));
        frame[4..6].fill(0);
        let packet = decode(LinkType::RawIp, &frame, 40 + 0x0002_0000);
        assert_eq!(packet.error, None);
        assert_eq!(header(&packet).payload_len, 0x0002_0000 - 8);
        assert!(matches!(
            packet.network.transport(),
            Some(Transport::Udp(udp)) if udp.payload_len == 0x0002_0000 - 16
        ));
    }

    #[test]
    fn impossible_headers() {
        let mut frame = samples::ipv6(17, &hex(&[UDP]));
        frame[5] = 11; // one more than is there
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        let error = packet.error.unwrap();
        assert_eq!(error.reason, Reason::Field("payload length"));
        assert_eq!((error.had, error.needed), (11, 10));
        assert!(matches!(
            packet.network.transport(),
            Some(Transport::Udp(_))
        ));
        assert_eq!(packet.verdict(), Verdict::Malformed);

        frame[0] = 0x70;
        let error = decode(LinkType::Ipv6, &frame, frame.len()).error.unwrap();
        assert_eq!((error.reason, error.had), (Reason::Field("version"), 7));

        // An extension header longer than the payload.
        let frame = samples::ipv6(0, &hex(&["11 01 01 04 00000000"]));
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        let error = packet.error.unwrap();
        assert_eq!(
            (error.reason, error.needed, error.had),
            (Reason::TooShort, 16, 8)
        );
        assert!(matches!(
            packet.network.transport(),
            Some(Transport::Unread(_))
        ));
    }
}
