//! Where a segment stands in its stream: what it acknowledges, what it carries, and whether that was sent
//! before.

use crate::{
    decode::tcp::Segment,
    track::{
        event::{Resent, TcpOddityName},
        flow::Side,
        seen::Seen,
        stream::{Arrival, Budget, Heard, Payload},
        tcp::connection::Connection,
    },
};

/// An acknowledgment further than this past what was seen is taken for damage, in bytes.
const MAX_ACK_JUMP: i64 = 1 << 30;

impl Connection {
    /// What the acknowledgment of a segment says.
    pub(super) fn on_ack(
        &mut self,
        segment: &Segment<'_>,
        from: Side,
        budget: &mut Budget,
        heard: &mut Vec<Heard>,
        seen: &mut Seen<'_>,
    ) {
        self.halves.of_mut(from).acknowledged = Some(segment.acknowledgment.0);
        let peer = self.halves.of_mut(from.other());
        let acknowledged = peer.offset_of(segment.acknowledgment.0);
        let fin_was_acked = peer.fin_is_acked();
        if acknowledged > peer.acked && acknowledged - peer.highest() <= MAX_ACK_JUMP {
            peer.acked = acknowledged;
            if let Some(rtt) = peer.timed_until(acknowledged, seen.at) {
                self.round_trips
                    .add(u64::try_from(rtt.as_nanos()).unwrap_or(u64::MAX));
            }
            // A side of which nothing was seen is not missing: the capture sees one side only.
            if peer.packets > 0 {
                let is_unseen_fin = peer.ends_with_unseen_fin();
                let payload_end = match peer.fin {
                    Some(fin) => acknowledged.min(fin),
                    None if is_unseen_fin => peer.stream.end(),
                    None => acknowledged,
                };
                let gaps = peer.stream.gaps();
                peer.stream.acknowledged(payload_end, budget, heard);
                if self.states.are_clean() {
                    // To Zeek a FIN that was not seen is a gap.
                    let declared = peer.stream.gaps() - gaps;
                    for _ in 0..declared + u64::from(is_unseen_fin) {
                        let rare = peer.rare_mut();
                        rare.gaps += 1;
                        self.history.count(from.other(), b'G', rare.gaps);
                    }
                }
                self.tell_heard(from.other(), heard, seen);
            }
        }
        if !fin_was_acked && self.halves.of(from.other()).fin_is_acked() {
            self.on_fin_acked(seen);
        }
    }

    /// What a segment's place in the sequence says, then its payload and its FIN. What an RST carries
    /// explains it and belongs to no stream (RFC 9293, section 3.5.3).
    pub(super) fn on_sequence(
        &mut self,
        segment: &Segment<'_>,
        from: Side,
        peer_fin_was_acked: bool,
        budget: &mut Budget,
        heard: &mut Vec<Heard>,
        seen: &mut Seen<'_>,
    ) {
        let flags = segment.flags;
        if flags.rst() {
            return;
        }
        self.on_window(segment, from, seen);
        let half = self.halves.of(from);
        let start = half.start_of(segment);
        let end = half.end_of(segment);
        let payload_end = end - i64::from(flags.fin());
        let sent = half.sent;
        let asks = self.on_question(segment, from, start, seen);
        let mut fresh = 0;
        let mut again = 0;
        // What a question carries is no byte of the stream.
        if segment.payload_len > 0 && !(asks && start < sent) {
            let payload = Payload {
                start,
                len: segment.payload_len,
                bytes: segment.payload,
                frame: seen.number(),
                earlier: seen.earlier(),
                push: flags.psh(),
            };
            let arrival = self.on_payload(payload, from, budget, heard, seen);
            fresh = arrival.fresh + arrival.late;
            again = if asks { 0 } else { arrival.again };
        }
        let half = self.halves.of(from);
        let syn_again = flags.syn() && half.syn_again(flags.ack());
        let fin_again = flags.fin() && half.fin.is_some() && fresh == 0;
        if again > 0 || syn_again || fin_again {
            let what = match () {
                () if syn_again => Resent::Syn,
                () if segment.payload_len > 0 => Resent::Data,
                () => Resent::Fin,
            };
            self.on_again(from, what, again, end, seen);
        } else if fresh > 0 && start < sent {
            self.on_late(from, start, fresh, seen);
        }
        self.tell_heard(from, heard, seen);
        let half = self.halves.of_mut(from);
        half.advance(end, flags.syn(), seen.at);
        half.asked_last = asks;
        if seen.interest.events && (fresh > 0 || flags.syn() || flags.fin()) {
            half.remember(end, seen.number(), budget);
        }
        if flags.fin() && half.fin.is_none() {
            half.fin = Some(payload_end);
            half.stream.is_no_byte(payload_end);
            if half.stream.next_offset() >= payload_end {
                half.stream.end_message(budget, heard);
                self.tell_heard(from, heard, seen);
            }
            self.on_fin(from, peer_fin_was_acked, seen);
        }
    }

    fn on_payload(
        &mut self,
        payload: Payload<'_>,
        from: Side,
        budget: &mut Budget,
        heard: &mut Vec<Heard>,
        seen: &mut Seen<'_>,
    ) -> Arrival {
        if self.halves.of(from).stream.next_offset() <= payload.start {
            let other = from.other();
            self.halves.of_mut(other).stream.end_message(budget, heard);
            self.tell_heard(other, heard, seen);
        }
        let half = self.halves.of_mut(from);
        if payload.start < 0 && half.is_mid_stream() {
            half.stream.expect_earlier();
        }
        let arrival = half.stream.insert(payload, budget, heard);
        let fresh = arrival.fresh + arrival.late;
        half.bytes = half.bytes.saturating_add(fresh);
        if fresh > 0 {
            self.teardown.on_payload(from, fresh);
        }
        if let Some((offset, len)) = arrival.conflict {
            let offset = offset.max(0).cast_unsigned();
            let name = TcpOddityName::OverlapConflict { offset, len };
            self.tell_oddity(from, name, &[], seen);
        }
        arrival
    }

    /// Whether an RST stands where its receiver would believe it. A side that has shown nothing else
    /// cannot be judged.
    pub(super) fn rst_is_in_window(&self, segment: &Segment<'_>, from: Side) -> bool {
        let (own, peer) = (self.halves.of(from), self.halves.of(from.other()));
        if own.packets <= 1 || peer.packets == 0 {
            return true;
        }
        let at = own.offset_of(segment.sequence.0);
        let window = i64::from(peer.window_bytes(self.is_scaled())).max(1);
        (own.acked.min(own.sent) - 1..=own.highest() + window).contains(&at)
    }

    fn is_scaled(&self) -> bool {
        let scales = self.halves.map(|half| half.options.window_scale.is_some());
        scales.orig && scales.resp
    }
}
