//! The plain frame: Ethernet, IP in one piece and without options or extensions, then TCP or UDP; all of it was
//! captured, each length is right, and no checksum is wrong. Nearly all frames are such. One look tells, and then each
//! field is read where it lies, by whom it concerns; every other frame is descended layer by layer
//! ([`decode`](super::decode)), which would end at the same.

use std::{
    hint::cold_path,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use super::{MacAddr, checksum, ethernet, ipv4, ipv6, span::Span, tcp, udp};
use crate::link_type::LinkType;

/// What is to be known of a plain frame to find its headers again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Bytes that IP carries.
    len: u16,
    is_ipv4: bool,
    is_tcp: bool,
}

/// Bytes of all headers of TCP over IPv4, where no options stand in them.
const TCP_OVER_IPV4: usize = ethernet::HEADER_LEN + ipv4::MIN_HEADER_LEN + tcp::MIN_HEADER_LEN;

/// Ethernet's type and IPv4's first byte, and what is not looked at behind it.
const ETHERNET_AND_IPV4: u32 = 0x0800_4500;

/// The four bytes that tell of fragments and of what is carried.
const NO_FRAGMENT_AND_TCP: u32 = tcp::PROTOCOL as u32;

/// A frame as it was captured.
#[derive(Clone, Copy, Debug)]
pub struct Captured<'a> {
    /// What its first byte belongs to.
    pub link_type: LinkType,
    /// The bytes that were captured.
    pub data: &'a [u8],
    /// How many there were.
    pub original_len: usize,
}

/// A plain frame.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a> {
    ethernet: &'a [u8; ethernet::HEADER_LEN],
    ip: Ip<'a>,
    payload: Payload<'a>,
}

/// Source and destination of an IP packet.
#[derive(Clone, Copy, Debug)]
pub enum Addresses {
    /// Of version 4.
    V4(Ipv4Addr, Ipv4Addr),
    /// Of version 6.
    V6(Ipv6Addr, Ipv6Addr),
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
    /// A TCP segment; else it is a UDP datagram.
    #[inline]
    pub const fn is_tcp(self) -> bool {
        self.is_tcp
    }

    /// IP is of version 4.
    #[inline]
    pub const fn is_ipv4(self) -> bool {
        self.is_ipv4
    }

    /// The last bytes of what IP carries in a frame of this shape. Empty when `data` cannot be of it.
    #[inline]
    pub fn last_bytes(self, data: &[u8], count: usize) -> &[u8] {
        let header_len = if self.is_ipv4 {
            ipv4::MIN_HEADER_LEN
        } else {
            ipv6::HEADER_LEN
        };
        let end = ethernet::HEADER_LEN + header_len + usize::from(self.len);
        data.get(end.saturating_sub(count)..end).unwrap_or_default()
    }

    /// The frame that has this shape. `None` when `data` cannot be of it.
    #[inline]
    pub fn on(self, data: &[u8]) -> Option<Plain<'_>> {
        let (ethernet, packet) = data.split_first_chunk()?;
        let (ip, rest) = if self.is_ipv4 {
            let (head, rest) = packet.split_first_chunk()?;
            (Ip::V4(head), rest)
        } else {
            let (head, rest) = packet.split_first_chunk()?;
            (Ip::V6(head), rest)
        };
        let bytes = rest.get(..usize::from(self.len))?;
        let payload = if self.is_tcp {
            Payload::Tcp(bytes.first_chunk()?, bytes)
        } else {
            Payload::Udp(bytes.first_chunk()?, bytes)
        };
        Some(Plain {
            ethernet,
            ip,
            payload,
        })
    }
}

impl<'a> Captured<'a> {
    /// The frame, if it is plain. Without `verify` the checksums are not looked at.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "called, it takes half as much again for handing over what it found"
    )]
    pub fn as_plain(&self, verify: bool) -> Option<Plain<'a>> {
        let Self {
            link_type,
            data,
            original_len,
        } = *self;
        if link_type != LinkType::Ethernet || data.len() < original_len {
            return None;
        }
        let (ethernet, packet) = data.split_first_chunk::<{ ethernet::HEADER_LEN }>()?;
        let (ip, payload) = match (ethernet, packet) {
            ([.., 0x08, 0x00], [0x45, ..]) => in_ipv4(packet, verify)?,
            ([.., 0x86, 0xdd], [0x60..=0x6f, ..]) => in_ipv6(packet)?,
            _ => return None,
        };
        if verify && !payload.has_no_wrong_checksum(ip) {
            return None;
        }
        Some(Plain {
            ethernet,
            ip,
            payload,
        })
    }

    /// The same of a frame of TCP over IPv4 that has a checksum; `None` where it is of another kind. Nearly all are of
    /// this one, and what is made for it alone need not ask of which it is.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "called, it takes half as much again for handing over what it found"
    )]
    pub fn as_tcp_over_ipv4(&self, verify: bool) -> Option<Plain<'a>> {
        let Self {
            link_type,
            data,
            original_len,
        } = *self;
        let (headers, _) = data.split_first_chunk::<TCP_OVER_IPV4>()?;
        let ([_, _, _, begin, length, carries, ..], _) = headers.as_chunks() else {
            return None;
        };
        let [begin, length, carries] =
            [begin, length, carries].map(|word| u32::from_be_bytes(*word));
        let is_it = (begin ^ ETHERNET_AND_IPV4) & 0xffff_ff00
            | (carries ^ NO_FRAGMENT_AND_TCP) & (u32::from(ipv4::FRAGMENT) << 16 | 0xff)
            == 0;
        if !is_it {
            return None;
        }
        if link_type != LinkType::Ethernet || data.len() < original_len {
            cold_path();
            return None;
        }
        let (ethernet, packet) = headers.split_first_chunk()?;
        let (ip, _) = packet.split_first_chunk()?;
        // Of a length that is too short, more remains than any frame has.
        let len = (length as usize >> 16).wrapping_sub(ip.len());
        let bytes = data.get(ethernet.len() + ip.len()..)?.get(..len)?;
        let head = bytes.first_chunk()?;
        let header_len = tcp::header_len(head);
        if header_len < tcp::MIN_HEADER_LEN || header_len > bytes.len() {
            return None;
        }
        let plain = Plain {
            ethernet,
            ip: Ip::V4(ip),
            payload: Payload::Tcp(head, bytes),
        };
        let [.., c0, c1, _, _] = *head;
        let addresses = plain.ip.sum_of_addresses();
        let fits = !verify
            || [c0, c1] != [0, 0]
                && checksum::fits_ipv4_header(ip, addresses)
                && checksum::fits_transport(tcp::PROTOCOL, addresses, bytes);
        fits.then_some(plain)
    }
}

impl<'a> Plain<'a> {
    /// Its shape.
    #[inline]
    pub fn shape(&self) -> Shape {
        let (is_tcp, bytes) = match self.payload {
            Payload::Tcp(_, bytes) => (true, bytes),
            Payload::Udp(_, bytes) => (false, bytes),
        };
        Shape {
            len: bytes.len() as u16,
            is_ipv4: matches!(self.ip, Ip::V4(_)),
            is_tcp,
        }
    }

    /// Source and destination port.
    #[inline]
    pub const fn ports(&self) -> (u16, u16) {
        let (Payload::Tcp([s0, s1, d0, d1, ..], _) | Payload::Udp([s0, s1, d0, d1, ..], _)) =
            self.payload;
        (
            u16::from_be_bytes([*s0, *s1]),
            u16::from_be_bytes([*d0, *d1]),
        )
    }

    /// The numbers of the TCP segment; of a UDP datagram only the length is told.
    #[inline]
    pub fn numbers(&self) -> tcp::Numbers {
        let payload_len = self.payload_len() as u32;
        match self.payload {
            Payload::Tcp(head, _) => tcp::Numbers::read(head, payload_len),
            Payload::Udp(..) => tcp::Numbers {
                payload_len,
                ..tcp::Numbers::default()
            },
        }
    }

    /// Bytes of payload.
    #[inline]
    const fn payload_len(&self) -> usize {
        match self.payload {
            Payload::Tcp(head, bytes) => bytes.len().saturating_sub(tcp::header_len(head)),
            Payload::Udp(_, bytes) => bytes.len().saturating_sub(udp::HEADER_LEN),
        }
    }

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

    /// Source and destination of the IP packet, of one family.
    #[inline]
    pub fn ip_addresses(&self) -> Addresses {
        match self.ip {
            Ip::V4([.., s0, s1, s2, s3, d0, d1, d2, d3]) => Addresses::V4(
                Ipv4Addr::new(*s0, *s1, *s2, *s3),
                Ipv4Addr::new(*d0, *d1, *d2, *d3),
            ),
            Ip::V6([_, _, _, _, _, _, _, _, addresses @ ..]) => {
                let [source, destination] = [0, 16].map(|at| {
                    let address = addresses.get(at..).and_then(<[u8]>::first_chunk);
                    Ipv6Addr::from(address.copied().unwrap_or([0; 16]))
                });
                Addresses::V6(source, destination)
            }
        }
    }

    /// The same, of either family.
    pub fn addresses(&self) -> (IpAddr, IpAddr) {
        match self.ip_addresses() {
            Addresses::V4(source, destination) => (source.into(), destination.into()),
            Addresses::V6(source, destination) => (source.into(), destination.into()),
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

#[inline]
fn in_ipv4(packet: &[u8], verify: bool) -> Option<(Ip<'_>, Payload<'_>)> {
    let head = packet.first_chunk::<{ ipv4::MIN_HEADER_LEN }>()?;
    let [_, _, l0, l1, _, _, f0, f1, _, protocol, ..] = *head;
    let len = usize::from(u16::from_be_bytes([l0, l1]));
    let payload = Payload::of(protocol, packet.get(ipv4::MIN_HEADER_LEN..len)?)?;
    let is_fragment = u16::from_be_bytes([f0, f1]) & ipv4::FRAGMENT != 0;
    let ip = Ip::V4(head);
    let is_wrong = verify && !checksum::fits_ipv4_header(head, ip.sum_of_addresses());
    (!is_fragment && !is_wrong).then_some((ip, payload))
}

#[inline]
fn in_ipv6(packet: &[u8]) -> Option<(Ip<'_>, Payload<'_>)> {
    let head = packet.first_chunk::<{ ipv6::HEADER_LEN }>()?;
    let [_, _, _, _, l0, l1, next_header, ..] = *head;
    let len = ipv6::HEADER_LEN + usize::from(u16::from_be_bytes([l0, l1]));
    let payload = Payload::of(next_header, packet.get(ipv6::HEADER_LEN..len)?)?;
    Some((Ip::V6(head), payload))
}

impl Ip<'_> {
    /// The sum of both addresses, for the checksum of what it carries.
    #[inline]
    fn sum_of_addresses(self) -> u64 {
        match self {
            Self::V4([.., s0, s1, s2, s3, d0, d1, d2, d3]) => {
                checksum::sum_of_words(&[*s0, *s1, *s2, *s3, *d0, *d1, *d2, *d3])
            }
            Self::V6([_, _, _, _, _, _, _, _, addresses @ ..]) => checksum::sum_of_words(addresses),
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

    /// The checksum is there and fits, or need not: the sender's card computes it
    /// ([`Checksum::Offloaded`](checksum::Checksum::Offloaded)), or the sender computed none, as it may over IPv4.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "called, it is handed over what was just found"
    )]
    fn has_no_wrong_checksum(&self, ip: Ip<'_>) -> bool {
        let (protocol, field, bytes) = match self {
            Self::Tcp([.., c0, c1, _, _], bytes) => (tcp::PROTOCOL, [*c0, *c1], bytes),
            Self::Udp([.., c0, c1], bytes) => (udp::PROTOCOL, [*c0, *c1], bytes),
        };
        let addresses = ip.sum_of_addresses();
        if field == [0, 0] {
            let is_absent = protocol == udp::PROTOCOL && matches!(ip, Ip::V4(_));
            return is_absent || is_offloaded(protocol, addresses, bytes.len(), field);
        }
        checksum::fits_transport(protocol, addresses, bytes)
            || is_offloaded(protocol, addresses, bytes.len(), field)
    }
}

/// Seldom, and not to be there where it is not needed.
#[inline(never)]
fn is_offloaded(protocol: u8, addresses: u64, len: usize, field: [u8; 2]) -> bool {
    checksum::is_of_pseudo_header(protocol, addresses, len, field)
}

#[cfg(test)]
mod tests {
    use super::super::{Network, Packet, Transport, checksum::Checksum, decode, tests::menagerie};
    use super::*;

    fn shape(frame: &[u8], verify: bool) -> Option<Shape> {
        let plain = whole(LinkType::Ethernet, frame).as_plain(verify);
        plain.map(|plain| plain.shape())
    }

    fn whole(link_type: LinkType, data: &[u8]) -> Captured<'_> {
        Captured {
            link_type,
            data,
            original_len: data.len(),
        }
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
        frames.retain(|(link_type, frame)| whole(*link_type, frame).as_plain(false).is_some());
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
        let are_usual = frames.iter().map(|(link_type, frame)| {
            let captured = whole(*link_type, frame);
            [false, true].map(|verify| captured.as_tcp_over_ipv4(verify).is_some())
        });
        let are_usual: Vec<_> = are_usual.collect();
        assert_eq!(are_usual, [[true; 2], [false; 2], [false; 2], [false; 2]]);
    }

    #[test]
    fn what_the_capture_cut_is_not_plain() {
        for (link_type, frame) in plain_frames() {
            let cut = Captured {
                original_len: frame.len() + 1,
                ..whole(link_type, &frame)
            };
            for captured in [cut, whole(LinkType::RawIp, &frame)] {
                assert!(captured.as_plain(false).is_none());
                assert!(captured.as_tcp_over_ipv4(false).is_none());
            }
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
            if let Some(straight) = whole(link_type, &frame).as_plain(false) {
                plain += 1;
                let again = straight.shape().on(&frame).expect("it is");
                assert_eq!(format!("{again:?}"), format!("{straight:?}"));
                assert_same(&straight, &descended(&frame));
            }
            Ok(())
        });
        assert!(plain > 10, "{plain}");
    }

    /// A frame of TCP over IPv4, some of whose bytes are something else.
    #[test]
    fn the_usual_kind_is_found_where_any_is() {
        let (link_type, usual) = plain_frames().swap_remove(0);
        arbtest::arbtest(|u| {
            let mut frame = usual.clone();
            for _ in 0..u.int_in_range(0..=2)? {
                let at = u.choose_index(frame.len())?;
                frame[at] = u.arbitrary()?;
            }
            frame.resize(frame.len() + u.int_in_range(0..=6)? - 3, 0);
            let captured = whole(link_type, &frame);
            for verify in [false, true] {
                let any = captured.as_plain(verify);
                if let Some(usual) = captured.as_tcp_over_ipv4(verify) {
                    let any = any.expect("it is plain");
                    assert_eq!(format!("{usual:?}"), format!("{any:?}"));
                } else if let Some(shape) = any.map(|any| any.shape()) {
                    // The checksum may be left to the sender's card.
                    assert!(verify || !shape.is_tcp || !shape.is_ipv4);
                }
            }
            Ok(())
        });
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
        if let Some(segment) = plain.segment() {
            assert_eq!(plain.numbers(), segment.numbers());
        }
        let (ports, len) = match &carried {
            Transport::Tcp(it) => ((it.source_port, it.destination_port), it.payload_len),
            Transport::Udp(it) => ((it.source_port, it.destination_port), it.payload_len),
            _ => unreachable!("it is neither"),
        };
        assert_eq!((plain.ports(), plain.payload_len()), (ports, len));
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
                &plain.len.to_be_bytes(),
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
