//! Tunnels over UDP, named by their port and a light look at their header; never entered.
//!
//! ```text
//!  0       1       2               4                       7       8
//! +-------+-------+---------------+-----------------------+-------+
//! | flags |       reserved        |          VNI          |   0   | VXLAN, RFC 7348
//! +-------+-------+---------------+-----------------------+-------+
//! |V| len | flags | ether type    |          VNI          |   0   | Geneve, RFC 8926
//! +-------+-------+---------------+-----------------------+-------+
//! | flags | type  |    length     |             TEID              | GTP-U, 3GPP TS 29.281
//! +-------+-------+---------------+-------------------------------+
//! | T L S O P  Ver|   length, tunnel, session, Ns, Nr, offset …   | L2TP, RFC 2661
//! +---------------+-----------------------------------------------+
//! ```
//!
//! Teredo (RFC 4380) has an IPv6 packet, with an authentication or origin indication before it.

use super::{EtherType, udp::Datagram};

/// What a datagram is the outside of, by its destination port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tunnel {
    /// Port 4789: Ethernet frames.
    Vxlan {
        /// The first byte: bit 3 says that the VNI counts.
        flags: u8,
        /// VXLAN network identifier, 24 bits.
        vni: u32,
    },
    /// Port 6081: anything with an ether type.
    Geneve {
        /// The second byte: O (control) and C (critical options).
        flags: u8,
        /// Virtual network identifier, 24 bits.
        vni: u32,
        /// What is inside.
        protocol: EtherType,
    },
    /// Port 2152: user data of a mobile network, version 1.
    GtpU {
        /// Message type; 255 carries a packet.
        kind: u8,
        /// Tunnel endpoint identifier.
        teid: u32,
    },
    /// Port 3544: IPv6 through NAT.
    Teredo,
    /// Port 1701, version 2.
    L2tp {
        /// A control message, not data.
        control: bool,
        /// Tunnel identifier.
        tunnel: u16,
        /// Session identifier.
        session: u16,
    },
}

/// The tunnel that a datagram belongs to: by its destination port, and only where the captured
/// payload begins as that tunnel's header does.
pub fn of(datagram: &Datagram<'_>) -> Option<Tunnel> {
    let payload = datagram.payload;
    match datagram.destination_port {
        4789 => vxlan(payload),
        6081 => geneve(payload, datagram.payload_len),
        2152 => gtp_u(payload, datagram.payload_len),
        3544 => is_teredo(payload).then_some(Tunnel::Teredo),
        1701 => l2tp(payload),
        _ => None,
    }
}

impl Tunnel {
    /// Its name: `VXLAN`, `Geneve`, `GTP-U`, `Teredo`, `L2TP`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Vxlan { .. } => "VXLAN",
            Self::Geneve { .. } => "Geneve",
            Self::GtpU { .. } => "GTP-U",
            Self::Teredo => "Teredo",
            Self::L2tp { .. } => "L2TP",
        }
    }
}

fn vxlan(payload: &[u8]) -> Option<Tunnel> {
    const VNI_IS_VALID: u8 = 0x08;
    match *payload {
        [flags, _, _, _, a, b, c, _, ..] if flags & VNI_IS_VALID != 0 => Some(Tunnel::Vxlan {
            flags,
            vni: u32::from_be_bytes([0, a, b, c]),
        }),
        _ => None,
    }
}

fn geneve(payload: &[u8], len: usize) -> Option<Tunnel> {
    let [first, flags, t0, t1, a, b, c, _, ..] = *payload else {
        return None;
    };
    let header_len = 8 + usize::from(first & 0x3f) * 4;
    (first >> 6 == 0 && header_len <= len).then(|| Tunnel::Geneve {
        flags,
        vni: u32::from_be_bytes([0, a, b, c]),
        protocol: EtherType(u16::from_be_bytes([t0, t1])),
    })
}

fn gtp_u(payload: &[u8], len: usize) -> Option<Tunnel> {
    let [flags, kind, l0, l1, t0, t1, t2, t3, ..] = *payload else {
        return None;
    };
    // Version 1, protocol type GTP; the length counts what follows these eight bytes.
    let fits = usize::from(u16::from_be_bytes([l0, l1])) + 8 == len;
    (flags & 0xf0 == 0x30 && fits).then(|| Tunnel::GtpU {
        kind,
        teid: u32::from_be_bytes([t0, t1, t2, t3]),
    })
}

fn is_teredo(payload: &[u8]) -> bool {
    match *payload {
        // Origin indication: obscured port and address, then the packet.
        [0, 0, _, _, _, _, _, _, first, ..] => first >> 4 == 6,
        // Authentication comes first of all; its own length lies in it.
        [0, 1, _, _, ..] => true,
        [first, ..] => first >> 4 == 6,
        [] => false,
    }
}

fn l2tp(payload: &[u8]) -> Option<Tunnel> {
    const CONTROL: u16 = 0x8000;
    const HAS_LENGTH: u16 = 0x4000;
    const HAS_SEQUENCE: u16 = 0x0800;
    const RESERVED: u16 = 0x34f0;

    let word = |at: usize| {
        let pair = payload.get(at..)?.first_chunk::<2>()?;
        Some(u16::from_be_bytes(*pair))
    };
    let flags = word(0)?;
    let control = flags & CONTROL != 0;
    // Control messages have a length and sequence numbers.
    let needed = if control {
        HAS_LENGTH | HAS_SEQUENCE
    } else {
        0
    };
    if flags & 0x000f != 2 || flags & RESERVED != 0 || flags & needed != needed {
        return None;
    }
    let ids_at = if flags & HAS_LENGTH != 0 { 4 } else { 2 };
    Some(Tunnel::L2tp {
        control,
        tunnel: word(ids_at)?,
        session: word(ids_at + 2)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Transport, Verdict, decode, samples, samples::hex};
    use super::*;
    use crate::link_type::LinkType;

    fn tunnel(port: u16, payload: &str) -> Option<Tunnel> {
        let payload = hex(&[payload]);
        let mut datagram = hex(&["9c41 0000 0000 0000"]);
        datagram[2..4].copy_from_slice(&port.to_be_bytes());
        datagram[4..6].copy_from_slice(&(8 + payload.len() as u16).to_be_bytes());
        datagram.extend(&payload);
        let frame = samples::ipv4(17, &datagram);
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        assert_eq!((packet.error, packet.verdict()), (None, Verdict::Decoded));
        match packet.network.transport() {
            Some(Transport::Udp(udp)) => {
                assert_eq!(udp.payload, payload, "it stays payload");
                of(udp)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_is_named_with_its_identifiers() {
        for (port, payload, wanted) in [
            (
                4789,
                "08 000000 00007b 00 ffff",
                Tunnel::Vxlan { flags: 8, vni: 123 },
            ),
            (
                6081,
                "01 40 6558 00000a 00 01020304",
                Tunnel::Geneve {
                    flags: 0x40,
                    vni: 10,
                    protocol: EtherType(0x6558),
                },
            ),
            (
                2152,
                "30 ff 0002 00000001 4500",
                Tunnel::GtpU { kind: 255, teid: 1 },
            ),
            (3544, "60 00", Tunnel::Teredo),
            (3544, "0000 1234 01020304 60", Tunnel::Teredo),
            (3544, "0001 0000 0000000000000000 00 60", Tunnel::Teredo),
            (
                1701,
                "0002 0005 0006 ff03",
                Tunnel::L2tp {
                    control: false,
                    tunnel: 5,
                    session: 6,
                },
            ),
            (
                1701,
                "c802 000c 0007 0000 0000 0001",
                Tunnel::L2tp {
                    control: true,
                    tunnel: 7,
                    session: 0,
                },
            ),
        ] {
            assert_eq!(tunnel(port, payload), Some(wanted), "{payload}");
        }
    }

    #[test]
    fn a_port_alone_names_nothing() {
        for (port, payload) in [
            (8472, "08 000000 00007b 00"),      // not IANA's port
            (4789, "00 000000 00007b 00"),      // no valid VNI
            (4789, "08 000000 00007b"),         // too short
            (6081, "40 00 6558 00000a 00"),     // version 1
            (6081, "01 00 6558 00000a 00"),     // no room for its options
            (2152, "30 ff 0003 00000001 4500"), // another length
            (2152, "50 ff 0002 00000001 4500"), // version 2
            (3544, "45 00"),                    // IPv4
            (3544, "0000 1234 01020304 45"),    // IPv4 behind the origin
            (3544, ""),                         // a bubble is more than nothing
            (1701, "0003 0000 00000001"),       // version 3
            (1701, "8002 0007 0000"),           // control without length
            (1701, "0012 0005 0006"),           // a reserved bit
            (1701, "0002 0005"),                // too short
        ] {
            assert_eq!(tunnel(port, payload), None, "{port}: {payload}");
        }
    }
}
