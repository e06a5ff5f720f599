//! One TCP connection, segment by segment.

mod packed;

pub use packed::{Closed, Extra, Packed};

use std::time::Duration;

use crate::{
    decode::{MacAddr, checksum::Checksum, tcp::Segment},
    time::Timestamp,
    track::{
        Idle,
        event::{
            CloseReason, ConnectionId, HandshakeVerdict, Kind, TcpMessage, TcpOddity,
            TcpOddityName, TcpRecord,
        },
        flow::{Both, Flow, FlowKey, Side},
        icmp::Problem,
        seen::Seen,
        stream::{Budget, Heard},
        tcp::{
            half::Half, handshake::Handshake, history::History, rtt::RoundTrips, state::States,
            teardown::Teardown,
        },
    },
};

/// A closed connection stays this long, so that stray segments still count to it.
const LINGER: Duration = Duration::from_secs(5);

/// A segment that stands further behind what was seen of its sender says nothing of bytes in between.
const MAX_UNSEEN: i64 = 1 << 20;

/// A connection.
#[derive(Debug)]
pub struct Connection {
    /// Its number.
    pub id: ConnectionId,
    /// Both ends.
    pub flow: Flow,
    /// The originator is the lower end of the key.
    pub(super) orig_is_lower: bool,
    /// What each side has sent.
    pub halves: Both<Half>,
    /// How it was opened.
    pub handshake: Handshake,
    /// How it is closed.
    pub teardown: Teardown,
    pub(super) states: States,
    pub(super) history: History,
    macs: Both<Option<MacAddr>>,
    first: (u64, Timestamp),
    pub(super) last: (u64, Timestamp),
    /// Since when both sides have closed or one has reset.
    closed_at: Option<Timestamp>,
    pub(super) round_trips: RoundTrips,
}

/// A segment and what surrounds it.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    /// The segment.
    pub segment: &'a Segment<'a>,
    /// Who sent it.
    pub from: Side,
    /// The hardware address it came from.
    pub mac: Option<MacAddr>,
    /// What its checksum is worth.
    pub checksum: Checksum,
}

impl Connection {
    /// A connection of which nothing was observed yet. `flipped`: its first segment comes from the
    /// responder. `text`: somebody wants to read along.
    pub fn new(
        id: ConnectionId,
        key: &FlowKey,
        orig_is_lower: bool,
        flipped: bool,
        seen: &Seen<'_>,
    ) -> Self {
        let mut history = History::default();
        if flipped {
            history.flip();
        }
        let first = seen.first();
        Self {
            id,
            flow: key.flow(orig_is_lower),
            orig_is_lower,
            halves: Both {
                orig: Half::new(seen.interest),
                resp: Half::new(seen.interest),
            },
            handshake: Handshake::default(),
            teardown: Teardown::default(),
            states: States::default(),
            history,
            macs: Both::default(),
            first,
            last: first,
            closed_at: None,
            round_trips: RoundTrips::default(),
        }
    }

    /// The side that what comes from the lower or the higher end of the key comes from.
    #[inline]
    pub fn side(&self, from_lower: bool) -> Side {
        if from_lower == self.orig_is_lower {
            Side::Orig
        } else {
            Side::Resp
        }
    }

    /// Whether a segment opens a new connection on the same sockets: a SYN when this one is over, or one with
    /// another initial sequence number than what was seen of its sender follows from. Where only the
    /// responder is seen, its SYN-ACK tells as much.
    pub fn is_replaced_by(&self, segment: &Segment<'_>, from: Side) -> bool {
        let flags = segment.flags;
        let tells = if flags.ack() {
            from == Side::Resp && self.halves.orig.packets == 0
        } else {
            flags.is_pure_syn()
        };
        let is_over = self.is_over() || flags.ack() && self.states.has_gone(from);
        flags.syn()
            && tells
            && (is_over || !self.halves.of(from).could_begin_with(segment.sequence.0))
    }

    /// A segment.
    pub fn observe(&mut self, arrived: &Arrived<'_>, budget: &mut Budget, seen: &mut Seen<'_>) {
        let Arrived {
            segment, mut from, ..
        } = *arrived;
        let flags = segment.flags;
        self.last = (seen.number(), seen.at.max(self.last.1));
        self.halves.of_mut(from).packets += seen.frames.len() as u64;
        self.macs.of_mut(from).get_or_insert(match arrived.mac {
            Some(mac) => mac,
            None => MacAddr::ZERO,
        });
        if let Checksum::Bad { want, got } = arrived.checksum {
            let rare = self.halves.of_mut(from).rare_mut();
            rare.bad_checksums += 1;
            self.history.count(from, b'C', rare.bad_checksums);
            self.tell_oddity(from, TcpOddityName::BadChecksum { want, got }, &[], seen);
            return;
        }
        let has_payload = segment.payload_len > 0;
        let has_gone = self.states.has_gone(from);
        self.history.observe(
            from,
            flags,
            segment.sequence.0,
            segment.payload_len,
            has_gone,
        );
        self.halves.of_mut(from).start(segment);
        if flags.ack() && !flags.rst() {
            self.halves
                .of_mut(from.other())
                .start_from_ack(segment.acknowledgment.0, flags.syn());
        }
        if flags.rst() && !self.rst_is_in_window(segment, from) {
            self.tell_oddity(from, TcpOddityName::RstOutOfWindow, &[], seen);
            return;
        }
        let was_over = self.is_over();
        if from == Side::Resp && flags.is_pure_syn() && self.is_answered_already(segment) {
            self.turn_round();
            from = Side::Orig;
        }
        self.count_for_history(segment, from);
        self.states.observe(from, flags, has_payload);
        if flags.syn() {
            self.on_syn(segment, from, seen);
        } else if !flags.rst() {
            self.on_goes_on(from);
        }

        let mut heard = Vec::new();
        let peer_fin_was_acked = self.halves.of(from.other()).fin_is_acked();
        if !flags.rst() {
            if flags.ack() {
                self.on_ack(segment, from, budget, &mut heard, seen);
            }
            self.on_handshake_segment(from, flags.syn(), seen);
        }
        self.on_sequence(segment, from, peer_fin_was_acked, budget, &mut heard, seen);
        if flags.rst() {
            for side in [from.other(), from] {
                self.halves
                    .of_mut(side)
                    .stream
                    .end_message(budget, &mut heard);
                self.tell_heard(side, &mut heard, seen);
            }
            self.on_handshake_rst(from, seen);
            self.on_reset(from, seen);
        }
        self.check_teardown(seen);
        if !was_over && self.is_over() {
            self.closed_at = Some(seen.at);
        }
    }

    /// Whether all that was seen before this SYN is the SYN-ACK that answers it.
    fn is_answered_already(&self, segment: &Segment<'_>) -> bool {
        let (orig, resp) = (&self.halves.orig, &self.halves.resp);
        self.states.is_only_syn_ack()
            && (orig.packets, resp.packets) == (1, 1)
            && orig.acknowledged == Some(segment.sequence.0.wrapping_add(1))
    }

    /// The responder turns out to be who opened the connection.
    fn turn_round(&mut self) {
        self.flow = Flow {
            orig: self.flow.resp,
            resp: self.flow.orig,
        };
        self.orig_is_lower = !self.orig_is_lower;
        self.halves.swap();
        self.macs.swap();
        self.handshake.turn_round();
        self.history.turn_round();
        self.states.turn_round();
    }

    /// When it is given up unless another segment comes.
    pub fn deadline(&self, idle: &Idle) -> Timestamp {
        if let Some(closed_at) = self.closed_at {
            return closed_at + LINGER;
        }
        match self.handshake.last_try() {
            Some(last_try) if self.handshake.is_young() => last_try + idle.half_open,
            _ => self.last.1 + idle.established,
        }
    }

    /// Both sides have closed, or one has reset.
    pub fn is_over(&self) -> bool {
        self.states.both_closed() || self.states.is_reset()
    }

    /// Whether no event that is still to come tells more of how it was opened and closed than fits into a
    /// [`Packed`].
    pub fn is_told(&self) -> bool {
        let is_open = self.states.are_established() && !self.history.has_end();
        self.handshake.is_told(self.first.0) && (is_open || self.teardown.is_told())
    }

    /// An ICMP error quotes a segment of one side.
    pub fn on_icmp(&mut self, quoted: Side, problem: &Problem, seen: &Seen<'_>) {
        if quoted == Side::Orig {
            self.on_handshake_icmp(problem, seen);
        }
    }

    /// The frame that an ICMP error quotes: by the sequence number quoted, as far as frames are remembered.
    pub fn quoted_frame(&self, side: Side, sequence: Option<u32>) -> Option<u64> {
        let half = self.halves.of(side);
        let sequence = sequence?;
        if side == Side::Orig && half.isn == Some(sequence) {
            return self.handshake.syn_frame();
        }
        half.frame_from(half.offset_of(sequence))
    }

    /// The connection is over for the tracker: what is open is concluded, and the record told.
    pub fn close(&mut self, why: CloseReason, budget: &mut Budget, seen: &mut Seen<'_>) {
        let mut heard = Vec::new();
        for side in [Side::Orig, Side::Resp] {
            let half = self.halves.of_mut(side);
            // What its own later segments stand behind was sent, though nobody saw or acknowledged it.
            let end = match half.fin {
                Some(fin) => fin,
                None if half.ends_with_unseen_fin() => half.stream.end(),
                None => half.sent,
            };
            if half.packets > 0 && end - half.stream.next_offset() <= MAX_UNSEEN
                || half.fin.is_some()
            {
                half.stream.acknowledged(end, budget, &mut heard);
            }
            half.stream.finish(budget, &mut heard);
            self.tell_heard(side, &mut heard, seen);
        }
        let handshake = self.conclude_handshake(seen);
        self.conclude_teardown(seen);
        let record = self.record(handshake, self.states.reason(why));
        seen.record(&[], Kind::TcpClosed(Box::new(record)));
        for side in [Side::Orig, Side::Resp] {
            self.halves.of_mut(side).forget(budget);
        }
    }

    fn record(&mut self, handshake: HandshakeVerdict, reason: CloseReason) -> TcpRecord {
        let rtt = self.round_trips.summary();
        let halves = &self.halves;
        let bytes = halves.map(|half| half.bytes);
        let (synack_rtt, ack_rtt) = self.handshake.round_trips();
        TcpRecord {
            conn: self.id,
            flow: self.flow,
            macs: self.macs.map(|mac| mac.filter(|mac| *mac != MacAddr::ZERO)),
            role_seen: self.handshake.has_syn(),
            conn_state: self
                .states
                .conn_state(bytes.total() > 0, self.history.gave_up()),
            history: self.history.letters().into(),
            handshake,
            synack_rtt,
            ack_rtt,
            teardown: self.teardown.kind(),
            closed_first: self.teardown.closed_first(),
            reset_by: self.teardown.reset_by(),
            time_wait: self.teardown.time_wait(),
            packets: halves.map(|half| half.packets),
            bytes,
            missing: halves.map(|half| half.stream.missing()),
            retransmissions: halves.map(|half| half.rare(|rare| rare.retransmissions)),
            spurious_retransmissions: halves
                .map(|half| half.rare(|rare| rare.spurious_retransmissions)),
            out_of_order: halves.map(|half| half.rare(|rare| rare.out_of_order)),
            duplicate_acks: halves.map(|half| half.rare(|rare| rare.duplicate_acks)),
            zero_windows: halves.map(|half| half.rare(|rare| rare.zero_windows)),
            keep_alives: halves.map(|half| half.rare(|rare| rare.keep_alives)),
            bad_checksums: halves.map(|half| half.rare(|rare| rare.bad_checksums)),
            rtt,
            first_frame: self.first.0,
            last_frame: self.last.0,
            duration: self.last.1.since(self.first.1),
            reason,
        }
    }
}

impl Connection {
    /// Tells what came out of a side's stream.
    #[inline]
    pub fn tell_heard(&self, from: Side, heard: &mut Vec<Heard>, seen: &mut Seen<'_>) {
        tell_heard((self.id, || self.flow), from, heard, seen);
    }

    /// Tells something out of the ordinary.
    pub fn tell_oddity(
        &self,
        from: Side,
        name: TcpOddityName,
        because: &[u64],
        seen: &mut Seen<'_>,
    ) {
        let (conn, flow) = (self.id, self.flow);
        seen.tell(because, || {
            Kind::TcpOddity(TcpOddity {
                conn,
                flow,
                from,
                name,
            })
        });
    }
}

/// Tells what came out of the stream of one side of a connection.
#[inline]
pub fn tell_heard(
    (conn, flow): (ConnectionId, impl Fn() -> Flow),
    from: Side,
    heard: &mut Vec<Heard>,
    seen: &mut Seen<'_>,
) {
    if !heard.is_empty() {
        tell_all_heard((conn, flow()), from, heard, seen);
    }
}

#[inline(never)]
fn tell_all_heard(
    (conn, flow): (ConnectionId, Flow),
    from: Side,
    heard: &mut Vec<Heard>,
    seen: &mut Seen<'_>,
) {
    for heard in heard.drain(..) {
        seen.tell(&[], || match heard {
            Heard::Message(message) => Kind::TcpMessage(TcpMessage {
                conn,
                flow,
                from,
                offset: message.offset,
                len: message.len,
                content: message.content,
                frames: message.frames,
                missing: message.missing,
                cut: message.cut,
            }),
            Heard::Gap { len } => Kind::TcpOddity(TcpOddity {
                conn,
                flow,
                from,
                name: TcpOddityName::Gap { len },
            }),
        });
    }
}
