//! The hosts that took part in something.

use std::{collections::HashSet, net::IpAddr};

use crate::{
    decode::MacAddr,
    track::{Host, address::Memory, bounded::Bounded, flow::Flow},
};

/// All hosts, in order of first appearance.
#[derive(Debug)]
pub struct Hosts {
    hosts: Bounded<IpAddr, Host>,
}

impl Hosts {
    /// No host yet; at most `limit` will be known.
    pub fn new(limit: usize) -> Self {
        Self {
            hosts: Bounded::new(limit),
        }
    }

    /// A host appeared in a frame; `mac` where the frame tells that of its sender.
    pub fn see(&mut self, ip: IpAddr, mac: Option<MacAddr>, frame: u64) -> Option<&mut Host> {
        if ip.is_unspecified() || ip.is_multicast() || is_broadcast(ip) {
            return None;
        }
        if self.hosts.get(&ip).is_none() {
            self.hosts.insert(ip, Host::new(ip, frame));
        }
        let host = self.hosts.get_mut(&ip)?;
        if host.mac.is_none() {
            host.mac = mac.filter(|mac| *mac != MacAddr::ZERO);
        }
        Some(host)
    }

    /// Both ends of a new connection. `mac`: where its first frame came from, `sender` its sender.
    pub fn see_connection(
        &mut self,
        flow: &Flow,
        sender: IpAddr,
        mac: Option<MacAddr>,
        frame: u64,
    ) {
        for ip in [flow.orig.ip, flow.resp.ip] {
            if let Some(host) = self.see(ip, mac.filter(|_| ip == sender), frame) {
                host.connections += 1;
            }
        }
    }

    /// Both ends of a new exchange, likewise.
    pub fn see_exchange(&mut self, flow: &Flow, sender: IpAddr, mac: Option<MacAddr>, frame: u64) {
        for ip in [flow.orig.ip, flow.resp.ip] {
            if let Some(host) = self.see(ip, mac.filter(|_| ip == sender), frame) {
                host.exchanges += 1;
            }
        }
    }

    /// A host's frames go to a gateway's hardware address.
    pub fn see_behind(&mut self, ip: IpAddr, gateway: MacAddr) {
        if let Some(host) = self.hosts.get_mut(&ip) {
            host.mac.get_or_insert(gateway);
        }
    }

    /// Hosts let go because the table was full.
    pub fn evicted(&self) -> u64 {
        self.hosts.evicted()
    }

    /// The hosts, with what address resolution told of them.
    pub fn list(&self, memory: &Memory) -> Vec<Host> {
        let mut hosts: Vec<Host> = self.hosts.values().cloned().collect();
        hosts.sort_by_key(|host| (host.first_frame, host.ip));
        let mut gateways: HashSet<IpAddr> = HashSet::new();
        for host in &mut hosts {
            if let Some((mac, frame)) = memory.binding(host.ip) {
                host.mac = Some(mac);
                host.learnt_in = Some(frame);
                host.conflict = memory.is_disputed(host.ip);
            } else if let Some(mac) = host.mac {
                let owners = memory.owned_by(mac);
                host.behind_gateway = !owners.is_empty();
                gateways.extend(owners);
            }
        }
        for host in &mut hosts {
            host.gateway = gateways.contains(&host.ip);
        }
        hosts
    }
}

fn is_broadcast(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V4(ip) if ip.is_broadcast())
}
