//! The way down through the layers of a frame.

use std::net::IpAddr;

use super::{
    DecodeError, EtherType, Layer, Link, Network, Packet, Protocol, Transport, arp, ethernet, icmp,
    icmpv6, ipv4, ipv6, llc, loopback, sll, span::Span, tcp, udp, vlan,
};
use crate::link_type::LinkType;

/// Decodes a frame: `data` was captured of `original_len` bytes on the wire.
///
/// Never fails: what was read is kept, and [`Packet::error`] says where reading stopped.
#[inline]
pub fn decode(link_type: LinkType, data: &[u8], original_len: usize) -> Packet<'_> {
    let frame = Span::new(0, data, original_len.max(data.len()));
    let mut packet = Packet {
        link: Link::Unread,
        tags: vlan::Tags::default(),
        llc: None,
        network: Network::Unread(data),
        padding: &[],
        missing: frame.len - data.len(),
        error: None,
    };
    let end = packet.enter_link(link_type, frame);
    packet.padding = data.get(end..).unwrap_or_default();
    packet
}

/// Decodes what an IP packet carries: the `len` bytes of its payload, of which `data` are there, at
/// `offset` in the frame. For a datagram put together from fragments, `offset` is the caller's.
///
/// The two addresses tell the version of IP; the error is as in [`Packet::error`].
pub fn transport<'a>(
    protocol: u8,
    source: IpAddr,
    destination: IpAddr,
    offset: usize,
    data: &'a [u8],
    len: usize,
) -> (Transport<'a>, Option<DecodeError>) {
    let span = Span::new(offset, data, len.max(data.len()));
    match (source, destination) {
        (IpAddr::V4(_), IpAddr::V4(_)) => transport_of(protocol, Layer::Ipv4, span),
        (IpAddr::V6(_), IpAddr::V6(_)) => {
            // Destination options may stand behind the fragment header, so in the whole.
            let chain = ipv6::follow(protocol, span);
            match (chain.error, chain.fragment) {
                (Some(error), _) => (Transport::Unread(chain.payload.bytes), Some(error)),
                // A whole that is a fragment again: RFC 8200 knows only one fragment header.
                (None, Some(_)) => (Transport::Other(protocol, data), None),
                (None, None) => transport_of(chain.protocol, Layer::Ipv6, chain.payload),
            }
        }
        // Two families never meet in one packet.
        _ => (Transport::Other(protocol, data), None),
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
            self.note(Some(head.field(
                Layer::Ethernet,
                "length",
                length,
                rest.len,
            )));
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
        let parsed = match ipv4::parse(span) {
            Ok(parsed) => parsed,
            Err(error) => return self.stop(error, span),
        };
        let payload = parsed.payload;
        self.note(parsed.error);
        let (transport, error) = if parsed.is_cut {
            (Transport::Unread(payload.bytes), None)
        } else if parsed.header.is_fragment() {
            (Transport::Fragment(payload.bytes), None)
        } else {
            transport_of(parsed.header.protocol, Layer::Ipv4, payload)
        };
        self.note(error);
        self.network = Network::Ipv4(parsed.header, transport);
        payload.offset + payload.len
    }

    #[inline(never)]
    fn enter_ipv6(&mut self, span: Span<'a>) -> usize {
        let parsed = match ipv6::parse(span) {
            Ok(parsed) => parsed,
            Err(error) => return self.stop(error, span),
        };
        let payload = parsed.payload;
        self.note(parsed.error);
        let (transport, error) = if parsed.is_cut {
            (Transport::Unread(payload.bytes), None)
        } else if parsed.header.is_fragment() {
            (Transport::Fragment(payload.bytes), None)
        } else {
            transport_of(parsed.header.protocol, Layer::Ipv6, payload)
        };
        self.note(error);
        self.network = Network::Ipv6(parsed.header, transport);
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
        self.note(Some(error));
        self.network = Network::Unread(span.bytes);
        span.offset + span.len
    }

    /// Keeps an error unless an outer layer has one, which explains the inner one.
    #[inline]
    fn note(&mut self, error: Option<DecodeError>) {
        if self.error.is_none() {
            self.error = error;
        }
    }
}

/// Reads a transport; `version` is the layer of IP around it.
#[inline]
fn transport_of(
    protocol: u8,
    version: Layer,
    span: Span<'_>,
) -> (Transport<'_>, Option<DecodeError>) {
    let parsed = match (protocol, version) {
        (6, _) => tcp::parse(span).map(|(tcp, error)| (Transport::Tcp(tcp), error)),
        (17, _) => udp::parse(span).map(|(udp, error)| (Transport::Udp(udp), error)),
        (1, Layer::Ipv4) => icmp::parse(span).map(|(icmp, error)| (Transport::Icmp(icmp), error)),
        (58, Layer::Ipv6) => {
            icmpv6::parse(span).map(|(icmp, error)| (Transport::Icmpv6(icmp), error))
        }
        _ => Ok((Transport::Other(protocol, span.bytes), None)),
    };
    parsed.unwrap_or_else(|error| (Transport::Unread(span.bytes), Some(error)))
}
