//! What the network says about itself: ARP, neighbour discovery, pings and errors.

use std::net::IpAddr;

use crate::{
    decode::{Link, MacAddr, Packet, arp, icmp, icmpv6},
    track::{
        address::{Act, Saying},
        event::{Kind, Oddity, Resolution},
        icmp::{Echo, Problem},
        route::{Carried, Lan},
        seen::Seen,
        tracker::Tracker,
    },
};

impl Tracker {
    #[inline(never)]
    pub(super) fn on_arp(&mut self, arp: &arp::Packet, packet: &Packet<'_>, seen: &mut Seen<'_>) {
        let sender_ip = IpAddr::V4(arp.sender_ip);
        let target_ip = IpAddr::V4(arp.target_ip);
        let (act, target) = match arp.operation {
            _ if arp.sender_ip == arp.target_ip => (Act::Announce, sender_ip),
            arp::Operation::Request if arp.sender_ip.is_unspecified() => (Act::Probe, target_ip),
            arp::Operation::Request => (Act::Ask, target_ip),
            arp::Operation::Reply => (Act::Answer(target_ip), sender_ip),
            arp::Operation::Other(_) => return,
        };
        let lan = Lan::of(packet);
        if act != Act::Probe {
            self.hosts
                .see_at_home(sender_ip, Some(arp.sender_mac), lan, seen.number());
        }
        let saying = Saying {
            by: Resolution::Arp,
            act,
            sender: (Some(sender_ip), Some(arp.sender_mac)),
            target,
            told_to: Some(arp.target_mac),
            frame_source: packet.source_mac(),
            broadcast: is_shouted(packet, arp.target_mac),
            lan,
        };
        self.addresses.observe(&saying, seen);
    }

    #[inline(never)]
    pub(super) fn on_icmp(
        &mut self,
        message: &icmp::Message<'_>,
        carried: &Carried,
        seen: &mut Seen<'_>,
    ) {
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

    #[inline(never)]
    pub(super) fn on_icmpv6(
        &mut self,
        message: &icmpv6::Message<'_>,
        carried: &Carried,
        seen: &mut Seen<'_>,
    ) {
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
                    self.hosts
                        .see_at_home(carried.source, mac, carried.lan, seen.number());
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
                self.hosts
                    .see_at_home(target, mac, carried.lan, seen.number());
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
            frame_source: carried.source_mac,
            broadcast: carried.destination.is_multicast(),
            lan: carried.lan,
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
        self.hosts.see(
            carried.source,
            carried.source_mac,
            carried.lan,
            seen.number(),
        );
        let echo = Echo {
            request,
            source: carried.source,
            destination: carried.destination,
            is_shouted: carried.is_to_many(),
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
        self.hosts.see(
            carried.source,
            carried.source_mac,
            carried.lan,
            seen.number(),
        );
        let problem = Problem {
            reason: reason.map_or_else(|| format!("type {kind} code {code}"), str::to_owned),
            from_ip: carried.source,
            mtu,
        };
        let is_known = match quote.protocol {
            6 => self.connections.on_icmp(quote, &problem, seen),
            17 => self.exchanges.on_icmp(quote, &problem, seen),
            _ => false,
        };
        if !is_known {
            seen.tell(&[], || {
                Kind::Oddity(Oddity::IcmpError {
                    from_ip: problem.from_ip,
                    reason: problem.reason,
                    src: quote.source,
                    dst: quote.destination,
                    protocol: quote.protocol,
                })
            });
        }
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
