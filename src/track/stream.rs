//! One direction of a connection put back in order: each byte once, gaps named, messages cut out.
//!
//! Offsets count from the byte after the SYN, or from the first byte seen where no SYN was seen before it;
//! what was sent before that and comes later is negative.

mod budget;
mod payload;
mod text;

#[cfg(test)]
mod tests;

use crate::track::{
    event::{Content, Frames},
    fetch,
};

pub use budget::Budget;
pub use payload::{Arrival, Payload};

use payload::conflict;
use text::Text;

/// At most this many separate pieces of one direction wait for a gap before them to be filled, however large
/// the budget is: what comes is put among them one by one.
const MAX_PIECES: usize = 16 * 1024;

/// Where bytes sent before the first byte seen begin at the earliest.
const EARLIEST: i64 = -(1 << 30);

/// At most this many stretches declared missing are remembered.
const MAX_SKIPPED: usize = 16;

/// What came out of a stream.
#[derive(Debug, PartialEq)]
pub enum Heard {
    /// A message.
    Message(Message),
    /// Bytes that were never seen.
    Gap {
        /// How many.
        len: u64,
    },
}

/// Bytes that belong together.
#[derive(Debug, PartialEq)]
pub struct Message {
    /// Offset of the first byte.
    pub offset: i64,
    /// Bytes.
    pub len: u64,
    /// What was said.
    pub content: Content,
    /// The frames that carried it.
    pub frames: Frames,
    /// Bytes lost before it.
    pub missing: u64,
    /// Bytes at its end that were not kept, by the capture (snaplen) or for want of room.
    pub cut: u64,
}

/// One direction.
#[derive(Debug, Default)]
pub struct Stream {
    /// Every byte before this one was delivered, or declared missing.
    have: i64,
    /// What is out of order, where something ever was.
    holes: Option<Box<Holes>>,
    text: Option<Text>,
}

#[derive(Debug, Default)]
struct Holes {
    /// Bytes never seen.
    missing: u64,
    /// Gaps declared.
    declared: u64,
    /// The latest stretches declared missing, in order. Before them, where nobody knows how long the
    /// stream had been when the first byte was seen, what lies before that byte: from [`EARLIEST`] on.
    skipped: Vec<(i64, i64)>,
    /// The first byte of all, where a late SYN told it; what is missing is missing from here on.
    begin: i64,
    /// Bytes from before the first byte seen were looked for.
    began_earlier: bool,
    /// What waits behind a gap: in order, not overlapping.
    pieces: Vec<Piece>,
}

#[derive(Debug)]
struct Piece {
    start: i64,
    end: i64,
    frame: u64,
    earlier: Box<[u64]>,
    push: bool,
    bytes: Vec<u8>,
}

/// What a piece takes besides its bytes.
const PIECE: usize = size_of::<Piece>();

impl Stream {
    /// A direction whose first byte has offset 0. `text`: somebody wants to read along; `whole`: all of
    /// it, also what is no text.
    pub fn new(text: bool, whole: bool) -> Self {
        Self {
            text: text.then(|| Text::new(whole)),
            ..Self::default()
        }
    }

    /// A direction of which so many bytes came in order, and nobody reads along.
    pub fn at(have: u64) -> Self {
        Self {
            have: have.cast_signed(),
            ..Self::default()
        }
    }

    /// Offset of the next byte in order.
    pub const fn next_offset(&self) -> i64 {
        self.have
    }

    /// One past the last byte seen.
    pub fn end(&self) -> i64 {
        self.pieces().last().map_or(self.have, |piece| piece.end)
    }

    /// Whether nothing was ever out of order.
    #[inline]
    pub const fn is_whole(&self) -> bool {
        self.holes.is_none()
    }

    /// Whether nothing waits for a gap to be filled.
    pub fn is_in_order(&self) -> bool {
        self.pieces().is_empty()
    }

    /// Whether somebody reads along.
    #[inline]
    pub const fn is_read(&self) -> bool {
        self.text.is_some()
    }

    /// Has the memory fetch the place where the next bytes will be remembered.
    #[inline]
    pub fn fetch(&self) {
        if let Some(text) = &self.text {
            fetch::behind(text.recent.as_slices().0);
        }
    }

    /// The next bytes in order, which nobody reads.
    #[inline]
    pub fn pass(&mut self, len: usize) {
        self.have = self.have.saturating_add_unsigned(len as u64);
    }

    /// Offset of the first byte known to have been sent.
    pub fn first_offset(&self) -> i64 {
        match self.holes.as_ref().and_then(|holes| holes.skipped.first()) {
            Some(&(EARLIEST, to)) => to,
            _ => 0,
        }
    }

    /// No SYN was seen: what was sent before the first byte seen may come late.
    pub fn expect_earlier(&mut self) {
        let holes = self.holes.get_or_insert_default();
        if !holes.began_earlier {
            holes.began_earlier = true;
            holes.skipped.insert(0, (EARLIEST, 0));
        }
    }

    /// A late SYN tells where the first byte stands: what was not seen since then is missing.
    pub fn begins_at(&mut self, offset: i64) {
        if offset >= 0 {
            return;
        }
        self.expect_earlier();
        if let Some(holes) = &mut self.holes
            && let Some(first) = holes.skipped.first_mut()
            && first.0 == EARLIEST
        {
            first.0 = offset.min(first.1);
            let early = holes.skipped.iter().filter(|stretch| stretch.1 <= 0);
            let unseen: u64 = early.map(|(from, to)| from.abs_diff(*to)).sum();
            holes.missing = holes.missing.saturating_add(unseen);
            holes.begin = offset;
        }
    }

    /// Bytes never seen.
    pub fn missing(&self) -> u64 {
        self.holes.as_ref().map_or(0, |holes| holes.missing)
    }

    /// Gaps declared.
    pub fn gaps(&self) -> u64 {
        self.holes.as_ref().map_or(0, |holes| holes.declared)
    }

    /// A segment's payload, in whatever order.
    #[inline]
    pub fn insert(
        &mut self,
        payload: Payload<'_>,
        budget: &mut Budget,
        heard: &mut Vec<Heard>,
    ) -> Arrival {
        let end = payload.start.saturating_add_unsigned(payload.len as u64);
        if payload.start == self.have && self.pieces().is_empty() {
            self.deliver(payload, budget, heard);
            return Arrival {
                fresh: payload.len as u64,
                ..Arrival::default()
            };
        }
        if payload.start > self.have {
            self.make_room(payload.bytes.len() + PIECE, budget, heard);
        }
        let mut arrival = self.compare(payload, end);
        arrival.late = self.fill_skipped(payload, end, Some(heard));
        if arrival.fresh > 0 {
            self.store(payload, end, budget);
            self.deliver_pieces(budget, heard);
            self.make_room(0, budget, heard);
        }
        arrival.again = (payload.len as u64).saturating_sub(arrival.fresh + arrival.late);
        arrival
    }

    /// The other side has everything before `offset`: what was not seen by now is missing.
    #[inline]
    pub fn acknowledged(&mut self, offset: i64, budget: &mut Budget, heard: &mut Vec<Heard>) {
        while self.have < offset {
            self.skip_gap(offset, budget, heard);
        }
    }

    /// Whether a message has begun, of which there may be more.
    #[inline]
    pub fn has_begun(&self) -> bool {
        self.text.as_ref().is_some_and(Text::has_begun)
    }

    /// The message so far ends here: the other side speaks, or the connection ends.
    pub fn end_message(&mut self, budget: &mut Budget, heard: &mut Vec<Heard>) {
        if let Some(text) = &mut self.text {
            text.end(budget, heard);
        }
    }

    /// Nothing more will come: what waits behind gaps is delivered, with the gaps.
    pub fn finish(&mut self, budget: &mut Budget, heard: &mut Vec<Heard>) {
        while !self.pieces().is_empty() {
            self.skip_gap(i64::MAX, budget, heard);
        }
        self.end_message(budget, heard);
        if let Some(text) = self.text.take() {
            budget.give_back(text.recent.len());
            budget.texts.put(text.recent);
        }
    }

    fn pieces(&self) -> &[Piece] {
        self.holes.as_ref().map_or(&[], |holes| &holes.pieces)
    }

    /// How much of a payload was seen before, and whether its bytes were the same.
    fn compare(&self, payload: Payload<'_>, end: i64) -> Arrival {
        let mut arrival = Arrival::default();
        let mut at = payload.start;
        if at < self.have {
            let known_to = end.min(self.have);
            arrival.conflict = self.text.as_ref().and_then(|text| {
                let remembered_from = self.have.saturating_sub_unsigned(text.recent.len() as u64);
                let from = at.max(remembered_from);
                let skip = usize::try_from(from - remembered_from).ok()?;
                let known = text.recent.iter().skip(skip);
                conflict(payload, from, known_to, known)
            });
            at = known_to;
        }
        let pieces = self.pieces();
        let first = pieces.partition_point(|piece| piece.end <= at);
        for piece in pieces.iter().skip(first) {
            if piece.start >= end {
                break;
            }
            if piece.start > at {
                arrival.fresh += at.abs_diff(piece.start);
                at = piece.start;
            }
            let known_to = end.min(piece.end);
            let skip = usize::try_from(at - piece.start).unwrap_or(usize::MAX);
            let known = piece.bytes.iter().skip(skip);
            arrival.conflict = arrival
                .conflict
                .or_else(|| conflict(payload, at, known_to, known));
            at = known_to;
        }
        if end > at {
            arrival.fresh += at.abs_diff(end);
        }
        arrival
    }

    /// Waits no longer for the earliest gaps, until so many bytes fit.
    fn make_room(&mut self, bytes: usize, budget: &mut Budget, heard: &mut Vec<Heard>) {
        while !self.pieces().is_empty() && (self.pieces().len() >= MAX_PIECES || !budget.has(bytes))
        {
            budget.gaps = budget.gaps.saturating_add(1);
            self.skip_gap(i64::MAX, budget, heard);
        }
    }

    /// The place at `offset` was the FIN's, not a byte's: an acknowledgment of it, captured before it, is no
    /// loss.
    pub fn is_no_byte(&mut self, offset: i64) {
        let place = Payload {
            start: offset,
            len: 1,
            bytes: &[],
            frame: 0,
            earlier: &[],
            push: false,
        };
        self.fill_skipped(place, offset.saturating_add(1), None);
    }

    /// What was declared missing and comes now (the capture saw its acknowledgment first) is missing no
    /// longer: a message of its own, since what follows it was told or begun. Returns how many bytes it is.
    fn fill_skipped(
        &mut self,
        payload: Payload<'_>,
        end: i64,
        mut heard: Option<&mut Vec<Heard>>,
    ) -> u64 {
        let mut late = 0;
        let mut at = 0;
        let Some(holes) = &mut self.holes else {
            return 0;
        };
        // Missing bytes before it that no message has told yet.
        let mut untold = 0;
        while let Some(&(from, to)) = holes.skipped.get(at) {
            let (first, last) = (from.max(payload.start), to.min(end));
            let is_untold = self.text.as_ref().is_some_and(|text| text.is_untold(from));
            if first >= last {
                if is_untold && to <= payload.start {
                    untold += from.abs_diff(to);
                }
                at += 1;
                continue;
            }
            let len = first.abs_diff(last);
            late += len;
            if from >= holes.begin {
                holes.missing = holes.missing.saturating_sub(len);
            }
            holes.skipped.remove(at);
            for rest in [(from, first), (last, to)] {
                if rest.0 < rest.1 {
                    holes.skipped.insert(at, rest);
                    at += 1;
                }
            }
            let Some(text) = &mut self.text else {
                continue;
            };
            if is_untold {
                text.untell(len, i64::MIN);
            }
            if let Some(heard) = &mut heard {
                let missing = if is_untold {
                    untold + from.abs_diff(first)
                } else {
                    0
                };
                text.untell(missing, last);
                untold = 0;
                let bytes = payload.between(first, last);
                let cut = len.saturating_sub(bytes.len() as u64);
                heard.push(Heard::Message(Message {
                    offset: first,
                    len,
                    content: Content::of(bytes, cut, text.whole),
                    frames: payload.frames(),
                    missing,
                    cut,
                }));
            }
        }
        late
    }

    /// Puts what is new of a payload where it belongs; bytes that arrived first stay.
    fn store(&mut self, payload: Payload<'_>, end: i64, budget: &mut Budget) {
        let mut at = payload.start.max(self.have);
        let is_read = self.text.is_some();
        let pieces = &mut self.holes.get_or_insert_default().pieces;
        let mut index = pieces.partition_point(|piece| piece.end <= at);
        while at < end {
            let (hole_end, next) = match pieces.get(index) {
                Some(piece) if piece.start <= at => {
                    at = piece.end;
                    index += 1;
                    continue;
                }
                Some(piece) => (end.min(piece.start), piece.end),
                None => (end, end),
            };
            let mut bytes = if is_read {
                payload.between(at, hole_end).to_vec()
            } else {
                Vec::new()
            };
            if !budget.take(bytes.len()) {
                budget.let_go = budget.let_go.saturating_add(bytes.len() as u64);
                bytes = Vec::new();
            }
            budget.hold(PIECE);
            pieces.insert(
                index,
                Piece {
                    start: at,
                    end: hole_end,
                    frame: payload.frame,
                    earlier: payload.earlier.into(),
                    push: payload.push && hole_end == end,
                    bytes,
                },
            );
            index += 2;
            at = next.max(hole_end);
        }
        if !is_read {
            pieces.dedup_by(|later, earlier| {
                let adjacent = earlier.end == later.start;
                if adjacent {
                    earlier.end = later.end;
                    budget.give_back(PIECE);
                }
                adjacent
            });
        }
    }

    fn deliver_pieces(&mut self, budget: &mut Budget, heard: &mut Vec<Heard>) {
        let Some(holes) = &mut self.holes else {
            return;
        };
        let ready = holes
            .pieces
            .iter()
            .scan(self.have, |have, piece| {
                (piece.start == *have).then(|| *have = piece.end)
            })
            .count();
        if ready == 0 {
            return;
        }
        let waiting = holes.pieces.split_off(ready);
        for piece in std::mem::replace(&mut holes.pieces, waiting) {
            budget.give_back(PIECE + piece.bytes.len());
            let payload = Payload {
                start: piece.start,
                len: usize::try_from(piece.end - piece.start).unwrap_or(0),
                bytes: &piece.bytes,
                frame: piece.frame,
                earlier: &piece.earlier,
                push: piece.push,
            };
            self.deliver(payload, budget, heard);
        }
    }

    /// The next bytes in order, if somebody reads them and they are a message from its beginning to its end; of any
    /// others nothing is delivered. Returns whether such messages are told whole, also where they are no text.
    #[inline]
    pub fn deliver_message(&mut self, payload: Payload<'_>, budget: &mut Budget) -> Option<bool> {
        let text = self.text.as_mut()?;
        let whole = text.whole;
        text.take_message(payload, budget).then(|| {
            self.pass(payload.len);
            whole
        })
    }

    /// The next bytes in order.
    #[inline]
    pub fn deliver(&mut self, payload: Payload<'_>, budget: &mut Budget, heard: &mut Vec<Heard>) {
        let start = self.have;
        if let Some(whole) = self.deliver_message(payload, budget) {
            return heard.push(Heard::Message(Message {
                offset: start,
                len: payload.len as u64,
                content: Content::new(payload.bytes, whole),
                frames: payload.frames(),
                missing: 0,
                cut: 0,
            }));
        }
        self.pass(payload.len);
        if let Some(text) = &mut self.text {
            text.append(payload, start, budget, heard);
        }
    }

    /// Declares the next gap missing, up to the next piece or `limit`, and delivers what follows it.
    fn skip_gap(&mut self, limit: i64, budget: &mut Budget, heard: &mut Vec<Heard>) {
        let to = self
            .pieces()
            .first()
            .map_or(limit, |piece| piece.start.min(limit));
        if to > self.have {
            self.end_message(budget, heard);
            let start = self.have;
            let len = start.abs_diff(to);
            let holes = self.holes.get_or_insert_default();
            holes.missing = holes.missing.saturating_add(len);
            holes.declared += 1;
            if holes.skipped.len() >= MAX_SKIPPED {
                let is_kept = holes.skipped.first().is_some_and(|it| it.0 == EARLIEST);
                holes.skipped.remove(usize::from(is_kept));
            }
            holes.skipped.push((start, to));
            self.have = to;
            if let Some(text) = &mut self.text {
                text.miss(len, start);
                text.forget_recent(budget);
            }
            heard.push(Heard::Gap { len });
        }
        self.deliver_pieces(budget, heard);
    }
}
