//! Frames, byte by byte as Linux would send them.

use std::net::{Ipv4Addr, Ipv6Addr};

use etherparse::{
    ArpHardwareId, ArpOperation, ArpPacket, EtherType, IpHeaders, IpNumber, Ipv4Extensions,
    Ipv4Header, Ipv6Extensions, Ipv6Header, PacketBuilder, TcpHeader, TcpOptionElement,
};

/// A socket on an Ethernet, whose MAC address follows from its IP address.
#[derive(Clone, Copy)]
pub struct End {
    pub host: Ipv4Addr,
    pub is_v6: bool,
    pub port: u16,
}

/// What a TCP segment says beside its payload.
pub struct Segment {
    pub seq: u32,
    /// `None` in the first segment only.
    pub ack: Option<u32>,
    pub syn: bool,
    pub fin: bool,
    /// The clock of the sender, in milliseconds, and the last it saw of the other's.
    pub stamps: (u32, u32),
}

/// The window every segment offers; multiplied by 128 after the handshake.
const WINDOW: u16 = 502;
const SCALE: u8 = 7;
const FIRST_WINDOW: u16 = 64_240;

const HOPS: u8 = 64;

/// Writes a TCP segment.
pub fn tcp(from: End, to: End, segment: &Segment, payload: &[u8], frame: &mut Vec<u8>) {
    use TcpOptionElement::{MaximumSegmentSize, Noop, SelectiveAcknowledgementPermitted};
    let (own, other) = segment.stamps;
    let stamps = TcpOptionElement::Timestamp(own, other);
    let mut header = TcpHeader::new(from.port, to.port, segment.seq, WINDOW);
    header.syn = segment.syn;
    header.fin = segment.fin;
    header.psh = !payload.is_empty();
    header.ack = segment.ack.is_some();
    header.acknowledgment_number = segment.ack.unwrap_or_default();
    let options = if segment.syn {
        header.window_size = FIRST_WINDOW;
        &[
            MaximumSegmentSize(if from.is_v6 { 1440 } else { 1460 }),
            SelectiveAcknowledgementPermitted,
            stamps,
            Noop,
            TcpOptionElement::WindowScale(SCALE),
        ][..]
    } else {
        &[Noop, Noop, stamps]
    };
    header.set_options(options).expect("they fit");
    let identification = segment.seq.wrapping_add(own) as u16;
    PacketBuilder::ethernet2(mac(from.host), mac(to.host))
        .ip(ip(from, to, IpNumber::TCP, identification))
        .tcp_header(header)
        .write_to_vec(frame, payload)
        .expect("it fits");
}

/// Writes a UDP datagram.
pub fn udp(from: End, to: End, identification: u16, payload: &[u8], frame: &mut Vec<u8>) {
    PacketBuilder::ethernet2(mac(from.host), mac(to.host))
        .ip(ip(from, to, IpNumber::UDP, identification))
        .udp(from.port, to.port)
        .write_to_vec(frame, payload)
        .expect("it fits");
}

/// Writes the question who has an address, or its answer.
pub fn arp(from: Ipv4Addr, to: Ipv4Addr, is_answer: bool, frame: &mut Vec<u8>) {
    let (operation, target, receiver) = if is_answer {
        (ArpOperation::REPLY, mac(to), mac(to))
    } else {
        (ArpOperation::REQUEST, [0; 6], [0xff; 6])
    };
    let packet = ArpPacket::new(
        ArpHardwareId::ETHERNET,
        EtherType::IPV4,
        operation,
        &mac(from),
        &from.octets(),
        &target,
        &to.octets(),
    );
    PacketBuilder::ethernet2(mac(from), receiver)
        .arp(packet.expect("the lengths agree"))
        .write_to_vec(frame)
        .expect("it fits");
}

fn ip(from: End, to: End, protocol: IpNumber, identification: u16) -> IpHeaders {
    if from.is_v6 {
        let header = Ipv6Header {
            next_header: protocol,
            hop_limit: HOPS,
            source: v6(from.host),
            destination: v6(to.host),
            ..Ipv6Header::default()
        };
        IpHeaders::Ipv6(header, Ipv6Extensions::default())
    } else {
        let header = Ipv4Header {
            identification,
            dont_fragment: true,
            protocol,
            time_to_live: HOPS,
            source: from.host.octets(),
            destination: to.host.octets(),
            ..Ipv4Header::default()
        };
        IpHeaders::Ipv4(header, Ipv4Extensions::default())
    }
}

/// The IPv6 address that goes with an IPv4 address.
fn v6(host: Ipv4Addr) -> [u8; 16] {
    let bits = u128::from(host.to_bits()) | 0xfd00 << 112;
    Ipv6Addr::from_bits(bits).octets()
}

fn mac(host: Ipv4Addr) -> [u8; 6] {
    let [a, b, c, d] = host.octets();
    [2, 0, a, b, c, d]
}
