//! Promises that hold for every frame.

use arbtest::arbtest;

use super::*;

const LINK_TYPES: [LinkType; 9] = [
    LinkType::Ethernet,
    LinkType::LinuxSll,
    LinkType::LinuxSll2,
    LinkType::Null,
    LinkType::Loop,
    LinkType::RawIp,
    LinkType::Ipv4,
    LinkType::Ipv6,
    LinkType::Other(105),
];

/// Walks through everything that a packet offers, and checks what holds for all of them.
fn visit(packet: &Packet<'_>, data: &[u8], original_len: usize) {
    let inside = |bytes: &[u8]| {
        let range = data.as_ptr_range();
        bytes.is_empty() || range.contains(&bytes.as_ptr())
    };
    assert!(inside(packet.padding));
    assert_eq!(packet.missing, original_len - data.len());
    let error = packet.error.map(|error| error.reason);
    assert_eq!(
        packet.verdict() == Verdict::Malformed,
        error.is_some_and(|reason| reason != Reason::Truncated)
    );
    if error == Some(Reason::Truncated) {
        assert!(packet.is_truncated());
    }
    if let Some(error) = packet.error {
        assert!(error.offset <= data.len());
        assert!(error.to_string().len() < 160);
    }
    if let Network::Ipv4(header, _) = &packet.network {
        assert!(header.options().count() <= 40);
        checksum::ipv4_header(header);
        assert!(header.bytes.len() <= header.header_len());
    }
    if let Network::Ipv6(header, _) = &packet.network {
        assert!(header.extensions().count() <= ipv6::MAX_EXTENSIONS);
        header.final_destination();
    }
    packet.network.transport_checksum();
    let Some(transport) = packet.network.transport() else {
        return;
    };
    let padding_at = data.len() - packet.padding.len();
    let (payload, payload_len) = match transport {
        Transport::Tcp(tcp) => {
            assert!(tcp.option_list().count() <= 40);
            assert!((20..=60).contains(&tcp.header_len));
            (tcp.payload, tcp.payload_len)
        }
        Transport::Udp(udp) => (udp.payload, udp.payload_len),
        Transport::Icmp(icmp) => (icmp.bytes, icmp.len),
        Transport::Icmpv6(icmp) => (icmp.bytes, icmp.len),
        Transport::Fragment(bytes) | Transport::Other(_, bytes) | Transport::Unread(bytes) => {
            (*bytes, bytes.len())
        }
    };
    assert!(inside(payload));
    assert!(payload.len() <= payload_len);
    if !payload.is_empty() {
        let end = payload.as_ptr_range().end;
        assert!(
            end <= data[..padding_at].as_ptr_range().end,
            "padding is payload"
        );
    }
}

/// A frame of each kind that has a decoder.
pub(super) fn menagerie() -> Vec<(LinkType, Vec<u8>)> {
    use super::samples::{ethernet, hex, ipv4, ipv4_udp, ipv6};

    let tcp = hex(&[
        "9c41 2148 00000001 00000002 a0 18 faf0 0000 0000",
        "02 04 05b4 04 02 08 0a 0000000a 0000000b 01 03 03 07",
        "e4bda0",
    ]);
    let udp = hex(&["9c41 2148 000e 0000 e4bda0e5a5bd"]);
    let mut unreachable = hex(&["03 03 0000 00000000"]);
    unreachable.extend(ipv4_udp(b"question"));
    let mut too_big = hex(&["02 00 0000 00000500"]);
    too_big.extend(ipv6(17, &udp));
    let solicitation = hex(&[
        "87 00 0000 00000000",
        "fe80 0000 0000 0000 0000 0000 0000 0002",
        "01 01 020000000001",
    ]);
    let arp = hex(&["0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002"]);
    let mut extended = hex(&["2c 00 01 04 00000000", "11 00 0000 00003039"]);
    extended.extend(&udp);
    let mut fragment = ipv4_udp(b"in pieces");
    fragment[6] = 0x20;
    let with_head = |head: &[&str], payload: &[u8]| {
        let mut frame = hex(head);
        frame.extend(payload);
        frame
    };
    let tagged =
        |payload: &[u8]| ethernet(0x88a8, &with_head(&["0064 8100", "00c8 0800"], payload));
    vec![
        (LinkType::Ethernet, ethernet(0x0800, &ipv4(6, &tcp))),
        (LinkType::Ethernet, ethernet(0x0800, &ipv4_udp(b"hi"))),
        (LinkType::Ethernet, ethernet(0x0800, &ipv4(1, &unreachable))),
        (LinkType::Ethernet, ethernet(0x0800, &ipv4(47, &[0; 8]))),
        (LinkType::Ethernet, ethernet(0x0800, &fragment)),
        (LinkType::Ethernet, ethernet(0x86dd, &ipv6(6, &tcp))),
        (LinkType::Ethernet, ethernet(0x86dd, &ipv6(17, &udp))),
        (LinkType::Ethernet, ethernet(0x86dd, &ipv6(0, &extended))),
        (LinkType::Ethernet, ethernet(0x86dd, &ipv6(58, &too_big))),
        (
            LinkType::Ethernet,
            ethernet(0x86dd, &ipv6(58, &solicitation)),
        ),
        (LinkType::Ethernet, ethernet(0x0806, &arp)),
        (LinkType::Ethernet, tagged(&ipv4(17, &udp))),
        (
            LinkType::Ethernet,
            ethernet(0x0024, &with_head(&["aaaa03 000000 0806"], &arp)),
        ),
        (
            LinkType::LinuxSll,
            with_head(&["0004 0001 0006 020000000001 0000 0800"], &ipv4(6, &tcp)),
        ),
        (
            LinkType::LinuxSll2,
            with_head(
                &["86dd 0000 00000003 0001 04 06 020000000001 0000"],
                &ipv6(17, &udp),
            ),
        ),
        (LinkType::Null, with_head(&["02000000"], &ipv4(6, &tcp))),
        (LinkType::Loop, with_head(&["0000001c"], &ipv6(6, &tcp))),
        (LinkType::RawIp, ipv4(17, &udp)),
        (LinkType::Ipv4, ipv4(6, &tcp)),
        (LinkType::Ipv6, ipv6(17, &udp)),
    ]
}

#[test]
fn the_menagerie_is_well_formed() {
    for (link_type, frame) in menagerie() {
        let packet = decode(link_type, &frame, frame.len());
        assert_eq!(packet.error, None, "{packet:?}");
        visit(&packet, &frame, frame.len());
    }
}

#[test]
fn every_frame_can_be_cut_at_every_length() {
    for (link_type, frame) in menagerie() {
        let whole = decode(link_type, &frame, frame.len());
        for len in 0..frame.len() {
            let cut = &frame[..len];
            // By the capture: what is left is the same frame, so it is never malformed.
            let packet = decode(link_type, cut, frame.len());
            visit(&packet, cut, frame.len());
            assert_ne!(packet.verdict(), Verdict::Malformed, "{link_type} at {len}");
            assert!(packet.is_truncated());
            if let (Some(a), Some(b)) = (whole.network.addresses(), packet.network.addresses()) {
                assert_eq!(a, b);
            }
            // By the sender: up to the padding something is missing.
            let packet = decode(link_type, cut, len);
            visit(&packet, cut, len);
            assert!(!packet.is_truncated());
            if len < frame.len() - whole.padding.len() {
                assert_eq!(packet.verdict(), Verdict::Malformed, "{link_type} at {len}");
            } else {
                assert_eq!(packet.error, None);
            }
        }
    }
}

#[test]
fn padding_is_never_payload() {
    for (link_type, frame) in menagerie() {
        if link_type != LinkType::Ethernet {
            continue;
        }
        let whole = decode(link_type, &frame, frame.len());
        let mut padded = frame.clone();
        padded.extend(*b"88 is not said");
        let packet = decode(link_type, &padded, padded.len());
        visit(&packet, &padded, padded.len());
        assert_eq!(packet.padding.len(), whole.padding.len() + 14);
        assert_eq!(packet.error, None);
        assert_eq!(
            format!("{:?}", packet.network),
            format!("{:?}", whole.network)
        );
    }
}

#[test]
fn any_bytes_on_any_link_type() {
    arbtest(|u| {
        let link_type = *u.choose(&LINK_TYPES)?;
        let more = u.int_in_range(0..=100_000)?;
        let data: Vec<u8> = u.arbitrary()?;
        let original_len = data.len() + if u.ratio(1, 2)? { more } else { 0 };
        visit(&decode(link_type, &data, original_len), &data, original_len);
        Ok(())
    });
}

#[test]
fn any_change_to_a_real_frame() {
    let menagerie = menagerie();
    arbtest(|u| {
        let (link_type, frame) = u.choose(&menagerie)?;
        let mut frame = frame.clone();
        for _ in 0..u.int_in_range(1..=8)? {
            let at = u.choose_index(frame.len())?;
            frame[at] = u.arbitrary()?;
        }
        let captured = u.int_in_range(0..=frame.len())?;
        let data = &frame[..captured];
        visit(&decode(*link_type, data, frame.len()), data, frame.len());
        visit(&decode(*link_type, data, data.len()), data, data.len());
        Ok(())
    });
}

#[test]
fn any_bytes_as_a_reassembled_datagram() {
    arbtest(|u| {
        let protocol = *u.choose(&[1, 6, 17, 58, 60, 44, 0, 255])?;
        let addresses: [IpAddr; 2] = if u.arbitrary()? {
            ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()]
        } else {
            ["fe80::1".parse().unwrap(), "fe80::2".parse().unwrap()]
        };
        let len = u.int_in_range(0..=70_000)?;
        let data: Vec<u8> = u.arbitrary()?;
        let (transport, _) = transport(protocol, addresses[0], addresses[1], 0, &data, len);
        checksum::transport(addresses[0], addresses[1], &transport);
        Ok(())
    });
}

#[test]
fn a_reassembled_datagram_is_entered() {
    let datagram = samples::hex(&["11 00 01 04 00000000", "9c41 2148 000a 0000 6869"]);
    let (six, other): (IpAddr, IpAddr) = ("fe80::1".parse().unwrap(), "10.0.0.1".parse().unwrap());
    let (transport, error) = super::transport(60, six, six, 7, &datagram, datagram.len());
    assert_eq!(error, None);
    assert!(matches!(transport, Transport::Udp(udp) if udp.payload == b"hi" && udp.offset == 15));
    for (source, destination) in [(other, other), (six, other)] {
        let (transport, error) =
            super::transport(60, source, destination, 7, &datagram, datagram.len());
        assert!(matches!(
            (transport, error),
            (Transport::Other(60, _), None)
        ));
    }
}

#[test]
fn an_unknown_link_type_is_named() {
    let packet = decode(LinkType::Other(105), &[1, 2, 3], 3);
    assert!(matches!(
        packet.network,
        Network::Other(Protocol::LinkType(LinkType::Other(105)), [1, 2, 3])
    ));
    assert_eq!(
        (packet.error, packet.verdict()),
        (None, Verdict::Unsupported)
    );
}

#[test]
fn raw_ip_is_told_by_its_version() {
    for first in [0x00, 0x50, 0xf0] {
        let mut frame = samples::ipv4_udp(b"hi");
        frame[0] = first;
        let packet = decode(LinkType::RawIp, &frame, frame.len());
        assert_eq!(packet.error.unwrap().reason, Reason::Field("version"));
    }
    let packet = decode(LinkType::RawIp, &[], 0);
    assert_eq!(packet.error.unwrap().reason, Reason::TooShort);
}
