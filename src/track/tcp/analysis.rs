//! What is out of the ordinary about a segment: windows, questions, repetitions. The rules are those of
//! the field's tools, so that counts can be compared, but for one thing: what bytes were seen decides
//! what is a repetition, not how long ago it was.

use crate::{
    decode::tcp::Segment,
    track::{event::TcpOddityName, flow::Side, seen::Seen, tcp::connection::Connection},
};

impl Connection {
    /// The window that a segment announces, and whether it acknowledges the same again.
    pub(super) fn on_window(&mut self, segment: &Segment<'_>, from: Side, seen: &mut Seen<'_>) {
        let flags = segment.flags;
        if flags.rst() {
            return;
        }
        let control = flags.syn() || flags.fin();
        let peer_asked = self.halves.of(from.other()).asked_last;
        let half = self.halves.of_mut(from);
        let at_end = half.offset_of(segment.sequence.0) == half.sent;
        let same_ack = flags.ack() && half.last_ack == Some(segment.acknowledgment.0);
        let duplicate = segment.payload_len == 0
            && !control
            && at_end
            && same_ack
            && segment.window != 0
            && half.window == Some(segment.window)
            && !peer_asked;
        if duplicate {
            half.duplicate_acks += 1;
        }
        let mut reopened = None;
        let zero = segment.window == 0 && !control;
        if zero {
            half.zero_windows += 1;
            half.closed_window_since.get_or_insert(seen.at);
        } else if segment.window != 0 {
            reopened = half.closed_window_since.take();
        }
        half.window = Some(segment.window);
        if flags.ack() {
            half.last_ack = Some(segment.acknowledgment.0);
        }
        let count = half.zero_windows;
        if duplicate {
            self.tell_oddity(from, TcpOddityName::DuplicateAck, &[], seen);
        }
        if zero {
            if !self.halves.of(from.other()).fin.is_some() {
                self.count_letter(from, b'W', count);
            }
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
        let window_closed = self.halves.of(from.other()).closed_window_since.is_some();
        let before_end = half.sent > 0 && start == half.sent - 1;
        let next_byte = segment.payload_len == 1 && start == half.sent;
        if window_closed && (before_end || next_byte) {
            self.tell_oddity(from, TcpOddityName::WindowProbe, &[], seen);
            true
        } else if before_end {
            self.halves.of_mut(from).keep_alives += 1;
            self.tell_oddity(from, TcpOddityName::KeepAlive, &[], seen);
            true
        } else {
            false
        }
    }

    /// A segment that was sent before.
    pub(super) fn on_again(
        &mut self,
        from: Side,
        segment: &Segment<'_>,
        end: i64,
        seen: &mut Seen<'_>,
    ) {
        let len = segment.payload_len as u64;
        let half = self.halves.of_mut(from);
        half.stop_timing();
        let spurious = len > 0 && end <= half.acked;
        if spurious {
            half.spurious_retransmissions += 1;
        } else {
            half.retransmissions += 1;
        }
        let original = half.frame_that_sent(end, seen.number());
        if len > 0 {
            half.payload_again += 1;
            let count = half.payload_again;
            self.count_letter(from, b'T', count);
        }
        let name = if spurious {
            TcpOddityName::SpuriousRetransmission { len }
        } else {
            TcpOddityName::Retransmission { len }
        };
        let because: Vec<u64> = original.into_iter().collect();
        self.tell_oddity(from, name, &because, seen);
    }
}
