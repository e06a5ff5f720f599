//! TCP connections: RFC 9293, seen by a bystander.

mod analysis;
mod attempt;
mod connection;
mod expected;
mod half;
mod handshake;
mod history;
mod rtt;
mod sequence;
mod state;
mod teardown;

use crate::{
    decode::{checksum::Checksum, icmp::Quote, tcp::Segment},
    time::Timestamp,
    track::{
        Config,
        event::{CloseReason, ConnectionId, Conversation, Kind},
        flow::{Endpoint, FlowKey, KeptKey, Side},
        icmp::Problem,
        route::{Opened, Way},
        seen::Seen,
        stream::Budget,
        table::Table,
        tcp::{attempt::Entry, connection::Arrived, handshake::Cause},
    },
};

/// All connections.
#[derive(Debug)]
pub struct Connections {
    table: Table<KeptKey, Entry>,
    budget: Budget,
    count: u64,
    evicted: u64,
}

impl Connections {
    /// No connection yet.
    pub fn new(config: &Config) -> Self {
        Self {
            table: Table::new(config.max_connections, config.idle),
            budget: Budget::new(config.max_stream_bytes),
            count: 0,
            evicted: 0,
        }
    }

    /// A segment, what its checksum is worth, and what explains the way it took. Returns the connection
    /// where it is new.
    pub fn observe(
        &mut self,
        segment: &Segment<'_>,
        checksum: Checksum,
        way: &Way<'_>,
        seen: &mut Seen<'_>,
    ) -> Option<Opened> {
        let (source, destination) = (segment.source_port, segment.destination_port);
        let (key, from_lower) = way.packet.key(source, destination)?;
        let found = self.table.find_mut(&key);
        let Some((handle, entry)) = found else {
            return Some(self.open(&key, from_lower, segment, checksum, way, seen));
        };
        let connection = entry.grow(&key, seen.interest, &mut self.budget);
        let from = connection.side(from_lower);
        seen.of = Some(Conversation::Tcp(connection.id));
        if !checksum.is_bad() && connection.observe_expected(segment, from, seen) {
            return None;
        }
        if segment.flags.syn() && !checksum.is_bad() && connection.is_replaced_by(segment, from) {
            if let Some((_, old)) = self.table.remove(handle) {
                self.close(&key, old, CloseReason::PortReuse, seen);
            }
            return Some(self.open(&key, from_lower, segment, checksum, way, seen));
        }
        let was_over = connection.is_over();
        let arrived = Arrived {
            segment,
            from,
            mac: way.packet.source_mac(),
            checksum,
        };
        connection.observe(&arrived, &mut self.budget, seen);
        if !was_over && connection.is_over() {
            self.table.reschedule(handle);
        }
        None
    }

    /// The first segment of a connection. `from_lower`: it comes from the lower end of its key.
    #[inline(never)]
    fn open(
        &mut self,
        key: &FlowKey,
        from_lower: bool,
        segment: &Segment<'_>,
        checksum: Checksum,
        way: &Way<'_>,
        seen: &mut Seen<'_>,
    ) -> Opened {
        let (source, destination) = (segment.source_port, segment.destination_port);
        let flipped = state::is_flipped(segment.flags, source, destination);
        let orig_is_lower = from_lower != flipped;
        self.count += 1;
        let id = ConnectionId(self.count);
        seen.of = Some(Conversation::Tcp(id));
        let (route, because) = if flipped {
            (None, Vec::new())
        } else {
            way.explain()
        };
        let arrived = Arrived {
            segment,
            from: if flipped { Side::Resp } else { Side::Orig },
            mac: way.packet.source_mac(),
            checksum,
        };
        let mut entry = Entry::new(id, key, orig_is_lower, &arrived, seen);
        let cause = Cause::new(route, because);
        match &mut entry {
            Entry::Attempt(attempt) => attempt.cause = cause,
            Entry::Connection(connection) => {
                connection.handshake.cause = cause;
                connection.observe(&arrived, &mut self.budget, seen);
            }
        }
        entry.shrink(&arrived, seen);
        if let (_, Some((key, evicted))) = self.table.insert((*key).into(), entry) {
            self.evicted += 1;
            self.close(&FlowKey::from(&key), evicted, CloseReason::Evicted, seen);
        }
        Opened::new(key.flow(orig_is_lower), way, route)
    }

    /// An ICMP error quotes a segment. Returns whether its connection is known.
    pub fn on_icmp(&mut self, quote: &Quote, problem: &Problem, seen: &mut Seen<'_>) -> bool {
        let Some((source_port, destination_port)) = quote.ports else {
            return false;
        };
        let source = Endpoint::new(quote.source, source_port);
        let destination = Endpoint::new(quote.destination, destination_port);
        let (key, from_lower) = FlowKey::ordered(source, destination);
        let Some((_, entry)) = self.table.find_mut(&key) else {
            return false;
        };
        let connection = entry.grow(&key, seen.interest, &mut self.budget);
        let side = connection.side(from_lower);
        let quoted = connection.quoted_frame(side, quote.sequence);
        let (id, flow) = (connection.id, connection.flow);
        seen.of = Some(Conversation::Tcp(id));
        seen.tell(quoted.as_slice(), || Kind::TcpIcmp(problem.about(id, flow)));
        connection.on_icmp(side, problem, seen);
        true
    }

    /// Whether something may have waited for too long.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.table.is_due(now)
    }

    /// Closes what has been idle for too long, at most `limit` connections.
    pub fn expire(&mut self, now: Timestamp, limit: usize, seen: &mut Seen<'_>) {
        for _ in 0..limit {
            let Some((key, entry)) = self.table.pop_due(now) else {
                return;
            };
            self.close(&FlowKey::from(&key), entry, CloseReason::Idle, seen);
        }
    }

    /// Closes at most `limit` of what is left, in order of first appearance. False when nothing was left.
    pub fn finish(&mut self, limit: usize, seen: &mut Seen<'_>) -> bool {
        for _ in 0..limit {
            let Some((key, entry)) = self.table.take_in_order(Entry::id) else {
                return false;
            };
            self.close(&FlowKey::from(&key), entry, CloseReason::CaptureEnded, seen);
        }
        true
    }

    /// Connections let go because the table was full.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Bytes let go because the streams were full, and gaps not waited for.
    pub fn evicted_of_streams(&self) -> (u64, u64) {
        (self.budget.let_go, self.budget.gaps)
    }

    /// Concludes a connection. `why` counts unless both sides closed it, or one reset it.
    fn close(&mut self, key: &FlowKey, mut entry: Entry, why: CloseReason, seen: &mut Seen<'_>) {
        entry.grow(key, seen.interest, &mut self.budget);
        if let Entry::Connection(connection) = entry {
            connection.close(why, &mut self.budget, seen);
        }
    }
}
