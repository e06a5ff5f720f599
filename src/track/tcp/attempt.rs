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
        flow::{FlowKey, Side},
        seen::Seen,
        stream::Budget,
        table::Ages,
        tcp::{
            connection::{Arrived, Connection},
            half::{Announced, announced},
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
    sequence: SeqNumber,
    window: u16,
    options: Announced,
    mac: Option<MacAddr>,
    orig_is_lower: bool,
    pub(super) cause: Option<Box<Cause>>,
}

impl Entry {
    /// A connection at its first segment. Where nobody listens a single SYN is not looked into before there is more
    /// to say: most of a flood never gets so far.
    pub fn new(
        id: ConnectionId,
        key: &FlowKey,
        orig_is_lower: bool,
        first: &Arrived<'_>,
        seen: &Seen<'_>,
    ) -> Self {
        if !seen.interest.events && is_all_said(first, seen) {
            return Self::Attempt(Attempt {
                id,
                frame: seen.number(),
                at: seen.at,
                sequence: first.segment.sequence,
                window: first.segment.window,
                options: announced(first.segment),
                mac: first.mac,
                orig_is_lower,
                cause: None,
            });
        }
        let flipped = first.from == Side::Resp;
        let connection = Connection::new(id, key, orig_is_lower, flipped, seen);
        Self::Connection(Box::new(connection))
    }

    /// Keeps of a connection at its first segment no more than it needs. What was told of that is not told again.
    pub fn shrink(&mut self, first: &Arrived<'_>, seen: &Seen<'_>) {
        if let Self::Connection(connection) = self
            && is_all_said(first, seen)
        {
            let (frame, at) = connection.first();
            *self = Self::Attempt(Attempt {
                id: connection.id,
                frame,
                at,
                sequence: first.segment.sequence,
                window: first.segment.window,
                options: connection.halves.orig.options,
                mac: first.mac,
                orig_is_lower: connection.orig_is_lower,
                cause: connection.handshake.cause.take(),
            });
        }
    }

    /// Its number.
    pub fn id(&self) -> ConnectionId {
        match self {
            Self::Attempt(attempt) => attempt.id,
            Self::Connection(connection) => connection.id,
        }
    }

    /// The whole connection; from now on there is more to say.
    #[inline]
    pub fn grow(
        &mut self,
        key: &FlowKey,
        interest: Interest,
        budget: &mut Budget,
    ) -> &mut Connection {
        if let Self::Attempt(attempt) = self {
            *self = Self::Connection(attempt.grown(key, interest, budget));
        }
        match self {
            Self::Connection(connection) => connection,
            Self::Attempt(_) => unreachable!("it has just grown"),
        }
    }
}

/// Whether a connection's first segment is a SYN and nothing more.
fn is_all_said(first: &Arrived<'_>, seen: &Seen<'_>) -> bool {
    first.segment.flags.is_pure_syn()
        && first.segment.payload_len == 0
        && first.from == Side::Orig
        && !first.checksum.is_bad()
        && seen.earlier().is_empty()
}

impl Ages for Entry {
    type Patience = Idle;

    fn deadline(&self, idle: &Idle) -> Timestamp {
        match self {
            Self::Attempt(attempt) => attempt.at + idle.half_open,
            Self::Connection(connection) => connection.deadline(idle),
        }
    }
}

impl Attempt {
    /// The connection as it was when its SYN had been observed; what was told then is not told again.
    #[inline(never)]
    fn grown(&mut self, key: &FlowKey, interest: Interest, budget: &mut Budget) -> Box<Connection> {
        let mut told = Vec::new();
        let frames = [self.frame];
        let mut seen = Seen {
            at: self.at,
            of: None,
            frame: Some(self.frame),
            frames: &frames,
            since: self.at,
            ending: false,
            interest,
            events: &mut told,
        };
        let mut connection = Connection::new(self.id, key, self.orig_is_lower, false, &seen);
        connection.handshake.cause = self.cause.take();
        let flow = connection.flow;
        let segment = Segment {
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
        };
        let arrived = Arrived {
            segment: &segment,
            from: Side::Orig,
            mac: self.mac,
            checksum: Checksum::Unverifiable,
        };
        connection.observe(&arrived, budget, &mut seen);
        connection.halves.orig.options = self.options;
        Box::new(connection)
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
