//! The usual handshake and the usual farewell: most connections have no other. As with the
//! [expected segment](super::expected), these come to the same as
//! [`observe`](super::connection::Connection::observe), in short; of any other segment nothing is observed.

use crate::{
    decode::tcp::{Flags, Numbers},
    time::Timestamp,
    track::{
        flow::{Both, Side},
        seen::Seen,
        span::Span,
        tcp::{
            attempt::Attempt,
            connection::{Arrived, Closed, Extra, Packed},
            expected::CONTROL,
            half::{PackedHalf, announced},
            handshake::PackedHandshake,
            history::PackedHistory,
            rtt::RoundTrips,
            state::{EndState, States},
            teardown::Course,
        },
    },
};

const SYN_ACK: u16 = Flags::SYN.0 | Flags::ACK.0;
const FIN_ACK: u16 = Flags::FIN.0 | Flags::ACK.0;

impl Attempt {
    /// The connection when the SYN-ACK has answered.
    pub fn answered(
        &self,
        arrived: &Arrived<'_>,
        from_lower: bool,
        seen: &Seen<'_>,
    ) -> Option<Packed> {
        let Arrived { segment, mac, .. } = *arrived;
        let is_usual = segment.flags.0 & CONTROL == SYN_ACK
            && from_lower != self.orig_is_lower
            && segment.acknowledgment.0 == self.sequence.0.wrapping_add(1)
            && segment.payload_len == 0
            && segment.window != 0
            && self.window != 0
            && !self.is_explained()
            && seen.frames.len() == 1
            && !arrived.checksum.is_bad();
        if !is_usual {
            return None;
        }
        let last_at = Span::between(self.at, seen.at)?;
        let scale = announced(segment).window_scale;
        Some(Packed {
            first_at: self.at,
            last_at,
            id: self.id,
            first_frame: self.frame,
            last_frame: u32::try_from(seen.number()).ok()?,
            handshake: PackedHandshake::answered(last_at)?,
            halves: Both {
                orig: PackedHalf::begun(self.sequence.0, self.window, self.options().window_scale),
                resp: PackedHalf::begun(segment.sequence.0, segment.window, scale).answering(),
            },
            round_trips: RoundTrips::default(),
            history: PackedHistory::answered(),
            macs: Both {
                orig: self.mac,
                resp: mac.unwrap_or_default(),
            },
            states: States::established(),
            course: Course::default(),
            orig_is_lower: self.orig_is_lower,
            closed: Closed::No,
            is_plain: false,
            extra: None,
        })
    }
}

impl Packed {
    /// The last step of a handshake, the FIN of a side that has nothing more to say, or an acknowledgment in between
    /// or behind; where nobody listens. It came in one frame, of this number and time, and its checksum is not wrong.
    /// Some(true): from now on the connection is over.
    pub fn observe_usual(
        &mut self,
        segment: &Numbers,
        from: Side,
        (frame, at): (u64, Timestamp),
    ) -> Option<bool> {
        let is_usual = segment.payload_len == 0
            && segment.window != 0
            && self.extra.as_deref().is_none_or(Extra::is_calm)
            && !self.history.has_reset()
            && self.halves.of(from).is_next(segment)
            && self.halves.of(from).has_room(segment);
        if !is_usual {
            return None;
        }
        let frame = u32::try_from(frame).ok()?;
        let at = Span::between(self.first_at, at)?;
        if at.nanos() < self.last_at.nanos() {
            return None;
        }
        let left = self
            .halves
            .of(from.other())
            .left_by(segment.acknowledgment.0)?;
        let became_over = match segment.flags.0 & CONTROL {
            FIN_ACK => self.on_usual_fin(segment, from, left, at)?,
            flags if flags == Flags::ACK.0 => self.on_usual_ack(segment, from, left, at)?,
            _ => return None,
        };
        self.last_frame = frame;
        self.last_at = at;
        Some(became_over)
    }

    /// A pure acknowledgment: the last step of a handshake, or one after a FIN.
    fn on_usual_ack(&mut self, segment: &Numbers, from: Side, left: u32, at: Span) -> Option<bool> {
        let peer = self.halves.of(from.other());
        let ack_rtt = if self.handshake.is_complete() {
            // What comes while both are open is expected in another place.
            let is_anew = self.states.are_closing() && peer.is_less(left);
            if !is_anew
                || !self.are_known()
                || self.closed == Closed::ByLast && !peer.is_settled_by(left)
            {
                return None;
            }
            None
        } else {
            let is_last = from == Side::Orig && left == 0 && self.states.are_established();
            if !is_last || !self.halves.orig.has_syn() || !self.halves.resp.is_known() {
                return None;
            }
            Some(self.handshake.ack_rtt(at)?)
        };
        if !self.history.pass(from, false) {
            return None;
        }
        self.acknowledge(segment, from, left, at);
        if let Some(ack_rtt) = ack_rtt {
            self.handshake.complete(ack_rtt);
            self.halves.of_mut(from).set_acknowledged();
            self.is_plain = self.are_known() && !self.history.has_end();
        }
        if self.halves.orig.has_acked_fin() && self.halves.resp.has_acked_fin() {
            self.course.conclude();
        }
        if self.closed == Closed::ByLast {
            let side = from.other();
            self.halves.of_mut(side).set_other_time(self.last_at);
            self.closed = Closed::In(side);
        }
        Some(false)
    }

    /// A FIN: the first, or the other side's.
    fn on_usual_fin(&mut self, segment: &Numbers, from: Side, left: u32, at: Span) -> Option<bool> {
        let peer = self.halves.of(from.other());
        let is_usual = *self.states.ends.of(from) == EndState::Established
            && self.handshake.is_complete()
            && self.are_known()
            && (self.is_plain || peer.has_fin() && self.states.are_closing());
        if !is_usual || !self.history.close(from) {
            return None;
        }
        let (peer_closed, peer_fin_was_acked) = (peer.has_fin(), peer.has_acked_fin());
        self.acknowledge(segment, from, left, at);
        self.halves.of_mut(from).finish(at);
        if let Some(extra) = &mut self.extra
            && let Some(own) = extra.halves.of_mut(from)
        {
            own.finish(at.after(self.first_at));
        }
        self.states.observe(from, segment.flags, false);
        let peer_fin_is_acked = self.halves.of(from.other()).has_acked_fin();
        let acked = (peer_fin_was_acked, peer_fin_is_acked);
        self.course.on_fin(from, peer_closed.then_some(acked));
        self.is_plain = false;
        if self.states.both_closed() {
            self.closed = Closed::ByLast;
        }
        Some(self.states.both_closed())
    }

    /// What every segment does: it carries a window, and it acknowledges.
    #[inline]
    fn acknowledge(&mut self, segment: &Numbers, from: Side, left: u32, at: Span) {
        self.halves.of_mut(from).pass(segment, at);
        self.leave(from.other(), left, at);
    }

    fn are_known(&self) -> bool {
        self.halves.orig.is_known() && self.halves.resp.is_known()
    }
}
