//! Address Resolution Protocol, RFC 826, for Ethernet and IPv4.

use std::net::Ipv4Addr;

use super::MacAddr;

/// What an ARP packet does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// 1: who has this address?
    Request,
    /// 2: this address is at.
    Reply,
    /// Anything else (RARP, `InARP` …).
    Other(u16),
}

/// An ARP packet of Ethernet and IPv4 addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Where it begins in the frame, in bytes.
    pub offset: usize,
    /// What it does.
    pub operation: Operation,
    /// The sender's hardware address ("SHA").
    pub sender_mac: MacAddr,
    /// The sender's protocol address ("SPA").
    pub sender_ip: Ipv4Addr,
    /// The target's hardware address ("THA").
    pub target_mac: MacAddr,
    /// The target's protocol address ("TPA").
    pub target_ip: Ipv4Addr,
}
