//! The bystander: packets in, events out.

mod control;
mod plain;

use std::{
    mem,
    sync::{Arc, Mutex},
};

use crate::{
    decode::{self, Network, Packet, Reason, Transport, checksum::Checksum},
    time::Timestamp,
    track::{
        Checksums, Config, Evicted, Outranked, Overview, Untold,
        address::Addresses,
        brief::{Guess, Keyed},
        event::{Conversation, Event, Kind, Oddity, Sheet},
        fragment::Fragments,
        hosts::{Book, Hosts, Note},
        icmp::Pings,
        route::{Carried, Carrier, Lan, Way},
        seen::Seen,
        table::KeyHash,
        tcp::{Connections, Observed},
        udp::Exchanges,
    },
};

/// At most this many things of one kind expire with one packet.
const MAX_EXPIRED: usize = 300;

/// At most this many conversations are concluded in one part of the end.
const MAX_FINISHED: usize = 1024;

/// Follows everything that a capture shows.
#[derive(Debug)]
pub struct Tracker {
    config: Config,
    /// What conversations are looked up by.
    hash: KeyHash,
    /// The latest time seen; it never steps back.
    now: Timestamp,
    /// Nothing has waited for too long before.
    next_due: Timestamp,
    addresses: Addresses,
    hosts: Hosts,
    pub(super) connections: Connections,
    exchanges: Exchanges,
    pings: Pings,
    fragments: Fragments,
    /// Where what plain frames say is written, if it is told of many together.
    bad_checksums: u64,
    sheet: Option<Sheet>,
}

impl Tracker {
    /// A tracker that has seen nothing.
    pub fn new(config: Config) -> Self {
        let hash = KeyHash::default();
        Self {
            now: Timestamp::from_nanos(i64::MIN),
            next_due: Timestamp::from_nanos(i64::MAX),
            addresses: Addresses::new(config.max_hosts, config.nets.clone()),
            hosts: Hosts::new(config.max_hosts),
            connections: Connections::new(&config, &hash),
            exchanges: Exchanges::new(&config, &hash),
            hash,
            pings: Pings::new(),
            fragments: Fragments::new(config.max_fragment_bytes),
            bad_checksums: 0,
            sheet: None,
            config,
        }
    }

    /// From now on events are told many together, with the messages that stand on their [sheet](Self::take_sheet).
    pub(crate) fn gather(&mut self) {
        self.sheet = Some(Sheet::default());
    }

    /// The sheet of the events so far. Another is begun in its place, which nobody reads any more.
    pub(crate) fn take_sheet(&mut self, mut next: Sheet) -> Sheet {
        next.clear();
        self.sheet
            .as_mut()
            .map_or_else(Sheet::default, |sheet| mem::replace(sheet, next))
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
        let mut seen = self.seen(at, &frames, events);
        match &packet.network {
            Network::Arp(arp) => {
                self.on_arp(arp, packet, &mut seen);
                self.note_due();
            }
            Network::Ipv4(_, transport) | Network::Ipv6(_, transport) => {
                self.on_ip(packet, transport, &mut seen);
            }
            Network::Other(..) | Network::Unread(_) => {}
        }
        seen.of
    }

    #[inline]
    fn seen<'a>(
        &self,
        at: Timestamp,
        frames: &'a [u64; 1],
        events: &'a mut Vec<Event>,
    ) -> Seen<'a> {
        let [frame] = *frames;
        Seen {
            at,
            frame: Some(frame),
            frames,
            since: at,
            ending: false,
            interest: self.config.interest,
            of: None,
            sheet: None,
            events,
        }
    }

    #[inline]
    fn on_ip(&mut self, packet: &Packet<'_>, transport: &Transport<'_>, seen: &mut Seen<'_>) {
        let checksum = self.header_checksum(&packet.network);
        if checksum.is_bad() {
            self.bad_checksums += 1;
            return tell_bad("ipv4", checksum, packet, seen);
        }
        if self.addresses.memory.is_disputed_now()
            && let (Some((_, ip)), Some(mac)) =
                (packet.network.addresses(), packet.destination_mac())
        {
            let lan = Lan::of(packet);
            self.addresses.memory.on_frame_to(lan, ip, mac, seen);
        }
        if let Transport::Fragment(_) = transport {
            self.on_fragment(packet, seen);
            return self.note_due();
        }
        let checksum = match self.config.checksums {
            Checksums::Verify => packet.network.transport_checksum(),
            Checksums::Ignore => Checksum::Unverifiable,
        };
        self.on_transport(packet, transport, checksum, seen);
    }

    /// Time passes: what has waited for too long is given up.
    pub fn tick(&mut self, now: Timestamp, events: &mut Vec<Event>) {
        if now <= self.now {
            return;
        }
        self.now = now;
        if self.next_due <= now {
            self.expire(now, events);
            self.note_due();
        }
    }

    /// Notes when the first may have waited for too long: something else may wait now.
    fn note_due(&mut self) {
        self.next_due = self
            .connections
            .next_due()
            .min(self.exchanges.next_due())
            .min(self.addresses.next_due())
            .min(self.pings.next_due())
            .min(self.fragments.next_due());
    }

    #[inline(never)]
    fn expire(&mut self, now: Timestamp, events: &mut Vec<Event>) {
        let first_new = events.len();
        let mut seen = Seen {
            at: now,
            frame: None,
            frames: &[],
            since: now,
            ending: false,
            interest: self.config.interest,
            of: None,
            sheet: None,
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
        while self.finish_some(events) {}
    }

    /// As [`finish`](Self::finish), but a part of it, so that not all of its events need room at once. False when
    /// that was the last part. No packet may be observed after the first.
    pub fn finish_some(&mut self, events: &mut Vec<Event>) -> bool {
        let mut seen = Seen {
            at: self.now,
            frame: None,
            frames: &[],
            since: self.now,
            ending: true,
            interest: self.config.interest,
            of: None,
            sheet: None,
            events,
        };
        self.addresses.finish(&mut seen);
        self.pings.finish(&mut seen);
        self.fragments.finish(&mut seen);
        self.connections.finish(MAX_FINISHED, &mut seen)
            || self.exchanges.finish(MAX_FINISHED, &mut seen)
    }

    /// From now on records that are outranked need not be told. Where more than records is listened for, they are
    /// nevertheless.
    pub fn leave_out(&mut self, outranked: Outranked) {
        self.connections.gate.raise(outranked.connections);
        self.exchanges.gate.raise(outranked.exchanges);
    }

    /// From now on what frames show of hosts is noted only; see [`take_notes`](Self::take_notes). It is to be entered
    /// into this book.
    pub fn put_off_hosts(&mut self) -> Arc<Mutex<Book>> {
        self.hosts.put_off()
    }

    /// What frames have shown of hosts since the last call, for an empty list.
    pub fn take_notes(&mut self, empty: &mut Vec<Note>) {
        self.hosts.take_notes(empty);
    }

    /// Hosts, address resolution and limits.
    pub fn overview(&mut self) -> Overview {
        let (stream_bytes, stream_gaps) = self.connections.evicted_of_streams();
        Overview {
            hosts: self.hosts.list(&self.addresses.memory),
            arp: self.addresses.arp,
            neighbors: self.addresses.neighbors,
            pings: self.pings.asked,
            pings_answered: self.pings.answered,
            bad_checksums: self.bad_checksums,
            evicted: Evicted {
                connections: self.connections.evicted(),
                exchanges: self.exchanges.evicted(),
                hosts: self.hosts.evicted() + self.addresses.memory.evicted(),
                questions: self.addresses.evicted + self.pings.evicted,
                fragments: self.fragments.evicted,
                stream_bytes,
                stream_gaps,
            },
            untold: Untold {
                connections: self.connections.gate.kept_back(),
                exchanges: self.exchanges.gate.kept_back(),
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

    /// What a packet carries: as it stands in it, or put together from it and earlier fragments.
    #[inline]
    fn on_transport(
        &mut self,
        packet: &Packet<'_>,
        transport: &Transport<'_>,
        checksum: Checksum,
        seen: &mut Seen<'_>,
    ) {
        self.bad_checksums += u64::from(checksum.is_bad());
        let way = Way {
            packet: Carrier::Packet(packet),
            nets: &self.config.nets,
            memory: &self.addresses.memory,
        };
        match transport {
            Transport::Tcp(segment) => {
                let ports = (segment.source_port, segment.destination_port);
                let Some(keyed) = Keyed::of(&way.packet, ports, &self.hash) else {
                    return;
                };
                match self
                    .connections
                    .observe((&keyed, Guess(None)), segment, checksum, &way, seen)
                {
                    Observed::Expected => return,
                    Observed::Known => {}
                    Observed::New(opened) => self.hosts.see_connection(&opened, seen.number()),
                }
            }
            Transport::Udp(datagram) => {
                if checksum.is_bad() {
                    return tell_bad("udp", checksum, packet, seen);
                }
                let ports = (datagram.source_port, datagram.destination_port);
                let keyed = Keyed::of(&way.packet, ports, &self.hash);
                if let Some(keyed) = keyed
                    && let Some(opened) = self.exchanges.observe(&keyed, datagram, &way, seen)
                {
                    self.hosts.see_exchange(&opened, seen.number());
                }
            }
            Transport::Icmp(message) => {
                if checksum.is_bad() {
                    return tell_bad("icmp", checksum, packet, seen);
                }
                if let Some(carried) = Carried::of(packet) {
                    self.on_icmp(message, &carried, seen);
                }
            }
            Transport::Icmpv6(message) => {
                if checksum.is_bad() {
                    return tell_bad("icmpv6", checksum, packet, seen);
                }
                if let Some(carried) = Carried::of(packet) {
                    self.on_icmpv6(message, &carried, seen);
                }
            }
            Transport::Fragment(_) | Transport::Other(..) | Transport::Unread(_) => {}
        }
        self.note_due();
    }

    #[inline(never)]
    fn on_fragment(&mut self, packet: &Packet<'_>, seen: &mut Seen<'_>) {
        let Some(fragment) = packet.fragment() else {
            return;
        };
        let Some(whole) = self.fragments.observe(&fragment, seen) else {
            return;
        };
        let (source, destination) = (fragment.source, fragment.destination);
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
            since: whole.since,
            sheet: None,
            events: &mut *seen.events,
            ..*seen
        };
        let checksum = match self.config.checksums {
            Checksums::Verify => decode::checksum::transport(source, destination, &transport),
            Checksums::Ignore => Checksum::Unverifiable,
        };
        self.on_transport(packet, &transport, checksum, &mut complete);
        seen.of = complete.of;
    }
}

/// Tells of a wrong checksum.
#[cold]
fn tell_bad(layer: &'static str, checksum: Checksum, packet: &Packet<'_>, seen: &mut Seen<'_>) {
    let Checksum::Bad { want, got } = checksum else {
        return;
    };
    let Some((src, dst)) = packet.network.addresses() else {
        return;
    };
    seen.tell(&[], || {
        Kind::Oddity(Oddity::BadChecksum {
            layer,
            src,
            dst,
            want,
            got,
        })
    });
}
