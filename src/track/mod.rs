//! What a bystander can know. Time arrives with the packet; there is no clock and no I/O in here.
//!
//! [`Tracker::observe`] is told of each packet in turn, [`Tracker::tick`] that time passes without one, and
//! [`Tracker::finish`] that the end has come. Each hands on [`event::Event`]s.

pub mod event;
pub mod flow;

mod address;
mod bounded;
mod brief;
mod fetch;
mod fragment;
mod hosts;
mod icmp;
mod index;
mod rank;
mod route;
mod seen;
mod span;
mod spare;
mod stream;
mod table;
mod tcp;
mod tracker;
mod udp;

pub use brief::{Briefs, Chunk, Guess, Guesses, KeyOf, NO_GUESSES};
pub use hosts::{Book, Note};
pub use rank::{Outranked, Rank, Untold};
pub use table::KeyHash;
pub use tracker::Tracker;

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;

use crate::decode::MacAddr;

/// What the tracker is to know and how much it may hold.
#[derive(Clone, Debug)]
pub struct Config {
    /// What somebody listens for.
    pub interest: Interest,
    /// The subnets that are known, from the interface or the user.
    pub nets: Vec<IpNet>,
    /// At most this many connections, and as many exchanges.
    pub max_connections: usize,
    /// At most this many hosts and hardware addresses.
    pub max_hosts: usize,
    /// At most this many bytes of fragments that wait for others.
    pub max_fragment_bytes: usize,
    /// At most this many bytes of streams: messages not ended, bytes behind gaps.
    pub max_stream_bytes: usize,
    /// After how long of silence something is over.
    pub idle: Idle,
    /// What wrong checksums mean.
    pub checksums: Checksums,
}

/// What a segment's, a datagram's or an ICMP message's wrong checksum means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Checksums {
    /// Its receiver threw it away: it is told of and changes nothing.
    #[default]
    Verify,
    /// Nothing: the capture was made where checksums are not what was on the wire.
    Ignore,
}

/// After how long of silence, in capture time, something is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idle {
    /// An attempt, since its last SYN.
    pub half_open: Duration,
    /// A connection. Long, so that a chat that falls silent is not split.
    pub established: Duration,
    /// An exchange.
    pub exchange: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self::reading()
    }
}

impl Config {
    /// Everything heard, with the limits for reading files: 4 million connections, 16,384 hosts, 4 MiB of
    /// fragments, 64 MiB of streams.
    pub fn reading() -> Self {
        Self {
            interest: Interest {
                events: true,
                text: true,
                whole: false,
            },
            nets: Vec::new(),
            max_connections: 4_000_000,
            max_hosts: 16_384,
            max_fragment_bytes: 4 << 20,
            max_stream_bytes: 64 << 20,
            idle: Idle {
                half_open: Duration::from_secs(130),
                established: Duration::from_hours(5 * 24),
                exchange: Duration::from_hours(1),
            },
            checksums: Checksums::Verify,
        }
    }

    /// The same for a live interface: 262,144 connections.
    pub fn live() -> Self {
        Self {
            max_connections: 262_144,
            ..Self::reading()
        }
    }
}

/// What somebody listens for. Nothing else is built: a summary of a big file costs no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interest {
    /// Every event, not only the records of closed connections and exchanges.
    pub events: bool,
    /// What was said: the bytes of messages.
    pub text: bool,
    /// All bytes of a message, also where they are no text. Without `text` it means nothing.
    pub whole: bool,
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
    /// Packets with a wrong checksum, of the IP header or of what it carries.
    pub bad_checksums: u64,
    /// What was let go because a table was full.
    pub evicted: Evicted,
    /// The records that were left out.
    pub untold: Untold,
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

impl Host {
    /// A host of which only the address is known.
    const fn new(ip: IpAddr, first_frame: u64) -> Self {
        Self {
            ip,
            mac: None,
            learnt_in: None,
            behind_gateway: false,
            gateway: false,
            conflict: false,
            connections: 0,
            exchanges: 0,
            first_frame,
        }
    }
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
    /// Gaps of streams that were waited for no longer: what came after them was told without them.
    pub stream_gaps: u64,
}
