//! The bystander: packets in, events out.

mod control;

use std::net::IpAddr;

use crate::{
    decode::{self, MacAddr, Network, Packet, Reason, Transport, checksum::Checksum},
    time::Timestamp,
    track::{
        Checksums, Config, Evicted, Overview,
        address::Addresses,
        event::{Conversation, Event, Kind, Oddity},
        fragment::Fragments,
        hosts::Hosts,
        icmp::Pings,
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
    /// and what has expired since the last, is added to `events`. Returns the conversation that it belongs
    /// to: of a fragmented datagram, the fragment that makes it whole does; an ICMP error belongs to the
    /// conversation that it quotes.
    pub fn observe(
        &mut self,
        frame: u64,
        at: Timestamp,
        packet: &Packet<'_>,
        events: &mut Vec<Event>,
    ) -> Option<Conversation> {
        self.tick(at, events);
        // What a malformed header says is shown, but nothing is concluded from it.
        if packet
            .error
            .is_some_and(|error| error.reason != Reason::Truncated)
        {
            return None;
        }
        let frames = [frame];
        let mut seen = Seen {
            at,
            frame: Some(frame),
            frames: &frames,
            ending: false,
            interest: self.config.interest,
            of: None,
            events,
        };
        match &packet.network {
            Network::Arp(arp) => self.on_arp(arp, packet, &mut seen),
            Network::Ipv4(_, transport) | Network::Ipv6(_, transport) => {
                let (source, destination) = packet.network.addresses()?;
                let carried = Carried {
                    source,
                    destination,
                    source_mac: packet.source_mac(),
                    destination_mac: packet.destination_mac(),
                };
                let checksum = self.header_checksum(&packet.network);
                if told_bad("ipv4", checksum, &carried, &mut seen) {
                    return None;
                }
                if let Some(mac) = carried.destination_mac {
                    self.addresses
                        .memory
                        .on_frame_to(destination, mac, &mut seen);
                }
                if let Some(fragment) = packet.fragment() {
                    self.on_fragment(&fragment, &carried, &mut seen);
                } else {
                    let checksum = || packet.network.transport_checksum();
                    self.on_transport(transport, &carried, checksum, &mut seen);
                }
            }
            Network::Other(..) | Network::Unread(_) => {}
        }
        seen.of
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
            ending: false,
            interest: self.config.interest,
            of: None,
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
            ending: true,
            interest: self.config.interest,
            of: None,
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
        let (stream_bytes, stream_gaps) = self.connections.evicted_of_streams();
        Overview {
            hosts: self.hosts.list(&self.addresses.memory),
            arp: self.addresses.arp,
            neighbors: self.addresses.neighbors,
            pings: self.pings.asked,
            pings_answered: self.pings.answered,
            evicted: Evicted {
                connections: self.connections.evicted(),
                exchanges: self.exchanges.evicted(),
                hosts: self.hosts.evicted() + self.addresses.memory.evicted(),
                questions: self.addresses.evicted + self.pings.evicted,
                fragments: self.fragments.evicted,
                stream_bytes,
                stream_gaps,
            },
        }
    }

    /// What the checksum of the IP header itself says; a zero is left to the sender's card.
    fn header_checksum(&self, network: &Network<'_>) -> Checksum {
        match (network, self.config.checksums) {
            (Network::Ipv4(header, _), Checksums::Verify) if header.checksum != 0 => {
                decode::checksum::ipv4_header(header)
            }
            _ => Checksum::Unverifiable,
        }
    }

    fn on_transport(
        &mut self,
        transport: &Transport<'_>,
        carried: &Carried,
        checksum: impl FnOnce() -> Checksum,
        seen: &mut Seen<'_>,
    ) {
        let checksum = match self.config.checksums {
            Checksums::Verify => checksum(),
            Checksums::Ignore => Checksum::Unverifiable,
        };
        let Carried {
            source,
            destination,
            source_mac,
            ..
        } = *carried;
        let (nets, memory) = (&self.config.nets, &self.addresses.memory);
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
            let (route, because) = route::explain(&path, nets, memory);
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
                    checksum,
                };
                if let Some(flow) = self.connections.observe(&sent, seen, route) {
                    self.hosts
                        .see_connection(&flow, source, source_mac, seen.number());
                }
            }
            Transport::Udp(datagram) => {
                if told_bad("udp", checksum, carried, seen) {
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
                if told_bad("icmp", checksum, carried, seen) {
                    return;
                }
                self.on_icmp(message, carried, seen);
            }
            Transport::Icmpv6(message) => {
                if told_bad("icmpv6", checksum, carried, seen) {
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
        let mut complete = Seen {
            frames: &whole.frames,
            events: &mut *seen.events,
            ..*seen
        };
        let checksum = || decode::checksum::transport(source, destination, &transport);
        self.on_transport(&transport, carried, checksum, &mut complete);
        seen.of = complete.of;
    }
}

/// Tells of a wrong checksum, if it is wrong.
fn told_bad(
    layer: &'static str,
    checksum: Checksum,
    carried: &Carried,
    seen: &mut Seen<'_>,
) -> bool {
    let Checksum::Bad { want, got } = checksum else {
        return false;
    };
    seen.tell(&[], || {
        Kind::Oddity(Oddity::BadChecksum {
            layer,
            src: carried.source,
            dst: carried.destination,
            want,
            got,
        })
    });
    true
}
