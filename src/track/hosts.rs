//! The hosts that took part in something.

use std::{
    collections::HashSet,
    hash::{Hash, Hasher},
    net::IpAddr,
};

use crate::{
    decode::MacAddr,
    track::{
        Host,
        address::Memory,
        bounded::Bounded,
        route::{Lan, Opened},
    },
};

/// All hosts, in order of first appearance.
#[derive(Debug)]
pub struct Hosts {
    hosts: Bounded<Address, Known>,
}

/// An address that is hashed as a number: that takes far less than byte by byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Address(IpAddr);

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.0 {
            IpAddr::V4(ip) => state.write_u32(ip.to_bits()),
            IpAddr::V6(ip) => state.write_u128(ip.to_bits()),
        }
    }
}

/// What is known of a host besides its address, as in [`Host`].
#[derive(Debug)]
struct Known {
    mac: Option<MacAddr>,
    connections: u64,
    exchanges: u64,
    first_frame: u64,
    /// Where it told its address, or where it was seen first.
    lan: Lan,
}

impl Hosts {
    /// No host yet; at most `limit` will be known.
    pub fn new(limit: usize) -> Self {
        Self {
            hosts: Bounded::new(limit),
        }
    }

    /// A host appeared in a frame; `mac` where the frame tells that of its sender.
    pub fn see(&mut self, ip: IpAddr, mac: Option<MacAddr>, lan: Lan, frame: u64) {
        self.find(ip, mac, lan, frame);
    }

    /// As [`see`](Self::see), but it told its own address there.
    pub fn see_at_home(&mut self, ip: IpAddr, mac: Option<MacAddr>, lan: Lan, frame: u64) {
        if let Some(known) = self.find(ip, mac, lan, frame) {
            known.lan = lan;
        }
    }

    fn find(
        &mut self,
        ip: IpAddr,
        mac: Option<MacAddr>,
        lan: Lan,
        frame: u64,
    ) -> Option<&mut Known> {
        if ip.is_unspecified() || ip.is_multicast() || is_broadcast(ip) {
            return None;
        }
        let known = self.hosts.get_or_insert_with(Address(ip), || Known {
            mac: None,
            connections: 0,
            exchanges: 0,
            first_frame: frame,
            lan,
        })?;
        if known.mac.is_none() {
            known.mac = mac.filter(|mac| *mac != MacAddr::ZERO);
        }
        Some(known)
    }

    /// Both ends of a new connection.
    pub fn see_connection(&mut self, opened: &Opened, frame: u64) {
        self.see_ends(opened, frame, |known| known.connections += 1);
    }

    /// Both ends of a new exchange.
    pub fn see_exchange(&mut self, opened: &Opened, frame: u64) {
        self.see_ends(opened, frame, |known| known.exchanges += 1);
    }

    fn see_ends(&mut self, opened: &Opened, frame: u64, count: impl Fn(&mut Known)) {
        let Some(carried) = &opened.carried else {
            return;
        };
        for ip in [opened.flow.orig.ip, opened.flow.resp.ip] {
            let mac = carried.source_mac.filter(|_| ip == carried.source);
            if let Some(known) = self.find(ip, mac, carried.lan, frame) {
                count(known);
            }
        }
        // The frames of a host outside the subnet go to the gateway's hardware address.
        if let Some(gateway) = opened.gateway
            && let Some(known) = self.hosts.get_mut(&Address(carried.destination))
        {
            known.mac.get_or_insert(gateway);
        }
    }

    /// Hosts let go because the table was full.
    pub fn evicted(&self) -> u64 {
        self.hosts.evicted()
    }

    /// The hosts, with what address resolution told of them.
    pub fn list(&self, memory: &Memory) -> Vec<Host> {
        let mut gateways: HashSet<IpAddr, ahash::RandomState> = HashSet::default();
        let mut hosts = Vec::new();
        for (Address(ip), known) in self.hosts.iter() {
            let lan = &known.lan;
            let mut host = Host {
                mac: known.mac,
                connections: known.connections,
                exchanges: known.exchanges,
                ..Host::new(*ip, known.first_frame)
            };
            if let Some((mac, frame)) = memory.binding(*lan, host.ip) {
                host.mac = Some(mac);
                host.learnt_in = Some(frame);
                host.conflict = memory.is_disputed(*lan, host.ip);
            } else if let Some(mac) = host.mac {
                let owners = memory.owned_by(*lan, mac);
                host.behind_gateway = !owners.is_empty();
                gateways.extend(owners);
            }
            hosts.push(host);
        }
        hosts.sort_unstable_by_key(|host| (host.first_frame, host.ip));
        for host in &mut hosts {
            host.gateway = gateways.contains(&host.ip);
        }
        hosts
    }
}

fn is_broadcast(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V4(ip) if ip.is_broadcast())
}
