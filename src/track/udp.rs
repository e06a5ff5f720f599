//! UDP exchanges: datagrams between two sockets, paired into questions and answers. RFC 768 knows no
//! connection, so nothing here is called one.

use std::time::Duration;

use crate::{
    decode::{icmp::Quote, udp::Datagram},
    time::Timestamp,
    track::{
        Config,
        event::{
            CloseReason, ConnState, Content, Conversation, ExchangeId, Kind, UdpMessage, UdpRecord,
        },
        flow::{Both, Endpoint, Flow, FlowKey, KeptKey, Side},
        icmp::Problem,
        route::{Opened, Way},
        seen::Seen,
        table::{Ages, Handle, Table},
    },
};

/// All exchanges.
#[derive(Debug)]
pub struct Exchanges {
    table: Table<KeptKey, Exchange>,
    count: u64,
    evicted: u64,
    idle: Duration,
}

#[derive(Debug)]
struct Exchange {
    id: ExchangeId,
    flow: Flow,
    /// The originator is the lower end of the key.
    orig_is_lower: bool,
    messages: Both<u64>,
    frames: Both<u64>,
    bytes: Both<u64>,
    unanswered: u64,
    unreachable: u64,
    first: (u64, Timestamp),
    last: (u64, Timestamp),
    last_of: Both<Option<(u64, Timestamp)>>,
    last_from: Option<Side>,
}

impl Ages for Exchange {
    /// How long it may be silent.
    type Patience = Duration;

    fn deadline(&self, idle: &Duration) -> Timestamp {
        self.last.1 + *idle
    }
}

impl Exchanges {
    /// No exchange yet.
    pub fn new(config: &Config) -> Self {
        Self {
            table: Table::new(config.max_connections, config.idle.exchange),
            count: 0,
            evicted: 0,
            idle: config.idle.exchange,
        }
    }

    /// A datagram, and what explains the way it took. Returns the exchange where it is new.
    pub fn observe(
        &mut self,
        datagram: &Datagram<'_>,
        way: &Way<'_>,
        seen: &mut Seen<'_>,
    ) -> Option<Opened> {
        let (source, destination) = (datagram.source_port, datagram.destination_port);
        let (key, from_lower) = way.packet.key(source, destination)?;
        let found = self.table.find(&key);
        let is_new = found.is_none();
        let handle = found.unwrap_or_else(|| self.open(&key, from_lower, seen));
        let exchange = self.table.get_mut(handle)?;
        let flow = exchange.flow;
        let from = exchange.side(from_lower);
        let answers = exchange.count(from, datagram.payload_len, seen);
        let (route, because) = if is_new {
            way.explain()
        } else {
            (None, Vec::new())
        };
        let id = exchange.id;
        seen.of = Some(Conversation::Udp(id));
        let frames = seen.frames;
        let interest = seen.interest;
        seen.tell(&because, || {
            let bytes = if interest.text { datagram.payload } else { &[] };
            let cut = datagram.payload_len.saturating_sub(datagram.payload.len());
            let content = if cut > 0 {
                Content::cut(bytes, interest.whole)
            } else {
                Content::new(bytes, interest.whole)
            };
            Kind::UdpMessage(UdpMessage {
                exchange: id,
                flow,
                from,
                len: datagram.payload_len as u64,
                content,
                cut: cut as u64,
                frames: frames.to_vec(),
                answers,
                route,
            })
        });
        is_new.then(|| Opened::new(flow, way, route))
    }

    #[inline(never)]
    fn open(&mut self, key: &FlowKey, orig_is_lower: bool, seen: &mut Seen<'_>) -> Handle {
        self.count += 1;
        let exchange = Exchange {
            id: ExchangeId(self.count),
            flow: key.flow(orig_is_lower),
            orig_is_lower,
            messages: Both::default(),
            frames: Both::default(),
            bytes: Both::default(),
            unanswered: 0,
            unreachable: 0,
            first: seen.first(),
            last: seen.first(),
            last_of: Both::default(),
            last_from: None,
        };
        let (handle, evicted) = self.table.insert((*key).into(), exchange);
        if let Some((_, evicted)) = evicted {
            self.evicted += 1;
            evicted.close(CloseReason::Evicted, seen);
        }
        handle
    }

    /// An ICMP error quotes a datagram. Returns whether its exchange is known.
    pub fn on_icmp(&mut self, quote: &Quote, problem: &Problem, seen: &mut Seen<'_>) -> bool {
        let Some((source_port, destination_port)) = quote.ports else {
            return false;
        };
        let source = Endpoint::new(quote.source, source_port);
        let destination = Endpoint::new(quote.destination, destination_port);
        let (key, from_lower) = FlowKey::ordered(source, destination);
        let Some(exchange) = self
            .table
            .find(&key)
            .and_then(|handle| self.table.get_mut(handle))
        else {
            return false;
        };
        exchange.unreachable += 1;
        let side = exchange.side(from_lower);
        let quoted = exchange.last_of.of(side).map(|(frame, _)| frame);
        let (id, flow) = (exchange.id, exchange.flow);
        seen.of = Some(Conversation::Udp(id));
        seen.tell(quoted.as_slice(), || {
            Kind::UdpUnreachable(problem.about(id, flow))
        });
        true
    }

    /// Whether something may have waited for too long.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.table.is_due(now)
    }

    /// Closes what has been silent for too long, at most `limit` exchanges.
    pub fn expire(&mut self, now: Timestamp, limit: usize, seen: &mut Seen<'_>) {
        for _ in 0..limit {
            let Some((_, exchange)) = self.table.pop_due(now) else {
                return;
            };
            let at = exchange.deadline(&self.idle);
            exchange.close(CloseReason::Idle, &mut seen.at(at));
        }
    }

    /// Closes at most `limit` of what is left, in order of first appearance. False when nothing was left.
    pub fn finish(&mut self, limit: usize, seen: &mut Seen<'_>) -> bool {
        for _ in 0..limit {
            let Some((_, exchange)) = self.table.take_in_order(|exchange| exchange.id) else {
                return false;
            };
            exchange.close(CloseReason::CaptureEnded, seen);
        }
        true
    }

    /// Exchanges let go because the table was full.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }
}

impl Exchange {
    /// The side that what comes from the lower or the higher end of the key comes from.
    fn side(&self, from_lower: bool) -> Side {
        if from_lower == self.orig_is_lower {
            Side::Orig
        } else {
            Side::Resp
        }
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
        let answers = if self.last_from == Some(from.other()) {
            self.last_of
                .of(from.other())
                .map(|(frame, asked_at)| (frame, seen.at.since(asked_at)))
        } else {
            None
        };
        let now = (seen.number(), seen.at.max(self.last.1));
        self.last = now;
        *self.last_of.of_mut(from) = Some(now);
        self.last_from = Some(from);
        answers
    }

    fn close(self, reason: CloseReason, seen: &mut Seen<'_>) {
        let both_spoke = self.messages.orig > 0 && self.messages.resp > 0;
        let record = UdpRecord {
            exchange: self.id,
            flow: self.flow,
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
            last_frame: self.last.0,
            duration: self.last.1.since(self.first.1),
            reason,
        };
        seen.record(&[], Kind::UdpClosed(Box::new(record)));
    }
}
