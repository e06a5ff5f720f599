//! Address Resolution Protocol, RFC 826, for Ethernet and IPv4.
//!
//! ```text
//!  0       2       4   5   6       8           14      18          24      28
//! +-------+-------+---+---+-------+-----------+-------+-----------+-------+
//! | hw    | proto | hw| pr| oper- | sender    | sender| target    | target|
//! | type  | type  | ln| ln| ation | MAC       | IP    | MAC       | IP    |
//! +-------+-------+---+---+-------+-----------+-------+-----------+-------+
//! ```

use std::net::Ipv4Addr;

use super::{DecodeError, Layer, MacAddr, span::Span};

/// The length of a packet of Ethernet and IPv4 addresses, in bytes.
pub const LEN: usize = 28;

/// What an ARP packet does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// 1: who has this address?
    Request,
    /// 2: this address is at.
    Reply,
    /// Anything else (RARP, `InARP` …).
    Other(u16),
}

/// An ARP packet of Ethernet and IPv4 addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Where it begins in the frame, in bytes.
    pub offset: usize,
    /// What it does.
    pub operation: Operation,
    /// The sender's hardware address ("SHA").
    pub sender_mac: MacAddr,
    /// The sender's protocol address ("SPA").
    pub sender_ip: Ipv4Addr,
    /// The target's hardware address ("THA").
    pub target_mac: MacAddr,
    /// The target's protocol address ("TPA").
    pub target_ip: Ipv4Addr,
}

/// Reads a packet. `None` where it speaks of other kinds of addresses than Ethernet's and IPv4's.
pub(super) fn parse(span: Span<'_>) -> Result<Option<Packet>, DecodeError> {
    let ([h0, h1, p0, p1, hardware_len, protocol_len, _, _], _) = span.take::<8>(Layer::Arp)?;
    if ([*h0, *h1], [*p0, *p1]) != ([0, 1], [0x08, 0x00]) {
        let len = 8 + 2 * (usize::from(*hardware_len) + usize::from(*protocol_len));
        return if len > span.bytes.len() {
            Err(span.short(Layer::Arp, len))
        } else {
            Ok(None)
        };
    }
    // Other lengths would shift every address: the types already say how long these are.
    for (name, had, needed) in [
        ("hardware address length", *hardware_len, 6),
        ("protocol address length", *protocol_len, 4),
    ] {
        if had != needed {
            return Err(span.field(Layer::Arp, name, usize::from(had), usize::from(needed)));
        }
    }
    let (bytes, _) = span.take::<LEN>(Layer::Arp)?;
    let [_, _, _, _, _, _, o0, o1, addresses @ ..] = *bytes;
    let [s0, s1, s2, s3, s4, s5, i0, i1, i2, i3, addresses @ ..] = addresses;
    let [t0, t1, t2, t3, t4, t5, j0, j1, j2, j3] = addresses;
    Ok(Some(Packet {
        offset: span.offset,
        operation: Operation::from_number(u16::from_be_bytes([o0, o1])),
        sender_mac: MacAddr([s0, s1, s2, s3, s4, s5]),
        sender_ip: Ipv4Addr::new(i0, i1, i2, i3),
        target_mac: MacAddr([t0, t1, t2, t3, t4, t5]),
        target_ip: Ipv4Addr::new(j0, j1, j2, j3),
    }))
}

impl Operation {
    /// The operation that a number stands for.
    pub const fn from_number(number: u16) -> Self {
        match number {
            1 => Self::Request,
            2 => Self::Reply,
            other => Self::Other(other),
        }
    }

    /// The number on the wire.
    pub const fn number(self) -> u16 {
        match self {
            Self::Request => 1,
            Self::Reply => 2,
            Self::Other(other) => other,
        }
    }

    /// `request`, `reply`, `InARP request` …, where it has a name.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.number() {
            1 => "request",
            2 => "reply",
            3 => "RARP request",
            4 => "RARP reply",
            8 => "InARP request",
            9 => "InARP reply",
            10 => "NAK",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{EtherType, Network, Protocol, Reason, Verdict, decode, samples::hex};
    use super::*;
    use crate::link_type::LinkType;

    fn request() -> Vec<u8> {
        hex(&[
            "ff ff ff ff ff ff", // to everyone
            "02 00 00 00 00 01",
            "0806",                                                  // ARP
            "0001",                                                  // hardware type: Ethernet
            "0800",                                                  // protocol type: IPv4
            "06",                                                    // hardware address length
            "04",                                                    // protocol address length
            "0001",                                                  // operation: request
            "02 00 00 00 00 01",                                     // sender MAC
            "c0 a8 0f 49",                                           // sender IP
            "00 00 00 00 00 00",                                     // target MAC
            "c0 a8 0f 2a",                                           // target IP
            "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", // padding
        ])
    }

    #[test]
    fn a_request_is_read_field_by_field() {
        let frame = request();
        let packet = decode(LinkType::Ethernet, &frame, frame.len());
        let Network::Arp(arp) = packet.network else {
            panic!("{packet:?}");
        };
        assert_eq!(
            arp,
            Packet {
                offset: 14,
                operation: Operation::Request,
                sender_mac: MacAddr([2, 0, 0, 0, 0, 1]),
                sender_ip: Ipv4Addr::new(192, 168, 15, 73),
                target_mac: MacAddr::ZERO,
                target_ip: Ipv4Addr::new(192, 168, 15, 42),
            }
        );
        assert_eq!(packet.padding.len(), 18);
        assert_eq!(packet.verdict(), Verdict::Decoded);
    }

    #[test]
    fn impossible_lengths_are_malformed() {
        for (at, value, field) in [
            (18, 8, "hardware address length"),
            (18, 0, "hardware address length"),
            (19, 16, "protocol address length"),
        ] {
            let mut frame = request();
            frame[at] = value;
            let packet = decode(LinkType::Ethernet, &frame, frame.len());
            let error = packet.error.unwrap();
            assert_eq!(error.reason, Reason::Field(field));
            assert_eq!(error.had, usize::from(value));
            assert!(matches!(packet.network, Network::Unread(_)));
            assert_eq!(packet.verdict(), Verdict::Malformed);
        }
        let frame = request();
        let error = decode(LinkType::Ethernet, &frame[..41], 41).error.unwrap();
        assert_eq!(
            (error.reason, error.needed, error.had),
            (Reason::TooShort, 28, 27)
        );
    }

    #[test]
    fn other_addresses_and_rarp_are_named_not_entered() {
        let mut frame = request();
        frame[15] = 7; // ARCNET
        let packet = decode(LinkType::Ethernet, &frame, frame.len());
        assert!(matches!(
            packet.network,
            Network::Other(Protocol::EtherType(EtherType::ARP), _)
        ));
        assert_eq!(packet.verdict(), Verdict::Unsupported);

        frame[18] = 200; // addresses that the frame has no room for
        let error = decode(LinkType::Ethernet, &frame, frame.len())
            .error
            .unwrap();
        assert_eq!(
            (error.reason, error.needed, error.had),
            (Reason::TooShort, 416, 46)
        );

        let mut frame = request();
        frame[12..14].copy_from_slice(&[0x80, 0x35]);
        let packet = decode(LinkType::Ethernet, &frame, frame.len());
        assert!(matches!(
            packet.network,
            Network::Other(Protocol::EtherType(EtherType::RARP), _)
        ));
    }

    #[test]
    fn operations_have_numbers_and_names() {
        for number in [0, 1, 2, 8, 77] {
            assert_eq!(Operation::from_number(number).number(), number);
        }
        assert_eq!(Operation::Reply.name(), Some("reply"));
        assert_eq!(Operation::Other(8).name(), Some("InARP request"));
        assert_eq!(Operation::Other(77).name(), None);
    }
}
