//! Fragments put together: IPv4 (RFC 791, section 3.2) and IPv6 (RFC 8200, section 4.5), within a budget.
//!
//! Overlapping fragments are never put together (RFC 5722); exact repetitions are ignored.

use std::{net::IpAddr, time::Duration};

use crate::{
    decode::Fragment,
    time::Timestamp,
    track::{
        event::{FragmentedDatagram, Kind, Oddity},
        seen::Seen,
        table::{Ages, Handle, Table},
    },
};

/// What is missing after this long will not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// At most this many datagrams wait for fragments at once.
const MAX_DATAGRAMS: usize = 4096;

/// At most this many fragments are kept of one datagram.
const MAX_PIECES: usize = 64;

/// No IP packet is longer, in bytes.
const MAX_PACKET: usize = 65_535;

/// A first fragment below this many bytes can hide the TCP flags from a filter (RFC 1858).
const TINY: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    protocol: u8,
}

/// All datagrams that wait for fragments.
#[derive(Debug)]
pub struct Fragments {
    table: Table<Key, Waiting>,
    held: usize,
    limit: usize,
    /// Fragments let go because the budget was spent.
    pub evicted: u64,
}

#[derive(Debug)]
struct Waiting {
    since: Timestamp,
    pieces: Vec<Piece>,
    frames: Vec<u64>,
    end: Option<usize>,
    spoilt: bool,
}

#[derive(Debug)]
struct Piece {
    start: usize,
    end: usize,
    bytes: Vec<u8>,
}

impl Ages for Waiting {
    type Patience = Duration;

    fn deadline(&self, patience: &Duration) -> Timestamp {
        self.since + *patience
    }
}

/// A datagram that is whole.
#[derive(Debug)]
pub struct Whole {
    /// What it carries.
    pub protocol: u8,
    /// Its bytes, without the IP header, up to the first that the capture cut.
    pub bytes: Vec<u8>,
    /// Its length, captured or not.
    pub len: usize,
    /// The frames of its fragments, in order of arrival.
    pub frames: Vec<u64>,
    /// When the first of them came.
    pub since: Timestamp,
}

impl Fragments {
    /// Nothing waits; at most `limit` bytes will.
    pub fn new(limit: usize) -> Self {
        Self {
            table: Table::new(MAX_DATAGRAMS, PATIENCE),
            held: 0,
            limit,
            evicted: 0,
        }
    }

    /// A fragment. Returns the datagram that it completes.
    pub fn observe(&mut self, fragment: &Fragment<'_>, seen: &mut Seen<'_>) -> Option<Whole> {
        let end = fragment.offset + fragment.len;
        if end > MAX_PACKET {
            tell_oddity("ping_of_death", fragment, seen);
            return None;
        }
        if fragment.offset == 0 && fragment.more && fragment.len < TINY {
            tell_oddity("tiny_first_fragment", fragment, seen);
        }
        // Whether a fragment is followed by others is said in units of eight bytes.
        if fragment.more && !fragment.len.is_multiple_of(8) {
            tell_oddity("fragment_misaligned", fragment, seen);
            return None;
        }
        let key = Key {
            source: fragment.source,
            destination: fragment.destination,
            identification: fragment.identification,
            protocol: if fragment.source.is_ipv4() {
                fragment.protocol
            } else {
                0
            },
        };
        let handle = self
            .table
            .find(&key)
            .unwrap_or_else(|| self.expect(key, seen));
        let waiting = self.table.get_mut(handle)?;
        match waiting.place(fragment, end, seen.number()) {
            Placed::Again => return None,
            Placed::Overlaps => {
                tell_oddity("fragment_overlap", fragment, seen);
                return None;
            }
            Placed::New => {}
        }
        self.held += fragment.bytes.len();
        let whole = waiting.is_whole();
        while self.held > self.limit {
            let (key, waiting) = self.table.evict()?;
            self.let_go(key, &waiting, seen);
        }
        if !whole {
            return None;
        }
        let (key, waiting) = self.table.remove(handle)?;
        self.held = self.held.saturating_sub(waiting.held());
        let protocol = if key.protocol == 0 {
            fragment.protocol
        } else {
            key.protocol
        };
        let whole = Whole {
            protocol,
            frames: waiting.frames.clone(),
            since: waiting.since,
            bytes: waiting.captured(),
            len: waiting.end.unwrap_or(0),
        };
        let earlier: Vec<u64> = waiting
            .frames
            .iter()
            .copied()
            .filter(|frame| Some(*frame) != seen.frame)
            .collect();
        seen.tell(&earlier, || {
            Kind::DatagramReassembled(FragmentedDatagram {
                src: key.source,
                dst: key.destination,
                protocol,
                id: key.identification,
                len: whole.len as u64,
                frames: whole.frames.clone(),
                missing: Vec::new(),
            })
        });
        Some(whole)
    }

    /// Makes room for the fragments of another datagram.
    fn expect(&mut self, key: Key, seen: &mut Seen<'_>) -> Handle {
        let waiting = Waiting {
            since: seen.at,
            pieces: Vec::new(),
            frames: Vec::new(),
            end: None,
            spoilt: false,
        };
        let (handle, evicted) = self.table.insert(key, waiting);
        if let Some((key, waiting)) = evicted {
            self.let_go(key, &waiting, seen);
        }
        handle
    }

    /// When the first may have waited for too long.
    pub fn next_due(&self) -> Timestamp {
        self.table.next_due()
    }

    /// Reports what will not be completed, at most `limit` datagrams.
    pub fn expire(&mut self, now: Timestamp, limit: usize, seen: &mut Seen<'_>) {
        for _ in 0..limit {
            let Some((key, waiting)) = self.table.pop_due(now) else {
                return;
            };
            self.held = self.held.saturating_sub(waiting.held());
            let at = waiting.deadline(&PATIENCE);
            waiting.give_up(key, &mut seen.at(at));
        }
    }

    /// Reports everything that was not completed.
    pub fn finish(&mut self, seen: &mut Seen<'_>) {
        let mut rest = self.table.drain();
        rest.sort_unstable_by_key(|(_, waiting)| waiting.frames.first().copied());
        for (key, waiting) in rest {
            waiting.give_up(key, seen);
        }
    }

    fn let_go(&mut self, key: Key, waiting: &Waiting, seen: &mut Seen<'_>) {
        self.evicted += waiting.pieces.len() as u64;
        self.held = self.held.saturating_sub(waiting.held());
        waiting.give_up(key, seen);
    }
}

enum Placed {
    New,
    Again,
    Overlaps,
}

impl Waiting {
    fn place(&mut self, fragment: &Fragment<'_>, end: usize, frame: u64) -> Placed {
        if self.spoilt {
            self.prove(frame);
            return Placed::Again;
        }
        let start = fragment.offset;
        let index = self
            .pieces
            .partition_point(|piece| piece.end <= start && piece.start < start);
        if let Some(piece) = self.pieces.get(index) {
            if piece.start == start && piece.end == end && piece.bytes == fragment.bytes {
                return Placed::Again;
            }
            if piece.start < end {
                self.spoilt = true;
                self.prove(frame);
                return Placed::Overlaps;
            }
        }
        let beyond = self
            .end
            .is_some_and(|known| end > known || !fragment.more && end != known);
        let behind = !fragment.more && self.pieces.last().is_some_and(|last| last.end > end);
        if beyond || behind || self.pieces.len() >= MAX_PIECES {
            self.spoilt = true;
            self.prove(frame);
            return Placed::Overlaps;
        }
        if !fragment.more {
            self.end = Some(end);
        }
        self.pieces.insert(
            index,
            Piece {
                start,
                end,
                bytes: fragment.bytes.to_vec(),
            },
        );
        self.frames.push(frame);
        Placed::New
    }

    fn is_whole(&self) -> bool {
        !self.spoilt && self.end.is_some() && self.missing().is_empty()
    }

    /// Names a fragment, as long as there are not too many.
    fn prove(&mut self, frame: u64) {
        if self.frames.len() < MAX_PIECES {
            self.frames.push(frame);
        }
    }

    /// What never came; nothing where the fragments contradict each other and no bytes would help.
    fn missing(&self) -> Vec<(u32, Option<u32>)> {
        if self.spoilt {
            return Vec::new();
        }
        let mut missing = Vec::new();
        let mut at = 0;
        for piece in &self.pieces {
            if piece.start > at {
                missing.push((at as u32, Some(piece.start as u32)));
            }
            at = at.max(piece.end);
        }
        if self.end.unwrap_or(MAX_PACKET) > at {
            missing.push((at as u32, self.end.map(|end| end as u32)));
        }
        missing
    }

    /// The bytes from the first on, up to the first that the capture cut.
    fn captured(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.held());
        for piece in &self.pieces {
            if bytes.len() != piece.start {
                break;
            }
            bytes.extend_from_slice(&piece.bytes);
        }
        bytes
    }

    fn held(&self) -> usize {
        self.pieces.iter().map(|piece| piece.bytes.len()).sum()
    }

    fn give_up(&self, key: Key, seen: &mut Seen<'_>) {
        seen.tell(&self.frames, || {
            Kind::DatagramIncomplete(FragmentedDatagram {
                src: key.source,
                dst: key.destination,
                protocol: key.protocol,
                id: key.identification,
                len: self
                    .end
                    .or(self.pieces.last().map(|piece| piece.end))
                    .unwrap_or(0) as u64,
                frames: self.frames.clone(),
                missing: self.missing(),
            })
        });
    }
}

fn tell_oddity(name: &'static str, fragment: &Fragment<'_>, seen: &mut Seen<'_>) {
    seen.tell(&[], || {
        Kind::Oddity(Oddity::Fragment {
            name,
            src: fragment.source,
            dst: fragment.destination,
            id: fragment.identification,
            from: fragment.offset,
            to: fragment.offset + fragment.len,
        })
    });
}
