//! The way down through the layers of a frame.

use std::net::IpAddr;

use super::{
    DecodeError, EtherType, Layer, Link, Network, Packet, Protocol, Transport, ah, arp, ethernet,
    icmp, icmpv6, ipv4, ipv6, llc, loopback, sll, span::Span, tcp, udp, vlan,
};
use crate::link_type::LinkType;

/// Decodes a frame: `data` was captured of `original_len` bytes on the wire.
///
/// Never fails: what was read is kept, and [`Packet::error`] says where reading stopped.
pub fn decode(link_type: LinkType, data: &[u8], original_len: usize) -> Packet<'_> {
    let mut packet = Packet::unread(data, original_len);
    packet.read(link_type);
    packet
}

/// Decodes what an IP packet carries: the `len` bytes of its payload, of which `data` are there, at
/// `offset` in the frame. For a datagram put together from fragments, `offset` is the caller's.
///
/// The two addresses tell the version of IP; the error is as in [`Packet::error`].
pub fn transport(
    protocol: u8,
    source: IpAddr,
    destination: IpAddr,
    offset: usize,
    data: &[u8],
    len: usize,
) -> (Transport<'_>, Option<DecodeError>) {
    let span = Span::new(offset, data, len.max(data.len()));
    let mut transport = Transport::Other(protocol, data);
    let mut error = None;
    match (source, destination) {
        (IpAddr::V4(_), IpAddr::V4(_)) => {
            enter_ipv4_payload(protocol, span, &mut transport, &mut error);
        }
        (IpAddr::V6(_), IpAddr::V6(_)) => {
            // Destination options may stand behind the fragment header, so in the whole.
            let chain = ipv6::follow(protocol, span);
            let (inner, rest) = (chain.protocol, chain.payload);
            match (chain.error, chain.fragment) {
                (Some(_), _) => {
                    transport = Transport::Unread(rest.bytes);
                    error = chain.error;
                }
                // A whole that is a fragment again: RFC 8200 knows only one fragment header.
                (None, Some(_)) => {}
                (None, None) => {
                    enter_transport(inner, Layer::Ipv6, rest, &mut transport, &mut error);
                }
            }
        }
        // Two families never meet in one packet.
        _ => {}
    }
    (transport, error)
}

impl<'a> Packet<'a> {
    /// A frame of which no header was read: `data` was captured of `original_len` bytes on the wire.
    #[inline]
    pub fn unread(data: &'a [u8], original_len: usize) -> Self {
        Self {
            link: Link::Unread,
            tags: vlan::Tags::default(),
            llc: None,
            network: Network::Unread(data),
            padding: &[],
            missing: original_len.saturating_sub(data.len()),
            error: None,
        }
    }

    /// Reads the headers of what is [`unread`](Self::unread): [`decode`] in place. A packet that was read is
    /// left alone.
    pub fn read(&mut self, link_type: LinkType) {
        if let (Link::Unread, Network::Unread(data)) = (&self.link, &self.network) {
            let data = *data;
            let frame = Span::new(0, data, data.len() + self.missing);
            let end = self.enter_link(link_type, frame);
            self.padding = data.get(end..).unwrap_or_default();
        }
    }
}

/// Each step reads one header and returns where the frame's contents end by the headers read, in
/// bytes from its start: what was captured behind that is padding.
impl<'a> Packet<'a> {
    #[inline]
    fn enter_link(&mut self, link_type: LinkType, frame: Span<'a>) -> usize {
        if link_type != LinkType::Ethernet {
            return self.enter_other_link(link_type, frame);
        }
        match ethernet::parse(frame) {
            Ok((header, rest)) => {
                self.link = Link::Ethernet(header);
                self.enter_type_or_length(header.type_or_length, frame, rest)
            }
            Err(error) => self.stop(error, frame),
        }
    }

    #[inline(never)]
    fn enter_other_link(&mut self, link_type: LinkType, frame: Span<'a>) -> usize {
        match link_type {
            LinkType::LinuxSll => match sll::parse(frame) {
                Ok((header, rest)) => {
                    self.link = Link::LinuxSll(header);
                    self.enter_cooked(header.protocol, rest)
                }
                Err(error) => self.stop(error, frame),
            },
            LinkType::LinuxSll2 => match sll::parse_v2(frame) {
                Ok((header, rest)) => {
                    self.link = Link::LinuxSll2(header);
                    self.enter_cooked(header.protocol, rest)
                }
                Err(error) => self.stop(error, frame),
            },
            LinkType::Null | LinkType::Loop => match loopback::parse(link_type, frame) {
                Ok((header, rest)) => {
                    self.link = Link::Loopback(header);
                    self.enter_family(header, rest)
                }
                Err(error) => self.stop(error, frame),
            },
            LinkType::RawIp | LinkType::Ipv4 | LinkType::Ipv6 => {
                self.link = Link::None;
                let is_ipv6 = match link_type {
                    LinkType::RawIp => frame.bytes.first().is_some_and(|first| first >> 4 == 6),
                    _ => link_type == LinkType::Ipv6,
                };
                if is_ipv6 {
                    self.enter_ipv6(frame)
                } else {
                    self.enter_ipv4(frame)
                }
            }
            LinkType::Ethernet | LinkType::Other(_) => {
                self.name(Protocol::LinkType(link_type), frame)
            }
        }
    }

    fn enter_cooked(&mut self, protocol: EtherType, rest: Span<'a>) -> usize {
        match protocol {
            sll::PROTOCOL_LLC => self.enter_llc(rest),
            protocol => self.enter_ether_type(protocol, rest),
        }
    }

    fn enter_family(&mut self, header: loopback::Header, rest: Span<'a>) -> usize {
        if header.is_ipv4() {
            self.enter_ipv4(rest)
        } else if header.is_ipv6() {
            self.enter_ipv6(rest)
        } else {
            self.name(Protocol::Family(header.family), rest)
        }
    }

    /// What follows the Ethernet header or the tag in `head`, by the field at its end.
    #[inline]
    fn enter_type_or_length(&mut self, field: u16, head: Span<'a>, rest: Span<'a>) -> usize {
        if field >= ethernet::MIN_TYPE {
            return self.enter_ether_type(EtherType(field), rest);
        }
        self.enter_802_3(usize::from(field), head, rest)
    }

    #[inline(never)]
    fn enter_802_3(&mut self, length: usize, head: Span<'a>, rest: Span<'a>) -> usize {
        let most = usize::from(ethernet::MAX_LENGTH);
        if length > most {
            let error = head.field(Layer::Ethernet, "type/length", length, most);
            return self.stop(error, rest);
        }
        if length > rest.len {
            let error = head.field(Layer::Ethernet, "length", length, rest.len);
            note(&mut self.error, error);
        }
        self.enter_llc(rest.limit(length))
    }

    fn enter_llc(&mut self, span: Span<'a>) -> usize {
        let (header, rest) = match llc::parse(span) {
            Ok(parsed) => parsed,
            Err(error) => return self.stop(error, span),
        };
        self.llc = Some(header);
        match header.ether_type() {
            Some(ether_type) => self.enter_ether_type(ether_type, rest),
            None => self.name(
                Protocol::Llc {
                    dsap: header.dsap,
                    ssap: header.ssap,
                    control: header.control,
                },
                rest,
            ),
        }
    }

    #[inline]
    fn enter_ether_type(&mut self, ether_type: EtherType, rest: Span<'a>) -> usize {
        match ether_type {
            EtherType::IPV4 => self.enter_ipv4(rest),
            EtherType::IPV6 => self.enter_ipv6(rest),
            other => self.enter_other_type(other, rest),
        }
    }

    #[inline(never)]
    fn enter_other_type(&mut self, ether_type: EtherType, rest: Span<'a>) -> usize {
        if ether_type == EtherType::ARP {
            return self.enter_arp(rest);
        }
        if !vlan::is_tpid(ether_type.0) {
            return self.name(Protocol::EtherType(ether_type), rest);
        }
        let (tci, inner, behind) = match vlan::parse(rest) {
            Ok(parsed) => parsed,
            Err(error) => return self.stop(error, rest),
        };
        let tag = vlan::Tag {
            tpid: ether_type.0,
            tci,
        };
        if !self.tags.push(tag) {
            let error = rest.field(Layer::Vlan, "tags", vlan::MAX_TAGS + 1, vlan::MAX_TAGS);
            return self.stop(error, rest);
        }
        self.enter_type_or_length(inner.0, rest, behind)
    }

    fn enter_arp(&mut self, span: Span<'a>) -> usize {
        match arp::parse(span) {
            Ok(Some(packet)) => {
                self.network = Network::Arp(packet);
                span.offset + arp::LEN
            }
            Ok(None) => self.name(Protocol::EtherType(EtherType::ARP), span),
            Err(error) => self.stop(error, span),
        }
    }

    #[inline]
    fn enter_ipv4(&mut self, span: Span<'a>) -> usize {
        let ipv4::Parsed {
            header,
            payload,
            is_whole,
        } = match ipv4::parse(span, &mut self.error) {
            Ok(parsed) => parsed,
            Err(error) => return self.stop(error, span),
        };
        let (protocol, is_fragment) = (header.protocol, header.is_fragment());
        // Written in place, the outer header first: these are big values to move.
        self.network = Network::Ipv4(header, Transport::Unread(payload.bytes));
        if let Network::Ipv4(_, transport) = &mut self.network {
            if is_fragment && is_whole {
                *transport = Transport::Fragment(payload.bytes);
            } else if is_whole {
                enter_ipv4_payload(protocol, payload, transport, &mut self.error);
            }
        }
        payload.offset + payload.len
    }

    #[inline(never)]
    fn enter_ipv6(&mut self, span: Span<'a>) -> usize {
        let ipv6::Parsed {
            header,
            payload,
            is_whole,
        } = match ipv6::parse(span, &mut self.error) {
            Ok(parsed) => parsed,
            Err(error) => return self.stop(error, span),
        };
        let (protocol, is_fragment) = (header.protocol, header.is_fragment());
        self.network = Network::Ipv6(header, Transport::Unread(payload.bytes));
        if let Network::Ipv6(_, transport) = &mut self.network {
            if is_fragment && is_whole {
                *transport = Transport::Fragment(payload.bytes);
            } else if is_whole {
                enter_transport(protocol, Layer::Ipv6, payload, transport, &mut self.error);
            }
        }
        payload.offset + payload.len
    }

    /// Names a protocol that is not entered.
    fn name(&mut self, protocol: Protocol, span: Span<'a>) -> usize {
        self.network = Network::Other(protocol, span.bytes);
        span.offset + span.len
    }

    /// Stops before `span`.
    #[cold]
    fn stop(&mut self, error: DecodeError, span: Span<'a>) -> usize {
        note(&mut self.error, error);
        self.network = Network::Unread(span.bytes);
        span.offset + span.len
    }
}

/// Reads what IPv4 carries into `transport`.
#[allow(clippy::inline_always)]
#[inline(always)]
fn enter_ipv4_payload<'a>(
    protocol: u8,
    span: Span<'a>,
    transport: &mut Transport<'a>,
    remark: &mut Option<DecodeError>,
) {
    if protocol == ah::PROTOCOL {
        enter_behind_ah(span, transport, remark);
    } else {
        enter_transport(protocol, Layer::Ipv4, span, transport, remark);
    }
}

#[cold]
#[inline(never)]
fn enter_behind_ah<'a>(
    span: Span<'a>,
    transport: &mut Transport<'a>,
    remark: &mut Option<DecodeError>,
) {
    match ah::follow(ah::PROTOCOL, span) {
        Ok((protocol, rest)) => {
            enter_transport(protocol, Layer::Ipv4, rest, transport, remark);
        }
        Err((error, rest)) => {
            *transport = Transport::Unread(rest.bytes);
            note(remark, error);
        }
    }
}

/// Reads a transport into `transport`; `version` is the layer of IP around it.
// Called, it would cost as much again as it does: a segment is a big value to hand over.
#[allow(clippy::inline_always)]
#[inline(always)]
fn enter_transport<'a>(
    protocol: u8,
    version: Layer,
    span: Span<'a>,
    transport: &mut Transport<'a>,
    remark: &mut Option<DecodeError>,
) {
    let stopped = match (protocol, version) {
        (tcp::PROTOCOL, _) => tcp::parse(span, remark).map(|tcp| *transport = Transport::Tcp(tcp)),
        (udp::PROTOCOL, _) => udp::parse(span, remark).map(|udp| *transport = Transport::Udp(udp)),
        (1, Layer::Ipv4) => {
            icmp::parse(span, remark).map(|icmp| *transport = Transport::Icmp(icmp))
        }
        (58, Layer::Ipv6) => {
            icmpv6::parse(span, remark).map(|icmp| *transport = Transport::Icmpv6(icmp))
        }
        _ => {
            *transport = Transport::Other(protocol, span.bytes);
            Ok(())
        }
    };
    if let Err(error) = stopped {
        *transport = Transport::Unread(span.bytes);
        note(remark, error);
    }
}

/// Keeps an error unless an outer layer has one, which explains the inner one.
#[cold]
pub(super) fn note(first: &mut Option<DecodeError>, error: DecodeError) {
    first.get_or_insert(error);
}
