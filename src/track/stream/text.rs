//! Bytes in order cut into messages.

use std::collections::VecDeque;

use crate::track::{
    event::{Content, Frames},
    stream::{Budget, Heard, Message, Payload},
};

/// A message ends here at the latest, in bytes, or before the character that does not fit.
const MAX_MESSAGE: usize = 64 * 1024;

/// A UTF-8 character has at most so many bytes.
const MAX_CHARACTER: usize = 4;

/// How many delivered bytes are remembered, to compare with what is sent again.
const RECENT: usize = 4096;

/// Room for so many of them at first.
const FEW: usize = 256;

/// What is kept only when somebody wants to read along.
#[derive(Debug)]
pub struct Text {
    /// Messages that are no text are handed on whole too.
    pub whole: bool,
    /// Nearly always there is none: most messages are whole at once, and few bytes are missing.
    begun: Option<Box<Begun>>,
    /// The latest bytes delivered, to compare with what is sent again.
    pub recent: VecDeque<u8>,
}

/// A message of which there may be more, and what is missing before it.
#[derive(Debug, Default)]
struct Begun {
    whole: bool,
    offset: i64,
    bytes: Vec<u8>,
    frames: Frames,
    /// Bytes lost before it, all of them behind `missing_from`.
    missing: u64,
    /// What was lost before this offset was told, with a message behind it.
    missing_from: i64,
    /// Bytes at its end that were not kept.
    cut: u64,
    /// PSH went by, but the last character is not whole yet.
    due: bool,
}

impl Text {
    /// Nothing heard yet. `whole`: messages that are no text are handed on whole too.
    pub const fn new(whole: bool) -> Self {
        Self {
            whole,
            begun: None,
            recent: VecDeque::new(),
        }
    }

    /// So many bytes from `start` on are missing.
    pub fn miss(&mut self, len: u64, start: i64) {
        let begun = self.begun();
        if begun.missing == 0 {
            begun.missing_from = start;
        }
        begun.missing = begun.missing.saturating_add(len);
    }

    /// Whether what is missing from an offset on was not told yet.
    pub fn is_untold(&self, from: i64) -> bool {
        let begun = self.begun.as_ref();
        begun.is_some_and(|begun| begun.missing > 0 && from >= begun.missing_from)
    }

    /// So many of the missing bytes need not be told any more, and none of those before `offset`.
    pub fn untell(&mut self, len: u64, offset: i64) {
        if let Some(begun) = &mut self.begun {
            begun.missing = begun.missing.saturating_sub(len);
            begun.missing_from = begun.missing_from.max(offset);
        }
    }

    fn begun(&mut self) -> &mut Begun {
        let whole = self.whole;
        self.begun.get_or_insert_with(|| {
            Box::new(Begun {
                whole,
                ..Begun::default()
            })
        })
    }

    /// The next bytes in order, if they are a message from its beginning to its end, as nearly all are.
    #[inline]
    pub fn take_message(&mut self, payload: Payload<'_>, budget: &mut Budget) -> bool {
        let is_one = self.begun.is_none() && is_message(payload);
        if is_one {
            self.remember(payload.bytes, budget);
        }
        is_one
    }

    /// The next bytes in order.
    pub fn append(
        &mut self,
        payload: Payload<'_>,
        start: i64,
        budget: &mut Budget,
        heard: &mut Vec<Heard>,
    ) {
        let mut at = start;
        let begun = self.begun();
        if begun.bytes.is_empty() && is_message(payload) {
            begun.offset = at;
            begun.tell(payload.bytes, 0, payload.frames(), heard);
            self.remember(payload.bytes, budget);
            return self.forget_begun();
        }
        begun.append(payload, &mut at, budget, heard);
        self.remember(payload.bytes, budget);
        let cut = payload.len.saturating_sub(payload.bytes.len());
        if cut > 0 {
            self.begun().let_go(cut, at, payload, budget, heard);
            self.forget_recent(budget);
        }
        let begun = self.begun();
        if payload.push || begun.due {
            begun.due = ends_inside_character(&begun.bytes);
            if !begun.due {
                begun.end(budget, heard);
            }
        }
        self.forget_begun();
    }

    fn remember(&mut self, bytes: &[u8], budget: &mut Budget) {
        let keep = bytes
            .get(bytes.len().saturating_sub(RECENT)..)
            .unwrap_or(bytes);
        let surplus = (self.recent.len() + keep.len()).saturating_sub(RECENT);
        self.recent.drain(..surplus.min(self.recent.len()));
        budget.give_back(surplus);
        if budget.take(keep.len()) {
            if self.recent.capacity() == 0 {
                self.recent = budget.texts.take();
            }
            let needed = self.recent.len() + keep.len();
            if needed > self.recent.capacity() {
                // In few steps, as most streams are soon at their end.
                let room = (8 * self.recent.capacity()).clamp(needed.max(FEW), RECENT);
                self.recent.reserve_exact(room - self.recent.len());
            }
            self.recent.extend(keep);
        } else {
            self.forget_recent(budget);
        }
    }

    /// What comes is not compared with what was delivered so far.
    pub fn forget_recent(&mut self, budget: &mut Budget) {
        budget.give_back(self.recent.len());
        self.recent.clear();
    }

    /// Whether a message has begun, of which there may be more.
    #[inline]
    pub const fn has_begun(&self) -> bool {
        self.begun.is_some()
    }

    /// The message ends here.
    pub fn end(&mut self, budget: &mut Budget, heard: &mut Vec<Heard>) {
        if let Some(begun) = &mut self.begun {
            begun.end(budget, heard);
            self.forget_begun();
        }
    }

    /// Forgets what was begun where nothing of it is left to be told.
    fn forget_begun(&mut self) {
        self.begun
            .take_if(|begun| begun.bytes.is_empty() && begun.missing == 0);
    }
}

impl Begun {
    /// The captured bytes of a payload, the first of which stands at `at`; then that is where they end.
    fn append(
        &mut self,
        payload: Payload<'_>,
        at: &mut i64,
        budget: &mut Budget,
        heard: &mut Vec<Heard>,
    ) {
        let mut rest = payload.bytes;
        if self.bytes.is_empty() {
            self.offset = *at;
        }
        while let Some(&next) = rest.first() {
            if self.bytes.len() + character_len(next) > MAX_MESSAGE {
                self.end(budget, heard);
            }
            if self.bytes.is_empty() {
                self.offset = *at;
            }
            // The last bytes one by one: a character may begin with each.
            let room = (MAX_MESSAGE - MAX_CHARACTER).saturating_sub(self.bytes.len());
            let (now, later) = rest.split_at(room.clamp(1, rest.len()));
            if budget.take(now.len()) {
                self.bytes.extend_from_slice(now);
            } else {
                budget.let_go = budget.let_go.saturating_add(now.len() as u64);
                self.let_go(now.len(), *at, payload, budget, heard);
            }
            if self.frames.last() != Some(&payload.frame) && !self.bytes.is_empty() {
                self.frames.extend_from_slice(payload.earlier);
                self.frames.push(payload.frame);
            }
            *at = at.saturating_add_unsigned(now.len() as u64);
            rest = later;
            if self.bytes.len() >= MAX_MESSAGE {
                self.end(budget, heard);
            }
        }
    }

    /// So many bytes follow that were not kept, by the capture or for want of room: they end the message,
    /// or are one of their own where it would grow too long.
    fn let_go(
        &mut self,
        len: usize,
        at: i64,
        payload: Payload<'_>,
        budget: &mut Budget,
        heard: &mut Vec<Heard>,
    ) {
        if self.bytes.len().saturating_add(len) > MAX_MESSAGE {
            self.end(budget, heard);
        }
        if self.bytes.is_empty() {
            self.offset = at;
        }
        self.cut = len as u64;
        if self.frames.last() != Some(&payload.frame) {
            self.frames.extend_from_slice(payload.earlier);
            self.frames.push(payload.frame);
        }
        self.end(budget, heard);
    }

    /// The message ends here.
    fn end(&mut self, budget: &mut Budget, heard: &mut Vec<Heard>) {
        self.due = false;
        if self.bytes.is_empty() && self.cut == 0 {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let cut = std::mem::take(&mut self.cut);
        let mut frames = std::mem::take(&mut self.frames);
        frames.sort_unstable();
        frames.dedup();
        budget.give_back(bytes.len());
        self.tell(&bytes, cut, frames, heard);
    }

    fn tell(&mut self, bytes: &[u8], cut: u64, frames: Frames, heard: &mut Vec<Heard>) {
        heard.push(Heard::Message(Message {
            offset: self.offset,
            len: cut.saturating_add(bytes.len() as u64),
            content: Content::of(bytes, cut, self.whole),
            cut,
            frames,
            missing: std::mem::take(&mut self.missing),
        }));
    }
}

/// Whether a segment that follows a message holds one from its beginning to its end.
fn is_message(payload: Payload<'_>) -> bool {
    payload.push
        && (1..=MAX_MESSAGE).contains(&payload.len)
        && payload.bytes.len() == payload.len
        && payload.earlier.is_empty()
        && !ends_inside_character(payload.bytes)
}

/// Whether the last bytes begin a UTF-8 character without ending it.
fn ends_inside_character(bytes: &[u8]) -> bool {
    unfinished(bytes) > 0
}

/// How many of the last bytes begin a UTF-8 character without ending it.
fn unfinished(bytes: &[u8]) -> usize {
    let tail = bytes.iter().rev().take(MAX_CHARACTER - 1).enumerate();
    for (behind, &byte) in tail {
        if matches!(byte, 0x80..=0xbf) {
            continue;
        }
        let is_cut = character_len(byte) > behind + 1;
        return if is_cut { behind + 1 } else { 0 };
    }
    0
}

/// Bytes of the UTF-8 character that begins with this one; 1 where none does.
fn character_len(first: u8) -> usize {
    match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => MAX_CHARACTER,
        _ => 1,
    }
}

impl Content {
    /// Bytes of which `cut` at their end were not kept.
    pub fn of(bytes: &[u8], cut: u64, whole: bool) -> Self {
        if cut > 0 {
            Self::cut(bytes, whole)
        } else {
            Self::new(bytes, whole)
        }
    }

    /// What the capture kept of something longer: a character that it cut is left out.
    pub fn cut(bytes: &[u8], whole: bool) -> Self {
        if whole {
            return Self::new(bytes, whole);
        }
        let end = bytes.len().saturating_sub(unfinished(bytes));
        match Self::new(bytes.get(..end).unwrap_or_default(), whole) {
            Self::Text(text) => Self::Text(text),
            _ => Self::new(bytes, whole),
        }
    }
}
