//! Half of a connection in few bytes.

use crate::{
    decode::tcp::Numbers,
    time::Timestamp,
    track::{
        span::Span,
        stream::{Budget, Stream},
        tcp::{
            half::{Announced, Begin, Half, Rare, Recent},
            history::Places,
        },
    },
};

/// Nothing is timed.
const NOTHING: u32 = 0;

/// Not so many bytes wait for their acknowledgment: half of the sequence numbers.
const MAX_UNACKED: u32 = 1 << 31;

/// No window scale was announced.
const UNSCALED: u8 = 15;

/// What is not said or not so, and what is.
mod mark {
    pub const ISN: u8 = 1;
    pub const WINDOW: u8 = 2;
    pub const ACKNOWLEDGED: u8 = 4;
    pub const ASKED: u8 = 8;
    pub const FIN: u8 = 16;
    /// How it is known where the stream begins stands in the bits from here on.
    pub const BEGIN: u8 = 6;
}

/// A half all of whose bytes came in order, or are in order again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedHalf {
    base: u32,
    packets: u32,
    /// Bytes in order: the lower 32 bits, and the upper 16.
    have: u32,
    have_high: u16,
    window: u16,
    /// Bytes sent that wait for their acknowledgment; a FIN counts as one.
    unacked: u32,
    /// One more than the bytes sent after the stretch that is timed, or [`NOTHING`]: its round trip is over as soon as
    /// fewer are left.
    timed: u32,
    /// When that was sent; where nothing is timed there is room for another time.
    at: Span,
    marks: u8,
    /// The window scale, and how many SYNs and SYN-ACKs there were: 0, 1, or more.
    opening: u8,
}

/// What of a half does not fit into a [`PackedHalf`], and most never have.
#[derive(Debug)]
pub struct Unpacked {
    rare: Option<Box<Rare>>,
    /// Its stream, where bytes were missing once, or somebody reads along.
    stream: Stream,
    bytes: u64,
    sent_at: Timestamp,
    /// Remembered while somebody listens.
    recent: Recent,
}

impl PackedHalf {
    /// A half and the other half of its connection, whose first segment was seen at `first_at`. None where it does
    /// not fit.
    pub fn of(half: &Half, peer: &Half, first_at: Timestamp) -> Option<Self> {
        if !half.fits(peer) {
            return None;
        }
        let have = u64::try_from(half.stream.next_offset()).ok()?;
        let unacked = u32::try_from(half.sent - half.acked).ok()?;
        if unacked >= MAX_UNACKED {
            return None;
        }
        let (timed, at) = match half.timed {
            Some((end, at)) => (
                u32::try_from(half.sent - end + 1).ok()?,
                Span::between(first_at, at)?,
            ),
            None => (NOTHING, Span::default()),
        };
        let mark = |mark, is_set: bool| if is_set { mark } else { 0 };
        let scale = half.options.window_scale;
        Some(Self {
            base: half.base,
            packets: u32::try_from(half.packets).ok()?,
            have: have as u32,
            have_high: u16::try_from(have >> 32).ok()?,
            window: half.window.unwrap_or(0),
            unacked,
            timed,
            at,
            marks: mark(mark::ISN, half.isn.is_some())
                | mark(mark::WINDOW, half.window.is_some())
                | mark(mark::ACKNOWLEDGED, half.acknowledged.is_some())
                | mark(mark::ASKED, half.asked_last)
                | mark(mark::FIN, half.fin.is_some())
                | (half.begin as u8) << mark::BEGIN,
            opening: scale.map_or(UNSCALED, |shift| shift.min(14))
                | (half.syns.0.min(2) as u8) << 4
                | (half.syns.1.min(2) as u8) << 6,
        })
    }

    /// The half as it was, but for the maximum segment size and SACK of its SYN, which only events tell.
    pub fn unpack(&self, peer: &Self, first_at: Timestamp, more: Option<Unpacked>) -> Half {
        let is = |mark: u8| self.marks & mark != 0;
        let have = self.have();
        let sent = have.cast_signed() + i64::from(is(mark::FIN));
        let acknowledged = is(mark::ACKNOWLEDGED).then(|| peer.acked_sequence());
        let scale = self.opening & 0xf;
        let more = more.unwrap_or_else(|| Unpacked::at(have));
        Half {
            packets: u64::from(self.packets),
            bytes: more.bytes,
            stream: more.stream,
            isn: is(mark::ISN).then(|| self.base.wrapping_sub(1)),
            syns: (
                u16::from((self.opening >> 4) & 3),
                u16::from(self.opening >> 6),
            ),
            recent: more.recent,
            base: self.base,
            begin: match self.marks >> mark::BEGIN {
                0 => Begin::Unknown,
                1 => Begin::Acknowledged,
                2 => Begin::MidStream,
                _ => Begin::Known,
            },
            sent,
            sent_at: more.sent_at,
            acked: sent - i64::from(self.unacked),
            fin: is(mark::FIN).then_some(have.cast_signed()),
            options: Announced {
                window_scale: (scale != UNSCALED).then_some(scale),
                ..Announced::default()
            },
            window: is(mark::WINDOW).then_some(self.window),
            acknowledged,
            last_ack: acknowledged,
            asked_last: is(mark::ASKED),
            timed: self.is_timed().then(|| {
                let end = sent + 1 - i64::from(self.timed);
                (end, self.at.after(first_at))
            }),
            rare: more.rare,
        }
    }

    /// A half of which a SYN was seen, or a SYN-ACK: then [`answering`](Self::answering) follows.
    pub fn begun(isn: u32, window: u16, scale: Option<u8>) -> Self {
        Self {
            base: isn.wrapping_add(1),
            packets: 1,
            have: 0,
            have_high: 0,
            window,
            unacked: 0,
            timed: NOTHING,
            at: Span::default(),
            marks: mark::ISN | mark::WINDOW | (Begin::Known as u8) << mark::BEGIN,
            opening: scale.map_or(UNSCALED, |shift| shift.min(14)) | 1 << 4,
        }
    }

    /// The same, where it was a SYN-ACK.
    pub fn answering(self) -> Self {
        Self {
            marks: self.marks | mark::ACKNOWLEDGED,
            opening: self.opening & 0xf | 1 << 6,
            ..self
        }
    }

    /// Whether a SYN or SYN-ACK told where it begins.
    pub fn has_syn(&self) -> bool {
        self.marks & mark::ISN != 0
    }

    /// Whether its FIN was seen.
    pub fn has_fin(&self) -> bool {
        self.marks & mark::FIN != 0
    }

    /// Whether its FIN was acknowledged.
    pub fn has_acked_fin(&self) -> bool {
        self.has_fin() && self.unacked == 0
    }

    /// Its first acknowledgment was seen.
    pub fn set_acknowledged(&mut self) {
        self.marks |= mark::ACKNOWLEDGED;
    }

    /// Its FIN, behind all that was sent.
    pub fn finish(&mut self, at: Span) {
        self.marks |= mark::FIN;
        self.unacked = self.unacked.wrapping_add(1);
        self.time(1, at);
    }

    /// Whether nothing is timed any more once so many bytes are left.
    pub fn is_settled_by(&self, left: u32) -> bool {
        !self.is_timed() || left < self.timed
    }

    /// Frames that carried its segments.
    pub fn packets(&self) -> u64 {
        u64::from(self.packets)
    }

    /// Payload bytes in order.
    pub fn have(&self) -> u64 {
        u64::from(self.have_high) << 32 | u64::from(self.have)
    }

    /// Whether a stretch is timed; if not there is room for [`set_other_time`](Self::set_other_time).
    pub fn is_timed(&self) -> bool {
        self.timed != NOTHING
    }

    /// A time of the connection's for which there is room while nothing is timed.
    pub fn other_time(&self) -> Span {
        self.at
    }

    /// See [`other_time`](Self::other_time).
    pub fn set_other_time(&mut self, at: Span) {
        self.at = at;
    }

    /// The sequence number that follows all that was sent.
    #[inline]
    fn next_sequence(&self) -> u32 {
        let fin = u32::from(self.marks & mark::FIN != 0);
        self.end_of_bytes().wrapping_add(fin)
    }

    /// The same where no FIN was sent.
    #[inline]
    fn end_of_bytes(&self) -> u32 {
        self.base.wrapping_add(self.have)
    }

    fn acked_sequence(&self) -> u32 {
        self.next_sequence().wrapping_sub(self.unacked)
    }

    /// Where its SYN, its FIN and its RST would stand.
    pub fn places(&self) -> Places {
        let first = self.base;
        [
            first.wrapping_sub(1),
            first.wrapping_add(self.have),
            self.next_sequence(),
        ]
    }

    /// Whether a segment of this half is the next in order.
    #[inline]
    pub fn is_next(&self, segment: &Numbers) -> bool {
        segment.sequence.0 == self.next_sequence()
    }

    /// The same of a half that has sent no FIN.
    #[inline]
    pub fn is_next_of_bytes(&self, segment: &Numbers) -> bool {
        segment.sequence.0 == self.end_of_bytes()
    }

    /// How many of the bytes sent an acknowledgment leaves, where it acknowledges no less than the latest did and
    /// no more than was sent.
    #[inline]
    pub fn left_by(&self, acknowledgment: u32) -> Option<u32> {
        let left = self.next_sequence().wrapping_sub(acknowledgment);
        (left <= self.unacked).then_some(left)
    }

    /// The same of a half that has sent no FIN.
    #[inline]
    pub fn left_of_bytes_by(&self, acknowledgment: u32) -> Option<u32> {
        let left = self.end_of_bytes().wrapping_sub(acknowledgment);
        (left <= self.unacked).then_some(left)
    }

    /// Whether that leaves fewer than before.
    #[inline]
    pub fn is_less(&self, left: u32) -> bool {
        left < self.unacked
    }

    /// So many of the bytes sent are left to be acknowledged. Returns when the stretch was sent whose round trip
    /// this ends.
    #[inline]
    pub fn leave(&mut self, left: u32) -> Option<Span> {
        self.unacked = left;
        (left < self.timed).then(|| {
            self.timed = NOTHING;
            self.at
        })
    }

    /// Whether there is room for such a segment. For one more packet there is, in less than 2³² frames.
    #[inline]
    pub fn has_room(&self, segment: &Numbers) -> bool {
        // A FIN counts as one.
        let len = segment.payload_len;
        u64::from(self.unacked) + u64::from(len) + 1 < u64::from(MAX_UNACKED)
            && self.have.checked_add(len).is_some()
    }

    /// The segment that [is next](Self::is_next), for which [there is room](Self::has_room).
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "called for nearly each frame, it would have its caller put aside all that is at hand"
    )]
    pub fn pass(&mut self, segment: &Numbers, at: Span) {
        let len = segment.payload_len;
        self.packets = self.packets.wrapping_add(1);
        self.window = segment.window;
        self.marks &= !mark::ASKED;
        if len == 0 {
            return;
        }
        self.have = self.have.wrapping_add(len);
        self.unacked = self.unacked.wrapping_add(len);
        self.time(len, at);
    }

    /// Times what was sent now, unless something is timed: then it stands behind that.
    #[inline]
    fn time(&mut self, len: u32, at: Span) {
        if self.is_timed() {
            self.timed = self.timed.wrapping_add(len);
        } else {
            self.timed = 1;
            self.at = at;
        }
    }

    /// How many bytes were sent behind those of a segment, if these were all sent before and no FIN was.
    pub fn sent_behind(&self, segment: &Numbers) -> Option<u32> {
        let back = self.end_of_bytes().wrapping_sub(segment.sequence.0);
        let is_known = back < MAX_UNACKED && u64::from(back) <= self.have();
        let behind = back.checked_sub(segment.payload_len)?;
        is_known.then_some(behind)
    }

    /// Whether all that was sent was acknowledged, but for no more than the last bytes.
    pub fn is_acked_but(&self, last: u32) -> bool {
        self.unacked <= last
    }

    /// A segment that was sent before. It cannot be timed: nobody knows which of both is acknowledged (Karn).
    pub fn pass_again(&mut self, segment: &Numbers) {
        self.packets = self.packets.wrapping_add(1);
        self.window = segment.window;
        self.marks &= !mark::ASKED;
        self.timed = NOTHING;
    }

    /// Whether the window and an acknowledgment were seen, and it is known where the stream begins.
    pub fn is_known(&self) -> bool {
        const ALL: u8 = mark::WINDOW | mark::ACKNOWLEDGED | (Begin::Known as u8) << mark::BEGIN;
        self.marks & ALL == ALL
    }
}

impl Half {
    /// Whether a [`PackedHalf`] can say where it begins, where it ends, and how far it acknowledges `peer`.
    #[inline]
    pub fn fits(&self, peer: &Self) -> bool {
        let next = self.stream.next_offset();
        let is_in_order = self.sent == next + i64::from(self.fin.is_some())
            && self.fin.is_none_or(|fin| fin == next);
        let begins = self
            .isn
            .is_none_or(|isn| self.begin == Begin::Known && isn.wrapping_add(1) == self.base);
        let peer_acked = peer.base.wrapping_add(peer.acked.cast_unsigned() as u32);
        let acknowledges = self.acknowledged.is_none_or(|it| it == peer_acked)
            && self.last_ack == self.acknowledged;
        is_in_order && begins && acknowledges
    }

    /// Whether there is more than fits into a [`PackedHalf`].
    pub fn has_more(&self) -> bool {
        let is_whole = self.stream.is_whole();
        // What was sent before the first byte seen may still come, and then it counts when the last was sent.
        let may_begin_earlier = self.begin == Begin::MidStream && self.sent > 0;
        let seen = self.stream.next_offset().cast_unsigned();
        let is_listened_to = self.stream.is_read() || !self.recent.is_empty();
        self.rare.is_some()
            || !is_whole
            || may_begin_earlier
            || self.bytes != seen
            || is_listened_to
    }

    /// What does not fit into a [`PackedHalf`], if there is anything: the half has lost it then.
    pub fn take_more(&mut self) -> Option<Unpacked> {
        self.has_more().then(|| Unpacked {
            rare: self.rare.take(),
            stream: std::mem::take(&mut self.stream),
            bytes: self.bytes,
            sent_at: self.sent_at,
            recent: std::mem::take(&mut self.recent),
        })
    }
}

impl Unpacked {
    /// What a half has that needs no room, when so many bytes came in order.
    pub fn at(have: u64) -> Self {
        Self {
            rare: None,
            stream: Stream::at(have),
            bytes: have,
            sent_at: Timestamp::default(),
            recent: Recent::default(),
        }
    }

    /// What most never have, to change.
    pub fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Whether all bytes came that stand before the last.
    pub fn lacks_nothing(&self) -> bool {
        self.stream.is_whole()
    }

    /// Whether a segment in order changes no more of this than [`pass`](Self::pass) does.
    pub fn is_calm(&self) -> bool {
        self.stream.is_in_order()
            && self
                .rare
                .as_ref()
                .is_none_or(|rare| rare.closed_window_since.is_none() && rare.said_again.0 == 0)
    }

    /// A FIN.
    pub fn finish(&mut self, at: Timestamp) {
        self.sent_at = at;
    }

    /// Nothing waits for a gap to be filled.
    pub fn is_in_order(&self) -> bool {
        self.stream.is_in_order()
    }

    /// Payload bytes seen.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Payload bytes never seen.
    pub fn missing(&self) -> u64 {
        self.stream.missing()
    }

    /// One of the counts that most never have.
    pub fn rare(&self, of: impl FnOnce(&Rare) -> u64) -> u64 {
        self.rare.as_deref().map_or(0, of)
    }

    /// The next bytes in order.
    pub fn pass(&mut self, len: usize, at: Timestamp) {
        self.stream.pass(len);
        self.bytes = self.bytes.saturating_add(len as u64);
        self.sent_at = at;
    }

    /// The same while somebody listens: which frame carried them is remembered, and they are yet to be delivered.
    #[inline]
    pub fn hear(
        &mut self,
        len: usize,
        (at, frame): (Timestamp, u64),
        budget: &mut Budget,
    ) -> &mut Stream {
        self.bytes = self.bytes.saturating_add(len as u64);
        self.sent_at = at;
        let end = self
            .stream
            .next_offset()
            .saturating_add_unsigned(len as u64);
        self.recent.add(end, frame, &mut budget.steps);
        &mut self.stream
    }

    /// Has the memory fetch what the next bytes will need.
    #[inline]
    pub fn fetch(&self) {
        self.recent.fetch();
        self.stream.fetch();
    }

    /// The stream, where bytes were missing once or somebody reads along.
    #[inline]
    pub fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }
}
