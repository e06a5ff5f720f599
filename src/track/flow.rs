//! Who talks with whom: a directed pair to talk about, an order-free key to look up.

use std::{
    fmt,
    hash::{Hash, Hasher},
    hint::cold_path,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use crate::decode::{Network, Plain, plain::Addresses};

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
    /// Both addresses in 32 bits each, and both ports in 16 bits each.
    V4(u64, u32),
    /// Both addresses in 128 bits each, and the ports.
    V6([u64; 4], u32),
}

/// A [`FlowKey`] as a table keeps it: most are of IPv4, and these must be small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptKey {
    /// As in [`FlowKey::V4`].
    V4(u64, u32),
    /// As in [`FlowKey::V6`].
    V6(Box<([u64; 4], u32)>),
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
                (header.source, source_port),
                (header.destination, destination_port),
            )),
            Network::Arp(_) | Network::Other(..) | Network::Unread(_) => None,
        }
    }

    /// The key of the ends of what a plain frame carries, as [`FlowKey::ordered`].
    #[inline]
    pub fn of_plain(plain: &Plain<'_>) -> (Self, bool) {
        let (source_port, destination_port) = plain.ports();
        match plain.ip_addresses() {
            Addresses::V4(source, destination) => {
                Self::of_ipv4((source, source_port), (destination, destination_port))
            }
            Addresses::V6(source, destination) => {
                Self::of_ipv6((source, source_port), (destination, destination_port))
            }
        }
    }

    /// The key of two ends, and whether the first is the lower.
    #[inline]
    pub fn ordered(one: Endpoint, other: Endpoint) -> (Self, bool) {
        // Two families never meet in one packet.
        let wide = |ip| match ip {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        match (one.ip, other.ip) {
            (IpAddr::V4(ip), IpAddr::V4(other_ip)) => {
                Self::of_ipv4((ip, one.port), (other_ip, other.port))
            }
            _ => Self::of_ipv6((wide(one.ip), one.port), (wide(other.ip), other.port)),
        }
    }

    /// As [`FlowKey::ordered`], of addresses and ports of IPv4.
    #[inline]
    pub fn of_ipv4(one: (Ipv4Addr, u16), other: (Ipv4Addr, u16)) -> (Self, bool) {
        let addresses = u64::from(one.0.to_bits()) << 32 | u64::from(other.0.to_bits());
        let ports = ports(one.1, other.1);
        let turned = (addresses.rotate_left(32), ports.rotate_left(16));
        let is_lower = if addresses == turned.0 {
            cold_path();
            ports <= turned.1
        } else {
            addresses < turned.0
        };
        // Chosen without a branch: which is lower cannot be foretold.
        let (addresses, ports) = if is_lower { (addresses, ports) } else { turned };
        (Self::V4(addresses, ports), is_lower)
    }

    /// As [`FlowKey::ordered`], of addresses and ports of IPv6.
    #[inline]
    pub fn of_ipv6(one: (Ipv6Addr, u16), other: (Ipv6Addr, u16)) -> (Self, bool) {
        let [one, other] = [one, other].map(|(ip, port)| (ip.to_bits(), port));
        let is_lower = one <= other;
        let (lower, higher) = if is_lower { (one, other) } else { (other, one) };
        let halves = |ip: u128| [(ip >> 64) as u64, ip as u64];
        let ([l0, l1], [h0, h1]) = (halves(lower.0), halves(higher.0));
        let key = Self::V6([l0, l1, h0, h1], ports(lower.1, higher.1));
        (key, is_lower)
    }

    /// The conversation that begins at the lower end, or at the higher.
    pub fn flow(&self, from_lower: bool) -> Flow {
        let (lower, higher, ports): (IpAddr, IpAddr, _) = match *self {
            Self::V4(addresses, ports) => {
                let ip = |bits| Ipv4Addr::from_bits(bits).into();
                (ip((addresses >> 32) as u32), ip(addresses as u32), ports)
            }
            Self::V6([l0, l1, h0, h1], ports) => {
                let ip = |high, low| {
                    Ipv6Addr::from_bits(u128::from(high) << 64 | u128::from(low)).into()
                };
                (ip(l0, l1), ip(h0, h1), ports)
            }
        };
        let lower = Endpoint::new(lower, (ports >> 16) as u16);
        let higher = Endpoint::new(higher, ports as u16);
        let (orig, resp) = if from_lower {
            (lower, higher)
        } else {
            (higher, lower)
        };
        Flow { orig, resp }
    }
}

#[inline]
fn ports(lower: u16, higher: u16) -> u32 {
    u32::from(lower) << 16 | u32::from(higher)
}

impl Hash for FlowKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        match *self {
            Self::V4(addresses, ports) => {
                state.write_u128(u128::from(addresses) << 64 | u128::from(ports));
            }
            Self::V6([l0, l1, h0, h1], ports) => {
                state.write_u128(u128::from(l0) << 64 | u128::from(l1));
                state.write_u128(u128::from(h0) << 64 | u128::from(h1));
                state.write_u32(ports);
            }
        }
    }
}

impl From<FlowKey> for KeptKey {
    fn from(key: FlowKey) -> Self {
        match key {
            FlowKey::V4(addresses, ports) => Self::V4(addresses, ports),
            FlowKey::V6(addresses, ports) => Self::V6(Box::new((addresses, ports))),
        }
    }
}

impl From<&KeptKey> for FlowKey {
    #[inline]
    fn from(key: &KeptKey) -> Self {
        match key {
            KeptKey::V4(addresses, ports) => Self::V4(*addresses, *ports),
            KeptKey::V6(kept) => Self::V6(kept.0, kept.1),
        }
    }
}

impl PartialEq<KeptKey> for FlowKey {
    #[inline]
    fn eq(&self, kept: &KeptKey) -> bool {
        match (self, kept) {
            (Self::V4(addresses, ports), KeptKey::V4(kept, kept_ports)) => {
                (*addresses ^ *kept) | u64::from(*ports ^ *kept_ports) == 0
            }
            (Self::V6(addresses, ports), KeptKey::V6(kept)) => (*addresses, *ports) == **kept,
            _ => false,
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

    /// One side's and the other's, to change.
    #[inline]
    pub const fn split_mut(&mut self, side: Side) -> (&mut T, &mut T) {
        match side {
            Side::Orig => (&mut self.orig, &mut self.resp),
            Side::Resp => (&mut self.resp, &mut self.orig),
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
