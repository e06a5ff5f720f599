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

/// What carried a segment.
#[derive(Clone, Copy)]
pub struct Carried {
    /// How many frames: several when fragmented.
    pub frames: usize,
    /// The number of the last, and when it came.
    pub last: u64,
    pub at: Timestamp,
    /// Somebody listens: [`Packed::hear`] follows.
    pub is_heard: bool,
}

impl Packed {
    /// Observes a segment whose checksum is not wrong if it is the expected one: then this comes to the same as
    /// [`observe`](super::connection::Connection::observe), in short. Of any other nothing is observed, and false is
    /// returned.
    #[inline]
    pub fn observe_expected(&mut self, segment: &Numbers, from: Side, carried: Carried) -> bool {
        let has_payload = segment.payload_len > 0;
        let own = self.halves.of(from);
        let peer = self.halves.of(from.other());
        let is_expected = self.is_plain
            && may_be(segment)
            && own.is_next(segment)
            && own.has_room(segment, carried.frames)
            && segment.window != 0;
        // The same acknowledgment again may be a duplicate.
        let left = peer.left_by(segment.acknowledgment.0);
        let left = left.filter(|left| is_expected && (has_payload || peer.is_less(*left)));
        let Some(left) = left else {
            return false;
        };
        // One that was captured before the first, or days later, takes the long way.
        let Some(at) = Span::between(self.first_at, carried.at) else {
            return false;
        };
        let Ok(frame) = u32::try_from(carried.last) else {
            return false;
        };
        if !self.history.pass(from, has_payload) {
            return false;
        }
        self.last_frame = frame;
        if at.nanos() > self.last_at.nanos() {
            self.last_at = at;
        }
        self.halves.of_mut(from).pass(segment, carried.frames, at);
        if has_payload
            && !carried.is_heard
            && let Some(extra) = &mut self.extra
            && let Some(more) = extra.halves.of_mut(from)
        {
            more.pass(segment.payload_len as usize, carried.at);
        }
        let peer = self.halves.of_mut(from.other());
        if peer.is_less(left)
            && let Some(sent_at) = peer.leave(left)
        {
            self.round_trips
                .add(at.nanos().saturating_sub(sent_at.nanos()));
        }
        true
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
