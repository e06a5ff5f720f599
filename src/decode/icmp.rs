//! Internet Control Message Protocol, RFC 792, and the quotes that ICMP and ICMPv6 errors carry.

use std::net::IpAddr;

/// An ICMP message.
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
    /// Types 8 and 0.
    Echo {
        /// A request (8) or a reply (0).
        request: bool,
        /// Tells one `ping` from another.
        identifier: u16,
        /// Counts the questions.
        sequence: u16,
        /// What is sent there and back, as captured.
        payload: &'a [u8],
    },
    /// An error (unreachable, time exceeded, parameter problem, redirect, source quench), with the
    /// packet that caused it.
    Error {
        /// The MTU of the next hop, in "fragmentation needed" (RFC 1191).
        mtu: Option<u32>,
        /// The gateway to use instead, in a redirect.
        gateway: Option<IpAddr>,
        /// The packet that caused it, as far as it is quoted.
        quote: Option<Quote>,
    },
    /// Anything else.
    Other(&'a [u8]),
}

/// The head of the packet that an ICMP error quotes. It was sent, not received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Where it begins in the frame, in bytes.
    pub offset: usize,
    /// Who sent the quoted packet.
    pub source: IpAddr,
    /// To whom.
    pub destination: IpAddr,
    /// What it carries.
    pub protocol: u8,
    /// IPv4 identification, or that of the IPv6 fragment header.
    pub identification: Option<u32>,
    /// Source and destination port, or of an echo the identifier and sequence number; absent when the quote is
    /// too short or begins in the middle of a fragmented packet.
    pub ports: Option<(u16, u16)>,
    /// TCP sequence number, where it is quoted.
    pub sequence: Option<u32>,
    /// UDP length, where it is quoted.
    pub udp_length: Option<u16>,
}
