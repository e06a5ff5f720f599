//! Ethernet II (the DIX standard) and IEEE 802.3.
//!
//! ```text
//!  0               6               12      14
//! +---------------+---------------+-------+----------------------------------
//! |  destination  |    source     | type/ |  payload, padded to 46 bytes …
//! |               |               | length|
//! +---------------+---------------+-------+----------------------------------
//! ```
//!
//! Up to 1500 the last field is the length of the payload, and the payload begins with an LLC
//! header ([`super::llc`]); from 0x0600 it is the payload's type. The frame check sequence has
//! usually been stripped by the card; where it was not, it counts as padding.

use std::fmt;

use super::{DecodeError, Layer, span::Span};

/// The length of the header in bytes.
pub const HEADER_LEN: usize = 14;

/// The greatest value of the type/length field that is a length.
pub const MAX_LENGTH: u16 = 1500;

/// The smallest value of the type/length field that is a type.
pub const MIN_TYPE: u16 = 0x0600;

/// A 48-bit hardware address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// Everyone: `ff:ff:ff:ff:ff:ff`.
    pub const BROADCAST: Self = Self([0xff; 6]);

    /// All zero: "not known yet" in an ARP question, every address on loopback.
    pub const ZERO: Self = Self([0; 6]);

    /// Whether it names a group of hosts (broadcast included).
    pub const fn is_multicast(self) -> bool {
        self.0[0] & 1 == 1
    }
}

/// The protocol of a frame's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EtherType(pub u16);

impl EtherType {
    /// IPv4.
    pub const IPV4: Self = Self(0x0800);
    /// Address resolution.
    pub const ARP: Self = Self(0x0806);
    /// Reverse address resolution: named, not entered.
    pub const RARP: Self = Self(0x8035);
    /// A customer's VLAN tag, 802.1Q.
    pub const VLAN: Self = Self(0x8100);
    /// A provider's VLAN tag, 802.1ad.
    pub const PROVIDER_VLAN: Self = Self(0x88a8);
    /// A provider's VLAN tag as it was before 802.1ad.
    pub const OLD_PROVIDER_VLAN: Self = Self(0x9100);
    /// IPv6.
    pub const IPV6: Self = Self(0x86dd);
}

/// A 14-byte header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// To whom.
    pub destination: MacAddr,
    /// From whom.
    pub source: MacAddr,
    /// The ether type (0x0600 and above) or the 802.3 length, as it stands on the wire.
    pub type_or_length: u16,
}

/// Reads the header; what follows it is the payload with its padding.
#[inline]
pub(super) fn parse(frame: Span<'_>) -> Result<(Header, Span<'_>), DecodeError> {
    let (head, rest) = frame.take::<HEADER_LEN>(Layer::Ethernet)?;
    let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1] = *head;
    let header = Header {
        destination: MacAddr([d0, d1, d2, d3, d4, d5]),
        source: MacAddr([s0, s1, s2, s3, s4, s5]),
        type_or_length: u16::from_be_bytes([t0, t1]),
    };
    Ok((header, rest))
}

impl EtherType {
    /// What it stands for, where that is known: `IPv4`, `ARP`, `PPPoE session` …
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0x0800 => "IPv4",
            0x0806 => "ARP",
            0x0842 => "Wake-on-LAN",
            0x22f3 => "TRILL",
            0x6003 => "DECnet",
            0x6558 => "bridged Ethernet",
            0x8035 => "RARP",
            0x809b => "AppleTalk",
            0x80f3 => "AppleTalk ARP",
            0x8100 => "802.1Q",
            0x8137 => "IPX",
            0x86dd => "IPv6",
            0x8808 => "Ethernet flow control",
            0x8809 => "slow protocols",
            0x880b => "PPP",
            0x8847 => "MPLS",
            0x8848 => "MPLS multicast",
            0x8863 => "PPPoE discovery",
            0x8864 => "PPPoE session",
            0x887b => "HomePlug",
            0x888e => "EAPOL",
            0x8892 => "PROFINET",
            0x88a2 => "ATA over Ethernet",
            0x88a4 => "EtherCAT",
            0x88a8 => "802.1ad",
            0x88b8 => "GOOSE",
            0x88ba => "sampled values",
            0x88c7 => "802.11 preauthentication",
            0x88cc => "LLDP",
            0x88e1 => "HomePlug AV",
            0x88e5 => "MACsec",
            0x88e7 => "provider backbone bridge",
            0x88f7 => "PTP",
            0x8902 => "connectivity fault management",
            0x8906 => "FCoE",
            0x8914 => "FCoE initialization",
            0x8915 => "RoCE",
            0x9000 => "Ethernet loopback",
            0x9100 => "QinQ",
            _ => return None,
        })
    }
}

/// The name, or the number where there is none: `IPv4`, `0x1234`.
impl fmt::Display for EtherType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#06x}", self.0),
        }
    }
}

/// Six pairs of hexadecimal digits: `02:00:00:00:00:01`.
impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [m0, m1, m2, m3, m4, m5] = self.0;
        write!(f, "{m0:02x}:{m1:02x}:{m2:02x}:{m3:02x}:{m4:02x}:{m5:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Network, Protocol, Reason, Verdict, decode, samples::hex};
    use super::*;
    use crate::link_type::LinkType;

    #[test]
    fn the_header_is_read_field_by_field() {
        let frame = hex(&[
            "02 00 00 00 00 02", // destination
            "02 00 00 00 00 01", // source
            "88cc",              // type: LLDP
            "0207",              // payload
        ]);
        let packet = decode(LinkType::Ethernet, &frame, frame.len());
        assert_eq!(
            packet.destination_mac().map(|mac| mac.to_string()),
            Some("02:00:00:00:00:02".to_string())
        );
        assert_eq!(
            packet.source_mac().map(|mac| mac.to_string()),
            Some("02:00:00:00:00:01".to_string())
        );
        assert!(matches!(
            packet.network,
            Network::Other(Protocol::EtherType(EtherType(0x88cc)), [2, 7])
        ));
        assert_eq!(packet.verdict(), Verdict::Unsupported);
    }

    #[test]
    fn between_length_and_type_lies_nothing() {
        for value in [1501_u16, 1535] {
            let mut frame = vec![0; 12];
            frame.extend(value.to_be_bytes());
            frame.extend([0; 46]);
            let packet = decode(LinkType::Ethernet, &frame, frame.len());
            let error = packet.error.unwrap();
            assert_eq!(error.reason, Reason::Field("type/length"));
            assert_eq!(error.had, usize::from(value));
            assert_eq!(packet.verdict(), Verdict::Malformed);
        }
    }

    #[test]
    fn addresses_tell_groups_from_hosts() {
        assert!(MacAddr::BROADCAST.is_multicast());
        assert!(MacAddr([1, 0, 0x5e, 0, 0, 1]).is_multicast());
        assert!(!MacAddr([2, 0, 0, 0, 0, 1]).is_multicast());
    }

    #[test]
    fn types_have_names_or_show_their_number() {
        assert_eq!(EtherType::RARP.to_string(), "RARP");
        assert_eq!(EtherType::IPV6.name(), Some("IPv6"));
        assert_eq!(EtherType(0x1234).to_string(), "0x1234");
    }
}
