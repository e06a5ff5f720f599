//! Other decoders' opinion of the same bytes: etherparse and pnet, on frames that are made here, by
//! the builder of one of them and by chance, and on those of every capture in `INSPECTOR_CORPUS`.

use std::{env, net::IpAddr, path::Path};

use arbtest::{arbitrary::Unstructured, arbtest};
use etherparse::PacketBuilder;
use inspector::{
    capture::{Next, Source, savefile::Savefile, stop::Stop},
    decode::{MacAddr, Network, Transport, Verdict, checksum, decode},
    link_type::LinkType,
};

use crate::tshark::captures;

#[test]
fn made_frames_are_read_the_same() {
    let (mut by_etherparse, mut by_pnet) = (0, 0);
    arbtest(|u| {
        let frame = made(u)?;
        by_etherparse += usize::from(etherparse_agrees(&frame));
        by_pnet += usize::from(pnet_agrees(&frame));
        Ok(())
    })
    .budget_ms(500);
    assert!(by_etherparse >= 50, "only {by_etherparse} frames compared");
    assert!(by_pnet >= 50, "only {by_pnet} frames compared");
}

#[test]
fn captured_frames_are_read_the_same() {
    let (mut frames, mut by_etherparse, mut by_pnet) = (0, 0, 0);
    each_captured_frame(u64::MAX, |link_type, frame, original_len| {
        frames += 1;
        if link_type == LinkType::Ethernet && frame.len() == original_len {
            by_etherparse += usize::from(etherparse_agrees(frame));
            by_pnet += usize::from(pnet_agrees(frame));
        }
    });
    eprintln!("other decoders: {frames} frames, etherparse {by_etherparse}, pnet {by_pnet} agree");
}

/// What the capture cuts is never the sender's fault.
#[test]
fn captured_frames_can_be_cut_at_every_length() {
    // The big captures hold much of the same.
    each_captured_frame(200_000, |link_type, frame, original_len| {
        let whole = decode(link_type, frame, original_len);
        for len in 0..frame.len() {
            let packet = decode(link_type, &frame[..len], original_len);
            assert!(packet.is_truncated());
            if whole.verdict() != Verdict::Malformed {
                assert_ne!(packet.verdict(), Verdict::Malformed, "{link_type} at {len}");
            }
            if let (Some(a), Some(b)) = (whole.network.addresses(), packet.network.addresses()) {
                assert_eq!(a, b);
            }
            packet.network.transport_checksum();
            decode(link_type, &frame[..len], len)
                .network
                .transport_checksum();
        }
    });
}

/// Hands on every frame of the captures up to so many bytes.
fn each_captured_frame(most: u64, mut look: impl FnMut(LinkType, &[u8], usize)) {
    let Some(corpus) = env::var_os("INSPECTOR_CORPUS") else {
        eprintln!("NO CAPTURED FRAMES DECODED: set INSPECTOR_CORPUS to a directory of captures");
        return;
    };
    let stop = Stop::new().unwrap();
    for path in captures(Path::new(&corpus)) {
        if path.metadata().unwrap().len() > most {
            continue;
        }
        let Ok(mut source) = Savefile::open(&[path], &stop) else {
            continue;
        };
        while let Ok(Next::Frame(frame)) = source.next() {
            look(frame.link_type, frame.data, frame.original_len);
        }
    }
}

/// A made frame: any protocol, any payload, now and then a field that lies.
fn made(u: &mut Unstructured<'_>) -> arbtest::arbitrary::Result<Vec<u8>> {
    let payload: Vec<u8> = u.arbitrary()?;
    let payload = payload.get(..1400).unwrap_or(&payload);
    let ethernet = PacketBuilder::ethernet2(u.arbitrary()?, u.arbitrary()?);
    let is_ipv4 = u.arbitrary()?;
    let ip = if is_ipv4 {
        ethernet.ipv4(u.arbitrary()?, u.arbitrary()?, u.arbitrary()?)
    } else {
        ethernet.ipv6(u.arbitrary()?, u.arbitrary()?, u.arbitrary()?)
    };
    let (source, destination) = (u.arbitrary()?, u.arbitrary()?);
    let mut frame = Vec::new();
    match u.int_in_range(0..=2)? {
        0 => ip.udp(source, destination).write(&mut frame, payload),
        1 => {
            let mut tcp = ip.tcp(source, destination, u.arbitrary()?, u.arbitrary()?);
            if u.arbitrary()? {
                tcp = tcp.syn();
            }
            if u.arbitrary()? {
                tcp = tcp.ack(u.arbitrary()?);
            }
            tcp.write(&mut frame, payload)
        }
        2 if is_ipv4 => ip
            .icmpv4_echo_request(source, destination)
            .write(&mut frame, payload),
        _ => ip
            .icmpv6_echo_request(source, destination)
            .write(&mut frame, payload),
    }
    .unwrap();
    frame.resize(frame.len().max(60), 0x99);
    if u.arbitrary()? {
        for _ in 0..u.int_in_range(1..=3)? {
            let at = u.choose_index(frame.len())?;
            frame[at] = u.arbitrary()?;
        }
    }
    Ok(frame)
}

/// Whether both decoders accepted the frame; then they agree.
fn etherparse_agrees(frame: &[u8]) -> bool {
    let packet = decode(LinkType::Ethernet, frame, frame.len());
    let Ok(theirs) = etherparse::SlicedPacket::from_ethernet(frame) else {
        return false;
    };
    // What they leave to the reader (a total length of 0, ICMP's inside), or read where we do not:
    if packet.error.is_some() || matches!(packet.network, Network::Other(..)) {
        return false;
    }
    let Some((source, destination)) = packet.network.addresses() else {
        return false;
    };
    match &theirs.net {
        Some(etherparse::NetSlice::Ipv4(ip)) => {
            let header = ip.header();
            let Network::Ipv4(ours, _) = packet.network else {
                panic!("IPv4 for them, not for us: {packet:?}");
            };
            assert_eq!(source, IpAddr::from(header.source_addr()));
            assert_eq!(destination, IpAddr::from(header.destination_addr()));
            assert_eq!(ours.ttl, header.ttl());
            assert_eq!(ours.header_len(), header.slice().len());
            assert_eq!(ours.identification, header.identification());
            assert_eq!(ours.dont_fragment, header.dont_fragment());
            assert_eq!(ours.more_fragments, header.more_fragments());
            assert_eq!(
                ours.fragment_offset,
                usize::from(header.fragments_offset().value()) * 8
            );
        }
        Some(etherparse::NetSlice::Ipv6(ip)) => {
            let header = ip.header();
            let Network::Ipv6(ours, _) = packet.network else {
                panic!("IPv6 for them, not for us: {packet:?}");
            };
            assert_eq!(source, IpAddr::from(header.source_addr()));
            assert_eq!(destination, IpAddr::from(header.destination_addr()));
            assert_eq!(ours.hop_limit, header.hop_limit());
            assert_eq!(ours.traffic_class, header.traffic_class());
            assert_eq!(ours.flow_label, header.flow_label().value());
        }
        other => panic!("{other:?} for them, for us {packet:?}"),
    }
    match (packet.network.transport(), &theirs.transport) {
        (Some(Transport::Tcp(ours)), Some(etherparse::TransportSlice::Tcp(tcp))) => {
            assert_eq!(ours.source_port, tcp.source_port());
            assert_eq!(ours.destination_port, tcp.destination_port());
            assert_eq!(ours.sequence.0, tcp.sequence_number());
            assert_eq!(ours.acknowledgment.0, tcp.acknowledgment_number());
            assert_eq!(ours.window, tcp.window_size());
            assert_eq!(ours.flags.syn(), tcp.syn());
            assert_eq!(ours.flags.ack(), tcp.ack());
            assert_eq!(ours.flags.ae(), tcp.ns());
            assert_eq!(ours.options, tcp.options());
            assert_eq!(ours.payload, tcp.payload());
        }
        (Some(Transport::Udp(ours)), Some(etherparse::TransportSlice::Udp(udp))) => {
            assert_eq!(ours.source_port, udp.source_port());
            assert_eq!(ours.length, udp.length());
            assert_eq!(ours.payload, udp.payload());
        }
        (Some(Transport::Icmp(ours)), Some(etherparse::TransportSlice::Icmpv4(icmp))) => {
            assert_eq!((ours.kind, ours.code), (icmp.type_u8(), icmp.code_u8()));
            assert_eq!(ours.checksum, icmp.checksum());
        }
        (Some(Transport::Icmpv6(ours)), Some(etherparse::TransportSlice::Icmpv6(icmp))) => {
            assert_eq!((ours.kind, ours.code), (icmp.type_u8(), icmp.code_u8()));
        }
        (Some(Transport::Fragment(_) | Transport::Other(..)), None) => {}
        // IGMP, AH, ICMP over IPv6 and ICMPv6 over IPv4: they enter it, we name it.
        (Some(Transport::Other(1 | 2 | 51 | 58, _)), Some(_)) => {}
        (ours, theirs) => panic!("{theirs:?} for them, for us {ours:?}"),
    }
    true
}

/// pnet judges nothing, so it is asked about frames that our checks accept, on the very bytes that
/// belong to each header.
fn pnet_agrees(frame: &[u8]) -> bool {
    use pnet::packet::{
        Packet as _, arp::ArpPacket, ethernet::EthernetPacket, ipv4::Ipv4Packet, ipv6::Ipv6Packet,
        tcp::TcpPacket, udp::UdpPacket,
    };

    let packet = decode(LinkType::Ethernet, frame, frame.len());
    if packet.error.is_some() {
        return false;
    }
    let ethernet = EthernetPacket::new(frame).unwrap();
    let mac = |address: pnet::util::MacAddr| Some(MacAddr(address.octets()));
    assert_eq!(packet.source_mac(), mac(ethernet.get_source()));
    assert_eq!(packet.destination_mac(), mac(ethernet.get_destination()));
    match packet.network {
        Network::Arp(ours) => {
            let arp = ArpPacket::new(&frame[ours.offset..]).unwrap();
            assert_eq!(ours.operation.number(), arp.get_operation().0);
            assert_eq!(Some(ours.sender_mac), mac(arp.get_sender_hw_addr()));
            assert_eq!(ours.sender_ip, arp.get_sender_proto_addr());
            assert_eq!(Some(ours.target_mac), mac(arp.get_target_hw_addr()));
            assert_eq!(ours.target_ip, arp.get_target_proto_addr());
        }
        Network::Ipv4(ours, _) => {
            let ip = Ipv4Packet::new(&frame[ours.offset..]).unwrap();
            assert_eq!(ours.header_len(), usize::from(ip.get_header_length()) * 4);
            assert_eq!(ours.total_length, ip.get_total_length());
            assert_eq!(ours.identification, ip.get_identification());
            assert_eq!(
                ours.fragment_offset,
                usize::from(ip.get_fragment_offset()) * 8
            );
            assert_eq!((ours.ttl, ours.checksum), (ip.get_ttl(), ip.get_checksum()));
            assert_eq!(
                (ours.source, ours.destination),
                (ip.get_source(), ip.get_destination())
            );
            if ours.total_length > 0 {
                assert_eq!(ours.payload_len, ip.payload().len());
            }
            let sum = pnet::packet::ipv4::checksum(&Ipv4Packet::new(ours.bytes).unwrap());
            match checksum::ipv4_header(&ours) {
                checksum::Checksum::Ok => assert_eq!(sum, ours.checksum),
                checksum::Checksum::Bad { want, .. } => assert_eq!(sum, want),
                other => panic!("{other:?}"),
            }
        }
        Network::Ipv6(ours, _) => {
            let ip = Ipv6Packet::new(&frame[ours.offset..]).unwrap();
            assert_eq!(ours.traffic_class, ip.get_traffic_class());
            assert_eq!(ours.flow_label, ip.get_flow_label());
            assert_eq!(ours.payload_length, ip.get_payload_length());
            assert_eq!(ours.next_header, ip.get_next_header().0);
            assert_eq!(
                (ours.source, ours.destination),
                (ip.get_source(), ip.get_destination())
            );
        }
        Network::Other(..) | Network::Unread(_) => return false,
    }
    match packet.network.transport() {
        Some(Transport::Tcp(ours)) => {
            let tcp = TcpPacket::new(ours.bytes).unwrap();
            assert_eq!(ours.source_port, tcp.get_source());
            assert_eq!(ours.destination_port, tcp.get_destination());
            assert_eq!(ours.sequence.0, tcp.get_sequence());
            assert_eq!(ours.acknowledgment.0, tcp.get_acknowledgement());
            assert_eq!(ours.header_len, usize::from(tcp.get_data_offset()) * 4);
            assert_eq!(ours.flags.0 as u8, tcp.get_flags());
            assert_eq!(ours.window, tcp.get_window());
            assert_eq!(ours.urgent_pointer, tcp.get_urgent_ptr());
            assert_eq!(ours.options, tcp.get_options_raw());
            assert_eq!(ours.payload, tcp.payload());
            let sum = match packet.network.addresses() {
                Some((IpAddr::V4(source), IpAddr::V4(destination))) => {
                    pnet::packet::tcp::ipv4_checksum(&tcp, &source, &destination)
                }
                _ => return true,
            };
            if let checksum::Checksum::Bad { want, .. } = packet.network.transport_checksum() {
                assert_eq!(want, sum);
            }
        }
        Some(Transport::Udp(ours)) => {
            let udp = UdpPacket::new(ours.bytes).unwrap();
            assert_eq!(ours.source_port, udp.get_source());
            assert_eq!(ours.destination_port, udp.get_destination());
            assert_eq!(
                (ours.length, ours.checksum),
                (udp.get_length(), udp.get_checksum())
            );
            assert_eq!(ours.payload, udp.payload());
        }
        _ => {}
    }
    true
}
