//! A copy of what was sent before: where frames are lost, one segment of a hundred. As with the
//! [expected segment](super::expected), this comes to the same as
//! [`observe`](super::connection::Connection::observe), in short.

use crate::{
    decode::tcp::Numbers,
    time::Timestamp,
    track::{
        flow::Side,
        span::Span,
        tcp::{connection::Packed, expected::may_be},
    },
};

impl Packed {
    /// Observes a segment all of whose payload was seen before, in an open connection of which nothing else is out of
    /// the ordinary; where nobody listens. It came in one frame, of this number and time, and its checksum is not
    /// wrong. Of any other nothing is observed, and false is returned.
    pub fn observe_again(
        &mut self,
        segment: &Numbers,
        from: Side,
        (frame, at): (u64, Timestamp),
    ) -> bool {
        // A single byte may ask whether the other side is still there.
        let is_it = self.is_plain
            && may_be(segment)
            && segment.window != 0
            && segment.payload_len > 1
            && self.lacks_nothing(from);
        let own = self.halves.of(from);
        let peer = self.halves.of(from.other());
        let (Some(behind), Some(left), true) = (
            own.sent_behind(segment),
            peer.left_of_bytes_by(segment.acknowledgment.0),
            is_it,
        ) else {
            return false;
        };
        let is_spurious = own.is_acked_but(behind);
        let (Ok(frame), Some(at)) = (u32::try_from(frame), Span::between(self.first_at, at)) else {
            return false;
        };
        let times = self.rare(from, |rare| rare.rewinds) + 1;
        let mut history = self.history;
        if at.nanos() < self.last_at.nanos()
            || !history.pass(from, true)
            || !history.count(from, b'T', times)
        {
            return false;
        }
        self.history = history;
        self.last_frame = frame;
        self.last_at = at;
        self.halves.of_mut(from).pass_again(segment);
        let rare = self.rare_mut(from);
        rare.rewinds += 1;
        rare.retransmissions += 1;
        rare.spurious_retransmissions += u64::from(is_spurious);
        self.leave(from.other(), left, at);
        true
    }
}
