//! UDP exchanges: datagrams between two sockets, paired into questions and answers. RFC 768 knows no
//! connection, so nothing here is called one.

mod packed;

use std::time::Duration;

use crate::{
    decode::{icmp::Quote, udp::Datagram},
    time::Timestamp,
    track::{
        Config,
        brief::{Guess, KeyOf, Keyed},
        event::{
            CloseReason, ConnState, Content, Conversation, ExchangeId, Kind, UdpMessage, UdpRecord,
        },
        flow::{Both, Endpoint, FlowKey, KeptKey, Side},
        icmp::Problem,
        rank::{Gate, Rank},
        route::{Opened, Way},
        seen::Seen,
        table::{Ages, Handle, KeyHash, Table},
        udp::packed::Packed,
    },
};

/// All exchanges.
#[derive(Debug)]
pub struct Exchanges {
    table: Table<KeptKey, Kept>,
    /// Somebody wants to hear of each datagram.
    is_listened_to: bool,
    count: u64,
    evicted: u64,
    idle: Duration,
    /// Where nobody listens for more than records.
    pub(super) gate: Gate,
}

/// What is kept of an exchange between two datagrams.
#[derive(Debug)]
enum Kept {
    /// As few bytes as it needs.
    Packed(Packed),
    /// One whose numbers are big.
    Whole(Box<Exchange>),
}

#[derive(Debug)]
struct Exchange {
    id: ExchangeId,
    /// The originator is the lower end of the key.
    orig_is_lower: bool,
    messages: Both<u64>,
    frames: Both<u64>,
    bytes: Both<u64>,
    unanswered: u64,
    unreachable: u64,
    first: (u64, Timestamp),
    last_of: Both<Option<(u64, Timestamp)>>,
    last_from: Side,
}

impl Ages for Kept {
    /// How long it may be silent.
    type Patience = Duration;

    fn deadline(&self, idle: &Duration) -> Timestamp {
        let last_at = match self {
            Self::Packed(packed) => packed.last_at(),
            Self::Whole(exchange) => exchange.last().1,
        };
        last_at + *idle
    }
}

impl Kept {
    fn new(exchange: Exchange) -> Self {
        match Packed::of(&exchange) {
            Some(packed) => Self::Packed(packed),
            None => Self::Whole(Box::new(exchange)),
        }
    }

    /// Works on the exchange.
    #[inline]
    fn with<T>(&mut self, work: impl FnOnce(&mut Exchange) -> T) -> T {
        match self {
            Self::Packed(packed) => {
                let mut exchange = packed.unpack();
                let done = work(&mut exchange);
                *self = Self::new(exchange);
                done
            }
            Self::Whole(exchange) => work(exchange),
        }
    }

    fn id(&self) -> ExchangeId {
        match self {
            Self::Packed(packed) => packed.id(),
            Self::Whole(exchange) => exchange.id,
        }
    }

    fn rank(&self) -> Rank {
        match self {
            Self::Packed(packed) => packed.rank(),
            Self::Whole(exchange) => Rank::new(exchange.bytes.total(), exchange.id.0),
        }
    }

    fn close(&self, key: &KeptKey, reason: CloseReason, seen: &mut Seen<'_>) {
        match self {
            Self::Packed(packed) => packed.unpack().close(key, reason, seen),
            Self::Whole(exchange) => exchange.close(key, reason, seen),
        }
    }
}

impl Exchanges {
    /// No exchange yet.
    pub fn new(config: &Config, hash: &KeyHash) -> Self {
        let idle = config.idle.exchange;
        Self {
            table: Table::with_hash(config.max_connections, idle, hash.clone()),
            is_listened_to: config.interest.events,
            count: 0,
            evicted: 0,
            idle,
            gate: Gate::default(),
        }
    }

    /// Where the exchange of such a key stands; no entry is looked at for that. The memory is asked for it: it will be
    /// needed soon.
    #[inline]
    pub fn guess_and_fetch(&self, hash: u32) -> Option<Handle> {
        let guess = self.table.guess(hash);
        if let Some(handle) = guess {
            self.table.fetch(handle);
        }
        guess
    }

    /// A datagram of a plain frame, where its exchange is known and nobody wants to hear of it: then this comes to
    /// the same as [`observe`](Self::observe), in short. Of any other nothing is observed, and false is returned.
    #[inline]
    pub fn observe_expected(&mut self, key: KeyOf<'_>, Guess(guess): Guess, frame: u32) -> bool {
        if self.is_listened_to {
            return false;
        }
        let Some(handle) = self.table.find_guessed(guess, key.brief.hash, &key) else {
            return false;
        };
        let Some(Kept::Packed(packed)) = self.table.get_mut(handle) else {
            return false;
        };
        let brief = key.brief;
        let len = brief.numbers.payload_len;
        let seen = (u64::from(frame), brief.at);
        packed.pass(brief.from_lower, len, seen).is_some()
    }

    /// A datagram, and what explains the way it took. Returns the exchange where it is new.
    pub fn observe(
        &mut self,
        keyed: &Keyed,
        datagram: &Datagram<'_>,
        way: &Way<'_>,
        seen: &mut Seen<'_>,
    ) -> Option<Opened> {
        let Keyed {
            key,
            hash,
            from_lower,
        } = *keyed;
        let mut opened = None;
        let mut because = Vec::new();
        let found = self.table.find_hashed(hash, &key);
        let found = found.and_then(|handle| self.table.get_mut(handle));
        let (id, orig_is_lower, from, answers) = if let Some(kept) = found {
            kept.with(|exchange| exchange.observe(from_lower, datagram, seen))
        } else {
            self.count += 1;
            let mut exchange = Exchange::new(ExchangeId(self.count), from_lower, seen);
            let observed = exchange.observe(from_lower, datagram, seen);
            let kept = Kept::new(exchange);
            if let (_, Some((key, evicted))) = self.table.insert_hashed(hash, key.into(), kept) {
                self.evicted += 1;
                self.close(&key, &evicted, CloseReason::Evicted, seen);
            }
            let carried = way.packet.carried();
            let (route, frames) = way.explain(carried.as_ref(), seen.interest.events);
            because = frames;
            opened = Some((Opened::new(carried, route.as_ref()), route));
            observed
        };
        seen.of = Some(Conversation::Udp(id));
        let frames = seen.frames;
        let interest = seen.interest;
        let sheet = seen.sheet.take();
        seen.tell(&because, || {
            let bytes = if interest.text { datagram.payload } else { &[] };
            let cut = datagram.payload_len.saturating_sub(datagram.payload.len());
            let content = if cut > 0 {
                Content::cut(bytes, interest.whole)
            } else {
                Content::on(sheet, bytes, interest.whole)
            };
            Kind::UdpMessage(UdpMessage {
                exchange: id,
                flow: key.flow(orig_is_lower),
                from,
                len: datagram.payload_len as u64,
                content,
                cut: cut as u64,
                frames: frames.into(),
                answers,
                route: opened.and_then(|(_, route)| route),
            })
        });
        opened.map(|(opened, _)| opened)
    }

    /// An ICMP error quotes a datagram. Returns whether its exchange is known.
    pub fn on_icmp(&mut self, quote: &Quote, problem: &Problem, seen: &mut Seen<'_>) -> bool {
        let Some((source_port, destination_port)) = quote.ports else {
            return false;
        };
        let source = Endpoint::new(quote.source, source_port);
        let destination = Endpoint::new(quote.destination, destination_port);
        let (key, from_lower) = FlowKey::ordered(source, destination);
        let found = self.table.find(&key);
        let Some(kept) = found.and_then(|handle| self.table.get_mut(handle)) else {
            return false;
        };
        kept.with(|exchange| {
            exchange.unreachable += 1;
            let side = exchange.side(from_lower);
            let quoted = exchange.last_of.of(side).map(|(frame, _)| frame);
            let (id, flow) = (exchange.id, key.flow(exchange.orig_is_lower));
            seen.of = Some(Conversation::Udp(id));
            seen.tell(quoted.as_slice(), || {
                Kind::UdpUnreachable(problem.about(id, flow))
            });
        });
        true
    }

    /// When the first may have waited for too long.
    #[inline]
    pub fn next_due(&self) -> Timestamp {
        self.table.next_due()
    }

    /// Closes what has been silent for too long, at most `limit` exchanges.
    pub fn expire(&mut self, now: Timestamp, limit: usize, seen: &mut Seen<'_>) {
        for _ in 0..limit {
            let Some((key, exchange)) = self.table.pop_due(now) else {
                return;
            };
            let at = exchange.deadline(&self.idle);
            self.close(&key, &exchange, CloseReason::Idle, &mut seen.at(at));
        }
    }

    /// Closes at most `limit` of what is left, in order of first appearance. False when nothing was left.
    pub fn finish(&mut self, limit: usize, seen: &mut Seen<'_>) -> bool {
        for _ in 0..limit {
            let gate = &mut self.gate;
            let order = |kept: &Kept| {
                let is_told = self.is_listened_to || !gate.keeps_back(kept.rank());
                is_told.then(|| kept.id().0)
            };
            let Some((key, exchange)) = self.table.take_in_order(order) else {
                return false;
            };
            self.close(&key, &exchange, CloseReason::CaptureEnded, seen);
        }
        true
    }

    /// Exchanges let go because the table was full.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Concludes an exchange.
    fn close(&mut self, key: &KeptKey, kept: &Kept, reason: CloseReason, seen: &mut Seen<'_>) {
        if self.is_listened_to || !self.gate.keeps_back(kept.rank()) {
            kept.close(key, reason, seen);
        }
    }
}

impl Exchange {
    fn new(id: ExchangeId, orig_is_lower: bool, seen: &Seen<'_>) -> Self {
        Self {
            id,
            orig_is_lower,
            messages: Both::default(),
            frames: Both::default(),
            bytes: Both::default(),
            unanswered: 0,
            unreachable: 0,
            first: seen.first(),
            last_of: Both::default(),
            last_from: Side::Orig,
        }
    }

    /// The side that what comes from the lower or the higher end of the key comes from.
    fn side(&self, from_lower: bool) -> Side {
        if from_lower == self.orig_is_lower {
            Side::Orig
        } else {
            Side::Resp
        }
    }

    /// The last datagram: its frame, and when it was seen.
    fn last(&self) -> (u64, Timestamp) {
        self.last_of.of(self.last_from).unwrap_or(self.first)
    }

    /// A datagram. Returns whose exchange it belongs to and who sent it, and what it answers, and after how long.
    #[inline]
    fn observe(
        &mut self,
        from_lower: bool,
        datagram: &Datagram<'_>,
        seen: &Seen<'_>,
    ) -> (ExchangeId, bool, Side, Option<(u64, Duration)>) {
        let from = self.side(from_lower);
        let answers = self.count(from, datagram.payload_len, seen);
        (self.id, self.orig_is_lower, from, answers)
    }

    /// Counts a datagram; what it answers, and after how long.
    fn count(
        &mut self,
        from: Side,
        payload_len: usize,
        seen: &Seen<'_>,
    ) -> Option<(u64, Duration)> {
        *self.messages.of_mut(from) += 1;
        *self.frames.of_mut(from) += seen.frames.len() as u64;
        *self.bytes.of_mut(from) += payload_len as u64;
        match from {
            Side::Orig => self.unanswered += 1,
            Side::Resp => self.unanswered = 0,
        }
        let last = self.last();
        let asked = self.last_of.of(from.other()).as_ref();
        let answers = asked
            .filter(|_| self.last_from == from.other())
            .map(|(frame, asked_at)| (*frame, seen.at.since(*asked_at)));
        *self.last_of.of_mut(from) = Some((seen.number(), seen.at.max(last.1)));
        self.last_from = from;
        answers
    }

    fn close(&self, key: &KeptKey, reason: CloseReason, seen: &mut Seen<'_>) {
        let both_spoke = self.messages.orig > 0 && self.messages.resp > 0;
        let (last_frame, last_at) = self.last();
        let record = UdpRecord {
            exchange: self.id,
            flow: FlowKey::from(key).flow(self.orig_is_lower),
            conn_state: if both_spoke {
                ConnState::SF
            } else {
                ConnState::S0
            },
            messages: self.messages,
            frames: self.frames,
            bytes: self.bytes,
            unanswered: self.unanswered,
            unreachable: self.unreachable,
            first_frame: self.first.0,
            last_frame,
            duration: last_at.since(self.first.1),
            reason,
        };
        seen.record(&[], Kind::UdpClosed(Box::new(record)));
    }
}
