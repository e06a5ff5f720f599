//! ICMPv6, RFC 4443, with neighbour discovery, RFC 4861.

use std::net::Ipv6Addr;

use super::{MacAddr, icmp::Quote};

/// An ICMPv6 message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Where it begins in the frame, in bytes.
    pub offset: usize,
    /// The whole message as captured.
    pub bytes: &'a [u8],
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// The checksum as it stands.
    pub checksum: u16,
    /// What the type makes of the rest.
    pub body: Body<'a>,
    /// Bytes of the message by the IP header, captured or not.
    pub len: usize,
}

/// The rest of a message, by its type.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// Types 128 and 129.
    Echo {
        /// A request (128) or a reply (129).
        request: bool,
        /// Tells one `ping` from another.
        identifier: u16,
        /// Counts the questions.
        sequence: u16,
        /// What is sent there and back, as captured.
        payload: &'a [u8],
    },
    /// An error (types 1 to 4), with the packet that caused it.
    Error {
        /// The MTU of the next hop, in "packet too big".
        mtu: Option<u32>,
        /// The packet that caused it, as far as it is quoted.
        quote: Option<Quote>,
    },
    /// Type 135: who has this address?
    NeighborSolicitation {
        /// The address asked for.
        target: Ipv6Addr,
        /// The asker's own hardware address, where it tells it.
        source_mac: Option<MacAddr>,
    },
    /// Type 136: this address is at.
    NeighborAdvertisement {
        /// The address told of.
        target: Ipv6Addr,
        /// Its hardware address, where it is told.
        target_mac: Option<MacAddr>,
        /// The sender is a router.
        router: bool,
        /// It answers a question.
        solicited: bool,
        /// It replaces what was known.
        overrides: bool,
    },
    /// Types 133 and 134, and all others.
    Other(&'a [u8]),
}
