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
        event::{ConnectionId, Kind, Step, TcpStep},
        flow::{Flow, FlowKey, Side},
        seen::Seen,
        stream::Budget,
        table::Ages,
        tcp::{
            connection::{Arrived, Connection},
            half::{Announced, announced},
            handshake::{Cause, Shown},
        },
    },
};

/// What a single SYN said.
#[derive(Debug)]
pub struct Attempt {
    pub(super) at: Timestamp,
    pub(super) id: u32,
    pub(super) frame: u32,
    pub(super) sequence: SeqNumber,
    pub(super) window: u16,
    pub(super) mac: MacAddr,
    pub(super) orig_is_lower: bool,
    /// What its options announce: the maximum segment size, the window scale, and which of them there are.
    mss: u16,
    window_scale: u8,
    marks: u8,
    /// Why it could begin, in two pieces.
    straight_to: MacAddr,
    shown: Option<Box<Shown>>,
}

/// What a SYN's options announce.
mod mark {
    pub const MSS: u8 = 1;
    pub const WINDOW_SCALE: u8 = 2;
    pub const SACK: u8 = 4;
}

impl Attempt {
    /// What is kept of a connection at its first segment, if that says all.
    pub fn new(
        id: ConnectionId,
        orig_is_lower: bool,
        first: &Arrived<'_>,
        seen: &Seen<'_>,
    ) -> Option<Self> {
        if !is_all_said(first, seen) {
            return None;
        }
        let options = announced(first.segment);
        let mark = |mark, is_set: bool| if is_set { mark } else { 0 };
        Some(Self {
            id: u32::try_from(id.0).ok()?,
            frame: u32::try_from(seen.number()).ok()?,
            at: seen.at,
            sequence: first.segment.sequence,
            window: first.segment.window,
            mac: first.mac.unwrap_or_default(),
            orig_is_lower,
            mss: options.mss.unwrap_or_default(),
            window_scale: options.window_scale.unwrap_or_default(),
            marks: mark(mark::MSS, options.mss.is_some())
                | mark(mark::WINDOW_SCALE, options.window_scale.is_some())
                | mark(mark::SACK, options.sack),
            straight_to: MacAddr::ZERO,
            shown: None,
        })
    }

    /// The same, and why it could begin.
    pub fn because(self, cause: Cause) -> Self {
        let (straight_to, shown) = cause.into_pieces();
        Self {
            straight_to,
            shown,
            ..self
        }
    }

    /// Whether frames show why it could begin, or who spoke against it.
    pub fn is_explained(&self) -> bool {
        self.shown.is_some()
    }

    /// What its options announce.
    pub fn options(&self) -> Announced {
        let is = |mark: u8| self.marks & mark != 0;
        Announced {
            mss: is(mark::MSS).then_some(self.mss),
            window_scale: is(mark::WINDOW_SCALE).then_some(self.window_scale),
            sack: is(mark::SACK),
        }
    }

    /// Tells of the SYN, and why it could be sent.
    pub fn tell(&self, cause: &Cause, flow: Flow, seen: &mut Seen<'_>) {
        seen.tell(cause.because(), || {
            Kind::TcpStep(TcpStep {
                conn: self.id(),
                flow,
                from: Side::Orig,
                step: Step::Syn { tries: 1 },
                route: cause.route(),
            })
        });
    }

    /// Its number.
    pub fn id(&self) -> ConnectionId {
        ConnectionId(u64::from(self.id))
    }

    /// The connection as it is when its SYN has been observed; that is not told again.
    #[inline(never)]
    pub fn grown(self, key: &FlowKey, interest: Interest, budget: &mut Budget) -> Connection {
        let frame = u64::from(self.frame);
        let mut seen = Seen {
            at: self.at,
            of: None,
            sheet: None,
            frame: Some(frame),
            frames: &[frame],
            since: self.at,
            ending: false,
            interest: Interest {
                events: false,
                ..interest
            },
            events: &mut Vec::new(),
        };
        let mut connection = Connection::new(self.id(), key, self.orig_is_lower, false, &seen);
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
            mac: Some(self.mac),
            checksum: Checksum::Unverifiable,
        };
        connection.observe(&arrived, budget, &mut seen);
        let orig = &mut connection.halves.orig;
        orig.options = self.options();
        if interest.events {
            orig.remember(orig.sent, frame, budget);
        }
        connection.handshake.cause = Cause::from_pieces((self.straight_to, self.shown));
        connection
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

impl Ages for Attempt {
    type Patience = Idle;

    fn deadline(&self, idle: &Idle) -> Timestamp {
        self.at + idle.half_open
    }
}

#[cfg(test)]
mod tests {
    use super::Attempt;
    use crate::track::flow::KeptKey;

    #[test]
    fn a_flood_finds_little_room() {
        let entry = size_of::<(KeptKey, Attempt)>();
        assert!(entry <= 64, "{entry}");
    }
}
