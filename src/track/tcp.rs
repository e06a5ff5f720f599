//! TCP connections: RFC 9293, seen by a bystander.

mod analysis;
mod attempt;
mod connection;
mod half;
mod handshake;
mod history;
mod rtt;
mod sequence;
mod state;
mod teardown;

use std::net::IpAddr;

use crate::{
    decode::{MacAddr, checksum::Checksum, icmp::Quote, tcp::Segment},
    time::Timestamp,
    track::{
        Config, Interest,
        event::{CloseReason, ConnectionId, Conversation, Kind, Route},
        flow::{Endpoint, Flow, FlowKey, Side},
        icmp::Problem,
        seen::Seen,
        stream::Budget,
        table::{Handle, Table},
        tcp::{
            attempt::Entry,
            connection::{Arrived, Connection},
            handshake::Cause,
        },
    },
};

/// A segment and what surrounds it.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// The segment.
    pub segment: Segment<'a>,
    /// The sender's address.
    pub source: IpAddr,
    /// The receiver's address.
    pub destination: IpAddr,
    /// The hardware address it came from.
    pub mac: Option<MacAddr>,
    /// What its checksum is worth.
    pub checksum: Checksum,
}

/// All connections.
#[derive(Debug)]
pub struct Connections {
    table: Table<FlowKey, Entry>,
    budget: Budget,
    count: u64,
    evicted: u64,
    config: Config,
}

impl Connections {
    /// No connection yet.
    pub fn new(config: Config) -> Self {
        Self {
            table: Table::new(config.max_connections),
            budget: Budget::new(config.max_stream_bytes),
            count: 0,
            evicted: 0,
            config,
        }
    }

    /// A segment. `route` says which way the first segment of a connection took and which frames made that
    /// possible; it is asked only then. Returns the ends of a connection that is new.
    pub fn observe(
        &mut self,
        sent: &Sent<'_>,
        seen: &mut Seen<'_>,
        route: impl FnOnce() -> (Option<Route>, Vec<u64>),
    ) -> Option<Flow> {
        let segment = &sent.segment;
        let source = Endpoint::new(sent.source, segment.source_port);
        let destination = Endpoint::new(sent.destination, segment.destination_port);
        let key = FlowKey::new(source, destination);
        let mut found = self.table.find(&key);
        if let Some(handle) = found
            && self.is_replaced(&key, handle, sent, source, seen.interest)
            && let Some((key, old)) = self.table.remove(handle)
        {
            self.close(key, old, CloseReason::PortReuse, seen);
            found = None;
        }
        let arrived = |flow: &Flow| Arrived {
            segment: *segment,
            from: side_of(flow, source),
            mac: sent.mac,
            checksum: sent.checksum,
        };
        let idle = self.config.idle;
        if let Some(handle) = found {
            let entry = self.table.get_mut(handle)?;
            let connection = entry.grow(&key, idle, seen.interest, &mut self.budget);
            seen.of = Some(Conversation::Tcp(connection.id));
            let was_over = connection.is_over();
            let arrived = arrived(&connection.flow);
            connection.observe(&arrived, &mut self.budget, seen);
            if !was_over && connection.is_over() {
                self.table.reschedule(handle);
            }
            return None;
        }
        let (flow, flipped) = directed(source, destination, segment);
        self.count += 1;
        let id = ConnectionId(self.count);
        seen.of = Some(Conversation::Tcp(id));
        let mut connection = Connection::new(id, flow, flipped, idle, seen);
        if !flipped {
            let (route, because) = route();
            connection.handshake.cause = Cause::new(route, because);
        }
        let arrived = arrived(&flow);
        connection.observe(&arrived, &mut self.budget, seen);
        let entry = Entry::new(connection, &arrived, &key, idle);
        if let (_, Some((key, evicted))) = self.table.insert(key, entry) {
            self.evicted += 1;
            self.close(key, evicted, CloseReason::Evicted, seen);
        }
        Some(flow)
    }

    /// An ICMP error quotes a segment. Returns whether its connection is known.
    pub fn on_icmp(&mut self, quote: &Quote, problem: &Problem, seen: &mut Seen<'_>) -> bool {
        let Some((source_port, destination_port)) = quote.ports else {
            return false;
        };
        let source = Endpoint::new(quote.source, source_port);
        let destination = Endpoint::new(quote.destination, destination_port);
        let key = FlowKey::new(source, destination);
        let idle = self.config.idle;
        let Some(entry) = self
            .table
            .find(&key)
            .and_then(|handle| self.table.get_mut(handle))
        else {
            return false;
        };
        let connection = entry.grow(&key, idle, seen.interest, &mut self.budget);
        let side = side_of(&connection.flow, source);
        let quoted = connection.quoted_frame(side, quote.sequence);
        let (id, flow) = (connection.id, connection.flow);
        seen.of = Some(Conversation::Tcp(id));
        seen.tell(quoted.as_slice(), || Kind::TcpIcmp(problem.about(id, flow)));
        connection.on_icmp(side, problem, seen);
        true
    }

    /// Closes what has been idle for too long, at most `limit` connections.
    pub fn expire(&mut self, now: Timestamp, limit: usize, seen: &mut Seen<'_>) {
        for _ in 0..limit {
            let Some((key, entry)) = self.table.pop_due(now) else {
                return;
            };
            self.close(key, entry, CloseReason::Idle, seen);
        }
    }

    /// Closes everything, in order of first appearance.
    pub fn finish(&mut self, seen: &mut Seen<'_>) {
        let mut rest = self.table.drain();
        rest.sort_unstable_by_key(|(_, entry)| entry.id());
        for (key, entry) in rest {
            self.close(key, entry, CloseReason::CaptureEnded, seen);
        }
    }

    /// Connections let go because the table was full.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Bytes let go because the streams were full, and gaps not waited for.
    pub fn evicted_of_streams(&self) -> (u64, u64) {
        (self.budget.let_go, self.budget.gaps)
    }

    /// Whether a segment opens a new connection on the same sockets.
    fn is_replaced(
        &mut self,
        key: &FlowKey,
        handle: Handle,
        sent: &Sent<'_>,
        source: Endpoint,
        interest: Interest,
    ) -> bool {
        if !sent.segment.flags.syn() || matches!(sent.checksum, Checksum::Bad { .. }) {
            return false;
        }
        let idle = self.config.idle;
        self.table.get_mut(handle).is_some_and(|entry| {
            let connection = entry.grow(key, idle, interest, &mut self.budget);
            connection.is_replaced_by(&sent.segment, side_of(&connection.flow, source))
        })
    }

    /// Concludes a connection. `why` counts unless both sides closed it, or one reset it.
    fn close(&mut self, key: FlowKey, mut entry: Entry, why: CloseReason, seen: &mut Seen<'_>) {
        let idle = self.config.idle;
        entry.grow(&key, idle, seen.interest, &mut self.budget);
        if let Entry::Connection(connection) = entry {
            connection.close(why, &mut self.budget, seen);
        }
    }
}

fn directed(source: Endpoint, destination: Endpoint, segment: &Segment<'_>) -> (Flow, bool) {
    let flipped = state::is_flipped(segment.flags, source.port, destination.port);
    let (orig, resp) = if flipped {
        (destination, source)
    } else {
        (source, destination)
    };
    (Flow { orig, resp }, flipped)
}

fn side_of(flow: &Flow, endpoint: Endpoint) -> Side {
    if flow.orig == endpoint {
        Side::Orig
    } else {
        Side::Resp
    }
}
