//! The expected segment: the next in order, in an open connection of which nothing is out of the ordinary. Nearly
//! all are such, and there is little to do for them (Van Jacobson's header prediction, seen by a bystander).

use crate::{
    decode::tcp::{Flags, Numbers},
    time::Timestamp,
    track::{
        event::{Content, Kind, Said, TcpMessage},
        fetch,
        flow::{FlowKey, Side},
        seen::Seen,
        span::Span,
        stream::{Budget, Heard, Payload},
        tcp::connection::{Packed, tell_heard},
    },
};

/// The flags that make a difference.
pub const CONTROL: u16 = Flags::SYN.0 | Flags::FIN.0 | Flags::RST.0 | Flags::ACK.0;

/// Whether a segment may be the expected one at all.
#[inline]
pub fn may_be(segment: &Numbers) -> bool {
    segment.flags.0 & CONTROL == Flags::ACK.0
}

impl Packed {
    /// Observes a segment that [may be](may_be) the expected one, came in one frame, and whose checksum is not wrong:
    /// the frame's number, and when it came. If it is, this comes to the same as
    /// [`observe`](super::connection::Connection::observe), in short; where somebody listens, [`Packed::hear`] follows.
    /// Of any other nothing is observed, and false is returned. With `IS_LATEST` none came later of those before.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "called for nearly each frame, it would keep and restore all that its caller has at hand"
    )]
    pub fn observe_expected<const IS_LATEST: bool>(
        &mut self,
        segment: &Numbers,
        from: Side,
        (frame, at): (u32, Timestamp),
        is_heard: bool,
    ) -> bool {
        let (own, peer) = self.halves.split_mut(from);
        let is_next = self.is_plain && segment.window != 0 && own.is_next_of_bytes(segment);
        if !is_next || !own.has_room(segment) {
            return false;
        }
        let has_payload = segment.payload_len > 0;
        let Some(left) = peer.left_of_bytes_by(segment.acknowledgment.0) else {
            return false;
        };
        // The same acknowledgment again may be a duplicate.
        if !has_payload && !peer.is_less(left) {
            return false;
        }
        // One that was captured before the first, or days later, takes the long way.
        let Some(span) = Span::between(self.first_at, at) else {
            return false;
        };
        if !self.history.pass(from, has_payload) {
            return false;
        }
        self.last_frame = frame;
        if IS_LATEST || span.nanos() > self.last_at.nanos() {
            self.last_at = span;
        }
        own.pass(segment, span);
        if has_payload
            && !is_heard
            && let Some(extra) = &mut self.extra
        {
            extra.pass(from, segment.payload_len, span.after(self.first_at));
        }
        if peer.is_less(left)
            && let Some(sent_at) = peer.leave(left)
        {
            self.round_trips
                .add(span.nanos().saturating_sub(sent_at.nanos()));
        }
        true
    }

    /// An acknowledgment leaves so many of the bytes that a side has sent.
    pub fn leave(&mut self, side: Side, left: u32, at: Span) {
        let half = self.halves.of_mut(side);
        if half.is_less(left)
            && let Some(sent_at) = half.leave(left)
        {
            self.round_trips
                .add(at.nanos().saturating_sub(sent_at.nanos()));
        }
    }

    /// Has the memory fetch what [`hear`](Self::hear) will look at.
    #[inline]
    pub fn fetch_half(&self, from: Side) {
        if let Some(extra) = &self.extra {
            fetch::both_ends(extra.halves.of(from));
        }
    }

    /// Has the memory fetch what [`hear`](Self::hear) will write to.
    #[inline]
    pub fn fetch_text(&self, from: Side) {
        if let Some(extra) = &self.extra
            && let Some(own) = extra.halves.of(from)
        {
            own.fetch();
        }
    }

    /// Tells what such a segment says, where somebody listens: its payload, as far as it was captured.
    pub fn hear(
        &mut self,
        key: &FlowKey,
        (segment, from, bytes): (&Numbers, Side, &[u8]),
        budget: &mut Budget,
        heard: &mut Vec<Heard>,
        seen: &mut Seen<'_>,
    ) {
        let id = self.id();
        let len = segment.payload_len as usize;
        let Some(extra) = self.extra.as_mut().filter(|_| len > 0) else {
            return;
        };
        let flow = || key.flow(self.orig_is_lower);
        if let Some(peer) = extra.halves.of_mut(from.other()).as_mut()
            && peer.stream().has_begun()
        {
            peer.stream().end_message(budget, heard);
            tell_heard((id, flow), from.other(), heard, seen);
        }
        let Some(own) = extra.halves.of_mut(from) else {
            return;
        };
        let stream = own.hear(len, (seen.at, seen.number()), budget);
        let payload = Payload {
            start: stream.next_offset(),
            len,
            bytes,
            frame: seen.number(),
            earlier: seen.earlier(),
            push: segment.flags.psh(),
        };
        let Some(whole) = stream.deliver_message(payload, budget) else {
            stream.deliver(payload, budget, heard);
            return tell_heard((id, flow), from, heard, seen);
        };
        let said = Said {
            at: seen.at,
            frame: payload.frame,
            conn: id,
            flow: flow(),
            from,
            offset: payload.start,
        };
        if !seen.say(said, payload.bytes, whole) {
            seen.tell(&[], || {
                Kind::TcpMessage(TcpMessage {
                    conn: id,
                    flow: said.flow,
                    from,
                    offset: payload.start,
                    len: payload.len as u64,
                    content: Content::new(payload.bytes, whole),
                    frames: payload.frames(),
                    missing: 0,
                    cut: 0,
                })
            });
        }
    }
}
