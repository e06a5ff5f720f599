//! The bystander: packets in, events out.

use std::net::IpAddr;

use crate::{
    decode::{self, Link, MacAddr, Network, Packet, Reason, Transport, arp, icmp, icmpv6},
    time::Timestamp,
    track::{
        Config, Evicted, Overview,
        address::{Act, Addresses, Saying},
        event::{Event, Kind, Oddity, Resolution},
        fragment::Fragments,
        hosts::Hosts,
        icmp::{Echo, Pings, Problem},
        route::{self, Path},
        seen::Seen,
        tcp::{self, Connections},
        udp::{self, Exchanges},
    },
};

/// At most this many things of one kind expire with one packet.
const MAX_EXPIRED: usize = 300;

/// Follows everything that a capture shows.
#[derive(Debug)]
pub struct Tracker {
    config: Config,
    /// The latest time seen; it never steps back.
    now: Timestamp,
    addresses: Addresses,
    hosts: Hosts,
    connections: Connections,
    exchanges: Exchanges,
    pings: Pings,
    fragments: Fragments,
}

/// A packet's addresses, and what its link layer tells.
#[derive(Clone, Copy)]
struct Carried {
    source: IpAddr,
    destination: IpAddr,
    source_mac: Option<MacAddr>,
    destination_mac: Option<MacAddr>,
}

impl Tracker {
    /// A tracker that has seen nothing.
    pub fn new(config: Config) -> Self {
        Self {
            now: Timestamp::from_nanos(i64::MIN),
            addresses: Addresses::new(config.max_hosts),
            hosts: Hosts::new(config.max_hosts),
            connections: Connections::new(config.clone()),
            exchanges: Exchanges::new(&config),
            pings: Pings::new(),
            fragments: Fragments::new(config.max_fragment_bytes),
            config,
        }
    }

    /// A packet: the frame's number, from 1 and rising, its time, and what was decoded. What it completes,
    /// and what has expired since the last, is added to `events`.
    pub fn observe(
        &mut self,
        frame: u64,
        at: Timestamp,
        packet: &Packet<'_>,
        events: &mut Vec<Event>,
    ) {
        self.tick(at, events);
        // What a malformed header says is shown, but nothing is concluded from it.
        if packet
            .error
            .is_some_and(|error| error.reason != Reason::Truncated)
        {
            return;
        }
        let frames = [frame];
        let mut seen = Seen {
            at,
            frame: Some(frame),
            frames: &frames,
            interest: self.config.interest,
            events,
        };
        match &packet.network {
            Network::Arp(arp) => self.on_arp(arp, packet, &mut seen),
            Network::Ipv4(_, transport) | Network::Ipv6(_, transport) => {
                let Some((source, destination)) = packet.network.addresses() else {
                    return;
                };
                let carried = Carried {
                    source,
                    destination,
                    source_mac: packet.source_mac(),
                    destination_mac: packet.destination_mac(),
                };
                match packet.fragment() {
                    Some(fragment) => self.on_fragment(&fragment, &carried, &mut seen),
                    None => {
                        let checksum = || packet.network.transport_checksum();
                        self.on_transport(transport, &carried, checksum, &mut seen);
                    }
                }
            }
            Network::Other(..) | Network::Unread(_) => {}
        }
    }

    /// Time passes: what has waited for too long is given up.
    pub fn tick(&mut self, now: Timestamp, events: &mut Vec<Event>) {
        if now <= self.now {
            return;
        }
        self.now = now;
        let first_new = events.len();
        let mut seen = Seen {
            at: now,
            frame: None,
            frames: &[],
            interest: self.config.interest,
            events,
        };
        self.addresses.expire(now, MAX_EXPIRED, &mut seen);
        self.pings.expire(now, MAX_EXPIRED, &mut seen);
        self.fragments.expire(now, MAX_EXPIRED, &mut seen);
        self.connections.expire(now, MAX_EXPIRED, &mut seen);
        self.exchanges.expire(now, MAX_EXPIRED, &mut seen);
        if let Some(expired) = events.get_mut(first_new..)
            && expired.len() > 1
        {
            expired.sort_by_key(|event| event.at);
        }
    }

    /// The end has come: what is open is concluded.
    pub fn finish(&mut self, events: &mut Vec<Event>) {
        let mut seen = Seen {
            at: self.now,
            frame: None,
            frames: &[],
            interest: self.config.interest,
            events,
        };
        self.addresses.finish(&mut seen);
        self.pings.finish(&mut seen);
        self.fragments.finish(&mut seen);
        self.connections.finish(&mut seen);
        self.exchanges.finish(&mut seen);
    }

    /// Hosts, address resolution and limits.
    pub fn overview(&self) -> Overview {
        let (connections, stream_bytes) = self.connections.evicted();
        Overview {
            hosts: self.hosts.list(&self.addresses),
            arp: self.addresses.arp,
            neighbors: self.addresses.neighbors,
            pings: self.pings.asked,
            pings_answered: self.pings.answered,
            evicted: Evicted {
                connections,
                exchanges: self.exchanges.evicted(),
                hosts: self.hosts.evicted() + self.addresses.hosts_evicted(),
                questions: self.addresses.evicted + self.pings.evicted,
                fragments: self.fragments.evicted,
                stream_bytes,
            },
        }
    }

    fn on_arp(&mut self, arp: &arp::Packet, packet: &Packet<'_>, seen: &mut Seen<'_>) {
        let sender_ip = IpAddr::V4(arp.sender_ip);
        let target_ip = IpAddr::V4(arp.target_ip);
        let (act, target) = match arp.operation {
            _ if arp.sender_ip == arp.target_ip => (Act::Announce, sender_ip),
            arp::Operation::Request if arp.sender_ip.is_unspecified() => (Act::Probe, target_ip),
            arp::Operation::Request => (Act::Ask, target_ip),
            arp::Operation::Reply => (Act::Answer(target_ip), sender_ip),
            arp::Operation::Other(_) => return,
        };
        if act != Act::Probe {
            self.hosts
                .see(sender_ip, Some(arp.sender_mac), seen.number());
        }
        let saying = Saying {
            by: Resolution::Arp,
            act,
            sender: (Some(sender_ip), Some(arp.sender_mac)),
            target,
            told_to: Some(arp.target_mac),
            frame_source: packet.source_mac(),
            broadcast: is_shouted(packet, arp.target_mac),
        };
        self.addresses.observe(&saying, seen);
    }

    fn on_transport(
        &mut self,
        transport: &Transport<'_>,
        carried: &Carried,
        checksum: impl FnOnce() -> decode::checksum::Checksum,
        seen: &mut Seen<'_>,
    ) {
        let Carried {
            source,
            destination,
            source_mac,
            ..
        } = *carried;
        let (nets, addresses) = (&self.config.nets, &self.addresses);
        let mut gateway = None;
        let route = || {
            let (Some(source_mac), Some(destination_mac)) = (source_mac, carried.destination_mac)
            else {
                return (None, Vec::new());
            };
            let path = Path {
                source,
                destination,
                source_mac,
                destination_mac,
            };
            let (route, because) = route::explain(&path, nets, addresses);
            gateway = route
                .and_then(|route| route.off_subnet)
                .map(|off_subnet| off_subnet.gateway_mac);
            (route, because)
        };
        match transport {
            Transport::Tcp(segment) => {
                let sent = tcp::Sent {
                    segment: *segment,
                    source,
                    destination,
                    mac: source_mac,
                    checksum: checksum(),
                };
                if let Some(flow) = self.connections.observe(&sent, seen, route) {
                    self.hosts
                        .see_connection(&flow, source, source_mac, seen.number());
                }
            }
            Transport::Udp(datagram) => {
                if let verdict @ decode::checksum::Checksum::Bad { .. } = checksum() {
                    tell_bad_checksum("udp", verdict, carried, seen);
                    return;
                }
                let sent = udp::Sent {
                    datagram: *datagram,
                    source,
                    destination,
                };
                if let Some(flow) = self.exchanges.observe(&sent, seen, route) {
                    self.hosts
                        .see_exchange(&flow, source, source_mac, seen.number());
                }
            }
            Transport::Icmp(message) => {
                let verdict = checksum();
                if matches!(verdict, decode::checksum::Checksum::Bad { .. }) {
                    tell_bad_checksum("icmp", verdict, carried, seen);
                    return;
                }
                self.on_icmp(message, carried, seen);
            }
            Transport::Icmpv6(message) => {
                let verdict = checksum();
                if matches!(verdict, decode::checksum::Checksum::Bad { .. }) {
                    tell_bad_checksum("icmpv6", verdict, carried, seen);
                    return;
                }
                self.on_icmpv6(message, carried, seen);
            }
            Transport::Fragment(_) | Transport::Other(..) | Transport::Unread(_) => {}
        }
        if let Some(gateway) = gateway {
            self.hosts.see_behind(destination, gateway);
        }
    }

    fn on_fragment(
        &mut self,
        fragment: &decode::Fragment<'_>,
        carried: &Carried,
        seen: &mut Seen<'_>,
    ) {
        let Some(whole) = self.fragments.observe(fragment, seen) else {
            return;
        };
        let (source, destination) = (carried.source, carried.destination);
        let (transport, error) = decode::transport(
            whole.protocol,
            source,
            destination,
            0,
            &whole.bytes,
            whole.len,
        );
        if error.is_some_and(|error| error.reason != Reason::Truncated) {
            return;
        }
        let mut seen = Seen {
            frames: &whole.frames,
            events: &mut *seen.events,
            ..*seen
        };
        let checksum = || decode::checksum::transport(source, destination, &transport);
        self.on_transport(&transport, carried, checksum, &mut seen);
    }

    fn on_icmp(&mut self, message: &icmp::Message<'_>, carried: &Carried, seen: &mut Seen<'_>) {
        match message.body {
            icmp::Body::Echo {
                request,
                identifier,
                sequence,
                ..
            } => self.on_echo(request, identifier, sequence, carried, seen),
            icmp::Body::Error {
                mtu,
                quote: Some(quote),
                ..
            } => {
                let reason = icmp::name(message.kind, message.code);
                self.on_error(
                    reason,
                    (message.kind, message.code),
                    mtu,
                    &quote,
                    carried,
                    seen,
                );
            }
            icmp::Body::Error { .. } | icmp::Body::Other(_) => {}
        }
    }

    fn on_icmpv6(&mut self, message: &icmpv6::Message<'_>, carried: &Carried, seen: &mut Seen<'_>) {
        match message.body {
            icmpv6::Body::Echo {
                request,
                identifier,
                sequence,
                ..
            } => self.on_echo(request, identifier, sequence, carried, seen),
            icmpv6::Body::Error {
                mtu,
                quote: Some(quote),
            } => {
                let reason = icmpv6::name(message.kind, message.code);
                self.on_error(
                    reason,
                    (message.kind, message.code),
                    mtu,
                    &quote,
                    carried,
                    seen,
                );
            }
            icmpv6::Body::NeighborSolicitation { target, source_mac } => {
                let act = if carried.source.is_unspecified() {
                    Act::Probe
                } else {
                    Act::Ask
                };
                let mac = source_mac.or(carried.source_mac);
                if act == Act::Ask {
                    self.hosts.see(carried.source, mac, seen.number());
                }
                let sender = (Some(carried.source), mac);
                self.on_neighbor(act, sender, IpAddr::V6(target), carried, seen);
            }
            icmpv6::Body::NeighborAdvertisement {
                target,
                target_mac,
                solicited,
                ..
            } => {
                let act = if solicited {
                    Act::Answer(carried.destination)
                } else {
                    Act::Announce
                };
                let mac = target_mac.or(carried.source_mac);
                let target = IpAddr::V6(target);
                self.hosts.see(target, mac, seen.number());
                self.on_neighbor(act, (Some(target), mac), target, carried, seen);
            }
            icmpv6::Body::Error { .. } | icmpv6::Body::Other(_) => {}
        }
    }

    fn on_neighbor(
        &mut self,
        act: Act,
        sender: (Option<IpAddr>, Option<MacAddr>),
        target: IpAddr,
        carried: &Carried,
        seen: &mut Seen<'_>,
    ) {
        let saying = Saying {
            by: Resolution::Neighbor,
            act,
            sender,
            target,
            told_to: carried.destination_mac,
            frame_source: None,
            broadcast: carried.destination.is_multicast(),
        };
        self.addresses.observe(&saying, seen);
    }

    fn on_echo(
        &mut self,
        request: bool,
        id: u16,
        seq: u16,
        carried: &Carried,
        seen: &mut Seen<'_>,
    ) {
        self.hosts
            .see(carried.source, carried.source_mac, seen.number());
        let echo = Echo {
            request,
            source: carried.source,
            destination: carried.destination,
            id,
            seq,
        };
        self.pings.observe(&echo, seen);
    }

    fn on_error(
        &mut self,
        reason: Option<&str>,
        (kind, code): (u8, u8),
        mtu: Option<u32>,
        quote: &icmp::Quote,
        carried: &Carried,
        seen: &mut Seen<'_>,
    ) {
        self.hosts
            .see(carried.source, carried.source_mac, seen.number());
        let problem = Problem {
            reason: reason.map_or_else(|| format!("type {kind} code {code}"), str::to_owned),
            from_ip: carried.source,
            mtu,
        };
        match quote.protocol {
            6 => self.connections.on_icmp(quote, &problem, seen),
            17 => self.exchanges.on_icmp(quote, &problem, seen),
            _ => false,
        };
    }
}

/// A question went to everyone, not to one hardware address.
fn is_shouted(packet: &Packet<'_>, target_mac: MacAddr) -> bool {
    match packet.link {
        Link::Ethernet(header) => header.destination.is_multicast(),
        // Cooked captures say whether the frame was a broadcast; 1 is broadcast, 2 multicast.
        Link::LinuxSll(header) => matches!(header.packet_type, 1 | 2),
        Link::LinuxSll2(header) => matches!(header.packet_type, 1 | 2),
        Link::Loopback(_) | Link::None | Link::Unread => target_mac == MacAddr::ZERO,
    }
}

fn tell_bad_checksum(
    layer: &str,
    verdict: decode::checksum::Checksum,
    carried: &Carried,
    seen: &mut Seen<'_>,
) {
    let decode::checksum::Checksum::Bad { want, got } = verdict else {
        return;
    };
    seen.tell(&[], || {
        Kind::Oddity(Oddity {
            name: "bad_checksum",
            detail: format!(
                "the {layer} checksum from {} to {} is {got:#06x}, {want:#06x} fits",
                carried.source, carried.destination
            ),
        })
    });
}
