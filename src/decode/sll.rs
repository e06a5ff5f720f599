//! Linux "cooked" captures (`any`, and interfaces without a link header): `LINUX_SLL` and `LINUX_SLL2`.
//!
//! ```text
//!  LINUX_SLL                                       LINUX_SLL2
//!  0        2        4        6      14       16   0        2        4           8        10    11    12      20
//! +--------+--------+--------+------+--------+    +--------+--------+-----------+--------+-----+-----+------+
//! | packet | ARPHRD | length | addr | proto- |    | proto- | must   | interface | ARPHRD | pkt | addr| addr |
//! | type   |        | of addr|      | col    |    | col    | be 0   | index     |        | type| len |      |
//! +--------+--------+--------+------+--------+    +--------+--------+-----------+--------+-----+-----+------+
//! ```
//!
//! Only the sender's address is there; the address field has 8 bytes, however many are used.

use super::{DecodeError, EtherType, Layer, MacAddr, span::Span};

/// The length of a `LINUX_SLL` header in bytes.
pub const HEADER_LEN: usize = 16;

/// The length of a `LINUX_SLL2` header in bytes.
pub const HEADER_V2_LEN: usize = 20;

/// The protocol number that announces an LLC header instead of an ether type's payload.
pub(super) const PROTOCOL_LLC: EtherType = EtherType(0x0004);

/// The 16-byte header of `LINUX_SLL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// 0 to us, 1 broadcast, 2 multicast, 3 to another host, 4 sent by us.
    pub packet_type: u16,
    /// `ARPHRD_` number of the interface.
    pub arphrd: u16,
    /// The sender's address; absent where it is not six bytes long.
    pub source: Option<MacAddr>,
    /// The protocol of the payload.
    pub protocol: EtherType,
}

/// The 20-byte header of `LINUX_SLL2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderV2 {
    /// The protocol of the payload.
    pub protocol: EtherType,
    /// Index of the interface.
    pub interface: u32,
    /// `ARPHRD_` number of the interface.
    pub arphrd: u16,
    /// 0 to us, 1 broadcast, 2 multicast, 3 to another host, 4 sent by us.
    pub packet_type: u8,
    /// The sender's address; absent where it is not six bytes long.
    pub source: Option<MacAddr>,
}

/// Reads a `LINUX_SLL` header.
pub(super) fn parse(frame: Span<'_>) -> Result<(Header, Span<'_>), DecodeError> {
    let (head, rest) = frame.take::<HEADER_LEN>(Layer::LinuxSll)?;
    let [p0, p1, h0, h1, l0, l1, a0, a1, a2, a3, a4, a5, _, _, t0, t1] = *head;
    let header = Header {
        packet_type: u16::from_be_bytes([p0, p1]),
        arphrd: u16::from_be_bytes([h0, h1]),
        source: (u16::from_be_bytes([l0, l1]) == 6).then_some(MacAddr([a0, a1, a2, a3, a4, a5])),
        protocol: EtherType(u16::from_be_bytes([t0, t1])),
    };
    Ok((header, rest))
}

/// Reads a `LINUX_SLL2` header.
pub(super) fn parse_v2(frame: Span<'_>) -> Result<(HeaderV2, Span<'_>), DecodeError> {
    let (head, rest) = frame.take::<HEADER_V2_LEN>(Layer::LinuxSll2)?;
    let [
        t0,
        t1,
        _,
        _,
        i0,
        i1,
        i2,
        i3,
        h0,
        h1,
        packet_type,
        len,
        a0,
        a1,
        a2,
        a3,
        a4,
        a5,
        _,
        _,
    ] = *head;
    let header = HeaderV2 {
        protocol: EtherType(u16::from_be_bytes([t0, t1])),
        interface: u32::from_be_bytes([i0, i1, i2, i3]),
        arphrd: u16::from_be_bytes([h0, h1]),
        packet_type,
        source: (len == 6).then_some(MacAddr([a0, a1, a2, a3, a4, a5])),
    };
    Ok((header, rest))
}

/// What a packet type stands for: `to us`, `broadcast`, `multicast`, `to another host`, `from us`.
pub const fn packet_type_name(packet_type: u16) -> Option<&'static str> {
    Some(match packet_type {
        0 => "to us",
        1 => "broadcast",
        2 => "multicast",
        3 => "to another host",
        4 => "from us",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Link, Network, Protocol, Reason, decode, samples, samples::hex};
    use super::*;
    use crate::link_type::LinkType;

    #[test]
    fn version_1() {
        let mut frame = hex(&[
            "0004",              // packet type: sent by us
            "0001",              // ARPHRD: Ethernet
            "0006",              // address length
            "02 00 00 00 00 01", // address
            "00 00",             // unused part of the address
            "0800",              // IPv4
        ]);
        frame.extend(samples::ipv4_udp(b"hi"));
        let packet = decode(LinkType::LinuxSll, &frame, frame.len());
        let Link::LinuxSll(header) = packet.link else {
            panic!("{packet:?}");
        };
        assert_eq!((header.packet_type, header.arphrd), (4, 1));
        assert_eq!(packet_type_name(header.packet_type), Some("from us"));
        assert_eq!(packet.source_mac(), Some(MacAddr([2, 0, 0, 0, 0, 1])));
        assert_eq!(packet.destination_mac(), None);
        assert!(matches!(packet.network, Network::Ipv4(ip, _) if ip.offset == 16));

        frame[5] = 0; // a tunnel interface: no address
        let packet = decode(LinkType::LinuxSll, &frame, frame.len());
        assert_eq!(packet.source_mac(), None);
    }

    #[test]
    fn version_2() {
        let mut frame = hex(&[
            "86dd",              // IPv6
            "0000",              // must be zero
            "00000003",          // interface index
            "0304",              // ARPHRD: loopback
            "00",                // packet type: to us
            "06",                // address length
            "02 00 00 00 00 01", // address
            "00 00",             // unused part of the address
        ]);
        frame.extend(samples::ipv6(59, &[]));
        let packet = decode(LinkType::LinuxSll2, &frame, frame.len());
        let Link::LinuxSll2(header) = packet.link else {
            panic!("{packet:?}");
        };
        assert_eq!(
            (header.interface, header.arphrd, header.packet_type),
            (3, 772, 0)
        );
        assert_eq!(packet.source_mac(), Some(MacAddr([2, 0, 0, 0, 0, 1])));
        assert!(matches!(packet.network, Network::Ipv6(ip, _) if ip.offset == 20));
    }

    #[test]
    fn llc_and_other_protocols() {
        let mut frame = vec![0; 14];
        frame.extend(hex(&["0004", "42 42 03", "0000"]));
        let packet = decode(LinkType::LinuxSll, &frame, frame.len());
        assert!(matches!(
            packet.network,
            Network::Other(Protocol::Llc { dsap: 0x42, .. }, [0, 0])
        ));

        frame[15] = 1; // Novell's raw 802.3
        let packet = decode(LinkType::LinuxSll, &frame, frame.len());
        assert!(matches!(
            packet.network,
            Network::Other(Protocol::EtherType(EtherType(1)), _)
        ));
    }

    #[test]
    fn short_headers() {
        let error = decode(LinkType::LinuxSll, &[0; 15], 15).error.unwrap();
        assert_eq!(
            (error.layer, error.reason),
            (Layer::LinuxSll, Reason::TooShort)
        );
        let error = decode(LinkType::LinuxSll2, &[0; 19], 40).error.unwrap();
        assert_eq!(
            (error.layer, error.reason),
            (Layer::LinuxSll2, Reason::Truncated)
        );
    }
}
