//! TCP connections: RFC 9293, seen by a bystander.

mod analysis;
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
        Config,
        event::{CloseReason, ConnectionId, Conversation, Kind, Route},
        flow::{Endpoint, Flow, FlowKey, Side},
        icmp::Problem,
        seen::Seen,
        stream::Budget,
        table::Table,
        tcp::connection::{Arrived, Connection},
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
    table: Table<FlowKey, Connection>,
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
        let source = Endpoint {
            ip: sent.source,
            port: segment.source_port,
        };
        let destination = Endpoint {
            ip: sent.destination,
            port: segment.destination_port,
        };
        let key = FlowKey::new(source, destination);
        let bad_checksum = matches!(sent.checksum, Checksum::Bad { .. });
        let mut found = self.table.find(&key);
        if let Some(handle) = found
            && !bad_checksum
            && let Some(connection) = self.table.get(handle)
        {
            let from = side_of(&connection.flow, source);
            if connection.is_replaced_by(segment, from)
                && let Some((_, old)) = self.table.remove(handle)
            {
                let reason = (!old.is_over()).then_some(CloseReason::PortReuse);
                old.close(reason, &mut self.budget, seen);
                found = None;
            }
        }
        let arrived = |flow: &Flow| Arrived {
            segment: *segment,
            from: side_of(flow, source),
            mac: sent.mac,
            checksum: sent.checksum,
        };
        if let Some(handle) = found {
            let connection = self.table.get_mut(handle)?;
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
        let mut connection = Connection::new(id, flow, flipped, self.config.idle, seen);
        if !flipped {
            (connection.handshake.route, connection.handshake.because) = route();
        }
        connection.observe(&arrived(&flow), &mut self.budget, seen);
        if let (_, Some((_, evicted))) = self.table.insert(key, connection) {
            self.evicted += 1;
            evicted.close(Some(CloseReason::Evicted), &mut self.budget, seen);
        }
        Some(flow)
    }

    /// An ICMP error quotes a segment. Returns whether its connection is known.
    pub fn on_icmp(&mut self, quote: &Quote, problem: &Problem, seen: &mut Seen<'_>) -> bool {
        let Some((source_port, destination_port)) = quote.ports else {
            return false;
        };
        let source = Endpoint {
            ip: quote.source,
            port: source_port,
        };
        let destination = Endpoint {
            ip: quote.destination,
            port: destination_port,
        };
        let Some(connection) = self
            .table
            .find(&FlowKey::new(source, destination))
            .and_then(|handle| self.table.get_mut(handle))
        else {
            return false;
        };
        let side = side_of(&connection.flow, source);
        let quoted = connection.quoted_frame(side, quote.sequence);
        let (id, flow) = (connection.id, connection.flow);
        seen.of = Some(Conversation::Tcp(id));
        seen.tell(quoted.as_slice(), || Kind::TcpIcmp(problem.about(id, flow)));
        connection.on_icmp(side, &problem.reason, seen);
        true
    }

    /// Closes what has been idle for too long, at most `limit` connections.
    pub fn expire(&mut self, now: Timestamp, limit: usize, seen: &mut Seen<'_>) {
        for _ in 0..limit {
            let Some((_, connection)) = self.table.pop_due(now) else {
                return;
            };
            connection.close(None, &mut self.budget, seen);
        }
    }

    /// Closes everything, in order of first appearance.
    pub fn finish(&mut self, seen: &mut Seen<'_>) {
        let mut rest = self.table.drain();
        rest.sort_unstable_by_key(|(_, connection)| connection.id);
        for (_, connection) in rest {
            let reason = (!connection.is_over()).then_some(CloseReason::CaptureEnded);
            connection.close(reason, &mut self.budget, seen);
        }
    }

    /// Connections let go because the table was full, and bytes because the streams were.
    pub fn evicted(&self) -> (u64, u64) {
        (self.evicted, self.budget.let_go)
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
