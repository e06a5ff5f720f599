//! One direction of a connection put back in order: each byte once, gaps named, messages cut out.
//!
//! Offsets count from the byte after the SYN, or from the first byte seen where there was no SYN; what
//! lies before that is negative and belongs to no message.

use std::{cmp::Ordering, collections::VecDeque};

use crate::track::event::Content;

/// A message ends here at the latest, in bytes.
const MAX_MESSAGE: usize = 64 * 1024;

/// At most this many separate pieces wait for a gap before them to be filled.
const MAX_PIECES: usize = 1024;

/// At most this many stretches declared missing are remembered.
const MAX_SKIPPED: usize = 16;

/// How many delivered bytes are remembered, to compare with what is sent again.
const RECENT: usize = 4096;

/// How many bytes of something that is not text an event shows.
const SHOWN_BYTES: usize = 64;

/// Bytes that all streams together may hold.
#[derive(Debug)]
pub struct Budget {
    used: usize,
    limit: usize,
    /// Bytes that were let go because the limit was reached.
    pub let_go: u64,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        Self {
            used: 0,
            limit,
            let_go: 0,
        }
    }

    fn take(&mut self, bytes: usize) -> bool {
        let fits = self.used.saturating_add(bytes) <= self.limit;
        if fits {
            self.used += bytes;
        }
        fits
    }

    fn give_back(&mut self, bytes: usize) {
        self.used = self.used.saturating_sub(bytes);
    }
}

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
    pub frames: Vec<u64>,
    /// Bytes lost before it.
    pub missing: u64,
}

/// What a segment brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Bytes never seen before.
    pub fresh: u64,
    /// Bytes seen before.
    pub again: u64,
    /// Bytes never seen before that had been declared missing.
    pub late: u64,
    /// The first stretch that was seen before with other bytes: its offset and length.
    pub conflict: Option<(i64, u64)>,
}

/// A segment's payload.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a> {
    /// Offset of its first byte.
    pub start: i64,
    /// Bytes on the wire.
    pub len: usize,
    /// The bytes that were captured, at most `len`.
    pub bytes: &'a [u8],
    /// The frame that carried it.
    pub frame: u64,
    /// Its sender asked for it to be delivered at once (PSH).
    pub push: bool,
}

/// One direction.
#[derive(Debug, Default)]
pub struct Stream {
    /// Every byte before this one was delivered, or declared missing.
    have: i64,
    /// Bytes never seen.
    missing: u64,
    /// Gaps declared.
    gaps: u64,
    /// The latest stretches declared missing, in order.
    skipped: Vec<(i64, i64)>,
    /// What waits behind a gap: in order, not overlapping.
    pieces: Vec<Piece>,
    text: Option<Box<Text>>,
}

#[derive(Debug)]
struct Piece {
    start: i64,
    end: i64,
    frame: u64,
    push: bool,
    bytes: Vec<u8>,
}

/// What is kept only when somebody wants to read along.
#[derive(Debug, Default)]
struct Text {
    /// Messages that are no text are handed on whole too.
    whole: bool,
    offset: i64,
    bytes: Vec<u8>,
    frames: Vec<u64>,
    missing: u64,
    /// PSH went by, but the last character is not whole yet.
    due: bool,
    recent: VecDeque<u8>,
}

impl Stream {
    /// A direction whose first byte has offset 0. `text`: somebody wants to read along; `whole`: all of
    /// it, also what is no text.
    pub fn new(text: bool, whole: bool) -> Self {
        Self {
            text: text.then(|| {
                Box::new(Text {
                    whole,
                    ..Text::default()
                })
            }),
            ..Self::default()
        }
    }

    /// Offset of the next byte in order.
    pub const fn next_offset(&self) -> i64 {
        self.have
    }

    /// Bytes never seen.
    pub const fn missing(&self) -> u64 {
        self.missing
    }

    /// Gaps declared.
    pub const fn gaps(&self) -> u64 {
        self.gaps
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
        if payload.start == self.have && self.pieces.is_empty() {
            self.deliver(payload, budget, heard);
            return Arrival {
                fresh: payload.len as u64,
                ..Arrival::default()
            };
        }
        let mut arrival = self.compare(payload, end);
        arrival.late = self.fill_skipped(payload, end, heard);
        if arrival.fresh > 0 {
            self.store(payload, end, budget);
            self.deliver_pieces(budget, heard);
            while self.pieces.len() > MAX_PIECES {
                self.skip_gap(i64::MAX, budget, heard);
            }
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

    /// The message so far ends here: the other side speaks, or the connection ends.
    pub fn end_message(&mut self, budget: &mut Budget, heard: &mut Vec<Heard>) {
        if let Some(text) = &mut self.text {
            text.end(budget, heard);
        }
    }

    /// Nothing more will come: what waits behind gaps is delivered, with the gaps.
    pub fn finish(&mut self, budget: &mut Budget, heard: &mut Vec<Heard>) {
        while !self.pieces.is_empty() {
            self.skip_gap(i64::MAX, budget, heard);
        }
        self.end_message(budget, heard);
        if let Some(text) = self.text.take() {
            budget.give_back(text.recent.len());
        }
    }

    /// How much of a payload was seen before, and whether its bytes were the same.
    fn compare(&self, payload: Payload<'_>, end: i64) -> Arrival {
        let mut arrival = Arrival::default();
        let mut at = payload.start;
        if at < self.have {
            let known_to = end.min(self.have);
            arrival.conflict = self.text.as_ref().and_then(|text| {
                let remembered_from = self.have - text.recent.len() as i64;
                let from = at.max(remembered_from);
                let skip = usize::try_from(from - remembered_from).ok()?;
                let known = text.recent.iter().skip(skip);
                conflict(payload, from, known_to, known)
            });
            at = known_to;
        }
        for piece in &self.pieces {
            if piece.end <= at {
                continue;
            }
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

    /// What was declared missing and comes now (the capture saw its acknowledgment first) is missing no
    /// longer: a message of its own, since what follows it was told. Returns how many bytes it is.
    fn fill_skipped(&mut self, payload: Payload<'_>, end: i64, heard: &mut Vec<Heard>) -> u64 {
        let mut late = 0;
        let mut at = 0;
        while let Some(&(from, to)) = self.skipped.get(at) {
            let (first, last) = (from.max(payload.start), to.min(end));
            if first >= last {
                at += 1;
                continue;
            }
            late += first.abs_diff(last);
            self.skipped.remove(at);
            let bytes = payload.between(first, last);
            if let Some(text) = &self.text
                && !bytes.is_empty()
            {
                heard.push(Heard::Message(Message {
                    offset: first,
                    len: bytes.len() as u64,
                    content: Content::new(bytes, text.whole),
                    frames: vec![payload.frame],
                    missing: 0,
                }));
            }
            for rest in [(from, first), (last, to)] {
                if rest.0 < rest.1 {
                    self.skipped.insert(at, rest);
                    at += 1;
                }
            }
        }
        self.missing = self.missing.saturating_sub(late);
        if let Some(text) = &mut self.text {
            text.missing = text.missing.saturating_sub(late);
        }
        late
    }

    /// Puts what is new of a payload where it belongs; bytes that arrived first stay.
    fn store(&mut self, payload: Payload<'_>, end: i64, budget: &mut Budget) {
        let mut at = payload.start.max(self.have);
        let mut index = self.pieces.partition_point(|piece| piece.end <= at);
        while at < end {
            let (hole_end, next) = match self.pieces.get(index) {
                Some(piece) if piece.start <= at => {
                    at = piece.end;
                    index += 1;
                    continue;
                }
                Some(piece) => (end.min(piece.start), piece.end),
                None => (end, end),
            };
            let mut bytes = if self.text.is_some() {
                payload.between(at, hole_end).to_vec()
            } else {
                Vec::new()
            };
            if !budget.take(bytes.len()) {
                budget.let_go = budget.let_go.saturating_add(bytes.len() as u64);
                bytes = Vec::new();
            }
            self.pieces.insert(
                index,
                Piece {
                    start: at,
                    end: hole_end,
                    frame: payload.frame,
                    push: payload.push && hole_end == end,
                    bytes,
                },
            );
            index += 2;
            at = next.max(hole_end);
        }
        if self.text.is_none() {
            self.pieces.dedup_by(|later, earlier| {
                let adjacent = earlier.end == later.start;
                if adjacent {
                    earlier.end = later.end;
                }
                adjacent
            });
        }
    }

    fn deliver_pieces(&mut self, budget: &mut Budget, heard: &mut Vec<Heard>) {
        let ready = self
            .pieces
            .iter()
            .scan(self.have, |have, piece| {
                (piece.start == *have).then(|| *have = piece.end)
            })
            .count();
        if ready == 0 {
            return;
        }
        let waiting = self.pieces.split_off(ready);
        for piece in std::mem::replace(&mut self.pieces, waiting) {
            budget.give_back(piece.bytes.len());
            let payload = Payload {
                start: piece.start,
                len: usize::try_from(piece.end - piece.start).unwrap_or(0),
                bytes: &piece.bytes,
                frame: piece.frame,
                push: piece.push,
            };
            self.deliver(payload, budget, heard);
        }
    }

    /// The next bytes in order.
    #[inline]
    fn deliver(&mut self, payload: Payload<'_>, budget: &mut Budget, heard: &mut Vec<Heard>) {
        let start = self.have;
        self.have = start.saturating_add_unsigned(payload.len as u64);
        if let Some(text) = &mut self.text {
            text.append(payload, start, budget, heard);
        }
    }

    /// Declares the next gap missing, up to the next piece or `limit`, and delivers what follows it.
    fn skip_gap(&mut self, limit: i64, budget: &mut Budget, heard: &mut Vec<Heard>) {
        let to = self
            .pieces
            .first()
            .map_or(limit, |piece| piece.start.min(limit));
        if to > self.have {
            self.end_message(budget, heard);
            let len = self.have.abs_diff(to);
            self.missing = self.missing.saturating_add(len);
            self.gaps += 1;
            if self.skipped.len() >= MAX_SKIPPED {
                self.skipped.remove(0);
            }
            self.skipped.push((self.have, to));
            self.have = to;
            if let Some(text) = &mut self.text {
                text.missing = text.missing.saturating_add(len);
                budget.give_back(text.recent.len());
                text.recent.clear();
            }
            heard.push(Heard::Gap { len });
        }
        self.deliver_pieces(budget, heard);
    }
}

impl Text {
    fn append(
        &mut self,
        payload: Payload<'_>,
        start: i64,
        budget: &mut Budget,
        heard: &mut Vec<Heard>,
    ) {
        let mut rest = payload.bytes;
        let mut at = start;
        while !rest.is_empty() {
            if self.bytes.is_empty() {
                self.offset = at;
            }
            let room = MAX_MESSAGE.saturating_sub(self.bytes.len());
            let (now, later) = rest.split_at(room.min(rest.len()));
            if budget.take(now.len()) {
                self.bytes.extend_from_slice(now);
            } else {
                self.end(budget, heard);
                self.missing = self.missing.saturating_add(now.len() as u64);
                budget.let_go = budget.let_go.saturating_add(now.len() as u64);
            }
            if self.frames.last() != Some(&payload.frame) && !self.bytes.is_empty() {
                self.frames.push(payload.frame);
            }
            at = at.saturating_add_unsigned(now.len() as u64);
            rest = later;
            if self.bytes.len() >= MAX_MESSAGE {
                self.end(budget, heard);
            }
        }
        self.remember(payload.bytes, budget);
        let cut = payload.len.saturating_sub(payload.bytes.len());
        if cut > 0 {
            self.end(budget, heard);
            self.missing = self.missing.saturating_add(cut as u64);
            budget.give_back(self.recent.len());
            self.recent.clear();
        }
        if payload.push || self.due {
            self.due = ends_inside_character(&self.bytes);
            if !self.due {
                self.end(budget, heard);
            }
        }
    }

    fn remember(&mut self, bytes: &[u8], budget: &mut Budget) {
        let keep = bytes
            .get(bytes.len().saturating_sub(RECENT)..)
            .unwrap_or(bytes);
        let surplus = (self.recent.len() + keep.len()).saturating_sub(RECENT);
        self.recent.drain(..surplus.min(self.recent.len()));
        budget.give_back(surplus);
        if budget.take(keep.len()) {
            self.recent.extend(keep);
        } else {
            budget.give_back(self.recent.len());
            self.recent.clear();
        }
    }

    fn end(&mut self, budget: &mut Budget, heard: &mut Vec<Heard>) {
        self.due = false;
        if self.bytes.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        budget.give_back(bytes.len());
        heard.push(Heard::Message(Message {
            offset: self.offset,
            len: bytes.len() as u64,
            content: Content::new(bytes, self.whole),
            frames: std::mem::take(&mut self.frames),
            missing: std::mem::take(&mut self.missing),
        }));
    }
}

impl Payload<'_> {
    /// The captured bytes from one offset to another.
    fn between(&self, from: i64, to: i64) -> &[u8] {
        let index = |offset: i64| {
            usize::try_from(offset - self.start)
                .unwrap_or(0)
                .min(self.bytes.len())
        };
        self.bytes.get(index(from)..index(to)).unwrap_or(&[])
    }
}

/// Where a payload between two offsets differs from the bytes known to stand there.
fn conflict<'a>(
    payload: Payload<'_>,
    from: i64,
    to: i64,
    known: impl Iterator<Item = &'a u8>,
) -> Option<(i64, u64)> {
    if to <= from {
        return None;
    }
    payload
        .between(from, to)
        .iter()
        .zip(known)
        .any(|(new, old)| new != old)
        .then(|| (from, from.abs_diff(to)))
}

/// Whether the last bytes begin a UTF-8 character without ending it.
fn ends_inside_character(bytes: &[u8]) -> bool {
    let tail = bytes.iter().rev().take(3).enumerate();
    for (behind, &byte) in tail {
        let len = match byte {
            0x80..=0xbf => continue,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        return len.cmp(&(behind + 1)) == Ordering::Greater;
    }
    false
}

impl Content {
    /// Text where the bytes are such, else as many of them as are shown, or the `whole`.
    pub fn new(bytes: impl Into<Vec<u8>> + AsRef<[u8]>, whole: bool) -> Self {
        let is_text = |text: &str| {
            text.chars()
                .all(|c| !c.is_control() || matches!(c, '\t' | '\r' | '\n'))
        };
        match std::str::from_utf8(bytes.as_ref()) {
            // It was text a moment ago and still is.
            Ok(text) if is_text(text) => {
                Self::Text(String::from_utf8(bytes.into()).unwrap_or_default())
            }
            _ if whole => Self::Bytes(bytes.into()),
            _ => {
                let bytes = bytes.as_ref();
                Self::Bytes(bytes.get(..SHOWN_BYTES).unwrap_or(bytes).to_vec())
            }
        }
    }
}
