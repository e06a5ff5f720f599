//! Which way a frame took: straight to its destination's hardware address, or to a gateway's because the
//! destination lies outside the sender's subnet.

use std::{
    hash::{Hash, Hasher},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::{
    decode::{MacAddr, Packet, Plain, vlan::MAX_TAGS},
    track::{
        address::Memory,
        event::{OffSubnet, Route},
    },
};

/// Inferred subnets are at most this fine: what most networks use.
const USUAL_V4: u8 = 24;
const USUAL_V6: u8 = 64;

/// An address that is hashed as a number: that takes far less than byte by byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub IpAddr);

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.0 {
            IpAddr::V4(ip) => state.write_u32(ip.to_bits()),
            IpAddr::V6(ip) => state.write_u128(ip.to_bits()),
        }
    }
}

/// A broadcast domain, by the VLANs that the tags of its frames name, outermost first. What address
/// resolution says in one means nothing in another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lan([u16; MAX_TAGS]);

impl Hash for Lan {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // As one number: that takes far less than tag by tag.
        let tags = self.0.iter();
        state.write_u64(tags.fold(0, |number, tag| number << 16 | u64::from(*tag)));
    }
}

impl Lan {
    /// That of a packet. A tag of VLAN 0 carries a priority only.
    pub fn of(packet: &Packet<'_>) -> Self {
        let mut lan = Self::default();
        let vlans = packet.tags.iter().map(|tag| tag.vlan_id());
        for (slot, vlan) in lan.0.iter_mut().zip(vlans.filter(|vlan| *vlan != 0)) {
            *slot = vlan;
        }
        lan
    }
}

/// A packet's addresses of both layers.
#[derive(Clone, Copy, Debug)]
pub struct Carried {
    /// The IP packet's sender.
    pub source: IpAddr,
    /// The IP packet's receiver.
    pub destination: IpAddr,
    /// The frame's sender, where the link layer tells one.
    pub source_mac: Option<MacAddr>,
    /// The frame's receiver, likewise.
    pub destination_mac: Option<MacAddr>,
    /// Where that was.
    pub lan: Lan,
}

impl Carried {
    /// Those of an IP packet.
    pub fn of(packet: &Packet<'_>) -> Option<Self> {
        let (source, destination) = packet.network.addresses()?;
        Some(Self {
            source,
            destination,
            source_mac: packet.source_mac(),
            destination_mac: packet.destination_mac(),
            lan: Lan::of(packet),
        })
    }

    /// Several hosts may receive it.
    pub fn is_to_many(&self) -> bool {
        let is_broadcast = matches!(self.destination, IpAddr::V4(ip) if ip.is_broadcast());
        is_broadcast
            || self.destination.is_multicast()
            || self.destination_mac.is_some_and(MacAddr::is_multicast)
    }
}

/// An IP packet that something came in.
#[derive(Clone, Copy, Debug)]
pub enum Carrier<'a> {
    /// A plain frame.
    Plain(&'a Plain<'a>),
    /// Any other.
    Packet(&'a Packet<'a>),
}

impl Carrier<'_> {
    /// The frame's sender, where the link layer tells one.
    pub fn source_mac(&self) -> Option<MacAddr> {
        match self {
            Self::Plain(plain) => Some(plain.source_mac()),
            Self::Packet(packet) => packet.source_mac(),
        }
    }

    /// The packet's addresses.
    pub fn carried(&self) -> Option<Carried> {
        match self {
            Self::Plain(plain) => {
                let (source, destination) = plain.addresses();
                Some(Carried {
                    source,
                    destination,
                    source_mac: Some(plain.source_mac()),
                    destination_mac: Some(plain.destination_mac()),
                    lan: Lan::default(),
                })
            }
            Self::Packet(packet) => Carried::of(packet),
        }
    }
}

/// What explains which way a packet took. It is asked for the first packet of a conversation only.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// The packet.
    pub packet: Carrier<'a>,
    /// The subnets that are known, from the interface or the user.
    pub nets: &'a [IpNet],
    /// What address resolution told.
    pub memory: &'a Memory,
}

/// A conversation that is new.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// The addresses of its first packet.
    pub carried: Option<Carried>,
    /// The gateway that its first frame went to, where the destination lies outside the subnet.
    pub gateway: Option<MacAddr>,
}

impl Opened {
    /// A conversation whose first packet had these addresses and took this route.
    pub fn new(carried: Option<Carried>, route: Option<&Route>) -> Self {
        let off_subnet = route.and_then(|route| route.off_subnet.as_ref());
        Self {
            carried,
            gateway: off_subnet.map(|off_subnet| off_subnet.gateway_mac),
        }
    }
}

impl Way<'_> {
    /// The route of the packet, of which these are the addresses, and, where somebody listens, the frames that made
    /// it possible.
    pub fn explain(
        &self,
        carried: Option<&Carried>,
        is_listened_to: bool,
    ) -> (Option<Route>, Vec<u64>) {
        match carried {
            Some(
                path @ Carried {
                    source_mac: Some(source_mac),
                    destination_mac: Some(destination_mac),
                    ..
                },
            ) => {
                let macs = (*source_mac, *destination_mac);
                explain(path, macs, self.nets, self.memory, is_listened_to)
            }
            _ => (None, Vec::new()),
        }
    }
}

/// The route and the frames that made it possible. Without a known subnet that holds the sender, the subnet is
/// inferred from the answers seen.
fn explain(
    path: &Carried,
    (source_mac, destination_mac): (MacAddr, MacAddr),
    nets: &[IpNet],
    memory: &Memory,
    is_listened_to: bool,
) -> (Option<Route>, Vec<u64>) {
    if destination_mac.is_multicast() || destination_mac == MacAddr::ZERO {
        return (None, Vec::new());
    }
    let known_net = nets
        .iter()
        .filter(|net| net.contains(&path.source))
        .max_by_key(|net| net.prefix_len());
    let told = |ip: IpAddr| memory.frame_that_told(path.lan, source_mac, ip, destination_mac);
    let gateways = memory.owned_by(path.lan, destination_mac);
    let gateway = gateways
        .iter()
        .copied()
        .find(|ip| told(*ip).is_some())
        .or_else(|| gateways.first().copied())
        .filter(|ip| *ip != path.destination);
    let mac = destination_mac;
    if !is_listened_to && known_net.is_none() && gateway.is_none() {
        let off_subnet = None;
        return (Some(Route { off_subnet, mac }), Vec::new());
    }
    let straight = told(path.destination);
    let is_own = memory
        .binding(path.lan, path.destination)
        .is_some_and(|(mac, _)| mac == destination_mac);
    let off_subnet = match known_net {
        Some(net) if net.contains(&path.destination) => None,
        Some(net) => Some(OffSubnet {
            gateway_ip: gateway,
            gateway_mac: mac,
            net: Some(*net),
            net_known: true,
        }),
        None if is_own || straight.is_some() => None,
        None => gateway.and_then(|ip| {
            infer_net(path.source, ip, path.destination).map(|net| OffSubnet {
                gateway_ip: Some(ip),
                gateway_mac: mac,
                net: Some(net),
                net_known: false,
            })
        }),
    };
    let because = match &off_subnet {
        Some(off) => off.gateway_ip.and_then(told).or(straight),
        None => straight,
    };
    (
        Some(Route { off_subnet, mac }),
        because.into_iter().collect(),
    )
}

/// The widest subnet, no wider than usual unless it must be, that holds the sender and its gateway but not
/// the destination.
fn infer_net(source: IpAddr, gateway: IpAddr, destination: IpAddr) -> Option<IpNet> {
    let (bits, usual) = match source {
        IpAddr::V4(_) => (32, USUAL_V4),
        IpAddr::V6(_) => (128, USUAL_V6),
    };
    let shared = shared_bits(source, gateway)?.min(bits - 1);
    let outside = shared_bits(source, destination)?;
    let prefix = usual.min(shared).max((outside + 1).min(bits));
    let net = match source {
        IpAddr::V4(ip) => IpNet::V4(Ipv4Net::new(ip, prefix).ok()?.trunc()),
        IpAddr::V6(ip) => IpNet::V6(Ipv6Net::new(ip, prefix).ok()?.trunc()),
    };
    (net.contains(&gateway) && !net.contains(&destination)).then_some(net)
}

/// Whether two IPv4 addresses lie in different subnets: of those that are known, else as most networks are
/// cut.
pub fn are_apart(one: IpAddr, other: IpAddr, nets: &[IpNet]) -> bool {
    let holds = |net: &IpNet| (net.contains(&one), net.contains(&other));
    if nets.iter().any(|net| holds(net) == (true, true)) {
        return false;
    }
    nets.iter().any(|net| holds(net) != (false, false))
        || shared_bits(one, other).is_some_and(|bits| bits < USUAL_V4)
}

/// How many leading bits two addresses of one kind share.
fn shared_bits(one: IpAddr, other: IpAddr) -> Option<u8> {
    let zeros = match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            (Ipv4Addr::to_bits(one) ^ Ipv4Addr::to_bits(other)).leading_zeros()
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            (Ipv6Addr::to_bits(one) ^ Ipv6Addr::to_bits(other)).leading_zeros()
        }
        _ => return None,
    };
    u8::try_from(zeros).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inferred(source: &str, gateway: &str, destination: &str) -> Option<String> {
        infer_net(
            source.parse().unwrap(),
            gateway.parse().unwrap(),
            destination.parse().unwrap(),
        )
        .map(|net| net.to_string())
    }

    #[test]
    fn inferred_subnets_hold_the_gateway_and_not_the_destination() {
        let cases = [
            (
                "192.168.15.42",
                "192.168.15.1",
                "198.51.100.7",
                Some("192.168.15.0/24"),
            ),
            ("10.0.5.3", "10.0.0.1", "198.51.100.7", Some("10.0.0.0/21")),
            (
                "192.168.15.2",
                "192.168.15.1",
                "192.168.15.200",
                Some("192.168.15.0/25"),
            ),
            ("192.168.15.2", "192.168.15.200", "192.168.15.3", None),
            (
                "2001:db8::2",
                "2001:db8::1",
                "2001:db8:1::1",
                Some("2001:db8::/64"),
            ),
            ("192.168.15.2", "2001:db8::1", "192.168.15.3", None),
        ];
        for (source, gateway, destination, net) in cases {
            assert_eq!(
                inferred(source, gateway, destination).as_deref(),
                net,
                "{source} {gateway}"
            );
        }
    }
}
