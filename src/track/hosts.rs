//! The hosts that took part in something.

use std::{
    collections::HashSet,
    mem,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    decode::MacAddr,
    track::{
        Host,
        address::Memory,
        bounded::Bounded,
        route::{Address, Lan, Opened},
    },
};

/// All hosts, in order of first appearance. Nobody asks for them before the end, so what frames show of them may be
/// noted only, and entered by whoever has the time.
#[derive(Debug)]
pub struct Hosts {
    book: Arc<Mutex<Book>>,
    /// In order; where they are entered at once there are none.
    notes: Option<Vec<Note>>,
}

/// What a frame shows of hosts. There may be as many as frames.
#[derive(Debug)]
pub struct Note {
    frame: u64,
    /// The IP packet's ends, if both count.
    source: IpAddr,
    destination: Option<IpAddr>,
    source_mac: Option<MacAddr>,
    /// Where the frame went, if the destination lies outside the subnet.
    gateway: Option<MacAddr>,
    lan: Lan,
    shown: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Host,
    /// It told its own address there.
    HostAtHome,
    Connection,
    Exchange,
}

/// Where the hosts are entered.
#[derive(Debug)]
pub struct Book {
    hosts: Bounded<Address, Known>,
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
            book: Arc::new(Mutex::new(Book {
                hosts: Bounded::new(limit),
            })),
            notes: None,
        }
    }

    /// From now on what is shown is noted. Whoever [takes](Self::take_notes) the notes has to
    /// [enter](Book::enter) them here, in order.
    pub fn put_off(&mut self) -> Arc<Mutex<Book>> {
        self.notes.get_or_insert_default();
        Arc::clone(&self.book)
    }

    /// The notes since the last call, for an empty list.
    pub fn take_notes(&mut self, empty: &mut Vec<Note>) {
        if let Some(notes) = &mut self.notes {
            mem::swap(notes, empty);
        }
    }

    /// A host appeared in a frame; `mac` where the frame tells that of its sender.
    pub fn see(&mut self, ip: IpAddr, mac: Option<MacAddr>, lan: Lan, frame: u64) {
        self.note(Note::of_one(Shown::Host, ip, mac, lan, frame));
    }

    /// As [`see`](Self::see), but it told its own address there.
    pub fn see_at_home(&mut self, ip: IpAddr, mac: Option<MacAddr>, lan: Lan, frame: u64) {
        self.note(Note::of_one(Shown::HostAtHome, ip, mac, lan, frame));
    }

    /// Both ends of a new connection.
    pub fn see_connection(&mut self, opened: &Opened, frame: u64) {
        if let Some(note) = Note::of_both(Shown::Connection, opened, frame) {
            self.note(note);
        }
    }

    /// Both ends of a new exchange.
    pub fn see_exchange(&mut self, opened: &Opened, frame: u64) {
        if let Some(note) = Note::of_both(Shown::Exchange, opened, frame) {
            self.note(note);
        }
    }

    fn note(&mut self, note: Note) {
        match &mut self.notes {
            Some(notes) => notes.push(note),
            None => open(&self.book).enter(&note),
        }
    }

    /// Hosts let go because the table was full.
    pub fn evicted(&self) -> u64 {
        open(&self.book).hosts.evicted()
    }

    /// The hosts, with what address resolution told of them. All notes that were taken must have been entered.
    pub fn list(&mut self, memory: &Memory) -> Vec<Host> {
        let mut book = open(&self.book);
        for note in self.notes.iter_mut().flat_map(mem::take) {
            book.enter(&note);
        }
        book.list(memory)
    }
}

fn open(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Note {
    fn of_one(shown: Shown, ip: IpAddr, mac: Option<MacAddr>, lan: Lan, frame: u64) -> Self {
        Self {
            frame,
            source: ip,
            destination: None,
            source_mac: mac,
            gateway: None,
            lan,
            shown,
        }
    }

    fn of_both(shown: Shown, opened: &Opened, frame: u64) -> Option<Self> {
        let carried = opened.carried.as_ref()?;
        Some(Self {
            frame,
            source: carried.source,
            destination: Some(carried.destination),
            source_mac: carried.source_mac,
            gateway: opened.gateway,
            lan: carried.lan,
            shown,
        })
    }
}

impl Book {
    /// Enters what a frame showed.
    pub fn enter(&mut self, note: &Note) {
        match note.shown {
            Shown::Host => _ = self.find(note.source, note.source_mac, note),
            Shown::HostAtHome => {
                if let Some(known) = self.find(note.source, note.source_mac, note) {
                    known.lan = note.lan;
                }
            }
            Shown::Connection => self.see_ends(note, |known| known.connections += 1),
            Shown::Exchange => self.see_ends(note, |known| known.exchanges += 1),
        }
    }

    fn find(&mut self, ip: IpAddr, mac: Option<MacAddr>, note: &Note) -> Option<&mut Known> {
        if ip.is_unspecified() || ip.is_multicast() || is_broadcast(ip) {
            return None;
        }
        let known = self.hosts.get_or_insert_with(Address(ip), || Known {
            mac: None,
            connections: 0,
            exchanges: 0,
            first_frame: note.frame,
            lan: note.lan,
        })?;
        if known.mac.is_none() {
            known.mac = mac.filter(|mac| *mac != MacAddr::ZERO);
        }
        Some(known)
    }

    /// Those of a conversation.
    fn see_ends(&mut self, note: &Note, count: impl Fn(&mut Known)) {
        let Some(destination) = note.destination else {
            return;
        };
        for (ip, mac) in [(note.source, note.source_mac), (destination, None)] {
            if let Some(known) = self.find(ip, mac, note) {
                count(known);
            }
        }
        // The frames of a host outside the subnet go to the gateway's hardware address.
        if let Some(gateway) = note.gateway
            && let Some(known) = self.hosts.get_mut(&Address(destination))
        {
            known.mac.get_or_insert(gateway);
        }
    }

    fn list(&self, memory: &Memory) -> Vec<Host> {
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
        if hosts.is_sorted_by_key(|host| host.first_frame) {
            // As long as none had to go: then only those of one frame need sorting.
            for same in hosts.chunk_by_mut(|one, next| one.first_frame == next.first_frame) {
                same.sort_unstable_by_key(|host| host.ip);
            }
        } else {
            hosts.sort_unstable_by_key(|host| (host.first_frame, host.ip));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::route::Carried;

    /// Whether they are noted and entered later, all at once or a few at a time, or at once.
    #[test]
    fn what_is_put_off_is_entered_the_same() {
        arbtest::arbtest(|u| {
            let (mut now, mut later) = (Hosts::new(4), Hosts::new(4));
            let book = later.put_off();
            let mut notes = Vec::new();
            for frame in 1..u.int_in_range(1..=40)? {
                let mut ip = || Ok(IpAddr::from([10, 0, 0, u.int_in_range(1..=9)?]));
                let (one, other) = (ip()?, ip()?);
                let mac = Some(MacAddr([2, 0, 0, 0, 0, frame as u8]));
                let carried = Carried {
                    source: one,
                    destination: other,
                    source_mac: mac,
                    destination_mac: None,
                    lan: Lan::default(),
                };
                let opened = Opened {
                    carried: Some(carried),
                    gateway: mac.filter(|_| one > other),
                };
                let kind = u.int_in_range(0..=3)?;
                for hosts in [&mut now, &mut later] {
                    match kind {
                        0 => hosts.see(one, mac, Lan::default(), frame),
                        1 => hosts.see_at_home(one, mac, Lan::default(), frame),
                        2 => hosts.see_connection(&opened, frame),
                        _ => hosts.see_exchange(&opened, frame),
                    }
                }
                if u.ratio(1, 5)? {
                    later.take_notes(&mut notes);
                    notes.drain(..).for_each(|note| open(&book).enter(&note));
                }
            }
            let memory = Memory::new(4);
            assert_eq!(later.list(&memory), now.list(&memory));
            assert_eq!(later.evicted(), now.evicted());
            Ok(())
        });
    }
}
