//! Bytes to headers. Decoding cannot fail, cannot panic and allocates nothing.
//!
//! [`decode`] descends through the layers as they lie on the wire. What was read is kept; where
//! reading stopped, [`Packet::error`] says at which layer, at which byte and why. Lengths come from
//! the headers, checked against the frame, so Ethernet padding never becomes payload.

pub mod ah;
pub mod arp;
pub mod checksum;
pub mod ethernet;
pub mod icmp;
pub mod icmpv6;
pub mod ipv4;
pub mod ipv6;
pub mod llc;
pub mod loopback;
pub mod sll;
pub mod tcp;
pub mod tunnel;
pub mod udp;
pub mod vlan;

mod descent;
mod error;
pub mod plain;
mod span;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use descent::{decode, transport};
pub use error::{DecodeError, Layer, Reason};
pub use ethernet::{EtherType, MacAddr};
pub use plain::{Addresses, Captured, Plain, Shape};

use std::net::IpAddr;

use crate::link_type::LinkType;

/// A decoded frame: its layers, and the bytes that belong to none of them.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// The link-layer header.
    pub link: Link,
    /// 802.1Q and 802.1ad tags between the link header and the network layer, outermost first.
    pub tags: vlan::Tags,
    /// The LLC header behind an 802.3 length, with its SNAP extension.
    pub llc: Option<llc::Header>,
    /// The network layer and what it carries.
    pub network: Network<'a>,
    /// Bytes after the end that the network header tells: Ethernet padding, or a trailer.
    pub padding: &'a [u8],
    /// Bytes of the frame that were on the wire and are not in the capture (snaplen).
    pub missing: usize,
    /// Where and why reading stopped before the innermost header was read, or which header says
    /// something that cannot be.
    pub error: Option<DecodeError>,
}

/// The link-layer header.
#[derive(Clone, Copy, Debug)]
pub enum Link {
    /// Ethernet II or 802.3.
    Ethernet(ethernet::Header),
    /// Linux cooked capture, version 1.
    LinuxSll(sll::Header),
    /// Linux cooked capture, version 2.
    LinuxSll2(sll::HeaderV2),
    /// BSD loopback (NULL or LOOP).
    Loopback(loopback::Header),
    /// The frame begins with the network layer.
    None,
    /// A link type that is not decoded, or a header that could not be read.
    Unread,
}

/// The network layer.
#[derive(Clone, Copy, Debug)]
pub enum Network<'a> {
    /// Address resolution.
    Arp(arp::Packet),
    /// IPv4 and its payload.
    Ipv4(ipv4::Header<'a>, Transport<'a>),
    /// IPv6, its extension headers and its payload.
    Ipv6(ipv6::Header<'a>, Transport<'a>),
    /// A protocol that is named but not entered, with its bytes.
    Other(Protocol, &'a [u8]),
    /// Reading stopped; [`Packet::error`] says why. The bytes are those that were not read.
    Unread(&'a [u8]),
}

/// A network-layer protocol that is not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// By its ether type.
    EtherType(EtherType),
    /// IEEE 802.2 logical link control: the destination and source access points and the control
    /// byte (spanning tree, `NetBIOS`, IS-IS …).
    Llc {
        /// Destination service access point.
        dsap: u8,
        /// Source service access point.
        ssap: u8,
        /// First byte of the control field.
        control: u8,
    },
    /// By the protocol family of a BSD loopback header.
    Family(u32),
    /// A whole link type.
    LinkType(LinkType),
}

/// What an IP packet carries.
#[derive(Clone, Copy, Debug)]
pub enum Transport<'a> {
    /// A TCP segment.
    Tcp(tcp::Segment<'a>),
    /// A UDP datagram.
    Udp(udp::Datagram<'a>),
    /// An ICMP message (IPv4).
    Icmp(icmp::Message<'a>),
    /// An `ICMPv6` message.
    Icmpv6(icmpv6::Message<'a>),
    /// A piece of a fragmented packet, the first piece too: it is entered once it is whole.
    Fragment(&'a [u8]),
    /// A protocol that is named but not entered (GRE, IP in IP, SCTP …), by its number.
    Other(u8, &'a [u8]),
    /// Reading stopped; [`Packet::error`] says why. The bytes are those that were not read.
    Unread(&'a [u8]),
}

/// What became of a frame. Each frame is exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Read to the innermost layer that we know, or to where the capture cut it.
    Decoded,
    /// A header says something impossible, or the frame ends within it.
    Malformed,
    /// Its link type, network layer or transport is named but not entered.
    Unsupported,
}

/// A piece of a fragmented packet, whichever version of IP it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// From whom.
    pub source: IpAddr,
    /// To whom.
    pub destination: IpAddr,
    /// What the whole carries; with IPv6, only the first fragment's is to be trusted (RFC 8200 4.5).
    pub protocol: u8,
    /// Ties the pieces together: 16 bits with IPv4, 32 with IPv6.
    pub identification: u32,
    /// Where this piece belongs in the whole, in bytes.
    pub offset: usize,
    /// More pieces follow.
    pub more: bool,
    /// The piece as captured.
    pub bytes: &'a [u8],
    /// Its length in bytes by the IP header, captured or not.
    pub len: usize,
}

impl<'a> Packet<'a> {
    /// Whether the capture left out any of the frame, if only of its payload.
    #[inline]
    pub const fn is_truncated(&self) -> bool {
        self.missing > 0
    }

    /// What became of the frame. A header that only the capture cut counts as decoded.
    #[inline]
    pub fn verdict(&self) -> Verdict {
        match (&self.error, &self.network) {
            (Some(error), _) if error.reason != Reason::Truncated => Verdict::Malformed,
            // The end of the headers was reached, as the sender meant it.
            (None, Network::Ipv6(_, Transport::Other(59, _))) => Verdict::Decoded,
            (
                _,
                Network::Other(..)
                | Network::Ipv4(_, Transport::Other(..))
                | Network::Ipv6(_, Transport::Other(..)),
            ) => Verdict::Unsupported,
            _ => Verdict::Decoded,
        }
    }

    /// The sender's hardware address, where the link layer tells one.
    #[inline]
    pub const fn source_mac(&self) -> Option<MacAddr> {
        match self.link {
            Link::Ethernet(header) => Some(header.source),
            Link::LinuxSll(header) => header.source,
            Link::LinuxSll2(header) => header.source,
            Link::Loopback(_) | Link::None | Link::Unread => None,
        }
    }

    /// The receiver's hardware address; cooked captures have none.
    #[inline]
    pub const fn destination_mac(&self) -> Option<MacAddr> {
        match self.link {
            Link::Ethernet(header) => Some(header.destination),
            _ => None,
        }
    }

    /// The piece of a fragmented packet that this is, if it is one.
    #[inline]
    pub fn fragment(&self) -> Option<Fragment<'a>> {
        match &self.network {
            Network::Ipv4(header, Transport::Fragment(bytes)) => Some(Fragment {
                source: header.source.into(),
                destination: header.destination.into(),
                protocol: header.protocol,
                identification: header.identification.into(),
                offset: header.fragment_offset,
                more: header.more_fragments,
                bytes,
                len: header.payload_len,
            }),
            Network::Ipv6(header, Transport::Fragment(bytes)) => {
                let fragment = header.fragment?;
                Some(Fragment {
                    source: header.source.into(),
                    destination: header.destination.into(),
                    protocol: header.protocol,
                    identification: fragment.identification,
                    offset: fragment.offset,
                    more: fragment.more,
                    bytes,
                    len: header.payload_len,
                })
            }
            _ => None,
        }
    }
}

impl<'a> Network<'a> {
    /// Source and destination of an IP packet.
    #[inline]
    pub const fn addresses(&self) -> Option<(IpAddr, IpAddr)> {
        match self {
            Self::Ipv4(header, _) => {
                Some((IpAddr::V4(header.source), IpAddr::V4(header.destination)))
            }
            Self::Ipv6(header, _) => {
                Some((IpAddr::V6(header.source), IpAddr::V6(header.destination)))
            }
            Self::Arp(_) | Self::Other(..) | Self::Unread(_) => None,
        }
    }

    /// What an IP packet carries.
    #[inline]
    pub const fn transport(&self) -> Option<&Transport<'a>> {
        match self {
            Self::Ipv4(_, transport) | Self::Ipv6(_, transport) => Some(transport),
            Self::Arp(_) | Self::Other(..) | Self::Unread(_) => None,
        }
    }

    /// The number of the protocol that an IP packet carries.
    #[inline]
    pub const fn protocol(&self) -> Option<u8> {
        match self {
            Self::Ipv4(header, _) => Some(header.protocol),
            Self::Ipv6(header, _) => Some(header.protocol),
            Self::Arp(_) | Self::Other(..) | Self::Unread(_) => None,
        }
    }

    /// The addresses that a transport's checksum covers: those of the IP header, or with a source
    /// route (IPv4) or routing header (IPv6) that is not used up its last address as the destination.
    #[inline]
    pub fn checksum_addresses(&self) -> Option<(IpAddr, IpAddr)> {
        match self {
            Self::Ipv4(header, _) if header.bytes.len() > ipv4::MIN_HEADER_LEN => {
                Some((header.source.into(), header.final_destination().into()))
            }
            Self::Ipv6(header, _) => {
                Some((header.source.into(), header.final_destination().into()))
            }
            _ => self.addresses(),
        }
    }

    /// The verdict on the checksum of what an IP packet carries; unverifiable where there is none.
    #[inline]
    pub fn transport_checksum(&self) -> checksum::Checksum {
        match self {
            // Nearly all have no option that could change the destination.
            Self::Ipv4(header, transport) if header.bytes.len() == ipv4::MIN_HEADER_LEN => {
                let addresses = checksum::ipv4_addresses(header.source, header.destination);
                checksum::of_transport(addresses, true, transport)
            }
            Self::Ipv6(header, transport) if header.bytes.len() == ipv6::HEADER_LEN => {
                let addresses = checksum::ipv6_addresses(header.source, header.destination);
                checksum::of_transport(addresses, false, transport)
            }
            _ => self.checksum_with_options(),
        }
    }

    fn checksum_with_options(&self) -> checksum::Checksum {
        match (self.checksum_addresses(), self.transport()) {
            (Some((source, destination)), Some(transport)) => {
                checksum::transport(source, destination, transport)
            }
            _ => checksum::Checksum::Unverifiable,
        }
    }
}
