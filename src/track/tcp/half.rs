//! One direction of a connection in numbers: what was sent, acknowledged, repeated.

mod packed;
mod recent;

pub use packed::{PackedHalf, Unpacked};
pub use recent::Recent;

use std::time::Duration;

use crate::{
    decode::tcp::{self, Segment},
    time::Timestamp,
    track::{
        Interest,
        stream::{Budget, Stream},
    },
};

/// A SYN captured late stands at most this far before what was captured earlier, in bytes.
const MAX_OVERTAKEN: i64 = 64 * 1024;

/// How it is known where a stream begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Begin {
    /// Not at all.
    #[default]
    Unknown,
    /// The other side acknowledged something.
    Acknowledged,
    /// The first segment seen is no SYN: there may have been bytes before it.
    MidStream,
    /// From a SYN, or from the answer to it.
    Known,
}

/// One side's half of a connection.
///
/// Positions are offsets as in [`Stream`]: 0 is the byte after the SYN, and a FIN counts as one.
#[derive(Debug, Default)]
pub struct Half {
    /// Frames that carried its segments.
    pub packets: u64,
    /// Payload bytes seen for the first time.
    pub bytes: u64,
    /// The bytes in order.
    pub stream: Stream,
    /// Sequence number of the first SYN.
    pub isn: Option<u32>,
    /// SYNs with that number, and SYN-ACKs.
    pub syns: (u16, u16),
    /// Where the latest segments ended and which frames carried them, while somebody listens.
    recent: Recent,
    /// Sequence number of offset 0.
    base: u32,
    /// What `base` comes from.
    begin: Begin,
    /// One past the highest offset sent; a FIN counts as one.
    pub sent: i64,
    /// When that was sent.
    sent_at: Timestamp,
    /// The highest offset that the other side acknowledged.
    pub acked: i64,
    /// Offset of the FIN.
    pub fin: Option<i64>,
    /// Announced with SYN.
    pub options: Announced,
    /// The window last announced, unscaled.
    pub window: Option<u16>,
    /// The acknowledgment of the segment in hand, or of the latest before it.
    pub acknowledged: Option<u32>,
    /// The acknowledgment before that, for telling repetitions.
    pub last_ack: Option<u32>,
    /// The last segment was a keep-alive or a window probe.
    pub asked_last: bool,
    /// A stretch of data whose acknowledgment is timed: its end, and when it was sent.
    timed: Option<(i64, Timestamp)>,
    /// What most never have.
    rare: Option<Box<Rare>>,
}

/// What most halves of connections never have.
#[derive(Debug, Default)]
pub struct Rare {
    /// Since when the window is closed.
    pub closed_window_since: Option<Timestamp>,
    /// How often the same acknowledgment was said again in a row, and when last.
    pub said_again: (u32, Timestamp),
    /// Segments sent again.
    pub retransmissions: u64,
    /// Segments with payload that end no further than earlier ones.
    pub rewinds: u64,
    /// Gaps that an acknowledgment showed while both sides were open.
    pub gaps: u64,
    /// Segments sent again although they had been acknowledged.
    pub spurious_retransmissions: u64,
    /// Segments that arrived after later ones.
    pub out_of_order: u64,
    /// Acknowledgments sent again.
    pub duplicate_acks: u64,
    /// Segments announcing a closed window, other than SYN and FIN.
    pub zero_windows: u64,
    /// Segments with a window of zero, whatever they are.
    pub windows_of_zero: u64,
    /// Segments asking whether the other side is still there.
    pub keep_alives: u64,
    /// Segments with a wrong checksum.
    pub bad_checksums: u64,
}

/// What a SYN announces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Announced {
    /// Maximum segment size.
    pub mss: Option<u16>,
    /// Window scale, as a shift count.
    pub window_scale: Option<u8>,
    /// Selective acknowledgment permitted.
    pub sack: bool,
}

impl Half {
    /// A half of which nothing was seen. `text`: somebody wants to read along.
    pub fn new(interest: Interest) -> Self {
        Self {
            stream: Stream::new(interest.text, interest.whole),
            ..Self::default()
        }
    }

    /// What most never have, to change.
    pub fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// One of the counts that most never have.
    pub fn rare<T: Default>(&self, of: impl FnOnce(&Rare) -> T) -> T {
        self.rare.as_deref().map_or_else(T::default, of)
    }

    /// Takes a segment's sequence number as a starting point, where there is none yet.
    pub fn start(&mut self, segment: &Segment<'_>) {
        let sequence = segment.sequence.0;
        if segment.flags.syn() && self.isn.is_none_or(|isn| isn == sequence) {
            let syns = if segment.flags.ack() {
                &mut self.syns.1
            } else {
                &mut self.syns.0
            };
            *syns = syns.saturating_add(1);
        }
        if segment.flags.syn() && self.isn.is_none() {
            if self.begin == Begin::Acknowledged || self.could_begin_with(sequence) {
                self.begin_at(sequence.wrapping_add(1));
            }
            self.isn = Some(sequence);
            self.options = announced(segment);
        } else if matches!(self.begin, Begin::Unknown | Begin::Acknowledged) {
            self.move_base(sequence);
            self.begin = Begin::MidStream;
        }
    }

    /// Takes the other side's acknowledgment as a starting point, where there is none yet. `is_syn`: it
    /// answers a SYN, so that the first byte stands there.
    pub fn start_from_ack(&mut self, acknowledgment: u32, is_syn: bool) {
        let answers = is_syn && self.could_begin_with(acknowledgment.wrapping_sub(1));
        if answers && self.begin != Begin::Known {
            self.begin_at(acknowledgment);
        } else if self.begin == Begin::Unknown {
            self.base = acknowledgment;
            self.begin = Begin::Acknowledged;
        }
    }

    /// Whether a SYN with this sequence number can be the one that opened what was seen of this half.
    pub fn could_begin_with(&self, syn: u32) -> bool {
        match (self.isn, self.begin) {
            (Some(isn), _) => isn == syn,
            (None, Begin::Unknown) => true,
            (None, _) => {
                let first = self.stream.first_offset();
                let at = self.offset_of(syn.wrapping_add(1));
                (first - MAX_OVERTAKEN..=first).contains(&at)
            }
        }
    }

    /// The first byte of all has this sequence number.
    fn begin_at(&mut self, sequence: u32) {
        if matches!(self.begin, Begin::Unknown | Begin::Acknowledged) {
            self.move_base(sequence);
        } else {
            self.stream.begins_at(self.offset_of(sequence));
        }
        self.begin = Begin::Known;
    }

    /// Counts offsets from another sequence number; nothing of this half was seen yet.
    fn move_base(&mut self, sequence: u32) {
        if self.begin == Begin::Acknowledged {
            self.acked -= self.offset_of(sequence);
        }
        self.base = sequence;
    }

    /// One past the highest offset that was sent or, sent unseen, acknowledged.
    pub fn highest(&self) -> i64 {
        self.sent.max(self.acked)
    }

    /// The offset of a sequence number, near the highest known.
    pub fn offset_of(&self, sequence: u32) -> i64 {
        let highest = self.highest();
        let near = self.base.wrapping_add(highest.cast_unsigned() as u32);
        highest + i64::from(sequence.wrapping_sub(near).cast_signed())
    }

    /// The offset of a segment's first payload byte.
    pub fn start_of(&self, segment: &Segment<'_>) -> i64 {
        self.offset_of(segment.sequence.0) + i64::from(segment.flags.syn())
    }

    /// One past a segment's last offset; a FIN counts as one.
    pub fn end_of(&self, segment: &Segment<'_>) -> i64 {
        let start = self.start_of(segment);
        start.saturating_add_unsigned(segment.payload_len as u64) + i64::from(segment.flags.fin())
    }

    /// A segment that ends at `end` was sent. Its round trip is timed, unless it is a SYN, or one is
    /// timed already.
    pub fn advance(&mut self, end: i64, is_syn: bool, at: Timestamp) {
        if end > self.sent {
            self.sent = end;
            self.sent_at = at;
            if !is_syn && self.timed.is_none() {
                self.timed = Some((end, at));
            }
        }
    }

    /// How long ago the highest offset was sent.
    pub fn since_highest(&self, at: Timestamp) -> Duration {
        at.since(self.sent_at)
    }

    /// Whether bytes sent before the first byte seen may still come.
    pub fn is_mid_stream(&self) -> bool {
        self.begin == Begin::MidStream
    }

    /// Remembers which frame carried a segment that ends at `end`.
    pub fn remember(&mut self, end: i64, frame: u64, budget: &mut Budget) {
        self.recent.add(end, frame, &mut budget.steps);
    }

    /// Remembers no frame any more.
    pub fn forget(&mut self, budget: &mut Budget) {
        self.recent.forget(&mut budget.steps);
    }

    /// The frame before `frame` that first carried a segment ending at `end`, if it is remembered.
    pub fn frame_that_sent(&self, end: i64, frame: u64) -> Option<u64> {
        let earlier = || self.recent.last_to_first().filter(|it| it.frame < frame);
        let first = |is_it: fn(i64, i64) -> bool| earlier().filter(|it| is_it(it.end, end)).last();
        let sent = first(|sent, end| sent == end).or_else(|| first(|sent, end| sent > end));
        sent.map(|it| it.frame)
    }

    /// The frame that first carried the byte at `start`, if it is remembered.
    pub fn frame_from(&self, start: i64) -> Option<u64> {
        let later = self.recent.last_to_first().filter(|it| it.end > start);
        later.last().map(|it| it.frame)
    }

    /// Whether a SYN of either kind was sent before, the latest included.
    pub fn syn_again(&self, is_answer: bool) -> bool {
        let (syns, answers) = self.syns;
        if is_answer { answers > 1 } else { syns > 1 }
    }

    /// The FIN was acknowledged.
    pub fn fin_is_acked(&self) -> bool {
        self.fin.is_some_and(|fin| self.acked > fin)
    }

    /// Exactly one place behind all bytes seen was acknowledged, and no byte followed it: rather a FIN that the
    /// capture missed than a byte.
    pub fn ends_with_unseen_fin(&self) -> bool {
        self.fin.is_none() && self.acked == self.stream.end() + 1 && self.sent <= self.acked
    }

    /// What was sent again cannot be timed: nobody knows which of both is acknowledged (Karn).
    pub fn stop_timing(&mut self) {
        self.timed = None;
    }

    /// The round trip that an acknowledgment up to `offset` ends.
    pub fn timed_until(&mut self, offset: i64, at: Timestamp) -> Option<Duration> {
        let (end, sent_at) = self.timed?;
        (offset >= end).then(|| {
            self.timed = None;
            at.since(sent_at)
        })
    }

    /// The window last announced, in bytes.
    pub fn window_bytes(&self, scaled: bool) -> u32 {
        let shift = if scaled {
            self.options.window_scale.unwrap_or(0).min(14)
        } else {
            0
        };
        u32::from(self.window.unwrap_or(u16::MAX)) << shift
    }
}

/// What the options of a SYN announce.
pub fn announced(segment: &Segment<'_>) -> Announced {
    // What most SYNs say, with timestamps between and padding: it needs no look at one option after the other.
    if let [
        2,
        4,
        high,
        low,
        4,
        2,
        8,
        10,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        1,
        3,
        3,
        shift,
    ] = segment.options
    {
        return Announced {
            mss: Some(u16::from_be_bytes([*high, *low])),
            window_scale: Some(*shift),
            sack: true,
        };
    }
    let mut announced = Announced::default();
    for option in tcp::options(segment.options) {
        match option {
            tcp::TcpOption::MaximumSegmentSize(mss) => announced.mss = Some(mss),
            tcp::TcpOption::WindowScale(shift) => announced.window_scale = Some(shift),
            tcp::TcpOption::SackPermitted => announced.sack = true,
            _ => {}
        }
    }
    announced
}
