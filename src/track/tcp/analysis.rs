//! What is out of the ordinary about a segment: windows, questions, repetitions. The rules are those of
//! the field's tools, so that counts can be compared, but for one thing: what bytes were seen decides
//! what is a repetition, not how long ago it was.

use std::time::Duration;

use crate::{
    decode::tcp::Segment,
    track::{
        event::{Resent, TcpOddityName},
        flow::Side,
        seen::Seen,
        tcp::connection::Connection,
    },
};

/// Segments that overtake each other do so within this time, where the round trip is not known.
const REORDERING: Duration = Duration::from_millis(3);

/// A copy that duplicate acknowledgments asked for follows the last of them within this time.
const ANSWER: Duration = Duration::from_millis(20);

impl Connection {
    /// What Zeek counts of a segment before it looks at what that makes of the connection: a window of zero (also
    /// of a SYN or FIN), then payload that ends no further than what was sent.
    pub(super) fn count_for_history(&mut self, segment: &Segment<'_>, from: Side) {
        let flags = segment.flags;
        if flags.rst() {
            return;
        }
        if segment.window == 0 && self.states.counts_windows(from) {
            let rare = self.halves.of_mut(from).rare_mut();
            rare.windows_of_zero += 1;
            self.history.count(from, b'W', rare.windows_of_zero);
        }
        let half = self.halves.of_mut(from);
        if segment.payload_len > 0
            && half.end_of(segment) <= half.sent
            && self.states.counts_rewinds(from)
        {
            let rare = half.rare_mut();
            rare.rewinds += 1;
            self.history.count(from, b'T', rare.rewinds);
        }
    }

    /// The window that a segment announces, and whether it acknowledges the same again.
    pub(super) fn on_window(&mut self, segment: &Segment<'_>, from: Side, seen: &mut Seen<'_>) {
        let flags = segment.flags;
        let control = flags.syn() || flags.fin();
        let peer = self.halves.of(from.other());
        let (peer_asked, peer_sent) = (peer.asked_last, peer.sent);
        let is_crossed = self.handshake.is_crossed();
        let half = self.halves.of_mut(from);
        let at_end = half.offset_of(segment.sequence.0) == half.sent;
        // After a simultaneous open each side's ACK says again what its SYN-ACK said.
        let opens = is_crossed && peer_sent == 0;
        let same_ack = flags.ack() && half.last_ack == Some(segment.acknowledgment.0);
        let duplicate = segment.payload_len == 0
            && !control
            && at_end
            && same_ack
            && segment.window != 0
            && half.window == Some(segment.window)
            && !peer_asked
            && !opens;
        if duplicate {
            let rare = half.rare_mut();
            rare.duplicate_acks += 1;
            rare.said_again = (rare.said_again.0 + 1, seen.at);
        } else if !same_ack && half.rare(|rare| rare.said_again.0) > 0 {
            half.rare_mut().said_again.0 = 0;
        }
        let mut reopened = None;
        let zero = segment.window == 0 && !control;
        if zero {
            let rare = half.rare_mut();
            rare.zero_windows += 1;
            rare.closed_window_since.get_or_insert(seen.at);
        } else if segment.window != 0 && half.rare(|rare| rare.closed_window_since).is_some() {
            reopened = half.rare_mut().closed_window_since.take();
        }
        half.window = Some(segment.window);
        if flags.ack() {
            half.last_ack = Some(segment.acknowledgment.0);
        }
        if duplicate {
            self.tell_oddity(from, TcpOddityName::DuplicateAck, &[], seen);
        }
        if zero {
            self.tell_oddity(from, TcpOddityName::ZeroWindow, &[], seen);
        }
        if let Some(since) = reopened {
            let stalled = seen.at.since(since);
            self.tell_oddity(from, TcpOddityName::WindowReopened { stalled }, &[], seen);
        }
    }

    /// Whether a segment only asks: is the other side still there, is its window still closed?
    pub(super) fn on_question(
        &mut self,
        segment: &Segment<'_>,
        from: Side,
        start: i64,
        seen: &mut Seen<'_>,
    ) -> bool {
        let flags = segment.flags;
        let half = self.halves.of(from);
        if flags.syn() || flags.fin() || segment.payload_len > 1 || half.fin.is_some() {
            return false;
        }
        let peer = self.halves.of(from.other());
        let window_closed = peer.rare(|rare| rare.closed_window_since).is_some();
        let before_end = half.packets > 1 && start == half.sent - 1;
        // An earlier question may have carried the next byte.
        let before_unacked =
            half.packets > 1 && segment.payload_len == 0 && start == half.acked - 1;
        let next_byte = segment.payload_len == 1 && start == half.sent;
        if window_closed && (before_end || before_unacked || next_byte) {
            self.tell_oddity(from, TcpOddityName::WindowProbe, &[], seen);
            true
        } else if before_end {
            self.halves.of_mut(from).rare_mut().keep_alives += 1;
            self.tell_oddity(from, TcpOddityName::KeepAlive, &[], seen);
            true
        } else {
            false
        }
    }

    /// A segment that was sent before: `len` payload bytes, and it ends at `end`.
    pub(super) fn on_again(
        &mut self,
        from: Side,
        what: Resent,
        len: u64,
        end: i64,
        seen: &mut Seen<'_>,
    ) {
        let half = self.halves.of_mut(from);
        half.stop_timing();
        half.rare_mut().retransmissions += 1;
        let original = half.frame_that_sent(end, seen.number());
        let name = if what == Resent::Data && end <= half.acked {
            half.rare_mut().spurious_retransmissions += 1;
            TcpOddityName::SpuriousRetransmission { len }
        } else {
            TcpOddityName::Retransmission { what, len }
        };
        self.tell_oddity(from, name, original.as_slice(), seen);
    }

    /// Bytes never seen before that stand before others: they took a longer way, or they were lost before
    /// the capture could see them and this is the copy.
    pub(super) fn on_late(&mut self, from: Side, start: i64, len: u64, seen: &mut Seen<'_>) {
        let usual_delay = self.handshake.round_trip().unwrap_or(REORDERING);
        let half = self.halves.of(from);
        let asked_for = half.acked == start && {
            let peer = self.halves.of(from.other());
            let (times, at) = peer.rare(|rare| rare.said_again);
            times >= 2 && seen.at.since(at) < ANSWER
        };
        // Nothing is known to be lost behind a FIN.
        let is_before_fin = half.fin.is_none_or(|fin| start < fin);
        let is_copy = asked_for || is_before_fin && half.since_highest(seen.at) >= usual_delay;
        let half = self.halves.of_mut(from);
        let name = if is_copy {
            half.stop_timing();
            half.rare_mut().retransmissions += 1;
            TcpOddityName::Retransmission {
                what: Resent::Data,
                len,
            }
        } else {
            half.rare_mut().out_of_order += 1;
            TcpOddityName::OutOfOrder { len }
        };
        self.tell_oddity(from, name, &[], seen);
    }
}
