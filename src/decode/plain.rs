//! The plain frame: Ethernet, IP in one piece and without options or extensions, then TCP or UDP; all of it was
//! captured, each length is right, and no checksum is wrong. Nearly all frames are such. One look tells, and then each
//! field is read where it lies, by whom it concerns; every other frame is descended layer by layer
//! ([`decode`](super::decode)), which would end at the same.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{MacAddr, checksum, ethernet, ipv4, ipv6, span::Span, tcp, udp};
use crate::link_type::LinkType;

/// What is to be known of a plain frame to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    is_ipv4: bool,
    is_tcp: bool,
    /// Where the IP packet ends in the frame, in bytes; what is behind is padding.
    end: u32,
}

/// A plain frame.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a> {
    ethernet: &'a [u8; ethernet::HEADER_LEN],
    ip: Ip<'a>,
    payload: Payload<'a>,
}

/// The header of IP.
#[derive(Clone, Copy, Debug)]
enum Ip<'a> {
    V4(&'a [u8; ipv4::MIN_HEADER_LEN]),
    V6(&'a [u8; ipv6::HEADER_LEN]),
}

/// What IP carries: the fixed part of its header, and all of it.
#[derive(Clone, Copy, Debug)]
enum Payload<'a> {
    Tcp(&'a [u8; tcp::MIN_HEADER_LEN], &'a [u8]),
    Udp(&'a [u8; udp::HEADER_LEN], &'a [u8]),
}

impl Shape {
    /// The shape of a frame of which `data` was captured of `original_len` bytes; `None` when it is not plain.
    /// Without `verify` the checksums are not looked at.
    #[inline]
    pub fn of(link_type: LinkType, data: &[u8], original_len: usize, verify: bool) -> Option<Self> {
        if link_type != LinkType::Ethernet || data.len() < original_len {
            return None;
        }
        let (ethernet, packet) = data.split_first_chunk::<{ ethernet::HEADER_LEN }>()?;
        match (ethernet, packet) {
            ([.., 0x08, 0x00], [0x45, ..]) => Self::of_ipv4(packet, verify),
            ([.., 0x86, 0xdd], [0x60..=0x6f, ..]) => Self::of_ipv6(packet, verify),
            _ => None,
        }
    }

    #[inline]
    fn of_ipv4(packet: &[u8], verify: bool) -> Option<Self> {
        let head = packet.first_chunk::<{ ipv4::MIN_HEADER_LEN }>()?;
        let [_, _, l0, l1, _, _, f0, f1, _, protocol, ..] = *head;
        let len = usize::from(u16::from_be_bytes([l0, l1]));
        let payload = Payload::of(protocol, packet.get(ipv4::MIN_HEADER_LEN..len)?)?;
        let is_fragment = u16::from_be_bytes([f0, f1]) & ipv4::FRAGMENT != 0;
        let addresses = &head[12..];
        let is_wrong = verify
            && !(checksum::fits_ipv4_header(head)
                && (payload.fits(addresses)
                    || payload.is_offloaded(addresses)
                    || payload.is_without_checksum()));
        (!is_fragment && !is_wrong).then_some(Self {
            is_ipv4: true,
            is_tcp: matches!(payload, Payload::Tcp(..)),
            end: (ethernet::HEADER_LEN + len) as u32,
        })
    }

    #[inline]
    fn of_ipv6(packet: &[u8], verify: bool) -> Option<Self> {
        let head = packet.first_chunk::<{ ipv6::HEADER_LEN }>()?;
        let [_, _, _, _, l0, l1, next_header, ..] = *head;
        let len = ipv6::HEADER_LEN + usize::from(u16::from_be_bytes([l0, l1]));
        let payload = Payload::of(next_header, packet.get(ipv6::HEADER_LEN..len)?)?;
        let addresses = &head[8..];
        let is_wrong = verify && !payload.fits(addresses) && !payload.is_offloaded(addresses);
        (!is_wrong).then_some(Self {
            is_ipv4: false,
            is_tcp: matches!(payload, Payload::Tcp(..)),
            end: (ethernet::HEADER_LEN + len) as u32,
        })
    }

    /// The frame that has this shape. `None` when `data` cannot be of it.
    #[inline]
    pub fn on(self, data: &[u8]) -> Option<Plain<'_>> {
        let (ethernet, packet) = data.get(..self.end as usize)?.split_first_chunk()?;
        let (ip, payload) = if self.is_ipv4 {
            let (head, payload) = packet.split_first_chunk()?;
            (Ip::V4(head), payload)
        } else {
            let (head, payload) = packet.split_first_chunk()?;
            (Ip::V6(head), payload)
        };
        let payload = if self.is_tcp {
            Payload::Tcp(payload.first_chunk()?, payload)
        } else {
            Payload::Udp(payload.first_chunk()?, payload)
        };
        Some(Plain {
            ethernet,
            ip,
            payload,
        })
    }
}

impl<'a> Plain<'a> {
    /// The sender's hardware address.
    #[inline]
    pub const fn source_mac(&self) -> MacAddr {
        let [_, _, _, _, _, _, mac @ .., _, _] = *self.ethernet;
        MacAddr(mac)
    }

    /// The receiver's hardware address.
    #[inline]
    pub const fn destination_mac(&self) -> MacAddr {
        let [mac @ .., _, _, _, _, _, _, _, _] = *self.ethernet;
        MacAddr(mac)
    }

    /// Source and destination of an IPv4 packet; `None` when it is one of IPv6.
    #[inline]
    pub const fn ipv4_addresses(&self) -> Option<(Ipv4Addr, Ipv4Addr)> {
        match self.ip {
            Ip::V4([.., s0, s1, s2, s3, d0, d1, d2, d3]) => Some((
                Ipv4Addr::new(*s0, *s1, *s2, *s3),
                Ipv4Addr::new(*d0, *d1, *d2, *d3),
            )),
            Ip::V6(_) => None,
        }
    }

    /// Source and destination of the IP packet.
    #[inline]
    pub fn addresses(&self) -> (IpAddr, IpAddr) {
        match self.ip {
            Ip::V4(head) => {
                let [.., s0, s1, s2, s3, d0, d1, d2, d3] = *head;
                ([s0, s1, s2, s3].into(), [d0, d1, d2, d3].into())
            }
            Ip::V6([_, _, _, _, _, _, _, _, addresses @ ..]) => {
                let [source, destination] = [0, 16].map(|at| {
                    let address = addresses.get(at..).and_then(<[u8]>::first_chunk);
                    Ipv6Addr::from(address.copied().unwrap_or([0; 16]))
                });
                (source.into(), destination.into())
            }
        }
    }

    /// The TCP segment, if it is one.
    #[inline]
    pub fn segment(&self) -> Option<tcp::Segment<'a>> {
        match self.payload {
            Payload::Tcp(head, bytes) => {
                let span = Span::new(self.offset(), bytes, bytes.len());
                Some(tcp::Segment::read(head, tcp::header_len(head), span))
            }
            Payload::Udp(..) => None,
        }
    }

    /// The UDP datagram, if it is one.
    #[inline]
    pub fn datagram(&self) -> Option<udp::Datagram<'a>> {
        match self.payload {
            Payload::Tcp(..) => None,
            Payload::Udp(head, bytes) => {
                let span = Span::new(self.offset(), bytes, bytes.len());
                Some(udp::Datagram::read(*head, span))
            }
        }
    }

    /// Where the payload of IP begins in the frame, in bytes.
    #[inline]
    const fn offset(&self) -> usize {
        ethernet::HEADER_LEN
            + match self.ip {
                Ip::V4(head) => head.len(),
                Ip::V6(head) => head.len(),
            }
    }
}

impl<'a> Payload<'a> {
    /// `None` where it is neither TCP nor UDP, or its lengths are not right.
    #[inline]
    fn of(protocol: u8, bytes: &'a [u8]) -> Option<Self> {
        match protocol {
            tcp::PROTOCOL => {
                let head = bytes.first_chunk()?;
                let header_len = tcp::header_len(head);
                (tcp::MIN_HEADER_LEN..=bytes.len())
                    .contains(&header_len)
                    .then_some(Self::Tcp(head, bytes))
            }
            udp::PROTOCOL => {
                let head = bytes.first_chunk()?;
                (usize::from(udp::length(*head)) == bytes.len()).then_some(Self::Udp(head, bytes))
            }
            _ => None,
        }
    }

    /// Whether the checksum is there and fits; `addresses` are those of the IP header.
    #[inline]
    fn fits(&self, addresses: &[u8]) -> bool {
        match self {
            Self::Tcp([.., c0, c1, _, _], bytes) => {
                (*c0 | *c1) != 0 && checksum::fits_transport(tcp::PROTOCOL, addresses, bytes)
            }
            Self::Udp([.., c0, c1], bytes) => {
                (*c0 | *c1) != 0 && checksum::fits_transport(udp::PROTOCOL, addresses, bytes)
            }
        }
    }

    /// The sender's card computes it, as [`Checksum::Offloaded`](checksum::Checksum::Offloaded) has it.
    #[inline(never)]
    fn is_offloaded(&self, addresses: &[u8]) -> bool {
        match self {
            Self::Tcp([.., c0, c1, _, _], bytes) => {
                checksum::is_of_pseudo_header(tcp::PROTOCOL, addresses, bytes.len(), [*c0, *c1])
            }
            Self::Udp([.., c0, c1], bytes) => {
                checksum::is_of_pseudo_header(udp::PROTOCOL, addresses, bytes.len(), [*c0, *c1])
            }
        }
    }

    /// The sender computed none; over IPv4 it may.
    #[inline]
    fn is_without_checksum(&self) -> bool {
        matches!(self, Self::Udp([.., 0, 0], _))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Network, Packet, Transport, checksum::Checksum, decode, tests::menagerie};
    use super::*;

    fn shape(frame: &[u8], verify: bool) -> Option<Shape> {
        Shape::of(LinkType::Ethernet, frame, frame.len(), verify)
    }

    fn descended(frame: &[u8]) -> Packet<'_> {
        decode(LinkType::Ethernet, frame, frame.len())
    }

    /// Where the checksum of TCP or UDP stands.
    fn checksum_at(shape: Shape) -> usize {
        let header = if shape.is_ipv4 { 14 + 20 } else { 14 + 40 };
        header + if shape.is_tcp { 16 } else { 6 }
    }

    /// The verdicts of [`checksum`] on the header of IP and on what it carries.
    fn verdicts(frame: &[u8]) -> [Checksum; 2] {
        let network = descended(frame).network;
        let header = match &network {
            Network::Ipv4(header, _) => checksum::ipv4_header(header),
            _ => Checksum::Ok,
        };
        [header, network.transport_checksum()]
    }

    /// The frames of the menagerie that are plain, their checksums made right.
    fn plain_frames() -> Vec<(LinkType, Vec<u8>)> {
        let mut frames = menagerie();
        frames.retain(|(link_type, frame)| {
            Shape::of(*link_type, frame, frame.len(), false).is_some()
        });
        for (_, frame) in &mut frames {
            if let [_, Checksum::Bad { want, .. }] = verdicts(frame) {
                let at = shape(frame, false).map_or(0, checksum_at);
                frame[at..at + 2].copy_from_slice(&want.to_be_bytes());
            }
        }
        frames
    }

    #[test]
    fn both_kinds_over_both_are_plain() {
        let frames = plain_frames();
        let shapes = frames.iter().filter_map(|(_, frame)| shape(frame, true));
        let kinds: Vec<_> = shapes.map(|shape| (shape.is_ipv4, shape.is_tcp)).collect();
        let all = [(true, true), (true, false), (false, true), (false, false)];
        assert_eq!(kinds, all);
    }

    #[test]
    fn what_the_capture_cut_is_not_plain() {
        for (link_type, frame) in plain_frames() {
            let cut = Shape::of(link_type, &frame, frame.len() + 1, false);
            assert_eq!(cut, None);
            assert_eq!(Shape::of(LinkType::RawIp, &frame, frame.len(), false), None);
        }
    }

    /// Frames of each kind, some of whose bytes are something else.
    #[test]
    fn the_straight_way_and_the_descent_end_at_the_same() {
        let frames = [menagerie(), plain_frames()].concat();
        let mut plain = 0;
        arbtest::arbtest(|u| {
            let (link_type, mut frame) = u.choose(&frames)?.clone();
            for _ in 0..u.int_in_range(0..=2)? {
                let at = u.choose_index(frame.len())?;
                frame[at] = u.arbitrary()?;
            }
            frame.resize(frame.len() + u.int_in_range(0..=6)? - 3, 0);
            if let Some(shape) = Shape::of(link_type, &frame, frame.len(), false) {
                plain += 1;
                assert_same(&shape.on(&frame).expect("it is"), &descended(&frame));
            }
            Ok(())
        });
        assert!(plain > 10, "{plain}");
    }

    fn assert_same(plain: &Plain<'_>, packet: &Packet<'_>) {
        assert_eq!((packet.error, packet.missing), (None, 0));
        assert!(packet.tags.is_empty() && packet.llc.is_none());
        assert_eq!(packet.source_mac(), Some(plain.source_mac()));
        assert_eq!(packet.destination_mac(), Some(plain.destination_mac()));
        assert_eq!(packet.network.addresses(), Some(plain.addresses()));
        let carried = match (plain.segment(), plain.datagram()) {
            (Some(segment), None) => Transport::Tcp(segment),
            (None, Some(datagram)) => Transport::Udp(datagram),
            both => panic!("{both:?}"),
        };
        let descended = packet.network.transport();
        assert_eq!(format!("{descended:?}"), format!("{:?}", Some(&carried)));
    }

    /// Every bit of every plain frame, turned over.
    #[test]
    fn a_wrong_checksum_is_not_plain() {
        for (_, whole) in plain_frames() {
            assert!(shape(&whole, true).is_some());
            for bit in 8 * 12..8 * whole.len() {
                let mut frame = whole.clone();
                frame[bit / 8] ^= 1 << (bit % 8);
                if shape(&frame, false).is_some() {
                    let is_wrong = verdicts(&frame).into_iter().any(Checksum::is_bad);
                    assert_eq!(shape(&frame, true).is_some(), !is_wrong, "bit {bit}");
                }
            }
        }
    }

    #[test]
    fn a_checksum_may_be_left_to_the_card() {
        for (_, mut frame) in plain_frames() {
            let plain = shape(&frame, true).expect("it is plain");
            let at = checksum_at(plain);
            let (header, protocol) = if plain.is_ipv4 { (34, 23) } else { (54, 20) };
            let pseudo = [
                &frame[if plain.is_ipv4 { 26 } else { 22 }..header],
                &[0, frame[protocol]],
                &((plain.end as usize - header) as u16).to_be_bytes(),
            ]
            .concat();
            let words = pseudo.as_chunks().0.iter();
            let sum: u32 = words.map(|word| u32::from(u16::from_be_bytes(*word))).sum();
            let left = (sum >> 16) as u16 + sum as u16;
            frame[at..at + 2].copy_from_slice(&left.to_be_bytes());
            assert_eq!(verdicts(&frame)[1], Checksum::Offloaded);
            assert!(shape(&frame, true).is_some());
            frame[at + 1] ^= 1;
            assert_eq!(shape(&frame, true), None);
        }
    }

    #[test]
    fn a_checksum_may_be_left_out_over_ipv4_by_udp() {
        let may = plain_frames().into_iter().map(|(_, mut frame)| {
            let shape_before = shape(&frame, true).expect("it is plain");
            let at = checksum_at(shape_before);
            frame[at..at + 2].fill(0);
            (shape_before, shape(&frame, true).is_some())
        });
        for (shape, may) in may {
            assert_eq!(may, shape.is_ipv4 && !shape.is_tcp);
        }
    }
}
