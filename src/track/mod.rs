//! What a bystander can know. Time arrives with the packet; there is no clock and no I/O in here.

pub mod event;
pub mod flow;

use std::net::IpAddr;

use crate::decode::MacAddr;

/// What somebody listens for. Nothing else is built: a summary of a big file costs no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interest {
    /// Every event, not only the records of closed connections and exchanges.
    pub events: bool,
    /// What was said: the bytes of messages.
    pub text: bool,
}

/// What there is to know besides events, at the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    /// The hosts, in order of first appearance.
    pub hosts: Vec<Host>,
    /// What became of ARP questions.
    pub arp: AddressCounts,
    /// What became of IPv6 neighbour solicitations.
    pub neighbors: AddressCounts,
    /// Echo requests, and those answered.
    pub pings: u64,
    /// Echo requests that were answered.
    pub pings_answered: u64,
    /// What was let go because a table was full.
    pub evicted: Evicted,
}

/// A host: an IP address that took part in something.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    /// Its address.
    pub ip: IpAddr,
    /// The hardware address that its frames come from or that it told; absent without a link layer.
    pub mac: Option<MacAddr>,
    /// The frame in which an answer or an announcement told that hardware address.
    pub learnt_in: Option<u64>,
    /// It lies behind a gateway: the hardware address is the gateway's.
    pub behind_gateway: bool,
    /// Frames for other hosts were sent to its hardware address.
    pub gateway: bool,
    /// Another host claimed its address.
    pub conflict: bool,
    /// Connections that it opened or that were opened to it.
    pub connections: u64,
    /// Exchanges that it took part in.
    pub exchanges: u64,
    /// The frame it first appeared in.
    pub first_frame: u64,
}

/// Address resolution in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddressCounts {
    /// Questions, each counted once however often it was repeated.
    pub asked: u64,
    /// Questions answered.
    pub answered: u64,
    /// Questions nobody answered.
    pub unanswered: u64,
    /// Addresses told unasked.
    pub announced: u64,
    /// Probes before taking an address.
    pub probes: u64,
    /// Addresses that two claimed.
    pub conflicts: u64,
}

/// What was let go because a table was full, by table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evicted {
    /// TCP connections.
    pub connections: u64,
    /// UDP exchanges.
    pub exchanges: u64,
    /// Hosts and their hardware addresses.
    pub hosts: u64,
    /// ARP questions, neighbour solicitations and pings that waited for an answer.
    pub questions: u64,
    /// Fragments.
    pub fragments: u64,
    /// Bytes of streams that waited for a gap to be filled.
    pub stream_bytes: u64,
}
