//! A connection of which a single SYN was seen. Most of a flood and of a scan are such, so they are kept
//! small: what a SYN says, and no more.

use crate::{
    decode::{
        MacAddr,
        checksum::Checksum,
        tcp::{Flags, Segment, SeqNumber},
    },
    time::Timestamp,
    track::{
        Idle, Interest,
        event::ConnectionId,
        flow::{Flow, FlowKey, Side},
        seen::Seen,
        stream::Budget,
        table::Ages,
        tcp::{
            connection::{Arrived, Connection},
            half::Announced,
            handshake::Cause,
        },
    },
};

/// What the table holds for a pair of sockets.
#[derive(Debug)]
pub enum Entry {
    /// A single SYN.
    Attempt(Attempt),
    /// Anything more.
    Connection(Box<Connection>),
}

/// What a single SYN said.
#[derive(Debug)]
pub struct Attempt {
    id: ConnectionId,
    frame: u64,
    at: Timestamp,
    due: Timestamp,
    sequence: SeqNumber,
    window: u16,
    options: Announced,
    mac: Option<MacAddr>,
    is_from_lower: bool,
    cause: Option<Box<Cause>>,
}

impl Entry {
    /// A connection whose first segment was observed, in as little room as it needs.
    pub fn new(connection: Connection, first: &Arrived<'_>, key: &FlowKey, idle: Idle) -> Self {
        let segment = &first.segment;
        let says_more = !segment.flags.is_pure_syn()
            || segment.flags.fin()
            || segment.flags.rst()
            || segment.payload_len > 0
            || matches!(first.checksum, Checksum::Bad { .. });
        if says_more || first.from != Side::Orig {
            return Self::Connection(Box::new(connection));
        }
        let (frame, at) = connection.first();
        Self::Attempt(Attempt {
            id: connection.id,
            frame,
            at,
            due: at + idle.half_open,
            sequence: segment.sequence,
            window: segment.window,
            options: connection.halves.orig.options,
            mac: first.mac,
            is_from_lower: key.is_from_lower(&connection.flow),
            cause: connection.handshake.cause,
        })
    }

    /// Its number.
    pub fn id(&self) -> ConnectionId {
        match self {
            Self::Attempt(attempt) => attempt.id,
            Self::Connection(connection) => connection.id,
        }
    }

    /// The whole connection; from now on there is more to say.
    pub fn grow(
        &mut self,
        key: &FlowKey,
        idle: Idle,
        interest: Interest,
        budget: &mut Budget,
    ) -> &mut Connection {
        if let Self::Attempt(attempt) = self {
            let flow = key.flow(attempt.is_from_lower);
            *self = Self::Connection(Box::new(attempt.again(flow, idle, interest, budget)));
        }
        match self {
            Self::Connection(connection) => connection,
            Self::Attempt(_) => unreachable!("it has just grown"),
        }
    }
}

impl Ages for Entry {
    fn deadline(&self) -> Timestamp {
        match self {
            Self::Attempt(attempt) => attempt.due,
            Self::Connection(connection) => connection.deadline(),
        }
    }
}

impl Attempt {
    /// The connection as it was when its SYN had been observed; what was told then is not told again.
    fn again(
        &mut self,
        flow: Flow,
        idle: Idle,
        interest: Interest,
        budget: &mut Budget,
    ) -> Connection {
        let mut told = Vec::new();
        let frames = [self.frame];
        let mut seen = Seen {
            at: self.at,
            of: None,
            frame: Some(self.frame),
            frames: &frames,
            ending: false,
            interest,
            events: &mut told,
        };
        let mut connection = Connection::new(self.id, flow, false, idle, &seen);
        connection.handshake.cause = self.cause.take();
        let arrived = Arrived {
            segment: Segment {
                offset: 0,
                bytes: &[],
                source_port: flow.orig.port,
                destination_port: flow.resp.port,
                sequence: self.sequence,
                acknowledgment: SeqNumber(0),
                header_len: 20,
                flags: Flags::SYN,
                window: self.window,
                checksum: 0,
                urgent_pointer: 0,
                options: &[],
                payload: &[],
                payload_len: 0,
            },
            from: Side::Orig,
            mac: self.mac,
            checksum: Checksum::Unverifiable,
        };
        connection.observe(&arrived, budget, &mut seen);
        connection.halves.orig.options = self.options;
        connection
    }
}

#[cfg(test)]
mod tests {
    use super::Entry;

    #[test]
    fn a_flood_finds_little_room() {
        assert!(size_of::<Entry>() <= 88, "{}", size_of::<Entry>());
    }
}
