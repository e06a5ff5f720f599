//! Logical link control, IEEE 802.2, and the subnetwork access protocol (SNAP) on top of it.
//!
//! ```text
//!  0      1      2      3                    6             8
//! +------+------+------+--------------------+-------------+---------
//! | DSAP | SSAP | ctrl |        OUI         |  protocol   | payload
//! +------+------+------+--------------------+-------------+---------
//!                       only with DSAP = SSAP = aa, ctrl = 03
//! ```
//!
//! Under OUI 0 the protocol is an ether type (RFC 1042) and reading goes on; all else is named.

use super::{DecodeError, EtherType, Layer, span::Span};

/// An LLC header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Where it begins in the frame, in bytes.
    pub offset: usize,
    /// Destination service access point.
    pub dsap: u8,
    /// Source service access point.
    pub ssap: u8,
    /// First byte of the control field.
    pub control: u8,
    /// The SNAP extension, where both access points are 0xaa.
    pub snap: Option<Snap>,
}

/// The 5 bytes of SNAP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snap {
    /// Whose numbers `protocol` is one of: 00-00-00 means ether types.
    pub oui: [u8; 3],
    /// The protocol of the payload.
    pub protocol: u16,
}

/// Reads the header; what follows it is the payload.
pub(super) fn parse(span: Span<'_>) -> Result<(Header, Span<'_>), DecodeError> {
    let ([dsap, ssap, control], rest) = span.take::<3>(Layer::Llc)?;
    let mut header = Header {
        offset: span.offset,
        dsap: *dsap,
        ssap: *ssap,
        control: *control,
        snap: None,
    };
    if (*dsap, *ssap, *control) != (0xaa, 0xaa, 0x03) {
        return Ok((header, rest));
    }
    let ([_, _, _, o0, o1, o2, p0, p1], rest) = span.take::<8>(Layer::Llc)?;
    header.snap = Some(Snap {
        oui: [*o0, *o1, *o2],
        protocol: u16::from_be_bytes([*p0, *p1]),
    });
    Ok((header, rest))
}

impl Header {
    /// The length of the header in bytes: 3, or 8 with SNAP.
    pub const fn header_len(&self) -> usize {
        if self.snap.is_some() { 8 } else { 3 }
    }

    /// The ether type of the payload, where it has one.
    pub fn ether_type(&self) -> Option<EtherType> {
        match self.snap {
            Some(Snap {
                oui: [0, 0, 0],
                protocol,
            }) => Some(EtherType(protocol)),
            _ => None,
        }
    }
}

/// What a destination service access point stands for, where that is known.
pub const fn dsap_name(dsap: u8) -> Option<&'static str> {
    Some(match dsap {
        0x06 => "IP over LLC",
        0x42 => "spanning tree",
        0x7e => "X.25",
        0x8e => "PROWAY",
        0xaa => "SNAP",
        0xe0 => "IPX",
        0xf0 => "NetBIOS",
        0xfe => "OSI",
        0xff => "raw IPX",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Network, Protocol, Reason, Verdict, decode, samples::hex};
    use super::*;
    use crate::link_type::LinkType;

    #[test]
    fn the_length_field_bounds_the_payload() {
        let frame = hex(&[
            "01 80 c2 00 00 00", // destination: the bridge group
            "02 00 00 00 00 01", // source
            "0007",              // length
            "42 42 03",          // LLC: spanning tree
            "00 00 00 00",       // payload
            "99 99 99",          // padding
        ]);
        let packet = decode(LinkType::Ethernet, &frame, frame.len());
        let Network::Other(Protocol::Llc { dsap, .. }, bytes) = packet.network else {
            panic!("{packet:?}");
        };
        assert_eq!(
            (dsap, bytes, packet.padding),
            (0x42, &[0; 4][..], &[0x99; 3][..])
        );
        assert_eq!(dsap_name(dsap), Some("spanning tree"));
        assert_eq!(packet.verdict(), Verdict::Unsupported);
    }

    #[test]
    fn snap_under_oui_0_goes_on_by_ether_type() {
        let arp = hex(&[
            "0001 0800 06 04 0001",
            "02 00 00 00 00 01",
            "0a 00 00 01",
            "00 00 00 00 00 00",
            "0a 00 00 02",
        ]);
        let mut frame = hex(&[
            "ff ff ff ff ff ff",
            "02 00 00 00 00 01",
            "0024",     // length: 8 + 28
            "aa aa 03", // LLC: SNAP
            "00 00 00", // OUI
            "0806",     // ARP
        ]);
        frame.extend(&arp);
        frame.extend([0x99; 10]);
        let packet = decode(LinkType::Ethernet, &frame, frame.len());
        assert!(matches!(packet.network, Network::Arp(arp) if arp.offset == 22));
        assert_eq!(packet.llc.map(|llc| llc.header_len()), Some(8));
        assert_eq!(packet.padding, [0x99; 10]);
        assert_eq!(packet.error, None);

        frame[19] = 0x0c; // another OUI: named, not entered
        let packet = decode(LinkType::Ethernet, &frame, frame.len());
        assert!(matches!(
            packet.network,
            Network::Other(Protocol::Llc { .. }, _)
        ));
    }

    #[test]
    fn what_ends_too_early_or_claims_too_much_is_malformed() {
        let cases: [(&str, Reason); 3] = [
            ("0002 4242", Reason::TooShort),
            ("0005 aaaa03 0000", Reason::TooShort),
            ("0009 424203 0000", Reason::Field("length")),
        ];
        for (tail, reason) in cases {
            let mut frame = vec![0; 12];
            frame.extend(hex(&[tail]));
            let packet = decode(LinkType::Ethernet, &frame, frame.len());
            assert_eq!(
                packet.error.map(|error| error.reason),
                Some(reason),
                "{tail}"
            );
            assert_eq!(packet.verdict(), Verdict::Malformed);
        }
    }
}
