//! The expected segment: the next in order, in an open connection of which nothing is out of the ordinary. Nearly
//! all are such, and there is little to do for them (Van Jacobson's header prediction, seen by a bystander).

use crate::{
    decode::tcp::{Flags, Segment},
    track::{flow::Side, seen::Seen, tcp::connection::Connection},
};

/// The flags that make a difference.
const CONTROL: u16 = Flags::SYN.0 | Flags::FIN.0 | Flags::RST.0 | Flags::ACK.0;

impl Connection {
    /// Observes a segment whose checksum is not wrong if it is the expected one: then this comes to the same as
    /// [`observe`](Connection::observe), in short. Of any other nothing is observed, and false is returned.
    pub fn observe_expected(&mut self, segment: &Segment<'_>, from: Side, seen: &Seen<'_>) -> bool {
        let payload_len = segment.payload_len;
        let has_payload = payload_len > 0;
        let own = self.halves.of(from);
        let peer = self.halves.of(from.other());
        let start = own.offset_of(segment.sequence.0);
        let acknowledged = peer.offset_of(segment.acknowledgment.0);
        let acknowledges_anew = own.last_ack != Some(segment.acknowledgment.0);
        let is_expected = segment.flags.0 & CONTROL == Flags::ACK.0
            && self.handshake.is_complete()
            && self.states.are_established()
            && self.history.has(from, has_payload)
            && own.is_plain()
            && peer.is_plain()
            && start == own.sent
            && acknowledged <= peer.sent
            && segment.window != 0
            // A lone byte may ask whether a window is still closed; the same acknowledgment again may be a
            // duplicate.
            && payload_len != 1
            && (has_payload || acknowledges_anew)
            // Who listens is told which frames carried what.
            && !(has_payload && (seen.interest.events || own.stream.is_read()));
        if !is_expected {
            return false;
        }
        self.last = (seen.number(), seen.at.max(self.last.1));
        let peer = self.halves.of_mut(from.other());
        if acknowledged > peer.acked {
            peer.acked = acknowledged;
            if let Some(rtt) = peer.timed_until(acknowledged, seen.at) {
                self.round_trips.add(rtt);
            }
        }
        let own = self.halves.of_mut(from);
        own.packets += seen.frames.len() as u64;
        own.acknowledged = Some(segment.acknowledgment.0);
        own.last_ack = own.acknowledged;
        own.window = Some(segment.window);
        own.asked_last = false;
        if has_payload {
            own.stream.pass(payload_len);
            own.bytes = own.bytes.saturating_add(payload_len as u64);
            own.advance(
                start.saturating_add_unsigned(payload_len as u64),
                false,
                seen.at,
            );
        }
        true
    }
}
