//! Who stands at an end of an arrow.

use std::{collections::HashMap, net::IpAddr};

use crate::{
    decode::{Link, MacAddr, Network, Packet, Transport, arp, icmpv6},
    track::flow::Endpoint,
};

/// At most this many hardware addresses are remembered for their hosts.
const MAX_BINDINGS: usize = 4096;

/// At most this many second claims to an address get lanes of their own.
const MAX_CLAIMS: usize = 16;

/// Somebody with a rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// All hosts of the subnet, or a multicast group.
    Everyone,
    /// A host.
    Host(IpAddr),
    /// One program of a host that talks to itself.
    Socket(Endpoint),
    /// A second host that claims an address.
    Claimant(IpAddr, MacAddr),
    /// A host that has no address yet.
    Station(MacAddr),
}

/// What hardware addresses tell of who is who.
#[derive(Debug, Default)]
pub struct People {
    /// The hardware address that a host told by ARP or neighbour discovery.
    told: HashMap<IpAddr, MacAddr>,
    /// The hardware address that a host's packets came from or went to.
    used: HashMap<IpAddr, MacAddr>,
    claims: Vec<(IpAddr, MacAddr)>,
}

impl People {
    /// Takes note of the hardware addresses in a packet.
    pub fn observe(&mut self, packet: &Packet<'_>) {
        match &packet.network {
            Network::Arp(arp) => self.learn_arp(arp),
            Network::Ipv6(header, Transport::Icmpv6(message)) => match &message.body {
                icmpv6::Body::NeighborAdvertisement { target, .. } => {
                    if let Some(mac) = packet.source_mac() {
                        learn(&mut self.told, (*target).into(), mac);
                    }
                }
                icmpv6::Body::NeighborSolicitation { .. } => {
                    if let Some(mac) = packet.source_mac() {
                        learn(&mut self.told, header.source.into(), mac);
                    }
                }
                _ => {}
            },
            _ => {
                let (Some((source, destination)), Link::Ethernet(link)) =
                    (packet.network.addresses(), &packet.link)
                else {
                    return;
                };
                learn(&mut self.used, source, link.source);
                if !is_everyone(destination, Some(link.destination)) {
                    learn(&mut self.used, destination, link.destination);
                }
            }
        }
    }

    fn learn_arp(&mut self, arp: &arp::Packet) {
        learn(&mut self.told, arp.sender_ip.into(), arp.sender_mac);
    }

    /// Who told by ARP or neighbour discovery that it has this address.
    pub fn learn(&mut self, ip: IpAddr, mac: MacAddr) {
        learn(&mut self.told, ip, mac);
    }

    /// A second host claims an address.
    pub fn claim(&mut self, ip: IpAddr, mac: MacAddr) {
        if self.claims.len() < MAX_CLAIMS && !self.claims.contains(&(ip, mac)) {
            self.claims.push((ip, mac));
        }
    }

    /// The host with an address, or its second claimant.
    pub fn host(&self, ip: IpAddr, mac: Option<MacAddr>) -> Who {
        match mac {
            Some(mac) if self.claims.contains(&(ip, mac)) => Who::Claimant(ip, mac),
            _ => Who::Host(ip),
        }
    }

    /// Whom a packet is meant for.
    pub fn receiver(&self, ip: IpAddr, mac: Option<MacAddr>) -> Who {
        if is_everyone(ip, mac) {
            Who::Everyone
        } else {
            self.host(ip, mac)
        }
    }

    /// The gateway that a host lies behind: the owner of the hardware address that its packets use.
    pub fn gateway_of(&self, ip: IpAddr) -> Option<IpAddr> {
        if self.told.contains_key(&ip) {
            return None;
        }
        let mac = self.used.get(&ip)?;
        let owners = self.told.iter().filter(|(_, told)| *told == mac);
        owners.map(|(owner, _)| *owner).min()
    }
}

fn learn(table: &mut HashMap<IpAddr, MacAddr>, ip: IpAddr, mac: MacAddr) {
    let is_good = !ip.is_unspecified() && mac != MacAddr::ZERO && !mac.is_multicast();
    if is_good && (table.len() < MAX_BINDINGS || table.contains_key(&ip)) {
        table.entry(ip).or_insert(mac);
    }
}

fn is_everyone(ip: IpAddr, mac: Option<MacAddr>) -> bool {
    let is_limited = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    ip.is_multicast() || is_limited || mac.is_some_and(MacAddr::is_multicast)
}
