//! Which pixel everything stands at.

use std::ops::Range;

use crate::report::{
    ladder::layout::{Layout, Row, Rung},
    text,
};

/// Pixels that a column of text takes at most, on average.
pub const COLUMN: usize = 7;

/// Pixels of a character of fixed width.
const MONO: usize = 7;

/// Rails stand at least so many pixels apart.
const MIN_GAP: usize = 128;

/// A label has room for at most so many columns; longer ones are cut.
const CAP: usize = 46;

/// A sentence about two rails takes at least so many pixels.
const BAND: usize = 300;

/// Where everything stands.
pub struct Sheet {
    /// Of the whole picture.
    pub width: usize,
    /// Where times end, frame numbers and conversations begin.
    pub time: usize,
    /// See `time`.
    pub frame: usize,
    /// See `time`.
    pub of: usize,
    /// Where the first row begins.
    pub top: usize,
    /// The height of a rail's head.
    pub head: usize,
    x: Vec<usize>,
    heads: Vec<usize>,
}

impl Sheet {
    /// For a layout.
    pub fn new(layout: &Layout) -> Self {
        let rungs = || {
            layout.rows.iter().filter_map(|row| match row {
                Row::Rung(rung) => Some(rung),
                _ => None,
            })
        };
        let widest = |of: &dyn Fn(&Rung) -> usize| rungs().map(of).max().unwrap_or(0);
        let time = 20 + MONO * widest(&|rung| text::width(&rung.time)).max(11);
        let frame = time + 14;
        let of = frame + MONO * widest(&|rung| text::width(&rung.frames())) + 22;
        let left = of + MONO * widest(&|rung| text::width(&rung.of)) + 22;
        let heads: Vec<usize> = layout
            .lanes
            .iter()
            .map(|lane| {
                let name = lane.name.as_deref().map_or(0, text::width).min(28);
                let remark = lane.remark.as_deref().map_or(0, text::width);
                let widest = text::width(&lane.address).max(name).max(remark);
                widest * (COLUMN + 1) + 24
            })
            .collect();
        let lines = layout
            .lanes
            .iter()
            .map(|lane| 1 + usize::from(lane.name.is_some()) + usize::from(lane.remark.is_some()));
        let head = lines.max().unwrap_or(1) * 18 + 12;
        let gaps = gaps(layout, &heads);
        let mut x = left + heads.first().copied().unwrap_or(0).max(MIN_GAP) / 2;
        let mut all = vec![x];
        for gap in gaps {
            x += gap;
            all.push(x);
        }
        let last = heads.last().copied().unwrap_or(0).max(MIN_GAP) / 2;
        Self {
            width: x + last + 24,
            time,
            frame,
            of,
            top: 40 + 44 + head + 14,
            head,
            x: all,
            heads,
        }
    }

    /// The rail of a lane.
    pub fn x(&self, lane: usize) -> usize {
        self.x.get(lane).copied().unwrap_or(0)
    }

    /// The width of a rail's head.
    pub fn head_width(&self, lane: usize) -> usize {
        self.heads.get(lane).copied().unwrap_or(0)
    }

    /// From where to where the outline of a group reaches.
    pub fn extent(&self, lanes: &Range<usize>) -> (usize, usize) {
        let first = self.x(lanes.start);
        let last = self.x(lanes.end.saturating_sub(1));
        let left = match lanes.start.checked_sub(1) {
            Some(before) => usize::midpoint(self.x(before), first) + 4,
            None => first - self.heads.first().copied().unwrap_or(0).max(MIN_GAP) / 2 - 8,
        };
        let right = match self.x.get(lanes.end) {
            Some(after) => usize::midpoint(last, *after) - 4,
            None => self.width - 12,
        };
        (left, right)
    }

    /// Where a sentence about two rails begins, and its width.
    pub fn band(&self, lanes: [usize; 2]) -> (usize, usize) {
        let [mut left, mut right] = lanes;
        loop {
            let begin = self.x(left) + 10;
            let width = self.x(right).saturating_sub(10).saturating_sub(begin);
            if width >= BAND {
                return (begin, width);
            }
            if right + 1 < self.x.len() {
                right += 1;
            } else if left > 0 {
                left -= 1;
            } else {
                return (begin, self.width.saturating_sub(begin + 20).max(BAND));
            }
        }
    }
}

/// Pixels between rails: enough for their heads and for what the arrows say.
fn gaps(layout: &Layout, heads: &[usize]) -> Vec<usize> {
    let mut gaps: Vec<usize> = heads
        .windows(2)
        .map(|pair| (pair.iter().sum::<usize>() / 2 + 24).max(MIN_GAP))
        .collect();
    let mut arrows: Vec<(Range<usize>, usize)> = layout
        .rows
        .iter()
        .filter_map(|row| match row {
            Row::Rung(rung) if rung.from != rung.to => {
                let lanes = rung.from.min(rung.to)..rung.from.max(rung.to);
                Some((lanes, rung.label.width().min(CAP) * COLUMN + 40))
            }
            _ => None,
        })
        .collect();
    arrows.sort_by_key(|(lanes, _)| lanes.len());
    for (lanes, need) in arrows {
        let Some(gaps) = gaps.get_mut(lanes) else {
            continue;
        };
        let have: usize = gaps.iter().sum();
        let each = need.saturating_sub(have).div_ceil(gaps.len().max(1));
        for gap in gaps {
            *gap += each;
        }
    }
    gaps
}
