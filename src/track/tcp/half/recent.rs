//! Where the latest segments of one side ended, and which frames carried them.

use std::{collections::VecDeque, mem};

use crate::track::{fetch, spare::Spare};

/// How many segments are remembered for each side.
const REMEMBERED: usize = 64;

/// Room for so many at first.
const FEW: usize = 8;

/// The latest segments, in order of their frames.
#[derive(Debug, Default)]
pub struct Recent {
    last: Sent,
    /// How far each of them, the last included, lies behind the one before it. What lies further behind than fits
    /// is not remembered.
    steps: VecDeque<(i32, u32)>,
}

/// A segment that was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// One past its last offset; a FIN counts as one.
    pub end: i64,
    /// The frame that carried it.
    pub frame: u64,
}

impl Recent {
    /// Whether none is remembered.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Remembers one more.
    #[inline]
    pub fn add(&mut self, end: i64, frame: u64, spare: &mut Spare<(i32, u32)>) {
        let step = (
            i32::try_from(end.wrapping_sub(self.last.end)),
            u32::try_from(frame.wrapping_sub(self.last.frame)),
        );
        self.last = Sent { end, frame };
        if self.steps.len() >= REMEMBERED {
            self.steps.pop_front();
        }
        if self.steps.capacity() == 0 {
            self.steps = spare.take();
        }
        if self.steps.len() == self.steps.capacity() {
            // In few steps, as most connections are soon at their end.
            let room = (8 * self.steps.len()).clamp(FEW, REMEMBERED);
            self.steps.reserve_exact(room - self.steps.len());
        }
        if let (Ok(end), Ok(frame)) = step {
            self.steps.push_back((end, frame));
        } else {
            self.steps.clear();
            self.steps.push_back((0, 0));
        }
    }

    /// Remembers none any more.
    pub fn forget(&mut self, spare: &mut Spare<(i32, u32)>) {
        spare.put(mem::take(&mut self.steps));
    }

    /// Has the memory fetch the place where the next will stand.
    #[inline]
    pub fn fetch(&self) {
        self.steps.back().map(fetch::value);
    }

    /// All, the latest first.
    pub fn last_to_first(&self) -> impl Iterator<Item = Sent> {
        let mut at = self.last;
        self.steps.iter().rev().map(move |&(end, frame)| {
            let sent = at;
            at.end = at.end.wrapping_sub(i64::from(end));
            at.frame = at.frame.wrapping_sub(u64::from(frame));
            sent
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembered(segments: &[(i64, u64)]) -> Vec<(i64, u64)> {
        let mut recent = Recent::default();
        for &(end, frame) in segments {
            recent.add(end, frame, &mut Spare::default());
        }
        let mut all: Vec<_> = recent
            .last_to_first()
            .map(|it| (it.end, it.frame))
            .collect();
        all.reverse();
        all
    }

    #[test]
    fn the_latest_are_remembered() {
        let sent: Vec<(i64, u64)> = (0..100_i64)
            .map(|number| (number * 1460 - 70_000, 7 + number.cast_unsigned() * 3))
            .collect();
        assert_eq!(remembered(&sent), sent[100 - REMEMBERED..]);
        assert_eq!(remembered(&sent[..3]), sent[..3]);
        assert_eq!(remembered(&[]), []);
    }

    #[test]
    fn a_great_leap_begins_anew() {
        let leaps = [(0, 1), (1 << 40, 2), ((1 << 40) + 9, 1 << 40), (5, 1 << 41)];
        for len in 1..=leaps.len() {
            assert_eq!(remembered(&leaps[..len]), leaps[len - 1..len]);
        }
        assert_eq!(remembered(&[(9, 1), (0, 2)]), [(9, 1), (0, 2)]);
    }
}
