//! Which column each rail stands in.

use std::ops::Range;

use crate::report::{
    ladder::layout::{Layout, Row, Rung},
    text,
};

/// An arrow takes so many columns besides what it says: spaces, dashes and the head.
const ARROW: usize = 5;

/// Columns of labels that arrows have room for, from the most generous on.
const CAPS: [usize; 8] = [64, 56, 48, 40, 34, 28, 24, 20];

/// Columns between narrow rails, from the most generous on.
const PITCHES: [usize; 6] = [8, 7, 6, 5, 4, 3];

/// What stands beside narrow rails has at least so many columns, if any pitch allows it.
const SIDE: usize = 36;

/// Rails stand at least so far apart where their labels are on the arrows.
const MIN_GAP: usize = 12;

/// A sentence about two rails takes at least so many columns.
const BAND: usize = 30;

/// Where everything stands.
#[derive(Debug)]
pub struct Plan {
    /// Columns of the picture.
    pub width: usize,
    /// Columns of times, and of frame numbers.
    pub time: usize,
    /// See `time`.
    pub frame: usize,
    /// Columns before the first rail's own.
    pub margin: usize,
    /// The column of each rail.
    pub x: Vec<usize>,
    /// Where labels begin when they stand beside the rails.
    pub side: Option<usize>,
}

/// How many rails are worth drawing in so many columns.
pub fn most_lanes(width: usize) -> usize {
    (width.saturating_sub(24 + SIDE / 2) / 4).clamp(3, 24)
}

impl Plan {
    /// The best that `width` columns allow.
    pub fn new(layout: &Layout, width: usize) -> Self {
        let rungs = || {
            layout.rows.iter().filter_map(|row| match row {
                Row::Rung(rung) => Some(rung),
                _ => None,
            })
        };
        let widest = |of: &dyn Fn(&Rung) -> usize| rungs().map(of).max().unwrap_or(0);
        let time = widest(&|rung| text::width(&rung.time)).max(8);
        let frame = widest(&|rung| text::width(&rung.frames()));
        let of = widest(&|rung| text::width(&rung.of));
        let margin = time + 2 + frame + 3 + of + 2;
        let mut plan = Self {
            width,
            time,
            frame,
            margin,
            x: Vec::new(),
            side: None,
        };
        let needs = needs(layout);
        let longest = widest(&|rung| rung.label.width());
        let caps = CAPS.iter().filter(|cap| **cap <= longest.max(20) + 8);
        for cap in caps {
            let x = plan.spread(layout, &needs, *cap);
            // What stands on the last rail may end with the line.
            let end = x.last().copied().unwrap_or(0) + 3;
            if end < width && rungs().all(|rung| fits(rung, &x)) {
                plan.x = x;
                return plan;
            }
        }
        plan.narrow(layout.lanes.len());
        plan
    }

    /// Rails so far apart that arrows have room for labels of `cap` columns.
    fn spread(&self, layout: &Layout, needs: &[usize], cap: usize) -> Vec<usize> {
        let mut gaps: Vec<usize> = needs
            .windows(2)
            .map(|pair| (pair.iter().sum::<usize>() + 1).max(MIN_GAP))
            .collect();
        let mut arrows: Vec<(Range<usize>, usize)> = layout
            .rows
            .iter()
            .filter_map(|row| match row {
                Row::Rung(rung) if rung.from != rung.to => {
                    let (left, right) = (rung.from.min(rung.to), rung.from.max(rung.to));
                    // What it says stands on one side of the ring.
                    let lanes = match rung.via {
                        Some(via) if (left..right).contains(&via) => {
                            if via - left >= right - via {
                                left..via
                            } else {
                                via..right
                            }
                        }
                        _ => left..right,
                    };
                    Some((lanes, rung.label.width().min(cap) + ARROW))
                }
                _ => None,
            })
            .collect();
        for group in layout.groups.iter().filter(|group| group.lanes.len() > 1) {
            let lanes = group.lanes.start..group.lanes.end - 1;
            // The title begins some columns before the first rail.
            arrows.push((lanes, text::width(&group.title)));
        }
        arrows.sort_by_key(|(lanes, _)| lanes.len());
        for (lanes, need) in arrows {
            let Some(gaps) = gaps.get_mut(lanes) else {
                continue;
            };
            let have: usize = gaps.iter().sum();
            let more = need.saturating_sub(have);
            let each = more.div_ceil(gaps.len().max(1));
            for gap in gaps {
                *gap += each;
            }
        }
        let is_many = layout.lanes.first().is_some_and(|lane| lane.is_many);
        let first = needs.first().copied().unwrap_or(0);
        let mut x = self.margin + if is_many { 2 } else { first };
        let mut all = vec![x];
        for gap in gaps {
            x += gap;
            all.push(x);
        }
        all
    }

    /// Rails close together, with room for labels beside them.
    fn narrow(&mut self, lanes: usize) {
        let rails = |pitch: usize| self.margin + pitch * lanes;
        let pitch = PITCHES
            .into_iter()
            .find(|pitch| rails(*pitch) + SIDE <= self.width);
        let pitch = pitch.unwrap_or(3);
        self.x = (0..lanes).map(|lane| self.margin + lane * pitch).collect();
        self.side = Some(self.margin + lanes.saturating_sub(1) * pitch + 3);
    }

    /// From where to where a group of rails reaches: to the middle of the gaps beside it.
    pub fn extent(&self, lanes: &Range<usize>) -> (usize, usize) {
        let at = |lane: usize| self.x.get(lane).copied();
        let first = at(lanes.start).unwrap_or(0);
        let last = at(lanes.end.saturating_sub(1)).unwrap_or(first);
        let begin = lanes.start.checked_sub(1).and_then(at);
        let begin = begin.map_or(self.margin, |before| usize::midpoint(before, first) + 1);
        let end = at(lanes.end).map_or_else(
            || (last + last.saturating_sub(self.margin).clamp(6, 10)).min(self.width - 1),
            |after| usize::midpoint(last, after).saturating_sub(1),
        );
        (begin.min(first), end.max(last))
    }

    /// The columns that a title above a rail may take.
    pub fn room_of(&self, lane: usize) -> usize {
        let (begin, end) = self.extent(&(lane..lane + 1));
        let x = self.x.get(lane).copied().unwrap_or(0);
        let room = 2 * (x - begin).min(end - x) + 1;
        if lane + 1 == self.x.len() || lane == 0 {
            end - begin + 1
        } else {
            room
        }
    }

    /// Where words of `width` columns begin that stand on a rail.
    pub fn centre(&self, lane: usize, width: usize) -> usize {
        let x = self.x.get(lane).copied().unwrap_or(0);
        let last = self.width.saturating_sub(width);
        x.saturating_sub(width / 2)
            .clamp(self.margin.min(last), last)
    }

    /// Where a label of `width` columns begins between two columns: not on a rail, if it fits between.
    pub fn best_place(&self, begin: usize, end: usize, width: usize) -> usize {
        let centre = |begin: usize, end: usize| begin + (end + 1 - begin).saturating_sub(width) / 2;
        let mut best: Option<(usize, usize)> = None;
        let mut from = begin;
        let rails = self.x.iter().copied().filter(|x| begin < *x && *x <= end);
        for rail in rails.chain([end + 2]) {
            let to = rail.saturating_sub(2).min(end);
            if to + 1 >= from + width && best.is_none_or(|(from, to_)| to_ - from < to - from) {
                best = Some((from, to));
            }
            from = rail + 2;
        }
        let (from, to) = best.unwrap_or((begin, end));
        centre(from, to.max(from))
    }

    /// The columns between two rails, or as many more as a sentence needs.
    pub fn band(&self, lanes: [usize; 2]) -> (usize, usize) {
        let [mut left, mut right] = lanes;
        let at = |lane: usize| self.x.get(lane).copied().unwrap_or(0);
        loop {
            let begin = at(left) + 2;
            let is_last = right + 1 >= self.x.len();
            let end = at(right).saturating_sub(1);
            let room = end.saturating_sub(begin);
            if room >= BAND {
                return (begin, room);
            }
            if !is_last {
                right += 1;
            } else if left > 0 {
                left -= 1;
            } else {
                return (begin, self.width.saturating_sub(begin).max(room));
            }
        }
    }
}

/// The columns between which an arrow says what it says: of both its rails, or of one and of the ring at
/// the gateway, which nothing covers.
pub fn stretch(rung: &Rung, x: &[usize]) -> (usize, usize) {
    let at = |lane: usize| x.get(lane).copied().unwrap_or(0);
    let (from, to) = (at(rung.from), at(rung.to));
    let (left, right) = (from.min(to), from.max(to));
    match rung.via.map(at) {
        Some(ring) if (left..right).contains(&ring) => {
            if ring - left >= right - ring {
                (left, ring)
            } else {
                (ring, right)
            }
        }
        _ => (left, right),
    }
}

/// Whether an arrow can say what it must.
fn fits(rung: &Rung, x: &[usize]) -> bool {
    let (left, right) = stretch(rung, x);
    rung.from == rung.to || rung.label.least_width() + ARROW <= right - left
}

/// The columns that each rail needs to its left and to its right for what stands on it.
fn needs(layout: &Layout) -> Vec<usize> {
    let mut needs: Vec<usize> = layout
        .lanes
        .iter()
        .map(|lane| {
            let name = lane.name.as_deref().map_or(0, text::width).min(20);
            let remark = lane.remark.as_deref().map_or(0, text::width);
            let widest = text::width(&lane.short).max(name).max(remark);
            (widest.div_ceil(2) + usize::from(widest > 8)).max(4)
        })
        .collect();
    for row in &layout.rows {
        if let Row::Rung(rung) = row {
            for mark in rung.before.iter().chain(&rung.after) {
                let width = mark.state.as_str().len() + if mark.is_inferred { 2 } else { 0 };
                if let Some(need) = needs.get_mut(mark.lane) {
                    *need = (*need).max(width.div_ceil(2) + 1);
                }
            }
        }
    }
    needs
}

/// Words on lines of at most `width` columns, at least 2. Scripts without spaces break anywhere.
pub fn wrap(words: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for (at, word) in words.split(' ').enumerate() {
        let mut space = if at > 0 { " " } else { "" };
        for unit in units(word) {
            let columns = text::width(unit) + space.len();
            if !line.is_empty() && text::width(&line) + columns > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push_str(space);
            }
            space = "";
            let mut rest = unit;
            while text::width(&line) + text::width(rest) > width {
                let head = text::prefix(rest, width.max(2));
                let (head, tail) = rest.split_at(head.len());
                if head.is_empty() {
                    break;
                }
                lines.push(head.to_owned());
                rest = tail;
            }
            line.push_str(rest);
        }
    }
    lines.push(line);
    lines
}

/// What of a word stays together: a wide character with the marks that close it, or a run of others.
fn units(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let is_wide = |c: char| text::columns(c) > 1;
        let closes = |c: char| text::columns(c) == 0 || "，。！？、：；）」”".contains(c);
        let end = if is_wide(first) {
            let mut behind = rest.char_indices().skip(1);
            behind.find(|(_, c)| !closes(*c))
        } else {
            rest.char_indices()
                .find(|(_, c)| is_wide(*c) && !closes(*c))
        };
        let (unit, tail) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        rest = tail;
        Some(unit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_wrapped_by_columns() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("服务端提供服务", 6), ["服务端", "提供服", "务"]);
        assert_eq!(wrap("a 服务端提供", 6), ["a 服务", "端提供"]);
        assert_eq!(wrap("服务端。提供", 6), ["服务", "端。提", "供"]);
        assert_eq!(wrap("0123456789", 4), ["0123", "4567", "89"]);
        assert_eq!(wrap("", 6), [""]);
    }
}
