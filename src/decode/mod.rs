//! Bytes to headers. Decoding cannot fail, cannot panic and allocates nothing.
//!
//! [`decode`] descends through the layers as they lie on the wire. What was read is kept; where
//! reading stopped, [`Packet::error`] says at which layer, at which byte and why. Lengths come from
//! the headers, checked against the frame, so Ethernet padding never becomes payload.

pub mod arp;
pub mod checksum;
pub mod ethernet;
pub mod icmp;
pub mod icmpv6;
pub mod ipv4;
pub mod ipv6;
pub mod loopback;
pub mod sll;
pub mod tcp;
pub mod udp;
pub mod vlan;

mod error;

pub use error::{DecodeError, Layer, Reason};
pub use ethernet::{EtherType, MacAddr};

use std::net::IpAddr;

use crate::link_type::LinkType;

/// A decoded frame: its layers, and the bytes that belong to none of them.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// The link-layer header.
    pub link: Link,
    /// 802.1Q and 802.1ad tags between the link header and the network layer, outermost first.
    pub tags: vlan::Tags,
    /// The network layer and what it carries.
    pub network: Network<'a>,
    /// Bytes after the end that the network header tells: Ethernet padding, or a trailer.
    pub padding: &'a [u8],
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
    /// byte (spanning tree, NetBIOS, IS-IS …).
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
    /// An ICMPv6 message.
    Icmpv6(icmpv6::Message<'a>),
    /// A piece of a fragmented packet, the first piece too: it is entered once it is whole.
    Fragment(&'a [u8]),
    /// A protocol that is named but not entered (GRE, IP in IP, SCTP …), by its number.
    Other(u8, &'a [u8]),
    /// Reading stopped; [`Packet::error`] says why. The bytes are those that were not read.
    Unread(&'a [u8]),
}
