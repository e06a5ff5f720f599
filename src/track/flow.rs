//! Who talks with whom: a directed pair to talk about, an order-free key to look up.

use std::{
    fmt,
    hash::{Hash, Hasher},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use crate::decode::Network;

/// One end of a conversation: `192.168.15.73:8520`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// Address.
    pub ip: IpAddr,
    /// Port.
    pub port: u16,
}

impl Endpoint {
    /// An address and a port.
    pub const fn new(ip: IpAddr, port: u16) -> Self {
        Self { ip, port }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::new(self.ip, self.port).fmt(f)
    }
}

/// A conversation from its originator to its responder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flow {
    /// Who began it.
    pub orig: Endpoint,
    /// Who was spoken to.
    pub resp: Endpoint,
}

impl Flow {
    /// The endpoint of one side.
    pub const fn endpoint(&self, side: Side) -> Endpoint {
        match side {
            Side::Orig => self.orig,
            Side::Resp => self.resp,
        }
    }
}

/// Both ends of a conversation, in whichever direction: what it is looked up by. The lower end comes
/// first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowKey {
    /// Both addresses, then both ports in 16 bits each.
    V4([u32; 3]),
    /// Addresses of 128 bits, then the port.
    V6((u128, u16), (u128, u16)),
}

/// A [`FlowKey`] as a table keeps it: most are of IPv4, and these must be small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptKey {
    /// As in [`FlowKey::V4`].
    V4([u32; 3]),
    /// An address of 128 bits, then its port; then the other.
    V6(Box<[u16; 18]>),
}

impl FlowKey {
    /// The key of two ends, the same in both directions.
    pub fn new(one: Endpoint, other: Endpoint) -> Self {
        Self::ordered(one, other).0
    }

    /// The key of the ends of what an IP packet carries, as [`FlowKey::ordered`].
    #[inline]
    pub fn of(
        network: &Network<'_>,
        source_port: u16,
        destination_port: u16,
    ) -> Option<(Self, bool)> {
        match network {
            Network::Ipv4(header, _) => Some(Self::of_ipv4(
                (header.source, source_port),
                (header.destination, destination_port),
            )),
            Network::Ipv6(header, _) => Some(Self::of_ipv6(
                Endpoint::new(header.source.into(), source_port),
                Endpoint::new(header.destination.into(), destination_port),
            )),
            Network::Arp(_) | Network::Other(..) | Network::Unread(_) => None,
        }
    }

    /// The key of two ends, and whether the first is the lower.
    #[inline]
    pub fn ordered(one: Endpoint, other: Endpoint) -> (Self, bool) {
        match (one.ip, other.ip) {
            (IpAddr::V4(ip), IpAddr::V4(other_ip)) => {
                Self::of_ipv4((ip, one.port), (other_ip, other.port))
            }
            _ => Self::of_ipv6(one, other),
        }
    }

    /// As [`FlowKey::ordered`], of addresses and ports of IPv4.
    #[inline]
    pub fn of_ipv4(one: (Ipv4Addr, u16), other: (Ipv4Addr, u16)) -> (Self, bool) {
        let key = |(lower, lower_port): (Ipv4Addr, u16), (higher, higher_port): (Ipv4Addr, u16)| {
            let ports = (u32::from(lower_port) << 16) | u32::from(higher_port);
            Self::V4([lower.to_bits(), higher.to_bits(), ports])
        };
        let is_lower = one <= other;
        let key = if is_lower {
            key(one, other)
        } else {
            key(other, one)
        };
        (key, is_lower)
    }

    #[inline(never)]
    fn of_ipv6(one: Endpoint, other: Endpoint) -> (Self, bool) {
        let [one, other] = [one, other].map(|end| {
            let ip = match end.ip {
                // Two families never meet in one packet.
                IpAddr::V4(ip) => ip.to_ipv6_mapped(),
                IpAddr::V6(ip) => ip,
            };
            (ip.to_bits(), end.port)
        });
        (Self::V6(one.min(other), one.max(other)), one <= other)
    }

    /// The conversation that begins at the lower end, or at the higher.
    pub fn flow(&self, from_lower: bool) -> Flow {
        let (lower, higher) = match *self {
            Self::V4([lower, higher, ports]) => {
                let end = |ip, port| Endpoint::new(Ipv4Addr::from_bits(ip).into(), port);
                (end(lower, (ports >> 16) as u16), end(higher, ports as u16))
            }
            Self::V6(lower, higher) => {
                let end = |(ip, port)| Endpoint::new(Ipv6Addr::from_bits(ip).into(), port);
                (end(lower), end(higher))
            }
        };
        let (orig, resp) = if from_lower {
            (lower, higher)
        } else {
            (higher, lower)
        };
        Flow { orig, resp }
    }
}

impl Hash for FlowKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        match *self {
            Self::V4([lower, higher, ports]) => {
                state.write_u64((u64::from(lower) << 32) | u64::from(higher));
                state.write_u32(ports);
            }
            Self::V6(lower, higher) => {
                state.write_u128(lower.0);
                state.write_u128(higher.0);
                state.write_u32((u32::from(lower.1) << 16) | u32::from(higher.1));
            }
        }
    }
}

impl From<FlowKey> for KeptKey {
    fn from(key: FlowKey) -> Self {
        match key {
            FlowKey::V4(kept) => Self::V4(kept),
            FlowKey::V6(lower, higher) => {
                let mut kept = [0; 18];
                let ends = [lower, higher];
                for (pieces, (ip, port)) in kept.chunks_exact_mut(9).zip(ends) {
                    let ip = Ipv6Addr::from_bits(ip).segments();
                    for (piece, from) in pieces.iter_mut().zip(ip.into_iter().chain([port])) {
                        *piece = from;
                    }
                }
                Self::V6(Box::new(kept))
            }
        }
    }
}

impl From<&KeptKey> for FlowKey {
    #[inline]
    fn from(key: &KeptKey) -> Self {
        match key {
            KeptKey::V4(kept) => Self::V4(*kept),
            KeptKey::V6(kept) => {
                let [lower @ .., port, _, _, _, _, _, _, _, _, other_port] = **kept;
                let [_, _, _, _, _, _, _, _, _, higher @ .., _] = **kept;
                let end = |ip: [u16; 8], port| (Ipv6Addr::from(ip).to_bits(), port);
                Self::V6(end(lower, port), end(higher, other_port))
            }
        }
    }
}

impl PartialEq<KeptKey> for FlowKey {
    #[inline]
    fn eq(&self, kept: &KeptKey) -> bool {
        match (self, kept) {
            (Self::V4([lower, higher, ports]), KeptKey::V4(kept)) => {
                (*lower ^ kept[0]) | (*higher ^ kept[1]) | (*ports ^ kept[2]) == 0
            }
            _ => *self == Self::from(kept),
        }
    }
}

impl Hash for KeptKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        FlowKey::from(self).hash(state);
    }
}

/// A side of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The originator.
    Orig,
    /// The responder.
    Resp,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Orig => Self::Resp,
            Self::Resp => Self::Orig,
        }
    }

    /// 0 for the originator, 1 for the responder.
    pub const fn index(self) -> usize {
        match self {
            Self::Orig => 0,
            Self::Resp => 1,
        }
    }
}

/// Something that there is once for each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Both<T> {
    /// The originator's.
    pub orig: T,
    /// The responder's.
    pub resp: T,
}

impl<T> Both<T> {
    /// One side's.
    pub const fn of(&self, side: Side) -> &T {
        match side {
            Side::Orig => &self.orig,
            Side::Resp => &self.resp,
        }
    }

    /// One side's, to change.
    pub const fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Orig => &mut self.orig,
            Side::Resp => &mut self.resp,
        }
    }

    /// Each side gets what was the other's.
    pub const fn swap(&mut self) {
        std::mem::swap(&mut self.orig, &mut self.resp);
    }

    /// The same question asked of both.
    pub fn map<U>(&self, mut ask: impl FnMut(&T) -> U) -> Both<U> {
        Both {
            orig: ask(&self.orig),
            resp: ask(&self.resp),
        }
    }
}

impl Both<u64> {
    /// Both sides together.
    pub const fn total(&self) -> u64 {
        self.orig.saturating_add(self.resp)
    }
}
