//! TCP connections: RFC 9293, seen by a bystander.

mod again;
mod analysis;
mod attempt;
mod connection;
pub(super) mod expected;
mod half;
mod handshake;
mod history;
mod kept;
mod leaving;
mod record;
mod rtt;
mod sequence;
mod state;
mod teardown;
mod usual;

#[cfg(test)]
mod tests;

use crate::{
    decode::{
        checksum::Checksum,
        icmp::Quote,
        tcp::{Numbers, Segment},
    },
    track::{
        Config,
        brief::{Guess, KeyOf, Keyed},
        event::{CloseReason, ConnectionId, Conversation, Kind},
        flow::{Endpoint, FlowKey, KeptKey, Side},
        icmp::Problem,
        rank::Gate,
        route::{Opened, Way},
        seen::Seen,
        stream::{Budget, Heard},
        table::{Handle, KeyHash, Table},
        tcp::{
            attempt::Attempt,
            connection::{Arrived, Connection},
            handshake::Cause,
            kept::{Kept, MayPack},
            leaving::Entry,
        },
    },
};

/// All connections.
#[derive(Debug)]
pub struct Connections {
    /// Those of which a single SYN was seen.
    attempts: Table<KeptKey, Attempt>,
    /// The others.
    open: Table<KeptKey, Kept>,
    may_pack: MayPack,
    /// Somebody wants to hear what is said.
    is_heard: bool,
    limit: usize,
    budget: Budget,
    /// Room for what an expected segment says.
    heard: Vec<Heard>,
    count: u64,
    evicted: u64,
    /// Where nobody listens for more than records.
    pub(super) gate: Gate,
}

/// So many connections are in the cache of nearly every processor: two megabytes.
const MANY: usize = 12_000;

/// What was made of a segment.
pub enum Observed {
    /// It was the expected one: nothing waits for anything that it did not wait for before.
    Expected,
    /// Its connection was known.
    Known,
    /// It opens a connection.
    New(Opened),
}

/// A segment, what surrounds it, and which end of its key it comes from.
#[derive(Clone, Copy)]
struct Incoming<'a> {
    segment: &'a Segment<'a>,
    checksum: Checksum,
    from_lower: bool,
    way: &'a Way<'a>,
}

/// What a segment made of its connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Became {
    /// Nothing else.
    Same,
    /// It is over now.
    Over,
    /// It was over, or is from now on: the segment opens another on the same sockets.
    Replaced,
}

impl Connections {
    /// No connection yet.
    pub fn new(config: &Config, hash: &KeyHash) -> Self {
        Self {
            attempts: Table::with_hash(config.max_connections, config.idle, hash.clone()),
            open: Table::with_hash(config.max_connections, config.idle, hash.clone()),
            may_pack: if config.interest.events {
                Connection::is_told
            } else {
                |_| true
            },
            is_heard: config.interest.events || config.interest.text,
            limit: config.max_connections.max(1),
            budget: Budget::new(config.max_stream_bytes),
            heard: Vec::new(),
            count: 0,
            evicted: 0,
            gate: Gate::default(),
        }
    }

    /// Has the memory fetch what [`guess_and_fetch`](Self::guess_and_fetch) will look at, where there are many.
    #[inline]
    pub fn fetch_guess(&self, hash: u32) {
        self.open.fetch_guess(hash);
        self.attempts.fetch_guess(hash);
    }

    /// Where the connection of such a key stands, if it is a grown one; no entry is looked at for that. The memory is
    /// asked for it: it will be needed soon.
    #[inline]
    pub fn guess_and_fetch(&self, hash: u32) -> Option<Handle> {
        let guess = self.open.guess(hash);
        if let Some(handle) = guess {
            self.open.fetch(handle);
        }
        guess
    }

    /// Has the memory fetch an attempt that will be needed soon.
    #[inline]
    pub fn fetch_attempt(&self, hash: u32) {
        if let Some(handle) = self.attempts.guess(hash) {
            self.attempts.fetch(handle);
        }
    }

    /// Somebody wants to hear what is said.
    pub fn are_heard(&self) -> bool {
        self.is_heard
    }

    /// There are more than stay in the cache.
    #[inline]
    pub fn are_many(&self) -> bool {
        self.open.len() > MANY
    }

    /// The same for all that [`guess_and_fetch`](Self::guess_and_fetch) did not fetch of a connection.
    #[inline]
    pub fn fetch_parts(&self, guess: Handle) {
        self.open.fetch_parts(guess);
    }

    /// The same for what is kept of a side while somebody listens.
    #[inline]
    pub fn fetch_half(&self, guess: Handle, from_lower: bool) {
        if let Some(Kept::Packed(packed)) = self.open.get(guess) {
            packed.fetch_half(packed.side(from_lower));
        }
    }

    /// The same for the places where more will be kept.
    #[inline]
    pub fn fetch_text(&self, guess: Handle, from_lower: bool) {
        if let Some(Kept::Packed(packed)) = self.open.get(guess) {
            packed.fetch_text(packed.side(from_lower));
        }
    }

    /// A segment of a plain frame that came after all before it, if it is the expected one of the connection that was
    /// guessed: then this comes to the same as [`observe`](Self::observe), in short. Of any other nothing is observed, and
    /// false is returned.
    #[inline]
    pub fn observe_guessed(&mut self, key: KeyOf<'_>, Guess(guess): Guess, frame: u32) -> bool {
        let KeyOf { brief, .. } = key;
        // A datagram has no flags.
        if !expected::may_be(&brief.numbers) {
            return false;
        }
        match self.open.get_guessed(guess, &key) {
            Some(Kept::Packed(packed)) => {
                let from = packed.side(brief.from_lower);
                packed.observe_expected::<true>(&brief.numbers, from, (frame, brief.at), false)
            }
            _ => false,
        }
    }

    /// The same of any connection; and where nobody listens, of a segment that opens or closes it as nearly all do, or
    /// was sent before. Some(true): another connection may be due first now.
    pub fn observe_expected(
        &mut self,
        key: KeyOf<'_>,
        Guess(guess): Guess,
        frame: u32,
    ) -> Option<bool> {
        let brief = key.brief;
        let numbers = &brief.numbers;
        if numbers.flags.syn() || self.is_heard && numbers.payload_len > 0 {
            return None;
        }
        let handle = self.open.find_guessed(guess, brief.hash, &key)?;
        let Kept::Packed(packed) = self.open.get_mut(handle)? else {
            return None;
        };
        let from = packed.side(brief.from_lower);
        let when = (frame, brief.at);
        if expected::may_be(numbers) && packed.observe_expected::<false>(numbers, from, when, false)
        {
            return Some(false);
        }
        if self.is_heard {
            return None;
        }
        let when = (u64::from(frame), brief.at);
        if numbers.payload_len > 0 {
            return packed.observe_again(numbers, from, when).then_some(false);
        }
        let became_over = packed.observe_usual(numbers, from, when)?;
        if became_over {
            self.open.reschedule(handle);
        }
        Some(became_over)
    }

    /// The same of any segment whose checksum is not wrong: its numbers, and its payload as far as it was captured.
    /// Where somebody listens, what it says is told.
    pub fn hear_expected(
        &mut self,
        (keyed, Guess(guess)): (&Keyed, Guess),
        (segment, payload): (&Numbers, &[u8]),
        seen: &mut Seen<'_>,
    ) -> bool {
        let Ok(frame) = u32::try_from(seen.number()) else {
            return false;
        };
        if !expected::may_be(segment) || seen.frames.len() != 1 {
            return false;
        }
        let Some(handle) = self.open.find_guessed(guess, keyed.hash, &keyed.key) else {
            return false;
        };
        let Some(Kept::Packed(packed)) = self.open.get_mut(handle) else {
            return false;
        };
        let from = packed.side(keyed.from_lower);
        let is_expected =
            packed.observe_expected::<false>(segment, from, (frame, seen.at), self.is_heard);
        if is_expected {
            seen.of = Some(Conversation::Tcp(packed.id()));
            if self.is_heard {
                let said = (segment, from, payload);
                packed.hear(&keyed.key, said, &mut self.budget, &mut self.heard, seen);
            }
        }
        is_expected
    }

    /// A segment, where its connection probably stands, what its checksum is worth, and what explains the way it took.
    pub fn observe(
        &mut self,
        (keyed, guess): (&Keyed, Guess),
        segment: &Segment<'_>,
        checksum: Checksum,
        way: &Way<'_>,
        seen: &mut Seen<'_>,
    ) -> Observed {
        let said = (&segment.numbers(), segment.payload);
        if !checksum.is_bad() && self.hear_expected((keyed, guess), said, seen) {
            return Observed::Expected;
        }
        self.observe_any(keyed, segment, checksum, way, seen)
    }

    /// A segment that is not the one expected.
    #[inline(never)]
    pub fn observe_any(
        &mut self,
        keyed: &Keyed,
        segment: &Segment<'_>,
        checksum: Checksum,
        way: &Way<'_>,
        seen: &mut Seen<'_>,
    ) -> Observed {
        let incoming = &Incoming {
            segment,
            checksum,
            from_lower: keyed.from_lower,
            way,
        };
        let key = &keyed.key;
        let is_heard = seen.interest.events;
        if let Some(handle) = self.open.find_hashed(keyed.hash, key)
            && let Some(kept) = self.open.get_mut(handle)
        {
            if let Kept::Packed(packed) = kept
                && !self.is_heard
                && seen.frames.len() == 1
                && !checksum.is_bad()
            {
                let from = packed.side(incoming.from_lower);
                let when = (seen.number(), seen.at);
                let numbers = &segment.numbers();
                let observed = packed.observe_usual(numbers, from, when).or_else(|| {
                    let is_again = packed.observe_again(numbers, from, when);
                    is_again.then_some(false)
                });
                if let Some(became_over) = observed {
                    seen.of = Some(Conversation::Tcp(packed.id()));
                    if became_over {
                        self.open.reschedule(handle);
                    }
                    return Observed::Known;
                }
            }
            let budget = &mut self.budget;
            let became = kept.with(key, self.may_pack, |connection| {
                incoming.reach(connection, budget, seen)
            });
            match became {
                Became::Same => return Observed::Known,
                Became::Over => {
                    self.open.reschedule(handle);
                    return Observed::Known;
                }
                Became::Replaced => {
                    self.open.remove(handle);
                }
            }
        } else if let Some((kept_key, attempt)) = self.take_attempt(keyed.hash, key) {
            let arrived = incoming.from(Side::Resp);
            if !is_heard && let Some(packed) = attempt.answered(&arrived, incoming.from_lower, seen)
            {
                seen.of = Some(Conversation::Tcp(packed.id()));
                self.open
                    .insert_hashed(keyed.hash, kept_key, Kept::Packed(packed));
                return Observed::Known;
            }
            let mut connection = attempt.grown(key, seen.interest, &mut self.budget);
            if incoming.reach(&mut connection, &mut self.budget, seen) != Became::Replaced {
                self.open
                    .insert_hashed(keyed.hash, kept_key, Kept::new(connection, self.may_pack));
                return Observed::Known;
            }
        }
        Observed::New(self.open(keyed, incoming, seen))
    }

    /// Takes out an attempt: there will be more to say of it.
    fn take_attempt(&mut self, hash: u32, key: &FlowKey) -> Option<(KeptKey, Attempt)> {
        let handle = self.attempts.find_hashed(hash, key)?;
        self.attempts.remove(handle)
    }

    /// The first segment of a connection.
    #[inline(never)]
    fn open(&mut self, keyed: &Keyed, incoming: &Incoming<'_>, seen: &mut Seen<'_>) -> Opened {
        let Keyed { key, hash, .. } = keyed;
        let Incoming { segment, way, .. } = *incoming;
        let (source, destination) = (segment.source_port, segment.destination_port);
        let flipped = state::is_flipped(segment.flags, source, destination);
        let orig_is_lower = incoming.from_lower != flipped;
        self.count += 1;
        let id = ConnectionId(self.count);
        seen.of = Some(Conversation::Tcp(id));
        let carried = way.packet.carried();
        let (route, because) = if flipped {
            (None, Vec::new())
        } else {
            way.explain(carried.as_ref(), seen.interest.events)
        };
        let opened = Opened::new(carried, route.as_ref());
        let from = if flipped { Side::Resp } else { Side::Orig };
        let arrived = incoming.from(from);
        let is_heard = seen.interest.events;
        let cause = if is_heard {
            Cause::new(route, because)
        } else {
            Cause::Unknown
        };
        // A single SYN is not looked into before there is more to say: most of a flood never gets so far.
        let entry = if let Some(attempt) = Attempt::new(id, orig_is_lower, &arrived, seen) {
            attempt.tell(&cause, key.flow(orig_is_lower), seen);
            Entry::Attempt(attempt.because(cause))
        } else {
            let mut connection = Connection::new(id, key, orig_is_lower, flipped, seen);
            connection.handshake.cause = cause;
            connection.observe(&arrived, &mut self.budget, seen);
            Entry::Kept(Kept::new(connection, self.may_pack))
        };
        self.make_room(seen);
        match entry {
            Entry::Attempt(attempt) => {
                self.attempts.insert_hashed(*hash, (*key).into(), attempt);
            }
            Entry::Kept(kept) => {
                self.open.insert_hashed(*hash, (*key).into(), kept);
            }
        }
        opened
    }

    /// An ICMP error quotes a segment. Returns whether its connection is known.
    pub fn on_icmp(&mut self, quote: &Quote, problem: &Problem, seen: &mut Seen<'_>) -> bool {
        let Some((source_port, destination_port)) = quote.ports else {
            return false;
        };
        let source = Endpoint::new(quote.source, source_port);
        let destination = Endpoint::new(quote.destination, destination_port);
        let (key, from_lower) = FlowKey::ordered(source, destination);
        let hash = self.open.hash(&key);
        let handle = match self.open.find_hashed(hash, &key) {
            Some(handle) => handle,
            None => match self.take_attempt(hash, &key) {
                Some((kept_key, attempt)) => {
                    let connection = attempt.grown(&key, seen.interest, &mut self.budget);
                    self.open
                        .insert(kept_key, Kept::new(connection, self.may_pack))
                        .0
                }
                None => return false,
            },
        };
        let Some(kept) = self.open.get_mut(handle) else {
            return false;
        };
        kept.with(&key, self.may_pack, |connection| {
            let side = connection.side(from_lower);
            let quoted = connection.quoted_frame(side, quote.sequence);
            let (id, flow) = (connection.id, connection.flow);
            seen.of = Some(Conversation::Tcp(id));
            seen.tell(quoted.as_slice(), || Kind::TcpIcmp(problem.about(id, flow)));
            connection.on_icmp(side, problem, seen);
        });
        true
    }
}

impl Incoming<'_> {
    fn from(&self, from: Side) -> Arrived<'_> {
        Arrived {
            segment: self.segment,
            from,
            mac: self.way.packet.source_mac(),
            checksum: self.checksum,
        }
    }

    /// It reaches a connection that is known.
    fn reach(
        &self,
        connection: &mut Connection,
        budget: &mut Budget,
        seen: &mut Seen<'_>,
    ) -> Became {
        let from = connection.side(self.from_lower);
        seen.of = Some(Conversation::Tcp(connection.id));
        if self.segment.flags.syn()
            && !self.checksum.is_bad()
            && connection.is_replaced_by(self.segment, from)
        {
            connection.close(CloseReason::PortReuse, budget, seen);
            return Became::Replaced;
        }
        let was_over = connection.is_over();
        connection.observe(&self.from(from), budget, seen);
        if !was_over && connection.is_over() {
            Became::Over
        } else {
            Became::Same
        }
    }
}
